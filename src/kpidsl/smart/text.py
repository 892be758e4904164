"""Judgements for a person at a terminal: a block for each KPI and key result, a line for each letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from kpidsl.diagnostics.glyphs import visible, wrapped
from kpidsl.diagnostics.text import paint
from kpidsl.smart.records import Finding, Judgement, SmartReport, State

WIDTH = 120  # columns, where nobody says how many there are
NARROWEST = 60
SIGNS = {State.YES: ("✓", "32"), State.MISSING: ("✗", "31"), State.UNKNOWN: ("-", "2")}
LETTER, STATE = 10, 10  # columns of the longest word and what most states take
VERBS = {"add": "add", "write": "write", "declare": "add below"}
INDENT = 2 + 2 + LETTER + 2 + STATE


def to_text(report: SmartReport, *, colour: bool = False, width: int | None = None) -> str:
    """The judgements as a person reads them, then how many miss something."""
    room = max(width or WIDTH, NARROWEST)
    blocks = ["\n".join(_block(judgement, room, colour=colour)) for judgement in report.judgements]
    return "\n\n".join([*blocks, "\n".join(_summary(report))]) + "\n"


def _block(judgement: Judgement, width: int, *, colour: bool) -> Iterator[str]:
    title = f"  {visible(judgement.title)}" if judgement.title else ""
    where = f"{judgement.span.source.path}:{judgement.span.line}"
    yield paint(f"{judgement.kind} {judgement.name}", "1", on=colour) + title + paint(f"  {where}", "2", on=colour)
    for finding in judgement.findings:
        yield from _lines(finding, width, colour=colour)


def _lines(finding: Finding, width: int, *, colour: bool) -> Iterator[str]:
    sign, ink = SIGNS[finding.state]
    word = "unknown" if finding.state is State.UNKNOWN else finding.state.value
    first, *rest = wrapped(finding.said, width - INDENT)
    state = paint(f"{word:<{STATE}}", ink, on=colour)
    yield f"  {paint(sign, ink, on=colour)} {finding.letter.value:<{LETTER}}  {state}{first}".rstrip()
    for line in rest:
        yield f"{' ' * INDENT}{line}"
    for addition in finding.additions:
        yield f"{' ' * INDENT}{addition.place}: {VERBS[addition.how]}"
        yield f"{' ' * INDENT}  {paint(addition.line, '32', on=colour)}"


def _summary(report: SmartReport) -> Iterator[str]:
    count = len(report.judgements)
    kinds = Counter(judgement.kind for judgement in report.judgements)
    shown = " and ".join(f"{number} {kind}{'s' if number != 1 else ''}" for kind, number in kinds.items())
    lacking = sum(not judgement.is_smart for judgement in report.judgements)
    as_of = f" · as of {_anchor(report.as_of)}" if report.as_of is not None else ""
    if not count:
        yield "there is no KPI to judge"
    else:
        yield f"{shown}: {'nothing is missing' if not lacking else f'{lacking} of {count} miss something'}{as_of}"
    if report.left_out:
        yield f"not judged, as they have errors: {', '.join(report.left_out)}"


def _anchor(moment: datetime) -> str:
    """The anchor as a person gives it: a day means its end."""
    civil = moment.replace(tzinfo=None)
    return f"the end of {civil.date() - timedelta(days=1)}" if civil.time() == time() else civil.isoformat(" ")
