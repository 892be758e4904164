"""Codings: how each unit was coded, and how many units were coded alike."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.plan.nodes import Cell
from kpidsl.sql import exp
from kpidsl.sql.aggregates import readable
from kpidsl.sql.panes import in_panes, integers
from kpidsl.sql.queries import Edges
from kpidsl.sql.source_rows import RowsOf, column_of
from kpidsl.sql.times import function


def codings(
    rows: RowsOf, cell: Cell, edges: Edges, inside: Sequence[tuple[int, int]], *, named: bool
) -> exp.Select:  # fmt: skip
    """For each window and member the codes of a unit, in order, and how many units have them: window, members, codes,
    units. `named`: each code with who gave it, by coder.

    A coder's newest row about a unit counts. `inside` pairs panes with the windows they are in. A unit without codes
    has NULL for them.
    """
    assert cell.time is not None and cell.argument is not None
    rows.conditions.extend(rows.sql.sql(row) for row in cell.where)
    code, members = rows.argument(cell.argument), [rows.member(row) for row in cell.members]
    unit, coder = (rows.row(row) for row in cell.per)
    order = function("row", rows.row(cell.time), *(rows.column(column_of("t", name)) for name in rows.source.key), code)
    query, pane = in_panes(rows, cell.time, edges)
    pairs = exp.select(
        exp.alias_(function("unnest", integers([p for p, _ in inside])), "p"),
        exp.alias_(function("unnest", integers([w for _, w in inside])), "w"),
    ).subquery("v")
    query = query.join(pairs, on=exp.EQ(this=exp.column("p", table="v"), expression=pane.copy()))
    keys = ["w", *(f"k{place}" for place in range(len(members)))]
    there = exp.not_(exp.Is(this=code.copy(), expression=exp.null()))
    newest = function(
        "arg_max", exp.Case().when(there, readable(code, cell.argument)), exp.Case().when(there.copy(), order)
    )
    found = [exp.column("w", table="v"), *members, unit, coder]
    given = query.select(
        *(exp.alias_(one, name) for one, name in zip(found, [*keys, "u", "c"], strict=True)), exp.alias_(newest, "x")
    ).group_by(*(one.copy() for one in found)).subquery("g")  # fmt: skip
    whole = exp.and_(*(exp.not_(exp.Is(this=exp.column(name), expression=exp.null())) for name in ("u", "c", "x")))
    one = function("row", exp.column("c"), exp.column("x")) if named else exp.column("x")
    codes = function("list_sort", exp.Filter(this=function("list", one), expression=exp.Where(this=whole)))
    of_unit = exp.select(*keys, exp.alias_(codes, "codes")).from_(given).group_by(*keys, "u").subquery("n")
    return exp.select(*keys, "codes", exp.Count(this=exp.Star())).from_(of_unit).group_by(*keys, "codes")
