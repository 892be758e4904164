"""Members of dimensions that are no plain texts or numbers."""

from __future__ import annotations

import json
import tomllib
from datetime import time
from decimal import Decimal
from pathlib import Path

import duckdb
import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.evaluating import at, days, evaluate
from kpidsl import load
from kpidsl.report import schema_text

SPEC = 'source o { from arrow("o"); time at }\nkpi k { value sum(x) from o over last month; by g }\n'
INF = float("inf")


@pytest.mark.parametrize(
    ("members", "labels"),
    [
        ([[1, 2], [], None], ["[1, 2]", "[]", None]),
        ([{"a": 1}, {"a": 2}, {"a": 3}], ["{'a': 1}", "{'a': 2}", "{'a': 3}"]),
        ([b"a", b"\xff", b"\xc3\xa9"], ["\\xC3\\xA9", "\\xFF", "a"]),
        ([time(9), time(10), None], ["09:00:00", "10:00:00", None]),
        ([INF, -INF, 1.5], ["-inf", 1.5, "inf"]),
        ([-0.0, 2.5, None], [0, 2.5, None]),
    ],
)
def test_members_of_every_type_are_in_a_document(members: list[object], labels: list[object]) -> None:
    """A list is no member as Python has it, bytes are no text, and JSON has no infinite number."""
    rows = {"at": days("2026-03-01", "2026-03-02", "2026-03-03"), "x": [1, 2, 4], "g": members}
    results = evaluate(SPEC, "2026-03-31", o=rows)
    assert results.errors == ()
    document = json.loads(results.to_json(), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    jsonschema.validate(document, json.loads(schema_text()))
    assert [one["by"]["g"] for one in document["kpis"][0]["segments"]] == labels
    found = tomllib.loads(results.to_toml())["kpis"][0]["segments"]
    assert [one.get("by", {}).get("g") for one in found] == labels


def evaluated(folder: Path, column: str, kpi: str, values: list[bytes]) -> tuple[object, str]:
    """A KPI over a Parquet file whose texts are bytes, as older writers leave them; and what is wrong."""
    table = pa.table({"at": days("2026-03-01", "2026-03-02", "2026-03-03"), "g": values})
    pq.write_table(table, folder / "o.parquet")
    (folder / "s.kpi").write_text(f'source o {{ from parquet("o.parquet"); time at; {column} }}\nkpi k {{ {kpi} }}\n')
    results = load(folder).evaluate(as_of="2026-03-31")
    words = " | ".join(f"{error.code} {error.message}: {error.hint}" for error in results.errors)
    return results.kpis[0].assessment.value, words


def test_bytes_that_are_declared_as_a_text_are_one(tmp_path: Path) -> None:
    count = 'value count() from o where g == "é" over last month'
    assert evaluated(tmp_path, "column g: text", count, [b"\xc3\xa9", b"e", b"\xc3\xa9"]) == (2, "")
    value, words = evaluated(tmp_path, "column g: text", count, [b"\xc3\xa9", b"\xff", b"e"])
    assert value is None
    assert 'K0604 o.parquet, row 2: "\\xFF" in column `g` is not text' in words
    value, words = evaluated(tmp_path, "", count, [b"\xc3\xa9", b"e", b"e"])
    assert value is None
    assert "if these are bytes of a text, say so: `column g: text`" in words


@pytest.mark.parametrize("unit", ["EUR", "kg", "days", "%", "% as 0..100"])
@pytest.mark.parametrize("values", [days("2026-03-01"), [True], [[1]]])
def test_what_has_a_unit_is_a_number(unit: str, values: list[object]) -> None:
    """A day of kilograms was shown as one, and a day as a percentage of 0..100 ended the run."""
    spec = f'source o {{ from arrow("o"); time at; column g: {unit} }}\nmetric m = last(g) from o over last month\n'
    (error,) = evaluate(spec, "2026-03-31", o={"at": days("2026-03-01"), "g": values}).errors
    assert (error.code, "cannot be read as decimal" in error.message) == ("K0604", True)


BEFORE_CHRIST = pa.array([-735_000, 20_513, 20_514], pa.int32()).cast(pa.date32())
FAR = pa.array([10**18, 1_772_323_200_000_000, -(10**17)], pa.int64()).cast(pa.timestamp("us"))


@pytest.mark.parametrize("times", [BEFORE_CHRIST, FAR])
def test_times_that_no_calendar_has_end_no_run(times: pa.Array) -> None:
    spec = (
        'source o { from arrow("o"); time at }\nsource far { from arrow("far"); time t }\n'
        "kpi fine { value sum(x) from o over last month }\nkpi rows { value count() from far over 2026-03 }\n"
        "metric least = min(t) from far over all time\nmetric most = max(t) from far over all time\n"
    )
    rows = {"at": days("2026-03-01"), "x": [7]}
    results = evaluate(spec, "2026-03-31", o=rows, far={"t": times})
    assert [kpi.assessment.value for kpi in results.kpis] == [7, 1 if times is FAR else 2]
    assert [one.value for one in results.metrics] == [None, "2026-03-02" if times is not FAR else "2026-03-01T00:00:00"]
    (error,) = results.errors
    assert error.code == "K0613"
    assert "a time that no calendar has" in error.message


@pytest.mark.parametrize("condition", ["g >= 0.7", "g == 1", "g in [1, 2]"])
def test_what_is_nested_is_compared_with_no_number(condition: str) -> None:
    spec = f'source o {{ from arrow("o"); time at }}\nmetric m = (count() from o where {condition}) over last month\n'
    (error,) = evaluate(spec, "2026-03-31", o={"at": days("2026-03-01"), "g": [[1]]}).errors
    assert (error.code, error.message) == ("K0604", "a nested value and a number do not go together")


ENDS = "'infinity', '9999-12-31', '-infinity', '0001-01-01', '2026-02-01', NULL"


@pytest.mark.parametrize("kind", ["DATE", "TIMESTAMP", "TIMESTAMPTZ"])
def test_infinite_times_are_neither_the_last_day_of_a_calendar_nor_left_out(tmp_path: Path, kind: str) -> None:
    """DuckDB gives the years 9999 and 1 for them, and no microseconds since 1970: one of two members was lost, and the
    latest of an infinite time and 1 February was 1 February.
    """
    with duckdb.connect(str(tmp_path / "o.duckdb")) as database:
        database.execute(
            f"CREATE TABLE o AS SELECT row_number() OVER () AS id, DATE '2026-01-01' AS began, CAST(x AS {kind}) AS till"
            f" FROM (SELECT unnest([{ENDS}]) AS x)"
        )
    (tmp_path / "s.kpi").write_text(
        'source o { from duckdb("o.duckdb", table: "o"); time began; key id }\n'
        'source s { from duckdb("o.duckdb", table: "o"); key id; holds from began to till }\n'
        "kpi events { value count() from o over 2026; by till }\nkpi years { value max(year(till)) from o over 2026 }\n"
        "kpi levels { value count() from s at end; by till }\n"
        "metric latest = max(till) from o where id in [1, 5] over 2026\n"
        "metric earliest = min(till) from o where id in [3, 5] over 2026\n"
        "metric opening = first(till) from o where id in [1, 5] over 2026\n"
        "metric finite = max(till) from o where id in [4, 5] over 2026\n"
    )
    results = load(tmp_path).evaluate(as_of="2026-03-31")
    time = "" if kind == "DATE" else "T00:00:00"
    events, years, levels = results.kpis
    assert (years.assessment.value, years.assessment.n) == (9999, 3)
    members = {one.by[0][1]: one.assessment.value for one in events.segments}
    assert members == dict.fromkeys(
        ["-infinity", f"0001-01-01{time}", f"2026-02-01{time}", f"9999-12-31{time}", "infinity", None], 1
    )
    members = {one.by[0][1]: one.assessment.value for one in levels.segments}
    assert members == dict.fromkeys([f"9999-12-31{time}", "infinity", None], 1)
    found = {one.name: str(one.value)[:10] for one in results.metrics if one.value is not None}
    assert found == {"finite": "2026-02-01"}
    assert {error.code for error in results.errors} == {"K0613"}


def test_clocks_are_compared() -> None:
    spec = (
        'source o { from arrow("o"); time at }\n'
        'kpi late { value share(opens > "09:30") from o over last month; by opens }\n'
        "metric earliest = min(opens) from o over last month\n"
    )
    rows = {"at": days("2026-03-01", "2026-03-02", "2026-03-03"), "opens": [time(9), time(10), None]}
    results = evaluate(spec, "2026-03-31", o=rows)
    assert (results.kpis[0].assessment.value, results.metrics[-1].value) == (Decimal("0.5"), "09:00:00")
    assert [one.by[0][1] for one in results.kpis[0].segments] == ["09:00:00", "10:00:00", None]


TWO = """
source o { from arrow("o"); time at }
source p { from arrow("p"); time at }
kpi plan  { value (sum(x) from o) over last month; target >= (sum(x) from p) over last month; by g }
kpi ratio { value ((sum(x) from o) / (sum(x) from p)) over last month; by g }
metric best = max(((sum(x) from o) / (sum(x) from p)) each g) over last month
kpi all   { value (sum(x) from o) over last month; target >= (sum(x) from p) over last month whole; by g }
"""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 2], ["1", "2"]),
        ([0.1, 2.0], [Decimal("0.10"), Decimal("2.00")]),
        ([True, False], ["true", "false"]),
        (days("2026-03-01", "2026-03-02"), [at("2026-03-01"), at("2026-03-02")]),
    ],
)
def test_members_of_different_sorts_in_two_sources_are_told(one: list[object], other: list[object]) -> None:
    """A plan by region "1" has nothing for region 1, so that its target was 0, and met."""
    two_days = days("2026-03-01", "2026-03-02")
    rows = [{"at": two_days, "g": members, "x": [10, 10]} for members in (one, other)]
    results = evaluate(TWO, "2026-03-31", o=rows[0], p=rows[1])
    assert {error.code for error in results.errors} == {"K0604"}
    assert all("no member of one is one of the other" in error.message for error in results.errors)
    plan, ratio, whole = results.kpis
    assert [kpi.assessment.value for kpi in (plan, ratio)] == [None, None]
    assert (whole.assessment.status, len(whole.segments)) == ("green", 2)
    assert [found.value for found in results.metrics if found.name == "best"] == [None]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 2], [1.0, 2.0]),
        ([1, 2], [Decimal("1.0"), Decimal("2.0")]),
        (days("2026-03-01", "2026-03-02"), ["2026-03-01", "2026-03-02"]),
    ],
)
def test_members_of_two_sources_are_one_where_they_are_equal(one: list[object], other: list[object]) -> None:
    two_days = days("2026-03-01", "2026-03-02")
    rows = [{"at": two_days, "g": members, "x": x} for members, x in ((one, [20, 20]), (other, [10, 10]))]
    results = evaluate(TWO, "2026-03-31", o=rows[0], p=rows[1])
    assert results.errors == ()
    assert [segment.assessment.value for segment in results.kpis[1].segments] == [2, 2]


@pytest.mark.parametrize("blank", ["o", "p"])
def test_a_dimension_without_members_is_what_the_other_source_has(blank: str) -> None:
    two_days = days("2026-03-01", "2026-03-02")
    rows = {name: {"at": two_days, "g": [1, 2], "x": [10, 10]} for name in ("o", "p")}
    rows[blank]["g"] = pa.nulls(2)
    results = evaluate(TWO, "2026-03-31", o=rows["o"], p=rows["p"])
    assert results.errors == ()


def test_a_zero_has_one_place_among_members_whatever_its_sign() -> None:
    for zero in (0.0, -0.0):
        table = {"at": days("2026-01-05", "2026-01-05"), "f": [zero, -5.5]}
        found = evaluate(
            'source o { from arrow("o"); time at }\nkpi k { value count() from o over last month; by f }',
            "2026-02-01",
            o=table,
        )
        assert [dict(one.by)["f"] for one in found.kpis[0].segments] == [Decimal("-5.5"), 0]
