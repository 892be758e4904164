"""What is asked of the data: each cell once, as far as it is read."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

import kpidsl
from kpidsl.checked import SpecError

SOURCE = """
calendar { timezone "Europe/Berlin" }
source o { from arrow("o"); time at }
source p { from arrow("o"); time at; ahead }
"""


def cells(spec: str) -> list[str]:
    """The cells of a spec as `function start end`, in the calendar's days."""
    table = pa.table({"at": [date(2026, 3, 1)], "x": [1]})
    shown = kpidsl.load("-", stdin_text=SOURCE + spec).show(
        "plan", as_of="2026-03-12", sources={"o": table, "p": table}
    )
    found = []
    for line in shown.splitlines():
        if line.startswith("Cell "):
            parts = dict(part.split("=", 1) for part in line.split(" ") if "=" in part)
            found.append(f"{parts['function']} {parts.get('start', '-')[:16]} {parts['end'][:16]}")
    return found


def test_what_is_asked_twice_is_a_cell_once() -> None:
    spec = """
        metric m = count() from o
        kpi a { value m over last month; target >= 1; compare previous }
        kpi b { value m over last month 1 month earlier; target >= m over last month }
        kpi c { value (m / m) over last month; trend 2 months }
    """
    assert cells(spec) == [
        "'count' 2026-01-31T23:00 2026-02-28T23:00",
        "'count' 2025-12-31T23:00 2026-01-31T23:00",
        "'count' 2025-12-31T23:00 2026-01-31T23:00",
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("count() from o over this month", "'count' 2026-02-28T23:00 2026-03-12T23:00"),
        ("count() from p over this month", "'count' 2026-02-28T23:00 2026-03-31T22:00"),
        ("count() from o over all time", "'count' - 2026-03-12T23:00"),
        ("count() from o over next month", "'count' 2026-03-31T22:00 2026-03-31T22:00"),
    ],
)
def test_a_source_is_read_up_to_the_anchor(value: str, expected: str) -> None:
    assert cells(f"metric m = {value}") == [expected]


def test_a_vector_asks_for_each_complete_period() -> None:
    assert cells("metric m = avg(count() from o each week) over last 4 weeks 1 week earlier") == [
        "'count' 2026-02-01T23:00 2026-02-08T23:00",
        "'count' 2026-02-08T23:00 2026-02-15T23:00",
        "'count' 2026-02-15T23:00 2026-02-22T23:00",
        "'count' 2026-02-22T23:00 2026-03-01T23:00",
    ]


@pytest.mark.parametrize(
    "declared",
    ["metric many = avg(sum(x) from o each hour) over last 10 years", "kpi many { value avg(sum(x) from o each hour) over last 10 years }"],
)  # fmt: skip
def test_too_many_periods_are_told_where_they_are_asked_for(declared: str) -> None:
    table = pa.table({"at": [date(2026, 3, 1)], "x": [1]})
    with pytest.raises(SpecError) as raised:
        kpidsl.load("-", stdin_text=SOURCE + declared).evaluate(as_of="2026-03-12", sources={"o": table, "p": table})
    assert [(one.code, one.place) for one in raised.value.diagnostics if one.code == "K0401"] == [
        ("K0401", "<stdin>:5")
    ]
