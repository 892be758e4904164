"""Quantiles of what does not fit into memory as lists: values are numbered in their order, which spills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from kpidsl.engine.answers import Answer
from kpidsl.engine.groups import State, by_state, edges_of, panes_inside, plain
from kpidsl.engine.panes import by_panes
from kpidsl.plan.nodes import Cell
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.rows import Row
from kpidsl.sql import quantiles as q

if TYPE_CHECKING:
    from kpidsl.engine.run import Run


def ranked(run: Run, source: SourceModel, time: Row, cells: Sequence[Cell]) -> dict[Cell, Answer]:
    """The answers of medians, percentiles and their intervals, each expression and filter by a query of its own."""
    answers = {cell: run.blank(cell) for cell in cells}
    for same in by_state(cells).values():
        first = same[0]
        edges = edges_of(same)
        if edges is None:
            continue
        places = {edge: place for place, edge in enumerate(edges)}
        windows: dict[tuple[datetime | None, datetime], list[Cell]] = {}
        for cell in same:
            windows.setdefault((cell.start, cell.end), []).append(cell)
        of_window = list(windows.values())
        inside = [(pane, w) for w, asking in enumerate(of_window) for pane in panes_inside(asking[0], places)]
        query = q.ranked(run.rows(source), time, edges, sorted(inside), first)
        sql = run.said(query) if run.explain else None
        width = 1 + len(first.members)
        fetched = run.stream(query, source.name, (*range(width), width + 1))
        for (w, *member), found in groupby(fetched, itemgetter(slice(0, width))):
            rows = list(found)
            state = _state(first, rows[0][width], rows[0][width + 1], [row[width + 2] for row in rows])
            key = tuple(map(plain, member))
            for cell in of_window[w]:
                answers[cell].parts[key] = run.finished(cell, state, None)
        for cell in same:
            answers[cell].sql = sql
    if cells[0].members:
        # A member is there where a row is, whether or not it has a value.
        counts = {cell: replace(cell, function="count", argument=None, level=None, way=None) for cell in cells}
        counted = by_panes(run, run.rows(source), time, list(counts.values()), {})
        for cell, count in counts.items():
            answers[cell].seen = counted[count].seen
    return answers


def _state(cell: Cell, n: int, first: int, values: list[object]) -> State:
    """As a list of all values would have had it."""
    if cell.function == "ranks":
        return [values, first, n]
    return [values[0], values[1] if len(values) > 1 else None, n]
