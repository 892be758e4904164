"""Fiscal years of whole weeks: 4-4-5, 4-5-4 and 5-4-4, with 52 or 53 weeks.

The year ends on a given weekday, either its last one in a month or the one nearest a date; a year of 53 weeks has the
extra one in its last month. Source of the 4-5-4 form: National Retail Federation, "4-5-4 Calendar".
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from kpidsl.records import dataclass

Week53 = Literal["blank", "week 1", "restated"]
PATTERNS = ("4-4-5", "4-5-4", "5-4-4")
WEEK_53: tuple[Week53, ...] = ("blank", "week 1", "restated")


@dataclass(frozen=True, slots=True)
class Retail:
    """How a fiscal year of whole weeks is cut: weeks per month of a quarter, and the weekday (Monday 0) on which the
    year ends.

    `last`: the last such weekday of `month`. `nearest`: the one nearest `day` of `month` (at most three days off).
    `week_53` says what a window inside the 53rd week compares with a year earlier: nothing (`blank`), or the week
    after those 52 (`week 1`, of its own year where one year is meant); with `restated` every window compares with what
    lies 52 weeks earlier for each year. ValueError where a part is none of these.
    """

    pattern: Literal["4-4-5", "4-5-4", "5-4-4"]
    rule: Literal["last", "nearest"]
    weekday: int
    month: int
    day: int | None = None
    week_53: Week53 = "blank"

    def __post_init__(self) -> None:
        if self.pattern not in PATTERNS:
            raise ValueError(
                f"{self.pattern} is no pattern of weeks: write {', '.join(PATTERNS[:-1])} or {PATTERNS[-1]}"
            )
        if not 0 <= self.weekday <= 6:
            raise ValueError(f"{self.weekday} is no weekday: Monday is 0, Sunday is 6")
        if not 1 <= self.month <= 12:
            raise ValueError(f"{self.month:02d} is no month: a year has months 01 to 12")
        if self.week_53 not in WEEK_53:
            raise ValueError(f"week 53 compares {', '.join(WEEK_53[:-1])} or {WEEK_53[-1]}")
        match self.rule:
            case "last":
                if self.day is not None:
                    raise ValueError("a year that ends on the last weekday of a month names no day")
            case "nearest":
                if self.day is None or not 1 <= self.day <= monthrange(2001, self.month)[1]:
                    raise ValueError("a year that ends nearest a date needs a month and day that every year has")

    @property
    def starts_in_year_named_by_its_end(self) -> bool:
        """Whether the year runs, but for the odd days, from January to December: its first day may fall on either side
        of New Year. The last weekday of December is the one nearest 28 December.
        """
        return self.month == 12 and (self.day is None or self.day >= 28)


@lru_cache(maxsize=4096)
def year_start(retail: Retail, year: int) -> int:
    """The ordinal of the first day of the fiscal year whose end falls due in calendar year `year`."""
    return _year_end(retail, year - 1) + 1


def _year_end(retail: Retail, year: int) -> int:
    if retail.day is None:
        last = date(year, retail.month, monthrange(year, retail.month)[1])
        return last.toordinal() - (last.weekday() - retail.weekday) % 7
    due = date(year, retail.month, retail.day)
    return due.toordinal() + (retail.weekday - due.weekday() + 3) % 7 - 3


def weeks_in_year(retail: Retail, year: int) -> int:
    """52 or 53: the weeks of the fiscal year whose end falls due in calendar year `year`."""
    return (year_start(retail, year + 1) - year_start(retail, year)) // 7


@lru_cache(maxsize=8)
def month_weeks(pattern: str) -> tuple[int, ...]:
    """How many weeks of the year have passed when each of its twelve months starts."""
    quarter = [int(weeks) for weeks in pattern.split("-")]
    return tuple(accumulate((quarter * 4)[:-1], initial=0))


def fiscal_year_of(retail: Retail, ordinal: int) -> int:
    """The calendar year in which the end of the fiscal year holding a day falls due."""
    year = date.fromordinal(ordinal).year
    while year_start(retail, year) > ordinal:
        year -= 1
    while year_start(retail, year + 1) <= ordinal:
        year += 1
    return year
