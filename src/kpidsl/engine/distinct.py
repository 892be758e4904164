"""Distinct counts of many windows and filters, by a scan that all of them share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

from kpidsl.engine.answers import Answer
from kpidsl.engine.groups import edges_of, panes_inside, plain
from kpidsl.engine.marks import overlap
from kpidsl.engine.parts import Part
from kpidsl.plan.nodes import Cell
from kpidsl.semantic.model import SourceModel
from kpidsl.sql.classes import Classes, Wanted, class_counts, distinct_counts, shape_of

if TYPE_CHECKING:
    from kpidsl.engine.run import Run

MOST_WINDOWS = 496
FEWEST_TIMES = 3
"""So many times as long as the time they look at have windows to be together: each of fewer is asked for alone."""
MOST_CHAINED = 100
"""Windows that follow each other: the values of all are held while one query counts them."""
_ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
Span = tuple[datetime | None, datetime]


def distinct(run: Run, source: SourceModel, cells: Sequence[Cell]) -> dict[Cell, Answer]:
    """The answers of distinct counts of one expression whose filters have one shape, over one time column."""
    answers = {cell: run.blank(cell) for cell in cells}
    asked = [cell for cell in cells if cell.start is None or cell.start < cell.end]
    first = run.first_time(source, cells[0])
    is_here = run.is_here(source)
    for together in _overlapping(asked):
        if is_here and overlap(together, first) < FEWEST_TIMES:
            for same in _chains(together):
                _count(run, source, same, answers)
            continue
        spans = list(dict.fromkeys((cell.start, cell.end) for cell in together))
        for at in range(0, len(spans), MOST_WINDOWS):
            some = set(spans[at : at + MOST_WINDOWS])
            _count(run, source, [cell for cell in together if (cell.start, cell.end) in some], answers)
    return answers


def _chains(cells: Sequence[Cell]) -> Iterator[list[Cell]]:
    """The cells of each filter, and of windows that follow each other without a gap: the days of a month."""
    found: dict[tuple[str, ...], dict[Span, list[Cell]]] = {}
    for cell in cells:
        found.setdefault(shape_of(cell.where)[1], {}).setdefault((cell.start, cell.end), []).append(cell)
    for spans in found.values():
        open_: dict[datetime | None, list[list[Cell]]] = {}
        chains: list[list[list[Cell]]] = []
        for start, end in sorted(spans, key=lambda span: span[0] or _ALWAYS):
            before = open_.pop(start, None) if start is not None else None
            chain = before if before is not None and len(before) < MOST_CHAINED else []
            if not chain:
                chains.append(chain)
            chain.append(spans[start, end])
            open_[end] = chain
        yield from ([cell for same in chain for cell in same] for chain in chains)


def _overlapping(cells: Sequence[Cell]) -> Iterator[list[Cell]]:
    """Cells whose windows touch one another, so that nobody reads the time between."""
    found: list[Cell] = []
    end: datetime | None = None
    for cell in sorted(cells, key=lambda cell: cell.start or _ALWAYS):
        if end is not None and cell.start is not None and cell.start > end:
            yield found
            found, end = [], None
        found.append(cell)
        end = cell.end if end is None else max(end, cell.end)
    if found:
        yield found


def _count(run: Run, source: SourceModel, cells: Sequence[Cell], answers: Mapping[Cell, Answer]) -> None:
    first = cells[0]
    edges = edges_of(cells)
    assert edges is not None and first.time is not None and first.argument is not None
    places = {edge: place for place, edge in enumerate(edges)}
    shape, _ = shape_of(first.where)
    numbers: dict[tuple[str, ...], int] = {}
    spans: dict[Span, int] = {}
    windows: list[range] = []
    at: dict[Cell, tuple[int, int]] = {}
    for cell in cells:
        class_ = numbers.setdefault(shape_of(cell.where)[1], len(numbers))
        span = spans.setdefault((cell.start, cell.end), len(spans))
        if span == len(windows):
            windows.append(panes_inside(cell, places))
        at[cell] = (class_, span)
    of_class: list[list[tuple[Cell, int]]] = [[] for _ in numbers]
    for cell, (class_, span) in at.items():
        of_class[class_].append((cell, span))
    wanted = Wanted(edges, tuple(windows), tuple(frozenset(span for _, span in same) for same in of_class))
    classes = Classes(shape, tuple(numbers))
    # Windows that share no rows, over one filter, are what a plain query answers best.
    alone = len(numbers) == 1 and all(len(inside) == 1 for inside in windows)
    asked = class_counts(run.rows(source), first.time, wanted, classes, first.members, first.argument, distinct=alone)
    width = 1 + len(first.members)
    fetched = run.stream(asked, source.name, (0, *range(2, width + 1)))
    left = dict.fromkeys(cells, 0)
    for (class_, *member), found in groupby(fetched, lambda row: (row[0], *row[2 : width + 1])):
        key, rows = tuple(map(plain, member)), list(found)
        by_pane = {row[1]: row for row in rows}
        for cell, span in of_class[class_]:
            here = [by_pane[pane] for pane in windows[span] if pane in by_pane]
            if here and cell.members:
                answers[cell].seen.add(key)
            n = sum(row[width + 1] for row in here)
            if n:
                answers[cell].parts[key] = Part(Fraction(here[0][width + 2] if alone else 0), n)
                left[cell] += not alone
    query = asked
    if not alone:
        query = distinct_counts(run.rows(source), first.time, wanted, classes, first.members, first.argument)
        for row in run.stream(query, source.name):
            key = tuple(map(plain, row[1:width]))
            for cell, span in of_class[row[0]]:
                part = answers[cell].parts.get(key)
                if part is not None:
                    answers[cell].parts[key] = Part(Fraction(row[width + span]), part.n)
                    left[cell] -= 1
        assert not any(left.values())
    if run.explain:
        sql = run.said(query)
        for cell in cells:
            answers[cell].sql = sql
