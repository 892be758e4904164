"""The first time of a source's column, and its newest before each anchor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from kpidsl.engine.answers import Extent
from kpidsl.plan.nodes import Cell, Plan
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.rows import Row
from kpidsl.sql import queries as q
from kpidsl.sql.source_rows import RowsOf

FEW_ANCHORS = 8
"""So many are asked one by one: what a file's statistics tell is then not read."""
_NEAR = timedelta(days=7)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9800, 1, 1, tzinfo=UTC)


def extent(
    rows: Callable[[], RowsOf],
    column: Row,
    anchors: Sequence[datetime],
    fetch: Callable[[Any, str], list[tuple[Any, ...]]],
) -> Extent:
    """What is known of a time column at some anchors (UTC, in order). `rows` makes a fresh subquery of the source."""
    source = rows().source
    if len(anchors) <= FEW_ANCHORS and not source.ahead:
        return _one_by_one(rows, column, anchors, fetch)
    edges = (None, *((_LATEST,) if source.ahead else anchors))
    panes: dict[int, tuple[datetime, datetime]] = {}
    for pane, least, greatest in fetch(q.extent(rows(), column, edges), source.name):
        if least is not None:
            panes[pane] = (_at(least), _at(greatest))
    first = min((low for low, _ in panes.values()), default=None)
    if source.ahead:
        return Extent(first, dict.fromkeys(anchors, panes[0][1] if panes else None))
    newest: dict[datetime, datetime | None] = {}
    latest: datetime | None = None
    for pane, anchor in enumerate(anchors):
        latest = panes[pane][1] if pane in panes else latest
        newest[anchor] = latest
    return Extent(first, newest)


def _one_by_one(
    rows: Callable[[], RowsOf],
    column: Row,
    anchors: Sequence[datetime],
    fetch: Callable[[Any, str], list[tuple[Any, ...]]],
) -> Extent:
    """The latest anchor first, whose newest row may be that of earlier ones, too. Of each of the others the week before
    it, all in one query: of files that are in order there is little to read.
    """

    def before(anchor: datetime) -> tuple[datetime | None, datetime | None]:
        made = rows()
        for least, greatest in fetch(q.newest(made, column, anchor), made.source.name):
            if least is not None:
                return _at(least), _at(greatest)
        return None, None

    first, newest = before(anchors[-1])
    found: dict[datetime, datetime | None] = {anchors[-1]: newest}
    open_ones: list[datetime] = []
    for anchor in reversed(anchors[:-1]):
        if first is None or newest is None or first >= anchor:
            found[anchor] = None
        elif newest < anchor:
            found[anchor] = newest
        else:
            open_ones.append(anchor)
    if open_ones:
        made = rows()
        ((*greatest,),) = fetch(
            q.newest_within(made, column, [(anchor - _NEAR, anchor) for anchor in open_ones]), made.source.name
        )
        for anchor, micros in zip(open_ones, greatest, strict=True):
            found[anchor] = _at(micros) if micros is not None else before(anchor)[1]
    return Extent(first, found)


def _at(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def anchors_by_time(
    plan: Plan, source: SourceModel, cells: Iterable[Cell]
) -> dict[Row | None, set[datetime]]:  # fmt: skip
    """The anchors before which the newest row is wanted, for every time column of a source."""
    always = {plan.anchor, *plan.series_anchors}
    wanted: dict[Row | None, set[datetime]] = {source.time: set(always)}
    for cell in cells:
        anchors = wanted.setdefault(cell.time, set(always))
        if cell.at is None:
            anchors.add(cell.anchor)
    return wanted
