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
    table = pa.table({"odd": array, "id": [1, 2]})
    words = f"has a column `odd` of Arrow's type {kind}, which cannot be read | make it {instead} before"
    for given in (table, Once(table), table.to_reader(), polars_like(table)):
        opened = dataset(tmp_path, "arrow", "t", frames={"t": given})
        assert read(opened, ask(id=None)).rows == [(1,), (2,)]
        assert opened.schema().get("odd") == Column("odd", T.TEXT, is_blank=True)
        with pytest.raises(SourceError) as caught:
            read(opened, ask(id=None, odd=T.FLOAT))
        assert told(caught.value).startswith(f"K0602 the table t {words}")
        assert caught.value.column == "odd"
    with closing(duck.connect()) as connection, pytest.raises(SourceError) as caught:
        into_duckdb(connection, "source plugged", Remote(table), ScanRequest(ask(odd=None)))
    assert told(caught.value).startswith(f"K0602 the source `plugged` {words}")
    assert caught.value.column == "odd"


def polars_like(table: pa.Table) -> object:
    """A table of another library, of which new streams can be had."""
    kind = type("DataFrame", (), {"__module__": "polars.dataframe", "__arrow_c_stream__": table.__arrow_c_stream__})
    made: object = kind()
    return made


def test_without_pyarrow_what_cannot_be_read_costs_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = polars_like(pa.table({"odd": HALF, "id": [1, 2]}))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.dataset", None)
    with pytest.raises(SourceError, match="the table t has a column `odd` of Arrow's type float16"):
        read(dataset(tmp_path, "arrow", "t", frames={"t": given}), ask(id=None))


def of_bytes(*values: bytes | None) -> pa.Array:
    """Texts that hold these bytes, whatever they are."""
    held = pa.array(values, pa.binary())
    return pa.Array.from_buffers(pa.string(), len(values), held.buffers(), held.null_count)


LATIN = of_bytes(b"Berlin", None, b"M\xfcnchen", b"K\xf6ln")
NO_TEXTS = [
    (LATIN, r"M\xfcnchen"),
    (LATIN.dictionary_encode(), r"M\xfcnchen"),
    (pa.ListArray.from_arrays([0, 1, 2, 3, 4], LATIN), r"[M\xfcnchen]"),
    (pa.StructArray.from_arrays([LATIN], ["name"]), r"{'name': M\xfcnchen}"),
]


@pytest.mark.parametrize(("array", "shown"), NO_TEXTS, ids=["texts", "as places", "in lists", "in records"])
def test_texts_that_are_none_are_told_with_their_row(tmp_path: Path, array: pa.Array, shown: str) -> None:
    """DuckDB takes them: as a member, Köln was lost without a word, and a stream failed in DuckDB's words."""
    table = pa.table({"id": [1, 2, 3, 4], "town": array})
    opened = dataset(tmp_path, "arrow", "t", frames={"t": table})
    assert read(opened, ask(id=None)).rows == [(1,), (2,), (3,), (4,)]
    words = f'row 3: "{shown}" in column `town` is not UTF-8 | texts of an Arrow stream are UTF-8'
    with pytest.raises(SourceError) as caught:
        read(opened, ask(id=None, town=None))
    assert told(caught.value).startswith(f"K0604 the table t, {words}")
    assert caught.value.column == "town"
    with closing(duck.connect()) as connection, pytest.raises(SourceError) as caught:
        into_duckdb(connection, "source plugged", Lasting(table), ScanRequest(ask(id=None, town=None)))
    assert told(caught.value).startswith(f"K0604 the source `plugged`, {words}")
    assert caught.value.column == "town"


def test_a_stream_of_once_with_texts_that_are_none(tmp_path: Path) -> None:
    given = pa.table({"town": LATIN}).to_reader()
    with pytest.raises(SourceError, match="the table t holds a text that is not UTF-8") as caught:
        read(dataset(tmp_path, "arrow", "t", frames={"t": given}))
    assert caught.value.code == "K0602"


def test_texts_that_are_some_when_they_are_read_again() -> None:
    first, second = pa.table({"town": LATIN}), pa.table({"town": ["Berlin"]})
    changing = Lasting(first)
    changing.tables = [first, second]
    with closing(duck.connect()) as connection, pytest.raises(SourceError) as caught:
        into_duckdb(connection, "source plugged", changing, ScanRequest(ask(town=None)))
    assert told(caught.value).startswith("K0602 the source `plugged` held a text that is not UTF-8, and held none when")


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


class Lasting(Remote):
    """One whose rows can be read more than once."""

    def __init__(self, table: pa.Table) -> None:
        super().__init__(table)
        self.tables = [table] * 3

    def scan(self, request: ScanRequest) -> ArrowStream:
        return self.tables.pop(0).select([column.name for column in request.columns])


class Nothing:
    """A dataset that keeps none of the promises."""

    def schema(self) -> Schema:
        return Schema(())

    def fingerprint(self) -> None:
        return None


def test_a_dataset_that_gives_nothing() -> None:
    with closing(duck.connect()) as connection, pytest.raises(SourceError, match="neither a relation nor a stream"):
        into_duckdb(connection, "orders", Nothing(), ScanRequest(()))
