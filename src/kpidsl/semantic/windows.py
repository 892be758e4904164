"""Windows and units of time, from how they are written to what the calendar knows."""

from __future__ import annotations

from datetime import date
from typing import assert_never

from kpidsl import calendar as c
from kpidsl.diagnostics import Problems, did_you_mean
from kpidsl.source_text import Span
from kpidsl.syntax import expr_nodes as x

_LETTERS = {"h": "hours", "d": "days", "w": "weeks", "mo": "months", "q": "quarters", "y": "years", "yr": "years"}


class Invalid(Exception):
    """What is written has no meaning; the problem is already reported."""


def period_unit(written: x.WindowUnit, problems: Problems) -> c.Unit:
    """`month`, `days`, `fiscal quarter`. Raises `Invalid` for another word."""
    grain = c.parse_unit(written.word)
    if grain is None:
        letter = _LETTERS.get(written.word.casefold())
        hint = f"write `{letter}`" if letter else None
        if written.word.casefold() == "m":
            hint = "it may be read as both: write it out, `minutes` or `months`"
        hint = hint or did_you_mean(written.word, c.UNIT_WORDS) or "use hour, day, week, month, quarter or year"
        problems.error("K0330", f"`{written.word}` is no unit of time", written.span, hint=hint)
        raise Invalid
    try:
        return c.Unit(grain, written.fiscal)
    except ValueError as error:
        problems.error("K0330", str(error), written.span)
        raise Invalid from None


def covered(day: date, span: Span, problems: Problems) -> date:
    """A day that the calendar covers. Raises `Invalid` for another."""
    try:
        return c.Since(day).first
    except ValueError as error:
        problems.error("K0330", str(error), span, hint="mend the year")
        raise Invalid from None


def counted_unit(count: int, written: x.WindowUnit, problems: Problems) -> c.Unit:
    """The unit, where the calendar reaches that many of them back."""
    unit = period_unit(written, problems)
    try:
        unit.check_count(count)
    except ValueError as error:
        problems.error("K0330", str(error), written.span)
        raise Invalid from None
    return unit


def duration(quantity: x.Quantity, problems: Problems) -> tuple[int, c.Unit]:
    """`2 days`, `18 months` as a count of calendar units. Raises `Invalid`."""
    unit = x.WindowUnit(quantity.unit or "", False, span=quantity.span)
    number = quantity.number
    if quantity.unit is None or number != int(number) or number <= 0:
        problems.error(
            "K0330",
            f"`{quantity.span.text}` is no length of time",
            quantity.span,
            hint="write a number and a unit: `2 days`",
        )
        raise Invalid
    return int(number), counted_unit(int(number), unit, problems)


def window_spec(
    written: x.Window, calendar: c.Calendar, problems: Problems, period: c.Since | None = None
) -> c.WindowSpec:
    """The window as the calendar knows it; `period` is what `period to date` means here.

    Raises `Invalid` for one that does not exist.
    """
    try:
        match written:
            case x.LastWindow(count, unit):
                return c.Last(count, period_unit(unit, problems))
            case x.NextWindow(count, unit):
                return c.Next(count, period_unit(unit, problems))
            case x.TrailingWindow(count, unit):
                return c.Trailing(count, period_unit(unit, problems))
            case x.ToDateWindow(unit):
                return c.ToDate(period_unit(unit, problems))
            case x.ThisWindow(unit):
                return c.This(period_unit(unit, problems))
            case x.PeriodWindow(text):
                problem = c.period_problem(text, calendar)
                if problem is not None:
                    raise ValueError(problem)
                return c.Period(text)
            case x.DateRangeWindow(first, last):
                return c.Days(first, last)
            case x.SinceWindow(start):
                return c.Since(start)
            case x.AllTimeWindow():
                return c.AllTime()
            case x.PeriodToDateWindow():
                if period is not None:
                    return period
                problems.error(
                    "K0331",
                    "`period to date` is the period of an objective, and there is none around it",
                    written.span,
                    hint="use `month to date`, `quarter to date` or `since 2026-01-01`",
                )
                raise Invalid
            case _:
                assert_never(written)
    except ValueError as error:
        problems.error("K0330", str(error), written.span)
        raise Invalid from None
