"""What Spark counts otherwise than others would: overflows, letters, NaN, collations. Beside `test_engines_agree.py`."""

from __future__ import annotations

import json
import secrets
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from kpidsl import load
from kpidsl.sql.dialects.spark import PLAIN_LETTERS
from kpidsl.testing.opened import counting, reading
from servers.running import Server
from servers.spark_tables import connection, execute, fill

pytestmark = pytest.mark.server
LETTERS = (
    (0x1, 0xDE), (0xE0, 0x12F), (0x131, 0x148), (0x14A, 0x17F), (0x400, 0x45F), (0x2000, 0x206F), (0x20A0, 0x20BF),
    (0x3000, 0x9FFF), (0xAC00, 0xD7A3), (0x1F300, 0x1F6FF),
)  # fmt: skip


@pytest.fixture(autouse=True)
def token(spark_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_TOKEN", spark_server.details["password"])


def values(folder: Path, server: Server, sources: str, *metrics: str) -> tuple[list[Any], int]:
    """What metrics are when Spark is asked, and how many queries it answered; the same as of the rows it hands out."""
    (folder / "kpidsl.toml").write_text(connection(server), "utf-8")
    written = "\n".join([sources, *(f"metric m{place} = {text}" for place, text in enumerate(metrics)), ""])
    (folder / "spec.kpi").write_text(written, "utf-8")

    def evaluated() -> list[Any]:
        found = load([folder / "spec.kpi"]).evaluate(as_of="2026-03-31")
        assert all(one.code == "K0613" for one in found.errors), found.errors
        document = json.loads(found.to_json())
        return [one.get("value", one.get("value_undefined")) for one in document["metrics"]]

    with counting() as answered:
        there = evaluated()
    with reading():
        assert evaluated() == there
    return there, len(answered)


def days(count: int) -> pa.Array:
    return pa.array([date(2026, 3, 1 + n % 31) for n in range(count)], pa.date32())


def test_a_sum_that_overflows_is_right(tmp_path: Path, spark_server: Server) -> None:
    most = 2**63 - 1
    table = fill(spark_server, pa.table({"at": days(3), "x": pa.array([most, most, 1], pa.int64())}))
    source = f'source s {{ from spark(lake, table: "{table}"); time at }}'
    found, answered = values(
        tmp_path, spark_server, source, "sum(x) from s over last month", "count() from s over last month"
    )
    assert found == [2 * most + 1, 3]
    assert answered  # up to the sum


def test_numbers_that_are_none(tmp_path: Path, spark_server: Server) -> None:
    numbers = [1.5, float("nan"), -0.0, 0.1, None, 1e300, -1e300]
    table = fill(spark_server, pa.table({"at": days(7), "x": pa.array(numbers, pa.float64())}))
    source = f'source s {{ from spark(lake, table: "{table}"); time at }}'
    asked = [f"{one}(x) from s over last month" for one in ("sum", "count", "min", "max", "count_distinct", "avg")]
    found, answered = values(tmp_path, spark_server, source, *asked, "sum(floor(x)) from s where x < 9 over last month")
    assert found[:3] == [1.6, 5, -1e300]
    assert answered


def test_texts_are_compared_by_their_code_points(tmp_path: Path, spark_server: Server) -> None:
    name = f"v{secrets.token_hex(6)}"
    texts = ("'a'", "'A'", "'á'", "'a '", "null", "concat('$', '{env:HOME}')")
    rows = ", ".join(f"(date '2026-03-02', {one})" for one in texts)
    execute(spark_server, f"create view {name} as select at, x collate UNICODE_CI as x from values {rows} as t(at, x)")
    source = f'source s {{ from spark(lake, table: "{name}"); time at }}'
    found, answered = values(
        tmp_path, spark_server, source, 'count() from s where x == "a" over last month',
        "count_distinct(x) from s over last month", "max(x) from s over last month",
        'count() from s where x == "${env:HOME}" over last month',
    )  # fmt: skip
    assert found == [1, 5, "á", 1]
    assert answered


def test_letters_that_are_asked_of_spark(spark_server: Server) -> None:
    points = [point for first, last in LETTERS for point in range(first, last + 1)]
    rows = pa.table({"n": pa.array(points, pa.int32()), "x": [chr(point) for point in points]})
    pattern = PLAIN_LETTERS.replace("\\", "\\\\")
    there = execute(
        spark_server,
        f"select n, lower(x) as a, upper(x) as b, x rlike '{pattern}' as c from {fill(spark_server, rows)}",
    ).sort_by("n")
    known = duckdb.connect()
    known.register("rows", rows)
    here = known.execute("select n, lower(x), upper(x), true from rows order by n").fetchall()
    known.close()
    assert [tuple(row.values()) for row in there.to_pylist()] == here


def test_sources_of_one_connection_are_joined_there(tmp_path: Path, spark_server: Server) -> None:
    orders = fill(
        spark_server, pa.table({"at": days(31), "who": [f"c{n % 3}" for n in range(31)], "x": list(range(31))})
    )
    people = fill(spark_server, pa.table({"id": ["c0", "c1", "c2"], "land": ["north", "south", None]}))
    sources = (
        f'source people {{ from spark(lake, table: "{people}"); key id }}\n'
        f'source s {{ from spark(lake, table: "{orders}"); time at; join people on who == id; let land = people.land }}'
    )
    found, answered = values(tmp_path, spark_server, sources, 'sum(x) from s where land == "north" over last month')
    assert found == [sum(range(0, 31, 3))]
    assert answered >= 2
