"""The oracle's own calendar: civil time, units and shifts, slow and plain. Instants are aware UTC datetimes.

A civil time that occurs twice means the first; one that does not exist is read with the offset before the change
(`datetime.fold` 0 gives both). Hours are those of zones whose clocks change by whole hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oracle.weeks import Weeks

WORDS = {
    "second": "second",
    "minute": "minute",
    "hour": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "half": "half",
    "halves": "half",
    "year": "year",
}
ELAPSED = {"second": timedelta(seconds=1), "minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTH_NAMES: tuple[str, ...] = ("january", "february", "march", "april", "may", "june", "july")
MONTH_NAMES += ("august", "september", "october", "november", "december")


def grain(word: str) -> str:
    """`months` → `month`."""
    return WORDS.get(word) or WORDS[word.removesuffix("s")]


@dataclass(frozen=True, slots=True)
class Unit:
    grain: str
    fiscal: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open window `[start, end)`; `start` is None where it has no beginning."""

    start: datetime | None
    end: datetime


@dataclass(frozen=True, slots=True)
class Almanac:
    """A calendar: time zone, first day of the week (0 Monday), first month of the fiscal year and what names it; with
    `weeks` the fiscal year is of whole weeks instead.
    """

    timezone: str = "UTC"
    week_start: int = 0
    fiscal_month: int = 1
    named_by: str = "start"
    holidays: frozenset[date] = frozenset()
    weeks: Weeks | None = None

    def business_days(self, start: date, end: date) -> int:
        """The days after `start` up to `end` that are neither Saturday, Sunday nor a holiday; backwards, as a negative
        number, where `end` is earlier.
        """
        early, late = min(start, end), max(start, end)
        days = (early + timedelta(days=n) for n in range(1, (late - early).days + 1))
        count = sum(day.weekday() < 5 and day not in self.holidays for day in days)
        return count if end >= start else -count

    # ------------------------------------------------------------ civil time
    def instant(self, civil: datetime, zone: str | None = None) -> datetime:
        return civil.replace(tzinfo=ZoneInfo(zone or self.timezone), fold=0).astimezone(UTC)

    def civil(self, instant: datetime) -> datetime:
        return instant.astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None, fold=0)

    def day(self, day: date) -> datetime:
        """The instant a civil day begins."""
        return self.instant(datetime.combine(day, time()))

    # ------------------------------------------------------------ units
    def by_weeks(self, unit: Unit) -> Weeks | None:
        """The years of whole weeks that a unit is counted in."""
        return self.weeks if unit.fiscal and unit.grain in (*MONTHS, "week") else None

    def _first_month(self, unit: Unit) -> int:
        return self.fiscal_month if unit.fiscal else 1

    def start_of(self, unit: Unit, instant: datetime) -> datetime:
        """The start of the unit that holds an instant."""
        civil = self.civil(instant)
        if unit.grain in ELAPSED:
            into = timedelta(microseconds=civil.microsecond)
            into += timedelta(seconds=civil.second if unit.grain != "second" else 0)
            into += timedelta(minutes=civil.minute if unit.grain == "hour" else 0)
            return instant - into  # elapsed, so that both hours of an autumn night have their own start
        day = civil.date()
        weeks = self.by_weeks(unit)
        if weeks is not None and unit.grain == "week":
            while (day - weeks.end(weeks.year_of(day) - 1)).days % 7:
                day -= timedelta(days=1)
        elif weeks is not None:
            year, month = weeks.month_of(day)
            day = weeks.month_start(year, month - month % MONTHS[unit.grain])
        elif unit.grain == "week":
            day -= timedelta(days=(day.weekday() - self.week_start) % 7)
        elif unit.grain != "day":
            back = (day.month - self._first_month(unit)) % MONTHS[unit.grain]
            day = add_months(day.replace(day=1), -back)
        return self.day(day)

    def step(self, boundary: datetime, unit: Unit, count: int) -> datetime:
        """The boundary `count` units after (before, where negative) a boundary of the unit."""
        if unit.grain in ELAPSED:
            return boundary + count * ELAPSED[unit.grain]
        day = self.civil(boundary).date()
        if unit.grain in ("day", "week"):
            return self.day(day + timedelta(days=count * (7 if unit.grain == "week" else 1)))
        weeks = self.by_weeks(unit)
        if weeks is not None:
            year, month = weeks.month_of(day)
            return self.day(weeks.month_start(year, month + count * MONTHS[unit.grain]))
        return self.day(add_months(day, count * MONTHS[unit.grain]))

    def periods(self, unit: Unit, span: Span) -> list[Span]:
        """The complete units inside a window, in order of time."""
        assert span.start is not None, "a series needs a window with a beginning"
        start = self.start_of(unit, span.start)
        if start < span.start:
            start = self.step(start, unit, 1)
        found = []
        while (end := self.step(start, unit, 1)) <= span.end:
            found.append(Span(start, end))
            start = end
        return found

    # ------------------------------------------------------------ shifts
    def back(self, instant: datetime, count: int, unit: Unit) -> datetime:
        """An anchor moved back: by months and longer it keeps the civil time since the start of its month, capped."""
        if unit.grain in ELAPSED:
            return instant - count * ELAPSED[unit.grain]
        civil = self.civil(instant)
        if instant == self.day(civil.date()):  # where clocks skip midnight the day still begins at 0
            civil = datetime.combine(civil.date(), time())
        if unit.grain in ("day", "week"):
            return self.instant(civil - timedelta(days=count * (7 if unit.grain == "week" else 1)))
        weeks = self.by_weeks(unit)
        if weeks is not None:
            year, month = weeks.month_of(civil.date())
            first = weeks.month_start(year, month)
            target = weeks.month_start(year, month - count * MONTHS[unit.grain])
            after = weeks.month_start(year, month - count * MONTHS[unit.grain] + 1)
        else:
            first = civil.date().replace(day=1)
            target = add_months(first, -count * MONTHS[unit.grain])
            after = add_months(target, 1)
        elapsed = civil - datetime.combine(first, time())
        length = after - target
        return self.instant(datetime.combine(target, time()) + min(elapsed, length))

    # ------------------------------------------------------------ named periods
    def period(self, text: str) -> tuple[Span, Unit]:
        """`2026`, `2026-Q1`, `2026-H1`, `2026-03`, `2026-W05`, `FY2026`, `FY2026-Q2` and its unit."""
        fiscal = text.startswith("FY")
        year, _, part = text.removeprefix("FY").partition("-")
        number = int(year)
        if fiscal and self.weeks is not None:
            return self._period_of_weeks(self.weeks, number, part)
        if part.startswith("W"):
            # The week with 4 January, or for other week starts its like: the first that has four days in the year.
            unit = Unit("week")
            first = self.start_of(unit, self.day(date(number, 1, 4)))
            start = self.step(first, unit, int(part[1:]) - 1)
            return Span(start, self.step(start, unit, 1)), unit
        if fiscal and self.named_by == "end" and self.fiscal_month != 1:
            number -= 1
        begin = date(number, self.fiscal_month if fiscal else 1, 1)
        if part.startswith("Q"):
            unit, count = Unit("quarter", fiscal), int(part[1:]) - 1
        elif part.startswith("H"):
            unit, count = Unit("half", fiscal), int(part[1:]) - 1
        elif part:
            unit, count = Unit("month", fiscal), int(part) - 1
        else:
            unit, count = Unit("year", fiscal), 0
        start = self.step(self.day(begin), unit, count)
        return Span(start, self.step(start, unit, 1)), unit

    def _period_of_weeks(self, weeks: Weeks, name: int, part: str) -> tuple[Span, Unit]:
        year = weeks.year_named(name, self.named_by)
        if part.startswith("W"):
            first = weeks.end(year - 1) + timedelta(days=7 * (int(part[1:]) - 1))
            return Span(self.day(first), self.day(first + timedelta(days=7))), Unit("week", fiscal=True)
        grain = {"Q": "quarter", "H": "half", "": "year"}.get(part[:1], "month")
        count = (int(part.lstrip("QH")) - 1) * MONTHS[grain] if part else 0
        start = weeks.month_start(year, count)
        return Span(self.day(start), self.day(weeks.month_start(year, count + MONTHS[grain]))), Unit(grain, fiscal=True)


def add_months(first: date, count: int) -> date:
    """The first of a month `count` months on."""
    months = first.year * 12 + first.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def as_of(text: str, almanac: Almanac) -> datetime:
    """The anchor: a date means the end of that day, an instant itself (civil unless it has an offset)."""
    if len(text) == len("2026-03-31"):
        return almanac.day(date.fromisoformat(text) + timedelta(days=1))
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else almanac.instant(moment)
