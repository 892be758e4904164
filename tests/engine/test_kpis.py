"""A KPI's status and its reasons: bounds, guards, requirements, freshness, changed definitions."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from engine.evaluating import days, evaluate, kpi, money

ROWS = {"at": days("2026-02-10", *["2026-03-02"] * 8), "x": [10, *[1] * 8], "d": ["a", *"ab" * 4]}
VALUE = "value sum(x) from o over last month; "


@pytest.mark.parametrize(
    ("properties", "status"),
    [
        ("target >= 8", "green"),
        ("target > 8", "red"),
        ("target <= 8", "green"),
        ("target < 8", "red"),
        ("target > 8; amber >= 8", "amber"),
        ("target >= 10; amber >= 80% of target", "amber"),
        ("target >= 10; amber > 80% of target", "red"),
        ("target 8..10", "green"),
        ("target 9..10; amber 8..11", "amber"),
        ("target 9..10; amber 8.5..11", "red"),
        ("target >= 8; red when value < 90% of previous", "red"),
        ("target >= 8; red when value < 80% of previous", "green"),
        ("target >= 8; amber when n >= 8; red when n > 8", "amber"),
        ("target >= 8; green when value == 8; amber when value == 8; red when value == 8", "red"),
        ("target >= 100; green when value >= 8", "green"),
        ("green when value >= 9", "red"),
        ("red when value > 100", "no_target"),
        ("", "no_target"),
        ("target >= 8; red when (avg(x) from o over 2025) < 100", "green"),
        ("target >= 8; require n >= 9", "no_data"),
        ("target >= 8; require n >= 8", "green"),
        ("target >= avg(x) from o over 2025", "no_data"),
        ("target >= 8 starting 2026-04-01", "no_target"),
        ("target >= 8 starting 2026-01-01; target >= 9 starting 2026-03-31", "red"),
        ("target >= 8 starting 2026-01-01; target >= 9 starting 2026-04-01", "green"),
    ],
)
def test_status(properties: str, status: str) -> None:
    found = kpi(VALUE + properties, "2026-03-31", o=ROWS)
    assert (found.status, found.value if status != "no_data" or "require" not in properties else 8) == (status, 8)


def test_what_fails_a_requirement_is_too_few_rows() -> None:
    found = kpi(VALUE + "target >= 8; require n >= 9", "2026-03-31", o=ROWS)
    assert (found.value, found.value_undefined, found.n) == (None, "insufficient_sample", 8)


@pytest.mark.parametrize(
    ("target", "gap", "attainment"),
    [
        (">= 10", -2, "0.8"),
        ("<= 10", -2, "1.25"),
        (">= 0", 8, None),
        (">= -1", 9, None),
        ("9..10", -1, None),
        ("1..6", 2, None),
        ("1..8", 0, None),
        ("<= 3", 5, "0.375"),
    ],
)
def test_gap_and_attainment(target: str, gap: int, attainment: str | None) -> None:
    found = kpi(VALUE + f"target {target}", "2026-03-31", o=ROWS)
    assert (found.gap, found.attainment) == (gap, None if attainment is None else Decimal(attainment))


def test_changes() -> None:
    found = kpi(VALUE + "compare previous, 3 months earlier", "2026-03-31", o=ROWS)
    previous, earlier = found.comparisons
    assert (previous.value, previous.change, previous.change_relative) == (10, -2, Decimal("-0.2"))
    assert (earlier.value, earlier.value_undefined, earlier.change_undefined) == (None, "no_rows", "no_rows")
    nothing = kpi("value sum(x) from o where x > 5 over last month; compare previous", "2026-03-31", o=ROWS)
    assert (nothing.comparisons[0].change, nothing.comparisons[0].change_relative) == (-10, -1)


def test_a_change_from_0_has_no_relative_size() -> None:
    rows = {"at": days("2026-01-01", "2026-03-02"), "x": [1, 5]}
    (found,) = kpi(VALUE + "compare previous", "2026-03-31", o=rows).comparisons
    assert (found.value, found.change, found.change_relative) == (0, 5, None)
    assert found.change_undefined == "zero_denominator"


@pytest.mark.parametrize(("fresh", "status"), [("29 days", "stale"), ("30 days", "green"), ("1 month", "green")])
def test_old_data_is_stale(fresh: str, status: str) -> None:
    found = kpi(VALUE + "target >= 8", "2026-03-31", f"time at; fresh within {fresh}", o=ROWS)
    assert (found.status, found.value) == (status, 8)


def changed(day: str, properties: str, as_of: str = "2026-03-31") -> object:
    spec = f"""
        source o {{ from arrow("o"); time at }}
        metric m {{ value sum(x) from o; changed {day} "new" }}
        kpi k {{ {properties} }}
    """
    return evaluate(spec, as_of, o=ROWS).kpis[0].assessment


@pytest.mark.parametrize(
    ("day", "window", "value"),
    [
        ("2026-03-01", "last month", 8),
        ("2026-03-02", "last month", None),
        ("2026-04-01", "last month", 8),
        ("2026-02-15", "last 2 months", None),
        ("2026-04-02", "this year", 18),
    ],
)
def test_a_window_across_a_change_has_no_value(day: str, window: str, value: int | None) -> None:
    found = changed(day, f"value m over {window}")
    assert (found.value, found.value_undefined) == (value, None if value else "definition_changed")


def test_values_of_different_definitions_are_not_compared_or_combined() -> None:
    (found,) = changed("2026-03-01", "value m over last month; compare previous").comparisons
    assert (found.value, found.value_undefined) == (None, "definition_changed")
    combined = changed("2026-03-01", "value (m over last month) - (m over last month 1 month earlier)")
    assert combined.value_undefined == "definition_changed"
    vector = changed("2026-03-01", "value (avg(m each month)) over last 2 months")
    assert vector.value_undefined == "definition_changed"


def test_several_slices_and_dimensions() -> None:
    spec = """
        source o { from arrow("o"); time at; let big = x > 5 }
        kpi k { value count() from o over all time; by d; by big, d; target >= 5 whole }
    """
    (found,) = evaluate(spec, "2026-03-31", o=ROWS).kpis
    shown = [(segment.by, segment.assessment.value, segment.assessment.status) for segment in found.segments]
    assert shown == [
        ((("d", "a"),), 5, "no_target"),
        ((("d", "b"),), 4, "no_target"),
        ((("big", False), ("d", "a")), 4, "no_target"),
        ((("big", False), ("d", "b")), 4, "no_target"),
        ((("big", True), ("d", "a")), 1, "no_target"),
    ]
    assert found.assessment.status == "green"


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("sum(amount) / (sum(amount) / 31 days)", "days"),
        ("sum(amount) / sum(worked) * 8 hour", "EUR"),
        ("sum(amount) * sum(weight) / sum(worked)", "EUR·kg/hours"),
        ("sum(weight) / sum(worked) / sum(worked)", "kg/hours^2"),
        ("sum(worked) / sum(amount) / sum(worked)", "1/EUR"),
        ("sum(amount) / (1 / sum(worked))", "EUR·hours"),
        ("2 EUR/hour * sum(worked) + sum(amount)", "EUR"),
        ("sum(amount) / sum(worked)", "EUR/hours"),
        ("sum(worked) / 1 minute", None),
    ],
)
def test_a_unit_is_written_without_what_it_is_divided_by_again(expression: str, unit: str | None) -> None:
    spec = """
    source o { from arrow("o"); time at; column amount: EUR; column worked: hours; column weight: kg }
    """
    parts = re.sub(r"sum\(\w+\)", lambda found: f"({found[0]} from o)", expression)
    o = {"at": days("2026-03-02"), "amount": money("60"), "worked": [4], "weight": [5]}
    (found,) = evaluate(f"{spec}metric m = ({parts}) over last month", "2026-03-31", o=o).metrics
    assert found.unit == unit


@pytest.mark.parametrize(
    ("amount", "bounds", "reason"),
    [
        ("123456789.125", "target >= 123_456_789.13", "99.999999996% of the target of >= 123,456,789.13"),
        ("22.0000001", "target 18..22; amber 16..24", "22.0000001 misses the target of 18 to 22; amber is 16 to 24"),
        ("21.9999999", "target 18..22", "21.9999999 meets the target of 18 to 22"),
        ("120000.00001", "target >= 120_000", "120,000.00001 meets the target of >= 120,000"),
        ("120000.00001", "target >= 120_001", "99.999% of the target of >= 120,001"),
        ("0.004", "target < 0.004", "0.004 misses the target of < 0.004"),
        ("-1234567.5", "target >= -1_234_567", "-1,234,570 misses the target of >= -1,234,567"),
        ("7654321.9", "target >= 5_000_000", "7,654,320 meets the target of >= 5,000,000"),
    ],
)
def test_a_reason_says_bounds_in_full_and_values_on_their_side_of_them(amount: str, bounds: str, reason: str) -> None:
    rows = {"at": days("2026-03-01"), "x": money(amount, scale=8)}
    assert kpi(f"value sum(x) from o over last month; {bounds}", "2026-03-31", o=rows).reason == reason
