"""Fiscal years of whole weeks, from the calendar block to the value."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from engine.evaluating import kpi, value

DAYS = [date(2015, 1, 1) + timedelta(days=number) for number in range(2200)]
DAILY = {"at": DAYS, "x": list(range(2200))}
NRF = "calendar { pattern 4-5-4; year ends saturday nearest 01-31 }"
AUGUST = 'calendar { pattern 4-4-5; year ends last saturday of august named by end; timezone "Europe/Berlin" }'


def total(first: str, last: str) -> int:
    low, high = date.fromisoformat(first), date.fromisoformat(last)
    return sum(number for number, day in enumerate(DAYS) if low <= day <= high)


@pytest.mark.parametrize(
    ("calendar", "window", "as_of", "first", "last"),
    [
        (NRF, "FY2017", "2018-06-01", "2017-01-29", "2018-02-03"),
        (NRF, "FY2017-Q4", "2018-06-01", "2017-10-29", "2018-02-03"),
        (NRF, "last fiscal year", "2018-02-03", "2017-01-29", "2018-02-03"),
        (NRF, "last fiscal year", "2018-02-02", "2016-01-31", "2017-01-28"),
        (NRF, "last fiscal quarter", "2018-02-03", "2017-10-29", "2018-02-03"),
        (NRF, "last fiscal month", "2018-02-03", "2017-12-31", "2018-02-03"),
        (NRF, "fiscal year to date", "2018-02-06", "2018-02-04", "2018-02-06"),
        (AUGUST, "FY2019", "2020-01-01", "2018-08-26", "2019-08-31"),
        (AUGUST, "last fiscal quarter", "2019-08-31", "2019-05-26", "2019-08-31"),
        (AUGUST, "last fiscal month", "2018-09-22", "2018-08-26", "2018-09-22"),
        (AUGUST, "last fiscal week", "2019-08-31", "2019-08-25", "2019-08-31"),
        (AUGUST, "last fiscal week", "2019-09-06", "2019-08-25", "2019-08-31"),
        (AUGUST, "last week", "2019-09-06", "2019-08-26", "2019-09-01"),
        (AUGUST, "last fiscal week 1 year earlier", "2019-09-07", "2018-08-26", "2018-09-01"),
        (AUGUST, "last fiscal quarter 1 year earlier", "2019-11-30", "2018-08-26", "2018-11-24"),
    ],
)
def test_a_window(calendar: str, window: str, as_of: str, first: str, last: str) -> None:
    assert value(f"(sum(x) from o) over {window}", as_of, DAILY, calendar=calendar) == total(first, last)


@pytest.mark.parametrize(
    ("series", "is_"),
    [
        ("count((count() from o) each fiscal week) over FY2017", 53),
        ("count((count() from o) each fiscal month) over FY2017", 12),
        ("last((count() from o) each fiscal month) over FY2017", 35),
        ("max((count() from o) each fiscal quarter) over FY2017", 98),
        ("sum((count() from o) each fiscal half) over FY2017", 371),
        ("count((count() from o) each week) over FY2017", 52),
    ],
)
def test_a_series(series: str, is_: int) -> None:
    assert value(series, "2018-06-01", DAILY, calendar=NRF) == is_


@pytest.mark.parametrize(
    ("way", "was"),
    [("", None), ("blank", None), ("week 1", total("2017-01-29", "2017-02-04")),
     ("restated", total("2017-01-29", "2017-02-04"))],
)  # fmt: skip
def test_the_53rd_week_compared(way: str, was: int | None) -> None:
    odd = f"; week 53 compares {way}" if way else ""
    calendar = f"calendar {{ pattern 4-5-4; year ends saturday nearest 01-31{odd} }}"
    found = kpi("value (sum(x) from o) over last fiscal week; compare 1 year earlier", "2018-02-03",
                calendar=calendar, o=DAILY)  # fmt: skip
    (comparison,) = found.comparisons
    assert found.value == total("2018-01-28", "2018-02-03")
    assert comparison.value == was
    assert (comparison.value_undefined, comparison.window is None) == (
        ("no_rows", True) if was is None else (None, False)
    )


def test_restated_with_a_lag_and_the_one_before() -> None:
    calendar = "calendar { pattern 4-5-4; year ends saturday nearest 01-31; week 53 compares restated }"
    found = kpi("value (count() from o) over fiscal year to date; compare previous, 1 year earlier", "2018-02-12",
                source="time at; complete after 2 days", calendar=calendar, o=DAILY)  # fmt: skip
    assert found.value == 7
    assert [(one.value, one.window.start.date().isoformat() if one.window and one.window.start else None)
            for one in found.comparisons] == [(Decimal(7), "2017-02-05")] * 2  # fmt: skip
