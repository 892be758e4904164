"""Anchors moved back in time, and as-of texts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never

from kpidsl.calendar.grain import Grain, Unit
from kpidsl.calendar.model import Calendar, Window
from kpidsl.calendar.retail import weeks_in_year, year_start
from kpidsl.calendar.zone import FIRST_YEAR, LAST_YEAR, OUT_OF_RANGE, at_civil, day_of, day_start, in_utc
from kpidsl.patterns import regex

_NONE = timedelta(0)
_JUST = timedelta(microseconds=1)
_WEEK = Unit(Grain.WEEK)
_FISCAL_YEAR = Unit(Grain.YEAR, fiscal=True)


def shift_anchor(anchor: datetime, count: int, unit: Unit, calendar: Calendar) -> datetime:
    """The anchor `count` units earlier (later where negative).

    By months and what is made of them it keeps the civil time elapsed since the start of its month, capped at the
    length of the month it comes to, so that a month boundary stays one. By weeks and days it keeps the time of day;
    by hours, minutes and seconds it moves by exactly so much. Fiscal months differ from months only where the fiscal
    year consists of whole weeks. ValueError where this leaves the years the calendar covers.
    """
    anchor = in_utc(anchor)
    if count == 0:
        return anchor
    match unit.grain:
        case Grain.MONTH | Grain.QUARTER | Grain.HALF | Grain.YEAR:
            month = Unit(Grain.MONTH, fiscal=unit.fiscal)
            number = calendar.number_of(month, anchor)
            elapsed = _elapsed(anchor, calendar.boundary(month, number), calendar)
            target = number - count * unit.grain.months
            start, end = calendar.boundary(month, target), calendar.boundary(month, target + 1)
            return min(_after(start, elapsed, calendar), end)
        case Grain.WEEK:
            today = day_of(calendar.timezone, anchor)
            elapsed = _elapsed(anchor, day_start(calendar.timezone, today), calendar)
            return _after(day_start(calendar.timezone, today - 7 * count), elapsed, calendar)
        case Grain.DAY:
            midnight = calendar.start_of(unit, anchor)
            elapsed = _elapsed(anchor, midnight, calendar)
            return _after(calendar.step(midnight, unit, -count), elapsed, calendar)
        case Grain.HOUR | Grain.MINUTE | Grain.SECOND:
            try:
                return anchor - timedelta(seconds=count * unit.grain.nominal_seconds)
            except OverflowError:
                raise ValueError(OUT_OF_RANGE) from None
        case _:
            assert_never(unit.grain)


def weeks_earlier(window: Window, count: int, unit: Unit, calendar: Calendar, *, in_weeks: bool) -> int | None:
    """By how many weeks a window in fiscal units moves where it is compared with one some months or years earlier: 0
    where it moves by months and its place in them, None where it compares with nothing.

    Only whole years know of a 53rd week. A window written in weeks (`in_weeks`) keeps its numbers: the fifth week
    meets the fifth. With `restated` every year is 52 weeks, so that after a year of 53 each week
    compares with the one that is called a week later: as the National Retail Federation restates it.
    """
    retail = calendar.retail
    years, rest = divmod(count * unit.grain.months, 12)
    if retail is None or rest or years < 1 or window.start is None:
        return 0
    if retail.week_53 == "restated":
        return 52 * years
    year = calendar.number_of(_FISCAL_YEAR, max(window.end - _JUST, window.start))
    last = year_start(retail, year) + 7 * 52
    starts = day_start(calendar.timezone, last)
    if window.end <= starts or weeks_in_year(retail, year - years) == 53:
        return (year_start(retail, year) - year_start(retail, year - years)) // 7 if in_weeks else 0
    if window.start < starts:
        return 0
    return None if retail.week_53 == "blank" else (last - year_start(retail, year - years + 1)) // 7


def moved_by_weeks(anchor: datetime, window: Window, weeks: int, calendar: Calendar) -> tuple[datetime, Window]:
    """An anchor and a window some weeks earlier."""
    assert window.start is not None
    start, end = (shift_anchor(edge, weeks, _WEEK, calendar) for edge in (window.start, window.end))
    return shift_anchor(anchor, weeks, _WEEK, calendar), Window(start, end, window.label)


def _elapsed(anchor: datetime, start: datetime, calendar: Calendar) -> timedelta:
    """The civil time from the start of a day or month to an anchor in it."""
    if anchor == start:
        return _NONE
    today = day_of(calendar.timezone, anchor)
    if anchor == day_start(calendar.timezone, today):  # midnight, though the clock shows 01:00 where it skips that
        return datetime.fromordinal(today) - _midnight(start, calendar)
    # Clocks that go back over midnight show the evening before once more, within the day that has begun.
    return max(_NONE, calendar.civil(anchor) - _midnight(start, calendar))


def _after(start: datetime, elapsed: timedelta, calendar: Calendar) -> datetime:
    """The instant at which the civil time `elapsed` has passed since the start of a day."""
    return at_civil(calendar.timezone, _midnight(start, calendar) + elapsed) if elapsed else start


def _midnight(start: datetime, calendar: Calendar) -> datetime:
    """The civil midnight of a day from its first instant, which is not midnight where clocks skip that."""
    return datetime.fromordinal(day_of(calendar.timezone, start))


def trend_anchors(anchor: datetime, count: int, unit: Unit, calendar: Calendar) -> tuple[datetime, ...]:
    """The anchor and the `count - 1` earlier ones, a unit apart, oldest first; each moved from the anchor itself,
    so that nothing drifts.
    """
    return tuple(shift_anchor(anchor, back, unit, calendar) for back in range(count - 1, -1, -1))


_AS_OF = regex(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_REMEDY = "write a date such as 2026-03-31 (the end of that day) or an instant such as 2026-03-31T18:00"


def parse_as_of(text: str, calendar: Calendar) -> datetime:
    """The anchor an as-of means: the end of the day for a date; an instant, in the calendar's zone unless it carries
    an offset.

    ValueError, with what to write, for anything else.
    """
    found = _AS_OF.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"`{text}` is neither a date nor an instant: {_REMEDY}")
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(
            f"`{text}` is outside the years {FIRST_YEAR} to {LAST_YEAR}, which the calendar covers: {_REMEDY}"
        )
    try:
        civil_day = date(year, month, day)
        if found[4] is None:
            return day_start(calendar.timezone, civil_day.toordinal() + 1)
        fraction = int((found[7] or "").ljust(6, "0"))
        civil = datetime.combine(civil_day, time(int(found[4]), int(found[5]), int(found[6] or 0), fraction))
        if found[8] is None:
            return calendar.instant(civil)
        return datetime.fromisoformat(f"{civil.isoformat()}{found[8]}").astimezone(UTC)
    except ValueError:
        raise ValueError(f"`{text}` does not exist: {_REMEDY}") from None


def date_threshold(instant: datetime, calendar: Calendar) -> date:
    """The first civil day that starts at or after an instant."""
    instant = in_utc(instant)
    ordinal = day_of(calendar.timezone, instant)
    if day_start(calendar.timezone, ordinal) < instant:
        ordinal += 1
    # A day the zone left out starts where the next one does: dates that name it count as that next day.
    while day_start(calendar.timezone, ordinal - 1) >= instant:
        ordinal -= 1
    return date.fromordinal(ordinal)
