"""The oracle's calendar against dates worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import parse
from kpidsl.syntax.decl_nodes import MetricDecl
from kpidsl.syntax.shared_nodes import ValueProp
from oracle.civil import Almanac, Span, Unit, as_of
from oracle.parts import enter_earlier, enter_over, window_of
from oracle.world import Env, World

PLAIN = Almanac()
BERLIN = Almanac("Europe/Berlin")
FEBRUARY = Almanac("UTC", 0, 2, "end")


def days(text: str, at: str, almanac: Almanac = PLAIN, *, previous: bool = False) -> str:
    """The window of `over …` with an as-of, as `first day..day after the last`."""
    spec = parse(Source("t.kpi", f"metric m = a over {text}"), Problems())
    (decl,) = spec.declarations
    assert isinstance(decl, MetricDecl)
    (prop,) = decl.properties
    assert isinstance(prop, ValueProp)
    world = World(almanac, {}, {}, {}, datetime(2026, 1, 1, tzinfo=UTC))
    env: Env | None = Env(as_of(at, almanac), previous=previous)
    expr = prop.value
    if isinstance(expr, x.Earlier):
        assert env is not None
        env, expr = enter_earlier(world, expr, env), expr.operand
    assert isinstance(expr, x.Over)
    assert env is not None
    env = enter_over(world, expr, env)
    span = None if env is None else window_of(world, env)
    if span is None:
        return "none"
    start = almanac.civil(span.start).isoformat() if span.start else ""
    return f"{start}..{almanac.civil(span.end).isoformat()}".replace("T00:00:00", "")


@pytest.mark.parametrize(
    ("text", "at", "is_"),
    [
        ("last 3 months", "2021-08-15", "2021-05-01..2021-08-01"),
        ("last month", "2026-03-31", "2026-03-01..2026-04-01"),
        ("last month", "2026-03-30", "2026-02-01..2026-03-01"),
        ("last 28 days", "2026-03-31", "2026-03-04..2026-04-01"),
        ("trailing 28 days", "2026-03-31", "2026-03-04..2026-04-01"),
        ("last 2 days", "2026-03-31T18:00", "2026-03-29..2026-03-31"),
        ("trailing 36 hours", "2026-03-31T18:00", "2026-03-30T06:00:00..2026-03-31T18:00:00"),
        ("last 3 hours", "2026-03-31T18:30", "2026-03-31T15:00:00..2026-03-31T18:00:00"),
        ("quarter to date", "2026-05-16", "2026-04-01..2026-05-17"),
        ("month to date", "2026-03-31", "2026-03-01..2026-04-01"),
        ("month to date 1 month earlier", "2026-03-30", "2026-02-01..2026-03-01"),
        ("month to date 1 month earlier", "2026-02-28", "2026-01-01..2026-02-01"),
        ("last month 1 year earlier", "2024-02-29", "2023-02-01..2023-03-01"),
        ("trailing 1 day 1 year earlier", "2024-02-29", "2023-02-28..2023-03-01"),
        ("this quarter", "2026-03-31", "2026-01-01..2026-04-01"),
        ("this quarter", "2026-04-01", "2026-04-01..2026-07-01"),
        ("next quarter", "2026-03-31", "2026-04-01..2026-07-01"),
        ("next 2 months", "2026-03-30", "2026-04-01..2026-06-01"),
        ("last week", "2021-01-03", "2020-12-28..2021-01-04"),
        ("2020-W53", "2026-01-01", "2020-12-28..2021-01-04"),
        ("2025-W01", "2026-01-01", "2024-12-30..2025-01-06"),
        ("2026-Q1", "2026-01-01", "2026-01-01..2026-04-01"),
        ("2026-H2", "2026-01-01", "2026-07-01..2027-01-01"),
        ("2026", "2026-01-01", "2026-01-01..2027-01-01"),
        ("2026-01-15..2026-02-14", "2026-01-01", "2026-01-15..2026-02-15"),
        ("2026-Q1 1 year earlier", "2026-01-01", "2025-01-01..2025-04-01"),
        ("since 2026-01-01", "2026-03-31", "2026-01-01..2026-04-01"),
        ("all time", "2026-03-31", "..2026-04-01"),
    ],
)
def test_windows(text: str, at: str, is_: str) -> None:
    assert days(text, at) == is_


@pytest.mark.parametrize(
    ("text", "at", "is_"),
    [
        ("FY2020-Q2", "2026-01-01", "2019-05-01..2019-08-01"),
        ("FY2026", "2026-01-01", "2025-02-01..2026-02-01"),
        ("last fiscal quarter", "2019-08-31", "2019-05-01..2019-08-01"),
        ("fiscal year to date", "2026-01-31", "2025-02-01..2026-02-01"),
        ("fiscal year to date", "2026-02-01", "2026-02-01..2026-02-02"),
        ("last quarter", "2019-08-31", "2019-04-01..2019-07-01"),
    ],
)
def test_fiscal_windows(text: str, at: str, is_: str) -> None:
    assert days(text, at, FEBRUARY) == is_


@pytest.mark.parametrize(
    ("text", "at", "is_"),
    [
        ("last 3 months", "2021-08-15", "2021-02-01..2021-05-01"),
        ("trailing 28 days", "2026-03-31", "2026-02-04..2026-03-04"),
        ("month to date", "2026-03-30", "2026-02-01..2026-03-01"),
        ("this quarter", "2026-02-15", "2025-10-01..2026-01-01"),
        ("2026-Q1", "2026-02-15", "2025-10-01..2026-01-01"),
        ("2026-01-15..2026-02-14", "2026-03-01", "2025-12-15..2026-01-15"),
        ("since 2026-01-01", "2026-03-31", "none"),
        ("all time", "2026-03-31", "none"),
    ],
)
def test_previous_windows(text: str, at: str, is_: str) -> None:
    assert days(text, at, previous=True) == is_


def test_weeks_may_start_on_another_day() -> None:
    assert days("last week", "2026-03-31", Almanac(week_start=6)) == "2026-03-22..2026-03-29"


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 3, 30), 24)])
def test_a_civil_day_has_23_to_25_hours(day: date, hours: int) -> None:
    length = BERLIN.day(day + timedelta(days=1)) - BERLIN.day(day)
    assert length == timedelta(hours=hours)
    span = Span(BERLIN.day(day), BERLIN.day(day + timedelta(days=1)))
    assert len(BERLIN.periods(Unit("hour"), span)) == hours


def test_a_civil_time_that_occurs_twice_means_the_first_and_one_that_does_not_exist_the_offset_before() -> None:
    assert BERLIN.instant(datetime(2026, 10, 25, 2, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # noqa: DTZ001
    assert BERLIN.instant(datetime(2026, 3, 29, 2, 30)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # noqa: DTZ001
