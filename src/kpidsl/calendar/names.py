"""What periods are called, and which period a name means: 2026, 2026-H1, 2026-Q1, 2026-03, 2026-W05, FY2026,
FY2026-Q2 …

Everything behind `FY2026-` counts within the fiscal year: `FY2026-03` is its third month, whatever that month is
called. Weeks are numbered as ISO 8601 does it, carried over to other week starts: a week belongs to the year that
holds its fourth day, which is the year that holds most of it. (With weeks from Sunday these are the weeks of
epidemiology, MMWR.) Fiscal weeks have numbers of their own only with a retail pattern.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, assert_never

from kpidsl.calendar.days import first_day, number_of
from kpidsl.calendar.grain import Grain, Unit
from kpidsl.calendar.retail import year_start
from kpidsl.calendar.zone import FIRST_YEAR, LAST_YEAR
from kpidsl.patterns import regex

if TYPE_CHECKING:
    from kpidsl.calendar.model import Calendar

_PERIOD = regex(r"(FY)?([0-9]{4})(?:-([HQW]?)([0-9]{1,2}))?")
_GRAINS = {"": Grain.MONTH, "H": Grain.HALF, "Q": Grain.QUARTER, "W": Grain.WEEK}
_LETTERS = {grain: letter for letter, grain in _GRAINS.items()}
_DIGITS = {Grain.HALF: 1, Grain.QUARTER: 1, Grain.WEEK: 2, Grain.MONTH: 2}
_FORMS = "write 2026, 2026-H1, 2026-Q1, 2026-03, 2026-W05, FY2026 or FY2026-Q2"


def period_name(calendar: Calendar, unit: Unit, number: int) -> str:
    """The name of a unit of whole days by its number."""
    match unit.grain:
        case Grain.DAY:
            return date.fromordinal(number).isoformat()
        case Grain.WEEK:
            return _week_name(calendar, unit, number)
        case Grain.YEAR:
            return _year_name(calendar, unit, number)
        case Grain.MONTH | Grain.QUARTER | Grain.HALF:
            year, part = divmod(number, 12 // unit.grain.months)
            digits = _DIGITS[unit.grain]
            return f"{_year_name(calendar, unit, year)}-{_LETTERS[unit.grain]}{part + 1:0{digits}d}"
        case Grain.HOUR | Grain.MINUTE | Grain.SECOND:
            raise ValueError(f"a {unit.singular} has no number")
        case _:
            assert_never(unit.grain)


def parse_period(text: str, calendar: Calendar) -> tuple[Unit, int]:
    """The unit and number of a named period. ValueError, with a sentence for its writer, where there is no such
    period.
    """
    unit = period_unit(text)
    found = _PERIOD.fullmatch(text)
    assert found is not None
    year = int(found[2])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"{text} does not exist: the calendar covers the years {FIRST_YEAR} to {LAST_YEAR}")
    index = _year_number(calendar, unit, year)
    if found[4] is None:
        return unit, index
    part = int(found[4])
    if unit.grain is Grain.WEEK:
        return unit, _week_number(calendar, unit, text, year, part)
    count = 12 // unit.grain.months
    if not 1 <= part <= count or len(found[4]) > _DIGITS[unit.grain]:
        letter, digits = _LETTERS[unit.grain], _DIGITS[unit.grain]
        every = f"{letter}{1:0{digits}d} to {letter}{count:0{digits}d}"
        raise ValueError(f"{text} does not exist: a year has {unit.grain.plural} {every}")
    return unit, index * count + part - 1


def period_unit(text: str) -> Unit:
    """The unit a period's name is of: `2026-Q1` a quarter, `FY2026` a fiscal year. ValueError where it is no
    period's name.
    """
    found = _PERIOD.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is not a period: {_FORMS}")
    fiscal = found[1] is not None
    if found[4] is None:
        return Unit(Grain.YEAR, fiscal)
    grain = _GRAINS[found[3]]
    if len(found[4]) < _DIGITS[grain]:
        part = found[4].zfill(_DIGITS[grain])
        raise ValueError(
            f"{text} is not a period: a {grain.value} is written {found[1] or ''}{found[2]}-{found[3]}{part}"
        )
    return Unit(grain, fiscal)


def period_problem(text: str, calendar: Calendar) -> str | None:
    """Why a period does not exist (2026-W54, 2026-13, 2026-Q5), in a sentence, or None: known before there is an
    anchor.
    """
    try:
        parse_period(text, calendar)
    except ValueError as error:
        return str(error)
    return None


def period_exists(text: str, calendar: Calendar) -> bool:
    return period_problem(text, calendar) is None


def _names_fiscal_year_by_end(calendar: Calendar) -> bool:
    return calendar.fiscal_named_by == "end"


def _year_shift(calendar: Calendar, unit: Unit) -> int:
    """What is added to the number of a year to get the year it is called by."""
    if not unit.fiscal:
        return 0
    if calendar.retail is not None:
        if _names_fiscal_year_by_end(calendar) or calendar.retail.starts_in_year_named_by_its_end:
            return 0
        return -1
    return 1 if _names_fiscal_year_by_end(calendar) and calendar.fiscal_start_month != 1 else 0


def _year_name(calendar: Calendar, unit: Unit, number: int) -> str:
    return f"{'FY' if unit.fiscal else ''}{number + _year_shift(calendar, unit):04d}"


def _year_number(calendar: Calendar, unit: Unit, year: int) -> int:
    return year - _year_shift(calendar, unit)


def _first_week(calendar: Calendar, year: int) -> int:
    """The number of the week that holds 4 January: the first one to have its fourth day in the year."""
    return number_of(calendar, Unit(Grain.WEEK), date(year, 1, 4).toordinal())


def _week_name(calendar: Calendar, unit: Unit, number: int) -> str:
    start = first_day(calendar, unit, number)
    if unit.fiscal and calendar.retail is not None:
        year = number_of(calendar, Unit(Grain.YEAR, fiscal=True), start)
        week = (start - year_start(calendar.retail, year)) // 7 + 1
        return f"{_year_name(calendar, unit, year)}-W{week:02d}"
    fourth = date.fromordinal(start + 3)
    return f"{fourth.year:04d}-W{number - _first_week(calendar, fourth.year) + 1:02d}"


def _week_number(calendar: Calendar, unit: Unit, text: str, year: int, week: int) -> int:
    if unit.fiscal:
        if calendar.retail is None:
            raise ValueError(
                f"{text} does not exist: fiscal years have weeks of their own only with a `pattern` in the calendar"
            )
        index = _year_number(calendar, unit, year)
        first, following = (number_of(calendar, unit, year_start(calendar.retail, at)) for at in (index, index + 1))
    else:
        first, following = _first_week(calendar, year), _first_week(calendar, year + 1)
    if not 1 <= week <= following - first:
        name = text.partition("-")[0]
        raise ValueError(f"{text} does not exist: {name} has {following - first} weeks, W01 to W{following - first}")
    return first + week - 1
