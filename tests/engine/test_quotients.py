"""Quotients within a row are compared with constants and rounded as they are, not as floating point has them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from engine.evaluating import evaluate, money

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        # 0.3 / 3 is 0.1; in floating point it is less, and 2.2 / 1.1 more than 2
        ("x / 3 == 0.1", [0]),
        ("x / n >= 0.1", [0, 2]),
        ("0.1 <= x / n", [0, 2]),
        ("x / n < 0.1", [1]),
        ("x / n != 0.1", [1, 2]),
        ("not x / n < 0.1", [0, 2]),
        ("x / n in [0.1, 7]", [0]),
        ("x / n not in [0.1, 7]", [1, 2]),
        ("-(x / n) <= -0.1", [0, 2]),
        ("x / -3 >= -0.1", [0, 1, 4]),
        ("x / (0 - n) > -0.1", [1]),
        ("x / n <= 2", [0, 1, 2]),
        ("x / (n - 3) is null", [0, 1, 3, 4]),
        ("x * 100 / n >= 10", [0, 2]),
        ("x / n > x", [1]),
        ("1 - x / n <= 0.9", [0, 2]),
        ("x / n / 2 + 1 == 2", [2]),
        ("x / n / (n - n) > 1", []),
        ("x / n == 2 / 20", [0]),
        ("2 / -20 >= x / n", [1]),
        ("0.2 / 0.3 > x / n", [0, 1]),
    ],
)
def test_a_quotient_is_compared_with_a_constant_as_it_is(condition: str, expected: list[int]) -> None:
    table = {
        "at": [DAY] * 5,
        "id": [0, 1, 2, 3, 4],
        "x": money("0.30", "-0.30", "2.20", "1.00", "0"),
        "n": pa.array([Decimal(3), Decimal(3), Decimal("1.1"), None, None], pa.decimal128(9, 1)),
    }
    counted = f"value count() from o where {condition} over 2026-03; by id; target >= 1"
    spec = f'source o {{ from arrow("o"); time at; key id }}\nkpi k {{ {counted} }}'
    (found,) = evaluate(spec, "2026-03-31", o=table).kpis
    assert [segment.by[0][1] for segment in found.segments] == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        # In floating point 0.3 / 3 is less than 0.1, and 2.2 / 1.1 more than 2.
        ("x / n >= c", [0, 2, 3]),
        ("x / n > c", []),
        ("c <= x / n", [0, 2, 3]),
        ("x / n == c", [0, 2, 3]),
        ("x / n != c", [1]),
        ("not x / n < c", [0, 2, 3]),
        ("x / (0 - n) <= 0 - c", [0, 2, 3]),
        ("1 - x / n <= 1 - c", [0, 2, 3]),
        ("x / n == d / m", [0, 2, 3]),
        ("x / n < d / m", [1]),
        ("x / (0 - n) == d / (0 - m)", [0, 2, 3]),
        ("x / (0 - n) >= 0 - d / m", [0, 1, 2, 3]),
        ("x / n == c * 3 / 3", [0, 2, 3]),
        ("x / (n - n) == c", []),
    ],
)
def test_a_quotient_is_compared_with_a_column_as_it_is(condition: str, expected: list[int]) -> None:
    table = {
        "at": [DAY] * 5,
        "id": [0, 1, 2, 3, 4],
        "x": pa.array([*map(Decimal, ("0.30", "-0.30", "2.20", "0.30")), None], pa.decimal128(9, 2)),
        "n": pa.array([Decimal(each) for each in ("3", "3", "1.1", "-3", "1")], pa.decimal128(9, 1)),
        "c": money("0.10", "0.10", "2.00", "-0.10", "1.00"),
        "d": pa.array([1, 1, 4, -1, 1]),
        "m": pa.array([10, 10, 2, 10, None], pa.int64()),
    }
    counted = f"value count() from o where {condition} over 2026-03; by id; target >= 1"
    spec = f'source o {{ from arrow("o"); time at; key id }}\nkpi k {{ {counted} }}'
    (found,) = evaluate(spec, "2026-03-31", o=table).kpis
    assert [segment.by[0][1] for segment in found.segments] == expected


def test_columns_too_long_to_be_multiplied_are_compared_in_floating_point() -> None:
    long = pa.decimal128(38, 18)
    table = {
        "at": [DAY] * 3,
        "id": [0, 1, 2],
        "x": pa.array([Decimal("1000000"), Decimal("0.3"), Decimal("1000000")], long),
        "n": pa.array([Decimal("10"), Decimal("3"), Decimal("10")], long),
        "c": pa.array([Decimal("100000"), Decimal("0.1"), Decimal("100001")], long),
    }
    spec = 'source o { from arrow("o"); time at; key id }\nkpi k { value count() from o where x / n >= c over 2026-03; by id; target >= 1 }'
    (found,) = evaluate(spec, "2026-03-31", o=table).kpis
    assert [segment.by[0][1] for segment in found.segments] == [0, 1]


@pytest.mark.parametrize(
    ("rounded", "expected"),
    [
        # In floating point 2.01 / 2 is below 1.005, and 0.3 / 0.1 below 3.
        ("round(x / 2, 2)", ["1.01", "-1.01", "0.15", "0.58"]),
        ("round(-x / 2, 2)", ["-1.01", "1.01", "-0.15", "-0.58"]),
        ("round(0 - x / 2, 2)", ["-1.01", "1.01", "-0.15", "-0.58"]),
        ("round(x / 2 * 100)", [101, -101, 15, 58]),
        ("round(1 - x / 2, 2)", ["-0.01", "2.01", "0.85", "0.43"]),
        ("floor(x / 0.1)", [20, -21, 3, 11]),
        ("floor(x / 0.01)", [201, -201, 30, 115]),
        ("ceil(x / 0.01)", [201, -201, 30, 115]),
        ("ceil(x / 0.1)", [21, -20, 3, 12]),
        ("floor(n / 7)", [1, 1, 0, -1]),
        ("ceil(n / 7)", [1, 2, 1, 0]),
    ],
)
def test_a_quotient_is_rounded_as_it_is(rounded: str, expected: list[str | int]) -> None:
    table = {
        "at": [DAY] * 4,
        "id": [0, 1, 2, 3],
        "x": money("2.01", "-2.01", "0.30", "1.15"),
        "n": [7, 13, 6, -1],
    }
    spec = f'source o {{ from arrow("o"); time at; key id }}\nkpi k {{ value sum({rounded}) from o over 2026-03; by id; target >= 1 }}'
    (found,) = evaluate(spec, "2026-03-31", o=table).kpis
    assert [segment.assessment.value for segment in found.segments] == [Decimal(one) for one in expected]
