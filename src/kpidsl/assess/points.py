"""The points of a trend as statistics take them, and what there is to say of any of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise

from kpidsl.assess.bounds import Bound
from kpidsl.assess.numbers import said
from kpidsl.assess.signal_results import Absent
from kpidsl.calendar import Calendar, Grain, Unit, Window
from kpidsl.records import dataclass
from kpidsl.semantic.decimals import trimmed

_SMALL = Decimal("0.001")
_JUST = timedelta(microseconds=1)
_PATTERNS = {Grain.YEAR: "%Y", Grain.HALF: "%Y-%m", Grain.QUARTER: "%Y-%m", Grain.MONTH: "%Y-%m"}


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a trend with its window, or why there is none."""

    window: Window | None
    value: Fraction | None
    missing: str | None

    @property
    def begins(self) -> datetime | None:
        """Where its window begins; of a level, its instant."""
        if self.window is None:
            return None
        return self.window.start if self.window.start is not None else self.window.end

    def is_instant(self) -> bool:
        return self.window is None or self.window.start is None or self.window.start == self.window.end


Points = Sequence[Point]


def values(points: Points) -> list[Fraction | None]:
    return [point.value for point in points]


def known(points: Points) -> int:
    """How many points have a value."""
    return sum(point.value is not None for point in points)


def absent(points: Points) -> tuple[Absent, ...]:
    """The reasons for values that are missing, the oldest first."""
    counted = Counter(point.missing for point in points if point.missing is not None)
    return tuple(Absent(reason, count) for reason, count in counted.items())


def shared_windows(points: Points) -> str | None:
    """Why points do not each have a time of their own. The check says it of windows as they are written; only here is
    it known how calendar months and fiscal ones fall.
    """
    for before, after in pairwise(point.window for point in points if not point.is_instant()):
        assert before is not None and after is not None and before.start is not None and after.start is not None
        if before.end > after.start:
            return "cumulative" if before.start == after.start and before.end < after.end else "overlapping_windows"
    return None


def better(target: Bound | None) -> int:
    """1 where higher is better, −1 where lower is, 0 where no target says so."""
    if target is None or target.operator is None:
        return 0
    return 1 if target.operator[0] == ">" else -1


def reading(side: int, direction: int) -> str:
    """What a change to one side means where `direction` is better."""
    if side * direction == 0:
        return "special_cause"
    return "improvement" if side == direction else "concern"


def when(point: Point, step: Unit, calendar: Calendar) -> str:
    """The period a point is about, in a sentence: a month where the trend steps by months, else a day."""
    if point.window is None:
        return ""
    at = point.begins if not point.is_instant() else point.window.end - _JUST
    assert at is not None
    if step.grain.is_clock:
        return f"{calendar.civil(at):%Y-%m-%d %H:%M}"
    whole = point.begins is not None and point.begins == calendar.start_of(step, point.begins)
    pattern = _PATTERNS.get(step.grain, "%Y-%m-%d") if whole or point.is_instant() else "%Y-%m-%d"
    return calendar.civil(at).strftime(pattern)


def rounded(number: float, digits: int) -> Decimal:
    """A float at so many significant digits; zero has no sign."""
    return trimmed(Context(prec=digits).create_decimal(repr(number))) if number else Decimal(0)


def near(number: Fraction | Decimal, unit: str | None) -> str:
    """An estimate in a sentence: four significant digits are as much as it can bear."""
    exact = Fraction(number)
    return said(trimmed(Context(prec=4).divide(Decimal(exact.numerator), Decimal(exact.denominator))), unit)


def chance(p: Decimal) -> str:
    """A p-value in a sentence."""
    return "p < 0.001" if p < _SMALL else f"p = {trimmed(Context(prec=2).plus(p)):f}"


def placed(point: Point, step: Unit, calendar: Calendar) -> str:
    """The same with the word before it, of a single point."""
    day = when(point, step, calendar)
    if step.grain is Grain.WEEK:
        return f"in the week of {day}"
    return f"in {day}" if len(day) < len("2026-01-01") else f"on {day}"


def too_few(found: int, least: int) -> str:
    return f"{found} of the {least} values that this needs"
