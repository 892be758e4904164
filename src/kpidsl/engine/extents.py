"""The first time of a source's column, and its newest before the as-of and where key results are judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from kpidsl.engine.answers import Answers, Extent
from kpidsl.engine.parts import moment
from kpidsl.plan.nodes import Cell, Plan
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.rows import Row
from kpidsl.sql import queries as q
from kpidsl.sql.source_rows import RowsOf

if TYPE_CHECKING:
    from kpidsl.engine.kept import KeptSource

FEW_ANCHORS = 8
"""Of so many, what a file's statistics tell is not read."""
_NEAR = timedelta(days=7)
_LATEST = datetime(9800, 1, 1, tzinfo=UTC)


class Asking(Protocol):
    """The run that asks."""

    plan: Plan
    kept: Mapping[str, KeptSource]
    answers: Answers

    def fetch(self, query: Any, source: str) -> list[tuple[Any, ...]]: ...

    def rows(self, source: SourceModel) -> RowsOf: ...


def learn(run: Asking, source: SourceModel, cells: Iterable[Cell]) -> None:
    """The first time of every time column, and its newest before each anchor."""
    kept = run.kept.get(source.name)
    for time, wanted in anchors_by_time(run.plan, source, cells).items():
        anchors = sorted(wanted)
        known = kept.extent(time, anchors, ahead=source.ahead) if kept is not None else None
        column = time if time is not None else source.holds.start if source.holds is not None else None
        if known is not None:
            run.answers.extents[source.name, time] = known
        elif column is not None and len(anchors) <= FEW_ANCHORS and not source.ahead:
            run.answers.extents[source.name, time] = _latest(run, source, column, anchors)
        elif column is not None:
            run.answers.extents[source.name, time] = _by_panes(run, source, column, anchors)


def _by_panes(run: Asking, source: SourceModel, column: Row, anchors: Sequence[datetime]) -> Extent:
    """In one scan: what a file's statistics tell is then not used."""
    edges = (None, *((_LATEST,) if source.ahead else anchors))
    panes: dict[int, tuple[datetime, datetime]] = {}
    for pane, least, greatest in run.fetch(q.extent(run.rows(source), column, edges), source.name):
        if least is not None:
            panes[pane] = (moment(least), moment(greatest))
    first = min((low for low, _ in panes.values()), default=None)
    if source.ahead:
        return Extent(first, dict.fromkeys(anchors, panes[0][1] if panes else None))
    newest: dict[datetime, datetime | None] = {}
    latest: datetime | None = None
    for pane, anchor in enumerate(anchors):
        latest = panes[pane][1] if pane in panes else latest
        newest[anchor] = latest
    return Extent(first, newest)


def _latest(run: Asking, source: SourceModel, column: Row, anchors: Sequence[datetime]) -> Extent:
    """What the newest row before the latest anchor tells of all. Of each anchor that it does not tell of, the week
    before is asked, all in one query, since of files that are in order there is little to read then.
    """
    first, newest = _ends(run, source, column, anchors[-1])
    found: dict[datetime, datetime | None] = {anchors[-1]: newest}
    unmet: list[datetime] = []
    for anchor in anchors[:-1]:
        if first is None or newest is None or first >= anchor:
            found[anchor] = None
        elif newest < anchor:
            found[anchor] = newest
        else:
            unmet.append(anchor)
    if unmet:
        spans = [(anchor - _NEAR, anchor) for anchor in unmet]
        ((*greatest,),) = run.fetch(q.newest_within(run.rows(source), column, spans), source.name)
        for anchor, micros in zip(unmet, greatest, strict=True):
            found[anchor] = moment(micros) if micros is not None else _ends(run, source, column, anchor)[1]
    return Extent(first, found)


def _ends(
    run: Asking, source: SourceModel, column: Row, before: datetime
) -> tuple[datetime | None, datetime | None]:  # fmt: skip
    """The first and the newest time before an anchor."""
    for least, greatest in run.fetch(q.newest(run.rows(source), column, before), source.name):
        if least is not None:
            return moment(least), moment(greatest)
    return None, None


def anchors_by_time(
    plan: Plan, source: SourceModel, cells: Iterable[Cell]
) -> dict[Row | None, set[datetime]]:  # fmt: skip
    """The moments before which the newest row is wanted, for every time column of a source: the as-of, and where a key
    result is judged, which may be stale there.
    """
    wanted = {source.time: {plan.anchor, *plan.judged_at}}
    for cell in cells:
        wanted.setdefault(cell.time, {plan.anchor})
    return wanted
