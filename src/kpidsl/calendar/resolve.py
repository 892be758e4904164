"""From a window as written and an anchor to a stretch of time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from kpidsl.calendar.grain import Grain, Unit
from kpidsl.calendar.model import Calendar, Window
from kpidsl.calendar.names import parse_period, period_name
from kpidsl.calendar.shift import moved_by_weeks, shift_anchor, weeks_earlier
from kpidsl.calendar.windows import AllTime, Days, Last, Next, Period, Since, This, ToDate, Trailing, WindowSpec
from kpidsl.calendar.zone import day_start, in_utc

_JUST = timedelta(microseconds=1)


def resolve(spec: WindowSpec, anchor: datetime, calendar: Calendar) -> Window:
    """The window a spec means at an anchor.

    Named periods and ranges of days end where they say even after the anchor: not to read beyond it is the reader's
    part. ValueError where a period does not exist or the window leaves the years the calendar covers.
    """
    anchor = in_utc(anchor)
    match spec:
        case Last(count, unit):
            end = calendar.start_of(unit, anchor)
            return Window(calendar.step(end, unit, -count), end, spec.label)
        case Next(count, unit):
            start = _start_at_or_after(unit, anchor, calendar)
            return Window(start, calendar.step(start, unit, count), spec.label)
        case Trailing(count, unit):
            return Window(shift_anchor(anchor, count, unit, calendar), anchor, spec.label)
        case ToDate(unit):
            return Window(calendar.start_of(unit, anchor - _JUST), anchor, spec.label)
        case This(unit):
            start = calendar.start_of(unit, anchor - _JUST)
            return Window(start, calendar.step(start, unit, 1), spec.label)
        case Period(text):
            return _named(*parse_period(text, calendar), calendar)
        case Days(first, last):
            following = day_start(calendar.timezone, last.toordinal() + 1)
            return Window(calendar.day_start(first), following, spec.label)
        case Since(first):
            start_of_first = calendar.day_start(first)
            return Window(start_of_first, max(anchor, start_of_first), spec.label)
        case AllTime():
            return Window(None, anchor, spec.label)
        case _:
            assert_never(spec)


def shifted(
    spec: WindowSpec, anchor: datetime, count: int, unit: Unit, calendar: Calendar
) -> tuple[datetime, Window | None]:
    """`… over SPEC COUNT UNIT earlier`: the anchor moved back, and the window as of there.

    A fixed window (a named period, a range of days, the start of a `since`) is itself moved. Where the fiscal year
    consists of whole weeks, months and what is made of them count in the fiscal year for a window in fiscal units, so
    that a fiscal quarter compares with a fiscal quarter; what a 53rd week does to that is the calendar's to say
    (`Retail.week_53`). None for a window that has nothing to compare with.
    """
    if counts_weeks(spec, unit, calendar):
        window = resolve(spec, anchor, calendar)
        weeks = weeks_apart(spec, window, count, unit, calendar)
        if weeks is None or weeks:
            if weeks is None:
                return in_utc(anchor), None
            there, found = moved_by_weeks(anchor, window, weeks, calendar)
            return there, Window(found.start, found.end, f"{spec.label} {unit.counted(count)} earlier")
    moves = counted_in(spec, unit, calendar)
    there = shift_anchor(anchor, count, moves, calendar)
    label = f"{spec.label} {unit.counted(count)} earlier"
    match spec:
        case Last() | Next() | Trailing() | ToDate() | This() | AllTime():
            window = resolve(spec, there, calendar)
            return there, Window(window.start, window.end, label)
        case Period() | Days():
            window = resolve(spec, anchor, calendar)
            assert window.start is not None
            start = shift_anchor(window.start, count, moves, calendar)
            return there, Window(start, shift_anchor(window.end, count, moves, calendar), label)
        case Since(first):
            start = shift_anchor(calendar.day_start(first), count, moves, calendar)
            return there, Window(start, max(there, start), label)
        case _:
            assert_never(spec)


def previous(spec: WindowSpec, anchor: datetime, calendar: Calendar) -> Window | None:
    """The window to compare with when nothing else is said: the adjacent one of the same units.

    For a window to date it is that of one unit earlier; a range of days moves by its own length; `since` and `all
    time` have none.
    """
    anchor = in_utc(anchor)
    match spec:
        case Last(count, unit) | Next(count, unit):
            end = resolve(spec, anchor, calendar).start
            assert end is not None
            return Window(calendar.step(end, unit, -count), end, _previous(count, unit))
        case Trailing(count, unit):
            # Twice as far from the anchor rather than once more from the start: the two together are then one trailing
            # window.
            start = shift_anchor(anchor, 2 * count, unit, calendar)
            return Window(start, shift_anchor(anchor, count, unit, calendar), _previous(count, unit))
        case ToDate(unit):
            return shifted(spec, anchor, 1, unit, calendar)[1]
        case This(unit):
            end = calendar.start_of(unit, anchor - _JUST)
            return Window(calendar.step(end, unit, -1), end, _previous(1, unit))
        case Period(text):
            named, number = parse_period(text, calendar)
            return _named(named, number - 1, calendar)
        case Days(first, last):
            length = last - first + timedelta(days=1)
            start, end = (calendar.day_start(day - length) for day in (first, last + timedelta(days=1)))
            return Window(start, end, f"{first - length}..{last - length}")
        case Since() | AllTime():
            return None
        case _:
            assert_never(spec)


def counts_weeks(spec: WindowSpec, unit: Unit, calendar: Calendar) -> bool:
    """Whether a window moved by a unit may compare week with week: one in fiscal units, in years of whole weeks."""
    return calendar.retail is not None and unit.grain.months > 0 and is_fiscal(spec)


def weeks_apart(spec: WindowSpec, window: Window, count: int, unit: Unit, calendar: Calendar) -> int | None:
    """By how many weeks a window moves, found for a spec that `counts_weeks` (see `weeks_earlier`)."""
    in_weeks = not isinstance(spec, Days | Since | AllTime) and spec.unit.grain is Grain.WEEK
    return weeks_earlier(window, count, counted_in(spec, unit, calendar), calendar, in_weeks=in_weeks)


def counted_in(spec: WindowSpec, unit: Unit, calendar: Calendar) -> Unit:
    """The unit a window moves by: a fiscal one where it counts weeks, so that a quarter meets a quarter."""
    return Unit(unit.grain, fiscal=True) if counts_weeks(spec, unit, calendar) else unit


def _start_at_or_after(unit: Unit, anchor: datetime, calendar: Calendar) -> datetime:
    start = calendar.start_of(unit, anchor)
    return start if start == anchor else calendar.step(start, unit, 1)


def _named(unit: Unit, number: int, calendar: Calendar) -> Window:
    start, end = calendar.boundary(unit, number), calendar.boundary(unit, number + 1)
    return Window(start, end, period_name(calendar, unit, number))


def _previous(count: int, unit: Unit) -> str:
    return f"previous {unit.singular if count == 1 else unit.counted(count)}"


def is_fiscal(spec: WindowSpec) -> bool:
    """Whether a window is written in fiscal units."""
    match spec:
        case Last(unit=unit) | Next(unit=unit) | Trailing(unit=unit) | ToDate(unit) | This(unit):
            return unit.fiscal
        case Period(text):
            return text.startswith("FY")
        case Days() | Since() | AllTime():
            return False
        case _:
            assert_never(spec)
