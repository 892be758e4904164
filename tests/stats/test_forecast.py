"""Forecasts by hand, from the formulas of Hyndman and Athanasopoulos (3rd ed., table 5.2)."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import pytest

from kpidsl.stats.forecast import Z_80, drift, run_rate, seasonal_naive

VALUES: list[Fraction | None] = [Fraction(value) for value in (10, 12, 11, 15, 14, 16, 19, 18, 22, 21)]


def test_drift() -> None:
    found = drift(VALUES, 3)
    assert found is not None
    slope = (21 - 10) / 9
    assert found.landing == Fraction(21) + 3 * Fraction(11, 9)
    errors = [
        after - before - slope
        for before, after in zip(
            (10, 12, 11, 15, 14, 16, 19, 18, 22), (12, 11, 15, 14, 16, 19, 18, 22, 21), strict=True
        )
    ]
    sigma = sqrt(sum(error**2 for error in errors) / (10 - 2))
    assert found.deviation == pytest.approx(sigma * sqrt(3 * (1 + 3 / 9)))
    assert found.high - found.low == pytest.approx(2 * Z_80 * found.deviation)


def test_drift_of_a_line_is_certain() -> None:
    found = drift([Fraction(value) for value in range(8)], 4)
    assert found is not None
    assert (found.landing, found.deviation, found.below(Fraction(11)), found.below(Fraction(12))) == (11, 0.0, 0.0, 1.0)


def test_drift_over_a_gap() -> None:
    found = drift([Fraction(0), Fraction(1), None, Fraction(3), Fraction(4)], 2)
    assert found is not None
    assert (found.landing, found.deviation, found.n) == (6, 0.0, 4)
    assert drift([Fraction(0), Fraction(1), None], 2) is None
    assert drift([Fraction(0), Fraction(1)], 2) is None


def test_seasonal_naive() -> None:
    values: list[Fraction | None] = [Fraction(value) for value in (1, 5, 9, 3, 2, 6, 9, 5)]
    sigma = sqrt((1 + 1 + 0 + 4) / 4)
    for steps, landing, cycles in ((1, 2, 0), (3, 9, 0), (4, 5, 0), (5, 2, 1), (9, 2, 2)):
        found = seasonal_naive(values, steps, 4)
        assert found is not None
        assert found.landing == landing
        assert found.deviation == pytest.approx(sigma * sqrt(cycles + 1))
    assert seasonal_naive([*values[:4], None, *values[5:]], 1, 4) is None


def test_a_run_rate_is_the_drift_of_a_total_from_nothing() -> None:
    parts = [Fraction(part) for part in (10, 12, 9, 14, 11, 10)]
    totals = [sum(parts[:at], Fraction(0)) for at in range(7)]
    rate, line = run_rate(totals[-1], parts, Fraction(6), Fraction(6)), drift([*totals], 6)
    assert rate is not None
    assert line is not None
    assert rate.landing == line.landing == 132
    # T − 2 of the seven totals are the six parts less one.
    assert rate.deviation == pytest.approx(line.deviation)


def test_the_probability_of_a_bound() -> None:
    found = drift(VALUES, 3)
    assert found is not None
    assert found.below(found.landing) == pytest.approx(0.5)
    assert found.below(Fraction(found.high)) == pytest.approx(0.9)
    assert found.below(Fraction(found.low)) == pytest.approx(0.1)


@pytest.mark.parametrize(("seasons", "steps"), [(None, 1), (None, 6), (4, 3)])
def test_the_interval_holds_four_of_five(seasons: int | None, steps: int) -> None:
    """Of random walks (and of seasonal ones) four fifths land in the interval."""
    import random

    chance = random.Random(steps)
    inside = rounds = 0
    for _ in range(800):
        walk = [0.0] * 44
        for at in range(seasons or 1, 44):
            walk[at] = walk[at - (seasons or 1)] + chance.gauss(0, 1)
        known: list[Fraction | None] = [Fraction(value) for value in walk[: 44 - steps]]
        found = drift(known, steps) if seasons is None else seasonal_naive(known, steps, seasons)
        assert found is not None
        inside += found.low <= walk[43] <= found.high
        rounds += 1
    assert inside / rounds == pytest.approx(0.8, abs=0.05)
