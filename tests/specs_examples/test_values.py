"""Every number of the example specs equals hand-written SQL over the same files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

import kpidsl

HERE = Path(__file__).parent
SPECS = HERE.parents[1] / "specs"
SECTION = re.compile(r"^-- name: (.*)$", re.MULTILINE)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """A folder of specs, its SQL beside this file, and the status of each KPI, as a person reads it off the numbers."""

    name: str
    files: tuple[str, ...]
    as_of: str
    statuses: dict[str, str]


FLIGHTS = Example(
    "flights",
    (".",),
    "2013-12-31",
    {
        "on_time_arrival": "red",
        "on_time_arrival_by_carrier": "green",
        "first_wave_departure": "green",
        "on_time_departure": "amber",
        "weekly_on_time_arrival": "amber",
        "good_days": "amber",
        "carriers_on_standard": "amber",
        "worst_departure_delays": "red",
        "typical_departure_delay": "green",
        "hour_late_departures": "amber",
        "timetable_slack": "green",
        "cancellations": "red",
        "diversions": "green",
        "daily_flights": "green",
        "newark_peak_hour": "amber",
        "taxiing": "amber",
        "taxi_share_of_journey": "green",
        "long_taxiing": "red",
        "average_air_time": "no_target",
        "fair_weather_cancellations": "amber",
        "adverse_weather_departure": "green",
        "weather_sensitivity": "red",
        "weather_exposure": "no_target",
    },
)

STOREFRONT = Example(
    "storefront",
    ("shop.kpi", "sales.kpi", "funnel.kpi", "service.kpi", "people.kpi"),
    "2026-05-16",
    {
        "monthly_revenue": "amber",
        "revenue_to_plan": "red",
        "month_so_far": "no_target",
        "order_value": "green",
        "basket_size": "amber",
        "customers_active": "amber",
        "weekly_orders": "green",
        "daily_buyers": "green",
        "discounting": "green",
        "refunds_in_revenue": "green",
        "punctual_delivery": "amber",
        "delivery_time": "green",
        "stock_level": "green",
        "empty_shelves": "amber",
        "steady_days": "green",
        "visit_conversion": "amber",
        "first_reply": "green",
        "open_requests_now": "green",
        "satisfied_customers": "amber",
        "promoters": "amber",
        "people.team_size": "green",
        "people.departures": "red",
    },
)

OKR = Example(
    "okr",
    (".",),
    "2026-05-31",
    {
        "monthly_boardings": "green",
        "trips_on_time_kpi": "amber",
        "trips_cancelled": "green",
        "tickets_in_app": "amber",
    },
)

HOUSING = Example(
    "housing",
    (".",),
    "2026-10-31",
    {"tenancies_kept": "green", "repairs_in_time": "green", "answers_come_back": "green"},
)

EXAMPLES = (FLIGHTS, STOREFRONT, OKR, HOUSING)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An example and its document, as a reader of the JSON has it."""

    example: Example
    document: Row

    @property
    def name(self) -> str:
        return self.example.name

    @property
    def kpis(self) -> dict[str, Row]:
        return {kpi["name"]: kpi for kpi in self.document["kpis"]}


@cache
def document(name: str) -> Row:
    (example,) = (example for example in EXAMPLES if example.name == name)
    paths = [SPECS / name / file for file in example.files]
    found: Row = json.loads(kpidsl.load(paths).evaluate(as_of=example.as_of).to_json())
    return found


@pytest.fixture
def evaluated(request: pytest.FixtureRequest) -> Evaluated:
    return Evaluated(request.param, document(request.param.name))


each_example = pytest.mark.parametrize("evaluated", EXAMPLES, ids=lambda example: example.name, indirect=True)
each_kpi = pytest.mark.parametrize(
    ("evaluated", "name"),
    [pytest.param(example, name, id=f"{example.name}-{name}") for example in EXAMPLES for name in example.statuses],
    indirect=["evaluated"],
)
flights = pytest.mark.parametrize("evaluated", [FLIGHTS], ids=["flights"], indirect=True)


@cache
def queries(name: str) -> dict[str, list[Row]]:
    """The rows of every named query of an example."""
    text = HERE.joinpath(f"{name}.sql").read_text("utf-8").replace("{data}", str(SPECS / name / "data"))
    parts = SECTION.split(text)[1:]
    sections = dict(zip((title.strip() for title in parts[::2]), parts[1::2], strict=True))
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.execute(sections.pop("setup"))
    found: dict[str, list[Row]] = {}
    for title, query in sections.items():
        cursor = connection.execute(query)
        columns = [column[0] for column in cursor.description or ()]
        found[title] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return found


def close(value: float | None) -> object:
    """SQL divides in floating point, kpidsl exactly: they agree to far more digits than anybody reads."""
    return None if value is None else pytest.approx(float(value), rel=1e-12, abs=1e-15)


def check(found: Row, row: Row) -> None:
    """A value, or a segment's, against a row of SQL: `value`, `n`, `target`, and a column for each comparison."""
    assert found.get("value") == close(row["value"])
    if "n" in row:
        assert found["n"] == row["n"]
    if "target" in row:
        assert found["target"]["value"] == close(row["target"])
    compared = {each["label"]: each.get("value") for each in found.get("comparisons", ())}
    labels = {column for column in row if column == "previous" or column.endswith(" earlier")}
    assert compared == {label: close(row[label]) for label in labels}


def civil(start: str | datetime) -> str:
    """A moment's civil time, as text: the document's carry their offset, SQL's have none."""
    return str(start).replace("T", " ")[:19]


@each_example
def test_there_is_sql_for_every_kpi_segment_and_trend(evaluated: Evaluated) -> None:
    needed = set()
    for name, kpi in evaluated.kpis.items():
        needed.add(name)
        if kpi.get("segments"):
            needed.add(f"{name} by {', '.join(kpi['segments'][0]['by'])}")
        if kpi.get("trend"):
            needed.add(f"{name} trend")
        if kpi.get("signals"):
            needed.add(f"{name} signal")
    assert needed == queries(evaluated.name).keys()


@each_example
def test_nothing_is_in_error(evaluated: Evaluated) -> None:
    assert evaluated.document.get("errors", []) == []


@each_example
def test_statuses(evaluated: Evaluated) -> None:
    assert {name: kpi.get("status") for name, kpi in evaluated.kpis.items()} == evaluated.example.statuses


@each_kpi
def test_values_and_comparisons(evaluated: Evaluated, name: str) -> None:
    (row,) = queries(evaluated.name)[name]
    check(evaluated.kpis[name], row)


@each_kpi
def test_segments(evaluated: Evaluated, name: str) -> None:
    segments = evaluated.kpis[name].get("segments", [])
    titles = [title for title in queries(evaluated.name) if title.startswith(f"{name} by ")]
    rows = [(title.split(" by ")[1], row) for title in titles for row in queries(evaluated.name)[title]]
    assert [segment["by"] for segment in segments] == [{dimension: row[dimension]} for dimension, row in rows]
    for segment, (_, row) in zip(segments, rows, strict=True):
        check(segment, row)


@each_kpi
def test_trends(evaluated: Evaluated, name: str) -> None:
    points = evaluated.kpis[name].get("trend", [])
    rows = queries(evaluated.name).get(f"{name} trend", [])
    assert [civil(point["start"]) for point in points] == [civil(row["start"]) for row in rows]
    assert [point.get("value") for point in points] == [close(row["value"]) for row in rows]


@each_kpi
def test_limits_of_charts(evaluated: Evaluated, name: str) -> None:
    charts = [one["limits"] for one in evaluated.kpis[name].get("signals", []) if "limits" in one]
    rows = queries(evaluated.name).get(f"{name} signal", [])
    assert [{edge: one[edge] for edge in ("centre", "lower", "upper")} for one in charts] == [
        {edge: close(value) for edge, value in row.items()} for row in rows
    ]


@flights
def test_a_carrier_with_five_flights_is_not_judged(evaluated: Evaluated) -> None:
    carriers = evaluated.kpis["on_time_arrival_by_carrier"]["segments"]
    statuses = {segment["by"]["carrier"]: segment["status"] for segment in carriers}
    assert statuses["OO"] == "no_data"
    assert statuses["DL"] == "green"


@flights
def test_a_sudden_fall_is_red_whatever_the_target_says(evaluated: Evaluated) -> None:
    assert "previous" in evaluated.kpis["on_time_arrival"]["reason"]
