"""Windows at an anchor: the table of the language, line by line."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kpidsl.calendar import (
    AllTime,
    Calendar,
    Days,
    Grain,
    Last,
    Next,
    Period,
    Since,
    This,
    ToDate,
    Trailing,
    Unit,
    WindowSpec,
    parse_as_of,
    previous,
    resolve,
)

UTC_CALENDAR = Calendar()
BERLIN = Calendar(timezone="Europe/Berlin")
FEBRUARY_BY_END = Calendar(fiscal_start_month=2, fiscal_named_by="end")
SUNDAY_WEEKS = Calendar(week_start=6)

MONTH, QUARTER, YEAR = Unit(Grain.MONTH), Unit(Grain.QUARTER), Unit(Grain.YEAR)
DAY, WEEK, HOUR = Unit(Grain.DAY), Unit(Grain.WEEK), Unit(Grain.HOUR)
FISCAL_QUARTER, FISCAL_YEAR = Unit(Grain.QUARTER, fiscal=True), Unit(Grain.YEAR, fiscal=True)


def civil(calendar: Calendar, instant: datetime | None) -> str:
    """`2026-03-01`, or with the time where it is not midnight."""
    if instant is None:
        return "ever"
    return calendar.civil(instant).isoformat(sep=" ").removesuffix(":00").removesuffix(" 00:00")


def window(spec: WindowSpec, as_of: str, calendar: Calendar = UTC_CALENDAR) -> tuple[str, str]:
    found = resolve(spec, parse_as_of(as_of, calendar), calendar)
    return civil(calendar, found.start), civil(calendar, found.end)


@pytest.mark.parametrize("calendar", [UTC_CALENDAR, BERLIN, Calendar(timezone="America/New_York")])
@pytest.mark.parametrize(
    ("spec", "as_of", "start", "end"),
    [
        (Last(3, MONTH), "2021-08-15", "2021-05-01", "2021-08-01"),
        (Last(1, MONTH), "2026-03-31", "2026-03-01", "2026-04-01"),
        (Last(1, MONTH), "2026-03-30", "2026-02-01", "2026-03-01"),
        (Last(1, MONTH), "2026-03-31T23:59:59.999999", "2026-02-01", "2026-03-01"),
        (Last(1, MONTH), "2026-04-01T00:00", "2026-03-01", "2026-04-01"),
        (Last(28, DAY), "2026-04-10", "2026-03-14", "2026-04-11"),
        (Trailing(28, DAY), "2026-04-10", "2026-03-14", "2026-04-11"),
        (Last(1, DAY), "2026-04-10T12:00", "2026-04-09", "2026-04-10"),
        (Trailing(1, DAY), "2026-04-10T12:00", "2026-04-09 12:00", "2026-04-10 12:00"),
        (Trailing(1, WEEK), "2026-04-10T12:00", "2026-04-03 12:00", "2026-04-10 12:00"),
        (Trailing(1, MONTH), "2026-03-30", "2026-03-01", "2026-03-31"),
        (Trailing(3, HOUR), "2026-01-01T01:30", "2025-12-31 22:30", "2026-01-01 01:30"),
        (Last(3, HOUR), "2026-01-01T01:30", "2025-12-31 22:00", "2026-01-01 01:00"),
        (Last(4, WEEK), "2026-03-31", "2026-03-02", "2026-03-30"),
        (Last(1, WEEK), "2026-03-29", "2026-03-23", "2026-03-30"),
        (Last(1, YEAR), "2026-03-31", "2025-01-01", "2026-01-01"),
        (Last(2, Unit(Grain.HALF)), "2026-07-15", "2025-07-01", "2026-07-01"),
        (Next(1, QUARTER), "2026-03-31", "2026-04-01", "2026-07-01"),
        (Next(1, QUARTER), "2026-03-30", "2026-04-01", "2026-07-01"),
        (Next(2, MONTH), "2026-01-31T12:00", "2026-02-01", "2026-04-01"),
        (Next(1, DAY), "2026-01-31", "2026-02-01", "2026-02-02"),
        (ToDate(QUARTER), "2026-05-16", "2026-04-01", "2026-05-17"),
        (ToDate(MONTH), "2026-03-31", "2026-03-01", "2026-04-01"),
        (ToDate(MONTH), "2026-04-01T00:00", "2026-03-01", "2026-04-01"),
        (ToDate(MONTH), "2026-04-01T00:00:00.000001", "2026-04-01", "2026-04-01 00:00:00.000001"),
        (ToDate(YEAR), "2026-01-01", "2026-01-01", "2026-01-02"),
        (ToDate(WEEK), "2026-03-29", "2026-03-23", "2026-03-30"),
        (ToDate(DAY), "2026-03-29T08:00", "2026-03-29", "2026-03-29 08:00"),
        (This(QUARTER), "2026-03-31", "2026-01-01", "2026-04-01"),
        (This(QUARTER), "2026-04-01", "2026-04-01", "2026-07-01"),
        (Period("2026"), "2026-03-31", "2026-01-01", "2027-01-01"),
        (Period("2026-H2"), "2026-03-31", "2026-07-01", "2027-01-01"),
        (Period("2026-Q1"), "2030-01-01", "2026-01-01", "2026-04-01"),
        (Period("2026-03"), "2026-03-15", "2026-03-01", "2026-04-01"),
        (Period("2024-02"), "2026-03-15", "2024-02-01", "2024-03-01"),
        (Period("2026-W05"), "2026-03-15", "2026-01-26", "2026-02-02"),
        (Period("2025-W01"), "2026-03-15", "2024-12-30", "2025-01-06"),
        (Period("2020-W53"), "2026-03-15", "2020-12-28", "2021-01-04"),
        (Days(date(2026, 1, 15), date(2026, 2, 14)), "2026-01-20", "2026-01-15", "2026-02-15"),
        (Days(date(2026, 1, 15), date(2026, 1, 15)), "2026-01-20", "2026-01-15", "2026-01-16"),
        (Since(date(2026, 1, 1)), "2026-02-10T08:00", "2026-01-01", "2026-02-10 08:00"),
        (Since(date(2026, 1, 1)), "2025-06-30", "2026-01-01", "2026-01-01"),
        (AllTime(), "2026-02-10", "ever", "2026-02-11"),
    ],
)
def test_a_window_at_an_anchor(calendar: Calendar, spec: WindowSpec, as_of: str, start: str, end: str) -> None:
    assert window(spec, as_of, calendar) == (start, end)


@pytest.mark.parametrize(
    ("calendar", "spec", "as_of", "start", "end"),
    [
        (FEBRUARY_BY_END, Period("FY2020-Q2"), "2021-01-01", "2019-05-01", "2019-08-01"),
        (FEBRUARY_BY_END, Period("FY2026"), "2021-01-01", "2025-02-01", "2026-02-01"),
        (FEBRUARY_BY_END, Period("FY2026-H2"), "2021-01-01", "2025-08-01", "2026-02-01"),
        (FEBRUARY_BY_END, Period("FY2026-03"), "2021-01-01", "2025-04-01", "2025-05-01"),
        (FEBRUARY_BY_END, Period("2026-Q1"), "2021-01-01", "2026-01-01", "2026-04-01"),
        (Calendar(fiscal_start_month=2), Period("FY2026"), "2021-01-01", "2026-02-01", "2027-02-01"),
        (Calendar(fiscal_start_month=10), Period("FY2026-Q2"), "2021-01-01", "2027-01-01", "2027-04-01"),
        (Calendar(fiscal_named_by="end"), Period("FY2026"), "2021-01-01", "2026-01-01", "2027-01-01"),
        (FEBRUARY_BY_END, Last(1, FISCAL_QUARTER), "2026-05-16", "2026-02-01", "2026-05-01"),
        (FEBRUARY_BY_END, ToDate(FISCAL_YEAR), "2026-01-31", "2025-02-01", "2026-02-01"),
        (FEBRUARY_BY_END, ToDate(FISCAL_YEAR), "2026-02-01", "2026-02-01", "2026-02-02"),
        (FEBRUARY_BY_END, Next(1, FISCAL_YEAR), "2026-02-01", "2027-02-01", "2028-02-01"),
        (SUNDAY_WEEKS, Last(1, WEEK), "2026-03-31", "2026-03-22", "2026-03-29"),
        (SUNDAY_WEEKS, ToDate(WEEK), "2026-03-29", "2026-03-29", "2026-03-30"),
        (SUNDAY_WEEKS, Period("2026-W01"), "2026-03-29", "2026-01-04", "2026-01-11"),
        (SUNDAY_WEEKS, Period("2025-W53"), "2026-03-29", "2025-12-28", "2026-01-04"),
    ],
)
def test_fiscal_years_and_other_week_starts(
    calendar: Calendar, spec: WindowSpec, as_of: str, start: str, end: str
) -> None:
    assert window(spec, as_of, calendar) == (start, end)


@pytest.mark.parametrize(
    ("spec", "label"),
    [
        (Last(1, MONTH), "last month"),
        (Last(3, MONTH), "last 3 months"),
        (Last(2, Unit(Grain.HALF)), "last 2 halves"),
        (Next(1, FISCAL_QUARTER), "next fiscal quarter"),
        (Trailing(1, DAY), "trailing 1 day"),
        (Trailing(36, HOUR), "trailing 36 hours"),
        (ToDate(MONTH), "month to date"),
        (ToDate(FISCAL_YEAR), "fiscal year to date"),
        (This(QUARTER), "this quarter"),
        (Period("2026-Q1"), "2026-Q1"),
        (Days(date(2026, 1, 15), date(2026, 2, 14)), "2026-01-15..2026-02-14"),
        (Since(date(2026, 1, 1)), "since 2026-01-01"),
        (AllTime(), "all time"),
    ],
)
def test_the_label_is_what_a_person_writes(spec: WindowSpec, label: str) -> None:
    assert spec.label == label
    assert resolve(spec, parse_as_of("2026-05-01", BERLIN), BERLIN).label == label


@pytest.mark.parametrize(
    ("spec", "as_of", "start", "end", "label"),
    [
        (Last(3, MONTH), "2021-08-15", "2021-02-01", "2021-05-01", "previous 3 months"),
        (Last(1, MONTH), "2026-03-31", "2026-02-01", "2026-03-01", "previous month"),
        (Next(2, MONTH), "2026-03-31", "2026-02-01", "2026-04-01", "previous 2 months"),
        (Trailing(28, DAY), "2026-04-10", "2026-02-14", "2026-03-14", "previous 28 days"),
        (Trailing(36, HOUR), "2026-01-04T12:00", "2026-01-01 12:00", "2026-01-03", "previous 36 hours"),
        (Trailing(1, MONTH), "2026-03-30", "2026-01-31", "2026-03-01", "previous month"),
        (This(QUARTER), "2026-05-16", "2026-01-01", "2026-04-01", "previous quarter"),
        (ToDate(MONTH), "2026-03-15", "2026-02-01", "2026-02-16", "month to date 1 month earlier"),
        (ToDate(MONTH), "2026-03-30", "2026-02-01", "2026-03-01", "month to date 1 month earlier"),
        (ToDate(QUARTER), "2026-05-31", "2026-01-01", "2026-03-01", "quarter to date 1 quarter earlier"),
        (ToDate(YEAR), "2024-02-29", "2023-01-01", "2023-03-01", "year to date 1 year earlier"),
        (ToDate(WEEK), "2026-03-26", "2026-03-16", "2026-03-20", "week to date 1 week earlier"),
        (Period("2026"), "2026-03-26", "2025-01-01", "2026-01-01", "2025"),
        (Period("2026-Q1"), "2026-03-26", "2025-10-01", "2026-01-01", "2025-Q4"),
        (Period("2026-01"), "2026-03-26", "2025-12-01", "2026-01-01", "2025-12"),
        (Period("2021-W01"), "2026-03-26", "2020-12-28", "2021-01-04", "2020-W53"),
        (Period("FY2026"), "2026-03-26", "2025-01-01", "2026-01-01", "FY2025"),
        (
            Days(date(2026, 1, 15), date(2026, 2, 14)),
            "2026-03-26",
            "2025-12-15",
            "2026-01-15",
            "2025-12-15..2026-01-14",
        ),
    ],
)
def test_previous(spec: WindowSpec, as_of: str, start: str, end: str, label: str) -> None:
    found = previous(spec, parse_as_of(as_of, BERLIN), BERLIN)
    assert found is not None
    assert (civil(BERLIN, found.start), civil(BERLIN, found.end), found.label) == (start, end, label)


@pytest.mark.parametrize("spec", [AllTime(), Since(date(2026, 1, 1))])
def test_nothing_is_previous_to_since_and_all_time(spec: WindowSpec) -> None:
    assert previous(spec, parse_as_of("2026-03-31", BERLIN), BERLIN) is None


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Last(0, MONTH), "0 months is no length of time"),
        (lambda: Trailing(-1, DAY), "-1 days is no length of time"),
        (lambda: Next(501, YEAR), "501 years is longer than 500 years"),
        (lambda: Last(10**12, Unit(Grain.SECOND)), "longer than 500 years"),
        (lambda: Days(date(2026, 2, 1), date(2026, 1, 1)), "write 2026-01-01..2026-02-01"),
        (lambda: Days(date(2026, 2, 1), date(9999, 12, 31)), "9999-12-31 is outside the years 1600 to 8000"),
        (lambda: Since(date(1, 1, 1)), "0001-01-01 is outside the years"),
        (lambda: Period("soon"), "soon is not a period: write 2026, 2026-H1"),
        (lambda: Unit(Grain.DAY, fiscal=True), "there is no fiscal day: write `day`"),
    ],
)
def test_what_cannot_be_a_window(make: object, says: str) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=says.replace(".", r"\.")):
        make()


def test_an_anchor_in_another_zone_is_the_same_instant() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    # In its second pass, and over the change: arithmetic on the clock would be an hour off.
    anchor = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=berlin)
    found = resolve(Trailing(3, HOUR), anchor, UTC_CALENDAR)
    assert (civil(UTC_CALENDAR, found.start), civil(UTC_CALENDAR, found.end)) == (
        "2026-10-24 22:30",
        "2026-10-25 01:30",
    )
    assert found.start is not None
    assert found.end - found.start == timedelta(hours=3)


def test_a_civil_time_is_no_anchor() -> None:
    with pytest.raises(ValueError, match="carries its offset"):
        resolve(Last(1, MONTH), datetime(2026, 1, 1), BERLIN)  # noqa: DTZ001
