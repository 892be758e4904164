"""A value that comes from a sample, with what was asked besides it: its interval."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from kpidsl.engine.scalars import Missing, Outcome, Scalar, Vector
from kpidsl.plan.nodes import IntervalPlan
from kpidsl.records import dataclass
from kpidsl.stats.distributions import square_root
from kpidsl.stats.intervals import Interval, normal, ratio_of_sums, t_mean, wilson
from kpidsl.stats.survey import net_error

_ROUNDED = Fraction(1, 10**9)
Found = Interval | str
"""An interval, or the reason why there is none."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with what was asked besides it; a share with its counts."""

    plan: IntervalPlan
    value: Scalar
    parts: tuple[Outcome, ...]

    @property
    def core(self) -> Fraction:
        """What is estimated, before it was scaled and moved."""
        assert isinstance(self.value.value, Fraction)
        return (self.value.value - self.plan.offset) / self.plan.factor

    def counts(self) -> tuple[int, int] | None:
        """How many of how many a share is."""
        top, below = self.core, Fraction(self.value.n or 0)
        if self.parts:
            one, all_ = self.parts
            if not isinstance(one, Scalar) or not isinstance(all_, Scalar):
                return None
            assert isinstance(one.value, Fraction) and isinstance(all_.value, Fraction)
            top, below = one.value, all_.value
        else:
            top *= below
        if top.denominator != 1 or below.denominator != 1 or not 0 <= top <= below:
            return None
        return int(top), int(below)

    def interval(self) -> Found:
        """The interval of what is estimated."""
        missing = next((part for part in self.parts if isinstance(part, Missing)), None)
        if missing is not None:
            return missing.reason
        level = self.plan.level
        found: Found | None
        match self.plan.method:
            case "wilson":
                counts = self.counts()
                return (wilson(*counts, level) if counts is not None else None) or "insufficient_sample"
            case "t":
                found = self.of_mean()
            case "order":
                low, high = (_number(part) for part in self.parts)
                return Interval("order", level, low, high)
            case "normal":
                if (self.value.n or 0) < 2:
                    return "insufficient_sample"
                found = normal(self.core, self.net_error(), level)
                found = replace(found, low=max(found.low, Fraction(-100)), high=min(found.high, Fraction(100)))
            case "ratio":
                found = self.of_ratio()
            case _:
                raise AssertionError(self.plan.method)
        if isinstance(found, Interval) and found.low == found.high:
            return "no_variation"  # what does not vary in a sample may well vary outside of it
        return found if found is not None else "insufficient_sample"

    def of_mean(self) -> Interval | None:
        (part,) = self.parts
        if not isinstance(part, Vector):
            return t_mean(self.core, _number(part), self.value.n or 0, self.plan.level)
        values = [_number(one) for _, one in part.items]
        n = len(values)
        if n < 2:
            return None
        variance = sum(((one - self.core) ** 2 for one in values), Fraction(0)) / (n - 1)
        return t_mean(self.core, variance, n, self.plan.level)

    def of_ratio(self) -> Found:
        """Of the periods in which there was anything; they must make up the whole value."""
        left, right = self.parts
        assert isinstance(left, Vector) and isinstance(right, Vector)
        sides = [dict(side.items) for side in (left, right)]
        pairs: list[tuple[Fraction, Fraction]] = []
        for period in sides[0]:
            one, other = (side.get(period) for side in sides)
            top, below = (_number(part) if isinstance(part, Scalar) else Fraction(0) for part in (one, other))
            if top or below:
                pairs.append((top, below))
        found = ratio_of_sums(pairs, self.plan.level)
        if found is None:
            return "insufficient_sample"
        below = sum((one for _, one in pairs), Fraction(0))
        off = sum((top for top, _ in pairs), Fraction(0)) - self.core * below
        # Sums of floating-point numbers are rounded, each period's by itself.
        if abs(off) > _ROUNDED * max(abs(self.core * below), sum((abs(top) for top, _ in pairs), Fraction(0))):
            return "uncovered_periods"
        return found

    def net_error(self) -> Fraction:
        (decided,) = self.parts
        return net_error(self.core / 100, _number(decided), self.value.n or 1)

    def standard_error(self) -> Fraction | None:
        """Of means and net scores, in the value's unit."""
        if any(isinstance(part, Missing) for part in self.parts):
            return None
        scale = abs(self.plan.factor)
        if self.plan.method == "normal":
            return scale * self.net_error()
        if self.plan.method == "t" and isinstance(self.parts[0], Scalar) and self.value.n:
            return scale * square_root(_number(self.parts[0]) / self.value.n)
        return None

    def placed(self, found: Interval) -> tuple[Fraction, Fraction]:
        """The ends in the value's unit: a negative factor swaps them."""
        ends = sorted(self.plan.factor * end + self.plan.offset for end in (found.low, found.high))
        return ends[0], ends[1]


def _number(outcome: Outcome) -> Fraction:
    assert isinstance(outcome, Scalar) and isinstance(outcome.value, Fraction)
    return outcome.value
