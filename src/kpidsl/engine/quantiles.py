"""Exact quantiles of many rows in little memory: the order statistics are found by counting, bin by bin.

A list of all values, sorted, is fastest for few; for many it is what a memory limit forbids. Here a first scan counts
how many values are in each of some thousand bins of their range, which says in which bin a rank is; further scans count
in finer bins of these alone; the last one reads the values that are left (docs/adr/0042-memory.md).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass as record
from dataclasses import field
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, groupby
from math import isfinite
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from kpidsl.engine.answers import Answer
from kpidsl.engine.groups import edges_of, panes_inside
from kpidsl.engine.parts import is_empty
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.rows import Row
from kpidsl.semantic.types import DataType
from kpidsl.sql import quantiles as q
from kpidsl.sql.queries import Edges
from kpidsl.sql.source_rows import RowsOf
from kpidsl.stats.intervals import quantile_ranks

if TYPE_CHECKING:
    from kpidsl.engine.run import Run

QUANTILES = frozenset({"median", "percentile", "ranks"})
MANY = 1_000_000
"""From so many values on, in all windows together, they are counted. Fewer are listed."""
MOST_COUNTS = 400_000
"""About so many numbers are fetched at once."""
MOST_CUTS = 4
LEFT = 50_000
"""So few values are read, not counted."""
_ALL, _FIRST_COUNT = 4, 5
_EXACT = 2**53
_NUMBERS = frozenset({DataType.INTEGER, DataType.DECIMAL, DataType.FLOAT})
Counts = Sequence[Any]
"""A bin (or value), a pane, the least and the greatest value, how many there are, and how many each filter keeps."""


def quantiles(run: Run, source: SourceModel, time: Row, cells: Sequence[Cell]) -> dict[Cell, Answer]:
    """The answers of those cells that are quantiles of many values; of no dimension, and where DuckDB is asked."""
    asked: dict[Row, list[Cell]] = {}
    for cell in cells:
        if cell.function in QUANTILES and cell.argument is not None and cell.argument.type in _NUMBERS:
            asked.setdefault(cell.argument, []).append(cell)
    edges = edges_of([cell for same in asked.values() for cell in same])
    if edges is None or cells[0].members or not run.is_here(source):
        return {}
    sizes = next(iter(run.fetch(q.sizes(run.rows(source), time, edges, list(asked)), source.name)), ())
    answers: dict[Cell, Answer] = {}
    for (argument, same), n, low, high in zip(asked.items(), sizes[::3], sizes[1::3], sizes[2::3], strict=False):
        own = edges_of(same)
        if own is None or n * len({(cell.start, cell.end) for cell in same}) < MANY:
            continue
        filters = tuple(dict.fromkeys(cell.where for cell in same))
        bins = first_bins(low, high, _pieces(len(own), len(filters)))
        if bins is not None:
            answers.update(_Counting(run, source, time, own, argument, filters, bins).answers(same))
    return answers


def first_bins(low: Any, high: Any, count: int) -> q.Bins | None:
    """So many bins from the least to the greatest number. None where a double does not keep the order of the numbers
    between them, or there is nothing to divide.
    """
    if low is None or low == high:
        return None
    for edge in (low, high):
        if not isinstance(edge, float) and abs(Fraction(edge) * 10 ** _places(edge)) > _EXACT:
            return None
    first, last = float(low), float(high)
    if not isfinite(last - first) or not isfinite(count / (last - first)):
        return None
    return q.Bins(first, count / (last - first), count)


def _places(number: int | Decimal) -> int:
    return max(0, -int(number.as_tuple().exponent)) if isinstance(number, Decimal) else 0


def _pieces(panes: int, filters: int, bins: int = 1) -> int:
    """In how many pieces each bin is cut: a power of two, from 8 to 4,096."""
    most = MOST_COUNTS // (panes * bins * (_FIRST_COUNT + filters))
    return int(2 ** min(12, max(3, most.bit_length() - 1)))


@record(slots=True, eq=False)
class _Rank:
    """An order statistic that is looked for: the `left`-th of the values in the bin of this `number`."""

    left: int
    number: int = 0
    value: Any = None
    found: bool = False


@record(slots=True, eq=False)
class _Target:
    """What is looked for of a cell: in the column of its filter, in its panes, among `n` values."""

    cell: Cell
    column: int
    panes: range
    n: int = 0
    ranks: list[_Rank] = field(default_factory=list)

    def look_for(self, n: int) -> None:
        """Set the ranks that the value comes from."""
        self.n = n
        level = self.cell.level if self.cell.level is not None else Fraction(1, 2)
        if self.cell.function == "ranks":
            assert self.cell.way is not None
            end, _, confidence = self.cell.way.partition(" ")
            ends = quantile_ranks(n, level, Fraction(confidence))
            self.ranks = [_Rank(ends[0 if end == "low" else 1])] if ends is not None else []
        elif n:
            first = int((n - 1) * level) + 1
            self.ranks = [_Rank(rank) for rank in (first, first + 1) if rank <= n]

    def state(self, ranks: Sequence[int]) -> Sequence[Any]:
        """As a query of all values would have had it; `ranks` are those that were looked for."""
        values = [rank.value for rank in self.ranks]
        if self.cell.function == "ranks":
            return values, ranks[0] if ranks else 1, self.n
        return *values, *[None] * (2 - len(values)), self.n


@dataclass(frozen=True, slots=True)
class _Counting:
    """Quantiles of one expression, under some filters."""

    run: Run
    source: SourceModel
    time: Row
    edges: Edges
    argument: Row
    filters: tuple[q.Filter, ...]
    bins: q.Bins

    def answers(self, cells: Sequence[Cell]) -> dict[Cell, Answer]:
        places = {edge: place for place, edge in enumerate(self.edges)}
        columns = {where: place for place, where in enumerate(self.filters, _FIRST_COUNT)}
        targets = [_Target(cell, columns[cell.where], panes_inside(cell, places)) for cell in cells]
        asked = [q.counted(*self.about(), q.Part(self.bins), 1)]
        rows: list[Counts] = list(self.run.stream(asked[0], self.source.name, (0, 1)))
        before = {column: self.before(rows, column) for column in {target.column for target in targets}}
        for target in targets:
            known, panes = before[target.column], target.panes
            target.look_for(known[panes.stop] - known[panes.start] if panes else 0)
        ranks = {target.cell: [rank.left for rank in target.ranks] for target in targets}
        looking = [(target, rank) for target in targets for rank in target.ranks]
        pass_by(rows, looking, lambda _: 0)
        finer = 1
        for cuts in range(MOST_CUTS + 1):
            numbers = {rank.number for _, rank in looking if not rank.found}
            if not numbers:
                break
            part = q.Part(self.bins, finer, tuple(sorted(numbers)))
            if cuts == MOST_CUTS or sum(row[_ALL] for row in rows if row[0] in numbers) <= LEFT:
                asked.append(q.values(*self.about(), part))
                pass_by(self.run.stream(asked[-1], self.source.name, (0, 1)), looking, itemgetter(-1))
                break
            step = _pieces(len(self.edges), len(self.filters), len(numbers))
            finer *= step
            asked.append(q.counted(*self.about(), part, finer))
            rows = list(self.run.stream(asked[-1], self.source.name, (0, 1)))
            pass_by(rows, looking, lambda row, step=step: row[0] // step)  # type: ignore[misc]
        assert all(rank.found for _, rank in looking)
        sql = ";\n".join(map(self.run.said, asked)) if self.run.explain else None
        return {target.cell: self.answer(target, ranks[target.cell], sql) for target in targets}

    def before(self, rows: Iterable[Counts], column: int) -> list[int]:
        """How many values are before each pane, and before the end."""
        counts = [0] * (len(self.edges) - 1)
        for row in rows:
            counts[row[1]] += row[column]
        return list(accumulate(counts, initial=0))

    def about(self) -> tuple[RowsOf, Row, Edges, Row, tuple[q.Filter, ...]]:
        """What every query is about."""
        return self.run.rows(self.source), self.time, self.edges, self.argument, self.filters

    def answer(self, target: _Target, ranks: Sequence[int], sql: str | None) -> Answer:
        found, state = Answer(sql=sql), target.state(ranks)
        if not is_empty(state):
            found.parts[()] = self.run.finished(target.cell, state, None)
        return found


def pass_by(rows: Iterable[Counts], looking: Sequence[tuple[_Target, _Rank]], bin_of: Callable[[Counts], int]) -> None:
    """Go through bins, or values, in order, and step into each that holds what is looked for. `bin_of` tells the bin,
    as found before, that a row is in. Rows are in the order of bins, then panes.
    """
    waiting: dict[int, list[tuple[_Target, _Rank]]] = {}
    for target, rank in looking:
        if not rank.found:
            waiting.setdefault(rank.number, []).append((target, rank))
    for number, found in groupby(rows, itemgetter(0)):
        same = list(found)
        here = waiting.get(bin_of(same[0]))
        if not here:
            continue
        panes = [row[1] for row in same]
        least, greatest = min(row[2] for row in same), max(row[3] for row in same)
        sums: dict[int, list[int]] = {}
        still: list[tuple[_Target, _Rank]] = []
        for target, rank in here:
            if target.column not in sums:
                sums[target.column] = list(accumulate((row[target.column] for row in same), initial=0))
            total = sums[target.column]
            count = total[bisect_left(panes, target.panes.stop)] - total[bisect_left(panes, target.panes.start)]
            if count < rank.left:
                rank.left -= count
                still.append((target, rank))
                continue
            rank.number = number
            if least == greatest:
                rank.value, rank.found = least, True
        waiting[bin_of(same[0])] = still
        if not any(waiting.values()):
            return
