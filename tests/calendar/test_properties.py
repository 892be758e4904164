"""What holds for every calendar, unit and instant."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kpidsl.calendar import (
    Calendar,
    Days,
    Grain,
    Last,
    Next,
    Period,
    Retail,
    This,
    ToDate,
    Trailing,
    Unit,
    WindowSpec,
    civil_threshold,
    date_threshold,
    previous,
    resolve,
    shift_anchor,
    shifted,
    trend_anchors,
)

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Cairo",
    "America/St_Johns",
    "Asia/Kolkata",
)
# Around every kind of change these zones have had: spring, autumn, a day left out, clocks put back over midnight.
CHANGES = tuple(
    datetime.fromisoformat(f"{text}:00+00:00")
    for text in (
        "2026-03-29T01:00",
        "2026-10-25T01:00",
        "2026-03-08T07:00",
        "2026-11-01T06:00",
        "2026-04-04T15:00",
        "2026-10-03T15:30",
        "2011-12-30T10:00",
        "2024-04-25T22:00",
        "2024-10-31T21:00",
        "2010-11-07T02:31",
        "2024-02-29T00:00",
    )
)
WHOLE_UNITS = tuple(
    Unit(grain, fiscal)
    for grain in (Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.HALF, Grain.YEAR)
    for fiscal in ((False,) if grain is Grain.DAY else (False, True))
)
CLOCK_UNITS = (Unit(Grain.HOUR), Unit(Grain.MINUTE), Unit(Grain.SECOND))

zones = st.sampled_from(ZONES)
near_changes = st.builds(
    lambda change, off: change + timedelta(microseconds=off),
    st.sampled_from(CHANGES),
    st.integers(-3 * 86_400_000_000, 3 * 86_400_000_000) | st.sampled_from([-1, 0, 1, 1_800_000_000, 3_600_000_000]),
)
instants = near_changes | st.datetimes(
    datetime(1950, 1, 1),  # noqa: DTZ001
    datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
patterns = st.builds(
    Retail,
    st.sampled_from(["4-4-5", "4-5-4", "5-4-4"]),
    st.just("last"),
    st.integers(0, 6),
    st.integers(1, 12),
) | st.builds(
    Retail,
    st.sampled_from(["4-4-5", "4-5-4", "5-4-4"]),
    st.just("nearest"),
    st.integers(0, 6),
    st.integers(1, 12),
    st.integers(1, 28),
)
calendars = st.builds(
    Calendar,
    timezone=zones,
    week_start=st.integers(0, 6),
    fiscal_start_month=st.integers(1, 12),
    fiscal_named_by=st.sampled_from(["start", "end"]),
    retail=st.none() | patterns,
)
whole_units = st.sampled_from(WHOLE_UNITS)
units = whole_units | st.sampled_from(CLOCK_UNITS)
dates = st.dates(date(1990, 1, 1), date(2040, 1, 1))


@st.composite
def specs(draw: st.DrawFn) -> WindowSpec:
    unit = draw(units)
    count = draw(st.integers(1, 40))
    first = draw(dates)
    choices: list[WindowSpec] = [
        Last(count, unit),
        Next(count, unit),
        Trailing(count, unit),
        ToDate(unit),
        This(unit),
        Days(first, first + timedelta(days=count)),
        Period(f"{first.year}-Q{(first.month + 2) // 3}"),
        Period(f"FY{first.year}-{first.month:02d}"),
        Period(f"{first.isocalendar().year}-W{1 + count:02d}"),
    ]
    return draw(st.sampled_from(choices))


@given(calendars, units, instants)
def test_every_instant_lies_in_one_unit(calendar: Calendar, unit: Unit, instant: datetime) -> None:
    start = calendar.start_of(unit, instant)
    end = calendar.step(start, unit, 1)
    assert start <= instant < end
    assert calendar.start_of(unit, start) == start
    assert calendar.start_of(unit, end) == end
    assert calendar.start_of(unit, end - timedelta(microseconds=1)) == start
    assert calendar.step(end, unit, -1) == start


@given(calendars, units, instants, st.integers(-500, 500), st.integers(-500, 500))
def test_steps_add_up(calendar: Calendar, unit: Unit, instant: datetime, one: int, other: int) -> None:
    start = calendar.start_of(unit, instant)
    there = calendar.step(start, unit, one)
    assert calendar.step(there, unit, other) == calendar.step(start, unit, one + other)
    assert (there > start) == (one > 0)


@given(calendars, units, instants, st.integers(1, 30))
def test_periods_tile_time(calendar: Calendar, unit: Unit, instant: datetime, count: int) -> None:
    start = calendar.start_of(unit, instant)
    end = calendar.step(start, unit, count)
    found = calendar.periods(unit, start, end)
    assert len(found) == count
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(one.end == other.start for one, other in itertools.pairwise(found))
    assert len({window.label for window in found}) == count
    just_inside = calendar.periods(unit, start + timedelta(microseconds=1), end - timedelta(microseconds=1))
    assert just_inside == found[1:-1]


@given(calendars, whole_units, instants)
def test_a_unit_of_days_starts_with_a_day(calendar: Calendar, unit: Unit, instant: datetime) -> None:
    start = calendar.start_of(unit, instant)
    assert calendar.start_of(Unit(Grain.DAY), start) == start


@given(calendars, whole_units.filter(lambda unit: unit.grain is not Grain.DAY), instants)
def test_a_name_means_the_period_it_names(calendar: Calendar, unit: Unit, instant: datetime) -> None:
    start = calendar.start_of(unit, instant)
    window = resolve(Period(calendar.name_of(unit, instant)), instant, calendar)
    assert (window.start, window.end) == (start, calendar.step(start, unit, 1))


@pytest.mark.parametrize("timezone", ZONES)
@pytest.mark.parametrize("grain", [Grain.HOUR, Grain.MINUTE])
def test_clock_units_break_where_the_clock_does(timezone: str, grain: Grain) -> None:
    """Minute by minute across every change: a new unit begins when the civil hour or the offset differs."""
    calendar = Calendar(timezone=timezone)
    for change in CHANGES:
        expected, seen = [], None
        for minute in range(-300, 300):
            local = calendar.local(change + timedelta(minutes=minute))
            key = (local.date(), local.hour, local.minute if grain is Grain.MINUTE else 0, local.utcoffset())
            if key != seen:
                expected.append(change + timedelta(minutes=minute))
            seen = key
        start, end = expected[1], expected[-1]
        found = calendar.periods(Unit(grain), start, end)
        assert [window.start for window in found] == expected[1:-1]


@given(zones, instants)
def test_civil_time_and_back(timezone: str, instant: datetime) -> None:
    calendar = Calendar(timezone=timezone)
    civil = calendar.civil(instant)
    again = calendar.instant(civil)
    assert calendar.civil(again) == civil
    assert again <= instant
    # Only a second pass comes back as another instant, the first.
    assert (again < instant) == (calendar.local(instant).fold == 1)


@given(zones, instants, instants | near_changes, st.integers(-7_200_000_000, 7_200_000_000))
def test_a_row_is_beyond_the_threshold_exactly_if_its_instant_is_beyond_the_edge(
    timezone: str, edge: datetime, row: datetime, near: int
) -> None:
    calendar = Calendar(timezone=timezone)
    for seen in (row, edge, edge + timedelta(microseconds=near), edge + timedelta(microseconds=max(-1, min(1, near)))):
        civil = calendar.civil(seen)
        assert (civil >= civil_threshold(edge, timezone)) == (calendar.instant(civil) >= edge)


@given(zones, st.sampled_from(CHANGES), st.integers(-180, 180), st.sampled_from([0, 1, -1]))
def test_the_threshold_is_the_smallest_civil_time_that_clocks_show(
    timezone: str, change: datetime, minutes: int, off: int
) -> None:
    calendar = Calendar(timezone=timezone)
    edge = change + timedelta(minutes=minutes, microseconds=off)
    threshold = civil_threshold(edge, timezone)
    assert calendar.instant(threshold) >= edge
    just_before = threshold - timedelta(microseconds=1)
    shown = calendar.civil(calendar.instant(just_before)) == just_before
    assert not shown or calendar.instant(just_before) < edge


@given(zones, instants, dates)
def test_a_day_is_beyond_the_threshold_exactly_if_it_starts_beyond_the_edge(
    timezone: str, edge: datetime, day: date
) -> None:
    calendar = Calendar(timezone=timezone)
    for each in (day, calendar.civil(edge).date(), calendar.civil(edge).date() + timedelta(days=1)):
        assert (each >= date_threshold(edge, calendar)) == (calendar.day_start(each) >= edge)


@given(calendars, specs(), instants)
def test_windows_stand_where_they_should(calendar: Calendar, spec: WindowSpec, anchor: datetime) -> None:
    window = resolve(spec, anchor, calendar)
    assert window.start is not None
    assert window.start < window.end
    assert window.label == spec.label
    match spec:
        case Last(count, unit):
            assert window.end <= anchor < calendar.step(window.end, unit, 1)
            assert len(calendar.periods(unit, window.start, window.end)) == count
        case Next(count, unit):
            assert calendar.step(window.start, unit, -1) < anchor <= window.start
            assert len(calendar.periods(unit, window.start, window.end)) == count
        case Trailing() | ToDate():
            assert window.end == anchor
        case This():
            assert window.start < anchor <= window.end
        case _:
            assert resolve(spec, anchor + timedelta(days=1000), calendar) == window


@given(calendars, specs(), instants)
def test_previous_is_adjacent(calendar: Calendar, spec: WindowSpec, anchor: datetime) -> None:
    window, before = resolve(spec, anchor, calendar), previous(spec, anchor, calendar)
    assert before is not None
    assert before.start is not None
    assert window.start is not None
    assert before.start <= before.end
    match spec:
        case ToDate(unit):
            assert before.start == calendar.step(window.start, unit, -1) or unit.grain.is_clock
            assert before.end <= window.start or unit.grain.is_clock
        case Last(count, unit) | Next(count, unit):
            assert before.end == window.start
            assert len(calendar.periods(unit, before.start, before.end)) == count
        case Trailing(count, unit):
            assert before.end == window.start
            assert before.start == resolve(Trailing(2 * count, unit), anchor, calendar).start
        case _:
            assert before.end == window.start


@given(calendars, specs(), instants, st.integers(1, 30), units)
def test_a_moved_window_is_the_one_at_the_moved_anchor(
    calendar: Calendar, spec: WindowSpec, anchor: datetime, count: int, unit: Unit
) -> None:
    there, window = shifted(spec, anchor, count, unit, calendar)
    assert there < anchor
    assert window.start is not None
    assert window.start <= window.end
    if not isinstance(spec, Days | Period):
        again = resolve(spec, there, calendar)
        assert (again.start, again.end) == (window.start, window.end)


@given(calendars, units, instants, st.integers(-40, 40))
def test_a_boundary_moves_to_a_boundary(calendar: Calendar, unit: Unit, anchor: datetime, count: int) -> None:
    start = calendar.start_of(unit, anchor)
    if unit.grain is Grain.HOUR:
        # Hours move by exactly so much; where clocks change by less than one, boundaries lie otherwise.
        near = calendar.periods(unit, calendar.step(start, unit, -45), calendar.step(start, unit, 45))
        assume({window.end - window.start for window in near if window.start is not None} == {timedelta(hours=1)})
    assert shift_anchor(start, count, unit, calendar) == calendar.step(start, unit, -count)


@given(calendars, units, instants, instants)
def test_moving_keeps_the_order(calendar: Calendar, unit: Unit, one: datetime, other: datetime) -> None:
    """Up to the civil times that are repeated or left out, which come to lie beside one another."""
    earlier, later = sorted((one, other))
    assume(later - earlier > timedelta(hours=25))
    assert shift_anchor(earlier, 3, unit, calendar) <= shift_anchor(later, 3, unit, calendar)


@given(calendars, whole_units, instants, st.integers(1, 40))
def test_the_anchors_of_a_trend_rise_to_the_anchor(
    calendar: Calendar, unit: Unit, anchor: datetime, count: int
) -> None:
    anchors = trend_anchors(anchor, count, unit, calendar)
    assert len(anchors) == count
    assert anchors[-1] == anchor
    assert all(one < other for one, other in itertools.pairwise(anchors))


@given(dates, st.integers(0, 400), st.frozensets(dates, max_size=30))
def test_business_days_are_counted_one_by_one(start: date, length: int, holidays: frozenset[date]) -> None:
    calendar = Calendar(holidays=holidays | {start + timedelta(days=length // 2)})
    end = start + timedelta(days=length)
    counted = sum(calendar.is_business_day(start + timedelta(days=day)) for day in range(1, length + 1))
    assert calendar.business_days_between(start, end) == counted
    assert calendar.business_days_between(end, start) == -counted
