"""Stocks in SQL: rows as they stand at many edges, in one query whatever the number of edges.

Edges are numbered in order of time. A row is looked at from the edges it stands at, so that the rows are scanned a
fixed number of times: no query is asked for each edge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import partial

from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.model import HoldsModel
from kpidsl.semantic.rows import Row
from kpidsl.semantic.types import DataType
from kpidsl.sql import exp
from kpidsl.sql.aggregates import Scale
from kpidsl.sql.panes import MOST_CASES, in_panes, integers, pane_case
from kpidsl.sql.queries import Edges, wanted_of
from kpidsl.sql.row_sql import number
from kpidsl.sql.source_rows import RowsOf
from kpidsl.sql.times import at_or_after, cast, function, listed, threshold

_NEXT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Spans:
    """Windows as numbers of their edges: window `i` reaches from edge `low[i]` to edge `high[i]`."""

    low: tuple[int, ...]
    high: tuple[int, ...]


def at_edges(
    rows: RowsOf, time: Row, edges: Edges, spans: Spans, edge: str, per: Sequence[Row], members: Sequence[Row],
    cells: Sequence[Cell], scales: Mapping[Row, Scale],
) -> exp.Select:  # fmt: skip
    """The rows of the newest (`end`) or oldest instant in each window, or of each key's; found before filters and
    members. The first columns are the window, and how many rows there are at all.

    In each pane only its newest instant can be a window's; it is the window's where no later pane up to the window's
    end has rows.
    """
    best = _best(rows, time, edges, spans, edge, per)
    first, last = edges[0], edges[-1]
    assert last is not None
    _between(rows, time, first, last)
    moment, keys = rows.row(time), [rows.row(row) for row in per]
    by, wanted = wanted_of(rows, members, cells, scales)
    on: list[exp.Expr] = [exp.EQ(this=moment.copy(), expression=_column("best", "w"))]
    on.extend(exp.NullSafeEQ(this=key, expression=_column(f"k{place}", "w")) for place, key in enumerate(keys))
    window = _column("w", "w")
    query = exp.select(window, exp.Count(this=exp.Star()), *by, *wanted, copy=False).from_(
        rows.select().subquery("r", copy=False), copy=False
    )
    query = query.join(best.subquery("w", copy=False), on=exp.and_(*on), copy=False)
    return query.group_by(window.copy(), *(key.copy() for key in by), copy=False)


def _best(rows: RowsOf, time: Row, edges: Edges, spans: Spans, edge: str, per: Sequence[Row]) -> exp.Select:
    """For each window, and each key in it, the newest (oldest) instant: `w`, `best`, `k0` …"""
    of_times = RowsOf(rows.source, rows.sources, rows.calendar, rows.tables, is_here=rows.is_here)
    newest = edge == "end"
    moment = function("max" if newest else "min", of_times.row(time))
    keys = [of_times.row(row) for row in per]
    named = [exp.alias_(key, f"k{place}") for place, key in enumerate(keys)]
    query, pane = in_panes(of_times, time, edges)
    query = query.select(exp.alias_(pane, "pane"), exp.alias_(moment, "best"), *named, copy=False)
    query = query.group_by(pane.copy(), *(key.copy() for key in keys), copy=False)
    names = [exp.column(f"k{place}") for place in range(len(keys))]
    beside = exp.Window(
        this=function("lead" if newest else "lag", exp.column("pane")),
        partition_by=[name.copy() for name in names],
        order=exp.Order(expressions=[exp.Ordered(this=exp.column("pane"))]),
    )
    panes = exp.select("pane", "best", *names, exp.alias_(beside, "beside"), copy=False).from_(
        query.subquery("q", copy=False), copy=False
    )
    windows = exp.select(
        exp.alias_(function("unnest", integers(range(len(spans.low)))), "w"),
        exp.alias_(function("unnest", integers(spans.low)), "low"),
        exp.alias_(function("unnest", integers(spans.high)), "high"),
        copy=False,
    )
    # The pane is inside the window, and the next one with rows (the one before, of the oldest) is not.
    on = [
        exp.GTE(this=_column("pane", "p"), expression=_column("low", "v")),
        exp.LT(this=_column("pane", "p"), expression=_column("high", "v")),
        exp.GTE(this=_beside(len(edges)), expression=_column("high", "v"))
        if newest
        else exp.LT(this=_beside(-1), expression=_column("low", "v")),
    ]
    found = exp.select(
        _column("w", "v"), _column("best", "p"), *(_column(name.name, "p") for name in names), copy=False
    )
    return found.from_(panes.subquery("p", copy=False), copy=False).join(
        windows.subquery("v", copy=False), on=exp.and_(*on), copy=False
    )


def _beside(otherwise: int) -> exp.Expr:
    return function("coalesce", _column("beside", "p"), number(Fraction(otherwise)))


def _between(rows: RowsOf, time: Row, first: datetime | None, last: datetime) -> None:
    """Only rows from one edge up to another."""
    if first is not None:
        rows.conditions.append(rows.sql.at_or_after(time, first))
    rows.conditions.append(exp.not_(rows.sql.at_or_after(time, last)))


def _column(name: str, table: str) -> exp.Expr:
    return exp.column(name, table=table)


# ---------------------------------------------------------------- rows that hold
def holding(
    rows: RowsOf, holds: HoldsModel, edge: str, edges: Sequence[datetime], members: Sequence[Row],
    cells: Sequence[Cell], scales: Mapping[Row, Scale],
) -> exp.Select:  # fmt: skip
    """The rows that hold just before each of some instants (`end`), or at them (`start`): the instant's number, how
    many rows there are, and what is wanted. Every row is met by each instant it holds at.
    """
    by, wanted = wanted_of(rows, members, cells, scales)
    place: exp.Expr = number(Fraction(0))
    if len(edges) == 1:
        _held(rows, holds, edge, edges)
        query = exp.select().from_(rows.select().subquery("r", copy=False), copy=False)
        return query.select(place, exp.Count(this=exp.Star()), *by, *wanted, copy=False).group_by(
            *(key.copy() for key in by), copy=False
        )
    query, come, gone = _stays(rows, holds, edge, edges)
    at = exp.select(exp.alias_(function("unnest", integers(range(len(edges)))), "w"), copy=False).subquery(
        "v", copy=False
    )
    place = _column("w", "v")
    on = exp.and_(exp.LTE(this=come, expression=place.copy()), exp.GT(this=gone, expression=place.copy()))
    query = query.join(at, on=on, copy=False).select(place, exp.Count(this=exp.Star()), *by, *wanted, copy=False)
    return query.group_by(place.copy(), *(key.copy() for key in by), copy=False)


def coming_and_going(
    rows: RowsOf, holds: HoldsModel, edge: str, edges: Sequence[datetime], members: Sequence[Row],
    cells: Sequence[Cell], scales: Mapping[Row, Scale],
) -> tuple[exp.Select, exp.Select]:  # fmt: skip
    """Two queries: what begins to hold at each instant, and what no longer does: the instant's number, how many rows,
    and what is wanted. What holds at one is all that came up to it less all that went.
    """
    by, wanted = wanted_of(rows, members, cells, scales)
    query, come, gone = _stays(rows, holds, edge, edges)
    query = query.where(exp.LT(this=come.copy(), expression=gone.copy()), copy=False)
    counted = (exp.Count(this=exp.Star()), *by, *wanted)

    def grouped(place: exp.Expr) -> exp.Select:
        found = query.copy().select(place.copy(), *(one.copy() for one in counted), copy=False)
        return found.group_by(place.copy(), *(key.copy() for key in by), copy=False)

    return grouped(come), grouped(gone)


def _held(rows: RowsOf, holds: HoldsModel, edge: str, edges: Sequence[datetime]) -> tuple[exp.Expr, exp.Expr]:
    """Only rows that hold at some edge, if they hold at any between the first and the last; and when a row begins and
    ceases to hold.
    """
    begins, ends = rows.sql.sql(holds.start), rows.sql.sql(holds.end)
    if holds.inclusive:
        # The last day still counts, so the row holds until the day after begins.
        after = exp.Add(this=rows.sql.day(holds.end), expression=cast(exp.Literal.string("1"), "INTEGER"))
        ends = exp.paren(after)
    first, last = (edges[0], edges[-1]) if edge == "end" else (edges[0] + _NEXT, edges[-1] + _NEXT)
    rows.conditions.append(exp.not_(rows.sql.at_or_after(holds.start, last)))
    rows.conditions.append(exp.not_(exp.Is(this=begins.copy(), expression=exp.null())))
    later = at_or_after(ends.copy(), _ending(holds), rows.sql.zone(holds.end), first, rows.calendar)
    never = exp.Is(this=rows.sql.sql(holds.end), expression=exp.null())
    rows.conditions.append(exp.or_(never, later))
    return begins, ends


def _stays(
    rows: RowsOf, holds: HoldsModel, edge: str, edges: Sequence[datetime]
) -> tuple[exp.Select, exp.Expr, exp.Expr]:
    """Rows with the numbers of the first edge each holds at and of the first at which it no longer does. A row holds
    at the `end` of a window where it begins before, and does not cease before; at a `start`, where it begins no later,
    and ceases later.
    """
    begins, ends = _held(rows, holds, edge, edges)
    met = tuple(edges if edge == "end" else (one + _NEXT for one in edges))
    come, gone = rows.column(begins), rows.column(ends)
    zones = rows.sql.zone(holds.start), rows.sql.zone(holds.end)
    kinds = holds.start.type, _ending(holds)
    never = exp.Is(this=gone.copy(), expression=exp.null())
    query = exp.select().from_(rows.select().subquery("r", copy=False), copy=False)
    if len(met) <= MOST_CASES:
        come, gone = (
            pane_case((None, *met, None), partial(_after, time, kind, zone, rows), 0, len(met) + 1)
            for time, kind, zone in zip((come, gone), kinds, zones, strict=True)
        )
    else:
        places: list[exp.Expr] = []
        for name, time, kind, zone in zip(("b", "e"), (come, gone), kinds, zones, strict=True):
            numbers: dict[date | datetime | None, int] = {}
            for place, one in enumerate(met, 1):
                # Two instants may be one civil time, when clocks go back: a time at one is at both.
                numbers[threshold(kind, zone, one, rows.calendar)] = place
            lists = exp.select(
                exp.alias_(function("unnest", listed(tuple(numbers))), "edge"),
                exp.alias_(function("unnest", integers(tuple(numbers.values()))), "place"),
                copy=False,
            ).subquery(name, copy=False)
            on = exp.GTE(this=time.copy(), expression=_column("edge", name))
            query = query.join(exp.Join(this=lists, method="asof", side="left", on=on), copy=False)
            places.append(function("coalesce", _column("place", name), number(Fraction(0))))
        come, gone = places
    gone = exp.Case().when(never, number(Fraction(len(met))), copy=False).else_(gone, copy=False)
    return query, come, gone


def _ending(holds: HoldsModel) -> DataType | None:
    return DataType.DATE if holds.inclusive else holds.end.type


def _after(time: exp.Expr, kind: DataType | None, zone: str, rows: RowsOf, edge: datetime) -> exp.Expr:
    return at_or_after(time, kind, zone, edge, rows.calendar)
