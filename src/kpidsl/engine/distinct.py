"""Distinct counts of many windows and filters, by a scan that all of them share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from kpidsl.engine.answers import Answer
from kpidsl.engine.groups import Key, edges_of, panes_inside, plain
from kpidsl.engine.parts import Part
from kpidsl.plan.nodes import Cell
from kpidsl.semantic.model import SourceModel
from kpidsl.sql.classes import Classes, Wanted, class_counts, distinct_counts, shape_of

if TYPE_CHECKING:
    from kpidsl.engine.run import Run

MOST_WINDOWS = 496
_ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
Span = tuple[datetime | None, datetime]


def distinct(run: Run, source: SourceModel, cells: Sequence[Cell]) -> dict[Cell, Answer]:
    """The answers of distinct counts of one expression whose filters have one shape, over one time column."""
    answers = {cell: Answer() for cell in cells}
    asked = [cell for cell in cells if cell.start is None or cell.start < cell.end]
    for together in _overlapping(asked):
        spans = list(dict.fromkeys((cell.start, cell.end) for cell in together))
        for first in range(0, len(spans), MOST_WINDOWS):
            some = set(spans[first : first + MOST_WINDOWS])
            _count(run, source, [cell for cell in together if (cell.start, cell.end) in some], answers)
    return answers


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
    of_class: list[set[int]] = [set() for _ in numbers]
    for class_, span in at.values():
        of_class[class_].add(span)
    wanted = Wanted(edges, tuple(windows), tuple(map(frozenset, of_class)))
    classes = Classes(shape, tuple(numbers))
    # One window over one filter is what a plain query answers best.
    alone = len(windows) == len(numbers) == 1
    asked = class_counts(run.rows(source), first.time, wanted, classes, first.members, first.argument, distinct=alone)
    width = 1 + len(first.members)
    distinct: dict[int, dict[Key, Sequence[int]]] = {}
    counted: dict[int, dict[Key, list[tuple[int, int]]]] = {}
    for row in run.fetch(asked, source.name):
        key = tuple(map(plain, row[2 : width + 1]))
        counted.setdefault(row[0], {}).setdefault(key, []).append((row[1], row[width + 1]))
        if alone:
            distinct.setdefault(row[0], {})[key] = row[width + 2 :]
    query = asked
    if not alone:
        query = distinct_counts(run.rows(source), first.time, wanted, classes, first.members, first.argument)
        for row in run.fetch(query, source.name):
            distinct.setdefault(row[0], {})[tuple(map(plain, row[1:width]))] = row[width:]
    sql = run.said(query) if run.explain else None
    for cell, (class_, span) in at.items():
        answer = answers[cell]
        answer.sql = sql
        inside = windows[span]
        for key, panes in counted.get(class_, {}).items():
            here = [n for pane, n in panes if pane in inside]
            if not here:
                continue
            if cell.members:
                answer.seen.add(key)
            n = sum(here)
            if n:
                answer.parts[key] = Part(Fraction(distinct[class_][key][span]), n)
