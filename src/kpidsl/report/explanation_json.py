"""An explanation for programs, as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.diagnostics.glyphs import encodable
from kpidsl.diagnostics.model import Diagnostic
from kpidsl.report.explanation import EXPLANATION_SCHEMA, Explanation, Related, WindowShown
from kpidsl.report.json import written
from kpidsl.report.parts import Plain


def to_json(explanations: Sequence[Explanation]) -> str:
    """`{"schema", "as_of", "as_of_is_now", "timezone", "explained": […]}`, ended by a line end; there is at least one.

    Every key of a declaration is always there. Windows are half-open, `start` is null for all time; `through` is null
    for what is named directly.
    """
    first = explanations[0]
    document: dict[str, Plain] = {
        "schema": EXPLANATION_SCHEMA,
        "as_of": first.as_of.isoformat(),
        "as_of_is_now": first.as_of_is_now,
        "timezone": first.timezone,
        "explained": [_declaration(one) for one in explanations],
    }
    return encodable(written(document, 0, 0)) + "\n"


def _declaration(one: Explanation) -> Plain:
    return {
        "kind": one.kind,
        "name": one.name,
        "title": one.title,
        "description": one.description,
        "at": one.at,
        "definition": one.text,
        "measure": one.measure,
        "unit": one.unit,
        "owner": one.owner,
        "review": one.review,
        "tags": list(one.tags),
        "facts": [{"label": label, "text": text} for label, text in one.facts],
        "windows": [_window(each) for each in one.windows],
        "bounds": [
            {"what": each.what, "text": each.text, "in_force": each.in_force, "at": each.at} for each in one.bounds
        ],
        "inputs": [
            {
                "aggregation": each.aggregation,
                "source": each.source,
                "where": list(each.where),
                "series": list(each.series),
                "windows": [_window(window) for window in each.windows],
            }
            for each in one.inputs
        ],
        "sources": [
            {
                "name": each.name,
                "title": each.title,
                "provider": each.provider,
                "files": list(each.files),
                "problem": each.problem,
                "at": each.at,
            }
            for each in one.sources
        ],
        "built_on": [_related(each) for each in one.built_on],
        "used_by": [_related(each) for each in one.used_by],
        "queries": [{"about": each.about, "dialect": "duckdb", "sql": each.sql} for each in one.queries],
        "note": one.note,
        "problems": [_problem(each) for each in one.problems],
    }


def _window(one: WindowShown) -> Plain:
    start = one.start.isoformat() if one.start is not None else None
    return {"label": one.label, "start": start, "end": one.end.isoformat(), "of": list(one.of)}


def _related(one: Related) -> Plain:
    return {"kind": one.kind, "name": one.name, "title": one.title, "at": one.at, "through": one.through}


def _problem(one: Diagnostic) -> Plain:
    return {
        "code": one.code,
        "severity": one.severity.value,
        "message": one.message,
        "hint": one.hint,
        "at": one.place,
    }
