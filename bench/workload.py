"""What is asked for: a measure, a filter and a window for each number."""

from __future__ import annotations

from dataclasses import dataclass

AS_OF = "2025-12-31"
MEMBERS = 20  # values each of the four columns takes
FILTERS = ("country", "channel", "segment", "device")
MEASURES = ("sum(amount)", "count()", "avg(quantity)", "max(amount)")
SQL_MEASURES = ("sum(amount)", "count(*)", "avg(quantity)", "max(amount)")
WINDOWS = {
    "last month": ("2025-12-01", "2026-01-01"),
    "last 28 days": ("2025-12-04", "2026-01-01"),
    "trailing 7 days": ("2025-12-25", "2026-01-01"),
    "last quarter": ("2025-10-01", "2026-01-01"),
    "month to date": ("2025-12-01", "2026-01-01"),
    "year to date": ("2025-01-01", "2026-01-01"),
    "last 3 months": ("2025-10-01", "2026-01-01"),
    "last week": ("2025-12-22", "2025-12-29"),
    "last 12 months": ("2025-01-01", "2026-01-01"),
    "last month 1 year earlier": ("2024-12-01", "2025-01-01"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One KPI: `start` and `end` are its window's at the as-of, half-open."""

    measure: str
    sql_measure: str
    column: str
    member: str
    window: str
    start: str
    end: str


def asked(number: int) -> Asked:
    """The KPI of a number: with its neighbours it differs in everything."""
    column = FILTERS[number % len(FILTERS)]
    window = list(WINDOWS)[number % len(WINDOWS)]
    measure = number % 7 % len(MEASURES)
    member = f"{column[:2]}{number // len(FILTERS) % MEMBERS}"
    return Asked(MEASURES[measure], SQL_MEASURES[measure], column, member, window, *WINDOWS[window])
