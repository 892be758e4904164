"""The calendar of a spec set: a time zone, week and year starts, holidays; and the boundaries of units in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal

from kpidsl.calendar import holidays as business
from kpidsl.calendar.clock import clock_start, clock_step
from kpidsl.calendar.days import first_day, number_of
from kpidsl.calendar.grain import Grain, Unit
from kpidsl.calendar.names import period_name
from kpidsl.calendar.retail import Retail
from kpidsl.calendar.zone import civil_of, day_of, day_start, in_utc, in_zone, instant_of, transitions, zone_info
from kpidsl.records import dataclass

MOST_PERIODS = 1_000_000
"""How many periods a window may be cut into."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DATE_LINE = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of time `[start, end)` between two instants in UTC; `start` is None for all time before
    `end`.
    """

    start: datetime | None
    end: datetime
    label: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """What weeks, years and days are. ValueError, in a sentence, for a part that cannot be.

    `week_start`: Monday is 0. The fiscal year starts in `fiscal_start_month` and is named by the calendar year of its
    start or its end; with `retail` it consists of whole weeks instead, and the start month is not used. `holidays` is
    None while the file that lists them is not read.
    """

    timezone: str = "UTC"
    week_start: int = 0
    fiscal_start_month: int = 1
    fiscal_named_by: Literal["start", "end"] = "start"
    retail: Retail | None = None
    holidays: frozenset[date] | None = frozenset()

    def __post_init__(self) -> None:
        zone_info(self.timezone)
        if not 0 <= self.week_start <= 6:
            raise ValueError(f"{self.week_start} is no weekday: Monday is 0, Sunday is 6")
        if not 1 <= self.fiscal_start_month <= 12:
            raise ValueError(f"{self.fiscal_start_month:02d} is no month: a year has months 01 to 12")
        if self.fiscal_named_by not in ("start", "end"):
            raise ValueError("a fiscal year is named by its `start` or its `end`")

    def instant(self, civil: datetime) -> datetime:
        """The instant of a civil time: the first of two, and the offset before the change where clocks skip it."""
        return instant_of(civil, self.timezone)

    def civil(self, instant: datetime) -> datetime:
        """What clocks show at an instant."""
        return civil_of(instant, self.timezone)

    def day_start(self, day: date) -> datetime:
        """The first instant of a civil day."""
        return day_start(self.timezone, day.toordinal())

    def start_of(self, unit: Unit, instant: datetime) -> datetime:
        """The start of the unit that holds an instant: the instant itself where it is a boundary."""
        if unit.grain.is_clock:
            return _moment(clock_start(self.timezone, _seconds(instant), unit.grain.nominal_seconds))
        return self.boundary(unit, self.number_of(unit, instant))

    def number_of(self, unit: Unit, instant: datetime) -> int:
        """The number, along the line of all of them, of the unit of whole days that holds an instant."""
        return number_of(self, unit, day_of(self.timezone, instant))

    def boundary(self, unit: Unit, number: int) -> datetime:
        """The start of a unit of whole days by its number."""
        return day_start(self.timezone, first_day(self, unit, number))

    def step(self, boundary: datetime, unit: Unit, count: int) -> datetime:
        """The boundary `count` units later, or earlier where negative. ValueError where `boundary` is none.

        Days the zone left out (2011-12-30 in Apia) do not count.
        """
        if unit.grain.is_clock:
            self._check_boundary(boundary, unit, self.start_of(unit, boundary))
            return _moment(clock_step(self.timezone, _seconds(boundary), unit.grain.nominal_seconds, count))
        number = self.number_of(unit, boundary)
        self._check_boundary(boundary, unit, self.boundary(unit, number))
        target = self.boundary(unit, number + count)
        if unit.grain is Grain.DAY and abs(target - boundary - timedelta(days=count)) >= _DATE_LINE:
            return self.boundary(unit, self._day_counted(number, count))
        return target

    def _check_boundary(self, instant: datetime, unit: Unit, start: datetime) -> None:
        if instant != start:
            raise ValueError(f"{self.local(instant).isoformat()} is not the start of a {unit.singular}")

    def _day_counted(self, ordinal: int, count: int) -> int:
        """The day `count` days on, where every day the zone left out is passed over."""
        way = 1 if count > 0 else -1
        left_out = self._days_left_out()
        target = ordinal + count
        # Each round adds the days left out that the one before newly passed; there are one or two in any zone's
        # history.
        while True:
            passed = sum(1 for day in left_out if min(ordinal, target) <= day <= max(ordinal, target))
            further = ordinal + count + way * passed
            if further == target:
                return target
            target = further

    def _days_left_out(self) -> tuple[int, ...]:
        found: list[int] = []
        for change in transitions(self.timezone):
            if change.after - change.before >= _DATE_LINE.total_seconds():
                after = civil_of(_moment(change.at), self.timezone).toordinal()
                same = day_start(self.timezone, after)
                found.extend(day for day in (after - 1, after - 2) if day_start(self.timezone, day) == same)
        return tuple(found)

    def periods(self, unit: Unit, start: datetime, end: datetime) -> tuple[Window, ...]:
        """The complete units inside `[start, end)`, oldest first, labelled with their names. ValueError for more
        than `MOST_PERIODS`.
        """
        if (end - start) / timedelta(seconds=unit.grain.nominal_seconds) > MOST_PERIODS:
            raise ValueError(
                f"a window cannot be cut into more than {MOST_PERIODS:,} periods; these would be {unit.plural}"
            )
        start, end = in_utc(start), in_utc(end)
        found: list[Window] = []
        begin = self.start_of(unit, start)
        if begin < start:
            begin = self.step(begin, unit, 1)
        while begin < end:
            following = self.step(begin, unit, 1)
            if following > end:
                break
            found.append(Window(begin, following, self.name_of(unit, begin)))
            begin = following
        return tuple(found)

    def name_of(self, unit: Unit, instant: datetime) -> str:
        """The name of the unit that holds an instant: 2026-Q1, 2026-03, 2020-W53, FY2026-Q2, 2026-03-31,
        2026-03-31T18:00+02:00.
        """
        if unit.grain.is_clock:
            precision = "seconds" if unit.grain is Grain.SECOND else "minutes"
            return self.local(self.start_of(unit, instant)).isoformat(timespec=precision)
        return period_name(self, unit, self.number_of(unit, instant))

    def local(self, instant: datetime) -> datetime:
        """The same instant with the calendar's own offset, as documents write it (2026-04-01T00:00:00+02:00)."""
        return in_zone(instant, self.timezone)

    def is_business_day(self, day: date) -> bool:
        """Whether a day is one of Monday to Friday and no holiday."""
        return business.is_business_day(day, self.known_holidays)

    def business_days_between(self, start: date, end: date) -> int:
        """The business days after `start` up to and including `end`: the start day is day 0. Negative where `end`
        is earlier.
        """
        return business.business_days_between(start, end, self.known_holidays)

    @property
    def known_holidays(self) -> frozenset[date]:
        """The holidays. ValueError where they are not read yet."""
        if self.holidays is None:
            raise ValueError("the holidays of the calendar are not known")
        return self.holidays


def _seconds(instant: datetime) -> int:
    return (in_utc(instant) - _EPOCH) // _SECOND


def _moment(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)
