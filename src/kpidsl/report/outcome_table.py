"""Outcomes as a table for people: the judgement, and beneath it each item of evidence with what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from kpidsl.assess.outcome_results import STATES as IN_ORDER
from kpidsl.assess.outcome_results import EvidenceResult, OutcomeResult
from kpidsl.diagnostics.glyphs import visible
from kpidsl.report.figures import Figure, between, figure
from kpidsl.report.statuses import STATES
from kpidsl.report.table import Column, Table, TableRow, paint

COLUMNS = (
    Column("level", "Level"),
    Column("value", "Value", leaves=6, said="value"),
    Column("interval", "Interval", leaves=4, said="interval"),
    Column("n", "n", leaves=5, said="n"),
    Column("method", "Method", leaves=2, said="method", dim=True),
    Column("stakeholder", "From", leaves=1, said="from", dim=True),
    Column("until", "Valid until", leaves=3, said="valid until", dim=True),
)
JUST = timedelta(seconds=1)
COUNTS, COUNTS_NOT = "✓", "-"


def outcome_table(outcomes: Sequence[OutcomeResult], *, width: int, colour: bool) -> list[str]:
    """Every outcome, and beneath it its evidence."""
    rows = [row for each in outcomes for row in _rows(each)]
    return Table("Outcome", COLUMNS, rows, width=width, colour=colour).lines() if rows else []


def counted(counts: dict[str, int], *, colour: bool) -> str:
    """`1 achieved, 2 contested`, the best first."""
    return ", ".join(
        paint(f"{counts[each]:,} {STATES[each].word}", STATES[each].colour, on=colour)
        for each in IN_ORDER
        if counts.get(each)
    )


def _rows(found: OutcomeResult) -> Iterable[TableRow]:
    state = STATES[found.state]
    yield TableRow(
        title=visible(found.title or found.name),
        cells={"level": visible(found.level or "–")},
        status=str(state),
        colour=state.colour,
        remarks=tuple(_remarks(found)),
    )
    for one in found.evidence:
        yield _evidence(one)
        for criterion in one.criteria:
            value = Figure("–") if criterion.value is None else Figure(str(round(float(criterion.value), 2)))
            yield TableRow(title=visible(criterion.name), cells={"value": value, "n": str(criterion.n or 0)}, depth=2)


def _remarks(found: OutcomeResult) -> Iterable[str]:
    """Why it is judged so; what people decided and claim; what the KPIs say."""
    yield visible(found.reason)
    if found.earlier is not None:
        yield f"as of {found.earlier.as_of.date()}: {visible(found.earlier.reason)}"
    if found.override is not None:
        decided = found.override.decided
        level = f"{visible(decided.said)} ({STATES[found.override.state].word})"
        why = f": {visible(decided.why)}" if decided.why else ""
        yield f"decided otherwise: {level}, by {visible(decided.by)}, {decided.on}{why}"
    if found.contribution is not None:
        claim = found.contribution.claim
        limited = "" if claim.said == found.contribution.level else f", claimed {claim.said}"
        yield f"contribution: {found.contribution.level}{limited}; {visible(found.contribution.reason)}"
    if found.divergence is not None:
        yield f"but {visible(found.divergence.reason)}"


def _evidence(found: EvidenceResult) -> TableRow:
    cells: dict[str, Figure | str] = {"level": visible(found.level or "–")}
    if found.value is not None:
        cells["value"] = figure(found.value, found.unit)
    if found.interval is not None:
        cells["interval"] = between(found.interval, found.unit)
    if found.n is not None:
        cells["n"] = f"{found.n:,}"
    if found.method is not None:
        cells["method"] = visible(found.method)
    if found.stakeholder is not None:
        cells["stakeholder"] = visible(found.stakeholder)
    if found.valid_until is not None:
        cells["until"] = str(found.valid_until.date())
    remarks: tuple[str, ...] = ()
    if found.measured_as_of is not None:
        remarks = (f"as measured last, on {(found.measured_as_of - JUST).date()}",)
    if found.certainty == "not_distinguishable":
        remarks = (*remarks, "the interval leaves open whether it speaks for success")
    if not found.usable:
        remarks = (f"does not count: {visible(found.reason or '')}",)
    return TableRow(
        title=visible(found.title or found.name),
        cells=cells,
        status=COUNTS if found.usable else COUNTS_NOT,
        depth=1,
        remarks=remarks,
    )
