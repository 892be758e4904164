"""Fixes put into a text."""

from __future__ import annotations

from collections.abc import Iterable

from kpidsl.diagnostics.model import Fix


def apart(fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """Fixes of one text that do not touch each other, the first of those that do."""
    chosen: list[Fix] = []
    for fix in sorted(fixes, key=lambda one: (one.span.start, one.span.end)):
        last = chosen[-1].span if chosen else None
        if last is None or fix.span.start > last.end or (fix.span.start == last.end and fix.span.start > last.start):
            chosen.append(fix)
    return tuple(chosen)


def applied(text: str, fixes: Iterable[Fix]) -> str:
    """The text with fixes that are apart; what they write ends its lines as the text does."""
    crlf = "\r\n" in text
    parts: list[str] = []
    at = 0
    for fix in sorted(fixes, key=lambda one: one.span.start):
        written = fix.text.replace("\n", "\r\n") if crlf else fix.text
        parts += [text[at : fix.span.start], written]
        at = fix.span.end
    return "".join([*parts, text[at:]])
