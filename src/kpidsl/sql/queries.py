"""The queries of a run: panes of a source, windows where panes cannot be merged, and what is learned before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from kpidsl.calendar import Calendar
from kpidsl.plan.nodes import Cell
from kpidsl.semantic.model import JoinModel, SourceModel
from kpidsl.semantic.rows import Row
from kpidsl.semantic.types import DataType
from kpidsl.sql import exp
from kpidsl.sql.aggregates import Scale, count_kept, states
from kpidsl.sql.panes import in_panes, integers
from kpidsl.sql.source_rows import KeyPair, RowsOf, column_of, table
from kpidsl.sql.times import as_instant, cast, function
from kpidsl.sql.written import written

Edges: TypeAlias = tuple[datetime | None, ...]
"""Window edges in order; a first one of None is before all time."""


def filters(cells: Sequence[Cell]) -> tuple[tuple[Row, ...], ...]:
    """The distinct filters of some cells, in order."""
    return tuple(dict.fromkeys(cell.where for cell in cells))


def wanted_of(
    rows: RowsOf, members: Sequence[Row], cells: Sequence[Cell], scales: Mapping[Row, Scale]
) -> tuple[list[exp.Expr], list[exp.Expr]]:
    """The members; and the states of every cell in turn with, where there are members, how many rows each filter
    keeps: a member is there as soon as one row is, whatever can be computed of it.
    """
    keys = [rows.member(row) for row in members]
    wanted = [state for cell in cells for state in states(cell, rows.operands(cell, scales))]
    if members:
        wanted.extend(count_kept(rows.keep(where)) for where in filters(cells))
    return keys, wanted


def panes(
    rows: RowsOf, time: Row, edges: Edges, members: Sequence[Row], cells: Sequence[Cell],
    scales: Mapping[Row, Scale],
) -> exp.Select:  # fmt: skip
    """One scan, grouped by pane and members: the pane, and what is wanted of it."""
    keys, wanted = wanted_of(rows, members, cells, scales)
    query, pane = in_panes(rows, time, edges)
    return query.select(pane, *keys, *wanted, copy=False).group_by(
        pane.copy(), *(key.copy() for key in keys), copy=False
    )


def windows(
    rows: RowsOf, time: Row, edges: Edges, inside: Sequence[tuple[int, int]], members: Sequence[Row],
    cells: Sequence[Cell], scales: Mapping[Row, Scale],
) -> exp.Select:  # fmt: skip
    """Rows grouped by window: for what cannot be merged from panes.

    `inside` pairs panes with the windows they are in. A filter that all cells share decides which rows are read.
    """
    if len(shared := filters(cells)) == 1:
        rows.conditions.extend(rows.sql.sql(row) for row in shared[0])
        cells = [replace(cell, where=()) for cell in cells]
    keys, wanted = wanted_of(rows, members, cells, scales)
    query, window = in_windows(rows, time, edges, inside)
    return query.select(window, *keys, *wanted, copy=False).group_by(
        window.copy(), *(key.copy() for key in keys), copy=False
    )


def in_windows(rows: RowsOf, time: Row, edges: Edges, inside: Sequence[tuple[int, int]]) -> tuple[exp.Select, exp.Expr]:
    """A query without columns, in which each row stands once for each window that it is in; and the window."""
    query, pane = in_panes(rows, time, edges)
    pairs = exp.select(
        exp.alias_(function("unnest", integers([p for p, _ in inside])), "p"),
        exp.alias_(function("unnest", integers([w for _, w in inside])), "w"),
        copy=False,
    ).subquery("v", copy=False)
    query = query.join(pairs, on=exp.EQ(this=exp.column("p", table="v"), expression=pane.copy()), copy=False)
    return query, exp.column("w", table="v")


def extent(rows: RowsOf, time: Row, edges: Edges) -> exp.Select:
    """The least and greatest time in each pane, as microseconds since 1970: pane, least, greatest."""
    moment = rows.row(time)
    query, pane = in_panes(rows, time, edges)
    both = [_micros(rows, time, function(name, moment)) for name in ("min", "max")]
    return query.select(pane, *both, copy=False).group_by(pane.copy(), copy=False)


def newest(rows: RowsOf, time: Row, before: datetime) -> exp.Select:
    """The least and greatest time before an instant, as microseconds since 1970: where a file's statistics tell, it is
    not read.
    """
    rows.conditions.append(exp.not_(rows.sql.at_or_after(time, before)))
    moment = rows.row(time)
    edges = [_micros(rows, time, function(name, moment)) for name in ("min", "max")]
    return exp.select(*edges, copy=False).from_(rows.select().subquery("r", copy=False), copy=False)


def newest_within(rows: RowsOf, time: Row, spans: Sequence[tuple[datetime, datetime]]) -> exp.Select:
    """The greatest time of each span of time (from, up to), as microseconds since 1970, all in one row: where a file's
    statistics tell that times are in none of them, they are not read.
    """
    inside = [
        exp.and_(rows.sql.at_or_after(time, since), exp.not_(rows.sql.at_or_after(time, before)))
        for since, before in spans
    ]
    moment = rows.sql.sql(time)
    rows.conditions.append(exp.or_(*inside))
    found = [rows.column(exp.Case().when(one, moment)) if len(spans) > 1 else rows.column(moment) for one in inside]
    greatest = [_micros(rows, time, function("max", one)) for one in found]
    return exp.select(*greatest, copy=False).from_(rows.select().subquery("r", copy=False), copy=False)


def _micros(rows: RowsOf, time: Row, value: exp.Expr) -> exp.Expr:
    return function("epoch_us", as_instant(value, time.type, rows.sql.zone(time), rows.calendar))


def spread(rows: RowsOf, wanted: Sequence[Row], first: int | None = None) -> exp.Select:
    """How many rows there are; then the least and greatest value of each expression, of floating-point ones those that
    are finite, and the least size of those that are not 0. `first`: of so many rows alone.
    """
    columns: list[exp.Expr] = []
    for row in wanted:
        value = rows.argument(row)
        least: exp.Expr = exp.null()
        if row.type is DataType.FLOAT:
            nonzero = exp.NEQ(this=value.copy(), expression=exp.Literal.number(0))
            least = function("min", exp.Case().when(nonzero, function("abs", value), copy=False))
            value = exp.Case().when(function("isfinite", value), value, copy=False)
        columns.extend((function("min", value), function("max", value), least))
    query = rows.select() if first is None else rows.select().limit(first, copy=False)
    return exp.select(exp.Count(this=exp.Star()), *columns, copy=False).from_(
        query.subquery("r", copy=False), copy=False
    )


def key_columns(columns: Sequence[str]) -> tuple[exp.Expr, ...]:
    """The columns of a key, of which the rows are `t`."""
    return tuple([column_of("t", name) for name in columns])


def compared_keys(
    source: SourceModel, other: SourceModel, join: JoinModel, calendar: Calendar
) -> tuple[exp.Expr, ...]:  # fmt: skip
    """The key of a joined source as it is compared with the one that joins it."""
    pairs = [KeyPair.of(source, left, other, right) for left, right in join.keys]
    return tuple([
        pair.right(column_of("t", name), calendar) for pair, (_, name) in zip(pairs, join.keys, strict=True)
    ])  # fmt: skip


def repeated(name: str, keys: Sequence[exp.Expr], most: int) -> exp.Select:
    """Keys that stand in more than one row, with how often."""
    present = [exp.not_(exp.Is(this=key.copy(), expression=exp.null())) for key in keys]
    texts = [cast(key.copy(), "VARCHAR") for key in keys]
    query = (
        exp.select(*texts, exp.Count(this=exp.Star()), copy=False)
        .from_(table(name, "t"), copy=False)
        .where(*present, copy=False)
    )
    query = query.group_by(*(key.copy() for key in keys), copy=False)
    having = exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1))
    return query.having(having, copy=False).order_by(*(key.copy() for key in keys)).limit(most)


def distinct(name: str, column: str) -> exp.Select:
    """The distinct values of a column."""
    return exp.select(column_of("t", column), copy=False).distinct().from_(table(name, "t"), copy=False)


def columns_of(name: str, columns: Sequence[str]) -> exp.Select:
    """Some columns of all rows, in their order."""
    return exp.select(*(column_of("t", column) for column in columns), copy=False).from_(table(name, "t"), copy=False)


def in_order(query: exp.Select, places: Sequence[int]) -> exp.Select:
    """A query whose rows are sorted by the columns at these places, counted from 0."""
    return query.order_by(*(exp.Literal.number(place + 1) for place in places))


def relations(query: exp.Expr) -> tuple[str, ...]:
    """The relations that a query reads, each once, in order; parts of the query itself are none."""
    return tuple(dict.fromkeys(table.name for table in query.find_all(exp.Table)))


def text(query: exp.Expr, *, pretty: bool = False) -> str:
    """The SQL of a query in DuckDB's dialect."""
    if not pretty:
        return written(query)
    from kpidsl.sql.glot import as_sqlglot, text_of

    return text_of(as_sqlglot(query), pretty=True)
