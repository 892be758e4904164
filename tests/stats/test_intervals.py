"""Intervals: published answers to the printed digits, and scipy and statsmodels on random samples."""

from __future__ import annotations

from fractions import Fraction
from statistics import fmean, variance

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from kpidsl.stats.intervals import Interval, newcombe, normal, quantile_ranks, ratio_of_sums, t_mean, wilson

LEVEL = Fraction(95, 100)
SHARES = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LEVELS = st.sampled_from([Fraction(8, 10), Fraction(9, 10), LEVEL, Fraction(99, 100)])


def shown(interval: Interval | None, digits: int = 4) -> str:
    assert interval is not None
    low, high = (f"{float(end):.{digits}f}" for end in (interval.low, interval.high))
    return f"{low}–{high}"


@pytest.mark.parametrize(
    ("k", "n", "printed"),
    # R. G. Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3
    [
        (81, 263, "0.2553–0.3662"),
        (15, 148, "0.0624–0.1605"),
        (0, 20, "0.0000–0.1611"),
        (1, 29, "0.0061–0.1718"),
    ],
)
def test_the_published_shares(k: int, n: int, printed: str) -> None:
    assert shown(wilson(k, n, LEVEL)) == printed


def test_satisfied_users() -> None:
    """164 of 200 against 85 %: both sides of it."""
    found = wilson(164, 200, LEVEL)
    assert shown(found, 3) == "0.761–0.867"
    assert found is not None
    assert found.low < Fraction(85, 100) < found.high


@pytest.mark.parametrize(
    ("k1", "n1", "k2", "n2", "printed"),
    # R. G. Newcombe (1998), Interval estimation for the difference between independent proportions, table II, method 10
    [
        (56, 70, 48, 80, "0.0524–0.3339"),
        (9, 10, 3, 10, "0.1705–0.8090"),
        (6, 7, 2, 7, "0.0582–0.8062"),
        (5, 56, 0, 29, "-0.0381–0.1926"),
        (0, 10, 0, 20, "-0.1611–0.2775"),
        (0, 10, 0, 10, "-0.2775–0.2775"),
        (10, 10, 0, 20, "0.6791–1.0000"),
        (10, 10, 0, 10, "0.6075–1.0000"),
    ],
)
def test_the_published_differences(k1: int, n1: int, k2: int, n2: int, printed: str) -> None:
    assert shown(newcombe(k1, n1, k2, n2, LEVEL)) == printed


@given(SHARES, LEVELS)
def test_shares_are_statsmodels(share: tuple[int, int], level: Fraction) -> None:
    found = wilson(*share, level)
    assert found is not None
    theirs = proportion_confint(*share, 1 - float(level), "wilson")
    assert (float(found.low), float(found.high)) == pytest.approx(theirs, abs=1e-12)
    assert 0 <= found.low <= Fraction(*share) <= found.high <= 1


@given(SHARES, SHARES, LEVELS)
def test_differences_are_statsmodels(one: tuple[int, int], other: tuple[int, int], level: Fraction) -> None:
    found = newcombe(*one, *other, level)
    assert found is not None
    theirs = confint_proportions_2indep(*one, *other, method="newcomb", compare="diff", alpha=1 - float(level))
    assert (float(found.low), float(found.high)) == pytest.approx(theirs, abs=1e-9)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=40), LEVELS)
def test_means_are_scipys(values: list[int], level: Fraction) -> None:
    found = t_mean(Fraction(sum(values), len(values)), Fraction(variance(map(Fraction, values))), len(values), level)
    assert found is not None
    if len(set(values)) == 1:
        assert found.low == found.high == values[0]
        return
    theirs = scipy_stats.t.interval(float(level), len(values) - 1, fmean(values), scipy_stats.sem(values))
    assert (float(found.low), float(found.high)) == pytest.approx(theirs, rel=1e-9, abs=1e-9)


@given(st.integers(1, 400), st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=100), LEVELS)
def test_ranks_hold_what_they_promise_and_no_more(n: int, quantile: Fraction, level: Fraction) -> None:
    """Each tail at most half of what is left, and one rank further in more than that."""
    below = scipy_stats.binom(n, float(quantile)).cdf
    tail = (1 - float(level)) / 2
    found = quantile_ranks(n, quantile, level)
    if found is None:
        assert below(0) > tail - 1e-12 or 1 - below(n - 1) > tail - 1e-12
        return
    low, high = found
    assert below(low - 1) <= tail + 1e-12
    assert 1 - below(high - 1) <= tail + 1e-12
    assert below(low) >= tail - 1e-12
    assert 1 - below(high - 2) >= tail - 1e-12


@pytest.mark.parametrize(
    ("n", "quantile", "level", "ranks"),
    [
        (6, Fraction(1, 2), LEVEL, (1, 6)),  # the smallest sample with a 95 % interval of the median
        (5, Fraction(1, 2), LEVEL, None),
        (16, Fraction(3, 4), Fraction(9, 10), (9, 16)),
        (100, Fraction(1, 2), LEVEL, (40, 61)),
    ],
)
def test_ranks_of_samples(n: int, quantile: Fraction, level: Fraction, ranks: tuple[int, int] | None) -> None:
    assert quantile_ranks(n, quantile, level) == ranks


def test_a_ratio_of_sums_over_periods() -> None:
    """Worked by hand: R = 12/30; residuals 3 − 4, 5 − 4, 4 − 4; variance 3/2 · 2 / 900; t₂ = 4.3027."""
    parts = [(Fraction(3), Fraction(10)), (Fraction(5), Fraction(10)), (Fraction(4), Fraction(10))]
    assert shown(ratio_of_sums(parts, LEVEL)) == "0.1516–0.6484"


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=30))
def test_a_ratio_to_equal_periods_is_a_mean(values: list[int]) -> None:
    """Where every period counts the same, it is Student's interval of the periods' values."""
    ratio = ratio_of_sums([(Fraction(one), Fraction(1)) for one in values], LEVEL)
    mean = t_mean(Fraction(sum(values), len(values)), Fraction(variance(map(Fraction, values))), len(values), LEVEL)
    assert ratio is not None
    assert mean is not None
    assert (float(ratio.low), float(ratio.high)) == pytest.approx((float(mean.low), float(mean.high)))


def test_an_estimate_with_an_error() -> None:
    assert shown(normal(Fraction(35), Fraction(396, 100), LEVEL), 2) == "27.24–42.76"


def test_samples_that_are_too_small() -> None:
    assert wilson(0, 0, LEVEL) is None
    assert newcombe(1, 2, 0, 0, LEVEL) is None
    assert t_mean(Fraction(1), Fraction(0), 1, LEVEL) is None
    assert ratio_of_sums([(Fraction(1), Fraction(2))], LEVEL) is None
    assert ratio_of_sums([(Fraction(1), Fraction(0)), (Fraction(2), Fraction(0))], LEVEL) is None
    assert quantile_ranks(0, Fraction(1, 2), LEVEL) is None
    with pytest.raises(ValueError, match="no share"):
        wilson(3, 2, LEVEL)
