"""Windows moved, preceding and nested; vectors over periods and members."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from engine.evaluating import at, days, evaluate, kpi, value

YEAR = [date(2025, 1, 1) + timedelta(days=number) for number in range(500)]
DAILY = {"at": YEAR, "x": list(range(500))}


def total(first: str, last: str) -> int:
    low, high = date.fromisoformat(first), date.fromisoformat(last)
    return sum(number for number, day in enumerate(YEAR) if low <= day <= high)


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        ("last month", "2026-02-01", "2026-02-28"),
        ("last 28 days", "2026-02-13", "2026-03-12"),
        ("trailing 2 months", "2026-01-13", "2026-03-12"),
        ("month to date", "2026-03-01", "2026-03-12"),
        ("2025-Q2", "2025-04-01", "2025-06-30"),
        ("2026-03-05..2026-04-05", "2026-03-05", "2026-03-12"),
        ("since 2026-03-01", "2026-03-01", "2026-03-12"),
        ("all time", "2025-01-01", "2026-03-12"),
        ("last month 1 month earlier", "2026-01-01", "2026-01-31"),
        ("month to date 1 month earlier", "2026-02-01", "2026-02-12"),
        ("2025-Q2 1 month earlier", "2025-03-01", "2025-05-31"),
        ("2026-03-05..2026-03-08 1 year earlier", "2025-03-05", "2025-03-08"),
        ("since 2026-02-01 1 month earlier", "2026-01-01", "2026-02-12"),
        ("last week 2 weeks earlier", "2026-02-16", "2026-02-22"),
    ],
)
def test_a_window_at_an_anchor(window: str, first: str, last: str) -> None:
    assert value(f"sum(x) from o over {window}", "2026-03-12", DAILY) == total(first, last)


def test_shifts_add_up() -> None:
    nested = "((sum(x) from o over last month) 1 month earlier) 1 year earlier"
    assert value(nested, "2026-04-12", DAILY) == total("2025-02-01", "2025-02-28")


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        ("last 3 months", "2025-09-01", "2025-11-30"),
        ("trailing 28 days", "2026-01-16", "2026-02-12"),
        ("month to date", "2026-02-01", "2026-02-12"),
        ("this month", "2026-02-01", "2026-02-28"),
        ("2026-Q1", "2025-10-01", "2025-12-31"),
        ("2026-03-05..2026-03-08", "2026-03-01", "2026-03-04"),
        ("last month 1 month earlier", "2025-12-01", "2025-12-31"),
    ],
)
def test_the_window_before(window: str, first: str, last: str) -> None:
    found = kpi(f"value sum(x) from o over {window}; compare previous", "2026-03-12", o=DAILY).comparisons
    assert [one.value for one in found] == [total(first, last)]


def test_a_lag_is_taken_off_the_anchor_after_it_is_moved() -> None:
    source = "time at; complete after 3 days"
    assert value("sum(x) from o over month to date", "2026-03-12", DAILY, source) == total("2026-03-01", "2026-03-09")
    moved = "sum(x) from o over month to date 1 month earlier"
    assert value(moved, "2026-03-31", DAILY, source) == total("2026-02-01", "2026-02-25")
    found = kpi("value sum(x) from o over last month; trend 2 months", "2026-03-02", source, o=DAILY)
    assert [point.value for point in found.trend] == [
        total("2025-12-01", "2025-12-31"),
        total("2026-01-01", "2026-01-31"),
    ]


def test_plans_are_read_ahead_and_nothing_else_is() -> None:
    assert value("sum(x) from o over this month", "2026-03-12", DAILY) == total("2026-03-01", "2026-03-12")
    assert value("sum(x) from o over this month", "2026-03-12", DAILY, "time at; ahead") == total(
        "2026-03-01", "2026-03-31"
    )
    assert value("sum(x) from o over next month", "2026-03-12", DAILY) == "no_rows"


# ---------------------------------------------------------------- vectors
def test_periods_are_the_complete_ones_and_empty_ones_are_there() -> None:
    rows = {"at": days("2026-03-02", "2026-03-02", "2026-03-10", "2026-03-25"), "d": ["a", "b", "a", None]}
    assert value("count(count() from o each week) over last month", "2026-03-31", rows) == 4
    assert value("avg(count() from o each day) over last month", "2026-03-31", rows) == Decimal("0.129032258064516")
    assert value("max(count() from o each week) over last month", "2026-03-31", rows) == 2
    assert value("avg(avg(1 * hour(at)) from o each day) over last month", "2026-03-31", rows) == "no_rows"


def test_a_rolling_value_at_the_end_of_each_day() -> None:
    expression = "max(((sum(x) from o over trailing 3 days) each day)) over last week"
    assert value(expression, "2026-03-15", DAILY) == total("2026-03-13", "2026-03-15")
    first = "first(((sum(x) from o over trailing 3 days) each day)) over last week"
    assert value(first, "2026-03-15", DAILY) == total("2026-03-07", "2026-03-09")


def test_days_of_23_and_25_hours_are_days() -> None:
    berlin = 'calendar { timezone "Europe/Berlin" }'
    hours = [at("2026-03-27T23:00", True) + timedelta(hours=number) for number in range(72)]
    assert (
        value("min(count() from o each day) over 2026-03-28..2026-03-30", "2026-03-30", {"at": hours}, calendar=berlin)
        == 23
    )
    hours = [at("2026-10-23T22:00", True) + timedelta(hours=number) for number in range(73)]
    assert (
        value("max(count() from o each day) over 2026-10-24..2026-10-26", "2026-10-26", {"at": hours}, calendar=berlin)
        == 25
    )


def test_members_are_the_union_over_every_part_null_included() -> None:
    rows = {"at": days(*["2026-03-02"] * 4), "d": ["a", "a", None, "b"], "good": [True, False, True, False]}
    assert value("count(count() from o each d) over last month", "2026-03-31", rows) == 3
    worst = "min(((count() from o where good) / (count() from o)) each d) over last month"
    assert value(worst, "2026-03-31", rows) == 0
    assert value("share(((count() from o where good) / (count() from o)) each d >= 50%) over last month", "2026-03-31", rows) == Decimal("0.666666666666667")  # fmt: skip
    undefined = "max(((count() from o) / (count() from o where good)) each d) over last month"
    assert value(undefined, "2026-03-31", rows) == "zero_denominator"


def test_vectors_of_vectors() -> None:
    rows = {"at": days("2026-03-01", "2026-03-01", "2026-03-02", "2026-03-31"), "d": ["a", "b", "b", "b"]}
    busiest = "avg(max(count() from o each d) each day) over 2026-03-01..2026-03-02"
    assert value(busiest, "2026-03-31", rows) == 1


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("sum(", 12), ("avg(", 4), ("min(", 1), ("max(", 9), ("median(", 2), ("first(", 1), ("last(", 9),
        ("slope(", 4), ("cagr(", 2), ("stddev(", Decimal("4.35889894354067")), ("count(", 3),
    ],
)  # fmt: skip
def test_a_vector_brought_back(function: str, expected: object) -> None:
    rows = {"at": days(*["2026-01-05"] * 1, *["2026-02-05"] * 2, *["2026-03-05"] * 9)}
    assert value(f"{function}count() from o each month) over last 3 months", "2026-03-31", rows) == expected


def test_the_lag_of_a_segment_is_that_of_the_whole_and_bounds_are_each_ones_own() -> None:
    spec = """
        source sales { from arrow("sales"); time at }
        source plan { from arrow("plan"); time at; ahead }
        kpi k {
          value sum(x) from sales over last month
          target >= sum(x) from plan over last month
          by country
          status worst of segments
        }
    """
    sales = {"at": days(*["2026-03-04"] * 2), "x": [10, 5], "country": ["DE", "FR"]}
    plan = {"at": days(*["2026-03-01"] * 3), "x": [8, 9, 1], "country": ["DE", "FR", "PL"]}
    (found,) = evaluate(spec, "2026-03-31", sales=sales, plan=plan).kpis
    shown = [(one.by[0][1], one.assessment.value, one.assessment.status) for one in found.segments]
    assert shown == [("DE", 10, "green"), ("FR", 5, "red"), ("PL", 0, "red")]
    assert (found.assessment.value, found.assessment.status) == (15, "red")
    assert found.assessment.reason.startswith("FR: ")
