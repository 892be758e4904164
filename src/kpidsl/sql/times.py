"""Times in SQL: instants, civil times and days, compared without converting every row where an edge can be
converted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from kpidsl.calendar import Calendar, civil_threshold, date_threshold, month_counts, repeated_offsets
from kpidsl.semantic.types import DataType
from kpidsl.sql import exp

_STEP = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

OUTERMOST: Final = {
    "DATE": {"infinity": "5881580-07-10", "-infinity": "5877642-06-25 (BC)"},
    "TIMESTAMP": {"infinity": "294247-01-10 04:00:54.775806", "-infinity": "290309-12-22 (BC) 00:00:00"},
    "TIMESTAMPTZ": {"infinity": "294247-01-10 04:00:54.775806+00", "-infinity": "290309-12-22 (BC) 00:00:00+00"},
}
"""The last and first times that DuckDB hands over as they are written: infinite ones come as the years 9999 and 1."""


def cast(value: exp.Expr, to: str) -> exp.Expr:
    """A value as another type, by its name in DuckDB."""
    return exp.cast(value, to)


def instant(at: datetime) -> exp.Expr:
    return cast(exp.Literal.string(at.astimezone(UTC).isoformat(sep=" ")), "TIMESTAMPTZ")


def civil(at: datetime) -> exp.Expr:
    return cast(exp.Literal.string(at.isoformat(sep=" ")), "TIMESTAMP")


def day(on: date) -> exp.Expr:
    return cast(exp.Literal.string(on.isoformat()), "DATE")


def function(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A call of a DuckDB function, as it is named there."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def at_or_after(time: exp.Expr, kind: DataType | None, zone: str, edge: datetime, calendar: Calendar) -> exp.Expr:
    """Whether a time is at or after an instant.

    The edge is moved to the clock of the column, not each row to the edge's.
    """
    return exp.GTE(this=time.copy(), expression=bound(threshold(kind, zone, edge, calendar)))


def threshold(kind: DataType | None, zone: str, edge: datetime, calendar: Calendar) -> date | datetime:
    """The least value of a time column that is at or after an instant: a day, a civil time or an instant."""
    match kind:
        case DataType.DATE:
            return date_threshold(edge, calendar)
        case DataType.TIMESTAMP:
            return civil_threshold(edge, zone)
        case _:
            return edge


def micros(at: date | datetime) -> int:
    """Microseconds since 1970, on the clock that the time itself is on."""
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day, tzinfo=UTC)
    return (at.replace(tzinfo=at.tzinfo or UTC) - _EPOCH) // _STEP


def bound(at: date | datetime) -> exp.Expr:
    """A threshold as a literal."""
    if not isinstance(at, datetime):
        return day(at)
    return civil(at) if at.tzinfo is None else instant(at)


def finite(time: exp.Expr, kind: str) -> exp.Expr:
    """A time, or the outermost there is for an infinite one: no calendar has either."""
    return _instead(time, kind, OUTERMOST[kind])


def infinite(time: exp.Expr, kind: str) -> exp.Expr:
    """What `finite` was made of."""
    return _instead(time, kind, {outermost: infinite for infinite, outermost in OUTERMOST[kind].items()})


def _instead(time: exp.Expr, kind: str, others: Mapping[str, str]) -> exp.Expr:
    found = exp.Case()
    for one, other in others.items():
        at = exp.EQ(this=time.copy(), expression=cast(exp.Literal.string(one), kind))
        found = found.when(at, cast(exp.Literal.string(other), kind), copy=False)
    return found.else_(time, copy=False)


def listed(bounds: Sequence[date | datetime | None]) -> exp.Expr:
    """Thresholds as a list, from one text: a thousand of them cost what one does. None is before all time."""
    kind = next((type(bound) for bound in bounds if bound is not None), datetime)
    aware = any(isinstance(bound, datetime) and bound.tzinfo is not None for bound in bounds)
    texts = [
        "-infinity" if bound is None else bound.isoformat(sep=" ") if isinstance(bound, datetime) else bound.isoformat()
        for bound in bounds
    ]
    of = ("TIMESTAMPTZ" if aware else "TIMESTAMP") if issubclass(kind, datetime) else "DATE"
    return cast(exp.Literal.string(f"[{', '.join(texts)}]"), f"{of}[]")


def compared(
    operator: str, time: exp.Expr, kind: DataType | None, zone: str, edge: datetime, calendar: Calendar
) -> exp.Expr:
    """`time operator edge` for an instant."""
    later = at_or_after(time, kind, zone, edge, calendar)
    after = at_or_after(time, kind, zone, edge + _STEP, calendar)
    match operator:
        case ">=":
            return later
        case "<":
            return exp.not_(later)
        case ">":
            return after
        case "<=":
            return exp.not_(after)
        case "==":
            return exp.and_(later, exp.not_(after))
        case _:
            return exp.not_(exp.paren(exp.and_(later, exp.not_(after))))


def as_instant(time: exp.Expr, kind: DataType | None, zone: str, calendar: Calendar) -> exp.Expr:
    """A time as an instant. A civil time that occurs twice is the first: DuckDB takes the second, so it is set back."""
    if kind is DataType.DATE:
        return as_instant(cast(time.copy(), "TIMESTAMP"), DataType.TIMESTAMP, calendar.timezone, calendar)
    if kind is not DataType.TIMESTAMP:
        return time
    name = exp.Literal.string(zone)
    found = function("timezone", name, time)
    for offset in repeated_offsets(zone):
        back = exp.Sub(this=found.copy(), expression=_interval(offset))
        found = (
            exp.Case()
            .when(exp.EQ(this=function("timezone", name, back), expression=time.copy()), back.copy(), copy=False)
            .else_(found.copy(), copy=False)
        )
    return found


def as_civil(time: exp.Expr, kind: DataType | None, zone: str, calendar: Calendar) -> exp.Expr:
    """A time on the calendar's clock; a day stays one."""
    if kind is DataType.DATE or (kind is DataType.TIMESTAMP and zone == calendar.timezone):
        return time
    return function("timezone", exp.Literal.string(calendar.timezone), as_instant(time, kind, zone, calendar))


def as_day(time: exp.Expr, kind: DataType | None, zone: str, calendar: Calendar) -> exp.Expr:
    """The civil day of a time."""
    return time if kind is DataType.DATE else cast(as_civil(time, kind, zone, calendar), "DATE")


def seconds_between(start: exp.Expr, end: exp.Expr) -> exp.Expr:
    """Elapsed seconds from one instant to another, exact to the microsecond."""
    micros = exp.Sub(this=function("epoch_us", end), expression=function("epoch_us", start))
    return exp.Mul(
        this=cast(exp.paren(micros), "DECIMAL(20, 0)"),
        expression=cast(exp.Literal.string("0.000001"), "DECIMAL(7, 6)"),
    )


def later_by(start: exp.Expr, seconds: exp.Expr) -> exp.Expr:
    """An instant so many seconds on."""
    micros = cast(exp.Mul(this=exp.paren(seconds.copy()), expression=exp.Literal.number(1_000_000)), "BIGINT")
    return exp.Add(this=start.copy(), expression=function("to_microseconds", micros))


def _interval(length: timedelta) -> exp.Expr:
    return function("to_microseconds", exp.Literal.number(length // _STEP))


def business_days(start: exp.Expr, end: exp.Expr, holidays: frozenset[date]) -> exp.Expr:
    """Weekdays that are no holidays after the start day up to and including the end day; the other way round, as a
    negative number, where the end is earlier.
    """
    counts = month_counts(holidays)
    weekdays = exp.Sub(this=_weekdays_to(end), expression=_weekdays_to(start))
    if counts is None:
        return weekdays
    free = exp.Sub(this=_holidays_to(end, *counts), expression=_holidays_to(start, *counts))
    return exp.Sub(this=weekdays, expression=exp.paren(free))


def _holidays_to(on: exp.Expr, first: date, counts: Sequence[int]) -> exp.Expr:
    """How many holidays on weekdays there are up to a day: those before its month, and the days of the month among
    them up to it (`month_counts`). Before and after the list nothing is added.
    """
    months = function("date_diff", exp.Literal.string("month"), day(first), on)
    place = function(
        "least",
        function("greatest", exp.Add(this=months, expression=exp.Literal.number(2)), exp.Literal.number(1)),
        exp.Literal.number(len(counts)),
    )
    of_month = function("list_extract", cast(exp.Literal.string(f"[{', '.join(map(str, counts))}]"), "BIGINT[]"), place)
    one = cast(exp.Literal.string("1"), "BIGINT")
    upto = function("date_part", exp.Literal.string("day"), on)
    days_so_far = exp.Sub(
        this=exp.paren(exp.BitwiseLeftShift(this=one, expression=cast(upto, "INTEGER"))),
        expression=exp.Literal.number(1),
    )
    before = exp.BitwiseRightShift(this=of_month, expression=exp.Literal.number(31))
    inside = function("bit_count", exp.BitwiseAnd(this=of_month.copy(), expression=exp.paren(days_so_far)))
    return exp.paren(exp.Add(this=exp.paren(before), expression=inside))


def _weekdays_to(on: exp.Expr) -> exp.Expr:
    # Counted from a Monday long before any data, so that the integer division never meets a negative number.
    days = function("date_diff", exp.Literal.string("day"), day(date(1, 1, 1)), on)
    whole = exp.Mul(
        this=exp.paren(exp.IntDiv(this=days, expression=exp.Literal.number(7))), expression=exp.Literal.number(5)
    )
    rest = function(
        "least",
        exp.Add(
            this=exp.paren(exp.Mod(this=days.copy(), expression=exp.Literal.number(7))),
            expression=exp.Literal.number(1),
        ),
        exp.Literal.number(5),
    )
    return exp.paren(exp.Add(this=whole, expression=rest))
