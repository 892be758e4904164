"""What the groups of a scan say of cells: the slots of each window merged, column by column."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol

from kpidsl.engine.answers import Answer
from kpidsl.engine.compact import CompactParts, CompactSet, Members
from kpidsl.engine.groups import Key, panes_inside, plain, unfiltered
from kpidsl.engine.parts import Part, finisher, is_empty, merge
from kpidsl.engine.slots import slotted
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.rows import Row
from kpidsl.sql import shared_scan as sql
from kpidsl.sql.aggregates import Scale
from kpidsl.sql.digits import Digits
from kpidsl.sql.shared_scan import Filter

AT_ONCE = 4_096
"""Rows of whole members that are merged together."""
_PICKED = frozenset({"min", "max", "first", "last"})
"""What is merged to one of its states, not to their sum."""


class Asking(Protocol):
    """The run that asks."""

    @property
    def explain(self) -> bool: ...

    def blank(self, cell: Cell, sql: str | None = None) -> Answer: ...

    def checked(self, cell: Cell, part: Part) -> Part: ...

    def stream(self, query: Any, source: str, order: Sequence[int] = ()) -> Iterator[tuple[Any, ...]]: ...


@dataclass(frozen=True, slots=True)
class _Asked:
    """A cell whose window is made of the slots from `span[0]` to before `span[1]`; its state stands in `columns`."""

    cell: Cell
    told: Answer
    span: tuple[int, int]
    columns: Sequence[int]
    scale: Scale | None


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The rows of some members, as columns: the first has their slots, which are in order for each member. `sums` tells
    which columns have whole numbers and nothing else.
    """

    keys: Sequence[Key]
    bounds: Sequence[tuple[int, int]]
    columns: Sequence[Sequence[Any]]
    sums: frozenset[int]

    def inside(self, span: tuple[int, int], numbers: Sequence[int]) -> _Inside:
        """Where the rows of some slots are; the members have these numbers."""
        slots, (first, end) = self.columns[0], span
        found: list[int] = []
        rows: list[tuple[int, int]] = []
        for number, (begin, stop) in zip(numbers, self.bounds, strict=True):
            low = bisect_left(slots, first, begin, stop)
            high = bisect_left(slots, end, low, stop)
            if low < high:
                found.append(number)
                rows.append((low, high))
        return _Inside(found, rows, {})


@dataclass(frozen=True, slots=True)
class _Inside:
    """The members that have rows in some slots, from which to which row, and what these come to in columns."""

    members: Sequence[int]
    rows: Sequence[tuple[int, int]]
    totals: dict[int, list[Any]]


def merged(
    run: Asking, scan: sql.Scan, cells: Sequence[Cell], order: Mapping[tuple[object, ...], int],
    places: Mapping[datetime | None, int], scales: Mapping[Row, Scale], types: Mapping[str, str],
    said: Callable[[Any], str],
) -> dict[Cell, Answer]:  # fmt: skip
    """The answers of the cells of some members. `order` tells where the scan has what is asked of a row, `places` which
    pane begins at an edge, `types` what the columns of its groups are.
    """
    members = cells[0].members
    filters: dict[int, Filter] = {}
    windows: dict[int, list[range]] = {}
    inside: list[range] = []
    which: dict[int, None] = {}
    for cell in cells:
        panes = panes_inside(cell, places)
        inside.append(panes)
        filters.setdefault(id(cell.where), cell.where)
        windows.setdefault(id(cell.where), []).append(panes)
        which[order[unfiltered(cell)]] = None
    found = slotted(list(windows.values()), len(places) - 1)
    wanted = sql.wanted_of(scan, list(which), types)
    query = sql.answers(scan, members, tuple(filters.values()), wanted, found.slots)
    text = said(query) if run.explain else None
    answers = {cell: run.blank(cell, text) for cell in cells}
    spans = dict(zip(filters, found.spans, strict=True))
    at = {state: 1 + len(members) + place for place, state in enumerate(wanted)}
    standing = {place: [at[state] for state in scan.merged[place]] for place in which}
    asked: list[_Asked] = []
    for cell, panes in zip(cells, inside, strict=True):
        span = spans[id(cell.where)][panes.start, panes.stop]
        if span[0] < span[1]:
            scale = scales.get(cell.argument) if cell.argument is not None else None
            asked.append(_Asked(cell, answers[cell], span, standing[order[unfiltered(cell)]], scale))
    digits = {at[state]: form for state, form in wanted.items() if form is not None}
    seen = answers[cells[0]].seen
    numbered = seen.members if isinstance(seen, CompactSet) else None
    for chunk in _chunks(run, query, len(members), scan.rows.source.name, digits):
        _merge(run, chunk, asked, digits, numbered)
    return answers


def _merge(
    run: Asking, chunk: _Chunk, asked: Sequence[_Asked], digits: Mapping[int, Digits], members: Members | None
) -> None:  # fmt: skip
    """Put what the rows of a chunk say into the answers; without `members` they are about the whole."""
    numbers = [0] if members is None else list(map(members.number, chunk.keys))
    known: dict[tuple[int, int], _Inside] = {}
    states: Sequence[Sequence[Any]]
    for one in asked:
        cell, told = one.cell, one.told
        inside = known.get(one.span)
        if inside is None:
            inside = known[one.span] = chunk.inside(one.span, numbers)
        if cell.function in _PICKED:
            columns = [chunk.columns[place] for place in one.columns]
            states = [merge(cell, [column[low:high] for column in columns]) for low, high in inside.rows]
        else:
            of_state = []
            for place in one.columns:
                total = inside.totals.get(place)
                if total is None:
                    total = inside.totals[place] = _totals(cell, chunk, place, inside.rows, digits.get(place))
                of_state.append(total)
            states = list(zip(*of_state, strict=True))
        value_of = finisher(cell, one.scale)
        found = [(at, value_of(state)) for at, state in zip(inside.members, states, strict=True) if not is_empty(state)]
        parts, seen = told.parts, told.seen
        for _, part in found:
            if part.reason is not None:
                run.checked(cell, part)
        if isinstance(parts, CompactParts):
            parts.put_all(found)
        elif found:
            ((_, parts[()]),) = found
        if isinstance(seen, CompactSet):
            seen.mark(inside.members)


def _totals(
    cell: Cell, chunk: _Chunk, place: int, rows: Sequence[tuple[int, int]], form: Digits | None
) -> list[Any]:  # fmt: skip
    """What the rows of each member come to in a column that is summed."""
    column = chunk.columns[place]
    if place in chunk.sums:
        found: list[Any] = [sum(column[low:high]) for low, high in rows]
    elif form is None:
        return [column[low] if high - low == 1 else merge(cell, (column[low:high],))[0] for low, high in rows]
    else:  # rows without any value among them
        known = [[one for one in column[low:high] if one is not None] for low, high in rows]
        found = [sum(some) if some else None for some in known]
    if form is not None and form.is_limb:
        return [[one] for one in found]
    if form is not None and form.places:
        below = 10**form.places
        return [None if one is None else Fraction(one, below) for one in found]
    return found


def _chunks(
    run: Asking, query: Any, members: int, source: str, digits: Mapping[int, Digits]
) -> Iterator[_Chunk]:  # fmt: skip
    """The rows of a query, of some members at a time."""
    order = (*range(1, 1 + members), 0)
    kept: list[tuple[Any, ...]] = []
    keys: list[Key] = []
    bounds: list[tuple[int, int]] = []
    for values, rows in groupby(run.stream(query, source, order), itemgetter(slice(1, 1 + members))):
        begin = len(kept)
        kept.extend(rows)
        keys.append(tuple([plain(value) for value in values]))
        bounds.append((begin, len(kept)))
        if len(kept) >= AT_ONCE:
            yield _chunk(keys, bounds, kept, digits)
            kept, keys, bounds = [], [], []
    if kept:
        yield _chunk(keys, bounds, kept, digits)


def _chunk(
    keys: Sequence[Key],
    bounds: Sequence[tuple[int, int]],
    rows: Sequence[tuple[Any, ...]],
    digits: Mapping[int, Digits],
) -> _Chunk:
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place in digits:
        columns[place] = [None if one is None else int(one) for one in columns[place]]
    sums = frozenset(place for place, column in enumerate(columns) if set(map(type, column)) == {int})
    return _Chunk(keys, bounds, columns, sums)
