"""Diagnostics as GitHub workflow commands, which it shows beside the lines of a pull request.

Syntax and escapes: https://docs.github.com/actions/reference/workflow-commands-for-github-actions and `escapeData`,
`escapeProperty` of actions/toolkit, packages/core/src/command.ts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from kpidsl.diagnostics.codes import CODES
from kpidsl.diagnostics.glyphs import encodable, wrapped
from kpidsl.diagnostics.model import Diagnostic, Severity
from kpidsl.diagnostics.places import region


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """One command a line for each diagnostic, in the order given; "" where there are none."""
    return "".join(f"{command(each)}\n" for each in diagnostics)


def command(found: Diagnostic) -> str:
    """One command. It names columns only for a place on one line: GitHub refuses those of an annotation of several."""
    properties: dict[str, object] = {}
    if found.span is not None:
        where = region(found.span)
        on_one_line = where.line == where.end_line
        properties = {
            "file": where.path,
            "line": where.line,
            **({"col": where.column} if on_one_line else {}),
            "endLine": where.end_line,
            **({"endColumn": where.end_column} if on_one_line else {}),
        }
    title = CODES.get(found.code)
    properties["title"] = f"{found.code}: {title}" if title else found.code
    listed = ",".join(f"{name}={escaped_property(str(value))}" for name, value in properties.items())
    text = escaped("\n".join(message(found)))
    return encodable(f"::{level(found.severity)} {listed}::{text}")


def level(severity: Severity) -> str:
    match severity:
        case Severity.ERROR:
            return "error"
        case Severity.WARNING:
            return "warning"
        case Severity.NOTE:
            return "notice"
        case _:
            assert_never(severity)


def message(found: Diagnostic) -> Iterable[str]:
    """The headline and what a reader of an annotation, who sees no carets, needs beside it."""
    yield from wrapped(found.message, None)
    for number, label in enumerate(found.labels):
        if label.text:
            place = region(label.span)
            where = "" if number == 0 else f"{place.path}:{place.line}: "
            yield from wrapped(f"{where}{label.text}", None)
    for note in found.notes:
        yield from wrapped(f"note: {note}", None)
    if found.hint:
        yield from wrapped(f"help: {found.hint}", None)
    if found.fix and found.fix.title != found.hint:
        yield from wrapped(f"help: {found.fix.title}", None)


def escaped(text: str) -> str:
    """A message as the runner reads it back."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(text: str) -> str:
    """A property's value as the runner reads it back."""
    return escaped(text).replace(":", "%3A").replace(",", "%2C")
