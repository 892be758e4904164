"""Units of a calendar: where they start, what they are called, how many are in a window."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta

import pytest

from kpidsl.calendar import (
    UNIT_WORDS,
    Calendar,
    Grain,
    Unit,
    known_timezones,
    parse_as_of,
    parse_period,
    parse_unit,
    period_exists,
    period_problem,
    period_unit,
)

BERLIN = Calendar(timezone="Europe/Berlin")
LORD_HOWE = Calendar(timezone="Australia/Lord_Howe")
APIA = Calendar(timezone="Pacific/Apia")
FEBRUARY_BY_END = Calendar(fiscal_start_month=2, fiscal_named_by="end")

DAY, HOUR, WEEK, MONTH = Unit(Grain.DAY), Unit(Grain.HOUR), Unit(Grain.WEEK), Unit(Grain.MONTH)


def at(calendar: Calendar, text: str) -> datetime:
    """The start of a day, or an instant."""
    instant = parse_as_of(text if "T" in text else f"{text}T00:00", calendar)
    return calendar.day_start(date.fromisoformat(text)) if "T" not in text else instant


@pytest.mark.parametrize(
    ("calendar", "unit", "instant", "name"),
    [
        (BERLIN, WEEK, "2021-01-03", "2020-W53"),
        (BERLIN, WEEK, "2024-12-30", "2025-W01"),
        (BERLIN, WEEK, "2026-01-26", "2026-W05"),
        (BERLIN, Unit(Grain.YEAR), "2026-03-31T18:00", "2026"),
        (BERLIN, Unit(Grain.HALF), "2026-07-01", "2026-H2"),
        (BERLIN, Unit(Grain.QUARTER), "2026-03-31T23:59", "2026-Q1"),
        (BERLIN, MONTH, "2026-03-31", "2026-03"),
        (BERLIN, DAY, "2026-03-31T18:00", "2026-03-31"),
        (BERLIN, HOUR, "2026-03-31T18:59:59", "2026-03-31T18:00+02:00"),
        (BERLIN, HOUR, "2026-10-25T02:30+02:00", "2026-10-25T02:00+02:00"),
        (BERLIN, HOUR, "2026-10-25T02:30+01:00", "2026-10-25T02:00+01:00"),
        (BERLIN, Unit(Grain.MINUTE), "2026-03-31T18:05:59", "2026-03-31T18:05+02:00"),
        (BERLIN, Unit(Grain.SECOND), "2026-03-31T18:05:59.5", "2026-03-31T18:05:59+02:00"),
        (Calendar(timezone="Asia/Kolkata"), HOUR, "2026-03-31T18:59", "2026-03-31T18:00+05:30"),
        (FEBRUARY_BY_END, Unit(Grain.YEAR, fiscal=True), "2025-02-01", "FY2026"),
        (FEBRUARY_BY_END, Unit(Grain.YEAR, fiscal=True), "2025-01-31", "FY2025"),
        (FEBRUARY_BY_END, Unit(Grain.HALF, fiscal=True), "2026-01-31", "FY2026-H2"),
        (FEBRUARY_BY_END, Unit(Grain.QUARTER, fiscal=True), "2019-05-01", "FY2020-Q2"),
        (FEBRUARY_BY_END, Unit(Grain.MONTH, fiscal=True), "2026-01-31", "FY2026-12"),
        (FEBRUARY_BY_END, Unit(Grain.WEEK, fiscal=True), "2026-01-31", "2026-W05"),
        (FEBRUARY_BY_END, Unit(Grain.QUARTER), "2019-05-01", "2019-Q2"),
        (Calendar(fiscal_start_month=7), Unit(Grain.YEAR, fiscal=True), "2026-06-30", "FY2025"),
        (Calendar(fiscal_named_by="end"), Unit(Grain.YEAR, fiscal=True), "2026-06-30", "FY2026"),
        # weeks from Sunday as epidemiologists count them: week 1 is the first with four days in the year
        (Calendar(week_start=6), WEEK, "2026-01-03", "2025-W53"),
        (Calendar(week_start=6), WEEK, "2026-01-04", "2026-W01"),
        (Calendar(week_start=6), WEEK, "2024-12-29", "2025-W01"),
        (Calendar(week_start=5), WEEK, "2027-01-01", "2026-W52"),
    ],
)
def test_the_name_of_the_period_at_an_instant(calendar: Calendar, unit: Unit, instant: str, name: str) -> None:
    assert calendar.name_of(unit, at(calendar, instant)) == name


def test_iso_years_of_53_weeks() -> None:
    assert [year for year in range(2000, 2041) if period_exists(f"{year}-W53", BERLIN)] == [
        2004,
        2009,
        2015,
        2020,
        2026,
        2032,
        2037,
    ]


@pytest.mark.parametrize("week_start", [0])
def test_weeks_are_those_of_iso_8601(week_start: int) -> None:
    calendar = Calendar(week_start=week_start)
    day = date(1999, 12, 1)
    while day < date(2011, 2, 1):
        year, week, _ = day.isocalendar()
        assert calendar.name_of(WEEK, calendar.day_start(day)) == f"{year}-W{week:02d}"
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-W54", "2026-W54 does not exist: 2026 has 53 weeks, W01 to W53"),
        ("2025-W53", "2025-W53 does not exist: 2025 has 52 weeks, W01 to W52"),
        ("2026-W00", "2026-W00 does not exist: 2026 has 53 weeks, W01 to W53"),
        ("2026-13", "2026-13 does not exist: a year has months 01 to 12"),
        ("2026-00", "2026-00 does not exist: a year has months 01 to 12"),
        ("2026-Q5", "2026-Q5 does not exist: a year has quarters Q1 to Q4"),
        ("2026-Q12", "2026-Q12 does not exist: a year has quarters Q1 to Q4"),
        ("2026-H0", "2026-H0 does not exist: a year has halves H1 to H2"),
        ("FY2026-13", "FY2026-13 does not exist: a year has months 01 to 12"),
        (
            "FY2026-W05",
            "FY2026-W05 does not exist: fiscal years have weeks of their own only with a `pattern` in the calendar",
        ),
        ("0999", "0999 does not exist: the calendar covers the years 1600 to 8000"),
        ("2026-3", "2026-3 is not a period: a month is written 2026-03"),
        ("2026-W5", "2026-W5 is not a period: a week is written 2026-W05"),
        ("26-03", "26-03 is not a period: write 2026, 2026-H1, 2026-Q1, 2026-03, 2026-W05, FY2026 or FY2026-Q2"),
        ("2026-q1", "2026-q1 is not a period: write 2026, 2026-H1, 2026-Q1, 2026-03, 2026-W05, FY2026 or FY2026-Q2"),
    ],
)
def test_a_period_that_does_not_exist_is_known_before_any_anchor(text: str, problem: str) -> None:
    assert period_problem(text, BERLIN) == problem
    assert not period_exists(text, BERLIN)
    with pytest.raises(ValueError, match=r"period|exist"):
        parse_period(text, BERLIN)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("2026", Unit(Grain.YEAR)),
        ("2026-H1", Unit(Grain.HALF)),
        ("2026-Q4", Unit(Grain.QUARTER)),
        ("2026-12", MONTH),
        ("2026-W53", WEEK),
        ("FY2026", Unit(Grain.YEAR, fiscal=True)),
        ("FY2026-H2", Unit(Grain.HALF, fiscal=True)),
        ("FY2026-Q2", Unit(Grain.QUARTER, fiscal=True)),
        ("FY2026-03", Unit(Grain.MONTH, fiscal=True)),
    ],
)
@pytest.mark.parametrize("calendar", [BERLIN, FEBRUARY_BY_END, Calendar(fiscal_start_month=10), Calendar(week_start=6)])
def test_a_period_is_called_what_it_is_written(calendar: Calendar, text: str, unit: Unit) -> None:
    if text == "2026-W53" and calendar.week_start == 6:
        text = "2025-W53"
    assert period_unit(text) == unit
    assert period_problem(text, calendar) is None
    named, number = parse_period(text, calendar)
    assert named == unit
    assert calendar.name_of(unit, calendar.boundary(unit, number)) == text
    assert calendar.name_of(unit, calendar.boundary(unit, number + 1) - timedelta(seconds=1)) == text


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24), ("2026-03-28", 24)]
)
def test_a_day_has_as_many_hours_as_its_clock(day: str, hours: int) -> None:
    start = at(BERLIN, day)
    end = BERLIN.step(start, DAY, 1)
    assert end - start == timedelta(hours=hours)
    found = BERLIN.periods(HOUR, start, end)
    assert len(found) == hours
    assert len({window.label for window in found}) == hours
    assert all(window.start is not None and window.end - window.start == timedelta(hours=1) for window in found)


def test_where_clocks_change_by_half_an_hour_there_are_half_hours() -> None:
    for day, label, length in [
        ("2026-04-05", "2026-04-05T01:30+10:30", timedelta(hours=24, minutes=30)),
        ("2026-10-04", "2026-10-04T02:30+11:00", timedelta(hours=23, minutes=30)),
    ]:
        start = at(LORD_HOWE, day)
        end = LORD_HOWE.step(start, DAY, 1)
        assert end - start == length
        halves = [
            window
            for window in LORD_HOWE.periods(HOUR, start, end)
            if window.start is not None and window.end - window.start == timedelta(minutes=30)
        ]
        assert [window.label for window in halves] == [label]


def test_a_day_the_zone_left_out_is_no_period_and_does_not_count() -> None:
    start, end = at(APIA, "2011-12-28"), at(APIA, "2012-01-02")
    assert [window.label for window in APIA.periods(DAY, start, end)] == [
        "2011-12-28",
        "2011-12-29",
        "2011-12-31",
        "2012-01-01",
    ]
    edge = at(APIA, "2011-12-31")
    assert APIA.step(edge, DAY, -1) == at(APIA, "2011-12-29")
    assert APIA.step(at(APIA, "2011-12-29"), DAY, 2) == at(APIA, "2012-01-01")
    assert APIA.step(at(APIA, "2012-01-01"), DAY, -2) == at(APIA, "2011-12-29")
    assert APIA.step(at(APIA, "2011-11-30"), DAY, 60) == at(APIA, "2012-01-30")


def test_a_day_whose_midnight_the_clocks_skip_starts_at_the_change() -> None:
    cairo = Calendar(timezone="Africa/Cairo")
    start = cairo.day_start(date(2024, 4, 26))
    assert cairo.civil(start) == datetime(2024, 4, 26, 1)  # noqa: DTZ001
    assert cairo.start_of(DAY, start) == start
    assert cairo.start_of(DAY, start - timedelta(microseconds=1)) == cairo.day_start(date(2024, 4, 25))
    # In Toronto in 1919 clocks went from 23:30 to 0:30.
    toronto = Calendar(timezone="America/Toronto")
    assert toronto.civil(toronto.day_start(date(1919, 3, 31))) == datetime(1919, 3, 31, 0, 30)  # noqa: DTZ001


def test_where_clocks_go_back_over_midnight_the_day_has_begun() -> None:
    """In St John's clocks went back at 0:01, so that the evening of 2010-11-06 came twice."""
    zone = Calendar(timezone="America/St_Johns")
    midnight = zone.day_start(date(2010, 11, 7))
    second_evening = midnight + timedelta(minutes=30)
    assert zone.civil(second_evening).isoformat() == "2010-11-06T23:30:00"
    assert zone.start_of(DAY, second_evening) == midnight
    assert zone.name_of(DAY, second_evening) == "2010-11-07"


def test_periods_are_the_complete_ones_inside() -> None:
    start, end = at(BERLIN, "2026-01-15T12:00"), at(BERLIN, "2026-04-30T23:00")
    assert [window.label for window in BERLIN.periods(MONTH, start, end)] == ["2026-02", "2026-03"]
    assert BERLIN.periods(Unit(Grain.YEAR), start, end) == ()
    assert BERLIN.periods(MONTH, end, start) == ()
    assert BERLIN.periods(MONTH, start, start) == ()


def test_a_window_is_not_cut_into_more_periods_than_anyone_can_use() -> None:
    with pytest.raises(ValueError, match="more than 1,000,000 periods; these would be seconds"):
        BERLIN.periods(Unit(Grain.SECOND), at(BERLIN, "2026-01-01"), at(BERLIN, "2027-01-01"))


def test_only_a_boundary_can_be_stepped_from() -> None:
    with pytest.raises(ValueError, match=r"2026-01-15T00:00:00\+01:00 is not the start of a month"):
        BERLIN.step(at(BERLIN, "2026-01-15"), MONTH, 1)
    with pytest.raises(ValueError, match="is not the start of a hour"):
        BERLIN.step(at(BERLIN, "2026-01-15T12:30"), HOUR, 1)


def test_business_days_leave_out_weekends_and_holidays() -> None:
    calendar = Calendar(holidays=frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 4, 4)}))
    good_friday, thursday, tuesday = date(2026, 4, 3), date(2026, 4, 2), date(2026, 4, 7)
    assert calendar.is_business_day(thursday)
    assert not calendar.is_business_day(good_friday)
    assert not calendar.is_business_day(date(2026, 4, 4))
    assert calendar.business_days_between(thursday, thursday) == 0
    assert calendar.business_days_between(thursday, good_friday) == 0
    assert calendar.business_days_between(thursday, tuesday) == 1
    assert calendar.business_days_between(good_friday, tuesday) == 1
    assert calendar.business_days_between(tuesday, thursday) == -1
    assert Calendar().business_days_between(date(2026, 1, 1), date(2027, 1, 1)) == 261


@pytest.mark.parametrize(
    ("word", "grain"), [("day", Grain.DAY), ("days", Grain.DAY), ("halves", Grain.HALF), ("half", Grain.HALF)]
)
def test_words_for_units(word: str, grain: Grain) -> None:
    assert parse_unit(word) is grain


def test_other_words_are_no_units() -> None:
    assert parse_unit("fortnight") is None
    assert parse_unit("Day") is None
    assert len(UNIT_WORDS) == 2 * len(Grain)
    assert all(parse_unit(word) for word in UNIT_WORDS)


def test_grains_stand_from_the_finest_to_the_coarsest() -> None:
    grains = list(Grain)
    assert all(one.is_finer_than(other) for one, other in itertools.pairwise(grains))
    assert not Grain.DAY.is_finer_than(Grain.DAY)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"timezone": "Europe/Berlni"}, 'there is no time zone "Europe/Berlni"'),
        ({"timezone": "Europe"}, "there is no time zone"),
        ({"timezone": "../../etc/passwd"}, "there is no time zone"),
        ({"timezone": "localtime"}, "there is no time zone"),
        ({"timezone": ""}, "there is no time zone"),
        ({"week_start": 7}, "7 is no weekday"),
        ({"fiscal_start_month": 13}, "13 is no month"),
        ({"fiscal_named_by": "middle"}, "named by its `start` or its `end`"),
    ],
)
def test_what_cannot_be_a_calendar(arguments: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Calendar(**arguments)  # type: ignore[arg-type]


def test_the_zones_to_choose_from_are_all_usable() -> None:
    names = known_timezones()
    assert {"UTC", "Europe/Berlin"} <= names
    assert "localtime" not in names
    assert all(Calendar(timezone=name) for name in names)
