"""Windows merged from panes: one scan grouped by the spans between window edges, one member after the other."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from kpidsl.engine.answers import Answer
from kpidsl.engine.groups import Key, Layout, State, by_state, edges_of, panes_inside
from kpidsl.engine.parts import is_empty, merge
from kpidsl.engine.stocks import Asking
from kpidsl.plan.nodes import Cell
from kpidsl.semantic.rows import Row
from kpidsl.sql import queries as q
from kpidsl.sql.aggregates import Scale
from kpidsl.sql.source_rows import RowsOf


def by_panes(
    run: Asking, rows: RowsOf, time: Row, cells: Sequence[Cell], scales: Mapping[Row, Scale]
) -> dict[Cell, Answer]:
    """One scan grouped by the elementary spans between window edges; each window is a merge of its panes."""
    edges = edges_of(cells)
    if edges is None:
        return {cell: Answer() for cell in cells}
    groups = list(by_state(cells).values())
    layout = Layout(1, len(cells[0].members), tuple(same[0] for same in groups))
    query = q.panes(rows, time, edges, cells[0].members, layout.cells, scales)
    sql = run.said(query) if run.explain else None
    places = {edge: place for place, edge in enumerate(edges)}
    answers = {cell: run.blank(cell, sql) for cell in cells}
    asked = [
        (
            scales.get(same[0].argument) if same[0].argument is not None else None,
            [(cell, answers[cell], panes_inside(cell, places)) for cell in same],
        )
        for same in groups
    ]
    for key, fetched in _by_member(run, query, layout, rows.source.name):
        kept: list[tuple[list[int], list[State]]] = [([], []) for _ in groups]
        seen: list[list[int]] = [[] for _ in layout.filters]
        for row in fetched:
            for (panes, states), state in zip(kept, layout.states(row), strict=True):
                if not is_empty(state):
                    panes.append(row[0])
                    states.append(state)
            for there, count in zip(seen, layout.kept(row), strict=True):
                if count:
                    there.append(row[0])
        for (scale, same), (panes, states) in zip(asked, kept, strict=True):
            for cell, answer, inside in same:
                found = states[bisect_left(panes, inside.start) : bisect_left(panes, inside.stop)]
                if found:
                    state = merge(cell, list(zip(*found, strict=True))) if len(found) > 1 else found[0]
                    answer.parts[key] = run.finished(cell, state, scale)
                filter_at = layout.filter_of(cell)
                panes_met = seen[filter_at] if filter_at is not None else []
                if bisect_left(panes_met, inside.start) < bisect_left(panes_met, inside.stop):
                    answer.seen.add(key)
    return answers


def _by_member(run: Asking, query: Any, layout: Layout, source: str) -> Iterator[tuple[Key, list[tuple[Any, ...]]]]:
    """The rows of each member in the order of their panes, one member after the other."""
    if not layout.members:
        yield (), sorted(run.fetch(query, source), key=itemgetter(0))
        return
    order = (*range(layout.lead, layout.lead + layout.members), 0)
    for key, same in groupby(run.stream(query, source, order), layout.key):
        yield key, list(same)
