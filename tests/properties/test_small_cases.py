"""Small specs on which a slip of the engine or of the oracle showed: each is the shortest that shows it."""

from __future__ import annotations

from datetime import date

import pytest

from properties.strategies import Case, Row
from properties.test_engine_equals_oracle import disagreements

SOURCES = """
source ev { from arrow("ev"); time at; key id }
source st { from arrow("st"); holds from began to ended }
"""
TYPES = {
    "ev": {"id": "int64", "at": "date", "dim": "string", "flag": "bool", "whole": "int64"},
    "st": {"began": "date", "ended": "date", "whole": "int64"},
}


def event(id_: int, at: date, whole: int | None, dim: str | None = "a") -> Row:
    return {"id": id_, "at": at, "dim": dim, "flag": None if whole is None else whole > 3, "whole": whole}


def reading(at: date, real: float) -> Row:
    return {"at": at, "real": real}


ROWS: dict[str, list[Row]] = {
    "ev": [
        event(1, date(2026, 1, 15), 4_000_000_000),
        event(2, date(2026, 3, 3), 5),
        event(3, date(2026, 3, 5), None, "b"),
        event(4, date(2026, 3, 20), 7, None),
    ],
    "st": [
        {"began": date(2026, 1, 1), "ended": None, "whole": 1},
        {"began": date(2026, 1, 3), "ended": None, "whole": 2},
    ],
}


@pytest.mark.parametrize(
    "declaration",
    [
        # A day without rows is a day with none.
        "metric m = avg((count() from ev) each day) over 2026-03",
        "metric m = max((sum(whole) from ev) each week) over last 3 weeks",
        "metric m = sum((count() from ev) each hour) over 2026-03-03..2026-03-05",
        # A series without members is not 0 where its source knows nothing.
        "metric m = sum((count() from ev) each day) over next month",
        "metric m = count((count() from ev) each week) over next month",
        "metric m = count((count() from ev) each dim) over next month",
        "metric m = sum((count() from ev where whole > 99) each dim) over last month",
        # A member whose values are all NULL is a member.
        "metric m = count((sum(whole) from ev) each dim) over last month",
        "metric m = max((avg(whole) from ev) each dim) over last month",
        "kpi k { value (sum(whole) from ev) over last month; by dim }",
        # As it stands at the start.
        "metric m = count() from st at start over 2026-01-02..2026-01-05",
        "metric m = count() from st at start over all time",
        "metric m = count() from st at end over 2026-01-02..2026-01-02",
        # A definition that changed in the window.
        'metric m { value sum(whole) from ev at end over 2026-03; changed 2026-03-25 "new" }',
        'metric m { value sum(whole) from ev over 2026-03; changed 2026-03-25 "new" }',
        'metric m { value sum(whole) from ev at end; changed 2026-03-25 "new" }',
        # A window that begins after the shifted anchor is empty, and ends where it begins.
        "kpi k { value (count() from ev) over since 2026-03-14 1 quarter earlier; compare 1 year earlier }",
        "metric m = count() from ev over since 2026-03-14 1 year earlier",
        # Squares of large integers.
        "metric m = stddev(whole) from ev over all time",
        # A part that needs no column but its times.
        "metric m = count(((count() from st at end default 0) over trailing 3 days) each day) over 2025-12",
        "metric m = count() from st at end over 2025-12",
        # Guards beside a target.
        "kpi k { value (sum(whole) from ev) over last month; target >= 1; amber when n < 9 }",
        "kpi k { value (sum(whole) from ev) over last month; green when value > 100; red when value > 200 }",
        "kpi k { value sum(whole) from ev over 2026-03; target >= min(whole) from ev over 2027; red when value < 99 }",
        "kpi k { value (sum(whole) from ev) over 2026-03; target >= 1; amber >= avg(whole) from ev over next month }",
        "kpi k { value (sum(whole) from ev) over 2026-03; target >= 100; amber >= avg(whole) from ev over next month }",
    ],
)
def test_small_cases(declaration: str) -> None:
    assert not disagreements(Case(SOURCES + declaration, ROWS, TYPES, "2026-03-31"))


def test_the_lag_is_taken_off_after_the_anchor_moved() -> None:
    """Else `1 month earlier`, as of the end of March, is the same February again."""
    spec = SOURCES.replace("key id", "key id; complete after 1 day")
    spec += "kpi k { value (count() from ev) over last month; compare 1 month earlier; trend 3 months }"
    assert not disagreements(Case(spec, ROWS, TYPES, "2026-03-31"))


@pytest.mark.parametrize("far", [-1e12, 1e15, 1e300])
@pytest.mark.parametrize("function", ["sum", "avg", "variance", "stddev"])
def test_what_lies_outside_a_window_does_not_blur_what_is_in_it(function: str, far: float) -> None:
    """Least of all a row after the anchor, which is never read."""
    spec = f'source re {{ from arrow("re"); time at }}\nmetric m = {function}(real) from re over last month'
    inside = [reading(date(2026, 3, day), real) for day, real in ((1, 1.5), (2, 2.25), (3, 1e-9))]
    rows = {"re": [*inside, reading(date(2026, 5, 1), far)]}
    assert not disagreements(Case(spec, rows, {"re": {"at": "date", "real": "double"}}, "2026-03-31"))
