"""Small groups kept back: which values of a KPI would tell of few, by themselves or by what is shown around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kpidsl.assess.following import Cells
from kpidsl.engine.algebra import Evaluation
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.plan.nodes import SlicePlan
from kpidsl.records import dataclass

Key = tuple[object, ...]
Group = tuple[tuple[str, ...], Key]
"""A segment: its dimensions, and its members of them. The whole has neither."""
Sizes = Mapping[Group, int | None]
"""How many rows each group has at one point in time; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """What of a segment is kept back: its value, comparisons and points of the trend by their places; `below` is the
    size from which on a group is shown.
    """

    below: int = 0
    value: bool = False
    comparisons: frozenset[int] = frozenset()
    trend: frozenset[int] = frozenset()

    @property
    def anything(self) -> bool:
        return self.value or bool(self.comparisons) or bool(self.trend)

    def is_small(self, n: int | None) -> bool:
        return n is not None and 0 < n < self.below

    def of(self, value: Scalar | Missing, *, kept_back: bool) -> Scalar | Missing:
        """The value, or that it is kept back, and with it how many rows it has."""
        return Missing("suppressed") if kept_back else value


SHOWN = Hidden()
"""Nothing is kept back."""


def hidden(
    below: int, evaluation: Evaluation, slices: Iterable[tuple[SlicePlan, Sequence[Key]]]
) -> dict[Group, Hidden]:  # fmt: skip
    """What is kept back of each segment of a KPI, and of the whole."""
    counted: dict[Group, tuple[list[int | None], int]] = {}
    for plan, keys in slices:
        steps = [plan.value.step, *(one.step for _, one in plan.comparisons), *(one.step for one in plan.trend)]
        for key in keys:
            members = dict(zip(plan.by, key, strict=True))
            sizes = [evaluation.single(step, members).n for step in steps]
            counted[plan.by, key] = sizes, 1 + len(plan.comparisons)
    places = max((len(sizes) for sizes, _ in counted.values()), default=0)
    at = [kept_back(below, {group: sizes[place] for group, (sizes, _) in counted.items()}) for place in range(places)]
    all_shown = Hidden(below)  # one for all: there may be a hundred thousand
    return {
        group: Hidden(
            below,
            group in at[0],
            frozenset(place - 1 for place in range(1, trend) if group in at[place]),
            frozenset(place - trend for place in range(trend, len(sizes)) if group in at[place]),
        )
        if any(group in hidden_there for hidden_there in at)
        else all_shown
        for group, (sizes, trend) in counted.items()
    }


def kept_back(below: int, sizes: Sizes) -> set[Group]:
    """The groups of one point in time that are not shown.

    Those of fewer than `below` rows, but for none. Then, until nothing changes: all parts of what is not shown; where a
    total is shown, so many of its parts, the smallest first, that at least two are not, of `below` rows together – else
    the total less the others would tell; where there are no more parts, not the total either; and where one of the
    small ones follows from what is shown all the same, the smallest beside it.
    """
    small = {group for group, n in sizes.items() if n is not None and 0 < n < below}
    if not small:
        return small
    families = _families(sizes)
    cells = Cells(sizes)
    found = set(small)
    while True:
        _hide_beside(found, below, sizes, families)
        shown = [group for group, n in sizes.items() if n is not None and group not in found]
        told = cells.following(shown, small) if cells.of else []
        if not told:
            return found
        for group in told:
            beside = cells.beside(group, lambda one: bool(sizes[one]) and one not in found)
            found.update(sorted(beside, key=lambda one: _order(one, sizes))[:1])


def _hide_beside(found: set[Group], below: int, sizes: Sizes, families: Sequence[tuple[Group, list[Group]]]) -> None:
    """Add what has to be hidden beside what is, by each total."""
    before = -1
    while len(found) != before:
        before = len(found)
        for total, parts in families:
            if total in found:
                found.update(parts)
                continue
            missing = [part for part in parts if part in found]
            shown = sorted((part for part in parts if part not in found), key=lambda part: _order(part, sizes))
            while missing and shown and (len(missing) < 2 or sum(sizes[part] or 0 for part in missing) < below):
                missing.append(shown.pop(0))
            found.update(missing)
            if missing and (len(missing) < 2 or sum(sizes[part] or 0 for part in missing) < below):
                found.add(total)  # it is what is missing


def _families(sizes: Sizes) -> list[tuple[Group, list[Group]]]:
    """Each total with its parts by finer dimensions that have rows; the nearest total, which hides what it must, comes
    first.
    """
    kinds = tuple(dict.fromkeys(by for by, _ in sizes))
    finer = {
        (outer, by): _by_total(sizes, outer, by) for outer in kinds for by in kinds if set(outer) < set(by)
    }  # fmt: skip
    return [
        (total, parts)
        for total in sorted(sizes, key=lambda group: -len(group[0]))
        for by in kinds
        if (parts := finer.get((total[0], by), {}).get(total[1]))
    ]


def _by_total(sizes: Sizes, outer: tuple[str, ...], by: tuple[str, ...]) -> dict[Key, list[Group]]:
    places = [by.index(name) for name in outer]
    found: dict[Key, list[Group]] = {}
    for group, n in sizes.items():
        if group[0] == by and n:
            found.setdefault(tuple(group[1][place] for place in places), []).append(group)
    return found


def _order(group: Group, sizes: Sizes) -> tuple[int, list[str]]:
    return sizes[group] or 0, [str(member) for member in group[1]]
