"""The first time of a source's column, and its newest before each anchor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from kpidsl.engine.answers import Answers, Extent
from kpidsl.plan.nodes import Cell, Plan
from kpidsl.records import dataclass
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.rows import Row
from kpidsl.sql import queries as q
from kpidsl.sql.source_rows import RowsOf

if TYPE_CHECKING:
    from kpidsl.engine.kept import KeptSource

FEW_ANCHORS = 8
"""Of so many, what a file's statistics tell is not read."""
_NEAR = timedelta(days=7)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9800, 1, 1, tzinfo=UTC)


class Asking(Protocol):
    """The run that asks. `unmet` are the anchors of a source's column whose newest row nothing has told yet."""

    plan: Plan
    kept: Mapping[str, KeptSource]
    answers: Answers
    unmet: dict[tuple[str, Row | None], Unmet]

    def fetch(self, query: Any, source: str) -> list[tuple[Any, ...]]: ...

    def rows(self, source: SourceModel) -> RowsOf: ...


@dataclass(frozen=True, slots=True)
class Unmet:
    """A time column, and the anchors before which its newest row is still to be found."""

    column: Row
    anchors: tuple[datetime, ...]


def learn(run: Asking, source: SourceModel, cells: Iterable[Cell]) -> None:
    """The first time of every time column, and its newest before each anchor; as far as that takes a scan of its own,
    the anchors are left `unmet`: a scan that is made anyway may tell (`meet`).
    """
    kept = run.kept.get(source.name)
    for time, wanted in anchors_by_time(run.plan, source, cells).items():
        anchors = sorted(wanted)
        known = kept.extent(time, anchors, ahead=source.ahead) if kept is not None else None
        column = time if time is not None else source.holds.start if source.holds is not None else None
        if known is not None:
            run.answers.extents[source.name, time] = known
        elif column is not None and len(anchors) <= FEW_ANCHORS and not source.ahead:
            run.answers.extents[source.name, time], unmet = _latest(run, source, column, anchors)
            if unmet:
                run.unmet[source.name, time] = Unmet(column, unmet)
        elif column is not None:
            run.answers.extents[source.name, time] = _by_panes(run, source, column, anchors)


def meet(run: Asking, source: str, time: Row, edges: Sequence[datetime | None], newest: Mapping[int, int]) -> None:
    """What a scan of all rows between edges tells of the anchors that are unmet: the newest time in each pane, in
    microseconds since 1970.
    """
    unmet = run.unmet.pop((source, time))
    *starts, end = edges
    assert end is not None
    met = [(start, _at(newest[pane])) for pane, start in enumerate(starts) if pane in newest]
    found: dict[datetime, datetime] = {}
    for anchor in unmet.anchors:
        before = [at for start, at in met if start is None or start < anchor]
        if anchor <= end and before and before[-1] < anchor:
            found[anchor] = before[-1]
    _tell(run, (source, time), found)
    left = tuple(anchor for anchor in unmet.anchors if anchor not in found)
    if left:
        run.unmet[source, time] = Unmet(unmet.column, left)


def settle(run: Asking, source: SourceModel) -> None:
    """Ask for what is unmet of a source: of each anchor the week before it, all in one query, since of files that are
    in order there is little to read then.
    """
    for key in [key for key in run.unmet if key[0] == source.name]:
        unmet = run.unmet.pop(key)
        spans = [(anchor - _NEAR, anchor) for anchor in unmet.anchors]
        ((*greatest,),) = run.fetch(q.newest_within(run.rows(source), unmet.column, spans), source.name)
        near = dict(zip(unmet.anchors, greatest, strict=True))
        found = {
            anchor: _at(micros) if micros is not None else _ends(run, source, unmet.column, anchor)[1]
            for anchor, micros in near.items()
        }
        _tell(run, key, found)


def _tell(run: Asking, key: tuple[str, Row | None], found: Mapping[datetime, datetime | None]) -> None:
    extent = run.answers.extents[key]
    run.answers.extents[key] = Extent(extent.first, {**extent.newest, **found})


def _by_panes(run: Asking, source: SourceModel, column: Row, anchors: Sequence[datetime]) -> Extent:
    """In one scan: what a file's statistics tell is then not used."""
    edges = (None, *((_LATEST,) if source.ahead else anchors))
    panes: dict[int, tuple[datetime, datetime]] = {}
    for pane, least, greatest in run.fetch(q.extent(run.rows(source), column, edges), source.name):
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


def _latest(
    run: Asking, source: SourceModel, column: Row, anchors: Sequence[datetime]
) -> tuple[Extent, tuple[datetime, ...]]:
    """What the newest row before the latest anchor tells of all, and the anchors that it does not."""
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
    return Extent(first, found), tuple(unmet)


def _ends(
    run: Asking, source: SourceModel, column: Row, before: datetime
) -> tuple[datetime | None, datetime | None]:  # fmt: skip
    """The first and the newest time before an anchor."""
    for least, greatest in run.fetch(q.newest(run.rows(source), column, before), source.name):
        if least is not None:
            return _at(least), _at(greatest)
    return None, None


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
