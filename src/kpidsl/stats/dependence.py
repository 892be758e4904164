"""How much of a value is carried into the next one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import sqrt

from kpidsl.stats.control_chart import UPPER_RANGE, moving_ranges

STRONG = 0.5  # from here on limits and tests that take values for independent mislead


def carried(values: Sequence[Fraction | None]) -> float | None:
    """The lag-1 autocorrelation φ of what is left of values (in the order of time, None for missing ones) when steps
    and steady trends are taken out; None where there is nothing to tell it from.

    Differences of an autoregression with φ have the lag-1 autocorrelation −(1 − φ)/2 (G. E. P. Box, G. M. Jenkins,
    *Time Series Analysis*, ch. 3), whatever the level; a shift of the level is one difference among many, and is left
    out like a screened moving range. So a shift, which is what a chart is to find, is not taken for dependence.
    """
    ranges = moving_ranges(values)
    known = [one for one in ranges if one is not None]
    if len(known) < 3:
        return None
    limit = UPPER_RANGE * sum(known, Fraction(0)) / len(known)
    steps: list[float | None] = [None]
    for at in range(1, len(values)):
        one, before, after = ranges[at], values[at - 1], values[at]
        kept = one is not None and one <= limit and before is not None and after is not None
        steps.append(float(after - before) if kept and before is not None and after is not None else None)
    told = [step for step in steps if step is not None]
    if len(told) < 3:
        return None
    mean = sum(told) / len(told)
    spread = sum((step - mean) ** 2 for step in told)
    if spread == 0:
        return None
    joint = sum(
        (before - mean) * (after - mean)
        for before, after in pairwise(steps)
        if before is not None and after is not None
    )
    return 1 + 2 * joint / spread


def is_dependent(values: Sequence[Fraction | None]) -> bool:
    """Whether so much is carried over that it would mislead, and it is no chance: φ is strong, and two standard errors
    from none. Of independent values the autocorrelation of the differences, −½, has the variance 1/(2n)
    (M. S. Bartlett 1946).
    """
    found = carried(values)
    if found is None:
        return False
    n = sum(value is not None for value in values)
    return found > max(STRONG, 2 * 2 * sqrt(0.5 / n))
