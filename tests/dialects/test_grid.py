"""A grid of cells finds the same place among many times as a search does."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from kpidsl.sql.dialects.grid import MOST_CELLS, MOST_INSIDE, Grid, grid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def literal(text: str, kind: str) -> exp.Expr:
    return exp.Cast(this=exp.Literal.string(text), to=exp.DataType(this=exp.DType[kind]))


def place(found: Grid, moment: int) -> int:
    """How many times a moment, not before the first of them, is not before: as a dialect writes it in SQL."""
    cell = min((moment - found.start) // found.unit, len(found.before) - 1)
    offset = moment - found.start - cell * found.unit
    return found.before[cell] + sum(offset >= inside[cell] for inside in found.inside)


@settings(max_examples=40)
@given(st.lists(st.integers(-(10**12), 10**12), min_size=2, max_size=80, unique=True), st.data())
def test_the_place_is_that_of_a_search(seconds: list[int], data: st.DataObject) -> None:
    times = sorted(seconds)
    if times[0] < -62_000_000_000 or times[-1] > 250_000_000_000:
        times = [one // 1_000 for one in times]  # within the years that a datetime has
    times = sorted(set(times))
    bounds = [literal((_EPOCH + timedelta(seconds=one)).isoformat(sep=" "), "TIMESTAMPTZ") for one in times]
    found = grid(bounds)
    if found is None:
        return
    assert len(found.before) <= MOST_CELLS
    assert len(found.inside) <= MOST_INSIDE
    micros = [one * 1_000_000 for one in times]
    some = data.draw(st.integers(micros[0], micros[-1] + 10**12))
    for moment in (*micros, *(one - 1 for one in micros[1:]), some):
        assert place(found, moment) == bisect_right(micros, moment)


def test_days_and_civil_times_are_taken_as_of_utc() -> None:
    days = grid([literal((date(2026, 1, 1) + timedelta(days=n)).isoformat(), "DATE") for n in range(365)])
    assert days is not None
    assert (len(days.before), len(days.inside), days.unit) == (365, 1, 86_400_000_000)
    hours = grid([literal(f"2026-01-01 {hour:02}:00:00", "TIMESTAMP") for hour in range(24)])
    assert hours is not None
    assert hours.unit == 3_600_000_000
    assert place(hours, hours.start + 3_600_000_000 * 13) == 14


def test_what_would_need_too_many_cells_has_no_grid() -> None:
    close = [literal(f"2026-01-01 00:00:00.{n:06}", "TIMESTAMP") for n in range(10)]
    assert grid([*close, literal("2027-01-01 00:00:00", "TIMESTAMP")]) is None
