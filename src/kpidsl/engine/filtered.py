"""Many filters over few columns: one scan grouped by those columns answers them all.

A thousand KPIs differ in a country here and a channel there. Asked as so many conditions, each row is held against each
of them; grouped by what they read, each group is (docs/adr/0018-filters-as-a-grouping.md).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import compress
from math import prod

from kpidsl.engine.answers import Answer
from kpidsl.engine.faults import CellError
from kpidsl.engine.groups import Key, Layout, State, edges_of, panes_inside, unfiltered
from kpidsl.engine.leaves import columns_read, together
from kpidsl.engine.parts import is_empty, merge
from kpidsl.engine.stocks import Asking
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.rows import ColumnValue, Row
from kpidsl.sql.aggregates import Scale
from kpidsl.sql.filtered import Filter, cardinalities, grouped
from kpidsl.sql.source_rows import RowsOf

SAMPLE = 1  # percent of a table, to guess how many members its columns have
FEWEST_FILTERS = 6  # fewer are as cheap as conditions
MOST_FILTERS = 500  # in one query
MOST_GROUPS = 20_000  # in all panes: more no longer fit the processor's caches


@dataclass(frozen=True, slots=True)
class Bin:
    """Cells that one grouped scan answers, and the columns it is grouped by."""

    read: tuple[Row, ...]
    cells: tuple[Cell, ...]


def columns_of_filters(cells: Sequence[Cell]) -> dict[Filter, tuple[ColumnValue, ...]]:
    """The columns each filter reads, each once; nothing for a filter that cannot be asked of groups."""
    found: dict[Filter, tuple[ColumnValue, ...]] = {}
    for cell in cells:
        if cell.where not in found:
            found[cell.where] = columns_read(cell.where)
    return {where: read for where, read in found.items() if read}


def bins(
    cells: Sequence[Cell], reads: Mapping[Filter, tuple[ColumnValue, ...]], sizes: Mapping[Row, int], most: int
) -> tuple[list[Bin], list[Cell]]:
    """The cells sorted into grouped scans of at most `most` groups each, and those that no such scan answers."""
    of_filter: dict[Filter, list[Cell]] = {}
    rest: list[Cell] = []
    for cell in cells:
        if cell.where in reads:
            of_filter.setdefault(cell.where, []).append(cell)
        else:
            rest.append(cell)
    scans, alone = together(reads, sizes, most)
    rest.extend(cell for where in alone for cell in of_filter.get(where, ()))
    found: list[Bin] = []
    for columns, filters in scans:
        for start in range(0, len(filters), MOST_FILTERS):
            own = [cell for where in filters[start : start + MOST_FILTERS] for cell in of_filter.get(where, ())]
            found.append(Bin(columns, tuple(own)))
    return found, rest


def by_groups(
    run: Asking, rows: Callable[[], RowsOf], cells: Sequence[Cell], scales: Mapping[Row, Scale]
) -> tuple[dict[Cell, Answer], Sequence[Cell]]:
    """The answers of the cells whose filters can be asked of groups of rows, and the other cells."""
    reads = columns_of_filters(cells)
    edges = edges_of(cells)
    if len(reads) < FEWEST_FILTERS or edges is None:
        return {}, cells
    wanted = list(dict.fromkeys((*cells[0].members, *(column for read in reads.values() for column in read))))
    answers: dict[Cell, Answer] = {}
    try:
        counts = run.fetch(cardinalities(rows(), wanted, SAMPLE), rows().source.name)[0]
        sizes = dict(zip(wanted, counts, strict=True))
        spans = len(edges) * prod(sizes[row] + 1 for row in cells[0].members)
        found, rest = bins(cells, reads, sizes, MOST_GROUPS // spans)
        for one in found:
            answers.update(answer_by_groups(run, rows(), one, scales))
    except CellError:
        return {}, cells  # asked one by one, it is told which of them it belongs to
    return answers, rest


def answer_by_groups(run: Asking, rows: RowsOf, bin_: Bin, scales: Mapping[Row, Scale]) -> dict[Cell, Answer]:
    """The answers of the cells of one grouped scan."""
    cells = bin_.cells
    edges = edges_of(cells)
    first = cells[0]
    if edges is None:
        return {cell: Answer() for cell in cells}
    assert first.time is not None
    filters = {where: place for place, where in enumerate(dict.fromkeys(cell.where for cell in cells))}
    bare: dict[tuple[object, ...], Cell] = {}
    for cell in cells:
        bare.setdefault(unfiltered(cell), replace(cell, where=()))
    layout = Layout(1, len(first.members), tuple(bare.values()))
    query = grouped(rows, first.time, edges, first.members, bin_.read, layout.cells, tuple(filters), scales)
    kept: dict[tuple[int, int], dict[Key, dict[int, list[State]]]] = {}
    seen: list[dict[Key, set[int]]] = [{} for _ in filters]
    numbers = range(len(filters))
    for row in run.fetch(query, rows.source.name):
        key, pane = layout.key(row), row[0]
        states = [(place, state) for place, state in enumerate(layout.states(row)) if not is_empty(state)]
        for number in compress(numbers, row[-len(filters) :]):
            seen[number].setdefault(key, set()).add(pane)
            for place, state in states:
                kept.setdefault((place, number), {}).setdefault(key, {}).setdefault(pane, []).append(state)
    sql = run.said(query) if run.explain else None
    places = {edge: place for place, edge in enumerate(edges)}
    order = {one: place for place, one in enumerate(bare)}
    panes_of: dict[tuple[int, int], list[tuple[Key, list[int], list[State]]]] = {}
    answers: dict[Cell, Answer] = {}
    for cell in cells:
        answer = answers[cell] = Answer(sql=sql)
        which = (order[unfiltered(cell)], filters[cell.where])
        if which not in panes_of:
            panes_of[which] = [
                (key, sorted(by_pane), [_one(cell, by_pane[pane]) for pane in sorted(by_pane)])
                for key, by_pane in kept.get(which, {}).items()
            ]
        inside = panes_inside(cell, places)
        scale = scales.get(cell.argument) if cell.argument is not None else None
        for key, panes, merged in panes_of[which]:
            found = merged[bisect_left(panes, inside.start) : bisect_left(panes, inside.stop)]
            if found:
                answer.parts[key] = run.finished(cell, _one(cell, found), scale)
        if first.members:
            answer.seen |= {key for key, panes in seen[which[1]].items() if any(pane in inside for pane in panes)}
    return answers


def _one(cell: Cell, states: Sequence[State]) -> State:
    return merge(cell, states) if len(states) > 1 else states[0]
