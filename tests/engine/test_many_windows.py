"""Hundreds of windows of one column of times: panes by steps hold no rows, and days that follow each other are one query."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

import kpidsl
from kpidsl.report.explained import queries

KINDS = ("civil", "instant", "day", "text")


def table() -> pa.Table:
    chance = random.Random(3)
    start = datetime(2025, 2, 20, tzinfo=UTC)
    at = [start + timedelta(minutes=chance.randrange(60 * 24 * 400)) for _ in range(4_000)]
    civil = [one.replace(tzinfo=None) for one in at]
    return pa.table(
        {
            "instant": pa.array(at, pa.timestamp("us", "UTC")),
            "civil": pa.array(civil, pa.timestamp("us")),
            "day": pa.array([date(one.year, one.month, one.day) for one in at]),
            "text": [one.isoformat(sep=" ") for one in civil],
            "size": [chance.choice([None, 1, 2, 3, 4]) for _ in at],
            "who": [chance.randrange(60) for _ in at],
        }
    )


def spec(kind: str) -> str:
    lines = ['calendar { timezone "Europe/Berlin" }', f'source rows {{ from arrow("rows"); time {kind} }}']
    values = [f"(sum(size) from rows) over last {number} days" for number in range(1, 70)]
    values += [
        "sum((count() from rows) each day) over last 12 months",
        "max((count_distinct(who) from rows) each day) over last 12 months",
        "avg((count_distinct(who) from rows where size > 1) each week) over last 12 months",
        "avg((median(size) from rows) each day) over last 3 months",
        "(sum(size) from rows) over all time",
        "(last(who) from rows) over all time",
    ]
    if kind != "day":
        values.append("max((sum(size) from rows) each hour) over last 2 months")
    return "\n".join([*lines, *(f"kpi k{number} {{ value {one} }}" for number, one in enumerate(values))])


def evaluated(kind: str, *, explain: bool = False) -> kpidsl.Results:
    return kpidsl.load("-", stdin_text=spec(kind)).evaluate(
        as_of="2026-03-29", sources={"rows": table()}, explain=explain
    )


@pytest.mark.parametrize("kind", KINDS)
def test_panes_by_steps_are_those_of_a_sorted_join(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    found = evaluated(kind).to_json()
    monkeypatch.setattr("kpidsl.sql.panes.MOST_STEPS", 0)
    monkeypatch.setattr("kpidsl.engine.distinct.MOST_CHAINED", 1)
    assert evaluated(kind).to_json() == found


def test_panes_by_steps_hold_no_rows() -> None:
    """A sorted join holds all rows of its left side: memory would grow with them."""
    asked = queries(evaluated("civil", explain=True))
    assert any("epoch_us" in one.lower() and "JOIN" in one for one in asked)
    assert not any("ASOF" in one for one in asked)


def test_days_of_many_years_hold_no_rows_where_clocks_change() -> None:
    """Their common step is an hour: nineteen years have 167,000 of them."""
    lines = ['calendar { timezone "Europe/Berlin" }', 'source rows { from arrow("rows"); time instant }']
    lines.append("kpi k { value max((count() from rows) each day) over last 228 months }")
    loaded = kpidsl.load("-", stdin_text="\n".join(lines))
    found = loaded.evaluate(as_of="2026-03-29", sources={"rows": table()}, explain=True)
    (asked,) = set(queries(found))
    assert "epoch_us" in asked.lower()
    assert "ASOF" not in asked
    assert len(asked) < 150_000


def test_days_that_follow_each_other_are_a_query() -> None:
    lines = 'source rows { from arrow("rows"); time civil }\n'
    text = lines + "kpi k { value max((count_distinct(who) from rows) each day) over last 3 months }"
    loaded = kpidsl.load("-", stdin_text=text)
    found = loaded.evaluate(as_of="2026-03-29", sources={"rows": table()}, explain=True)
    assert len(set(queries(found))) == 1


def test_edges_that_many_steps_lead_to_are_met_by_a_sorted_join(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpidsl.sql.panes.MOST_STEPS", 20_000)
    seconds = [number * number * 13 + number for number in range(1, 81)]
    lines = ['source rows { from arrow("rows"); time civil }']
    for number, one in enumerate(seconds):
        lines.append(f"kpi k{number} {{ value (count() from rows) over trailing {one} seconds }}")
    loaded = kpidsl.load("-", stdin_text="\n".join(lines))
    found = loaded.evaluate(as_of="2026-03-20", sources={"rows": table()}, explain=True)
    assert any("ASOF" in one for one in queries(found))
    end = datetime(2026, 3, 21)  # noqa: DTZ001 -- a civil time
    start = end - timedelta(seconds=seconds[70])
    assert found.kpis[70].assessment.value == sum(start <= one < end for one in table()["civil"].to_pylist())
