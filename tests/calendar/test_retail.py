"""Fiscal years of whole weeks."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from kpidsl.calendar import Calendar, Grain, Period, Retail, Unit, parse_as_of, period_problem, resolve

NRF = Calendar(timezone="America/New_York", retail=Retail("4-5-4", "nearest", weekday=5, month=1, day=31))
AUGUST = Calendar(retail=Retail("4-4-5", "last", weekday=5, month=8), fiscal_named_by="end")
DECEMBER = Retail("5-4-4", "nearest", weekday=5, month=12, day=31)
SEPTEMBER = Retail("4-4-5", "last", weekday=6, month=9)


def days(calendar: Calendar, text: str) -> tuple[str, str]:
    """The first and the last day of a period."""
    found = resolve(Period(text), parse_as_of("2020-01-01", calendar), calendar)
    assert found.start is not None
    last = calendar.civil(found.end) - timedelta(days=1)
    return calendar.civil(found.start).date().isoformat(), last.date().isoformat()


def long_years(calendar: Calendar) -> list[int]:
    return [year for year in range(2000, 2027) if period_problem(f"FY{year}-W53", calendar) is None]


def test_saturday_nearest_31_january_has_53_weeks_in_these_years() -> None:
    assert long_years(NRF) == [2000, 2006, 2012, 2017, 2023]


def test_last_saturday_of_august_has_53_weeks_in_these_years() -> None:
    assert long_years(AUGUST) == [2002, 2008, 2013, 2019, 2024]


@pytest.mark.parametrize(
    ("calendar", "text", "first", "last"),
    [
        # as the National Retail Federation publishes them
        (NRF, "FY2017", "2017-01-29", "2018-02-03"),
        (NRF, "FY2018", "2018-02-04", "2019-02-02"),
        (NRF, "FY2023", "2023-01-29", "2024-02-03"),
        (NRF, "FY2017-01", "2017-01-29", "2017-02-25"),
        (NRF, "FY2017-02", "2017-02-26", "2017-04-01"),
        (NRF, "FY2017-03", "2017-04-02", "2017-04-29"),
        (NRF, "FY2017-Q1", "2017-01-29", "2017-04-29"),
        (NRF, "FY2017-Q4", "2017-10-29", "2018-02-03"),
        (NRF, "FY2017-H2", "2017-07-30", "2018-02-03"),
        (NRF, "FY2017-12", "2017-12-31", "2018-02-03"),
        (NRF, "FY2018-12", "2019-01-06", "2019-02-02"),
        (NRF, "FY2017-W01", "2017-01-29", "2017-02-04"),
        (NRF, "FY2017-W53", "2018-01-28", "2018-02-03"),
        (AUGUST, "FY2024", "2023-08-27", "2024-08-31"),
        (AUGUST, "FY2024-01", "2023-08-27", "2023-09-23"),
        (AUGUST, "FY2024-03", "2023-10-22", "2023-11-25"),
        (AUGUST, "FY2024-12", "2024-07-21", "2024-08-31"),
        (Calendar(retail=DECEMBER), "FY2026", "2026-01-04", "2027-01-02"),
        (Calendar(retail=DECEMBER, fiscal_named_by="end"), "FY2026", "2026-01-04", "2027-01-02"),
        (Calendar(retail=DECEMBER), "FY2026-01", "2026-01-04", "2026-02-07"),
        # the Saturday nearest 28 December is the last one of the month
        (Calendar(retail=Retail("4-4-5", "last", 5, 12)), "FY2023", "2023-01-01", "2023-12-30"),
        (Calendar(retail=Retail("4-4-5", "nearest", 5, 12, 28)), "FY2023", "2023-01-01", "2023-12-30"),
        (Calendar(retail=Retail("4-4-5", "nearest", 5, 12, 27)), "FY2023", "2023-12-31", "2024-12-28"),
        (Calendar(retail=SEPTEMBER), "FY2025", "2025-09-29", "2026-09-27"),
        (Calendar(retail=SEPTEMBER, fiscal_named_by="end"), "FY2025", "2024-09-30", "2025-09-28"),
        # the calendar year and its weeks are as ever
        (NRF, "2017-Q1", "2017-01-01", "2017-03-31"),
        (NRF, "2017-W05", "2017-01-30", "2017-02-05"),
    ],
)
def test_the_days_of_a_period(calendar: Calendar, text: str, first: str, last: str) -> None:
    assert days(calendar, text) == (first, last)


def test_a_week_the_year_does_not_have() -> None:
    assert period_problem("FY2018-W53", NRF) == "FY2018-W53 does not exist: FY2018 has 52 weeks, W01 to W52"


@pytest.mark.parametrize("retail", [NRF.retail, AUGUST.retail, DECEMBER, SEPTEMBER])
@pytest.mark.parametrize("grain", [Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.HALF, Grain.YEAR])
def test_periods_follow_one_another_without_a_gap(retail: Retail, grain: Grain) -> None:
    calendar = Calendar(timezone="America/New_York", retail=retail)
    unit = Unit(grain, fiscal=True)
    found = calendar.periods(unit, parse_as_of("1999-06-01", calendar), parse_as_of("2031-06-01", calendar))
    assert all(one.end == other.start for one, other in itertools.pairwise(found))
    assert len({window.label for window in found}) == len(found)
    for window in found:
        again = resolve(Period(window.label), window.end, calendar)
        assert (again.start, again.end) == (window.start, window.end)
    weeks = {round((window.end - window.start) / timedelta(weeks=1)) for window in found if window.start is not None}
    assert (
        weeks
        == {
            Grain.WEEK: {1},
            Grain.MONTH: {4, 5, 6} if retail.pattern == "4-4-5" else {4, 5},
            Grain.QUARTER: {13, 14},
            Grain.HALF: {26, 27},
            Grain.YEAR: {52, 53},
        }[grain]
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("4-4-4", "last", 5, 1), "4-4-4 is no pattern of weeks: write 4-4-5, 4-5-4 or 5-4-4"),
        (("4-4-5", "last", 7, 1), "7 is no weekday"),
        (("4-4-5", "last", 5, 13), "13 is no month"),
        (("4-4-5", "last", 5, 1, 31), "names no day"),
        (("4-4-5", "nearest", 5, 1), "needs a month and day that every year has"),
        (("4-4-5", "nearest", 5, 2, 29), "needs a month and day that every year has"),
        (("4-4-5", "nearest", 5, 4, 31), "needs a month and day that every year has"),
    ],
)
def test_what_cannot_be_a_pattern(arguments: tuple[object, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Retail(*arguments)  # type: ignore[arg-type]
