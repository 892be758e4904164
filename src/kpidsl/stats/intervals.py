"""Confidence intervals: what a number that comes from a sample may just as well be.

All take the confidence level as a fraction (0.95) and give the interval's ends as rationals, roots and quantiles in
them to 40 digits. Where a sample is too small to have an interval, there is none: the function gives None.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

from kpidsl.records import dataclass
from kpidsl.stats.distributions import decimal, normal_quantile, square_root, t_quantile

_CONTEXT = Context(prec=30)
_NOTHING = Decimal(10) ** -40


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval, both ends within it, the name of the method that gave it, and its confidence level."""

    method: str
    level: Fraction
    low: Fraction
    high: Fraction


def wilson(k: int, n: int, level: Fraction) -> Interval | None:
    """The score interval of a share of `k` in `n`; None without any.

    E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22, 209–212.
    """
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is no share")
    if not n:
        return None
    z = normal_quantile(level)
    share, weight = Fraction(k, n), z * z / n
    centre = share + weight / 2
    half = square_root(weight * (share * (1 - share) + weight / 4))
    low = Fraction(0) if k == 0 else (centre - half) / (1 + weight)
    high = Fraction(1) if k == n else (centre + half) / (1 + weight)
    return Interval("wilson", level, low, high)


def newcombe(k1: int, n1: int, k2: int, n2: int, level: Fraction) -> Interval | None:
    """The interval of the difference of two independent shares, k₁/n₁ − k₂/n₂: the hybrid of their score intervals.

    R. G. Newcombe (1998), Interval estimation for the difference between independent proportions, Statistics in
    Medicine 17, 873–890: method 10.
    """
    first, second = wilson(k1, n1, level), wilson(k2, n2, level)
    if first is None or second is None:
        return None
    one, other = Fraction(k1, n1), Fraction(k2, n2)
    below = square_root((one - first.low) ** 2 + (second.high - other) ** 2)
    above = square_root((first.high - one) ** 2 + (other - second.low) ** 2)
    return Interval("newcombe", level, one - other - below, one - other + above)


def t_mean(mean: Fraction, variance: Fraction, n: int, level: Fraction) -> Interval | None:
    """Student's interval of the mean of `n` values with the sample's variance (denominator n − 1); None below two.

    Student (1908), The probable error of a mean, Biometrika 6, 1–25.
    """
    if n < 2:
        return None
    half = t_quantile(level, n - 1) * square_root(variance / n)
    return Interval("t", level, mean - half, mean + half)


def normal(value: Fraction, standard_error: Fraction, level: Fraction) -> Interval:
    """The interval of an estimate whose error is nearly normal: value ± z·standard error."""
    half = normal_quantile(level) * standard_error
    return Interval("normal", level, value - half, value + half)


def ratio_of_sums(parts: Sequence[tuple[Fraction, Fraction]], level: Fraction) -> Interval | None:
    """The interval of Σy/Σx from the (y, x) of m periods, which are taken for independent: whatever moves within one is
    allowed for. None below two periods, or where Σx is 0.

    The linearised variance m/(m − 1)·Σ(y − R·x)²/(Σx)² with m − 1 degrees of freedom: W. G. Cochran (1977), Sampling
    Techniques, 3rd ed., §§ 6.3, 9A.
    """
    m = len(parts)
    below = sum((x for _, x in parts), Fraction(0))
    if m < 2 or not below:
        return None
    ratio = sum((y for y, _ in parts), Fraction(0)) / below
    squares = sum(((y - ratio * x) ** 2 for y, x in parts), Fraction(0))
    half = t_quantile(level, m - 1) * square_root(Fraction(m, m - 1) * squares) / abs(below)
    return Interval("ratio", level, ratio - half, ratio + half)


@lru_cache(maxsize=4096)
def quantile_ranks(n: int, quantile: Fraction, level: Fraction) -> tuple[int, int] | None:
    """Which order statistics of `n` values (counted from 1) enclose a quantile: at least at the level, whatever the
    distribution; None where `n` values are too few for that.

    The count of values below the quantile is binomial; each tail keeps at most (1 − level)/2. W. J. Conover (1999),
    Practical Nonparametric Statistics, 3rd ed., § 3.2; H. A. David and H. N. Nagaraja (2003), Order Statistics, § 7.1.
    """
    if n < 1 or not 0 < quantile < 1:
        return None
    with localcontext(_CONTEXT):
        low, high = _tails(n, decimal(quantile), decimal((1 - level) / 2))
    return (low, high) if low >= 1 and high <= n else None


def _tails(n: int, p: Decimal, tail: Decimal) -> tuple[int, int]:
    """The largest l with P(B ≤ l − 1) ≤ tail and the smallest u with P(B ≥ u) ≤ tail, for a binomial B.

    Masses are taken as multiples of the largest, out to where they no longer count: some 13 standard deviations.
    """
    mode = min(int((n + 1) * p), n)
    odds = p / (1 - p)
    below: list[Decimal] = []
    mass = Decimal(1)
    for k in range(mode, 0, -1):
        mass *= k / ((n - k + 1) * odds)
        if mass < _NOTHING:
            break
        below.append(mass)
    above: list[Decimal] = []
    mass = Decimal(1)
    for k in range(mode, n):
        mass *= (n - k) * odds / (k + 1)
        if mass < _NOTHING:
            break
        above.append(mass)
    limit = tail * (1 + sum(below) + sum(above))
    total, low = Decimal(0), mode - len(below)
    for mass in (*reversed(below), Decimal(1), *above):
        total += mass
        if total > limit:
            break
        low += 1
    total, high = Decimal(0), mode + len(above) + 1
    for mass in (*reversed(above), Decimal(1), *below):
        total += mass
        if total > limit:
            break
        high -= 1
    return low, high
