"""What is asked of every row it reads, sorted by the time it looks at: a query for each stretch, where that costs less.

A hundred conditions of which most are about the last month need not be asked of the rows of three years.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kpidsl.engine.groups import BATCH
from kpidsl.plan.nodes import Cell

SCAN: Final = 10
"""What reading the rows costs, in things that are asked of each."""
QUERY: Final = 5
"""What a query costs beside, in things that are asked of all rows: where there are few rows, most of it."""
MOST: Final = 64
"""Among more stretches it is not looked for those that go together; neighbours do."""
_States = list[list[Cell]]
_Span = tuple[float, float]


def by_stretch(states: Sequence[list[Cell]], first: datetime) -> list[_States]:
    """States, each with the cells that ask for it, sorted into queries by the stretch of time that these look at.
    `first` is when rows begin.
    """
    by_span: dict[_Span, _States] = {}
    for same in states:
        spans = [_span(cell, first) for cell in same]
        by_span.setdefault((min(low for low, _ in spans), max(high for _, high in spans)), []).append(same)
    found = sorted(by_span.items(), reverse=True)
    while len(found) > MOST:
        found = [_joined(found[place : place + 2]) for place in range(0, len(found), 2)]
    whole = max(high for (_, high), _ in found)
    while len(found) > 1:
        saved, place = max((_saved(*found[at : at + 2]), -at) for at in range(len(found) - 1))
        if saved + QUERY * whole < 0:
            break
        found[-place : -place + 2] = [_joined(found[-place : -place + 2])]
    return [some for _, some in found]


def _span(cell: Cell, first: datetime) -> _Span:
    start = max(cell.start, first) if cell.start is not None else first
    return (start - first).total_seconds(), max((cell.end - first).total_seconds(), 0.0)


def _joined(parts: Sequence[tuple[_Span, _States]]) -> tuple[_Span, _States]:
    span = min(low for (low, _), _ in parts), max(high for (_, high), _ in parts)
    return span, [same for _, some in parts for same in some]


def _saved(one: tuple[_Span, _States], other: tuple[_Span, _States]) -> float:
    """How much less one query costs than two, in things asked of a second of rows."""
    return _cost(one) + _cost(other) - _cost(_joined((one, other)))


def _cost(part: tuple[_Span, _States]) -> float:
    (low, high), some = part
    return max(high - low, 0.0) * (len(some) + SCAN * -(-len(some) // BATCH))
