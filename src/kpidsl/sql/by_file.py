"""The queries that fill kept state: rows grouped by file as well as by pane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from kpidsl.plan.nodes import Cell
from kpidsl.semantic.rows import Row
from kpidsl.sql.aggregates import Scale, count_kept, states
from kpidsl.sql.panes import in_panes
from kpidsl.sql.queries import Edges, filters
from kpidsl.sql.source_rows import RowsOf, column_of
from kpidsl.sql.times import as_instant, function


def days(rows: RowsOf, time: Row, most: int) -> exp.Select:
    """The civil days on which rows are, `most` at most."""
    query = exp.select(rows.column(rows.sql.day(time))).distinct().from_(rows.select().subquery("r"))
    return query.limit(most)


def panes_by_file(
    rows: RowsOf, time: Row, file: str, edges: Edges, members: Sequence[Row], cells: Sequence[Cell],
    scales: Mapping[Row, Scale], most: int,
) -> exp.Select:  # fmt: skip
    """One scan: file, pane, members, the states of the cells and, where there are members, how many rows each filter
    keeps; `most` rows at most.
    """
    place = rows.column(column_of("t", file))
    keys = [rows.member(row) for row in members]
    wanted = [state for cell in cells for state in states(cell, rows.operands(cell, scales))]
    if members:
        wanted.extend(count_kept(rows.keep(where)) for where in filters(cells))
    query, pane = in_panes(rows, time, edges)
    query = query.select(place, pane, *keys, *wanted)
    return query.group_by(place.copy(), pane.copy(), *(key.copy() for key in keys)).limit(most)


def extent_by_file(rows: RowsOf, time: Row, file: str, edges: Edges) -> exp.Select:
    """File, pane, and the least and greatest time there, as microseconds since 1970."""
    place = rows.column(column_of("t", file))
    moment, zone = rows.row(time), rows.sql.zone(time)
    query, pane = in_panes(rows, time, edges)

    def micros(value: exp.Expr) -> exp.Expr:
        return function("epoch_us", as_instant(value, time.type, zone, rows.calendar))

    query = query.select(place, pane, micros(function("min", moment)), micros(function("max", moment)))
    return query.group_by(place.copy(), pane.copy())
