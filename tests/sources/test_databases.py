"""Database files: DuckDB's own and SQLite's, opened read-only."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

import kpidsl
from kpidsl.diagnostics import OptionError, SourceError
from kpidsl.engine import duck
from kpidsl.hookspecs import ColumnRequest, Context, Relational, ScanRequest
from kpidsl.semantic.types import DataType as T
from kpidsl.sources.sqlite_files import declared_type
from sources.reading import PROVIDERS, ask, civil, dataset, read, told, write


def duckdb_file(folder: Path, *statements: str) -> None:
    with duckdb.connect(str(folder / "shop.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)


def sqlite_file(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


# ── DuckDB ──


def test_duckdb_table(tmp_path: Path) -> None:
    duckdb_file(
        tmp_path,
        "CREATE TABLE orders AS SELECT 1::TINYINT AS id, 1.10::DECIMAL(5,2) AS amount, 'nan'::DOUBLE AS f, "
        "uuid() AS u, "
        "'b'::ENUM('a', 'b') AS e, TIMESTAMPTZ '2026-01-01 10:00+02' AS z, TIMESTAMP_S '2026-01-01 10:00:00' AS s, "
        "{'country': 'DE'} AS customer, INTERVAL 1 DAY AS d",
    )
    table = read(dataset(tmp_path, "duckdb", "shop.duckdb", table="orders"))
    assert {name: kind for name, kind in table.schema.items() if name != "u"} == {
        "id": "integer",
        "amount": "decimal",
        "f": "float",
        "e": "text",
        "z": "instant",
        "s": "timestamp",
        "customer": "other",
        "customer.country": "text",
        "d": "duration",
    }
    assert table.column("amount") == [Decimal("1.10")]
    assert table.column("f") == [None]
    assert table.column("z") == ["2026-01-01 08:00:00+00"]
    assert table.column("customer.country") == ["DE"]
    assert table.schema["u"] == "text"


def test_duckdb_conversions(tmp_path: Path) -> None:
    duckdb_file(
        tmp_path, "CREATE TABLE t AS SELECT '1.50' AS v, '31.12.2026' AS at", "INSERT INTO t VALUES ('x', NULL)"
    )
    opened = dataset(tmp_path, "duckdb", "shop.duckdb", table="t")
    assert read(opened, ask(at=(T.DATE, "%d.%m.%Y"))).column("at") == [dt.date(2026, 12, 31), None]
    with pytest.raises(SourceError, match=r'shop\.duckdb, table t, row 2: "x" in column `v` is not a number'):
        read(opened, ask(v=T.DECIMAL))


def test_two_sources_of_one_database_and_a_view_that_meets_their_names(tmp_path: Path) -> None:
    """A view's own tables are meant, whatever tables the engine's connection has by then."""
    duckdb_file(
        tmp_path,
        "CREATE TABLE orders AS SELECT 1 AS id, 5 AS amount",
        "CREATE VIEW big AS SELECT id, amount * 2 AS twice FROM orders",
    )
    with closing(duck.connect()) as connection:
        connection.execute("CREATE TEMP TABLE orders AS SELECT 99 AS id, 99 AS amount")
        rows = []
        for table, column in (("orders", "amount"), ("big", "twice"), ("big", "id")):
            opened = dataset(tmp_path, "duckdb", "shop.duckdb", table=table)
            assert isinstance(opened, Relational)
            name = opened.relation(connection, ScanRequest((ColumnRequest(column),)))
            rows += connection.execute(f"SELECT * FROM {duck.identifier(name)}").fetchall()
    assert rows == [(5,), (10,), (1,)]


def test_duckdb_is_opened_read_only(tmp_path: Path) -> None:
    duckdb_file(tmp_path, "CREATE TABLE t AS SELECT 1 AS v")
    before = (tmp_path / "shop.duckdb").read_bytes()
    opened = dataset(tmp_path, "duckdb", "shop.duckdb", table="t")
    assert isinstance(opened, Relational)
    with closing(duck.connect()) as connection:
        opened.relation(connection, ScanRequest(ask(v=None)))
        database = connection.execute("SELECT database_name FROM duckdb_databases() WHERE path IS NOT NULL").fetchall()[
            0
        ][0]
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute(f"DELETE FROM {database}.t")
    assert (tmp_path / "shop.duckdb").read_bytes() == before


def test_duckdb_schemas(tmp_path: Path) -> None:
    duckdb_file(
        tmp_path,
        "CREATE SCHEMA sales",
        "CREATE SCHEMA hr",
        "CREATE TABLE sales.t AS SELECT 1 AS v",
        "CREATE TABLE hr.t AS SELECT 2 AS v",
        'CREATE TABLE "Odd "" name" AS SELECT 3 AS "a ""b"',
        "CREATE TABLE main.u AS SELECT 4 AS v",
        "CREATE TABLE hr.u AS SELECT 5 AS v",
    )
    assert read(dataset(tmp_path, "duckdb", "shop.duckdb", table="sales.t")).rows == [(1,)]
    assert read(dataset(tmp_path, "duckdb", "shop.duckdb", table="u")).rows == [(4,)]
    assert read(dataset(tmp_path, "duckdb", "shop.duckdb", table='Odd " name')).rows == [(3,)]
    with pytest.raises(SourceError, match=r"`hr\.t` and `sales\.t`") as caught:
        read(dataset(tmp_path, "duckdb", "shop.duckdb", table="t"))
    assert 'table: "hr.t"' in str(caught.value.hint)


def test_an_untrusted_view_reads_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "outside" / "secret.csv", "v\n42\n")
    inside = tmp_path / "specs"
    inside.mkdir()
    duckdb_file(inside, f"CREATE VIEW v AS SELECT * FROM read_csv('{tmp_path}/outside/secret.csv')")
    options = PROVIDERS["duckdb"].options(path="shop.duckdb", table="v")
    opened = PROVIDERS["duckdb"].open(options, Context(inside, inside, untrusted=True))
    with pytest.raises(SourceError) as caught:
        read(opened, ask(v=None))
    assert caught.value.code == "K0602"
    trusted = PROVIDERS["duckdb"].open(options, Context(inside, inside))
    assert read(trusted, ask(v=None)).rows == [(42,)]


# ── SQLite ──


def test_sqlite_table(tmp_path: Path) -> None:
    sqlite_file(
        tmp_path,
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, amount DECIMAL(10,2), f REAL, name VARCHAR(20), at DATETIME, "
        "day DATE, ok BOOLEAN, raw BLOB, free, mixed)",
        "INSERT INTO orders VALUES (1, 1.1, 0.30000000000000004, 'Zoë \"x\"\n,', '2026-01-01 10:00:00', '2026-01-01', "
        "1, x'00', 1, 1)",
        "INSERT INTO orders VALUES (7, '12345.12', 2, '', NULL, NULL, 'false', NULL, 2.5, 'x')",
        "INSERT INTO orders VALUES (9223372036854775807, NULL, NULL, NULL, '2026-01-01T10:00', '2026-01-01', 0, NULL, "
        "NULL, NULL)",
    )
    table = read(dataset(tmp_path, "sqlite", "shop.db", table="orders"))
    assert table.schema == {
        "id": "integer",
        "amount": "decimal",
        "f": "float",
        "name": "text",
        "at": "timestamp",
        "day": "date",
        "ok": "boolean",
        "raw": "other",
        "free": "float",
        "mixed": "text",
    }
    assert table.column("id") == [1, 7, 9223372036854775807]
    assert table.column("amount") == [Decimal("1.1"), Decimal("12345.12"), None]
    assert table.column("f") == [0.30000000000000004, 2.0, None]
    assert table.column("name") == ['Zoë "x"\n,', "", None]
    assert table.column("at") == [civil(2026, 1, 1, 10), None, civil(2026, 1, 1, 10)]
    assert table.column("ok") == [True, False, False]
    assert table.column("free") == [1.0, 2.5, None]
    assert table.column("mixed") == ["1", "x", None]


def test_sqlite_declared_by_the_spec(tmp_path: Path) -> None:
    sqlite_file(
        tmp_path, "CREATE TABLE t (f REAL, n INTEGER, at TEXT)", "INSERT INTO t VALUES (0.1, 20261231, '31.12.2026')"
    )
    opened = dataset(tmp_path, "sqlite", "shop.db", table="T")
    wanted = ask(f=T.DECIMAL, n=(T.DATE, "%Y%m%d"), at=(T.TIMESTAMP, "%d.%m.%Y"))
    assert read(opened, wanted).rows == [(Decimal("0.1"), dt.date(2026, 12, 31), civil(2026, 12, 31))]
    assert read(opened, ask(n=T.TEXT, f=T.TEXT)).rows == [("20261231", "0.1")]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("n INTEGER", "'abc'", '"abc" in column `n` is not a whole number'),
        ("n INTEGER", "1.5", '"1.5" in column `n` is not a whole number'),
        ("n REAL", "'abc'", '"abc" in column `n` is not a number'),
        ("n DECIMAL(9,2)", "'1,50'", '"1,50" in column `n` is not a number'),
        ("n TEXT", "x'00'", "a blob in column `n` is not a text"),
        ("n DATETIME", "'yesterday'", '"yesterday" in column `n` is not a time'),
        ("n DATETIME", "1700000000", '"1700000000" in column `n` is not a time'),
        ("n BOOLEAN", "2", '"2" in column `n` is not true or false'),
    ],
)
def test_a_value_that_is_not_what_its_column_says_has_its_rowid(
    tmp_path: Path, column: str, value: str, words: str
) -> None:
    sqlite_file(
        tmp_path,
        f"CREATE TABLE t ({column})",
        "INSERT INTO t (rowid, n) VALUES (3, NULL)",
        f"INSERT INTO t (rowid, n) VALUES (42, {value})",
    )
    with pytest.raises(SourceError) as caught:
        read(dataset(tmp_path, "sqlite", "shop.db", table="t"))
    assert caught.value.code == "K0604"
    assert f"shop.db, table t, rowid 42: {words}" in caught.value.message


def test_sqlite_views_and_tables_without_rowid(tmp_path: Path) -> None:
    sqlite_file(
        tmp_path,
        "CREATE TABLE t (k TEXT PRIMARY KEY, n DECIMAL) WITHOUT ROWID",
        "INSERT INTO t VALUES ('a', 1), ('b', 'x')",
        "CREATE VIEW v AS SELECT k, length(k) AS n FROM t",
    )
    assert read(dataset(tmp_path, "sqlite", "shop.db", table="v")).rows == [("a", 1), ("b", 1)]
    with pytest.raises(SourceError, match='table t, row 2: "x"'):
        read(dataset(tmp_path, "sqlite", "shop.db", table="t"))


def test_sqlite_text_that_is_not_utf8(tmp_path: Path) -> None:
    sqlite_file(tmp_path, "CREATE TABLE t (v TEXT)", "INSERT INTO t VALUES (CAST(x'ff' AS TEXT))")
    with pytest.raises(SourceError, match="not UTF-8"):
        read(dataset(tmp_path, "sqlite", "shop.db", table="t"))


def test_a_database_that_is_cut_off_is_not_read_as_zeros(tmp_path: Path) -> None:
    sqlite_file(tmp_path, "CREATE TABLE t (v INTEGER)", *(f"INSERT INTO t VALUES ({one})" for one in range(9)))
    file = tmp_path / "shop.db"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(SourceError) as caught:
        read(dataset(tmp_path, "sqlite", "shop.db", table="t"))
    cut = "K0602 shop.db cannot be read: it ends in the middle of a page | it was copied in part: copy it again"
    assert told(caught.value) == cut


def test_a_text_that_is_called_a_database(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_text("order_id,amount\n1,10\n" * 40, "utf-8")
    with pytest.raises(SourceError, match="file is not a database"):
        read(dataset(tmp_path, "sqlite", "shop.db", table="t"))


def test_sqlite_blobs_cannot_be_used(tmp_path: Path) -> None:
    sqlite_file(tmp_path, "CREATE TABLE t (v BLOB)", "INSERT INTO t VALUES (x'00')")
    with pytest.raises(SourceError, match="holds blobs"):
        read(dataset(tmp_path, "sqlite", "shop.db", table="t"), ask(v=None))


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("BIGINT", T.INTEGER),
        ("varchar(9)", T.TEXT),
        ("Double Precision", T.FLOAT),
        ("NUMERIC(9,2)", T.DECIMAL),
        ("timestamp with time zone", T.INSTANT),
        ("bool", T.BOOLEAN),
        ("BLOB", T.OTHER),
        ("whatever", None),
        ("", None),
    ],
)
def test_declared_types_of_sqlite(declared: str, kind: T | None) -> None:
    assert declared_type(declared) is kind


# ── both ──


@pytest.mark.parametrize(("provider", "name"), [("duckdb", "shop.duckdb"), ("sqlite", "shop.db")])
def test_what_goes_wrong_with_databases(tmp_path: Path, provider: str, name: str) -> None:
    make = duckdb_file if provider == "duckdb" else sqlite_file
    make(tmp_path, "CREATE TABLE orders (amount INTEGER)", "CREATE TABLE customers (id INTEGER)")
    with pytest.raises(SourceError) as caught:
        dataset(tmp_path, provider, name, table="order").schema()
    assert told(caught.value) == f"K0608 {name} has no table `order` | did you mean `orders`? It has customers, orders"
    with pytest.raises(SourceError) as caught:
        read(dataset(tmp_path, provider, name, table="orders"), ask(amuont=None))
    assert (
        told(caught.value)
        == f"K0605 {name}, table orders has no column `amuont` | did you mean `amount`? It has amount"
    )
    write(tmp_path / "text.db", "id,v\n" * 2000)
    write(tmp_path / "empty.db", "")
    for path, code in (("text.db", "K0602"), ("empty.db", "K0606"), ("missing.db", "K0601"), (".", "K0602")):
        with pytest.raises(SourceError) as caught:
            dataset(tmp_path, provider, path, table="orders").schema()
        assert caught.value.code == code
    wrong: list[dict[str, Any]] = [{}, {"table": "orders", "query": "SELECT 1"}]
    for options in wrong:
        with pytest.raises(OptionError):
            dataset(tmp_path, provider, name, **options)


@pytest.mark.parametrize(("provider", "name"), [("duckdb", "shop.duckdb"), ("sqlite", "shop.db")])
def test_a_table_without_rows(tmp_path: Path, provider: str, name: str) -> None:
    make = duckdb_file if provider == "duckdb" else sqlite_file
    make(tmp_path, 'CREATE TABLE t (amount DECIMAL(9,2), "at" TIMESTAMP)')
    assert read(dataset(tmp_path, provider, name, table="t")).schema == {"amount": "decimal", "at": "timestamp"}
    assert read(dataset(tmp_path, provider, name, table="t")).rows == []


def test_intervals_of_duckdb_are_seconds_and_months_have_none(tmp_path: Path) -> None:
    duckdb_file(tmp_path, "CREATE TABLE t AS SELECT INTERVAL '1 day 01:00:00.5' AS d, INTERVAL 1 MONTH AS m")
    opened = dataset(tmp_path, "duckdb", "shop.duckdb", table="t")
    assert read(opened, ask(d=T.DURATION)).column("d") == [Decimal("90000.5")]
    with pytest.raises(SourceError, match="1 month"):
        read(opened, ask(m=T.DURATION))


def test_clocks_of_duckdb_are_texts_in_the_order_of_the_day(tmp_path: Path) -> None:
    """They were nested values, of which the remedy was to take them as texts, which was refused."""
    clocks = "TIME '18:30:00.5', TIME '24:00:00', TIME '09:05:00', NULL"
    duckdb_file(tmp_path, f"CREATE TABLE t AS SELECT unnest([{clocks}]) AS c, unnest([{clocks}])::TIMETZ AS z")
    opened = dataset(tmp_path, "duckdb", "shop.duckdb", table="t")
    table = read(opened, ask(c=None))
    assert table.schema["c"] == "text"
    assert table.column("c") == ["18:30:00.5", "24:00:00", "09:05:00", None]
    assert read(opened, ask(c=T.TEXT)).column("c") == table.column("c")
    assert read(opened, ask(z=T.TEXT)).column("z")[0] == "18:30:00.5+00"


def test_a_row_of_a_view_of_sqlite_is_named_by_its_number(tmp_path: Path) -> None:
    sqlite_file(
        tmp_path, "CREATE TABLE t(x TEXT)", "INSERT INTO t VALUES ('1'), ('one')", "CREATE VIEW v AS SELECT x FROM t"
    )
    with pytest.raises(SourceError) as caught:
        read(dataset(tmp_path, "sqlite", "shop.db", table="v"), ask(x=T.INTEGER))
    assert caught.value.message == 'shop.db, table v, row 2: "one" in column `x` is not a whole number'


def test_a_column_of_a_view_of_sqlite_without_values_is_what_it_is_used_as(tmp_path: Path) -> None:
    sqlite_file(
        tmp_path,
        "CREATE TABLE orders (id INTEGER, amount DECIMAL(9,2), day TEXT)",
        "INSERT INTO orders VALUES (1, NULL, '2026-03-01')",
        "CREATE VIEW t AS SELECT day AS at, 2 * amount AS double, amount > 5 AS large FROM orders",
    )
    spec = """
    source o { from sqlite("shop.db", table: "t"); time at }
    metric total = sum(double) from o over 2026-03
    metric larger = share(large) from o over 2026-03
    """
    (tmp_path / "a.kpi").write_text(spec, "utf-8")
    found = kpidsl.load(tmp_path).evaluate(as_of="2026-03-31")
    assert [(one.value, one.value_undefined) for one in found.metrics] == [(0, None), (None, "no_rows")]
