"""Stocks: levels at the edges of windows, however many there are, by a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

from kpidsl.engine.answers import Answer
from kpidsl.engine.groups import Key, Layout, State, by_state, edges_of, state_of
from kpidsl.engine.parts import Part, is_empty, is_float
from kpidsl.plan.nodes import Cell
from kpidsl.semantic.rows import Row
from kpidsl.sql import stocks
from kpidsl.sql.aggregates import MERGEABLE, Scale
from kpidsl.sql.source_rows import RowsOf

EDGES = 64
"""How many edges rows are met by in one query where each row is met by every edge it holds at."""

Scales = Mapping[Row, Scale]


class Asking(Protocol):
    """The run that asks."""

    explain: bool

    def fetch(self, query: Any, source: str) -> list[tuple[Any, ...]]: ...

    def stream(self, query: Any, source: str, order: Sequence[int] = ()) -> Iterator[tuple[Any, ...]]: ...

    def blank(self, cell: Cell, sql: str | None = None) -> Answer: ...

    def said(self, query: Any) -> str: ...

    def fill(
        self, row: Sequence[Any], layout: Layout, states_at: Mapping[tuple[object, ...], int], cells: Sequence[Cell],
        answers: Mapping[Cell, Answer], scales: Scales,
    ) -> None: ...  # fmt: skip

    def finished(self, cell: Cell, state: State, scale: Scale | None) -> Part: ...


def at_edges(run: Asking, rows: RowsOf, cells: Sequence[Cell], scales: Scales) -> dict[Cell, Answer]:
    """The rows of the newest or oldest instant in each window, or of each key's."""
    first = cells[0]
    assert first.time is not None
    assert first.at is not None
    edges = edges_of(cells)
    if edges is None:
        return {cell: Answer(found=False) for cell in cells}
    places = {edge: place for place, edge in enumerate(edges)}
    windows: dict[tuple[datetime | None, datetime], list[Cell]] = {}
    for cell in cells:
        if cell.start is None or cell.start < cell.end:
            windows.setdefault((cell.start, cell.end), []).append(cell)
    layout = _layout(cells)
    spans = stocks.Spans(tuple(places[start] for start, _ in windows), tuple(places[end] for _, end in windows))
    query = stocks.at_edges(rows, first.time, edges, spans, first.at, first.per, first.members, layout.cells, scales)
    return _filled(run, query, rows, layout, cells, list(windows.values()), scales)


def holding(run: Asking, rows: RowsOf, cells: Sequence[Cell], scales: Scales) -> dict[Cell, Answer]:
    """The rows that hold at each edge: where states can be taken away again, from what comes and what goes; otherwise
    each edge is met by all rows that hold at it.
    """
    edges: dict[datetime, list[Cell]] = {}
    answers: dict[Cell, Answer] = {}
    for cell in cells:
        at = cell.end if cell.at == "end" else cell.start
        if at is None or (cell.start is not None and cell.start >= cell.end):
            answers[cell] = Answer(found=False)
        else:
            edges.setdefault(at, []).append(cell)
    ordered = sorted(edges)
    whole = [cell for cell in cells if len(ordered) == 1 or not _can_be_taken_away(cell, scales)]
    for start in range(0, len(ordered), EDGES):
        chunk = ordered[start : start + EDGES]
        chosen = set(whole)
        asked = [[cell for cell in edges[at] if cell in chosen] for at in chunk]
        if any(asked):
            answers.update(_met(run, rows, chunk, asked, scales))
    rest = {cell for cell in cells if cell not in answers}
    if rest:
        asked = [[cell for cell in edges[at] if cell in rest] for at in ordered]
        answers.update(_come_and_gone(run, rows, ordered, asked, scales))
    return answers


def _can_be_taken_away(cell: Cell, scales: Scales) -> bool:
    """Whether the state of some rows can be taken from that of more: counts and exact sums can, a minimum cannot."""
    if cell.function not in MERGEABLE or cell.function in ("min", "max"):
        return False
    scale = scales.get(cell.argument) if cell.argument is not None else None
    return not is_float(cell) or cell.function not in ("sum", "avg") or (scale is not None and scale.limbs > 0)


def _layout(cells: Sequence[Cell]) -> Layout:
    return Layout(2, len(cells[0].members), tuple(same[0] for same in by_state(cells).values()))


def _anew(rows: RowsOf) -> RowsOf:
    return RowsOf(rows.source, rows.sources, rows.calendar, rows.tables, is_here=rows.is_here)


def _met(
    run: Asking, rows: RowsOf, edges: Sequence[datetime], asked: Sequence[Sequence[Cell]], scales: Scales
) -> dict[Cell, Answer]:
    cells = [cell for same in asked for cell in same]
    first, layout, holds = cells[0], _layout(cells), rows.source.holds
    assert holds is not None
    assert first.at is not None
    query = stocks.holding(_anew(rows), holds, first.at, edges, first.members, layout.cells, scales)
    return _filled(run, query, rows, layout, cells, asked, scales)


def _filled(
    run: Asking, query: Any, rows: RowsOf, layout: Layout, cells: Sequence[Cell],
    asked: Sequence[Sequence[Cell]], scales: Scales,
) -> dict[Cell, Answer]:  # fmt: skip
    """The answers of a query whose rows begin with the number of a window and how many rows there are in it."""
    sql = run.said(query) if run.explain else None
    answers = {cell: run.blank(cell, sql) for cell in cells}
    for answer in answers.values():
        answer.found = False
    states_at = {state_of(cell): place for place, cell in enumerate(layout.cells)}
    for row in run.stream(query, rows.source.name):
        if row[1]:
            for cell in asked[row[0]]:
                answers[cell].found = True
            run.fill(row, layout, states_at, asked[row[0]], answers, scales)
    return answers


# ---------------------------------------------------------------- what comes and what goes
def _come_and_gone(
    run: Asking, rows: RowsOf, edges: Sequence[datetime], asked: Sequence[Sequence[Cell]], scales: Scales
) -> dict[Cell, Answer]:
    cells = [cell for same in asked for cell in same]
    first, layout, holds = cells[0], _layout(cells), rows.source.holds
    assert holds is not None
    assert first.at is not None
    queries = stocks.coming_and_going(_anew(rows), holds, first.at, edges, first.members, layout.cells, scales)
    sql = ";\n".join(run.said(query) for query in queries) if run.explain else None
    changes: list[list[tuple[int, Key, tuple[Any, ...]]]] = [[] for _ in range(len(edges) + 1)]
    for sign, query in zip((1, -1), queries, strict=True):
        for row in run.fetch(query, rows.source.name):
            states = (row[1], *row[layout.lead + layout.members :])
            changes[row[0]].append((sign, layout.key(row), states))
    standing: dict[Key, list[Any]] = {}
    answers: dict[Cell, Answer] = {}
    states_at = {state_of(cell): place for place, cell in enumerate(layout.cells)}
    for at, same in enumerate(asked):
        for sign, key, states in changes[at]:
            before = standing.get(key)
            standing[key] = [
                _added(one, state, sign)
                for one, state in zip(before if before is not None else [None] * len(states), states, strict=True)
            ]
            if not standing[key][0]:
                del standing[key]
        answers.update((cell, Answer(found=bool(standing), sql=sql)) for cell in same)
        for key, states_now in standing.items():
            row = (at, states_now[0], *key, *states_now[1:])
            found, kept = layout.states(row), layout.kept(row)
            for cell in same:
                state = found[states_at[state_of(cell)]]
                if not is_empty(state):
                    scale = scales.get(cell.argument) if cell.argument is not None else None
                    answers[cell].parts[key] = run.finished(cell, state, scale)
                if (filter_at := layout.filter_of(cell)) is not None and kept[filter_at]:
                    answers[cell].seen.add(key)
    return answers


def _added(before: Any, state: Any, sign: int) -> Any:
    """A column of state with another one put to it (`sign` 1) or taken away again. None is nothing."""
    if state is None:
        return before
    if isinstance(state, list):
        limbs = before if before is not None else [None] * len(state)
        return [_added(one, limb, sign) for one, limb in zip(limbs, state, strict=True)]
    exact = Fraction(state) if isinstance(state, Decimal) else state
    return sign * exact if before is None else before + sign * exact
