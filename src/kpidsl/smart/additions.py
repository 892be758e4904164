"""Where a line goes that a declaration lacks."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.smart.records import Addition, at_end_of
from kpidsl.source_text import Span
from kpidsl.syntax.node import Node


def property_line(declaration: Span, properties: Sequence[Node], shown: str, note: str = "") -> Addition:
    """A property to add to the block of a declaration.

    It becomes the last line of the block; where the block closes on the line of its last property, it goes behind
    that one.
    """
    source = declaration.source
    closing = declaration.end - 1
    begin = source.text.rfind("\n", 0, closing) + 1
    if begin > declaration.start and not source.text[begin:closing].strip():
        behind = f"  # {note}" if note else ""
        return Addition(
            shown,
            note,
            Span(source, begin, begin),
            f"{_indent(properties, source.text[begin:closing])}{shown}{behind}\n",
        )
    return Addition(shown, note, at_end_of(properties[-1].span), f"; {shown}")


def declaration_line(beside: Span, shown: str, note: str = "") -> Addition:
    """A declaration to add below another."""
    return Addition(shown, note, at_end_of(beside), f"\n\n{shown}", "declare")


def changed_line(line: Span, part: Span, text: str, note: str = "") -> Addition:
    """A property of which a part is to be written differently."""
    whole = line.source.text
    shown = f"{whole[line.start : part.start]}{text}{whole[part.end : line.end]}"
    return Addition(" ".join(shown.split()), note, part, text, "write")


def _indent(properties: Sequence[Node], closing: str) -> str:
    """How far the properties of a block are indented."""
    if properties:
        span = properties[0].span
        begin = span.source.text.rfind("\n", 0, span.start) + 1
        before = span.source.text[begin : span.start]
        if not before.strip():
            return before
    return f"{closing}  "
