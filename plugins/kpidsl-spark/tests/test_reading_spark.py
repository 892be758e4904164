"""What a table of Spark holds, what becomes of it, and what goes wrong with it, on a real cluster."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ColumnRequest, ScanRequest
from kpidsl.semantic.types import DataType
from kpidsl.testing.opened import dataset_of, rows_of
from kpidsl_spark import SparkConnection, SparkOptions
from kpidsl_spark.reading import SparkRows
from servers.running import Server
from servers.spark_tables import connection, execute, fill, sleeping

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def token(spark_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_TOKEN", spark_server.details["password"])


def opened(folder: Path, server: Server, what: str, **changed: object) -> SparkRows:
    found = dataset_of(folder, f"spark(lake, {what})", connection(server, **changed))
    assert isinstance(found, SparkRows)
    return found


def made(server: Server, query: str) -> str:
    """A view of a query; its name."""
    name = f"v{secrets.token_hex(6)}"
    execute(server, f"create view {name} as {query}")
    return name


def test_types(tmp_path: Path, spark_server: Server) -> None:
    view = made(
        spark_server,
        "select 1Y as i8, 2S as i16, 3 as i32, 9007199254740993L as i64, cast(1.50 as decimal(9, 3)) as n,"
        " cast(0.5 as float) as f, cast(0.1 as double) as d, 'é' as t, cast('c' as char(3)) as c, true as y,"
        " date '2024-02-29' as day, timestamp_ntz '2026-03-29 02:30:00' as civil,"
        " timestamp '2026-03-29 02:30:00+02:00' as instant, binary('x') as raw, array(1) as many,"
        " interval '1' day as span, parse_json('{}') as j",
    )
    dataset = opened(tmp_path, spark_server, f'table: "{view}"')
    kinds = {column.name: column.type for column in dataset.schema().columns}
    assert kinds == {
        "i8": DataType.INTEGER, "i16": DataType.INTEGER, "i32": DataType.INTEGER, "i64": DataType.INTEGER,
        "n": DataType.DECIMAL, "f": DataType.FLOAT, "d": DataType.FLOAT, "t": DataType.TEXT, "c": DataType.TEXT,
        "y": DataType.BOOLEAN, "day": DataType.DATE, "civil": DataType.TIMESTAMP, "instant": DataType.INSTANT,
        "raw": DataType.OTHER, "many": DataType.OTHER, "span": DataType.OTHER, "j": DataType.OTHER,
    }  # fmt: skip
    table = dataset.scan(
        ScanRequest(tuple(ColumnRequest(name) for name in ("i8", "i64", "n", "day", "civil", "instant")))
    )
    assert table.to_pylist() == [
        {
            "i8": 1, "i64": 9007199254740993, "n": Decimal("1.500"), "day": date(2024, 2, 29),
            "civil": datetime(2026, 3, 29, 2, 30), "instant": datetime(2026, 3, 29, 0, 30, tzinfo=UTC),  # noqa: DTZ001
        }
    ]  # fmt: skip
    for name, code in (("raw", "K0604"), ("nope", "K0605")):
        with pytest.raises(SourceError) as caught:
            dataset.scan(ScanRequest((ColumnRequest(name),)))
        assert (caught.value.code, caught.value.transient) == (code, False)


def test_names_are_names_and_never_sql(tmp_path: Path, spark_server: Server) -> None:
    view = made(spark_server, "select 7 as `a ``b`` c.?`")
    assert rows_of(opened(tmp_path, spark_server, f'table: "{view}"'), ["a `b` c.?"]) == {"a `b` c.?": [7]}
    with pytest.raises(SourceError, match="is not there"):
        opened(tmp_path, spark_server, f'table: "x`; drop view {view}; --"').schema()
    assert opened(tmp_path, spark_server, f'schema: "default", table: "{view}"').schema().names == ("a `b` c.?",)


def test_a_table_is_no_way_to_a_file(tmp_path: Path, spark_server: Server) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "rows.parquet")
    with pytest.raises(SourceError, match="is not there"):
        opened(tmp_path, spark_server, f'schema: "parquet", table: "{tmp_path}/rows.parquet"').schema()


def test_paths(tmp_path: Path, spark_server: Server) -> None:
    folder = tmp_path / "a [b] {c}*"
    for month, rows in (("01", [1, 2]), ("02", [3])):
        (folder / f"lake/month=2026-{month}").mkdir(parents=True)
        pq.write_table(pa.table({"x": rows}), folder / f"lake/month=2026-{month}/rows.parquet")
    dataset = opened(folder, spark_server, 'path: "lake"')
    assert dataset.schema().names == ("x", "month")
    assert sorted(rows_of(dataset, ["x"])["x"]) == [1, 2, 3]
    assert rows_of(opened(folder, spark_server, 'path: "lake/*-02/*.parquet"'), ["x"]) == {"x": [3]}
    root = f"{tmp_path}/a \\\\[b\\\\] \\\\{{c\\\\}}\\\\*"
    assert rows_of(opened(folder, spark_server, 'path: "lake/month=2026-02"', root=root), ["x"]) == {"x": [3]}
    for outside in ("/etc", "../lake", "file:///etc", "{lake,../x}"):
        with pytest.raises(SourceError, match="is not below the root") as caught:
            opened(folder, spark_server, f'path: "{outside}"', root=root)
        assert caught.value.code == "K0607"


def test_what_cannot_be_read_is_told(tmp_path: Path, spark_server: Server) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad").mkdir()
    whole = tmp_path / "bad" / "0.parquet"
    pq.write_table(pa.table({"x": list(range(50_000))}), whole)
    torn = bytearray(whole.read_bytes())
    torn[100:50_000] = b"\xff" * 49_900
    (tmp_path / "bad" / "1.parquet").write_bytes(torn)
    (tmp_path / "text.parquet").write_text("no Parquet at all", "ascii")
    infinite = made(spark_server, "select 1 / (id - 1) as x from range(3)")
    for what, code, says in (
        ('path: "nowhere/*.parquet"', "K0601", "nothing is there"),
        ('path: "empty"', "K0606", "no Parquet file"),
        ('path: "text.parquet"', "K0602", "text.parquet is damaged"),
        ('path: "bad"', "K0602", "1.parquet is damaged"),
        ('table: "nowhere"', "K0608", "`nowhere` of the connection `lake` is not there"),
        (f'table: "{infinite}"', "K0600", "Division by zero"),
    ):
        with pytest.raises(SourceError, match=says) as caught:
            opened(tmp_path, spark_server, what).scan(ScanRequest((ColumnRequest("x"),)))
        assert caught.value.code == code, what
        assert caught.value.hint
        assert not caught.value.transient
        assert "\n" not in caught.value.message


def test_a_table_dropped_and_a_column_retyped(tmp_path: Path, spark_server: Server) -> None:
    view = made(spark_server, "select 1 as x")
    dataset = opened(tmp_path, spark_server, f'table: "{view}"')
    assert dataset.schema().columns[0].type is DataType.INTEGER
    execute(spark_server, f"create or replace view {view} as select 1.25bd as x")
    assert dataset.scan(ScanRequest((ColumnRequest("x"),))).to_pylist() == [{"x": Decimal("1.25")}]
    execute(spark_server, f"drop view {view}")
    with pytest.raises(SourceError, match="is not there"):
        dataset.scan(ScanRequest((ColumnRequest("x"),)))


def test_only_the_time_that_is_wanted_crosses_the_wire(tmp_path: Path, spark_server: Server) -> None:
    table = fill(
        spark_server,
        pa.table(
            {
                "d": pa.array([date(2026, 3, 31), date(2026, 4, 9), None], pa.date32()),
                "t": pa.array([datetime(2026, 3, 31), datetime(2026, 4, 9), None], pa.timestamp("us")),  # noqa: DTZ001
                "z": pa.array(
                    [datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC), None],
                    pa.timestamp("us", "UTC"),
                ),
            }
        ),
    )
    dataset = opened(tmp_path, spark_server, f'table: "{table}"')
    end = datetime(2026, 3, 31, 22, tzinfo=UTC)
    for column in ("d", "t", "z"):
        found = dataset.scan(ScanRequest((ColumnRequest(column),), column, None, end))
        assert found.num_rows == 2, column  # the one before, and the one without a time


def test_options_that_make_no_sense() -> None:
    for wrong in (
        {}, {"remote": "sc://a", "master": "spark://a:1"}, {"remote": "sc://a/;token=x"}, {"master": "yarn"},
        {"master": "spark://a:1", "tls": True}, {"remote": "sc://a", "conf": ("spark.executor.memory=1g",)},
        {"remote": "sc://a", "conf": ("spark.sql.ansi.enabled=false",)}, {"remote": "sc://a", "conf": ("x",)},
        {"master": "spark://a:1", "conf": ("spark.hadoop.fs.s3a.secret.key=x",)},
        {"master": "spark://a:1", "conf": ("spark.submit.pyFiles=x",)},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="`"):
            SparkConnection(**wrong)  # type: ignore[arg-type]
    for wrong in ({}, {"table": "a", "path": "b"}, {"path": "a", "schema": "s"}, {"table": "a", "catalog": "c"}):
        with pytest.raises(ValueError, match="`"):
            SparkOptions(**wrong)


def test_ctrl_c_ends_the_job_too(tmp_path: Path, spark_server: Server) -> None:
    """Both cores sleep for a minute; once the run is interrupted they are free again."""
    view = sleeping(spark_server, 60, tasks=2)
    (tmp_path / "kpidsl.toml").write_text(connection(spark_server), "utf-8")
    (tmp_path / "spec.kpi").write_text(
        f'source s {{ from spark(lake, table: "{view}"); time at }}\nmetric m = count() from s over last month\n',
        "utf-8",
    )
    command = [sys.executable, "-m", "kpidsl", "eval", str(tmp_path / "spec.kpi"), "--as-of", "2026-03-31"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    time.sleep(6)
    assert running.poll() is None, running.communicate()
    running.send_signal(signal.SIGINT)
    begun = time.monotonic()
    output, errors = running.communicate(timeout=30)
    assert (running.returncode, output) == (130, "")
    assert errors.strip().splitlines()[-1].endswith("interrupted")
    assert execute(spark_server, "select count(*) as n from range(0, 10, 1, 2)").to_pylist() == [{"n": 10}]
    assert time.monotonic() - begun < 30
