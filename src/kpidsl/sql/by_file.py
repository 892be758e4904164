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
from kpidsl.sql.shared_scan import File, Filter, Scan, answers, wanted_of
from kpidsl.sql.source_rows import RowsOf, column_of
from kpidsl.sql.times import as_instant, cast, function, micros, threshold

ANSWERS = "kpidsl_answers"
"""What the answers of a scan are called in the queries that bring them here."""
WHOLE = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
)
_FILTER, _PLACE = "k", "i"
_DAY = timedelta(days=1)
_MICRO = timedelta(microseconds=1)


def days(rows: RowsOf, time: Row) -> exp.Select:
    """The first and the last civil day on which rows are."""
    day = rows.column(rows.sql.day(time))
    return exp.select(function("min", day), function("max", day), copy=False).from_(
        rows.select().subquery("r", copy=False), copy=False
    )


def panes_by_file(
    rows: RowsOf, time: Row, file: File, edges: Edges, members: Sequence[Row], cells: Sequence[Cell],
    scales: Mapping[Row, Scale], most: int, *, daily: bool, extent_too: bool = False,
) -> exp.Select:  # fmt: skip
    """One scan, named as `named_answers` has it, of one filter that keeps all: the states of the cells and, where there
    are members, how many rows each of their filters keeps; `most` rows at most. `daily`: the edges are days. With
    `extent_too`, the least and greatest time last.
    """
    name = rows.column(column_of("t", file.name))
    number_of = rows.column(column_of("t", file.number)) if file.number is not None else name
    keys = [rows.member(row) for row in members]
    wanted = [state for cell in cells for state in states(cell, rows.operands(cell, scales))]
    if members:
        wanted.extend(count_kept(rows.keep(where)) for where in filters(cells))
    if extent_too:
        wanted.extend(extent(rows, time))
    query, pane = (in_days if daily else in_panes)(rows, time, edges)
    named = [exp.Literal.number(0), pane, name if file.number is None else function("first", name), *keys]
    query = query.select(*_named([*named, *wanted], len(members)), copy=False)
    return query.group_by(number_of, pane, *keys, copy=False).limit(most)


def groups_of_first(
    rows: RowsOf, time: Row, file: str, edges: Edges, members: Sequence[Row], first: int
) -> exp.Select:  # fmt: skip
    """How many groups by file, day and members the first rows make, whichever these are, and of how many files."""
    place = rows.column(column_of("t", file))
    keys = [rows.member(row) for row in members]
    query, day = in_days(rows, time, edges, first)
    query = query.select(exp.alias_(place, "f"), copy=False)
    query = query.group_by(place, day, *keys, copy=False)
    files = exp.Count(this=exp.Distinct(expressions=[exp.column("f")]))
    return exp.select(exp.Count(this=exp.Star()), files).from_(query.subquery("g"))


def extent(rows: RowsOf, time: Row) -> tuple[exp.Expr, exp.Expr]:
    """The least and greatest time of a group of rows, as microseconds since 1970."""
    moment, zone = rows.row(time), rows.sql.zone(time)

    def micros(value: exp.Expr) -> exp.Expr:
        return function("epoch_us", as_instant(value, time.type, zone, rows.calendar))

    return micros(function("min", moment)), micros(function("max", moment))


def named_answers(
    found: Scan, members: Sequence[Row], filters: Sequence[Filter], cells: Sequence[int]
) -> exp.Select:  # fmt: skip
    """`sql.shared_scan.answers` with names: filter, pane, file and members, then the states."""
    query = answers(found, members, filters, wanted_of(found, cells))
    query.args["expressions"] = _named(query.expressions, len(members))
    return query


def places_of_answers(members: int) -> exp.Select:
    """Number, pane, file and members of what a filter that keeps all, the first one, has rows for."""
    keys = [exp.column(name) for name in _keys(members)]
    return (
        exp.select(exp.column(_PLACE), *keys)
        .from_(_numbered(members, ()), copy=False)
        .where(exp.EQ(this=exp.column(_FILTER), expression=exp.Literal.number(0)), copy=False)
    )


def columns_of_answers(members: int, types: Mapping[int, str]) -> exp.Select:
    """A row for each filter: the numbers of its places, and some states there, as lists in their order. `types` are
    those of the states by their numbers; whole numbers and decimals are lists as text, of the digits alone.
    """
    states = [exp.column(f"s{place}") for place in types]
    by_place = [exp.Ordered(this=exp.column(_PLACE))]

    def listed(value: exp.Expr) -> exp.Expr:
        return function("list", exp.Order(this=value, expressions=by_place))

    def column(value: exp.Expr, sql_type: str) -> exp.Expr:
        if sql_type.startswith("DECIMAL("):
            digits = function("replace", cast(value, "VARCHAR"), exp.Literal.string("."), exp.Literal.string(""))
            value = cast(digits, "HUGEINT")
        return cast(listed(value), "VARCHAR") if is_digits(sql_type) else listed(value)

    wanted = [column(exp.column(_PLACE), "BIGINT"), *map(column, states, types.values())]
    query = exp.select(exp.column(_FILTER), *wanted).from_(_numbered(members, states), copy=False)
    return query.group_by(exp.column(_FILTER), copy=False)


def is_digits(sql_type: str) -> bool:
    """Whether values are numbers of digits and a sign, or lists of such."""
    return (sql_type.startswith("DECIMAL(") and not sql_type.endswith("]")) or sql_type.removesuffix("[]") in WHOLE


def _named(columns: Sequence[exp.Expr], members: int) -> list[exp.Expr]:
    keys = [_FILTER, *_keys(members)]
    states = (f"s{place}" for place in range(len(columns) - len(keys)))
    return [exp.alias_(one, name) for one, name in zip(columns, (*keys, *states), strict=True)]


def _numbered(members: int, states: Sequence[exp.Expr]) -> exp.Expr:
    """The answers, their places numbered from 0."""
    keys = [exp.column(name) for name in _keys(members)]
    order = exp.Order(expressions=[exp.Ordered(this=key) for key in keys])
    rank = exp.Window(this=function("dense_rank"), order=order)
    number_of = exp.alias_(exp.Sub(this=rank, expression=exp.Literal.number(1)), _PLACE)
    query = exp.select(exp.column(_FILTER), *keys, number_of, *states, copy=False)
    return query.from_(exp.to_table(ANSWERS), copy=False).subquery("a", copy=False)


def _keys(members: int) -> list[str]:
    return ["p", "f", *(f"m{place}" for place in range(members))]


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
