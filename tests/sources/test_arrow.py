"""Tables of the process itself, and any stream a plugin may hand out."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.engine import duck
from kpidsl.hookspecs import ArrowStream, ScanRequest
from kpidsl.semantic.types import Column, Schema
from kpidsl.semantic.types import DataType as T
from kpidsl.sources.materialize import into_duckdb
from sources.reading import ask, civil, dataset, read, told

TABLE = pa.table(
    {"id": [1, 2], "amount": pa.array([Decimal("1.10"), None], pa.decimal128(9, 2)), "s": ["x", "31.12.2026"]}
)


class Once:
    """A stream that can be read once."""

    def __init__(self, table: pa.Table) -> None:
        self.reader: pa.RecordBatchReader | None = table.to_reader()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        assert self.reader is not None, "read a second time"
        reader, self.reader = self.reader, None
        return reader.__arrow_c_stream__(requested_schema)


def test_pyarrow(tmp_path: Path) -> None:
    table = read(dataset(tmp_path, "arrow", "orders", frames={"orders": TABLE}))
    assert table.schema == {"id": "integer", "amount": "decimal", "s": "text"}
    assert table.rows == [(1, Decimal("1.10"), "x"), (2, None, "31.12.2026")]


@pytest.mark.parametrize("make", [Once, lambda table: table.to_reader()], ids=["once", "reader"])
def test_a_stream_that_can_be_read_once(tmp_path: Path, make: type[Once]) -> None:
    opened = dataset(tmp_path, "arrow", "orders", frames={"orders": make(TABLE)})
    for _ in range(2):
        assert read(opened, ask(id=None, amount=T.DECIMAL)).rows == [(1, Decimal("1.10")), (2, None)]


def test_the_index_of_a_pandas_table_is_no_column(tmp_path: Path) -> None:
    exported = pa.table({"v": [1.5, float("nan")], "__index_level_0__": [5, 6]})
    table = read(dataset(tmp_path, "arrow", "t", frames={"t": exported}))
    assert table.schema == {"v": "float"}
    assert table.rows == [(1.5,), (None,)]


def test_a_relation_of_another_connection(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        relation = connection.sql("SELECT 1 AS id, 1.5 AS v")
        assert read(dataset(tmp_path, "arrow", "t", frames={"t": relation})).rows == [(1, Decimal("1.5"))]


def test_without_pyarrow(tmp_path: Path) -> None:
    """The stream is all that is needed: neither pyarrow nor NumPy is imported for it."""
    script = """
import sys
from pathlib import Path
import duckdb
from kpidsl.hookspecs import ColumnRequest, Context, ScanRequest
from kpidsl.engine import duck
from kpidsl.sources.builtin import ARROW
here = Path()
table = duckdb.connect().sql("SELECT 1 AS id, 2.50 AS amount")
opened = ARROW.open(ARROW.options(name="t"), Context(here, here, frames={"t": table}))
connection = duck.connect()
name = opened.relation(connection, ScanRequest((ColumnRequest("amount"),)))
assert connection.execute(f"SELECT CAST(amount AS VARCHAR) FROM {name}").fetchall() == [("2.50",)]
print([module for module in ("pyarrow", "numpy", "pandas") if module in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


HALF = pa.array([1.5, 2.5], pa.float16())
ODD = [
    (HALF, "float16", "float32"),
    (pa.FixedSizeListArray.from_arrays(HALF, 1), "float16", "float32"),
    (HALF.dictionary_encode(), "float16", "float32"),
    (pa.array([Decimal("1.50"), None], pa.decimal256(40, 2)), "decimal256(40, 2)", "decimal128(38, 2)"),
    (pa.array([Decimal(100), None], pa.decimal128(5, -2)), "decimal128(5, -2)", "decimal128(38, 0)"),
]


@pytest.mark.parametrize(("array", "kind", "instead"), ODD, ids=["half", "in a list", "as places", "wide", "hundreds"])
def test_what_cannot_be_read_is_told_with_its_column(tmp_path: Path, array: pa.Array, kind: str, instead: str) -> None:
    table = pa.table({"id": [1, 2], "odd": array})
    words = f"has a column `odd` of Arrow's type {kind}, which cannot be read | make it {instead} before"
    for given in (table, Once(table)):
        with pytest.raises(SourceError) as caught:
            read(dataset(tmp_path, "arrow", "t", frames={"t": given}), ask(id=None))
        assert told(caught.value).startswith(f"K0602 the table t {words}")
    with closing(duck.connect()) as connection, pytest.raises(SourceError) as caught:
        into_duckdb(connection, "source plugged", Remote(table), ScanRequest(ask(odd=None)))
    assert told(caught.value).startswith(f"K0602 the source `plugged` {words}")


def test_what_is_not_given(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        dataset(tmp_path, "arrow", "order", frames={"orders": TABLE})
    assert told(caught.value) == 'K0609 no table is given for arrow("order") | did you mean `orders`?'
    with pytest.raises(SourceError, match="which gives no Arrow stream") as caught:
        dataset(tmp_path, "arrow", "orders", frames={"orders": [1, 2]})
    assert caught.value.code == "K0609"


def test_a_bad_value_and_a_missing_column(tmp_path: Path) -> None:
    opened = dataset(tmp_path, "arrow", "orders", frames={"orders": TABLE})
    with pytest.raises(SourceError, match='the table orders, row 1: "x" in column `s` is not a time as'):
        read(opened, ask(s=(T.DATE, "%d.%m.%Y")))
    with pytest.raises(SourceError, match="the table orders has no column `nope`"):
        read(opened, ask(nope=None))


class Remote:
    """What a plugin's dataset may be: rows in whatever types they have, no files, no relation."""

    def __init__(self, table: pa.Table) -> None:
        self.stream: ArrowStream = Once(table)
        self.asked: ScanRequest | None = None

    def schema(self) -> Schema:
        return Schema((Column("at", T.TEXT), Column("v", T.TEXT)))

    def fingerprint(self) -> None:
        return None

    def scan(self, request: ScanRequest) -> ArrowStream:
        self.asked = request
        return self.stream


def test_the_stream_of_a_plugin_is_converted(tmp_path: Path) -> None:
    remote = Remote(pa.table({"v": ["1.10", "2"], "at": ["2026-01-01", None], "unasked": [1, 2]}))
    table = read(remote, ask(at=T.TIMESTAMP, v=T.DECIMAL))
    assert table.types == {"at": "TIMESTAMP", "v": "DECIMAL(18,1)"}
    assert table.rows == [(civil(2026, 1, 1), Decimal("1.1")), (None, Decimal(2))]
    assert remote.asked is not None
    assert [column.name for column in remote.asked.columns] == ["at", "v"]


def test_a_bad_value_in_the_stream_of_a_plugin() -> None:
    with pytest.raises(SourceError, match='the source `a source`, row 2: "soon" in column `at` is not a time'):
        read(Remote(pa.table({"v": ["1", "2"], "at": ["2026-01-01", "soon"]})), ask(at=T.TIMESTAMP))


class Nothing:
    """A dataset that keeps none of the promises."""

    def schema(self) -> Schema:
        return Schema(())

    def fingerprint(self) -> None:
        return None


def test_a_dataset_that_gives_nothing() -> None:
    with closing(duck.connect()) as connection, pytest.raises(SourceError, match="neither a relation nor a stream"):
        into_duckdb(connection, "orders", Nothing(), ScanRequest(()))
