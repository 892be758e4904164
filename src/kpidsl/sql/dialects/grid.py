"""Many times in order as a grid of equal cells: which of them a moment is not before is looked up, not searched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlglot import exp

from kpidsl.records import dataclass

_SECOND: Final = 1_000_000
_UNITS: Final = tuple(_SECOND * seconds for seconds in (86_400, 21_600, 3_600, 900, 60))
MOST_CELLS: Final = 50_000
MOST_INSIDE: Final = 4
NEVER: Final = 1 << 62
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of `unit` microseconds from `start` on (since 1970). `before` is how many times lie before each cell,
    `inside` the offsets of those in it: a row for the first in each cell, one for the second, and so on; `NEVER`
    where there is none.
    """

    start: int
    unit: int
    before: tuple[int, ...]
    inside: tuple[tuple[int, ...], ...]


def grid(bounds: Sequence[exp.Expr]) -> Grid | None:
    """The grid of some literals of times in order; None where too many cells would be needed."""
    moments = [_micros(bound) for bound in bounds]
    for unit in _UNITS:
        start = moments[0] // unit * unit
        count = (moments[-1] - start) // unit + 1
        if count > MOST_CELLS:
            return None
        cells: list[list[int]] = [[] for _ in range(count)]
        for moment in moments:
            cells[(moment - start) // unit].append((moment - start) % unit)
        deepest = max(map(len, cells))
        if deepest <= MOST_INSIDE:
            before, total = [], 0
            for cell in cells:
                before.append(total)
                total += len(cell)
            rows = (tuple(cell[n] if n < len(cell) else NEVER for cell in cells) for n in range(deepest))
            return Grid(start, unit, tuple(before), tuple(rows))
    return None


def _micros(bound: exp.Expr) -> int:
    """Microseconds since 1970 of `CAST('…' AS …)`; what has no zone is taken as UTC."""
    moment = datetime.fromisoformat(bound.this.name)  # of a day its beginning
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)
