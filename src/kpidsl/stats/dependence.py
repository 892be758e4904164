"""How much of a value is carried into the next one, beyond what a shift or a steady trend explains."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

STRONG = 0.3
"""From here on values are not taken for independent. Of independent ones, with a shift, an outlier or a trend among
them, at most 3 in 100 series reach it (tests/stats/test_dependence.py, docs/adr/0027).
"""


def carried(values: Sequence[Fraction | None]) -> float | None:
    """The lag-1 autocorrelation of what is left of values (in the order of time, None for missing ones): of the
    deviations from their mean, from two means before and after the best single shift, and from a straight line, the
    least. None of fewer than four values, or where nothing is left.

    Taken from the mean alone, a shift or a trend would look like dependence, and refusing them would hide what a
    signal is to find.
    """
    known = [(at, float(value)) for at, value in enumerate(values) if value is not None]
    if len(known) < 4:
        return None
    deviations = (_from_means(known, len(known)), _from_best_shift(known), _from_line(known))
    found = [one for left in deviations if (one := _lagged(left, len(values))) is not None]
    return min(found) if len(found) == len(deviations) else None


def is_dependent(values: Sequence[Fraction | None]) -> bool:
    """Whether limits and tests that take values for independent would mislead."""
    found = carried(values)
    return found is not None and found > STRONG


Known = list[tuple[int, float]]


def _from_means(known: Known, split: int) -> Known:
    """Deviations from the mean of the first `split` values, and of the others from theirs."""
    left: Known = []
    for part in (known[:split], known[split:]):
        mean = sum(value for _, value in part) / len(part) if part else 0.0
        left += [(at, value - mean) for at, value in part]
    return left


def _from_best_shift(known: Known) -> Known:
    """Deviations from two means, split where they are smallest, with two values on each side at least."""
    n, mean = len(known), sum(value for _, value in known) / len(known)
    # The squares are smallest where those of the means, weighted, are largest.
    best, most, before = 2, -1.0, 0.0
    for split, (_, value) in enumerate(known[:-2], 1):
        before += value - mean
        found = before * before / split + before * before / (n - split)
        if split > 1 and found > most:
            best, most = split, found
    return _from_means(known, best)


def _from_line(known: Known) -> Known:
    """Deviations from the least-squares line."""
    n = len(known)
    middle, mean = sum(at for at, _ in known) / n, sum(value for _, value in known) / n
    slope = sum((at - middle) * (value - mean) for at, value in known) / sum((at - middle) ** 2 for at, _ in known)
    return [(at, value - mean - slope * (at - middle)) for at, value in known]


def _squares(left: Known) -> float:
    return sum(value * value for _, value in left)


def _lagged(left: Known, length: int) -> float | None:
    """The sum of products of neighbours over that of squares; None where nothing is left but rounding."""
    scale = max(abs(value) for _, value in left)
    squares = _squares(left)
    if squares <= length * (1e-12 * max(1.0, scale)) ** 2:
        return None
    return sum(one * other for (at, one), (then, other) in pairwise(left) if then == at + 1) / squares
