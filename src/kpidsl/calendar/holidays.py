"""Business days: Monday to Friday without the holidays of a calendar; and the holidays of countries, by a library."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import lru_cache

YEARS = range(1900, 2101)
"""The years whose holidays are known of a country."""


class NoHolidays(ValueError):
    """Holidays that cannot be had. `known` are the names that could have been meant."""

    def __init__(self, message: str, known: tuple[str, ...] = (), hint: str | None = None) -> None:
        super().__init__(message)
        self.known = known
        self.hint = hint


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


def month_counts(holidays: frozenset[date]) -> tuple[date, tuple[int, ...]] | None:
    """The holidays on weekdays, counted so that a day is looked up in one step: the first month, and for each month
    from the one before it to the one after the last, 2^31 times the holidays before the month, plus 2^(day - 1) for
    each holiday in it. None where there are none.
    """
    days = sorted(day for day in holidays if day.weekday() < 5)
    if not days:
        return None
    first = days[0].replace(day=1)
    masks = [0] * (_months(days[-1]) - _months(first) + 3)
    for day in days:
        masks[_months(day) - _months(first) + 1] |= 1 << (day.day - 1)
    found: list[int] = []
    before = 0
    for mask in masks:
        found.append((before << 31) + mask)
        before += mask.bit_count()
    return first, tuple(found)


def _months(day: date) -> int:
    return day.year * 12 + day.month


@lru_cache(maxsize=16)
def holidays_of(name: str) -> frozenset[date]:
    """The public holidays of a country (`DE`), a part of one (`DE-BY`), or a financial market (`NYSE`), in `YEARS`.

    Raises `NoHolidays` for a name that is none, and where the library is not installed.
    """
    try:
        import holidays
    except ImportError as error:
        raise NoHolidays(
            "holidays of countries come from a library that is not installed",
            hint="pip install 'kpidsl[holidays]', or name a file: `holidays csv(\"holidays.csv\")`",
        ) from error
    country, _, part = name.partition("-")
    markets = holidays.list_supported_financial(include_aliases=True)
    if name in markets:
        return frozenset(holidays.financial_holidays(name, years=YEARS))
    parts = holidays.list_supported_countries(include_aliases=True)
    if country not in parts:
        raise NoHolidays(f"there are no holidays of `{country}`", (*parts, *markets))
    if "-" in name and part not in parts[country]:
        raise NoHolidays(
            f"there are no holidays of `{part}` in {country}",
            tuple(f"{country}-{one}" for one in parts[country]),
            None if parts[country] else f'{country} has no parts: `holidays "{country}"`',
        )
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=YEARS))
