"""Kept state as a run uses it: the panes of a source's files, day by day, merged to the answers of windows."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Any

from kpidsl.calendar import Calendar, Grain, Unit
from kpidsl.engine.answers import Answer, Extent
from kpidsl.engine.groups import Key
from kpidsl.engine.kept_values import Values
from kpidsl.engine.parts import Part, is_empty, moment, width
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.rows import Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = Unit(Grain.DAY)
_MICRO = timedelta(microseconds=1)
FIRST, NEWEST = "first", "newest"
RUNNING = 6
"""Running totals of a column take as long as adding it up so often."""
Span = tuple[datetime, datetime]
Slice = tuple["Panes", int, int]


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // _MICRO


@dataclass(slots=True)
class Panes:
    """State by member and pane: rows in the order of members (`spans` tells each one's), then of where their pane
    starts (microseconds since 1970).
    """

    starts: list[int]
    spans: dict[Key, tuple[int, int]]
    columns: dict[str, Values]
    _looked_at: dict[str, int] = field(default_factory=dict)
    _sums: dict[str, list[int]] = field(default_factory=dict)

    def inside(self, key: Key, start: int | None, end: int) -> tuple[int, int]:
        """The rows of a member whose panes start in `[start, end)`."""
        low, high = self.spans[key]
        first = low if start is None else bisect_left(self.starts, start, low, high)
        return first, bisect_left(self.starts, end, low, high)

    def merged(self, name: str, first: int, end: int) -> Any:
        """The state of a column over some rows: a number as it is, or None where there is no least or greatest."""
        column = self.columns[name]
        if not column.is_added:
            return column.best(first, end)
        sums = self._sums.get(name)
        if sums is None:
            looked_at = self._looked_at[name] = self._looked_at.get(name, 0) + end - first
            if looked_at <= RUNNING * len(column.items):
                return column.of_total(sum(column.items[first:end]))
            sums = self._sums[name] = column.sums()
        return column.of_total(sums[end] - sums[first])


def day_of(calendar: Calendar, at: datetime) -> datetime:
    """The start of the calendar's day that holds an instant."""
    return calendar.start_of(_DAY, at)


def day_after(calendar: Calendar, at: datetime) -> datetime:
    """The start of the calendar's day after the one that holds an instant."""
    return calendar.step(day_of(calendar, at), _DAY, 1)


def cut(
    calendar: Calendar, start: datetime | None, end: datetime
) -> tuple[tuple[datetime | None, datetime] | None, list[Span]]:
    """A window as its whole days (None: it has none) and what is left of it at both ends, each inside one day."""
    first = start if start is None or day_of(calendar, start) == start else day_after(calendar, start)
    last = day_of(calendar, end)
    if start is not None and first is not None and first >= last:
        if first == last:
            edges = [(start, first), (last, end)]
            return None, [(low, high) for low, high in edges if low < high]
        return None, [(start, end)]
    left = [(start, first)] if start is not None and first is not None and start < first else []
    return (first, last), [*left, *([(last, end)] if last < end else [])]


@dataclass(slots=True)
class KeptCells:
    """What is kept of the cells that share a time column and dimensions: whole days, and, read for this run, the parts
    of days at the edges of their windows. `names` are the columns of what is asked of a row, and of its filter.
    """

    calendar: Calendar
    days: Panes
    edges: Panes
    names: Mapping[Cell, tuple[tuple[str, ...], str | None]]
    _slices: dict[tuple[datetime | None, datetime], dict[Key, list[Slice]]] = field(default_factory=dict)

    def answer(self, cell: Cell, finished: Callable[[Cell, Any, None], Part]) -> Answer:
        """The answer of a cell, for every member."""
        found = Answer()
        if cell.start is not None and cell.start >= cell.end:
            return found
        columns, kept = self.names[cell]
        for key, slices in self.slices(cell.start, cell.end).items():
            state = [self.state(name, slices) for name in columns]
            if not is_empty(state):
                found.parts[key] = finished(cell, state, None)
            if kept is not None and any(panes.merged(kept, first, end) for panes, first, end in slices):
                found.seen.add(key)
        return found

    def state(self, name: str, slices: Sequence[Slice]) -> Any:
        values = [panes.merged(name, first, end) for panes, first, end in slices]
        if len(values) == 1:
            return values[0]
        match slices[0][0].columns[name].kind:
            case "least":
                return min((one for one in values if one is not None), default=None)
            case "greatest":
                return max((one for one in values if one is not None), default=None)
            case _:
                return sum(values)

    def slices(self, start: datetime | None, end: datetime) -> dict[Key, list[Slice]]:
        """The rows of each member in a window."""
        found = self._slices.get((start, end))
        if found is not None:
            return found
        found = self._slices[start, end] = {}
        for panes, low, high in segments(self, start, end):
            first, last = None if low is None else micros(low), micros(high)
            for key in panes.spans:
                place = panes.inside(key, first, last)
                if place[0] < place[1]:
                    found.setdefault(key, []).append((panes, *place))
        return found


def segments(kept: KeptCells, start: datetime | None, end: datetime) -> list[tuple[Panes, datetime | None, datetime]]:
    """Where each part of a window stands."""
    whole, rest = cut(kept.calendar, start, end)
    found: list[tuple[Panes, datetime | None, datetime]] = [] if whole is None else [(kept.days, *whole)]
    return [*found, *((kept.edges, low, high) for low, high in rest)]


@dataclass(slots=True)
class KeptSource:
    """What is kept of a source: its cells, and by time column when its rows are."""

    cells: dict[Cell, KeptCells] = field(default_factory=dict)
    extents: dict[Row, KeptCells] = field(default_factory=dict)

    def answers(
        self, cells: Iterable[Cell], finished: Callable[[Cell, Any, None], Part]
    ) -> tuple[dict[Cell, Answer], list[Cell]]:
        """The answers of cells, and the cells that have to be asked for."""
        found: dict[Cell, Answer] = {}
        rest: list[Cell] = []
        for cell in cells:
            kept = self.cells.get(cell)
            if kept is None:
                rest.append(cell)
            else:
                found[cell] = kept.answer(cell, finished)
        return found, rest

    def extent(self, time: Row | None, anchors: Sequence[datetime], *, ahead: bool) -> Extent | None:
        """When the rows of a time column begin, and the newest before each anchor; None where that is not kept."""
        kept = self.extents.get(time) if time is not None else None
        if kept is None:
            return None
        if ahead:
            rows = kept.days.spans.get((), (0, 0))
            newest = kept.days.merged(NEWEST, *rows) if rows[1] else None
            first = kept.days.merged(FIRST, *rows) if rows[1] else None
            return Extent(_at(first), dict.fromkeys(anchors, _at(newest)))
        found = {anchor: kept.slices(None, anchor).get((), []) for anchor in anchors}
        firsts = [panes.merged(FIRST, *place) for slices in found.values() for panes, *place in slices]
        return Extent(
            _at(min(firsts, default=None)),
            {
                anchor: _at(max((panes.merged(NEWEST, *place) for panes, *place in slices), default=None))
                for anchor, slices in found.items()
            },
        )


def _at(micros: int | None) -> datetime | None:
    return None if micros is None else moment(micros)


def state_names(digest: str, cell: Cell) -> tuple[str, ...]:
    """The names of a cell's columns of state."""
    return tuple(f"{digest}/{place}" for place in range(width(cell)))
