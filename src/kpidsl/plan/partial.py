"""The period of a series that is not over, and how much of it has passed."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from kpidsl.calendar import Calendar, Unit, Window
from kpidsl.plan import nodes as n

_STEP = timedelta(microseconds=1)


def running(unit: Unit, start: datetime, end: datetime, calendar: Calendar) -> tuple[Window, Fraction] | None:
    """The period that begins in `[start, end)` and is not over at its end, as far as it has come; and how many times
    as long it will be. None where the last period is complete, or began before `start`.

    Days and longer units are measured in civil time, so that half of a month is half of its days whatever its clocks
    do; hours and shorter ones as they pass.
    """
    begin = calendar.start_of(unit, end)
    if not start <= begin < end:
        return None
    over = calendar.step(begin, unit, 1)
    if unit.grain.is_clock:
        whole, passed = over - begin, end - begin
    else:
        first = calendar.civil(begin).replace(hour=0, minute=0, second=0, microsecond=0)
        last = calendar.civil(over).replace(hour=0, minute=0, second=0, microsecond=0)
        whole, passed = last - first, calendar.civil(end) - first
        if passed < _STEP:  # clocks that go back over midnight show the evening before once more
            passed = end - begin
    return Window(begin, end, calendar.name_of(unit, begin)), Fraction(whole // _STEP, passed // _STEP)


def prorated(step: n.Step, factor: Fraction) -> n.Step:
    """A value scaled up from what has passed to the whole; a value for "no rows" is one for the whole already."""
    match step:
        case n.Default(operand=operand, number=number):
            return n.Default(prorated(operand, factor), number)
        case n.Members(operand=operand, dimension=dimension):
            return n.Members(prorated(operand, factor), dimension)
        case n.Undefined():
            return step
        case _:
            return n.Scale(step, factor)
