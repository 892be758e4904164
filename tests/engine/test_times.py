"""Clocks: civil times in a zone, both changes of clocks, days, instants, and functions of times."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from engine.evaluating import at, days, value

BERLIN = 'calendar { timezone "Europe/Berlin" }'
HALVES = [at("2026-10-25T01:30"), at("2026-10-25T02:30"), at("2026-10-25T03:30")]


def test_a_civil_time_that_occurs_twice_means_the_first() -> None:
    # Clocks go from 03:00 back to 02:00; 02:30 is 00:30 UTC the first time.
    rows = {"at": HALVES, "x": [1, 10, 100]}
    found = value("sum(x) from o over trailing 1 hour", "2026-10-25T01:00Z", rows, calendar=BERLIN)
    assert found == 10
    assert value("sum(x) from o over trailing 2 hours", "2026-10-25T03:00Z", rows, calendar=BERLIN) == 100


def test_a_civil_time_is_the_first_also_as_an_instant() -> None:
    rows = {"at": [at("2026-10-25T02:30")], "then": [at("2026-10-25T00:30", True)]}
    assert value("count() from o where at == then over 2026-10", "2026-10-31", rows, calendar=BERLIN) == 1
    assert value("max(then - at) from o over 2026-10", "2026-10-31", rows, calendar=BERLIN) == 0


def test_a_civil_time_that_clocks_skip_is_taken_with_the_offset_before() -> None:
    # 02:30 on 2026-03-29 was never shown in Berlin; with the offset before it is 01:30 UTC.
    rows = {"at": [at("2026-03-29T02:30")], "then": [at("2026-03-29T01:30", True)]}
    assert value("count() from o where at == then over 2026-03", "2026-03-31", rows, calendar=BERLIN) == 1
    assert value("max(hour(at)) from o over 2026-03", "2026-03-31", rows, calendar=BERLIN) == 2


def test_times_of_another_zone_are_read_on_the_calendars_clock() -> None:
    rows = {"at": [at("2026-03-31T23:30"), at("2026-03-31T21:30")], "x": [1, 10]}
    source = 'time at in "UTC"'
    assert value("sum(x) from o over 2026-03", "2026-04-30", rows, source, BERLIN) == 10
    assert value("sum(x) from o where hour(at) == 1 over 2026-04", "2026-04-30", rows, source, BERLIN) == 1
    assert value("max(date(at)) from o over all time", "2026-04-30", rows, source, BERLIN) == "2026-04-01"


def test_instants_are_read_on_the_calendars_clock() -> None:
    rows = {"at": [at("2026-03-31T22:00", True), at("2026-03-31T21:59:59.999999", True)], "x": [1, 10]}
    assert value("sum(x) from o over 2026-03", "2026-04-30", rows, calendar=BERLIN) == 10
    assert value("sum(x) from o where month(at) == 4 over 2026-04", "2026-04-30", rows, calendar=BERLIN) == 1


@pytest.mark.parametrize("zone", ["America/Vancouver", "Africa/Casablanca", "America/Havana", "Africa/Accra"])
@pytest.mark.parametrize("year", [1940, 2026, 2027])
def test_windows_and_rows_are_on_one_clock(zone: str, year: int) -> None:
    """Laws of 2026 and records of 1940 are where sets of rules differ."""
    clock = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (5, 25, 45)]
    times = [at(f"{year}-{month:02}-01T{time}", True) for month in range(2, 13) for time in clock]
    calendar = f'calendar {{ timezone "{zone}" }}'
    for month in (3, 8, 11):
        window, where = f"{year}-{month:02}", f"month(at) == {month} and year(at) == {year}"
        found, same = (
            value(f"count() from o {rest}", "2028-01-31", {"at": times}, calendar=calendar)
            for rest in (f"over {window}", f"where {where} over all time")
        )
        assert found == same


def test_a_day_takes_no_zone() -> None:
    rows = {"at": days("2026-03-31", "2026-04-01"), "x": [1, 10]}
    samoa = 'calendar { timezone "Pacific/Apia" }'
    for calendar in ("", BERLIN, samoa):
        assert value("sum(x) from o over 2026-03", "2026-04-30", rows, 'time at in "UTC"', calendar) == 1


def test_an_anchor_inside_a_day_reads_the_times_before_it() -> None:
    rows = {"at": [at("2026-03-31T17:59"), at("2026-03-31T18:00")], "x": [1, 10]}
    assert value("sum(x) from o over month to date", "2026-03-31T18:00", rows) == 1


TIMES = {
    "at": [at("2026-03-06T22:00"), at("2026-03-09T06:00")],
    "until": [at("2026-03-09T02:00"), at("2026-03-09T06:30")],
    "due": [date(2026, 3, 10), None],
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("sum(days_between(at, until))", 3),
        ("sum(business_days_between(at, until))", 1),
        ("count() where until - at <= 30 minutes", 1),
        ("count() where at + 2 days < until", 1),
        ("count() where due < as_of", 1),
        ("count() where due in next month", 0),
        ("count() where due in month to date", 1),
        ("count() where at >= 2026-03-09", 1),
        ("count() where at > 2026-03-06T22:00", 1),
        ("count() where date(at) == 2026-03-06", 1),
        ("sum(weekday(at))", 6),
        ("sum(quarter(at) * 10 + year(at))", 4072),
        ("max(due)", "2026-03-10"),
        ("first(until)", "2026-03-09T02:00:00"),
    ],
)
def test_functions_of_times(expression: str, expected: object) -> None:
    call, _, where = expression.partition(" where ")
    written = f"{call} from o" + (f" where {where}" if where else "")
    assert value(f"({written}) over 2026-03", "2026-03-31", TIMES) == expected


def test_lengths_of_time_are_in_their_unit() -> None:
    assert value("avg(until - at) from o over 2026-03", "2026-03-31", TIMES) in (94500, Decimal("26.25"), Decimal(1575))


# ---------------------------------------------------------------- rows at an edge, rows that hold
STOCK = {
    "at": days("2026-03-01", "2026-03-01", "2026-03-20", "2026-03-31", "2026-03-31"),
    "item": ["a", "b", "c", "a", "b"],
    "x": [1, 2, 50, 10, 20],
    "warm": [True, True, True, True, False],
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("sum(x) from o at end", 30),
        ("sum(x) from o at start", 3),
        ("sum(x) from o at end per item", 80),
        ("sum(x) from o at start per item", 53),
        ("sum(x) from o where warm at end", 10),
        ('sum(x) from o where item == "c" at end', 0),
        ('avg(x) from o where item == "c" at end', "no_rows"),
    ],
)
def test_rows_at_an_edge_are_found_before_filters(expression: str, expected: object) -> None:
    assert value(f"({expression}) over 2026-03", "2026-03-31", STOCK) == expected


def test_a_stock_without_a_reading_in_the_window_is_not_known() -> None:
    assert value("(sum(x) from o at end) over 2026-03-02..2026-03-10", "2026-03-31", STOCK) == "no_rows"
    assert value("sum(x) from o at end", "2026-03-25", STOCK) == 50


STAFF = {
    "hired": days("2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"),
    "left": [date(2026, 3, 31), date(2026, 4, 1), None, None],
    "d": ["a", "a", "b", None],
}


@pytest.mark.parametrize(
    ("edge", "window", "inclusive", "expected"),
    [
        ("end", "2026-03", "", 2),  # the one who left on the 31st no longer held just before April
        ("end", "2026-03", " inclusive", 3),
        ("start", "2026-03", "", 3),
        ("start", "2026-04", "", 2),
        ("start", "2026-04", " inclusive", 3),
        ("end", "2026-02", "", 2),
    ],
)
def test_rows_that_hold(edge: str, window: str, inclusive: str, expected: int) -> None:
    source = f"holds from hired to left{inclusive}"
    assert value(f"(count() from o at {edge}) over {window}", "2026-04-30", STAFF, source) == expected


def test_rows_that_hold_by_the_minute() -> None:
    rows = {"a": [at("2026-03-01T08:00")], "b": [at("2026-03-01T12:00")]}
    source = "holds from a to b"
    for anchor, expected in (("08:00", "no_rows"), ("08:01", 1), ("12:00", 1), ("12:01", 0)):
        assert value("count() from o at end", f"2026-03-01T{anchor}", rows, source) == expected
