"""Rows and the panes they are in: the elementary spans between the window edges of one source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from fractions import Fraction

from kpidsl.semantic.rows import Row
from kpidsl.sql import exp
from kpidsl.sql.row_sql import number
from kpidsl.sql.source_rows import RowsOf
from kpidsl.sql.times import cast, function, listed, threshold

MOST_CASES = 64
"""More edges than this are met by a sorted join: measured, a CASE of 64 halvings costs as much."""


def narrow(rows: RowsOf, time: Row, edges: tuple[datetime | None, ...]) -> None:
    """Leave out the rows before the first of some edges (None is before all time), and from the last one on."""
    first, *_, last = edges
    assert last is not None
    if first is not None:
        rows.conditions.append(rows.sql.at_or_after(time, first))
    rows.conditions.append(exp.not_(rows.sql.at_or_after(time, last)))


def in_panes(rows: RowsOf, time: Row, edges: tuple[datetime | None, ...]) -> tuple[exp.Select, exp.Expr]:
    """A query without columns over the rows between the first edge and the last, and the pane each is in.

    An edge of None (only the first) is before all time; panes count from 0.
    """
    narrow(rows, time, edges)
    if len(edges) <= MOST_CASES:
        pane = rows.column(pane_case(edges, lambda edge: rows.sql.at_or_after(time, edge), 0, len(edges) - 1))
        return exp.select().from_(rows.select().subquery("r", copy=False), copy=False), pane
    column = rows.row(time)
    starts: dict[date | datetime | None, int] = {}
    for place, edge in enumerate(edges[:-1]):
        # Two instants may be one civil time, when clocks go back: no row is between them.
        starts[threshold(time.type, rows.sql.zone(time), edge, rows.calendar) if edge is not None else None] = place
    lists = exp.select(
        exp.alias_(function("unnest", listed(tuple(starts))), "edge"),
        exp.alias_(function("unnest", integers(tuple(starts.values()))), "pane"),
        copy=False,
    ).subquery("e", copy=False)
    on = exp.GTE(this=column, expression=exp.column("edge", table="e"))
    query = (
        exp.select()
        .from_(rows.select().subquery("r", copy=False), copy=False)
        .join(lists, on=on, join_type="asof", copy=False)
    )
    return query, exp.column("pane", table="e")


def integers(values: Sequence[int]) -> exp.Expr:
    """Whole numbers as a list, from one text."""
    return cast(exp.Literal.string(f"[{', '.join(map(str, values))}]"), "INTEGER[]")


def pane_case(
    edges: tuple[datetime | None, ...], is_after: Callable[[datetime], exp.Expr], low: int, high: int
) -> exp.Expr:
    """The number of the pane a time is in, by halves: edges `low` to `high` are still open."""
    if high - low <= 1:
        return number(Fraction(low))
    middle = (low + high) // 2
    edge = edges[middle]
    assert edge is not None
    return (
        exp.Case()
        .when(is_after(edge), pane_case(edges, is_after, middle, high), copy=False)
        .else_(pane_case(edges, is_after, low, middle), copy=False)
    )
