"""Mann–Kendall and Theil–Sen against published answers and against scipy and pymannkendall."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from kpidsl.stats.trend import mann_kendall, normal_two_sided, seasonal_mann_kendall


def of(values: list[int | None]) -> list[Fraction | None]:
    return [None if value is None else Fraction(value) for value in values]


def test_a_published_example_with_ties() -> None:
    found = mann_kendall(of([10, 10, 10, 5, 10, 20, 18, 17, 15, 24, 15]))
    assert found is not None
    assert found.s == 22
    assert f"{float(found.variance):.2f}" == "155.33"
    assert f"{found.z:.3f}" == "1.685"
    assert (found.slope, found.low, found.high) == (1.0, 0.0, 2.0)


def test_values_that_are_all_alike() -> None:
    found = mann_kendall(of([7] * 10))
    assert found is not None
    assert (found.s, found.variance, found.z, found.p, found.slope) == (0, 0, 0.0, 1.0, 0.0)


def test_a_gap_keeps_its_place() -> None:
    found = mann_kendall(of([0, None, 2, 3, None, 5, 6, 7, 8, 9]))
    assert found is not None
    assert (found.n, found.slope, found.low, found.high, found.tau) == (8, 1.0, 1.0, 1.0, 1.0)
    assert mann_kendall(of([1, None])) is None


def test_the_seasons_are_held_apart() -> None:
    # Each year higher than the one before, in each season; within a year it falls.
    found = seasonal_mann_kendall(of([year - 10 * season for year in range(4) for season in range(3)]), 3)
    assert found is not None
    assert (found.s, found.n, found.slope, found.tau, found.covariance) == (18, 12, 1.0, 1.0, False)
    assert seasonal_mann_kendall(of([1, 2, 3]), 3) is None


def test_the_normal_distribution() -> None:
    assert normal_two_sided(1.959963984540054) == pytest.approx(0.05, abs=1e-15)
    assert normal_two_sided(0) == 1


def series(seed: int, length: int, most: int) -> list[int]:
    chance = random.Random(seed)
    return [chance.randint(0, most) + at // chance.randint(2, 9) for at in range(length)]


@pytest.mark.parametrize("seed", range(40))
def test_against_pymannkendall(seed: int) -> None:
    peer = pytest.importorskip("pymannkendall")
    values = series(seed, 8 + seed, 3 + seed)
    ours, theirs = mann_kendall(of([*values])), peer.original_test(values)
    assert ours is not None
    assert (ours.s, float(ours.variance)) == pytest.approx((theirs.s, theirs.var_s))
    assert (ours.z, ours.p, ours.tau) == pytest.approx((theirs.z, theirs.p, theirs.Tau))
    assert ours.slope == pytest.approx(theirs.slope)


@pytest.mark.parametrize("seed", range(20))
def test_seasons_against_pymannkendall(seed: int) -> None:
    peer = pytest.importorskip("pymannkendall")
    values = series(seed, 36 + seed, 20)
    ours, theirs = seasonal_mann_kendall(of([*values]), 12), peer.seasonal_test(values, period=12)
    assert ours is not None
    assert (ours.s, float(ours.variance)) == pytest.approx((theirs.s, theirs.var_s))
    assert (ours.z, ours.p, ours.tau, ours.slope) == pytest.approx((theirs.z, theirs.p, theirs.Tau, theirs.slope))


@pytest.mark.parametrize("seed", range(20))
def test_dependent_seasons_against_pymannkendall(seed: int) -> None:
    peer = pytest.importorskip("pymannkendall")
    values = series(seed, 4 * 12, 6)
    ours, theirs = seasonal_mann_kendall(of([*values]), 4), peer.correlated_seasonal_test(values, period=4)
    assert ours is not None
    assert ours.covariance
    # It leaves out the continuity correction, so z is not compared.
    assert (ours.s, float(ours.variance)) == pytest.approx((theirs.s, theirs.var_s))


@pytest.mark.parametrize("seed", range(30))
def test_against_scipy(seed: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    values = series(seed, 8 + 2 * seed, 5 + seed)
    ours = mann_kendall(of([*values]))
    assert ours is not None
    slope, _, low, high = stats.theilslopes(values, alpha=0.95)
    assert (ours.slope, ours.low, ours.high) == pytest.approx((slope, low, high))
    distinct = sorted(random.Random(seed).sample(range(1000), 12), key=lambda one: one % 7)
    untied = mann_kendall(of([*distinct]))
    assert untied is not None
    assert untied.tau == pytest.approx(stats.kendalltau(range(12), distinct).statistic)
