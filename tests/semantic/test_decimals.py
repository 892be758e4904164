"""Exact decimals of fractions: every digit, and nothing more."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from kpidsl.semantic.decimals import finite, trimmed

digits = st.integers(-(10**60), 10**60)


@given(digits, st.integers(0, 60))
def test_a_decimal_that_ends_is_the_fraction_itself(number: int, places: int) -> None:
    value = Fraction(number, 10**places)
    found = finite(value)
    assert found is not None
    assert Fraction(found) == value
    assert written(found) == found.as_tuple()


@given(digits, st.integers(1, 10**6))
def test_only_over_twos_and_fives_a_decimal_ends(number: int, below: int) -> None:
    value = Fraction(number, below)
    assert (finite(value) is None) == bool(10**200 % value.denominator)


@given(digits, st.integers(-80, 80))
def test_trimmed_is_the_same_number_in_one_form(number: int, exponent: int) -> None:
    value = Decimal(number).scaleb(exponent) if abs(number) < 10**28 else Decimal(number)
    found = trimmed(value)
    assert found == value
    assert found.as_tuple() == written(value)


def test_no_zero_has_a_sign() -> None:
    assert [str(trimmed(Decimal(zero))) for zero in ("-0", "0.00", "-0E+5")] == ["0", "0", "0"]


def written(value: Decimal) -> tuple[int, tuple[int, ...], int]:
    """Sign, digits and exponent without zeros behind the point and without a positive exponent, made from the text."""
    whole, _, fraction = f"{value.copy_abs():f}".partition(".")
    fraction = fraction.rstrip("0")
    number = (whole + fraction).lstrip("0") or "0"
    return int(value < 0), tuple(map(int, number)), -len(fraction)
