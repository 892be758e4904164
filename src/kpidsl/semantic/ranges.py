"""Between which numbers a value must lie, whatever the data: a count is never negative, a share never above 100 %."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from kpidsl.semantic import values as v


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both included; None: no limit is known."""

    low: Fraction | None = None
    high: Fraction | None = None

    @property
    def is_known(self) -> bool:
        return self.low is not None or self.high is not None

    def can_meet(self, operator: str, edge: Fraction) -> bool:
        """Whether some number within satisfies `operator edge`."""
        match operator:
            case ">=":
                return self.high is None or self.high >= edge
            case ">":
                return self.high is None or self.high > edge
            case "<=":
                return self.low is None or self.low <= edge
            case _:
                return self.low is None or self.low < edge

    def holds(self, number: Fraction) -> bool:
        return self.can_meet(">=", number) and self.can_meet("<=", number)

    def within(self, other: Range) -> Range:
        """What lies in both."""
        lows = [low for low in (self.low, other.low) if low is not None]
        highs = [high for high in (self.high, other.high) if high is not None]
        return Range(max(lows, default=None), min(highs, default=None))


Limits = Callable[[v.Measure], Range]
ANY = Range()
NOT_NEGATIVE = Range(Fraction(0))
SHARE = Range(Fraction(0), Fraction(1))
_IMPLIED = {
    "count": NOT_NEGATIVE, "count_distinct": NOT_NEGATIVE, "stddev": NOT_NEGATIVE, "variance": NOT_NEGATIVE,
    "share": SHARE, "top_box": SHARE, "nps": Range(Fraction(-100), Fraction(100)),
    "`conversion_rate`": SHARE, "`conversions`": NOT_NEGATIVE,
}  # fmt: skip


def range_of(value: v.Value, declared: Limits = lambda _: ANY) -> Range:
    """Where the numbers of a value lie; `declared` gives the limits a metric states, in its own unit."""
    match value:
        case v.Number(number=number):
            return Range(number, number)
        case v.Aggregate(function=name) | v.NotEvaluated(what=name):
            return _IMPLIED.get(name, ANY)
        case v.Measure(operand=operand):
            return declared(value).within(range_of(operand, declared))
        case v.Converted(operand=operand, factor=factor):
            inner = range_of(operand, declared)
            low, high = (None if edge is None else edge * factor for edge in (inner.low, inner.high))
            return Range(low, high) if factor >= 0 else Range(high, low)
        case v.Opposite(operand=operand):
            inner = range_of(operand, declared)
            return Range(None if inner.high is None else -inner.high, None if inner.low is None else -inner.low)
        case v.Defaulted(operand=operand, number=number):
            inner = range_of(operand, declared)
            return Range(
                None if inner.low is None else min(inner.low, number),
                None if inner.high is None else max(inner.high, number),
            )
        case v.Reduced(function=function, operand=operand):
            return _reduced(function, range_of(operand, declared))
        case v.Operation(operator=operator, left=left, right=right):
            return _operation(operator, range_of(left, declared), range_of(right, declared))
        case _:
            inside = v.parts(value)
            return range_of(inside[0], declared) if len(inside) == 1 else ANY


def _reduced(function: str, inner: Range) -> Range:
    match function:
        case "count" | "stddev":
            return NOT_NEGATIVE
        case "share":
            return SHARE
        case "sum":
            return NOT_NEGATIVE if inner.low is not None and inner.low >= 0 else ANY
        case "slope" | "cagr":
            return ANY
        case _:
            return inner


def _operation(operator: str, a: Range, b: Range) -> Range:
    positive = all(one.low is not None and one.low >= 0 for one in (a, b))
    match operator:
        case "+":
            return Range(
                None if a.low is None or b.low is None else a.low + b.low,
                None if a.high is None or b.high is None else a.high + b.high,
            )
        case "-":
            return Range(
                None if a.low is None or b.high is None else a.low - b.high,
                None if a.high is None or b.low is None else a.high - b.low,
            )
        case "*" if positive:
            assert a.low is not None and b.low is not None
            return Range(a.low * b.low, None if a.high is None or b.high is None else a.high * b.high)
        case "/" if positive:
            return NOT_NEGATIVE
        case _:
            return ANY
