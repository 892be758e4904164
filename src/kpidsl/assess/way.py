"""Figures of a way from a baseline to a target: exact numbers, or the reasons why there are none."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from kpidsl.assess.goal_results import CheckpointResult
from kpidsl.assess.numbers import written
from kpidsl.calendar import Calendar
from kpidsl.engine.algebra import combine
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.records import dataclass

Figure = Scalar | Missing
DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


def number(figure: Figure | None) -> Fraction | None:
    """A figure as a number; None for a reason, and for none."""
    return figure.value if isinstance(figure, Scalar) and isinstance(figure.value, Fraction) else None


def constant(value: Fraction | int) -> Scalar:
    return Scalar(Fraction(value), None, None, True)


def calc(operator: str, a: Figure, b: Figure) -> Figure:
    """`+ - * /`; the reason of what is missing goes on."""
    found = combine(operator, a, b)
    assert isinstance(found, Scalar | Missing)
    return found


def days_between(start: datetime, end: datetime, calendar: Calendar) -> Fraction:
    """Calendar days: a day of 23 hours is a day."""
    return Fraction((calendar.civil(end) - calendar.civil(start)) // _MICROSECOND, DAY // _MICROSECOND)


def elapsed(start: datetime, end: datetime, at: datetime, calendar: Calendar) -> Fraction:
    """τ = (v − s)/(e − s), limited to 0…1."""
    return within(days_between(start, at, calendar) / days_between(start, end, calendar))


def within(part: Fraction) -> Fraction:
    """Limited to 0…1."""
    return min(max(part, Fraction(0)), Fraction(1))


@dataclass(frozen=True, slots=True)
class Point:
    """The value where reaching the target counts; `held` tells whether it does, or why that is not known."""

    label: str
    at: datetime
    value: Figure
    held: bool | Missing

    def result(self, calendar: Calendar) -> CheckpointResult:
        reached = self.held if isinstance(self.held, bool) else None
        end, value = calendar.local(self.at), number(self.value)
        if value is None or isinstance(self.value, Missing):
            why = self.value.reason if isinstance(self.value, Missing) else None
            return CheckpointResult(self.label, end, None, why, reached)
        return CheckpointResult(self.label, end, written(value, self.value.exact), None, reached)
