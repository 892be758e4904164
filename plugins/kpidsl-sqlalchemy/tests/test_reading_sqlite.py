"""What a file of SQLite holds, what becomes of it, and what goes wrong with it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ColumnRequest, ScanRequest
from kpidsl.semantic.types import DataType
from kpidsl.testing.opened import dataset_of, rows_of
from kpidsl_sqlalchemy.reading import SqlTable


def opened(folder: Path, script: str, *, url: str = "sqlite:///shop.db", **limits: object) -> SqlTable:
    with closing(sqlite3.connect(folder / "shop.db")) as database:
        database.executescript(script)
    told = "".join(f"{name} = {value}\n" for name, value in limits.items())
    configuration = f'[connections.shop]\nprovider = "sqlalchemy"\nurl = "{url}"\nretries = 0\n{told}'
    found = dataset_of(folder, 'sqlalchemy(shop, table: "t")', configuration)
    assert isinstance(found, SqlTable)
    return found


def test_types(tmp_path: Path) -> None:
    dataset = opened(
        tmp_path,
        "create table t (i integer, b boolean, n numeric(9, 2), r real, s varchar(3), d date, at datetime, z timestamptz, k blob);"
        "insert into t values (1, 1, 0.1, 0.1, 'x', '2024-02-29', '2026-03-29T02:30', '2026-03-29 02:30:00+02:00', x'00');"
        "insert into t values (null, 0, '12345678901234567890.123', 2, '', '2026-03-01 00:00:00', '2026-03-29 02:30:00.25', null, null);",
    )
    kinds = {column.name: column.type for column in dataset.schema().columns}
    assert kinds == {
        "i": DataType.INTEGER, "b": DataType.BOOLEAN, "n": DataType.DECIMAL, "r": DataType.FLOAT, "s": DataType.TEXT,
        "d": DataType.DATE, "at": DataType.TIMESTAMP, "z": DataType.INSTANT, "k": DataType.OTHER,
    }  # fmt: skip
    found = rows_of(dataset, [name for name in kinds if name != "k"])
    assert found == {
        "i": [1, None], "b": [True, False], "n": [Decimal("0.1"), Decimal("12345678901234567000")], "r": [0.1, 2.0],
        "s": ["x", ""], "d": [date(2024, 2, 29), date(2026, 3, 1)],
        "at": [datetime(2026, 3, 29, 2, 30), datetime(2026, 3, 29, 2, 30, 0, 250_000)],  # noqa: DTZ001 — civil times
        "z": [datetime(2026, 3, 29, 0, 30, tzinfo=UTC), None],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "row", "says"),
    [
        ("x integer", "'a'", 'holds "a", which is not a whole number'),
        ("x integer", "1.5", "holds 1.5, which is not a whole number"),
        ("x numeric", "9e999", "holds inf, which is not a number"),
        ("x numeric", "'a'", 'holds "a", which is not a number'),
        ("x date", "'2026-03-01 08:00'", 'holds "2026-03-01 08:00", which is not a day'),
        ("x date", "20260301", "holds 20260301, which is not a day"),
        ("x datetime", "'yesterday'", 'holds "yesterday", which is not a time without a zone'),
        ("x datetime", "1772323200", "holds 1772323200, which is not a time without a zone"),
        ("x datetime", "'2026-03-01 08:00Z'", "which is not a time without a zone"),
        ("x text", "x'00'", "holds binary data, which is not a text"),
        ("x boolean", "3", "holds 3, which is neither true nor false"),
        ("y integer", "1", "has no column `x`"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, columns: str, row: str, says: str) -> None:
    dataset = opened(tmp_path, f"create table t ({columns}); insert into t values ({row});")
    with pytest.raises(SourceError) as caught:
        dataset.scan(ScanRequest((ColumnRequest("x"),)))
    assert says in caught.value.message
    assert caught.value.hint


def test_the_time_that_is_wanted_and_what_is_no_time(tmp_path: Path) -> None:
    dataset = opened(
        tmp_path,
        "create table t (d text, x date);insert into t values ('a', '2026-03-31'), ('b', '2026-04-03'), ('c', null);",
    )
    request = ScanRequest((ColumnRequest("x"), ColumnRequest("d")), "x", None, datetime(2026, 4, 1, tzinfo=UTC))
    assert dataset.scan(request).column("d").to_pylist() == ["a", "c"]
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("insert into t values ('d', 'tomorrow')")
        database.commit()
    with pytest.raises(SourceError, match='holds "tomorrow"'):
        dataset.scan(request)


def test_a_file_that_is_not_there_and_one_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        opened(tmp_path, "", url="sqlite:///other.db").schema()
    assert caught.value.code == "K0601"
    assert not (tmp_path / "other.db").exists()
    with pytest.raises(SourceError, match="names no file"):
        opened(tmp_path, "", url="sqlite://").schema()
    (tmp_path / "text.db").write_text("no database, but long enough to be looked at as one " * 9, "utf-8")
    with pytest.raises(SourceError, match="not a database"):
        opened(tmp_path, "", url="sqlite:///text.db").schema()
    with pytest.raises(SourceError) as caught:
        opened(tmp_path, "create table other (x)").schema()
    assert caught.value.code == "K0608"


def test_a_query_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select max(x) as x from n"
    dataset = opened(tmp_path, f"create view t as {endless};", timeout=1)
    with pytest.raises(SourceError, match="not read within 1 seconds") as caught:
        dataset.scan(ScanRequest((ColumnRequest("x"),)))
    assert caught.value.code == "K0617"


def test_a_database_that_another_program_writes_to(tmp_path: Path) -> None:
    dataset = opened(tmp_path, "create table t (x integer);", connect_timeout=0.2)
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as writer:
        writer.execute("begin exclusive")
        with pytest.raises(SourceError, match="locked") as caught:
            dataset.scan(ScanRequest((ColumnRequest("x"),)))
    assert caught.value.transient


def test_a_file_that_is_cut_off_is_not_read_as_zeros(tmp_path: Path) -> None:
    values = ", ".join(f"({one})" for one in range(9))
    dataset = opened(tmp_path, f"create table t (v integer); insert into t values {values};")
    file = tmp_path / "shop.db"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(SourceError) as caught:
        rows_of(dataset, ["v"])
    assert caught.value.code == "K0602"
    assert str(caught.value) == "shop.db (connection `shop`) cannot be read: it ends in the middle of a page"
