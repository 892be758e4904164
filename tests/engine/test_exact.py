"""Numbers to the last digit: decimals, floats in any order, quantiles, what is too large or no number."""

from __future__ import annotations

import itertools
import random
import statistics
from collections.abc import Callable
from datetime import date
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest

import kpidsl
from engine.evaluating import days, evaluate, money, value
from kpidsl.engine import shared_scan
from kpidsl.report.explained import queries

DAY = date(2026, 3, 2)
MARCH = "over 2026-03"


def over(expression: str, x: object, source: str = "time at") -> object:
    column = x if isinstance(x, pa.Array) else pa.array(x)
    return value(f"({expression}) {MARCH}", "2026-03-31", {"at": [DAY] * len(column), "x": column}, source)


def test_money_adds_up_to_the_last_digit() -> None:
    cents = money(*["0.10"] * 1000, "123456789012345678.99")
    assert over("sum(x) from o", cents, "time at; column x: EUR") == Decimal("123456789012345778.99")


def test_a_decimal_of_38_digits() -> None:
    digits = "12345678901234567890123456789012345678"
    assert over("max(x) from o", money(digits, "1", precision=38, scale=0)) == Decimal(digits)
    assert over("sum(x) from o", money(digits, "1", precision=38, scale=0)) == Decimal(
        "12345678901234567890123456789012345679"
    )


COINS = ["50000.12345678", "1234567.00000001", "2.5"]


@pytest.mark.parametrize(
    ("expression", "of_rows"),
    [
        ("sum(x * x)", lambda coins: sum(x * x for x in coins)),
        ("max(x * x * 0.5)", lambda coins: max(coins) ** 2 / 2),
        ("sum(n * x)", lambda coins: 100_000 * sum(coins)),
        ("sum(x - y)", lambda coins: sum(coins) - 3_000_000),
    ],
)
def test_products_and_sums_of_decimals_have_room_for_38_digits(
    expression: str, of_rows: Callable[[list[Fraction]], Fraction]
) -> None:
    columns = {
        "at": [DAY] * 3,
        "x": money(*COINS, precision=18, scale=8),
        "y": money(*["1000000.00"] * 3, precision=18),
        "n": pa.array([100_000] * 3, pa.int32()),
    }
    found = value(f"({expression} from o) {MARCH}", "2026-03-31", columns)
    assert isinstance(found, Decimal)
    assert Fraction(found) == of_rows(list(map(Fraction, COINS)))


@pytest.mark.parametrize(
    ("expression", "column", "expected"),
    [
        ("round(x, 1)", money("0.25", "-0.25", "1.04"), Decimal("1.0")),
        ("round(x, -2)", money("149.99", "150.00"), 300),
        ("round(x, -1)", [14, 15, -15], 10),
        ("round(x, 2)", [14, 15], 29),
        ("round(x, 2)", [0.126, 0.124, None], Decimal("0.25")),
        ("round(x / 8, 2)", [1, 3], Decimal("0.51")),
    ],
)
def test_numbers_are_rounded_to_digits_before_they_are_added(expression: str, column: object, expected: object) -> None:
    assert over(f"sum({expression}) from o", column) == expected


BIG = [2**62 + 1, 2**62 + 3]


@pytest.mark.parametrize("function", ["floor", "ceil", "round"])
def test_whole_numbers_stay_exact_when_they_are_rounded(function: str) -> None:
    assert over(f"sum({function}(x)) from o", BIG) == sum(BIG)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("variance(90% of x)", Decimal("0.81")),
        ("stddev(kg + g)", Decimal("0.25")),
        ("sum(min + s)", Decimal("6.51666666666667")),
        ("stddev(min + s)", Decimal("0.9354638382068")),
        ("sum(s + min)", 391),
        ("sum(x_kg + 500 g)", Decimal("7.5")),
        ("sum(x_kg - 500 g)", Decimal("4.5")),
        ("median(x_kg + 500 g)", Decimal("2.5")),
        ("sum(2 * x_kg + 1 g)", Decimal("12.003")),
        ("sum(coalesce(x_kg, 500 g) + 1 g)", Decimal("6.003")),
        ("sum(min + 10 seconds)", Decimal("6.5")),
        ("sum(min + 1 second)", Decimal("6.05")),
        ("stddev(min * (5 per 3))", Decimal("1.66666666666667")),
        ("stddev(scale)", Decimal("0.1")),
    ],
)
def test_whole_numbers_in_two_units_make_no_whole_number(expression: str, expected: object) -> None:
    ones: dict[str, list[Any]] = {name: [1, 2, 3] for name in ("x", "x_kg", "min", "scale")}
    columns = {"at": [DAY] * 3, "kg": [0] * 3, "g": [0, 250, 500], "s": [10, 20, 1], **ones}
    declared = (
        "time at; column kg: kg; column x_kg: kg; column g: g; column min: minutes; column s: seconds; "
        "column scale: % as 0.5..10.5"
    )
    assert value(f"({expression} from o) {MARCH}", "2026-03-31", columns, declared) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("avg(x)", Decimal("60060.1666666667")),
        ("max(x)", 180_000),
        ("median(x + 1 minute)", 180),
        ("count_distinct(x)", 3),
        ("sum(if x <= 2 minutes then 1 else 0)", 2),
    ],
)
@pytest.mark.parametrize("declared", ["", "; column x: minutes"])
def test_lengths_of_time_that_the_data_has_are_seconds(expression: str, expected: object, declared: str) -> None:
    lengths = pa.array([60_500_000, 120_000_000, None, 180_000_000_000], pa.duration("us"))
    assert over(f"{expression} from o", lengths, f"time at{declared}") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("coalesce(wide, fine)", "1000.685"),
        ("if fine > 0 then fine else wide", "1000.685"),
        ("if fine > 0 then fine else wide * n", "3002.045"),
        ("if fine > 0 then -fine else n * d", "3.295"),
        ("coalesce(wide * wide, fine)", "1001360.4674"),
    ],
)
def test_a_value_that_is_chosen_keeps_all_its_places(expression: str, expected: str) -> None:
    columns = {
        "at": [DAY] * 2,
        "n": [3, 3],
        "d": money("1.10", "1.10", precision=18),
        "wide": pa.array([Decimal("1000.68"), None], pa.decimal128(38, 2)),
        "fine": pa.array([None, Decimal("0.005")], pa.decimal128(9, 9)),
    }
    assert value(f"(sum({expression}) from o) {MARCH}", "2026-03-31", columns) == Decimal(expected)


def test_a_deviation_of_money_in_the_millions() -> None:
    amounts = ["90000000.01", "1.00", "50000000.55"]
    expected = statistics.stdev(map(Decimal, amounts))
    assert over("stddev(x) from o", money(*amounts, precision=18)) == Decimal(f"{expected:.15g}")


def test_a_deviation_of_decimals_whose_squares_no_type_can_hold() -> None:
    rng = random.Random(7)
    numbers = [Decimal(rng.randrange(-(10**22), 10**22)).scaleb(-18) for _ in range(300)]
    columns = {
        "at": [DAY if row % 7 else date(2026, 2, 3) for row in range(300)],
        "x": pa.array(numbers, pa.decimal128(38, 18)),
        "kind": [f"k{row % 5}" for row in range(300)],
    }
    columns["at"] += [date(2025, 1, 1)]  # far away in every sense: another window alone sees it
    columns["x"] = pa.concat_arrays([columns["x"], pa.array([Decimal(10**19)], pa.decimal128(38, 18))])
    columns["kind"] += ["k1"]
    windows = {"over 2026-03": 3, "over 2026-02": 2}
    spec = 'source o { from arrow("o"); time at }\n'
    spec += "kpi whole { value sum(x) from o over all time; target >= 0 }\n"
    expected = {}
    for number, (kind, (window, month)) in enumerate(itertools.product(range(5), windows.items())):
        spec += f'kpi k{number} {{ value stddev(x) from o where kind == "k{kind}" {window}; target >= 1; by kind }}\n'
        inside = [x for row, x in enumerate(numbers) if row % 5 == kind and columns["at"][row].month == month]
        variance = statistics.variance(map(Fraction, inside))
        root = (Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt()
        expected[f"k{number}"] = Context(prec=15).plus(root)
    for pays in (True, False):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(shared_scan, "pays", lambda _, answer=pays: answer)
            found = kpidsl.load("-", stdin_text=spec).evaluate(
                as_of="2026-03-31", sources={"o": pa.table(columns)}, explain=True
            )
        values = {one.name: one.assessment.value for one in found.kpis if one.name != "whole"}
        assert values == expected
        assert not any("LIST(" in query for query in queries(found))


def test_a_mean_is_a_quotient_of_exact_parts_at_15_digits() -> None:
    assert over("avg(x) from o", [1, 1, 2]) == Decimal("1.33333333333333")
    assert over("avg(x) from o", money("0.10", "0.20")) == Decimal("0.15")
    assert over("(sum(x) from o) / (count() from o)", [2, 0, 0]) == Decimal("0.666666666666667")


def test_a_bound_is_compared_with_the_unrounded_value() -> None:
    spec = """
        source o { from arrow("o"); time at }
        kpi k { value ((sum(x) from o) / (count() from o)) over 2026-03; target >= 0.666666666666667 }
    """
    (found,) = evaluate(spec, "2026-03-31", o={"at": [DAY] * 3, "x": [2, 0, 0]}).kpis
    assert (found.assessment.value, found.assessment.status) == (Decimal("0.666666666666667"), "red")


@pytest.mark.parametrize("numbers", [[1e16, 1.0, -1e16], [0.1] * 10, [1e-300, 1.0], [3.5, 1e100, -1e100]])
def test_a_sum_of_floats_does_not_depend_on_their_order(numbers: list[float]) -> None:
    found = {over("sum(x) from o", order) for order in (numbers, numbers[::-1], numbers[1:] + numbers[:1])}
    assert len(found) == 1


def test_a_sum_of_floats_is_that_of_their_digits() -> None:
    assert over("sum(x) from o", [0.1] * 10) == 1
    assert over("sum(x) from o", [1e16, 1.0, -1e16]) == 1


def test_a_float_far_away_takes_nothing_from_the_others() -> None:
    spec = """
        source o { from arrow("o"); time at }
        metric total = (sum(x) from o where x < 100) over 2026-03
        metric spread = (variance(x) from o where x < 100) over 2026-03
        metric everything = (sum(x) from o) over 2026-03
    """
    found = evaluate(spec, "2026-03-31", o={"at": [DAY] * 4, "x": [0.1, 0.2, 0.3, 1e300]}).metrics
    assert [one.value for one in found[:2]] == [Decimal("0.6"), Decimal("0.01")]
    assert found[2].value == Decimal("1e300")
    cancelled = {"at": [DAY] * 4, "x": [3.5, 1e300, -1e300, 2**-400]}
    assert evaluate(spec, "2026-03-31", o=cancelled).metrics[2].value == Decimal("3.5")


@pytest.mark.parametrize("size", [1e-300, 1e-12, 1.0, 1e12, 1e150, 1e300])
def test_a_spread_of_floats_is_exact_at_any_size(size: float) -> None:
    numbers = [size * part for part in (2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0)]
    exact = statistics.stdev(Fraction(number) for number in numbers)
    assert over("stddev(x) from o", numbers) == pytest.approx(Decimal(exact), rel=Decimal("1e-11"))


def test_nan_is_null() -> None:
    nan = float("nan")
    assert over("sum(x) from o", [1.5, nan]) == Decimal("1.5")
    assert over("count(x) from o", [1.5, nan, None]) == 1
    assert over("avg(x * 2) from o", [1.5, nan]) == 3
    assert over("max(x) from o", [nan, nan]) == "no_rows"


INFINITE = 'source o { from arrow("o"); time at }\n'


@pytest.mark.parametrize("function", ["sum", "avg", "min", "max", "median", "stddev", "last"])
def test_an_infinite_number_costs_only_the_values_it_would_enter(function: str) -> None:
    spec = (
        INFINITE
        + f"""
        metric bad = ({function}(x) from o) over 2026-03
        metric fine = ({function}(x) from o where x < 100) over 2026-03
        metric counted = (count(x) from o) over 2026-03
    """
    )
    rows = {"at": [DAY] * 3, "x": [1.0, 3.0, float("inf")]}
    results = evaluate(spec, "2026-03-31", o=rows)
    bad, fine, counted = results.metrics
    lowest = function == "min"
    assert bad.value_undefined == (None if lowest else "source_error")
    assert [(error.code, error.affects) for error in results.errors] == ([] if lowest else [("K0613", ("bad",))])
    assert fine.value is not None
    assert counted.value == 3


def test_an_overflow_costs_only_the_values_concerned() -> None:
    spec = """
        source o { from arrow("o"); time at }
        metric large = (sum(x) from o) over 2026-03
        metric small = (sum(x) from o) over 2026-02
        metric greatest = (max(x) from o) over 2026-03
    """
    top = "99999999999999999999999999999999999999"
    rows = {"at": days("2026-02-01", "2026-03-01", "2026-03-02"), "x": money("5", top, top, precision=38, scale=0)}
    results = evaluate(spec, "2026-03-31", o=rows)
    assert [one.value for one in results.metrics] == [None, 5, Decimal(top)]
    assert [(error.code, error.affects) for error in results.errors] == [("K0610", ("large",))]


def test_the_reason_of_an_overflow_is_that_and_not_a_source_that_could_not_be_read() -> None:
    spec = """
        source o { from arrow("o"); time at }
        metric large = sum(x * x) from o
        kpi first { value large over last month; target >= 5; by y }
        kpi second { value sum(y) from o over last month; target >= large over last month }
        objective goals { period 2026-Q1; key result more { increase large over last month from 1 to 5 } }
        outcome trust { for all_of_us; horizon 2026; levels a < b; success b
          evidence e { measure large over last month; level b >= 5 } }
    """
    top = "99999999999999999999999999999999999999"
    rows = {"at": days("2026-03-01", "2026-03-02"), "x": money(top, top, precision=38, scale=0), "y": [1, 1]}
    results = evaluate(spec, "2026-03-31", o=rows)
    (error,) = results.errors
    assert error.code == "K0610"
    assert error.message == f"a number over `o` is too large to be exact: {top} * {top}"
    assert error.affects == ("first", "second", "goals.more", "trust")
    (key_result,) = results.objectives[0].key_results
    (evidence,) = results.outcomes[0].evidence
    reasons = [one.assessment.reason for one in (*results.kpis, *results.kpis[0].segments)]
    assert {*reasons, key_result.reason, evidence.reason} == {error.message}


def test_a_product_of_narrow_integers_is_no_overflow() -> None:
    assert over("sum(x * x) from o", pa.array([100_000], pa.int32())) == 10**10
    assert over("sum(x + x) from o", pa.array([2**62], pa.int64())) == 2**63


def test_a_quotient_of_rows_is_real_and_one_by_0_is_unknown() -> None:
    assert over("sum(1 / x) from o", [2, 4, 0]) == Decimal("0.75")
    assert over("count(1 / x) from o", [2, 4, 0]) == 2


@pytest.mark.parametrize(
    ("level", "expected"), [("0%", 1), ("25%", "1.75"), ("50%", "2.5"), ("95%", "8.95"), ("100%", 10)]
)
def test_quantiles_interpolate_between_exact_order_statistics(level: str, expected: str) -> None:
    assert over(f"percentile(x, {level}) from o", [3, 1, 2, 10]) == Decimal(expected)


def test_a_quantile_of_decimals_is_not_rounded() -> None:
    assert over("median(x) from o", money("0.01", "0.02")) == Decimal("0.015")


def test_a_spread_is_the_samples() -> None:
    assert over("variance(x) from o", [2, 4, 4, 4, 5, 5, 7, 9]) == Decimal("4.57142857142857")
    assert over("stddev(x) from o", money("1.00", "1.01", "1.02")) == Decimal("0.01")
    assert over("stddev(x) from o", [1e9 + 1, 1e9 + 2, 1e9 + 3]) == 1


def test_a_spread_of_numbers_far_from_0_keeps_its_digits() -> None:
    assert over("variance(x) from o", [2**62 + 1, 2**62 + 2, 2**62 + 3]) == 1
    assert over("variance(x) from o", [-(2**62), 2**62]) == Decimal("42535295865117300000000000000000000000")
    far = money("1000000000000000000000000000000.5", "1000000000000000000000000000001.5", precision=38, scale=4)
    assert over("variance(x) from o", far) == Decimal("0.5")


def test_two_threads_and_shuffled_rows_give_the_same_bytes() -> None:
    spec = kpidsl.load(
        "-",
        stdin_text="""
        source o { from arrow("o"); time at }
        kpi k {
          value (sum(x) from o) over last month
          by d
          compare previous
          trend 3 months
        }
        metric spread = (stddev(x) from o) over last month
        metric typical = (median(x) from o) over last month
        metric newest = (last(x) from o) over last month
    """,
    )
    count = 5000
    rows = {
        "at": [date(2026, 1 + number % 3, 1 + number % 28) for number in range(count)],
        "x": [(number * 7919 % 10007) / 3 for number in range(count)],
        "d": [None if number % 7 == 0 else "äbc"[number % 3] for number in range(count)],
    }
    order = [number * 1237 % count for number in range(count)]
    shuffled = {name: [column[place] for place in order] for name, column in rows.items()}
    texts = set()
    for table in (rows, shuffled):
        for threads in (1, 2):
            results = spec.evaluate(as_of="2026-03-31", sources={"o": pa.table(table)}, threads=threads)
            texts.add((results.to_json(), results.to_toml()))
    assert len(texts) == 1


@pytest.mark.parametrize("early", [2, 3])
def test_numbers_whose_squares_no_type_holds_are_the_same_over_several_panes(early: int) -> None:
    """They are fetched as they are; those of two panes are put together, never added up place by place."""
    x = [2**62, -(2**62), 5, 2**62 - 7, -3][: early + 2]
    at = days(*["2026-03-02"] * early, *["2026-03-20"] * 2)
    results = evaluate(
        'source o { from arrow("o"); time at }\n'
        "metric part = (variance(x) from o) over 2026-03-01..2026-03-10\n"
        "metric whole = (variance(x) from o) over 2026-03",
        "2026-03-31",
        o={"at": at, "x": x},
    )
    expected = statistics.variance(map(Fraction, x))
    found = results.metrics[1].value
    assert isinstance(found, Decimal)
    assert abs(Fraction(found) / expected - 1) < Fraction(1, 10**14)
