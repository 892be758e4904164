"""The oracle's fiscal years of whole weeks, counted out day by day from their definition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Weeks:
    """A year that ends on a weekday (Monday 0): its last one in a month, or the one nearest `day` of it. `months` are
    the weeks of the three months of a quarter; an odd week is the last month's. `week_53` is what such a week compares
    with.
    """

    months: tuple[int, int, int]
    weekday: int
    month: int
    day: int | None
    week_53: str = "blank"

    def end(self, year: int) -> date:
        """The day after the last day of the year whose end falls due in a calendar year."""
        return _end(self, year)

    def starts(self, year: int) -> list[date]:
        """The first days of the twelve months of a year, and the day after its end."""
        first, found = self.end(year - 1), []
        for weeks in self.months * 4:
            found.append(first)
            first += 7 * weeks * DAY
        return [*found, self.end(year)]

    def year_of(self, day: date) -> int:
        (year,) = (y for y in range(day.year - 1, day.year + 3) if self.end(y - 1) <= day < self.end(y))
        return year

    def month_of(self, day: date) -> tuple[int, int]:
        """The year and the number, from 0, of the month a day is in."""
        year = self.year_of(day)
        return year, max(n for n, first in enumerate(self.starts(year)[:12]) if first <= day)

    def month_start(self, year: int, month: int) -> date:
        """The first day of a month; months count on into other years."""
        return self.starts(year + month // 12)[month % 12]

    def length(self, year: int) -> int:
        """How many weeks a year has."""
        return (self.end(year) - self.end(year - 1)).days // 7

    def year_named(self, name: int, named_by: str) -> int:
        """The calendar year in which the end of the year of that name falls due."""
        january_to_december = self.month == 12 and self.day in (None, 31)
        return name if named_by == "end" or january_to_december else name + 1


@cache
def _end(weeks: Weeks, year: int) -> date:
    if weeks.day is None:
        on = date(year + weeks.month // 12, weeks.month % 12 + 1, 1) - DAY
        while on.weekday() != weeks.weekday:
            on -= DAY
    else:
        due = date(year, weeks.month, weeks.day)
        near = [due + away * DAY for away in range(-3, 4)]
        (on,) = (day for day in near if day.weekday() == weeks.weekday)
    return on + DAY
