"""Quantiles: published tables, and scipy."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import erfinv
from scipy.stats import t

from kpidsl.stats.distributions import normal_quantile, square_root, t_quantile

LEVELS = st.fractions(min_value=Fraction(1, 1000), max_value=Fraction(9999, 10_000), max_denominator=10_000)


@pytest.mark.parametrize(
    ("level", "z"),
    # Abramowitz and Stegun, table 26.6, and further digits
    [
        (Fraction(1, 2), "0.67448975019608"),
        (Fraction(9, 10), "1.64485362695147"),
        (Fraction(95, 100), "1.95996398454005"),
        (Fraction(99, 100), "2.57582930354890"),
        (Fraction(999, 1000), "3.29052673149189"),
    ],
)
def test_the_normal_quantiles_of_the_tables(level: Fraction, z: str) -> None:
    assert f"{float(normal_quantile(level)):.14f}" == z


@pytest.mark.parametrize(
    ("level", "freedom", "value"),
    # Abramowitz and Stegun, table 26.10
    [
        ("0.9", 1, "6.314"),
        ("0.95", 1, "12.706"),
        ("0.999", 1, "636.619"),
        ("0.95", 2, "4.303"),
        ("0.95", 10, "2.228"),
        ("0.99", 30, "2.750"),
        ("0.95", 120, "1.980"),
    ],
)
def test_the_t_quantiles_of_the_tables(level: str, freedom: int, value: str) -> None:
    assert f"{float(t_quantile(Fraction(level), freedom)):.3f}" == value


@given(LEVELS)
def test_normal_quantiles_are_scipys(level: Fraction) -> None:
    assert float(normal_quantile(level)) == pytest.approx(2**0.5 * erfinv(float(level)), rel=1e-12)


@given(LEVELS, st.one_of(st.integers(1, 200), st.integers(1, 10**9)))
def test_t_quantiles_are_scipys(level: Fraction, freedom: int) -> None:
    assert float(t_quantile(level, freedom)) == pytest.approx(t.isf((1 - float(level)) / 2, freedom), rel=1e-9)


@pytest.mark.parametrize("freedom", [119, 120, 121, 122])
def test_both_ways_to_the_gamma_function_meet(freedom: int) -> None:
    """The first is exact up to ν = 120, the asymptotic series begins there."""
    assert float(t_quantile(Fraction(95, 100), freedom)) == pytest.approx(t.ppf(0.975, freedom), rel=1e-13)


def test_roots_of_squares_are_exact() -> None:
    assert square_root(Fraction(9, 4)) == Fraction(3, 2)
    assert square_root(Fraction(0)) == 0


@pytest.mark.parametrize("level", [Fraction(0), Fraction(1), Fraction(3, 2)])
def test_what_is_no_level_is_refused(level: Fraction) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        normal_quantile(level)
    with pytest.raises(ValueError, match="degrees"):
        t_quantile(Fraction(1, 2), 0)
