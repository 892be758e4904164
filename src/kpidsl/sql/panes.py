"""Rows and the panes they are in: the elementary spans between the window edges of one source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from itertools import pairwise
from math import gcd

from kpidsl.semantic.rows import Row
from kpidsl.sql import exp
from kpidsl.sql.row_sql import number
from kpidsl.sql.source_rows import RowsOf
from kpidsl.sql.times import bound, cast, day, function, listed, micros, threshold

MOST_CASES = 64
"""More edges than this are met by a join: measured, a CASE of 64 halvings costs as much."""
MOST_STEPS = 200_000
"""Edges that are further apart, counted in their greatest common step, are met by a sorted join, which holds rows."""


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
    starts: dict[date | datetime | None, int] = {}
    for place, edge in enumerate(edges[:-1]):
        # Two instants may be one civil time, when clocks go back: no row is between them.
        starts[threshold(time.type, rows.sql.zone(time), edge, rows.calendar) if edge is not None else None] = place
    steps = _steps(tuple(starts), threshold(time.type, rows.sql.zone(time), _known(edges[-1]), rows.calendar))
    if rows.is_here and steps is not None:
        return _by_steps(rows, rows.sql.sql(time), starts, *steps)
    lists = exp.select(
        exp.alias_(function("unnest", listed(tuple(starts))), "edge"),
        exp.alias_(function("unnest", integers(tuple(starts.values()))), "pane"),
        copy=False,
    ).subquery("e", copy=False)
    on = exp.GTE(this=rows.row(time), expression=exp.column("edge", table="e"))
    query = (
        exp.select()
        .from_(rows.select().subquery("r", copy=False), copy=False)
        .join(lists, on=on, join_type="asof", copy=False)
    )
    return query, exp.column("pane", table="e")


def _known(edge: datetime | None) -> datetime:
    assert edge is not None
    return edge


def _steps(starts: Sequence[date | datetime | None], end: date | datetime) -> tuple[int, int] | None:
    """The longest step, in days or microseconds, that leads from each edge to the next, and how many lead to the end;
    None where these are many.
    """
    at = [_ordinal(one) for one in (*starts, end) if one is not None]
    step = gcd(*(later - earlier for earlier, later in pairwise(at)))
    if step <= 0 or (at[-1] - at[0]) // step > MOST_STEPS:
        return None
    return step, (at[-1] - at[0]) // step


def _by_steps(
    rows: RowsOf, time: exp.Expr, starts: Mapping[date | datetime | None, int], step: int, steps: int
) -> tuple[exp.Select, exp.Expr]:
    """Rows and their panes, by how many steps a time is behind the first edge: a join that holds no rows."""
    first, *_ = (one for one in starts if one is not None)
    begin = _ordinal(first)
    lows = [(_ordinal(one) - begin) // step for one in starts if one is not None]
    if isinstance(first, datetime):
        behind: exp.Expr = exp.Sub(this=function("epoch_us", time), expression=exp.Literal.number(begin))
    else:
        behind = function("date_diff", exp.Literal.string("day"), day(first), time)
    number_of: exp.Expr = exp.paren(exp.IntDiv(this=exp.paren(behind), expression=exp.Literal.number(step)))
    if None in starts:
        is_after = exp.GTE(this=time, expression=bound(first))
        number_of = exp.Case().when(is_after, number_of, copy=False).else_(exp.Literal.number(-1), copy=False)
        lows.insert(0, -1)
    spans = exp.select(
        exp.alias_(function("unnest", integers(lows)), "low"),
        exp.alias_(function("unnest", integers([*lows[1:], steps])), "high"),
        exp.alias_(function("unnest", integers(tuple(starts.values()))), "pane"),
        copy=False,
    ).subquery("s", copy=False)
    every = function("unnest", function("range", exp.column("low"), exp.column("high")))
    lists = exp.select(exp.alias_(every, "step"), exp.column("pane"), copy=False).from_(spans, copy=False)
    on = exp.EQ(this=rows.column(number_of), expression=exp.column("step", table="e"))
    query = (
        exp.select()
        .from_(rows.select().subquery("r", copy=False), copy=False)
        .join(lists.subquery("e", copy=False), on=on, copy=False)
    )
    return query, exp.column("pane", table="e")


def _ordinal(at: date | datetime) -> int:
    """A day, or a microsecond, as a number."""
    return micros(at) if isinstance(at, datetime) else at.toordinal()


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
