"""Where a series lands some steps ahead, and how far off that may be.

Methods and the variance of each: R. J. Hyndman, G. Athanasopoulos, *Forecasting: Principles and Practice* (3rd ed.,
2021), 5.2 and table 5.2. Errors are taken for normal. The run rate is the drift of a running total that began at 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import erfc, sqrt

from kpidsl.records import dataclass

Z_80 = 1.2815515655446004  # the 90 % quantile of the standard normal distribution
FEWEST_DRIFT = 8  # values; the interval of fewer is far too narrow
FEWEST_RUN_RATE = 6  # parts a running total consists of
FEWEST_CYCLES = 2  # cycles of seasons

Values = Sequence[Fraction | None]


@dataclass(frozen=True, slots=True)
class Forecast:
    """`landing` in the unit of the values, and the standard deviation of what may come instead of it."""

    landing: Fraction
    deviation: float
    n: int

    @property
    def low(self) -> float:
        """The lower edge of the 80 % interval."""
        return float(self.landing) - Z_80 * self.deviation

    @property
    def high(self) -> float:
        return float(self.landing) + Z_80 * self.deviation

    def below(self, bound: Fraction) -> float:
        """The probability of landing below a bound."""
        if self.deviation == 0:
            return float(self.landing < bound)
        return erfc((float(self.landing) - float(bound)) / self.deviation / sqrt(2)) / 2

    def above(self, bound: Fraction) -> float:
        """The probability of landing above a bound; of a certain landing, also on it."""
        if self.deviation == 0:
            return float(self.landing >= bound)
        return erfc((float(bound) - float(self.landing)) / self.deviation / sqrt(2)) / 2


def drift(values: Values, steps: int) -> Forecast | None:
    """The line through the first and the last value, continued.

    Values stand a step apart, None for a missing one; the last must be known. σ̂² = Σe²/(T − 2) over the T − 1 steps
    (less those across missing values), σₕ = σ̂·√(h(1 + h/(T − 1))). None of fewer than three values.
    """
    at = [index for index, value in enumerate(values) if value is not None]
    if len(at) < 3 or values[-1] is None:
        return None
    first = values[at[0]]
    assert first is not None
    length = at[-1] - at[0]
    slope = (values[-1] - first) / length
    errors = _differences(values, 1, slope)
    if len(errors) < 2:
        return None
    spread = sum(error * error for error in errors) / (len(errors) - 1)
    return Forecast(values[-1] + steps * slope, sqrt(spread) * sqrt(steps * (1 + steps / length)), len(at))


def seasonal_naive(values: Values, steps: int, seasons: int) -> Forecast | None:
    """The value of the same season in the last cycle.

    σ̂² = Σe²/(T − m) over the differences of values a cycle of m apart, σₕ = σ̂·√(k + 1) where k whole cycles lie
    between. None where that value is missing, or fewer than two differences are known.
    """
    beyond = (steps - 1) // seasons
    at = len(values) - 1 + steps - seasons * (beyond + 1)
    landing = values[at] if at >= 0 else None
    errors = _differences(values, seasons, Fraction(0))
    if landing is None or len(errors) < 2:
        return None
    spread = sum(error * error for error in errors) / len(errors)
    return Forecast(landing, sqrt(spread) * sqrt(beyond + 1), sum(value is not None for value in values))


def run_rate(total: Fraction, parts: Sequence[Fraction], elapsed: Fraction, ahead: Fraction) -> Forecast | None:
    """A running total that began at 0, continued at its mean rate.

    `elapsed` and `ahead` are the time behind and before it, in steps; `parts` are what it grew by in whole steps. It is
    the drift of the total from 0: σₕ = σ̂·√(h(1 + h/T)), with σ̂² over the parts less one. None of fewer than two parts.
    """
    if len(parts) < 2 or elapsed <= 0:
        return None
    mean = sum(parts, Fraction(0)) / len(parts)
    spread = sum(float(part - mean) ** 2 for part in parts) / (len(parts) - 1)
    deviation = sqrt(spread) * sqrt(ahead * (1 + ahead / elapsed))
    return Forecast(total + ahead * total / elapsed, deviation, len(parts))


def _differences(values: Values, apart: int, less: Fraction) -> list[float]:
    return [
        float(after - before - less)
        for before, after in zip(values, values[apart:], strict=False)
        if before is not None and after is not None
    ]
