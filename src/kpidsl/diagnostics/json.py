"""Diagnostics for programs, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from kpidsl.diagnostics.glyphs import encodable
from kpidsl.diagnostics.model import Diagnostic, Severity
from kpidsl.diagnostics.places import region
from kpidsl.source_text import Span

SCHEMA = "kpidsl/diagnostics/1"


def render_json(diagnostics: Iterable[Diagnostic], more: Mapping[str, object] | None = None) -> str:
    """A document with every diagnostic, in the order given; all keys are always there, in this order.

    `{"schema", "summary": {"errors", "warnings", "notes"}, "diagnostics": [{"code", "severity", "message",
    "places": [{"path", "line", "column", "end_line", "end_column", "text"}], "notes", "hint", "fix", "affects"}]}`.
    The first place is the primary one, and its `text` is the word about it. Lines and columns count from 1, columns in
    characters, ends are exclusive. `hint` is a text or null; `fix` is null or a `title` with the place to
    replace and, as `text`, what to put there.
    """
    found = tuple(diagnostics)
    document = {
        "schema": SCHEMA,
        "summary": {f"{severity.value}s": sum(each.severity is severity for each in found) for severity in Severity},
        "diagnostics": [entry(each) for each in found],
        **(more or {}),
    }
    return encodable(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def entry(found: Diagnostic) -> dict[str, object]:
    return {
        "code": found.code,
        "severity": found.severity.value,
        "message": found.message,
        "places": [place(label.span, label.text) for label in found.labels],
        "notes": list(found.notes),
        "hint": found.hint,
        "fix": {"title": found.fix.title, **place(found.fix.span, found.fix.text)} if found.fix else None,
        "affects": list(found.affects),
    }


def place(span: Span, text: str) -> dict[str, object]:
    where = region(span)
    return {
        "path": where.path,
        "line": where.line,
        "column": where.column,
        "end_line": where.end_line,
        "end_column": where.end_column,
        "text": text,
    }
