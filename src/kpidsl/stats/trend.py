"""Whether values rise or fall over time, and by how much: Mann–Kendall and Theil–Sen, also by seasons.

Sources: M. G. Kendall, *Rank Correlation Methods* (1975), with the correction for ties; P. K. Sen, "Estimates of the
regression coefficient based on Kendall's tau", JASA 63 (1968) 1379–1389; R. M. Hirsch, J. R. Slack, R. A. Smith,
"Techniques of trend analysis for monthly water quality data", Water Resources Research 18 (1982) 107–121; R. M. Hirsch,
J. R. Slack, "A nonparametric trend test for seasonal data with serial dependence", ibid. 20 (1984) 727–732.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from math import erfc, sqrt

from kpidsl.records import dataclass

FEWEST = 8  # values from which the normal approximation of S holds
FEWEST_CYCLES = 3  # values of each season
DEPENDENT_CYCLES = 10  # values of each season from which the dependence among seasons can be estimated (Hirsch, Slack)
Z_95 = 1.959963984540054  # the 97.5 % quantile of the standard normal distribution

Values = Sequence[Fraction | None]


@dataclass(frozen=True, slots=True)
class MannKendall:
    """`s` is concordant less discordant pairs, `tau` its share of all pairs, `p` two-sided.

    `slope` is the median of the slopes of all pairs, per step; `low` and `high` its 95 % interval. `covariance`: the
    variance counts the dependence among seasons.
    """

    n: int
    s: int
    variance: Fraction
    z: float
    p: float
    tau: float
    slope: float
    low: float
    high: float
    covariance: bool = False


def mann_kendall(values: Values) -> MannKendall | None:
    """The test of values in the order of time, a step apart, None for a missing one; None of fewer than two values."""
    at = [index for index, value in enumerate(values) if value is not None]
    if len(at) < 2:
        return None
    known = [value for value in values if value is not None]
    slopes = sorted(_slopes(at, list(map(float, known))))
    pairs = len(known) * (len(known) - 1) // 2
    return _result(len(known), score(_ranked(known)), variance(known), pairs, slopes, covariance=False)


def seasonal_mann_kendall(values: Values, seasons: int) -> MannKendall | None:
    """The same, where a value is compared only with those `seasons` steps, or twice as many …, away.

    The slope is per cycle. The variances of the seasons add up; with ten values of each, and none missing, so do their
    covariances.
    """
    parts = [list(values[season::seasons]) for season in range(seasons)]
    s = pairs = n = 0
    total = Fraction(0)
    slopes: list[float] = []
    for part in parts:
        at = [index for index, value in enumerate(part) if value is not None]
        known = [value for value in part if value is not None]
        s += score(_ranked(known))
        total += variance(known)
        pairs += len(known) * (len(known) - 1) // 2
        n += len(known)
        slopes += _slopes(at, list(map(float, known)))
    if not slopes:
        return None
    cycles = min(map(len, parts))
    complete = all(value is not None for part in parts for value in part[-cycles:]) and cycles >= DEPENDENT_CYCLES
    even = complete and all(len(part) == cycles for part in parts)
    if even:
        ranked = [_ranked([value for value in part if value is not None]) for part in parts]
        total += sum(
            (2 * _covariance(ranked[one], ranked[other]) for one in range(seasons) for other in range(one)), Fraction(0)
        )
    return _result(n, s, total, pairs, sorted(slopes), covariance=even)


def score(ranks: Sequence[int]) -> int:
    """S: pairs of which the later is greater less pairs of which it is smaller."""
    return sum((later > one) - (later < one) for at, one in enumerate(ranks) for later in ranks[at + 1 :])


def variance(values: Sequence[Fraction]) -> Fraction:
    """The variance of S where there is no trend: [n(n−1)(2n+5) − Σ t(t−1)(2t+5)]/18 over the groups of t equal ones."""
    n = len(values)
    tied = sum(t * (t - 1) * (2 * t + 5) for t in Counter(values).values())
    return Fraction(n * (n - 1) * (2 * n + 5) - tied, 18)


def normal_two_sided(z: float) -> float:
    """The chance of a standard normal value at least as far from 0."""
    return erfc(abs(z) / sqrt(2))


def _result(n: int, s: int, total: Fraction, pairs: int, slopes: list[float], *, covariance: bool) -> MannKendall:
    spread = sqrt(total) if total > 0 else 0.0
    z = 0.0 if s == 0 or spread == 0 else (s - (1 if s > 0 else -1)) / spread
    reach = Z_95 * spread
    # The ranks of the interval's edges (Sen 1968), rounded to the nearest.
    lower = max(round((len(slopes) - reach) / 2) - 1, 0)
    upper = min(round((len(slopes) + reach) / 2), len(slopes) - 1)
    p = normal_two_sided(z)
    from statistics import median

    return MannKendall(n, s, total, z, p, s / pairs, median(slopes), slopes[lower], slopes[upper], covariance)


def _ranked(values: Sequence[Fraction]) -> list[int]:
    """Values by their place among the different ones: they compare as the values do, and faster."""
    place = {value: at for at, value in enumerate(sorted(set(values)))}
    return [place[value] for value in values]


def _slopes(at: Sequence[int], values: Sequence[float]) -> list[float]:
    return [
        (values[later] - values[one]) / (at[later] - at[one])
        for one in range(len(values))
        for later in range(one + 1, len(values))
    ]


def _covariance(one: Sequence[int], other: Sequence[int]) -> Fraction:
    """The covariance of S of two seasons with as many values each (Hirsch, Slack 1984): [K + 4 Σ RᵢQᵢ − n(n+1)²]/3,
    where K is concordant less discordant pairs between the seasons, and R, Q are their middle ranks.
    """
    n = len(one)
    joint = sum(_sign((one[j] - one[i]) * (other[j] - other[i])) for i in range(n) for j in range(i + 1, n))
    products = sum((r * q for r, q in zip(_middle(one), _middle(other), strict=True)), Fraction(0))
    return (joint + 4 * products - n * (n + 1) ** 2) / 3


def _middle(values: Sequence[int]) -> list[Fraction]:
    """Ranks from 1; equal values share the middle one."""
    return [Fraction(len(values) + 1 + sum(_sign(value - other) for other in values), 2) for value in values]


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
