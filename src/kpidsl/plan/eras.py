"""Metrics whose definition changed: values from different definitions are not put together."""

from __future__ import annotations

from datetime import datetime

from kpidsl.plan.nodes import Step, asked

Eras = dict[str, frozenset[int]]
"""For each changing metric, which of its definitions a value rests on: 0 before the first change, 1 after it, …"""


def mixed(a: Eras, b: Eras) -> bool:
    """Whether two values rest on different definitions of one metric."""
    return any(a[metric] != b[metric] for metric in a.keys() & b.keys())


def period_eras(step: Step, changed: tuple[datetime, ...]) -> frozenset[int] | None:
    """The definitions a metric's cells rest on, or None where a change lies inside one of their windows."""
    found: set[int] = set()
    for ask in asked(step):
        start, end = ask.window.start, ask.cell.end
        if any((start is None or start < change) and change < end for change in changed):
            return None
        found.add(sum(1 for change in changed if change < end))
    return frozenset(found)
