"""What the segments of KPIs share: how they are named, and which of them stands for the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kpidsl.assess.numbers import member
from kpidsl.assess.results import Assessment, Member, Segment
from kpidsl.assess.status import WORST_FIRST
from kpidsl.plan import nodes as n
from kpidsl.records import dataclass

Members = tuple[tuple[str, Member], ...]
MOST_NAMED = 10_000
"""Of so many members of dimensions the names are kept for the next KPI."""
_RANK = {status: place for place, status in enumerate(WORST_FIRST)}


@dataclass(slots=True)
class Named:
    """The members of segments beside their dimensions, one record for all KPIs whose answers share a key, and one
    list for all whose answers share the keys. They are kept beside the key itself, whose identity would otherwise be
    given to another one after it.
    """

    kept: dict[tuple[int, tuple[str, ...]], tuple[object, Members]]
    lists: dict[tuple[int, tuple[str, ...]], tuple[object, Sequence[Members]]]

    def all_of(self, by: tuple[str, ...], keys: Sequence[tuple[object, ...]]) -> Sequence[Members]:
        known = self.lists.get((id(keys), by))
        if known is None:
            known = self.lists[id(keys), by] = keys, [self.members(by, key) for key in keys]
        return known[1]

    def members(self, by: tuple[str, ...], key: tuple[object, ...]) -> Members:
        known = self.kept.get((id(key), by))
        if known is not None:
            return known[1]
        found = tuple([(dimension, member(one)) for dimension, one in zip(by, key, strict=True)])
        if len(self.kept) < MOST_NAMED:
            self.kept[id(key), by] = key, found
        return found


def told_by(plan: n.SlicePlan) -> list[n.Step]:
    """What tells which segments there are: value, comparisons, trend and target."""
    steps = [plan.value.step, *(question.step for _, question in plan.comparisons)]
    steps.extend(question.step for question in plan.trend)
    if plan.target is not None:
        steps.extend(step for step in (plan.target.low, plan.target.high) if step is not None)
    return steps


@dataclass(slots=True)
class Worst:
    """The first of the segments whose status is the worst; those that are kept back tell nothing."""

    found: Segment | None = None

    def look_at(self, segment: Segment) -> None:
        judged = segment.assessment
        if judged.value_undefined != "suppressed" and (
            self.found is None or _RANK[judged.status] < _RANK[self.found.assessment.status]
        ):
            self.found = segment

    def given_to(self, whole: Assessment) -> Assessment:
        """The whole with the status of its worst segment."""
        if self.found is None:
            return whole
        named = ", ".join(str(value) for _, value in self.found.by)
        judged = self.found.assessment
        return replace(whole, status=judged.status, reason=f"{named}: {judged.reason}")
