"""Filters as a grouping: rows grouped by what the filters read, and each filter asked of the groups alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kpidsl.plan.nodes import Cell
from kpidsl.semantic.rows import Row
from kpidsl.sql import exp
from kpidsl.sql.aggregates import Scale, states
from kpidsl.sql.panes import in_panes
from kpidsl.sql.queries import Edges
from kpidsl.sql.source_rows import RowsOf
from kpidsl.sql.times import function

Filter = tuple[Row, ...]


def grouped(
    rows: RowsOf, time: Row, edges: Edges, members: Sequence[Row], read: Sequence[Row],
    cells: Sequence[Cell], filters: Sequence[Filter], scales: Mapping[Row, Scale],
) -> exp.Select:  # fmt: skip
    """One scan, grouped by pane, members and the columns `read` by the filters.

    A row of it is a pane, the members, the states of the cells (which have no filter of their own), and for each filter
    whether it keeps the rows of this group.
    """
    keys = [rows.member(row) for row in members]
    leaves = {rows.sql.sql(column): f"l{place}" for place, column in enumerate(read)}
    grouping = [rows.column(leaf) for leaf in leaves]
    wanted = [state for cell in cells for state in states(cell, rows.operands(cell, scales))]
    query, pane = in_panes(rows, time, edges)
    named = [
        exp.alias_(pane, "p"),
        *(exp.alias_(key, f"k{place}") for place, key in enumerate(keys)),
        *(exp.alias_(column, name) for column, name in zip(grouping, leaves.values(), strict=True)),
        *(exp.alias_(state, f"s{place}") for place, state in enumerate(wanted)),
    ]
    query = query.select(*named, copy=False).group_by(
        pane.copy(), *(key.copy() for key in (*keys, *grouping)), copy=False
    )

    def of_group(node: exp.Expr) -> exp.Expr:
        name = leaves.get(node) if isinstance(node, exp.Column) else None
        return exp.column(name, table="g") if name is not None else node

    kept = [exp.and_(*(rows.sql.sql(one).transform(of_group) for one in where)) for where in filters]
    columns = ["p", *(f"k{place}" for place in range(len(keys))), *(f"s{place}" for place in range(len(wanted)))]
    return exp.select(*(exp.column(name, table="g") for name in columns), *kept, copy=False).from_(
        query.subquery("g", copy=False), copy=False
    )


def cardinalities(rows: RowsOf, wanted: Sequence[Row], percent: int) -> exp.Select:
    """About how many distinct values each expression has in a sample of the rows: one row of counts."""
    counts = [function("approx_count_distinct", rows.member(row)) for row in wanted]
    sampled = rows.select().subquery("r", copy=False).sampled(percent, seed=1)
    return exp.select(*counts, copy=False).from_(sampled, copy=False)
