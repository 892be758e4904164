"""Distinct counts under filters of many kinds: one scan marks each value with the counts it belongs to.

Which counts a row is in follows from its pane and from what its filters read. Of each column that has few members this
is a list of bits, and a row is in the counts that all of its lists have (docs/adr/0044-marks-of-values.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Final

from kpidsl.engine.answers import Answer
from kpidsl.engine.faults import CellError
from kpidsl.engine.groups import edges_of, panes_inside, plain
from kpidsl.engine.leaves import MOST_MEMBERS, columns_of, groups_of
from kpidsl.engine.parts import Part
from kpidsl.engine.shared_scan import MOST_GROUPS, Keeping, Scan, grouped, guessed
from kpidsl.plan.columns import conditions_of
from kpidsl.plan.nodes import Cell
from kpidsl.semantic.rows import Row
from kpidsl.sql import marks as sql
from kpidsl.sql.shared_scan import members_of
from kpidsl.sql.source_rows import RowsOf

MOST: Final = 992  # counts that one scan marks
TIMES: Final = 7
"""Windows that are together so many times as long as all the time they look at share a scan."""
TIMES_BY: Final = 4
"""The same of counts by members: what is grouped by more costs more each time it is asked."""
Rows = Callable[[], RowsOf]


def overlap(cells: Sequence[Cell], first: datetime | None) -> float:
    """How often the time that some windows look at is looked at. `first` is when the rows begin."""
    spans = sorted((_start(cell, first), cell.end) for cell in cells)
    whole = sum((end - start).total_seconds() for start, end in spans if start < end)
    covered, reached = 0.0, spans[0][0]
    for start, end in spans:
        if end > reached:
            covered += (end - max(start, reached)).total_seconds()
            reached = end
    return whole / covered if covered else 1.0


def _start(cell: Cell, first: datetime | None) -> datetime:
    start = cell.start if cell.start is not None else first if first is not None else cell.end
    return max(start, first) if first is not None else start


def pays(cells: Sequence[Cell], first: datetime | None) -> bool:
    """Whether one scan for all of these counts is cheaper than what asks for each."""
    if len({id(cell.where) for cell in cells}) < 2:
        return False
    return overlap(cells, first) >= (TIMES_BY if cells[0].members else TIMES)


def counted(
    run: Keeping, rows: Rows, cells: Sequence[Cell], first: datetime | None
) -> tuple[dict[Cell, Answer], Sequence[Cell]]:
    """The answers of distinct counts of one expression, over one time column and by some members, and the counts that
    are to be asked for otherwise.
    """
    some = [cell for cell in cells if cell.start is None or cell.start < cell.end]
    if not some or not pays(some, first):
        return {}, cells
    try:
        source = rows().source.name
        conditions = {id(cell.where): tuple(conditions_of(cell.where)) for cell in some}
        read = {one: columns_of(one) for same in conditions.values() for one in same}
        wanted = list(dict.fromkeys((*some[0].members, *(column for columns in read.values() for column in columns))))
        located = run.located(rows(), cells[0].time)
        sizes = guessed(rows, wanted, lambda query: run.fetch(query, source), located)
        leaf_of = {
            one: columns[0] if len(columns) == 1 and sizes[columns[0]] <= MOST_MEMBERS else one
            for one, columns in read.items()
        }
        leaves = tuple(dict.fromkeys((*some[0].members, *leaf_of.values())))
        if groups_of(leaves, {**dict.fromkeys(leaf_of, 2), **sizes}) * len(edges_of(some) or ()) > MOST_GROUPS:
            return {}, cells
        found: dict[Cell, Answer] = {}
        for start in range(0, len(some), MOST):
            found.update(_counted(run, rows, some[start : start + MOST], leaves, conditions, leaf_of))
    except CellError:  # asked one by one, it is told which of them it belongs to
        return {}, cells
    return found, [cell for cell in cells if cell not in found]


def _counted(
    run: Keeping, rows: Rows, cells: Sequence[Cell], leaves: Sequence[Row], conditions: Mapping[int, Sequence[Row]],
    leaf_of: Mapping[Row, Row],
) -> dict[Cell, Answer]:  # fmt: skip
    """The answers of counts that one scan marks. How many rows are in each, and of which members, is told by groups."""
    source, time, argument = rows().source.name, cells[0].time, cells[0].argument
    edges = edges_of(cells)
    assert time is not None and argument is not None and edges is not None
    entered = {cell: replace(cell, function="count") for cell in cells}
    by_leaf: dict[Row, dict[Row, None]] = {}
    for one in (one for cell in cells for one in conditions[id(cell.where)]):
        by_leaf.setdefault(leaf_of[one], {})[one] = None
    with grouped(run, rows(), [Scan(tuple(leaves), tuple(entered.values()))], {}) as (groups,):
        counts = groups.answers(run, {})
        told = {leaf: run.fetch(members_of(groups.scan, leaf, tuple(asked)), source) for leaf, asked in by_leaf.items()}
    bits: list[sql.Bits] = []
    for leaf, asked in by_leaf.items():
        at = {one: place for place, one in enumerate(asked, 1)}
        needed = [[at[one] for one in conditions[id(cell.where)] if leaf_of[one] == leaf] for cell in cells]
        kept = {row[0]: tuple([all(row[place] for place in mine) for mine in needed]) for row in told[leaf]}
        of_null = kept.pop(None, (False,) * len(cells))
        bits.append(sql.Bits(leaf, of_null, tuple(kept), tuple(kept.values())))
    inside = [panes_inside(cell, groups.places) for cell in cells]
    in_pane = tuple(tuple(pane in one for one in inside) for pane in range(len(edges) - 1))
    query = sql.marked(rows(), time, edges, cells[0].members, argument, bits, in_pane)
    said = run.said(query) if run.explain else None
    found = {cell: run.blank(cell, said) for cell in cells}
    width = len(cells[0].members)
    for row in run.stream(query, source):
        key = tuple(map(plain, row[:width]))
        for cell, distinct in zip(cells, row[width:], strict=True):
            part = counts[entered[cell]].parts.get(key)
            if part is not None:
                found[cell].parts[key] = Part(Fraction(distinct), part.n)
    for cell in cells:
        for key in counts[entered[cell]].seen:
            found[cell].seen.add(key)
        assert len(found[cell].parts) == len(counts[entered[cell]].parts)
    return found
