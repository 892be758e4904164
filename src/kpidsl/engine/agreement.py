"""Agreement between coders, from how many units were coded alike: one scan for the measures of the same codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from math import isinf
from typing import TYPE_CHECKING, Any, cast

from kpidsl.engine.answers import Answer
from kpidsl.engine.groups import Key, edges_of, panes_inside, plain
from kpidsl.engine.parts import INFINITE, Part
from kpidsl.plan.nodes import Cell
from kpidsl.sql.codings import codings
from kpidsl.sql.source_rows import RowsOf
from kpidsl.stats import agreement as a

if TYPE_CHECKING:
    from kpidsl.engine.run import Run

Codes = tuple[Any, ...]
"""The codes of a unit; for Cohen's κ each with its coder, by coder."""


def agreement(run: Run, rows: RowsOf, cells: Sequence[Cell]) -> dict[Cell, Answer]:
    """The answers of cells that look at the same codes of the same rows, whatever their windows and measures."""
    edges = edges_of(cells)
    first = cells[0]
    if edges is None:
        return {cell: Answer() for cell in cells}
    spans: dict[tuple[datetime | None, datetime], int] = {}
    for cell in cells:
        spans.setdefault((cell.start, cell.end), len(spans))
    places = {edge: place for place, edge in enumerate(edges)}
    pairs = {(pane, spans[cell.start, cell.end]) for cell in cells for pane in panes_inside(cell, places)}
    named = first.function == "cohen_kappa"
    query = codings(rows, first, edges, sorted(pairs), named=named)
    found: dict[int, dict[Key, dict[Codes, int]]] = {}
    for window, *members, codes, units in run.fetch(query, rows.source.name):
        of_member = found.setdefault(window, {}).setdefault(tuple(map(plain, members)), {})
        of_member[tuple(codes or ())] = units
    sql = run.said(query) if run.explain else None
    answers: dict[Cell, Answer] = {}
    for cell in cells:
        answer = answers[cell] = Answer(sql=sql)
        for key, units in found.get(spans[cell.start, cell.end], {}).items():
            answer.parts[key] = run.checked(cell, agreed(cell, units))
            answer.seen.add(key)
    return answers


def agreed(cell: Cell, units: Mapping[Codes, int]) -> Part:
    """The agreement about some units; `n` is how many of them at least two coders coded."""
    n = sum(count for codes, count in units.items() if len(codes) > 1)
    if not any(units):
        return Part(None, 0, reason="no_rows")
    if any(isinstance(code, float) and isinf(code) for code in _codes(cell, units)):
        return Part(None, 0, reason=INFINITE)
    if cell.function == "cohen_kappa":
        value = _cohen(units, cast(a.Weights, cell.way or "none"))
    elif cell.function == "fleiss_kappa":
        value = a.fleiss_kappa(units)
    else:
        value = a.krippendorff_alpha(units, cast(a.Level, cell.way or "nominal"))
    return Part(value, n, exact=False) if isinstance(value, Fraction) else Part(None, n, reason=value)


def _codes(cell: Cell, units: Mapping[Codes, int]) -> Iterator[object]:
    for codes in units:
        yield from (code for _, code in codes) if cell.function == "cohen_kappa" else codes


def _cohen(units: Mapping[Codes, int], weights: a.Weights) -> Fraction | a.Undefined:
    """Of the two coders there must be, and the units that both coded."""
    if len({coder for codes in units for coder, _ in codes}) != 2:
        return "not_two_coders"
    pairs = {(codes[0][1], codes[1][1]): count for codes, count in units.items() if len(codes) == 2}
    return a.cohen_kappa(pairs, weights)
