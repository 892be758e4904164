"""What queries cost an engine, and which scans are worth sharing there.

A cost is counted in aggregates over all rows. A scan without any costs PostgreSQL as much as nine of them, SQLite as
eight, MariaDB as fourteen; each column that is grouped by one to three, in SQLite five
(docs/adr/0046-shared-scans-at-the-source.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from kpidsl.engine.groups import BATCH, state_of, unfiltered
from kpidsl.plan.nodes import Cell

if TYPE_CHECKING:
    from kpidsl.engine.shared_scan import Scan

SCAN = 10
KEY = 3
_States = Mapping[tuple[int, int], frozenset[tuple[object, ...]]]
"""What is asked of rows, by the members it is asked for: these by identity, with their number."""


def worthwhile(several: Sequence[Scan], rest: Iterable[Cell]) -> list[Scan]:
    """The scans that together cost less than asking each grouping for what they answer; `rest` is asked so anyway."""
    alone = [_states(one.cells) for one in several]
    beside = _states(rest)
    own = [SCAN + KEY * len(one.leaves) + len({unfiltered(cell) for cell in one.cells}) for one in several]
    kept = list(range(len(several)))

    def cost(left: Sequence[int]) -> int:
        others = [states for place, states in enumerate(alone) if place not in left]
        return sum(own[place] for place in left) + _direct([beside, *others])

    best = cost(kept)
    while kept:
        least, without = min((cost([one for one in kept if one != place]), place) for place in kept)
        if least > best:
            break
        best = least
        kept.remove(without)
    return [several[place] for place in kept] if best < cost([]) else []


def is_much(cells: Iterable[Cell]) -> bool:
    """Whether asking each grouping for cells costs so much that a shared scan may cost less."""
    return _direct([_states(cells)]) > 2 * SCAN


def _direct(several: Iterable[_States]) -> int:
    together: dict[tuple[int, int], set[tuple[object, ...]]] = {}
    for states in several:
        for members, own in states.items():
            together.setdefault(members, set()).update(own)
    return sum(-(-len(states) // BATCH) * (SCAN + KEY * width) + len(states) for (_, width), states in together.items())


def _states(cells: Iterable[Cell]) -> _States:
    found: dict[tuple[int, int], set[tuple[object, ...]]] = {}
    for cell in cells:
        found.setdefault((id(cell.members), len(cell.members)), set()).add(state_of(cell))
    return {members: frozenset(states) for members, states in found.items()}
