"""What follows of hidden groups by adding and subtracting those that are shown, over dimensions that cross each other.

A group is the sum of its cells, the combinations of members that may have rows. One follows from others where every
change of the cells that leaves those as they are leaves it, too: one such change, made of chance numbers, tells.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from random import Random
from typing import Final

Key = tuple[object, ...]
Group = tuple[tuple[str, ...], Key]

MOST_CELLS: Final = 20_000
"""Of more combinations it is not looked at what follows."""
MOST_STEPS: Final = 4_000_000
"""Nor where that takes more additions: two seconds of them."""
_PRIME: Final = 2**61 - 1


class Cells:
    """The cells of each group; none where there are too many, or groups are parts of each other without crossing."""

    def __init__(self, sizes: Mapping[Group, int | None]) -> None:
        self.of: dict[Group, list[int]] = {}
        kinds = list(dict.fromkeys(by for by, _ in sizes))
        finest = [by for by in kinds if not any(set(by) < set(other) for other in kinds)]
        if all(set(one) <= set(other) or set(other) <= set(one) for one in kinds for other in kinds):
            return
        cells = _joined(finest, [group for group, n in sizes.items() if n != 0])
        self.groups: list[list[Group]] = [[] for _ in cells]
        for number, cell in enumerate(cells):
            for by in kinds:
                group = by, tuple([cell[name] for name in by])
                if group in sizes:
                    self.of.setdefault(group, []).append(number)
                    self.groups[number].append(group)

    def following(self, shown: Iterable[Group], asked: Collection[Group]) -> list[Group]:
        """Those groups that follow from others."""
        change = self._change(sorted((self.of[group] for group in shown if group in self.of), key=len))
        if change is None:
            return []
        return [
            group for group in asked if group in self.of and not sum(change[cell] for cell in self.of[group]) % _PRIME
        ]

    def _change(self, known: Sequence[Sequence[int]]) -> list[int] | None:
        """A change of each cell, by chance, that changes no sum over known groups; None where that takes long."""
        steps = 0
        turn: dict[int, int] = {}
        rows: dict[int, dict[int, int]] = {}  # what a cell is by others, none of them one of the rows before
        for cells in known:
            left = dict.fromkeys(cells, 1)
            open_ = [(turn[cell], cell) for cell in cells if cell in rows]
            heapify(open_)
            while open_:
                _, first = heappop(open_)
                factor = left.pop(first, 0)
                steps += len(rows[first])
                for cell, coefficient in rows[first].items() if factor else ():
                    if cell not in left and cell in rows:
                        heappush(open_, (turn[cell], cell))
                    sum_ = (left.get(cell, 0) + factor * coefficient) % _PRIME
                    if sum_:
                        left[cell] = sum_
                    else:
                        left.pop(cell, None)
            if steps > MOST_STEPS:
                return None
            if left:
                cell, coefficient = left.popitem()
                turn[cell] = len(turn)
                inverse = pow(-coefficient, -1, _PRIME)
                rows[cell] = {other: its * inverse % _PRIME for other, its in left.items()}
        chance = Random(0)  # noqa: S311 -- no secret
        change = [chance.randrange(_PRIME) for _ in self.groups]
        for cell, others in reversed(rows.items()):
            change[cell] = sum(coefficient * change[other] for other, coefficient in others.items()) % _PRIME
        return change

    def beside(self, group: Group, is_shown: Callable[[Group], bool]) -> list[Group]:
        """Shown groups that are parts of a total that a group is part of, too: of the smallest that has some; or else
        the totals themselves.
        """
        own = set(self.of[group])
        totals = {one for cell in own for one in self.groups[cell] if is_shown(one)}
        for total in sorted(totals, key=lambda one: (len(self.of[one]), str(one))):
            within = set(self.of[total])
            parts = {one for cell in within - own for one in self.groups[cell] if is_shown(one) and one not in totals}
            inside = [one for one in parts if within.issuperset(self.of[one])]
            if inside:
                return inside
        return [one for one in totals if one[0]] or list(totals)


def _joined(kinds: Sequence[tuple[str, ...]], groups: Iterable[Group]) -> list[dict[str, object]]:
    """The combinations of members that agree with a group of each kind; none where there are too many."""
    of_kind: dict[tuple[str, ...], list[Key]] = {by: [] for by in kinds}
    for by, key in groups:
        if by in of_kind:
            of_kind[by].append(key)
    found: list[dict[str, object]] = [{}]
    for by, keys in of_kind.items():
        shared = [name for name in by if name in found[0]] if found else []
        matching: dict[Key, list[dict[str, object]]] = {}
        for key in keys:
            members = dict(zip(by, key, strict=True))
            matching.setdefault(tuple([members[name] for name in shared]), []).append(members)
        joined = []
        for cell in found:
            for members in matching.get(tuple([cell[name] for name in shared]), ()):
                joined.append({**cell, **members})
                if len(joined) > MOST_CELLS:
                    return []
        found = joined
    return found
