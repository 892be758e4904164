"""Order statistics by counting: how many values are where, then only the values around those that are looked for.

A number is placed between the least and the greatest by `(x − low) · scale`, which never falls as the number grows,
however it is rounded; the whole part of that is the number of its bin. Finer bins multiply by a power of two, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.rows import Row
from kpidsl.semantic.types import DataType
from kpidsl.sql import exp
from kpidsl.sql.aggregates import count_kept, ranks_below, ranks_near
from kpidsl.sql.panes import in_panes
from kpidsl.sql.queries import Edges, in_windows
from kpidsl.sql.row_sql import number
from kpidsl.sql.source_rows import RowsOf
from kpidsl.sql.times import cast, function

Filter = tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Bins:
    """Numbers from `low` on in `count` bins; what is infinite is in a bin before the first or after the last."""

    low: float
    scale: float
    count: int

    def of(self, x: exp.Expr, finer: int) -> exp.Expr:
        """The number of the bin that a number is in, where each is cut in so many (a power of two)."""
        away = exp.Sub(this=cast(x.copy(), "DOUBLE"), expression=_double(self.low))
        place = exp.Mul(this=exp.paren(away), expression=_double(self.scale))
        inside = function("least", function("greatest", place, _double(-1.0)), _double(self.count + 1.0))
        return cast(function("floor", exp.Mul(this=inside, expression=_double(float(finer)))), "BIGINT")


@dataclass(frozen=True, slots=True)
class Part:
    """The values inside some of the bins, where each is cut in `finer`; all values where no `numbers` are given. Of
    which members' values each is wanted the `hashes` of both tell.
    """

    bins: Bins
    finer: int = 1
    numbers: tuple[int, ...] = ()
    hashes: tuple[int, ...] = ()

    def holds(self, x: exp.Expr, members: Sequence[exp.Expr]) -> list[exp.Expr]:
        if members and not self.hashes:
            return []  # a member is there where a row is, whether or not it has a value
        found = [_is_there(x)]
        place = self.bins.of(x, self.finer)
        if self.hashes:  # they are of the bins, too; two lists to look in take longer than one
            hashes = [cast(exp.Literal.number(one), "UBIGINT") for one in self.hashes]
            found.append(exp.In(this=_hash(place, members), expressions=hashes))
        elif self.numbers:
            numbers = [number(Fraction(one)) for one in self.numbers]
            found.append(exp.In(this=place, expressions=numbers))
        return found


@dataclass(frozen=True, slots=True)
class About:
    """What is counted: an expression, in panes, by members, under filters."""

    time: Row
    edges: Edges
    argument: Row
    filters: tuple[Filter, ...]
    members: tuple[Row, ...]


def sizes(
    rows: RowsOf, time: Row, edges: Edges, wanted: Sequence[Row], members: Sequence[Row]
) -> exp.Select:  # fmt: skip
    """One row: of each expression, how many values it has between the first edge and the last, and the least and the
    greatest that is finite; then about how many members each dimension has.
    """
    columns: list[exp.Expr] = []
    for row in wanted:
        x = rows.argument(row)
        finite = x
        if row.type is DataType.FLOAT:
            finite = exp.Case().when(function("isfinite", x), x.copy(), copy=False)
        columns.extend((exp.Count(this=x.copy()), function("min", finite), function("max", finite)))
    columns.extend(function("approx_count_distinct", rows.member(row)) for row in members)
    query, _ = in_panes(rows, time, (edges[0], edges[-1]))
    return query.select(*columns, copy=False)


def counted(rows: RowsOf, about: About, part: Part, finer: int) -> exp.Select:
    """For each bin, where each is cut in `finer`, pane and member: the least and the greatest value, how many there
    are, and how many each filter keeps; then the members, and the hash of them and the bin. Of all values of members,
    also the rows without one, in a bin that is NULL.
    """
    x, counts = _counts(rows, about)
    members = [rows.member(row) for row in about.members]
    place = part.bins.of(x, finer)
    if members and not part.hashes:
        place = exp.Case().when(_is_there(x), place, copy=False)
    last = function("min", _hash(place, members)) if members else exp.null()
    return _grouped(rows, about, part, x, place, counts, members, last)


def values(rows: RowsOf, about: About, part: Part) -> exp.Select:
    """For each value, pane and member: the value twice, how often it is there, and how often each filter keeps it;
    then the members, and its bin.
    """
    x, counts = _counts(rows, about)
    members = [rows.member(row) for row in about.members]
    last = function("min", part.bins.of(x, part.finer))
    return _grouped(rows, about, part, x, x.copy(), counts, members, last)


def _grouped(
    rows: RowsOf, about: About, part: Part, x: exp.Expr, by: exp.Expr, counts: Sequence[exp.Expr],
    members: Sequence[exp.Expr], last: exp.Expr,
) -> exp.Select:  # fmt: skip
    # Where rows are read, not behind it: of those that are left out, no filter is computed.
    rows.conditions.extend(part.holds(rows.under(x), list(map(rows.under, members))))
    query, pane = in_panes(rows, about.time, about.edges)
    keys = [exp.alias_(by, "b"), exp.alias_(pane, "p")]
    keyed = [exp.alias_(one.copy(), f"k{place}") for place, one in enumerate(members)]
    query = query.select(*keys, function("min", x), function("max", x), *counts, *keyed, last, copy=False)
    first = 6 + len(about.filters)
    grouped = [exp.Literal.number(place) for place in (1, 2, *range(first, first + len(members)))]
    return query.group_by(*grouped, copy=False)


def _is_there(x: exp.Expr) -> exp.Expr:
    return exp.not_(exp.Is(this=x.copy(), expression=exp.null()))


def _hash(place: exp.Expr, members: Sequence[exp.Expr]) -> exp.Expr:
    return function("hash", place.copy(), *(one.copy() for one in members))


def ranked(rows: RowsOf, time: Row, edges: Edges, inside: Sequence[tuple[int, int]], cell: Cell) -> exp.Select:
    """For each window and member, the order statistics that a cell needs: how many values there are, rank, value.

    Numbering the values sorts them, which DuckDB can do on disk, where it holds lists in memory.
    """
    assert cell.argument is not None
    rows.conditions.extend(rows.sql.sql(row) for row in cell.where)
    x, keys = rows.argument(cell.argument), [rows.member(row) for row in cell.members]
    query, window = in_windows(rows, time, edges, inside)
    group = [window, *keys]
    rank = exp.Window(
        this=exp.RowNumber(), partition_by=group, order=exp.Order(expressions=[exp.Ordered(this=x.copy())])
    )
    length = exp.Window(this=exp.Count(this=exp.Star()), partition_by=group)
    names = ["w", *(f"k{place}" for place in range(len(keys)))]
    columns = zip((*group, length, rank, x), (*names, "n", "i", "x"), strict=True)
    query = query.select(*(exp.alias_(one.copy(), name) for one, name in columns), copy=False)
    query = query.where(exp.not_(exp.Is(this=x.copy(), expression=exp.null())), copy=False)
    n, i = exp.column("n"), exp.column("i")
    if cell.function == "ranks":
        first, last = ranks_near(cell, n)
    else:
        below = exp.paren(ranks_below(n, cell.level if cell.level is not None else Fraction(1, 2)))
        first, last = (exp.Add(this=below, expression=exp.Literal.number(place)) for place in (1, 2))
    near = [exp.GTE(this=i, expression=first), exp.LTE(this=i.copy(), expression=last)]
    return exp.select(*names, "n", "i", "x", copy=False).from_(query.subquery("o", copy=False), copy=False).where(*near)


def _counts(rows: RowsOf, about: About) -> tuple[exp.Expr, list[exp.Expr]]:
    """What is counted, and the counts: of all, and by each filter. One that is shared decides which rows are read."""
    x = rows.argument(about.argument)
    if len(about.filters) == 1:
        rows.conditions.extend(rows.sql.sql(row) for row in about.filters[0])
        return x, [count_kept(None), count_kept(None)]
    return x, [count_kept(None), *(count_kept(rows.keep(where)) for where in about.filters)]


def _double(value: float) -> exp.Expr:
    return cast(exp.Literal.string(repr(value)), "DOUBLE")
