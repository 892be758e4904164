"""Periods of a series that are not over."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from engine.evaluating import at, evaluate, kpi, value

DAILY = {"at": [date(2026, 1, 1) + timedelta(days=number) for number in range(200)], "x": [2] * 200}
COUNT = "count() from o"


@pytest.mark.parametrize(
    ("series", "as_of", "is_"),
    [
        ("last(({c}) each month) over year to date", "2026-04-12", 31),
        ("last(({c}) each month partial exclude) over year to date", "2026-04-12", 31),
        ("last(({c}) each month partial to date) over year to date", "2026-04-12", 12),
        ("last(({c}) each month partial prorate) over year to date", "2026-04-12", 30),
        ("count(({c}) each month partial to date) over year to date", "2026-04-12", 4),
        ("sum(({c}) each month partial to date) over year to date", "2026-04-12", 102),
        # nothing is partial where the window ends with a period
        ("count(({c}) each month partial to date) over year to date", "2026-03-31", 3),
        ("count(({c}) each month partial prorate) over 2026-01-01..2026-01-31", "2026-03-31", 1),
        # only the last one, and only where it begins inside
        ("count(({c}) each month partial to date) over 2026-01-15..2026-02-14", "2026-04-12", 1),
        ("last(({c}) each month partial to date) over 2026-01-15..2026-02-14", "2026-04-12", 14),
        ("count(({c}) each month partial to date) over 2026-01-15..2026-01-20", "2026-04-12", 0),
        ("count(({c}) each week partial to date) over this month", "2026-04-15", 2),
        # 8 of 30 days of sums, a third of which is not a finite decimal
        ("last((sum(x) from o) each month partial prorate) over year to date", "2026-04-07", 60),
        ("last((sum(x) from o) each quarter partial prorate) over year to date", "2026-04-07", 182),
        # in the middle of a day
        ("last(({c}) each month partial prorate) over year to date", "2026-04-12T12:00", Decimal("31.304347826087")),
        ("last(({c}) each day partial to date) over month to date", "2026-04-12T12:00", 1),
        # an inner window is found from where the period has come to
        ("last((({c}) over trailing 7 days) each month partial to date) over year to date", "2026-04-03", 7),
        ("last((({c}) over last month) each month partial to date) over year to date", "2026-04-03", 31),
        ("last(({c} where x > 5) each month partial prorate) over year to date", "2026-04-03", 0),
    ],
)
def test_a_series(series: str, as_of: str, is_: object) -> None:
    series = series.replace("{c}", COUNT)
    assert value(series, as_of, DAILY) == is_


def test_half_of_a_month_is_half_of_its_days_whatever_its_clocks_do() -> None:
    """March 2026 in Berlin has 743 hours; its first 15 days have 360."""
    calendar = 'calendar { timezone "Europe/Berlin" }'
    found = value(
        f"last(({COUNT}) each month partial prorate) over year to date", "2026-03-15", DAILY, calendar=calendar
    )
    assert found == 31


def test_a_default_is_of_the_whole_already() -> None:
    rows = {"at": [date(2026, 1, 5)], "x": [1]}
    prorated = "last(((sum(x) from o) default 7) each month partial prorate) over year to date"
    assert value(prorated, "2026-01-10", rows) == Decimal("3.1")
    empty = {"at": [date(2026, 6, 5)], "x": [1]}
    assert value(prorated, "2026-01-10", empty) == 7


def test_a_level_to_date() -> None:
    rows = {"at": [date(2026, 1, 31), date(2026, 2, 10)], "x": [5, 8]}
    assert value("last((sum(x) from o at end) each month partial to date) over year to date", "2026-02-12", rows) == 8


def test_what_is_partial_is_marked() -> None:
    found = kpi(
        f"value last(({COUNT}) each month partial to date) over year to date; compare previous, 12 days earlier; "
        "trend 2 months",
        "2026-04-12",
        o=DAILY,
    )
    assert found.partial
    assert [one.partial for one in found.comparisons] == [True, False]
    assert [one.partial for one in found.trend] == [True, True]
    assert not kpi(f"value last(({COUNT}) each month) over year to date", "2026-04-12", o=DAILY).partial


def test_metrics_and_segments_are_marked_too() -> None:
    spec = (
        'source o { from arrow("o"); time at }\n'
        "metric m = last((count() from o) each month partial prorate) over year to date\n"
        "kpi k { value m; by x }\n"
    )
    results = evaluate(spec, "2026-04-12", o=DAILY)
    assert results.metrics[0].partial
    assert results.kpis[0].segments[0].assessment.partial
    assert '"partial": true' in results.to_json()


def test_hours_that_are_not_over() -> None:
    rows = {"at": [at("2026-01-01T10:00"), at("2026-01-01T11:05"), at("2026-01-01T11:10")]}
    series = "last((count() from o) each hour partial prorate) over trailing 2 hours"
    assert value(series, "2026-01-01T11:15", rows) == 8
