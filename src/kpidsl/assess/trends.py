"""Windows and points of a trend, as the document holds them and as statistics take them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from kpidsl.assess.numbers import value_of
from kpidsl.assess.points import Point
from kpidsl.assess.results import TrendPoint, WindowResult
from kpidsl.calendar import Calendar, Window
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.plan.nodes import Question

Trend = Sequence[tuple[Question, Scalar | Missing]]
"""What was asked at each anchor of a trend, and what was found, oldest first."""


def window_result(window: Window | None, calendar: Calendar) -> WindowResult | None:
    """A window in the calendar's zone."""
    if window is None:
        return None
    found = _SHOWN.get(id(window))
    if found is None or found[0] is not window or found[1] is not calendar:
        if len(_SHOWN) >= MOST_SHOWN:
            _SHOWN.clear()
        found = _SHOWN[id(window)] = (window, calendar, _shown(window, calendar))
    return found[2]


@lru_cache(maxsize=1024)
def _shown(window: Window, calendar: Calendar) -> WindowResult:
    start = calendar.local(window.start) if window.start is not None else None
    return WindowResult(window.label, start, calendar.local(window.end))


MOST_SHOWN = 4096
_SHOWN: dict[int, tuple[Window, Calendar, WindowResult]] = {}
"""Windows as they were shown, by identity: a plan has a dozen of them, in thousands of values."""


def trend_points(trend: Trend, calendar: Calendar) -> tuple[TrendPoint, ...]:
    """A trend as the document holds it."""
    points: list[TrendPoint] = []
    for question, found in trend:
        window = window_result(question.window, calendar)
        if isinstance(found, Missing):
            points.append(TrendPoint(window, None, found.reason, found.n, question.partial))
        else:
            value = value_of(found.value, found.exact, calendar)
            points.append(TrendPoint(window, value, None, found.n, question.partial))
    return tuple(points)


def point_of(question: Question, found: Scalar | Missing) -> Point:
    """A value of the trend as statistics take it: one of a period that is not over is none, nor one of another
    definition of its metric.
    """
    if isinstance(found, Missing):
        return Point(question.window, None, found.reason)
    if question.redefined:
        return Point(question.window, None, "definition_changed")
    if question.partial:
        return Point(question.window, None, "not_over")
    assert isinstance(found.value, Fraction)
    return Point(question.window, found.value, None)
