"""Conversions as SQL: each second event is matched once to the latest first event before it, whatever is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.rows import Row
from kpidsl.semantic.types import DataType
from kpidsl.semantic.values import Conversion
from kpidsl.sql import exp
from kpidsl.sql.aggregates import count_kept
from kpidsl.sql.panes import in_panes
from kpidsl.sql.queries import Edges, filters
from kpidsl.sql.row_sql import number
from kpidsl.sql.source_rows import RowsOf, column_of
from kpidsl.sql.times import cast, function

_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Edged:
    """The edges that cut the times of both steps: of the first events those of windows and of what is open, of the
    second ones the anchors.
    """

    firsts: Edges
    seconds: Edges


def counts_days(first: Row, then: Row) -> bool:
    """Whether both steps have civil days only, between which civil days are counted: as `-` counts them in rows."""
    return first.type is DataType.DATE and then.type is DataType.DATE


def conversion_query(first: RowsOf, then: RowsOf, cells: Sequence[Cell], edged: Edged) -> exp.Select:
    """What cells of one conversion count. Columns: the pane of the first events; the pane of their earliest conversion
    (NULL for those without one); the members; and for each filter how many first events there are.
    """
    cell = cells[0]
    conversion, time = cell.conversion, cell.time
    assert conversion is not None and time is not None
    in_days = counts_days(time, conversion.time)
    members = [f"m{place}" for place in range(len(cell.members))]
    keeps = [f"w{place}" if where else None for place, where in enumerate(filters(cells))]
    query = _counts(members, keeps)
    keys = range(len(cell.per))
    firsts = _firsts(first, cell, filters(cells), edged.firsts, in_days)
    query = query.with_("firsts", firsts, materialized=True, copy=False)
    query = query.with_("seconds", _seconds(then, conversion, edged.seconds, in_days), copy=False)
    query = query.with_("latest", _latest(keys, is_tied="tie" in firsts.named_selects), copy=False)
    return query.with_("matched", _matched(keys, conversion), copy=False).with_("converted", _converted(), copy=False)


def _firsts(
    rows: RowsOf, cell: Cell, wheres: Sequence[tuple[Row, ...]], edges: Edges, in_days: bool
) -> exp.Select:  # fmt: skip
    """The first events, numbered, with all that is counted by."""
    conversion, time = cell.conversion, cell.time
    assert conversion is not None and time is not None
    rows.conditions.extend(rows.sql.sql(one) for one in conversion.first)
    at = _twice(_micros(rows, time, in_days))
    if conversion.source == rows.source.name:
        # A row that is a second event, too, comes after it, so that none converts itself.
        also = exp.and_(*(rows.sql.sql(one) for one in conversion.where)) if conversion.where else exp.true()
        at = exp.Add(
            this=at,
            expression=exp.Case().when(also, number(Fraction(1)), copy=False).else_(number(Fraction(0)), copy=False),
        )
    columns = {"tick": rows.column(at)}
    columns |= {f"k{place}": rows.row(row) for place, row in enumerate(cell.per)}
    columns |= {f"m{place}": rows.member(row) for place, row in enumerate(cell.members)}
    for place, where in enumerate(wheres):
        keep = rows.keep(where)
        if keep is not None:
            columns[f"w{place}"] = keep
    # Of first events of one time and keys the last by the source's key has the conversion. Where it has no key, what is
    # counted by decides: rows that are alike in that are as good as each other.
    of_key = [rows.column(column_of("t", name)) for name in rows.source.key]
    tie = of_key or [column for name, column in columns.items() if name[0] in "mw"]
    if tie:
        columns["tie"] = tie[0] if len(tie) == 1 else function("row", *tie)
    columns["id"] = exp.Window(this=exp.RowNumber())
    query, pane = in_panes(rows, time, edges)
    return query.select(*_named({"pane": pane, **columns}), copy=False)


def _seconds(rows: RowsOf, conversion: Conversion, edges: Edges, in_days: bool) -> exp.Select:
    """The second events: their keys, time, and pane."""
    rows.conditions.extend(rows.sql.sql(one) for one in conversion.where)
    columns = {"tick": rows.column(_twice(_micros(rows, conversion.time, in_days)))}
    columns |= {f"k{place}": rows.row(row) for place, row in enumerate(conversion.keys)}
    query, pane = in_panes(rows, conversion.time, edges)
    return query.select(*_named({"seen": pane, **columns}), copy=False)


def _latest(keys: Iterable[int], *, is_tied: bool) -> exp.Select:
    """One first event for each time and keys: the one that conversions belong to."""
    by = [exp.column("tick"), *(exp.column(f"k{place}") for place in keys)]
    chosen = function("max", exp.column("id"))
    if is_tied:
        chosen = function("coalesce", function("arg_max", exp.column("id"), exp.column("tie")), chosen)
    return (
        exp.select(*by, exp.alias_(chosen, "id"), copy=False)
        .from_("firsts", copy=False)
        .group_by(*(one.copy() for one in by), copy=False)
    )


def _matched(keys: Iterable[int], conversion: Conversion) -> exp.Select:
    """Every second event in time, with the first event it belongs to: the latest before it."""
    on: list[exp.Expr] = [
        exp.EQ(this=exp.column(f"k{place}", table="s"), expression=exp.column(f"k{place}", table="f")) for place in keys
    ]
    mine, theirs = exp.column("tick", table="s"), exp.column("tick", table="f")
    on.append(exp.GTE(this=mine, expression=theirs))
    after = exp.paren(exp.Sub(this=mine.copy(), expression=theirs.copy()))
    most = number(2 * _MICROS * conversion.within)
    query = exp.select(exp.column("id", table="f"), exp.column("seen", table="s"), copy=False)
    query = query.from_(exp.alias_(exp.to_table("seconds"), "s", table=True), copy=False)
    query = query.join(
        exp.alias_(exp.to_table("latest"), "f", table=True), on=exp.and_(*on), join_type="asof", copy=False
    )
    return query.where(exp.LTE(this=after, expression=most), copy=False)


def _converted() -> exp.Select:
    """The first events that have a conversion, with the pane of their earliest."""
    earliest = exp.alias_(function("min", exp.column("seen")), "seen")
    return exp.select("id", earliest, copy=False).from_("matched", copy=False).group_by("id", copy=False)


def _counts(members: Sequence[str], keeps: Sequence[str | None]) -> exp.Select:
    by = [exp.column("pane", table="e"), exp.column("seen", table="c")]
    by.extend(exp.column(name, table="e") for name in members)
    kept = [count_kept(exp.column(keep, table="e") if keep is not None else None) for keep in keeps]
    on = exp.EQ(this=exp.column("id", table="e"), expression=exp.column("id", table="c"))
    query = exp.select(*by, *kept, copy=False).from_(exp.alias_(exp.to_table("firsts"), "e", table=True), copy=False)
    query = query.join(exp.alias_(exp.to_table("converted"), "c", table=True), on=on, join_type="left", copy=False)
    return query.group_by(*(one.copy() for one in by), copy=False)


def _micros(rows: RowsOf, time: Row, in_days: bool) -> exp.Expr:
    """A time in microseconds: of instants since 1970, of civil days as if each had 24 hours."""
    found = cast(rows.sql.sql(time), "TIMESTAMP") if in_days else rows.sql.instant(time)
    return function("epoch_us", found)


def _twice(at: exp.Expr) -> exp.Expr:
    """Times doubled, so that there is room for an order among those that are equal."""
    return exp.Mul(this=number(Fraction(2)), expression=at)


def _named(columns: dict[str, exp.Expr]) -> list[exp.Expr]:
    return [exp.alias_(column.copy(), name) for name, column in columns.items()]
