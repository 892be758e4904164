"""The queries that fill kept state: rows grouped by file as well as by pane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from fractions import Fraction

from kpidsl.plan.nodes import Cell
from kpidsl.semantic.rows import Row
from kpidsl.semantic.types import DataType
from kpidsl.sql import exp
from kpidsl.sql.aggregates import Scale, count_kept, states
from kpidsl.sql.panes import MOST_CASES, in_panes
from kpidsl.sql.queries import Edges, filters
from kpidsl.sql.row_sql import number
from kpidsl.sql.source_rows import RowsOf, column_of
from kpidsl.sql.times import as_instant, cast, function, micros, threshold

_DAY = timedelta(days=1)
_MICRO = timedelta(microseconds=1)


def days(rows: RowsOf, time: Row) -> exp.Select:
    """The first and the last civil day on which rows are."""
    day = rows.column(rows.sql.day(time))
    return exp.select(function("min", day), function("max", day), copy=False).from_(
        rows.select().subquery("r", copy=False), copy=False
    )


def panes_by_file(
    rows: RowsOf, time: Row, file: str, edges: Edges, members: Sequence[Row], cells: Sequence[Cell],
    scales: Mapping[Row, Scale], most: int, *, daily: bool,
) -> exp.Select:  # fmt: skip
    """One scan: file, pane, members, the states of the cells and, where there are members, how many rows each filter
    keeps; `most` rows at most. `daily`: the edges are days.
    """
    place = rows.column(column_of("t", file))
    keys = [rows.member(row) for row in members]
    wanted = [state for cell in cells for state in states(cell, rows.operands(cell, scales))]
    if members:
        wanted.extend(count_kept(rows.keep(where)) for where in filters(cells))
    query, pane = (in_days if daily else in_panes)(rows, time, edges)
    query = query.select(place, pane, *keys, *wanted, copy=False)
    return query.group_by(place.copy(), pane.copy(), *(key.copy() for key in keys), copy=False).limit(most)


def groups_of_first(
    rows: RowsOf, time: Row, file: str, edges: Edges, members: Sequence[Row], first: int
) -> exp.Select:  # fmt: skip
    """How many groups by file, day and members the first rows make, whichever these are."""
    place = rows.column(column_of("t", file))
    keys = [rows.member(row) for row in members]
    query, day = in_days(rows, time, edges, first)
    query = query.select(exp.alias_(exp.Literal.number(1), "one"), copy=False)
    query = query.group_by(place, day, *keys, copy=False)
    return exp.select(exp.Count(this=exp.Star())).from_(query.subquery("g"))


def extent_by_file(rows: RowsOf, time: Row, file: str, edges: Edges, *, daily: bool) -> exp.Select:
    """File, pane, and the least and greatest time there, as microseconds since 1970."""
    place = rows.column(column_of("t", file))
    moment, zone = rows.row(time), rows.sql.zone(time)
    query, pane = (in_days if daily else in_panes)(rows, time, edges)

    def micros(value: exp.Expr) -> exp.Expr:
        return function("epoch_us", as_instant(value, time.type, zone, rows.calendar))

    query = query.select(place, pane, micros(function("min", moment)), micros(function("max", moment)), copy=False)
    return query.group_by(place.copy(), pane.copy(), copy=False)


def in_days(
    rows: RowsOf, time: Row, edges: Edges, most: int | None = None
) -> tuple[exp.Select, exp.Expr]:  # fmt: skip
    """As `in_panes`, for edges that are days: where days have one length, which pane a time is in is a division, which
    costs a quarter of a sorted join. `most`: of so many rows alone, where that can be had.
    """
    zone = rows.sql.zone(time)
    runs: list[int] = []
    moments: list[int] = []
    for place, edge in enumerate(edges[:-1]):
        assert edge is not None
        moments.append(micros(threshold(time.type, zone, edge, rows.calendar)))
        if not place or moments[place] - moments[place - 1] != _DAY // _MICRO:
            runs.append(place)
    if len(runs) > MOST_CASES:
        return in_panes(rows, time, edges)
    first, last = edges[0], edges[-1]
    assert first is not None and last is not None
    rows.conditions += [rows.sql.at_or_after(time, first), exp.not_(rows.sql.at_or_after(time, last))]
    value = rows.sql.sql(time)
    at = function("epoch_us", cast(value, "TIMESTAMP") if time.type is DataType.DATE else value)

    def pane(low: int, high: int) -> exp.Expr:
        if high - low == 1:
            since = exp.paren(exp.Sub(this=at.copy(), expression=_whole(moments[runs[low]])))
            whole_days = exp.IntDiv(this=since, expression=_whole(_DAY // _MICRO))
            return exp.Add(this=number(Fraction(runs[low])), expression=whole_days)
        middle = (low + high) // 2
        edge = edges[runs[middle]]
        assert edge is not None
        later = rows.sql.at_or_after(time, edge)
        return exp.Case().when(later, pane(middle, high), copy=False).else_(pane(low, middle), copy=False)

    found = rows.column(pane(0, len(runs)))
    some = rows.select() if most is None else rows.select().limit(most, copy=False)
    return exp.select().from_(some.subquery("r", copy=False), copy=False), found


def _whole(value: int) -> exp.Expr:
    return cast(exp.Literal.string(str(value)), "BIGINT")
