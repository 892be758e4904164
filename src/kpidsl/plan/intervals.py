"""Intervals placed in time: what is asked besides a value, and besides the values it is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kpidsl.plan import nodes as n
from kpidsl.semantic import values as v

Lower = Callable[[v.Value], n.Step]
"""A value as a step, at the moment and for the segment that is looked at."""


def interval_plan(asked: v.Interval | None, lower: Lower) -> n.IntervalPlan | None:
    if asked is None:
        return None
    parts = tuple(map(lower, asked.parts))
    return n.IntervalPlan(asked.method, asked.level, parts, asked.factor, asked.offset)


def change_plan(asked: v.Interval | None, compared: v.Value, lower: Lower) -> n.IntervalPlan | None:
    """What is asked of a compared value, `previous` or so long ago, for the interval of the change."""
    if asked is None:
        return None
    around: Any = compared
    return interval_plan(replace(asked, parts=tuple(replace(around, operand=part) for part in asked.parts)), lower)
