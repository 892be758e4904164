"""Numbers as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.assess.results import BoundResult
from kpidsl.report.figures import MOST_DECIMALS, Figure, bound, difference, distance, exact, figure, ratio, sparkline
from report.sample import at_least


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("0.853", "%", "85.3 %"),
        ("0.8531", "%", "85.3 %"),
        ("0.85", "%", "85.0 %"),
        ("0", "%", "0.0 %"),
        ("1", "%", "100.0 %"),
        ("0.9995", "%", "99.95 %"),
        ("0.99947", "%", "99.947 %"),
        ("0.5", "min", "0.5 min"),
        ("0.0004", "%", "0.04 %"),
        ("0.0064", "%", "0.64 %"),
        ("0.0592", "pp", "5.9 pp"),
        ("-0.3", "pp", "-30.0 pp"),
        ("0.0004", "pp", "0.04 pp"),
        ("12.5", "%", "1,250.0 %"),
        ("118250.5", "EUR", "118,250.50 EUR"),
        ("1234567890.5", "EUR", "1,234,567,890 EUR"),
        ("118250.5", "JPY", "118,250 JPY"),
        ("12.4", "min", "12.4 min"),
        ("12.44", "min", "12.4 min"),
        ("3.456", "min", "3.46 min"),
        ("0.01234", "min", "0.0123 min"),
        ("12345.6", "min", "12,346 min"),
        ("336776", None, "336,776"),
        ("-336776", None, "-336,776"),
        ("-0.0", None, "0"),
        ("0.00000012", None, "1.200e-7"),
        ("12345678901234567890", None, "1.235e+19"),
        ("68.5", "EUR/order", "68.5 EUR/order"),
    ],
)
def test_a_value_in_its_unit(value: str, unit: str | None, shown: str) -> None:
    assert str(figure(Decimal(value), unit)) == shown


@pytest.mark.parametrize(
    ("value", "target", "unit", "shown"),
    [
        ("0.79996", "0.8", "%", "79.996 %"),
        ("0.8", "0.8", "%", "80.0 %"),
        ("0.79", "0.8", "%", "79.0 %"),
        ("119999.999", "120000", "EUR", "119,999.999 EUR"),
        ("29.96", "30", "min", "29.96 min"),
        ("30.04", "30", "min", "30.04 min"),
    ],
)
def test_a_value_never_reads_like_the_target_it_is_not(value: str, target: str, unit: str, shown: str) -> None:
    assert str(figure(Decimal(value), unit, at_least(target))) == shown


@given(
    st.decimals(-1000, 1000, places=5), st.decimals(-1000, 1000, places=5), st.sampled_from(["%", "EUR", "min", None])
)
def test_figures_of_different_numbers_differ_where_a_bound_is_near(
    value: Decimal, edge: Decimal, unit: str | None
) -> None:
    shown = figure(value, unit, BoundResult(">=", edge)).number.replace(",", "")
    read = Decimal(shown) / (100 if unit == "%" else 1)
    places = -int(Decimal(shown).as_tuple().exponent) + (2 if unit == "%" else 0)
    assert abs(read - value) <= Decimal(5).scaleb(-places - 1)
    if value != edge and places < MOST_DECIMALS:
        assert read != edge


@pytest.mark.parametrize(
    ("found", "unit", "shown"),
    [
        (at_least("0.8"), "%", "≥ 80 %"),
        (at_least("0.999"), "%", "≥ 99.9 %"),
        (at_least("120000"), "EUR", "≥ 120,000"),
        (at_least("0.5"), "EUR", "≥ 0.50"),
        (at_least("123.456789"), "min", "≥ 123.5"),
        (BoundResult("<", Decimal(60)), "min", "< 60"),
        (BoundResult(None, None, Decimal(3), Decimal(8)), "min", "3 … 8"),
        (BoundResult(None, None, Decimal("0.1"), Decimal("0.2")), "%", "10 … 20 %"),
        (BoundResult(">=", None, undefined="no_rows"), "%", "undefined"),
        (BoundResult(">=", Decimal("0.025")), "pp", "≥ 2.5 pp"),
    ],
)
def test_a_bound(found: BoundResult, unit: str, shown: str) -> None:
    assert str(bound(found, unit)) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("-0.0312", "%", "-3.1 pp"),
        ("0.0312", "%", "+3.1 pp"),
        ("0.00352", "%", "+0.4 pp"),
        ("-0.0004", "%", "-0.04 pp"),
        ("0", "%", "±0.0 pp"),
        ("0.0312", "pp", "+3.1 pp"),
        ("-1749.5", "EUR", "-1,749.50 EUR"),
        ("12", None, "+12"),
        ("-0.000000", None, "±0"),
    ],
)
def test_a_difference_has_a_sign_and_of_percentages_is_in_points(value: str, unit: str | None, shown: str) -> None:
    assert str(difference(Decimal(value), unit)) == shown


@pytest.mark.parametrize(
    ("gap", "unit", "value", "target", "shown"),
    [
        ("-0.99298", None, "39.0", "≥ 40", "-1.0"),
        ("-0.0785", "item", "1.92", "≥ 2", "-0.08"),
        ("1.4", "item", "42", "≥ 40.6", "+1.4"),
        ("0.5", "item", "42", "≥ 41", "+0.5"),
        ("0.0074", "%", "85.7", "≥ 85", "+0.7 pp"),
        ("0.0392", "pp", "5.9", "≥ 2 pp", "+3.9 pp"),
        ("-0.0004", "%", "79.96", "≥ 80", "-0.04 pp"),
        ("-0.0000004", None, "2", "≥ 2", "-4.000e-7"),
        ("0", "EUR", "2.00", "≥ 2", "±0.00"),
        ("1e20", None, "1.000e+20", "≥ 0", "+1.000e+20"),
    ],
)
def test_a_gap_has_the_decimals_of_what_it_lies_between(
    gap: str, unit: str | None, value: str, target: str, shown: str
) -> None:
    assert str(distance(Decimal(gap), unit, (Figure(value), Figure(target)))) == shown


def test_a_relative_change_is_a_percentage() -> None:
    assert str(ratio(Decimal("0.1337"))) == "+13.4 %"


def test_a_written_number_keeps_its_decimals() -> None:
    assert exact(Decimal("7.5"), None) == "7.5"
    assert exact(Decimal("0.0755"), "%") == "7.55"


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([], ""),
        ([None, None], ""),
        ([1, 2, 3, 4, 5, 6, 7, 8], "▁▂▃▄▅▆▇█"),
        ([8, 1, None, 8], "█▁·█"),
        ([5, 5], "▄▄"),
        ([-1, 0, 1], "▁▅█"),
    ],
)
def test_a_sparkline_goes_from_the_least_to_the_greatest(values: list[int | None], shown: str) -> None:
    assert sparkline([None if each is None else Decimal(each) for each in values]) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(True, "true"), (False, "false"), ("2026-03-01", "2026-03-01"), ("", '""')]
)
def test_values_that_are_no_numbers(value: bool | str, shown: str) -> None:
    assert str(figure(value, None)) == shown
    assert sparkline([value]) == ""
