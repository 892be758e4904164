"""Rows grouped by window, each window made of panes: for quantiles of few values and the like."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from kpidsl.engine.answers import Answer
from kpidsl.engine.faults import TooLarge
from kpidsl.engine.groups import Layout, by_state, edges_of, panes_inside, state_of
from kpidsl.engine.quantiles import QUANTILES, quantiles
from kpidsl.engine.ranked import ranked
from kpidsl.plan.nodes import Cell
from kpidsl.semantic.rows import Row
from kpidsl.sql import queries as q
from kpidsl.sql.source_rows import RowsOf

if TYPE_CHECKING:
    from kpidsl.engine.run import Run, Scales


def by_windows(run: Run, rows: RowsOf, time: Row, cells: Sequence[Cell], scales: Scales) -> dict[Cell, Answer]:
    """The answers of cells of the same members."""
    counted = quantiles(run, rows.source, time, cells)
    cells = [cell for cell in cells if cell not in counted]
    edges = edges_of(cells)
    if edges is None:
        return {**counted, **{cell: Answer() for cell in cells}}
    groups = list(by_state(cells).values())
    layout = Layout(1, len(cells[0].members), tuple(same[0] for same in groups))
    spans: dict[tuple[datetime | None, datetime], int] = {}
    for cell in cells:
        spans.setdefault((cell.start, cell.end), len(spans))
    places = {edge: place for place, edge in enumerate(edges)}
    pairs = {(pane, spans[cell.start, cell.end]) for cell in cells for pane in panes_inside(cell, places)}
    query = q.windows(rows, time, edges, sorted(pairs), cells[0].members, layout.cells, scales)
    sql = run.said(query) if run.explain else None
    answers = {cell: run.blank(cell, sql) for cell in cells}
    of_window: dict[int, list[Cell]] = {}
    for cell in cells:
        of_window.setdefault(spans[cell.start, cell.end], []).append(cell)
    states_at = {state_of(cell): place for place, cell in enumerate(layout.cells)}
    try:
        for row in run.stream(query, rows.source.name):
            run.fill(row, layout, states_at, of_window[row[0]], answers, scales)
    except TooLarge:  # what is collected in lists stays in memory; values that are numbered do not
        if any(cell.function not in QUANTILES for cell in cells):
            raise
        answers = ranked(run, rows.source, time, cells)
    return counted | answers
