"""Units made of whole days, each numbered along an unbroken line: day, week, month … fiscal year.

A number is only meaningful for its unit and calendar; neighbours differ by one. Days are ordinals (`date.toordinal()`).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, assert_never

from kpidsl.calendar.grain import Grain, Unit
from kpidsl.calendar.retail import Retail, fiscal_year_of, month_weeks, year_start
from kpidsl.calendar.zone import OUT_OF_RANGE, REACH

if TYPE_CHECKING:
    from kpidsl.calendar.model import Calendar


def number_of(calendar: Calendar, unit: Unit, ordinal: int) -> int:
    """The number of the unit that holds a day."""
    retail = calendar.retail if unit.fiscal else None
    match unit.grain:
        case Grain.DAY:
            return ordinal
        case Grain.WEEK:
            return (ordinal - _week_origin(calendar, retail)) // 7
        case Grain.MONTH | Grain.QUARTER | Grain.HALF | Grain.YEAR:
            if retail is not None:
                return _retail_month(retail, ordinal) // unit.grain.months
            day = date.fromordinal(ordinal)
            return (day.year * 12 + day.month - 1 - _months_late(calendar, unit)) // unit.grain.months
        case Grain.HOUR | Grain.MINUTE | Grain.SECOND:
            raise ValueError(f"a {unit.singular} is not made of days")
        case _:
            assert_never(unit.grain)


def first_day(calendar: Calendar, unit: Unit, number: int) -> int:
    """The first day of a unit. ValueError outside the years the calendar covers."""
    retail = calendar.retail if unit.fiscal else None
    match unit.grain:
        case Grain.DAY:
            return number
        case Grain.WEEK:
            return number * 7 + _week_origin(calendar, retail)
        case Grain.MONTH | Grain.QUARTER | Grain.HALF | Grain.YEAR:
            if retail is not None:
                year, month = divmod(number * unit.grain.months, 12)
                _check_year(year)
                return year_start(retail, year) + 7 * month_weeks(retail.pattern)[month]
            year, month = divmod(number * unit.grain.months + _months_late(calendar, unit), 12)
            _check_year(year)
            return date(year, month + 1, 1).toordinal()
        case Grain.HOUR | Grain.MINUTE | Grain.SECOND:
            raise ValueError(f"a {unit.singular} is not made of days")
        case _:
            assert_never(unit.grain)


def _check_year(year: int) -> None:
    if not REACH[0] <= year <= REACH[1]:
        raise ValueError(OUT_OF_RANGE)


def _week_origin(calendar: Calendar, retail: Retail | None) -> int:
    """A day on which a week starts; ordinal 1 is a Monday."""
    return 1 + (calendar.week_start if retail is None else (retail.weekday + 1) % 7)


def _months_late(calendar: Calendar, unit: Unit) -> int:
    """How many months after January the unit's year starts."""
    return calendar.fiscal_start_month - 1 if unit.fiscal else 0


def _retail_month(retail: Retail, ordinal: int) -> int:
    year = fiscal_year_of(retail, ordinal)
    week = (ordinal - year_start(retail, year)) // 7
    passed = month_weeks(retail.pattern)
    month = 11
    while passed[month] > week:
        month -= 1
    return year * 12 + month
