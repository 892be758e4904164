"""Anchors moved back, windows moved with them, series of anchors."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kpidsl.calendar import (
    AllTime,
    Calendar,
    Days,
    Grain,
    Last,
    Next,
    Period,
    Retail,
    Since,
    This,
    ToDate,
    Trailing,
    Unit,
    WindowSpec,
    parse_as_of,
    shift_anchor,
    shifted,
    trend_anchors,
)

BERLIN = Calendar(timezone="Europe/Berlin")
NRF = Calendar(retail=Retail("4-5-4", "nearest", weekday=5, month=1, day=31))

MONTH, QUARTER, YEAR = Unit(Grain.MONTH), Unit(Grain.QUARTER), Unit(Grain.YEAR)
DAY, WEEK, HOUR = Unit(Grain.DAY), Unit(Grain.WEEK), Unit(Grain.HOUR)
FISCAL_QUARTER, FISCAL_YEAR = Unit(Grain.QUARTER, fiscal=True), Unit(Grain.YEAR, fiscal=True)


def day_before(calendar: Calendar, as_of: str, count: int, unit: Unit) -> str:
    """The as-of date or time that a shifted one corresponds to."""
    found = calendar.civil(shift_anchor(parse_as_of(as_of, calendar), count, unit, calendar))
    midnight = found == found.replace(hour=0, minute=0, second=0, microsecond=0)
    return (found - timedelta(days=1)).date().isoformat() if midnight else found.isoformat(timespec="minutes")


@pytest.mark.parametrize("calendar", [Calendar(), BERLIN, Calendar(timezone="Pacific/Auckland")])
@pytest.mark.parametrize(
    ("as_of", "count", "unit", "there"),
    [
        # a month boundary stays one: the ends of months compare with each other, whatever their lengths
        ("2026-02-28", 1, MONTH, "2026-01-31"),
        ("2026-03-31", 1, MONTH, "2026-02-28"),
        ("2026-02-28", -1, MONTH, "2026-03-31"),
        ("2026-02-28", 1, YEAR, "2025-02-28"),
        ("2024-02-29", 1, YEAR, "2023-02-28"),
        ("2023-02-28", -1, YEAR, "2024-02-29"),
        ("2026-04-30", 1, QUARTER, "2026-01-31"),
        ("2025-12-31", 1, Unit(Grain.HALF), "2025-06-30"),
        # elsewhere the time elapsed in the month counts, capped at its length
        ("2026-03-30", 1, MONTH, "2026-02-28"),
        ("2026-03-28", 1, MONTH, "2026-02-28"),
        ("2026-03-27", 1, MONTH, "2026-02-27"),
        ("2026-01-30", -1, MONTH, "2026-02-28"),
        ("2024-02-28", 1, YEAR, "2023-02-28"),
        ("2023-02-27", -1, YEAR, "2024-02-27"),
        ("2026-03-31T18:00", 1, MONTH, "2026-02-28"),
        ("2026-03-15T18:00", 1, MONTH, "2026-02-15T18:00"),
        ("2026-05-16", 1, FISCAL_QUARTER, "2026-02-16"),
        ("2026-05-16", 12, MONTH, "2025-05-16"),
        ("2026-05-16", 1, WEEK, "2026-05-09"),
        ("2026-05-16", 52, WEEK, "2025-05-17"),
        ("2026-05-16T18:00", 20, DAY, "2026-04-26T18:00"),
        ("2026-05-16T18:00", 0, DAY, "2026-05-16T18:00"),
    ],
)
def test_a_shifted_anchor(calendar: Calendar, as_of: str, count: int, unit: Unit, there: str) -> None:
    assert day_before(calendar, as_of, count, unit) == there


@pytest.mark.parametrize(
    ("as_of", "count", "unit", "there"),
    [
        ("2026-03-30T02:30", 1, DAY, "2026-03-29T03:30"),  # 02:30 does not exist: the offset before the change
        ("2026-10-26T02:30", 1, DAY, "2026-10-25T02:30"),
        ("2026-10-25T12:00", 24, HOUR, "2026-10-24T13:00"),
        ("2026-10-25T12:00", 1, DAY, "2026-10-24T12:00"),
        ("2026-03-29T12:00", 24, HOUR, "2026-03-28T11:00"),
        ("2026-03-29T12:00", 24 * 60, Unit(Grain.MINUTE), "2026-03-28T11:00"),
    ],
)
def test_days_are_civil_and_hours_elapsed(as_of: str, count: int, unit: Unit, there: str) -> None:
    assert day_before(BERLIN, as_of, count, unit) == there


def test_a_repeated_time_comes_back_to_its_first_pass() -> None:
    anchor = parse_as_of("2026-10-26T02:30", BERLIN)
    assert shift_anchor(anchor, 1, DAY, BERLIN) == parse_as_of("2026-10-25T02:30+02:00", BERLIN)


def test_a_shift_out_of_all_bounds_says_so() -> None:
    with pytest.raises(ValueError, match="too far from the years"):
        shift_anchor(parse_as_of("2026-03-31", BERLIN), 3000, YEAR, BERLIN)
    with pytest.raises(ValueError, match="too far from the years"):
        shift_anchor(parse_as_of("2026-03-31", BERLIN), 10**15, HOUR, BERLIN)


def days(calendar: Calendar, spec: WindowSpec, as_of: str, count: int, unit: Unit) -> tuple[str, str, str, str]:
    """The shifted anchor, the start and the end as civil dates, and the label."""
    anchor, found = shifted(spec, parse_as_of(as_of, calendar), count, unit, calendar)
    instants = (anchor, found.start, found.end)
    dates = ["ever" if at is None else calendar.civil(at).date().isoformat() for at in instants]
    return dates[0], dates[1], dates[2], found.label


@pytest.mark.parametrize(
    ("spec", "as_of", "count", "unit", "expected"),
    [
        (ToDate(MONTH), "2026-03-30", 1, MONTH, ("2026-03-01", "2026-02-01", "2026-03-01")),
        (Last(1, MONTH), "2026-03-31", 1, YEAR, ("2025-04-01", "2025-03-01", "2025-04-01")),
        (Last(1, MONTH), "2026-03-30", 1, MONTH, ("2026-03-01", "2026-02-01", "2026-03-01")),
        (Next(1, QUARTER), "2026-03-31", 1, YEAR, ("2025-04-01", "2025-04-01", "2025-07-01")),
        (Trailing(28, DAY), "2026-03-31", 52, WEEK, ("2025-04-02", "2025-03-05", "2025-04-02")),
        (This(QUARTER), "2026-05-16", 1, YEAR, ("2025-05-17", "2025-04-01", "2025-07-01")),
        (AllTime(), "2026-05-16", 1, MONTH, ("2026-04-17", "ever", "2026-04-17")),
        (Period("2026-Q1"), "2026-05-16", 1, YEAR, ("2025-05-17", "2025-01-01", "2025-04-01")),
        (Period("2026-02"), "2026-05-16", 1, MONTH, ("2026-04-17", "2026-01-01", "2026-02-01")),
        (Period("FY2026-Q1"), "2026-05-16", 1, FISCAL_YEAR, ("2025-05-17", "2025-01-01", "2025-04-01")),
        (Period("2026-W05"), "2026-05-16", 52, WEEK, ("2025-05-18", "2025-01-27", "2025-02-03")),
        (
            Days(date(2026, 1, 15), date(2026, 2, 14)),
            "2026-05-16",
            1,
            MONTH,
            ("2026-04-17", "2025-12-15", "2026-01-15"),
        ),
        (
            Days(date(2026, 3, 1), date(2026, 3, 31)),
            "2026-05-16",
            1,
            MONTH,
            ("2026-04-17", "2026-02-01", "2026-03-01"),
        ),
        (Since(date(2026, 1, 1)), "2026-05-16", 1, YEAR, ("2025-05-17", "2025-01-01", "2025-05-17")),
        (Since(date(2026, 1, 1)), "2025-05-16", 1, YEAR, ("2024-05-17", "2025-01-01", "2025-01-01")),
    ],
)
def test_a_window_moved_with_its_anchor(
    spec: WindowSpec, as_of: str, count: int, unit: Unit, expected: tuple[str, str, str]
) -> None:
    label = f"{spec.label} {unit.counted(count)} earlier"
    assert days(BERLIN, spec, as_of, count, unit) == (*expected, label)


@pytest.mark.parametrize(
    ("count", "unit", "words"),
    [(1, YEAR, "1 year"), (2, FISCAL_QUARTER, "2 fiscal quarters"), (52, WEEK, "52 weeks")],
)
def test_the_label_of_a_moved_window(count: int, unit: Unit, words: str) -> None:
    assert days(BERLIN, Last(1, MONTH), "2026-05-16", count, unit)[3] == f"last month {words} earlier"


def test_a_day_no_earlier_year_has_moves_to_nothing() -> None:
    moved = days(BERLIN, Days(date(2024, 2, 29), date(2024, 2, 29)), "2024-05-16", 1, YEAR)
    assert moved[1] == moved[2] == "2023-03-01"


@pytest.mark.parametrize("unit", [YEAR, FISCAL_YEAR])
def test_fiscal_windows_of_whole_weeks_compare_with_fiscal_windows(unit: Unit) -> None:
    """FY2018 ends on 2019-02-02, FY2017 on 2018-02-03: a calendar year back from its end is still inside FY2017."""
    as_of = "2019-02-02"
    assert days(NRF, Last(1, FISCAL_QUARTER), as_of, 1, unit)[1:3] == ("2017-10-29", "2018-02-04")
    assert days(NRF, Last(1, FISCAL_QUARTER), as_of, 4, Unit(Grain.QUARTER))[1:3] == ("2017-10-29", "2018-02-04")
    assert days(NRF, Period("FY2018"), as_of, 1, unit)[1:3] == ("2017-01-29", "2018-02-04")
    assert days(NRF, ToDate(FISCAL_YEAR), as_of, 1, unit)[1:3] == ("2017-01-29", "2018-02-04")
    # FY2018-W14 and FY2017-W14
    assert days(NRF, Last(1, Unit(Grain.WEEK, fiscal=True)), "2018-05-12", 1, unit)[1:3] == ("2017-04-30", "2017-05-07")


def test_other_windows_keep_to_the_calendar_year_there() -> None:
    assert days(NRF, Last(1, MONTH), "2019-01-31", 1, YEAR)[1:3] == ("2018-01-01", "2018-02-01")


@pytest.mark.parametrize(
    ("as_of", "count", "unit", "expected"),
    [
        ("2026-03-31", 4, MONTH, ["2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31"]),
        ("2026-03-30", 4, MONTH, ["2025-12-30", "2026-01-30", "2026-02-28", "2026-03-30"]),
        ("2024-02-29", 3, YEAR, ["2022-02-28", "2023-02-28", "2024-02-29"]),
        ("2026-03-31", 1, WEEK, ["2026-03-31"]),
        ("2026-03-31", 3, WEEK, ["2026-03-17", "2026-03-24", "2026-03-31"]),
        ("2026-03-29", 3, DAY, ["2026-03-27", "2026-03-28", "2026-03-29"]),
    ],
)
def test_the_anchors_of_a_trend(as_of: str, count: int, unit: Unit, expected: list[str]) -> None:
    anchors = trend_anchors(parse_as_of(as_of, BERLIN), count, unit, BERLIN)
    assert anchors == tuple(parse_as_of(each, BERLIN) for each in expected)


def test_a_day_whose_midnight_is_skipped_starts_like_any_other() -> None:
    # Clocks in Beirut went from 00:00 to 01:00 on 27 March 2022: the end of the 26th is a midnight all the same.
    beirut = Calendar(timezone="Asia/Beirut")
    end = parse_as_of("2022-03-26", beirut)
    assert beirut.civil(end).hour == 1
    assert shift_anchor(end, 1, MONTH, beirut) == parse_as_of("2022-02-26", beirut)
    assert shift_anchor(end, 2, YEAR, beirut) == parse_as_of("2020-03-26", beirut)
    assert shift_anchor(end + timedelta(minutes=30), 1, MONTH, beirut) == parse_as_of("2022-02-27T01:30", beirut)
