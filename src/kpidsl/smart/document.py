"""Judgements for programs, as JSON."""

from __future__ import annotations

from kpidsl.diagnostics.json import place
from kpidsl.smart.records import Addition, Finding, Judgement, SmartReport


def entries(report: SmartReport) -> dict[str, object]:
    """What `check --smart -f json` adds to the document of the diagnostics.

    `{"as_of", "judgements": [{"kind", "name", "title", "at", "smart", "findings": [{"letter", "code", "state", "said",
    "add": [{"shown", "note", "how", "place"}]}]}], "not_judged"}`. `state` is yes, missing or "not looked at"; `how` is
    add, write (anew) or declare (below). `place` is one of a diagnostic's, with the `text` to put there.
    Putting an addition's `text` where its place is leaves a spec that checks.
    """
    return {
        "as_of": report.as_of.isoformat() if report.as_of is not None else None,
        "judgements": [_judgement(one) for one in report.judgements],
        "not_judged": list(report.left_out),
    }


def _judgement(one: Judgement) -> dict[str, object]:
    return {
        "kind": one.kind,
        "name": one.name,
        "title": one.title,
        "at": one.span.place,
        "smart": one.is_smart,
        "findings": [_finding(each) for each in one.findings],
    }


def _finding(one: Finding) -> dict[str, object]:
    return {
        "letter": one.letter.value,
        "code": one.letter.code,
        "state": one.state.value,
        "said": one.said,
        "add": [_addition(each) for each in one.additions],
    }


def _addition(one: Addition) -> dict[str, object]:
    return {
        "shown": one.shown,
        "note": one.note or None,
        "how": one.how,
        "place": place(one.span, one.text),
    }
