"""Exact quantiles of many rows in little memory: the order statistics are found by counting, bin by bin.

A list of all values, sorted, is fastest for few; for many it is what a memory limit forbids. Here a first scan counts
how many values are in each of some thousand bins of their range, which says in which bin a rank is; further scans count
in finer bins of these alone; the last one reads the values that are left (docs/adr/0042-memory.md).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass as record
from dataclasses import field
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, groupby
from math import isfinite, prod
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from kpidsl.engine.answers import Answer
from kpidsl.engine.faults import CellError
from kpidsl.engine.groups import BATCH, Key, edges_of, panes_inside, plain
from kpidsl.engine.parts import is_empty
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


def together(run: Run, source: SourceModel, cells: Sequence[Cell]) -> list[Cell]:
    """Answer the quantiles of an expression that are asked of the whole, and of members, by counting once for all of
    them; the other cells are left over.
    """
    by_time: dict[int, dict[int, list[Cell]]] = {}
    for cell in cells:
        if _is_counted(cell) and cell.time is not None and cell.at is None:
            by_time.setdefault(id(cell.time), {}).setdefault(id(cell.argument), []).append(cell)
    found: dict[Cell, Answer] = {}
    for by_argument in by_time.values():
        shared = [same for same in by_argument.values() if len({id(cell.members) for cell in same}) > 1]
        for start in range(0, len(shared), BATCH):
            found.update(_counted(run, source, shared[start : start + BATCH]))
    run.answers.cells.update(found)
    return [cell for cell in cells if cell not in found]


def _counted(run: Run, source: SourceModel, shared: Sequence[Sequence[Cell]]) -> dict[Cell, Answer]:
    """The answers of cells of one time column, about some expressions, as far as they are counted."""
    cells = [cell for same in shared for cell in same]
    assert cells[0].time is not None
    try:
        return quantiles(run, source, cells[0].time, cells)
    except CellError:  # what is wrong costs the cells it belongs to, which asking for fewer tells
        if len(shared) == 1:
            return {}
        middle = len(shared) // 2
        return {**_counted(run, source, shared[:middle]), **_counted(run, source, shared[middle:])}


def _is_counted(cell: Cell) -> bool:
    return cell.function in QUANTILES and cell.argument is not None and cell.argument.type in _NUMBERS


def quantiles(run: Run, source: SourceModel, time: Row, cells: Sequence[Cell]) -> dict[Cell, Answer]:
    """The answers of those cells that are quantiles of many values; of few members, and where DuckDB is asked."""
    asked: dict[Row, list[Cell]] = {}
    for cell in filter(_is_counted, cells):
        assert cell.argument is not None
        asked.setdefault(cell.argument, []).append(cell)
    edges = edges_of([cell for same in asked.values() for cell in same])
    if edges is None or not run.is_here(source):
        return {}
    members = tuple(dict.fromkeys(row for cell in cells for row in cell.members))
    found = next(iter(run.fetch(q.sizes(run.rows(source), time, edges, list(asked), members), source.name)), ())
    sizes, many = found[: 3 * len(asked)], dict(zip(members, found[3 * len(asked) :], strict=False))
    answers: dict[Cell, Answer] = {}
    for (argument, same), n, low, high in zip(asked.items(), sizes[::3], sizes[1::3], sizes[2::3], strict=False):
        counted = [cell for cell in same if _about(cell.members, many) * EACH <= n]
        own, by = edges_of(counted), tuple(dict.fromkeys(row for cell in counted for row in cell.members))
        if own is None or n * len({(cell.start, cell.end) for cell in counted}) < MANY or _about(by, many) * EACH > n:
            continue
        filters = tuple(dict.fromkeys(cell.where for cell in counted))
        for start in range(0, len(filters), BATCH):
            about = q.About(time, own, argument, filters[start : start + BATCH], by)
            bins = first_bins(low, high, _pieces(about, _about(by, many)))
            if bins is not None:
                wanted = frozenset(about.filters)
                some = [cell for cell in counted if cell.where in wanted]
                answers.update(_Counting(run, source, about, bins).answers(some))
    return answers


def _about(members: Iterable[Row], many: Mapping[Row, int]) -> int:
    """About how many members some dimensions have together, of which each may lack; one, where there are none."""
    return prod(many[row] + 1 for row in members)


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
    """What is looked for of a cell: in the column of its filter, in its panes, among `n` values the ranks `of_all`."""

    cell: Cell
    column: int
    panes: range
    n: int = 0
    ranks: list[_Rank] = field(default_factory=list)
    of_all: list[int] = field(default_factory=list)

    def among(self, before: Mapping[int, Sequence[int]]) -> int:
        """How many are in its panes and its column, of which so many are before each pane."""
        counts = before[self.column]
        return counts[self.panes.stop] - counts[self.panes.start] if self.panes else 0

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
        self.of_all = [rank.left for rank in self.ranks]

    def state(self) -> Sequence[Any]:
        """As a query of all values would have had it."""
        values = [rank.value for rank in self.ranks]
        if self.cell.function == "ranks":
            return values, self.of_all[0] if self.of_all else 1, self.n
        return *values, *[None] * (2 - len(values)), self.n


def _looking(targets: Iterable[_Target]) -> list[tuple[_Target, _Rank]]:
    return [(target, rank) for target in targets for rank in target.ranks if not rank.found]


Way = tuple[int, ...]
"""Which of the dimensions that are counted by a cell asks about, by their places."""


@dataclass(frozen=True, slots=True)
class _Counting:
    """Quantiles of one expression, under some filters, of the members of all dimensions that any cell asks about."""

    run: Run
    source: SourceModel
    about: q.About
    bins: q.Bins

    def answers(self, cells: Sequence[Cell]) -> dict[Cell, Answer]:
        places = {edge: place for place, edge in enumerate(self.about.edges)}
        columns = {where: place for place, where in enumerate(self.about.filters, _FIRST_COUNT)}
        panes = {cell: panes_inside(cell, places) for cell in cells}
        ways: dict[Way, list[Cell]] = {}
        for cell in cells:
            ways.setdefault(tuple(map(self.about.members.index, cell.members)), []).append(cell)
        asked = [q.counted(self.rows(), self.about, q.Part(self.bins), 1)]
        found = {member: list(rows) for member, rows in self.by_member(asked[0])}
        answers = {cell: self.run.blank(cell) for cell in cells}
        sought: dict[tuple[Way, Key], list[_Target]] = {}
        for way, some in ways.items():
            for key, rows in self.along(found, way).items():
                targets = [_Target(cell, columns[cell.where], panes[cell]) for cell in some]
                known = [row for row in rows if row[0] is not None]
                there, valued = self.before(rows, targets), self.before(known, targets)
                for target in targets:
                    target.look_for(target.among(valued))
                    if key and target.among(there):
                        answers[target.cell].seen.add(key)
                pass_by(known, _looking(targets), lambda _: 0)
                sought[way, key] = targets
        finer = 1
        for cuts in range(MOST_CUTS + 1):
            wanted = {at: {rank.number for _, rank in _looking(targets)} for at, targets in sought.items()}
            left: list[Counts] = []
            for member, rows in found.items():
                numbers = set[int]().union(*(wanted[way, _along(member, way)] for way in ways))
                left.extend(row for row in rows if row[0] in numbers)
            if not left:
                break
            hashes = tuple({row[-1] for row in left}) if self.about.members else ()
            part = q.Part(self.bins, finer, tuple(sorted({row[0] for row in left})), hashes)
            bin_of: Callable[[Counts], int]
            if cuts == MOST_CUTS or sum(row[_ALL] for row in left) <= LEFT:
                asked.append(q.values(self.rows(), self.about, part))
                bin_of = itemgetter(-1)
            else:
                step = _pieces(self.about, len(hashes) or len(part.numbers))
                finer *= step
                asked.append(q.counted(self.rows(), self.about, part, finer))
                bin_of = lambda row, step=step: row[0] // step  # type: ignore[misc]  # noqa: E731
            found = {member: list(rows) for member, rows in self.by_member(asked[-1])}
            for way in ways:
                for key, rows in self.along(found, way).items():
                    pass_by(rows, _looking(sought[way, key]), bin_of)
        assert not any(map(_looking, sought.values()))
        if self.run.explain:
            sql = ";\n".join(map(self.run.said, asked))
            for answer in answers.values():
                answer.sql = sql
        for (_, key), targets in sought.items():
            for target in targets:
                if not is_empty(state := target.state()):
                    answers[target.cell].parts[key] = self.run.finished(target.cell, state, None)
        return answers

    def before(self, rows: Sequence[Counts], targets: Iterable[_Target]) -> dict[int, list[int]]:
        """How many rows of each column of the targets are before each pane, and before the end."""
        found: dict[int, list[int]] = {}
        for column in {target.column for target in targets}:
            counts = [0] * (len(self.about.edges) - 1)
            for row in rows:
                counts[row[1]] += row[column]
            found[column] = list(accumulate(counts, initial=0))
        return found

    def rows(self) -> RowsOf:
        return self.run.rows(self.source)

    def by_member(self, query: Any) -> Iterator[tuple[Key, Iterator[Counts]]]:
        """The rows of a query, member after member, in the order of bins (or values), then panes."""
        first = _FIRST_COUNT + len(self.about.filters)
        end = first + len(self.about.members)
        order = (*range(first, end), 0, 1)
        for member, rows in groupby(self.run.stream(query, self.source.name, order), itemgetter(slice(first, end))):
            yield tuple(map(plain, member)), rows

    def along(self, found: Mapping[Key, list[Counts]], way: Way) -> Mapping[Key, list[Counts]]:
        """The rows of the members of some dimensions, whatever the others are; in the same order."""
        all_of_them = tuple(range(len(self.about.members)))
        if way == all_of_them:
            return found
        if tuple(sorted(way)) == all_of_them:  # in another order; two dimensions that are one column are one here
            return {_along(key, way): rows for key, rows in found.items()}
        added: dict[Key, dict[tuple[Any, int], list[Any]]] = {}
        first = _FIRST_COUNT - 1
        counted = range(first, _FIRST_COUNT + len(self.about.filters))
        for member, rows in found.items():
            same = added.setdefault(_along(member, way), {})
            for row in rows:
                one = same.get((row[0], row[1]))
                if one is None:
                    same[row[0], row[1]] = list(row)
                    continue
                if row[0] is not None:
                    one[2], one[3] = min(one[2], row[2]), max(one[3], row[3])
                for place in counted:
                    one[place] += row[place]
        return {key: sorted(same.values(), key=_place) for key, same in added.items()}


def _place(row: Counts) -> tuple[bool, Any, int]:
    """The bin, or value, and the pane of a row; rows without a value come last."""
    return (row[0] is None, row[0] if row[0] is not None else 0, row[1])


def _along(member: Key, way: Way) -> Key:
    return tuple([member[place] for place in way])


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
