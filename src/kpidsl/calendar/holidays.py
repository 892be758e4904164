"""Business days: Monday to Friday without the holidays of a calendar."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import lru_cache


def is_business_day(day: date, holidays: frozenset[date]) -> bool:
    return day.weekday() < 5 and day not in holidays


def business_days_between(start: date, end: date, holidays: frozenset[date]) -> int:
    """The business days after `start` up to and including `end`: the start day is day 0. Negative where `end` is
    before `start`.
    """
    return _up_to(end, holidays) - _up_to(start, holidays)


def _up_to(day: date, holidays: frozenset[date]) -> int:
    """How many business days there are from the year 1 to this day. Ordinal 1 is a Monday."""
    weeks, rest = divmod(day.toordinal(), 7)
    return weeks * 5 + min(rest, 5) - bisect_right(_on_weekdays(holidays), day.toordinal())


@lru_cache(maxsize=16)
def _on_weekdays(holidays: frozenset[date]) -> tuple[int, ...]:
    return tuple(sorted(day.toordinal() for day in holidays if day.weekday() < 5))
