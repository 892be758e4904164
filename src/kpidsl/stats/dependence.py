"""How much of a value is carried into the next one, beyond what shifts or a steady trend explain."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

STRONG = 0.25
"""From here on values are not taken for independent. Of independent ones, with a shift, a stretch that is off, an
outlier or a trend among them, at most 4 in 100 series reach it (tests/stats/test_dependence.py, docs/adr/0027).
"""
FEWEST = 7  # values: two on each side of two shifts, and one more

Known = list[tuple[int, float]]


def carried(values: Sequence[Fraction | None]) -> float | None:
    """The lag-1 autocorrelation of what is left of values (in the order of time, None for missing ones): of the
    deviations from their mean, from the means between the two shifts that leave least, and from a straight line, the
    least. None of fewer than seven values, or where nothing is left.

    Taken from the mean alone, a shift, or a stretch that is off, would look like dependence, and refusing them would
    hide what a signal is to find.
    """
    known = [(at, float(value)) for at, value in enumerate(values) if value is not None]
    if len(known) < FEWEST:
        return None
    deviations = (_from_means(known, ()), _from_means(known, _best_shifts(known)), _from_line(known))
    found = [one for left in deviations if (one := _lagged(left, len(values))) is not None]
    return min(found) if len(found) == len(deviations) else None


def is_dependent(values: Sequence[Fraction | None]) -> bool:
    """Whether limits and tests that take values for independent would mislead."""
    found = carried(values)
    return found is not None and found > STRONG


def _from_means(known: Known, shifts: Sequence[int]) -> Known:
    """Deviations from the means between shifts, each the number of values before it."""
    left: Known = []
    for start, end in pairwise((0, *shifts, len(known))):
        part = known[start:end]
        mean = sum(value for _, value in part) / len(part)
        left += [(at, value - mean) for at, value in part]
    return left


def _best_shifts(known: Known) -> tuple[int, int]:
    """The two shifts with the smallest squares of deviations, two values between any of them and at the ends."""
    n, mean = len(known), sum(value for _, value in known) / len(known)
    before = [0.0, *accumulate(value - mean for _, value in known)]
    best, most = (2, 4), -1.0
    # The squares are smallest where those of the means, weighted, are largest.
    for first in range(2, n - 3):
        head = before[first] ** 2 / first
        for second in range(first + 2, n - 1):
            middle = (before[second] - before[first]) ** 2 / (second - first)
            found = head + middle + before[second] ** 2 / (n - second)
            if found > most:
                best, most = (first, second), found
    return best


def _from_line(known: Known) -> Known:
    """Deviations from the least-squares line."""
    n = len(known)
    middle, mean = sum(at for at, _ in known) / n, sum(value for _, value in known) / n
    slope = sum((at - middle) * (value - mean) for at, value in known) / sum((at - middle) ** 2 for at, _ in known)
    return [(at, value - mean - slope * (at - middle)) for at, value in known]


def _lagged(left: Known, length: int) -> float | None:
    """The sum of products of neighbours over that of squares; None where nothing is left but rounding."""
    scale = max(abs(value) for _, value in left)
    squares = sum(value * value for _, value in left)
    if squares <= length * (1e-12 * max(1.0, scale)) ** 2:
        return None
    return sum(one * other for (at, one), (then, other) in pairwise(left) if then == at + 1) / squares
