"""Objectives and key results as a table for people: how far they have come, how far they were to be, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from kpidsl.assess.goal_results import WORST_FIRST, KeyResultResult, ObjectiveResult, Offender
from kpidsl.assess.results import ActionResult, BoundResult, CheckinResult
from kpidsl.diagnostics.glyphs import visible
from kpidsl.report.figures import Figure, bound, exact, figure
from kpidsl.report.numbers import plain
from kpidsl.report.scorecards import said_of
from kpidsl.report.signals import forecast_line
from kpidsl.report.statuses import STATES
from kpidsl.report.table import Column, Table, TableRow, paint

OFFENDERS = 5  # named of those there are


COLUMNS = (
    Column("progress", "Progress"),
    Column("expected", "Expected", leaves=6, said="expected"),
    Column("value", "Value", leaves=5, said="value"),
    Column("baseline", "From", leaves=3, said="from"),
    Column("target", "Target", leaves=4, said="target"),
    Column("landing", "Landing", leaves=2, said="landing"),
    Column("due", "Due", leaves=1, said="due", dim=True),
)
_FINE = ("on_track", "achieved", "not_started")


def objective_table(objectives: Sequence[ObjectiveResult], *, width: int, colour: bool) -> list[str]:
    """Every objective, and beneath it its key results."""
    rows = [row for each in objectives for row in _rows(each)]
    return Table("Objective", COLUMNS, rows, width=width, colour=colour).lines() if rows else []


def counted(counts: dict[str, int], *, colour: bool) -> str:
    """`2 on track, 1 at risk`, the best first."""
    return ", ".join(
        paint(f"{counts[each]:,} {STATES[each].word}", STATES[each].colour, on=colour)
        for each in reversed(WORST_FIRST)
        if counts.get(each)
    )


def _rows(found: ObjectiveResult) -> Iterable[TableRow]:
    cells: dict[str, Figure | str] = {"progress": _part(found.score), "expected": _part(found.expected)}
    if found.due is not None:
        cells["due"] = str(found.due)
    state = STATES[found.status]
    yield TableRow(
        title=visible(found.title or found.name),
        cells=_present(cells) | {"progress": cells["progress"]},
        status=str(state),
        colour=state.colour,
        remarks=(" · ".join(_of_objective(found)),),
    )
    yield from open_actions(found.actions, depth=1)
    for one in found.key_results:
        yield _key_result(one)
        yield from _beneath(one)


def _of_objective(found: ObjectiveResult) -> Iterable[str]:
    if found.grade is not None:
        yield f"graded {found.grade}"
    if found.status not in _FINE:
        yield visible(found.reason)
    if found.coverage is not None and found.coverage != 1:
        yield f"{_part(found.coverage)} of the weight has a progress"


def _key_result(found: KeyResultResult) -> TableRow:
    unit = found.unit
    cells: dict[str, Figure | str] = {"progress": _part(found.progress), "expected": _part(found.expected)}
    if found.value is not None:
        cells["value"] = figure(found.value, unit, found.target)
    if found.baseline is not None:
        cells["baseline"] = Figure(exact(found.baseline, unit), unit or "")
    if found.target is not None:
        cells["target"] = bound(found.target, unit)
    if found.landing is not None:
        cells["landing"] = figure(found.landing, unit)
    cells["due"] = str(found.due)
    state = STATES[found.status]
    return TableRow(
        title=visible(found.title or found.name.rpartition(".")[2]),
        cells=_present(cells) | {"progress": cells["progress"]},
        status=str(state),
        colour=state.colour,
        depth=1,
        aside=visible(found.reason) if found.progress is None else "",
        remarks=(visible(forecast_line(found.forecast)),) if found.forecast is not None else (),
    )


def _beneath(found: KeyResultResult) -> Iterable[TableRow]:
    """What is late, who offends, what a person believes."""
    if found.progress is not None and found.status not in _FINE:
        yield TableRow(title=visible(found.reason), cells={}, depth=2)
    late = [visible(item.title) for item in found.items if item.state == "overdue"]
    if late:
        yield TableRow(title=f"overdue: {', '.join(late)}", cells={}, depth=2)
    if found.offenders:
        named = [_offender(one, found.unit, found.target) for one in found.offenders[:OFFENDERS]]
        more = len(found.offenders) - len(named)
        yield TableRow(
            title=f"not met by {', '.join(named)}" + (f" and {more} more" if more else ""), cells={}, depth=2
        )
    if found.confidence is not None:
        said = f"confidence {plain(found.confidence.value)} of {plain(found.confidence.of)}"
        by = f", {visible(found.confidence.by)}" if found.confidence.by else ""
        on = f", {found.confidence.on}" if found.confidence.on else ""
        yield TableRow(title=said + by + on, cells={}, depth=2)
    if found.checkin is not None and (found.checkin.on is not None or found.checkin.stale):
        yield TableRow(title=" · ".join(_checkin(found.checkin)), cells={}, depth=2)
    yield from open_actions(found.actions, depth=2)


def _checkin(found: CheckinResult) -> Iterable[str]:
    """What was said last, by whom, and whether that is too long ago."""
    if found.on is None:
        yield visible(found.reason or "")
        return
    sure = f", {plain(found.confidence * 100)}% confident" if found.confidence is not None else ""
    yield f"checked in {found.on}" + (f" by {visible(found.by)}" if found.by else "") + sure
    if found.note:
        yield visible(found.note)
    if found.stale:
        yield f"~ stale: {visible(found.reason or '')}"


def open_actions(actions: Sequence[ActionResult], *, depth: int) -> Iterable[TableRow]:
    """What is still to be done, a row each."""
    for action in actions:
        if action.done is None:
            yield TableRow(title=f"→ {visible(said_of(action))}", cells={}, depth=depth)


def _offender(found: Offender, unit: str | None, target: BoundResult | None) -> str:
    """A member that breaks the bound, with its value where it has one of its own."""
    if found.value is None:
        return _member(found.member)
    value = figure(found.value, unit, target)
    return f"{_member(found.member)} ({visible(f'{value.number} {value.unit}'.strip())})"


def _member(member: object) -> str:
    match member:
        case None:
            return "(none)"
        case Decimal():
            return plain(member)
        case _:
            return visible(str(member))


def _part(value: Decimal | None) -> Figure:
    return Figure("–") if value is None else figure(value, "%")


def _present(cells: dict[str, Figure | str]) -> dict[str, Figure | str]:
    return {key: cell for key, cell in cells.items() if cell not in ("", Figure(""), Figure("–"))}
