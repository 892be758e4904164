"""Exact quantiles of many rows in little memory: the order statistics are found by counting, bin by bin.

A list of all values, sorted, is fastest for few; for many it is what a memory limit forbids. Here a first scan counts
how many values are in each of some thousand bins of their range, which says in which bin a rank is; further scans count
in finer bins of these alone; the last one reads the values that are left (docs/adr/0042-memory.md).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass as record
from dataclasses import field
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, groupby
from math import isfinite, prod
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from kpidsl.engine.answers import Answer
from kpidsl.engine.groups import Key, edges_of, panes_inside, plain
from kpidsl.engine.parts import is_empty
from kpidsl.engine.ranked import seen_by
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.rows import Row
from kpidsl.semantic.types import DataType
from kpidsl.sql import quantiles as q
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
EACH = 50_000
"""Members have so many values on average, or each has too few for bins of its own."""
LEFT = 50_000
"""So few values are read, not counted."""
_ALL, _FIRST_COUNT = 4, 5
_EXACT = 2**53
_NUMBERS = frozenset({DataType.INTEGER, DataType.DECIMAL, DataType.FLOAT})
Counts = Sequence[Any]
"""A bin (or value), a pane, the least and the greatest value, how many there are, and how many each filter keeps."""


def quantiles(run: Run, source: SourceModel, time: Row, cells: Sequence[Cell]) -> dict[Cell, Answer]:
    """The answers of those cells that are quantiles of many values; of few members, and where DuckDB is asked."""
    asked: dict[Row, list[Cell]] = {}
    for cell in cells:
        if cell.function in QUANTILES and cell.argument is not None and cell.argument.type in _NUMBERS:
            asked.setdefault(cell.argument, []).append(cell)
    edges, members = edges_of([cell for same in asked.values() for cell in same]), cells[0].members
    if edges is None or not run.is_here(source):
        return {}
    found = next(iter(run.fetch(q.sizes(run.rows(source), time, edges, list(asked), members), source.name)), ())
    sizes, many = found[: 3 * len(asked)], prod(one + 1 for one in found[3 * len(asked) :])
    answers: dict[Cell, Answer] = {}
    for (argument, same), n, low, high in zip(asked.items(), sizes[::3], sizes[1::3], sizes[2::3], strict=False):
        own = edges_of(same)
        if own is None or n * len({(cell.start, cell.end) for cell in same}) < MANY or n < many * EACH:
            continue
        about = q.About(time, own, argument, tuple(dict.fromkeys(cell.where for cell in same)), members)
        bins = first_bins(low, high, _pieces(about, many))
        if bins is not None:
            answers.update(_Counting(run, source, about, bins).answers(same))
    if members:
        for cell, seen in seen_by(run, source, time, list(answers)).items():
            answers[cell].seen = seen
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


def _pieces(about: q.About, bins: int) -> int:
    """In how many pieces each of so many bins is cut: a power of two, from 8 to 4,096."""
    most = MOST_COUNTS // (len(about.edges) * bins * (_FIRST_COUNT + len(about.filters)))
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


@record(slots=True, eq=False)
class _Sought:
    """What is looked for of a member: `rows` are the bins that were counted last, the ranks from the first bin on."""

    rows: list[Counts]
    targets: list[_Target]
    ranks: dict[Cell, list[int]] = field(default_factory=dict)

    def looking(self) -> list[tuple[_Target, _Rank]]:
        return [(target, rank) for target in self.targets for rank in target.ranks if not rank.found]

    def bins(self) -> list[Counts]:
        """The bins that hold what is looked for."""
        numbers = {rank.number for _, rank in self.looking()}
        return [row for row in self.rows if row[0] in numbers]


@dataclass(frozen=True, slots=True)
class _Counting:
    """Quantiles of one expression, under some filters, of all members."""

    run: Run
    source: SourceModel
    about: q.About
    bins: q.Bins

    def answers(self, cells: Sequence[Cell]) -> dict[Cell, Answer]:
        places = {edge: place for place, edge in enumerate(self.about.edges)}
        columns = {where: place for place, where in enumerate(self.about.filters, _FIRST_COUNT)}
        panes = {cell: panes_inside(cell, places) for cell in cells}
        asked = [q.counted(self.rows(), self.about, q.Part(self.bins), 1)]
        sought: dict[Key, _Sought] = {}
        for key, found in self.by_member(asked[0]):
            one = _Sought(list(found), [_Target(cell, columns[cell.where], panes[cell]) for cell in cells])
            self.look_for(one)
            sought[key] = one
        finer = 1
        for cuts in range(MOST_CUTS + 1):
            left = [row for one in sought.values() for row in one.bins()]
            if not left:
                break
            hashes = tuple({row[-1] for row in left}) if self.about.members else ()
            part = q.Part(self.bins, finer, tuple(sorted({row[0] for row in left})), hashes)
            if cuts == MOST_CUTS or sum(row[_ALL] for row in left) <= LEFT:
                asked.append(q.values(self.rows(), self.about, part))
                for key, found in self.by_member(asked[-1]):
                    pass_by(found, sought[key].looking(), itemgetter(-1))
                break
            step = _pieces(self.about, len(hashes) or len(part.numbers))
            finer *= step
            asked.append(q.counted(self.rows(), self.about, part, finer))
            for key, found in self.by_member(asked[-1]):
                one = sought[key]
                one.rows = list(found)
                pass_by(one.rows, one.looking(), lambda row, step=step: row[0] // step)  # type: ignore[misc]
        assert not any(one.looking() for one in sought.values())
        sql = ";\n".join(map(self.run.said, asked)) if self.run.explain else None
        answers = {cell: self.run.blank(cell, sql) for cell in cells}
        for key, one in sought.items():
            for target in one.targets:
                state = target.state(one.ranks[target.cell])
                if not is_empty(state):
                    answers[target.cell].parts[key] = self.run.finished(target.cell, state, None)
        return answers

    def look_for(self, one: _Sought) -> None:
        """Set the ranks of a member, and find their bins."""
        before = {column: self.before(one.rows, column) for column in {target.column for target in one.targets}}
        for target in one.targets:
            known, panes = before[target.column], target.panes
            target.look_for(known[panes.stop] - known[panes.start] if panes else 0)
            one.ranks[target.cell] = [rank.left for rank in target.ranks]
        pass_by(one.rows, one.looking(), lambda _: 0)

    def before(self, rows: Iterable[Counts], column: int) -> list[int]:
        """How many values are before each pane, and before the end."""
        counts = [0] * (len(self.about.edges) - 1)
        for row in rows:
            counts[row[1]] += row[column]
        return list(accumulate(counts, initial=0))

    def rows(self) -> RowsOf:
        return self.run.rows(self.source)

    def by_member(self, query: Any) -> Iterator[tuple[Key, Iterator[Counts]]]:
        """The rows of a query, member after member, in the order of bins (or values), then panes."""
        first = _FIRST_COUNT + len(self.about.filters)
        end = first + len(self.about.members)
        for member, found in groupby(
            self.run.stream(query, self.source.name, (*range(first, end), 0, 1)), itemgetter(slice(first, end))
        ):
            yield tuple(map(plain, member)), found


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
