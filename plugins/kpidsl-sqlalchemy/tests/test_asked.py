"""What MariaDB and SQLite answer is what their rows say, and no row crosses the wire for it."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpidsl import load
from kpidsl.diagnostics import SourceError, Unanswerable
from kpidsl.engine import shared_scan
from kpidsl.engine.place import Places
from kpidsl.hookspecs import ColumnRequest, ScanRequest
from kpidsl.report.explained import queries
from kpidsl.testing.opened import dataset_of
from kpidsl_sqlalchemy.asking import AskedTable
from servers import mariadb
from servers.mariadb_tables import connection, fill
from servers.running import Server

COUNT = 2_000
SPEC = """
calendar { timezone "Europe/Berlin" }
source s {
  from SOURCE
  time TIME
  let positive = amount > 0
  let of_month = month(TIME)
}
metric rows = count() from s over last month
metric total = sum(amount) from s over last month
metric floats = sum(f) from s over last month
metric spread = stddev(amount) from s over last month
metric spread_of_floats = stddev(f) from s over last month
metric middle = median(amount) from s over last month
metric high = percentile(f, 95%) from s over last quarter
metric people = count_distinct(who) from s over last 3 months
metric people_in_a_year = count_distinct(who) from s over last 12 months
metric last_amount = last(amount) from s over last month
metric first_number = first(n) from s over last month
metric positives = share(positive) from s over last month
metric empty = count() from s where who == "" over last month
metric blanks = count() from s where who == "ada " over last month
metric capital = count() from s where who < "a" over last month
metric trimmed = count() from s where trim(who) == "ada" over last month
metric weekends = count() from s where weekday(TIME) >= 6 over last quarter
metric hours = sum(hour(TIME)) from s over last quarter
metric business = sum(business_days_between(TIME, 2026-04-10)) from s over last month
metric days = sum(days_between(TIME, 2026-04-10)) from s over last month
metric quotients = sum(f / n) from s over last month
metric rounded = sum(round(f)) from s over last month
metric ceilings = sum(ceil(f)) from s over last month
metric estimated = count_distinct~(who) from s over last month
kpi by_who { value sum(amount) from s over last month; by who; target >= 1; trend 12 months; compare previous }
kpi by_truth { value count() from s over last month; by positive; target >= 1 }
kpi by_month { value count() from s over last year; by of_month; target >= 1 }
kpi by_time { value count() from s over last day; by TIME; target >= 1 }
kpi daily { value count() from s over last day; target >= 1; trend 100 days }
kpi medians { value median(f) from s over last 7 days; by who; target >= 1; trend 90 days; interval 95% }
"""


def rows(*, exact: bool) -> pa.Table:
    """Rows around month ends and both changes of summer time, with NULLs and texts of all sorts."""
    begin = datetime(2025, 10, 1, 22, tzinfo=UTC)
    moments = [begin + timedelta(hours=n * 2.17) for n in range(COUNT)]
    names = ["", "ada", "ada ", "Ada", "Zoë", "東京", None]
    cents = [None if n % 11 == 0 else n * 7919 % 100_003 - 50_000 for n in range(COUNT)]
    amounts = [None if one is None else Decimal(one) / 100 for one in cents]
    return pa.table(
        {
            "z": pa.array(moments, pa.timestamp("us", "UTC")),
            "t": pa.array([one.replace(tzinfo=None) for one in moments], pa.timestamp("us")),
            "d": pa.array([date(one.year, one.month, one.day) for one in moments], pa.date32()),
            "amount": pa.array(amounts, pa.decimal128(18, 2)) if exact else pa.array(cents, pa.int64()),
            "who": pa.array([names[n % len(names)] for n in range(COUNT)]),
            "n": pa.array([9_007_199_254_740_993 - n for n in range(COUNT)], pa.int64()),
            "f": pa.array([n * 0.1 - 77 for n in range(COUNT)], pa.float64()),
        }
    )


@contextmanager
def nothing_read() -> Iterator[list[str]]:
    """What is asked of engines; a source whose rows are read instead fails the test."""
    asked: list[str] = []
    ask = Places.ask

    def watched(self: Places, query: Any, source: str) -> Any:
        found = ask(self, query, source)
        assert not self.here, self.here
        asked.append(source)
        return found

    with mock.patch.object(Places, "ask", watched):
        yield asked


def document(folder: Path, spec: str) -> Any:
    (folder / "spec.kpi").write_text(spec, "utf-8")
    found = load([folder / "spec.kpi"]).evaluate(as_of="2026-03-31")
    assert not found.errors, found.errors
    told = json.loads(found.to_json())
    return {name: told[name] for name in ("metrics", "kpis")}


def into_sqlite(folder: Path, table: pa.Table) -> str:
    types = {"z": "timestamptz", "t": "timestamp", "d": "date", "who": "text collate nocase", "f": "real"}
    columns = ", ".join(f"{name} {types.get(name, 'integer')}" for name in table.column_names)
    plain = [
        [str(one) if isinstance(one, date) else one for one in column.to_pylist()] for column in table.columns
    ]  # fmt: skip
    with closing(sqlite3.connect(folder / "shop.db")) as database:
        database.execute(f"create table t ({columns})")
        marks = ", ".join("?" * table.num_columns)
        database.executemany(f"insert into t values ({marks})", zip(*plain, strict=True))
        database.commit()
    (folder / "kpidsl.toml").write_text(
        '[connections.shop]\nprovider = "sqlalchemy"\nurl = "sqlite:///shop.db"\n', "utf-8"
    )
    return 'sqlalchemy(shop, table: "t")'


@pytest.mark.parametrize("time", ["z", "t", "d"])
def test_sqlite_answers_as_parquet_does(tmp_path: Path, time: str) -> None:
    table = rows(exact=False)
    pq.write_table(table, tmp_path / "rows.parquet")
    spec = SPEC.replace("TIME", time)
    expected = document(tmp_path, spec.replace("SOURCE", 'parquet("rows.parquet")'))
    source = into_sqlite(tmp_path, table)
    with nothing_read() as asked:
        assert document(tmp_path, spec.replace("SOURCE", source)) == expected
    assert asked


GROUPED = """
kpi all_ { value sum(amount) from s over last month; target >= 1 }
kpi of_people { value sum(amount) from s where who == "ada" or who is null over last 3 months; target >= 1; by who }
kpi of_months { value avg(f) from s where positive over last 12 months; target >= 1; by of_month, positive }
kpi patterns { value count() from s where who matches "^[Zé].*ë$" over last month; target >= 1; by of_month }
kpi letters { value max(n) from s where upper(who) == "ADA" over last quarter; target >= 1; by who }
kpi of_days { value count() from s where positive over last month; target >= 1; by day }
kpi of_times { value count() from s where positive over last day; target >= 1; by TIME }
metric first_day = min(day) from s where positive over last month
metric last_name = max(who) from s where not positive over last month
metric no_day = max(day) from s where who == "nobody" over last month
"""


@pytest.mark.parametrize("time", ["z", "t", "d"])
@pytest.mark.parametrize("most", [None, 40])
def test_groupings_and_filters_share_scans_of_sqlite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time: str, most: int | None
) -> None:
    """Patterns and letters are asked of groups here: SQLite has them not. Too many groups are asked for as before."""
    table = rows(exact=False)
    pq.write_table(table, tmp_path / "rows.parquet")
    spec = SPEC.partition("metric")[0].replace("let positive", "let day = d\n  let positive") + GROUPED
    if most is not None:
        spec = "".join(line for line in spec.splitlines(keepends=True) if "upper" not in line and "matches" not in line)
    spec = spec.replace("TIME", time)
    expected = document(tmp_path, spec.replace("SOURCE", 'parquet("rows.parquet")'))
    there = spec.replace("SOURCE", into_sqlite(tmp_path, table))
    monkeypatch.setattr(shared_scan, "worthwhile", lambda several, _: several)
    brought: list[int] = []
    bring = Places.bring

    def watched(self: Places, query: Any, source: str) -> Any:
        found = bring(self, query, source)
        assert found is not None
        brought.append(found[0].rows)
        return found

    monkeypatch.setattr(Places, "bring", watched)
    if most is not None:
        monkeypatch.setattr(shared_scan, "MOST_BROUGHT", most)
    with nothing_read() as asked:
        assert document(tmp_path, there) == expected
    assert brought
    assert (max(brought) == most + 1 and len(asked) > 4) if most is not None else len(asked) < 12


def test_what_is_shared_and_where_it_is_asked_is_told(tmp_path: Path) -> None:
    source = into_sqlite(tmp_path, rows(exact=False))
    spec = SPEC.partition("metric")[0].replace("let positive", "let day = d\n  let positive") + GROUPED
    (tmp_path / "spec.kpi").write_text(spec.replace("TIME", "t").replace("SOURCE", source), "utf-8")
    opened = load([tmp_path / "spec.kpi"])
    shown = opened.show("plan", as_of="2026-03-31").splitlines()
    assert shown[1].startswith("  asked of sqlite; its rows are read where filters are not asked of groups: pattern")
    assert any(line.startswith("    where that pays, in scans that are shared, grouped by who, ") for line in shown)
    found = opened.evaluate(as_of="2026-03-31", explain=True)
    told = next(one for one in queries(found) if "kpidsl_groups" in one)
    assert told.startswith("-- asked of sqlite\nSELECT")
    scan, _, merged = told.partition("\n\n-- its rows are here, as kpidsl_groups:\n")
    assert "LIMIT 200001" in scan
    assert "FROM kpidsl_groups" in merged


@pytest.fixture
def shop(mariadb_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv("SHOP_PASSWORD", mariadb_server.details["password"])
    return mariadb_server


@pytest.mark.server
@pytest.mark.parametrize("time", ["z", "t", "d"])
def test_mariadb_answers_as_parquet_does(tmp_path: Path, shop: Server, time: str) -> None:
    table = rows(exact=True)
    pq.write_table(table, tmp_path / "rows.parquet")
    spec = (
        SPEC.replace("TIME", time) + 'metric matching = count() from s where who matches "^[Zé].*ë$" over last month\n'
    )
    expected = document(tmp_path, spec.replace("SOURCE", 'parquet("rows.parquet")'))
    (tmp_path / "kpidsl.toml").write_text(connection(shop), "utf-8")
    with nothing_read() as asked:
        assert document(tmp_path, spec.replace("SOURCE", f'sqlalchemy(shop, table: "{fill(shop, table)}")')) == expected
    assert asked


def put_in_mariadb(server: Server, folder: Path) -> Callable[[pa.Table], str]:
    (folder / "kpidsl.toml").write_text(connection(server), "utf-8")
    return lambda table: f'sqlalchemy(shop, table: "{fill(server, table)}")'


@pytest.mark.server
def test_joins_by_texts_and_conversions(tmp_path: Path, shop: Server) -> None:
    days = [datetime(2026, 1, 1) + timedelta(hours=7 * n) for n in range(300)]  # noqa: DTZ001 — civil times
    who = [("ada", "Ada", "ada ", None, "Zoë")[n % 5] for n in range(300)]
    visits = pa.table({"at": pa.array(days, pa.timestamp("us")), "who": who, "site": [f"s{n % 3}" for n in range(300)]})
    orders = pa.table({"at": pa.array(days[::3], pa.timestamp("us")), "who": who[::3], "id": list(range(100))})
    people = pa.table({"who": ["ada", "Ada", "ada ", "Zoë"], "country": ["de", "fr", "it", "es"]})
    spec = """
        source visits { from VISITS; time at; join people on who; let country = people.country }
        source orders { from ORDERS; time at; key at, id }
        source people { from PEOPLE; key who }
        metric rate = conversion_rate(visits to orders per who within 2 days)
        kpi converted { value rate over last 2 months; by country; target >= 1%; trend 3 months }
        kpi seen { value count() from visits over last month; by country, site; target >= 1 }
    """
    for name, table in (("visits", visits), ("orders", orders), ("people", people)):
        pq.write_table(table, tmp_path / f"{name}.parquet")
    here = spec
    for name in ("visits", "orders", "people"):
        here = here.replace(name.upper(), f'parquet("{name}.parquet")')
    expected = document(tmp_path, here)
    put = put_in_mariadb(shop, tmp_path)
    there = spec
    for name, table in (("visits", visits), ("orders", orders), ("people", people)):
        there = there.replace(name.upper(), put(table))
    with nothing_read():
        assert document(tmp_path, there) == expected


# ---------------------------------------------------------------- what cannot be asked
def opened(folder: Path, server: Server, columns: str, *values: str, **changed: object) -> AskedTable:
    name = f"t{secrets.token_hex(6)}"
    inserts = "".join(f"insert into {name} values ({one});" for one in values)
    mariadb.execute(server, f"set sql_mode = ''; set names utf8mb4; create table {name} ({columns}); {inserts}")
    found = dataset_of(folder, f'sqlalchemy(shop, table: "{name}")', connection(server, **changed))
    assert isinstance(found, AskedTable)
    return found


@pytest.mark.server
@pytest.mark.parametrize(
    ("columns", "value", "says"),
    [
        ("x date", "'0000-00-00'", 'holds "0000-00-00", which is not a day'),
        ("x date", "'2026-03-00'", 'holds "2026-03-00", which is not a day'),
        ("x datetime", "'2026-00-01'", "which is not a time without a zone"),
        ("x boolean", "7", "holds 7, which is neither true nor false"),
    ],
)
def test_values_that_are_none_are_told_before_anything_is_counted(
    tmp_path: Path, shop: Server, columns: str, value: str, says: str
) -> None:
    dataset = opened(tmp_path, shop, columns, "1" if "boolean" in columns else "'2026-03-01'", value)
    with pytest.raises(SourceError, match="column `x`") as caught:
        dataset.table(ScanRequest((ColumnRequest("x"),)))
    assert says in caught.value.message
    assert caught.value.code == "K0604"


@pytest.mark.server
@pytest.mark.parametrize(
    "sql", ["SELECT CAST('a' AS SIGNED)", "SELECT EXP(1000)", "SELECT no_such_function(1)", "SELECT"]
)
def test_what_the_server_warns_of_or_cannot_do_is_not_answered(tmp_path: Path, shop: Server, sql: str) -> None:
    dataset = opened(tmp_path, shop, "x int", "1")
    with pytest.raises(Unanswerable, match="the database says"):
        dataset.query(sql)
    assert dataset.query(f"SELECT x FROM {dataset._options.table}").num_rows == 1
    dataset.close()


@pytest.mark.server
def test_queries_of_a_run_see_one_state_and_can_change_nothing(tmp_path: Path, shop: Server) -> None:
    dataset = opened(tmp_path, shop, "x int", "1")
    table = dataset.table(ScanRequest((ColumnRequest("x"),)))
    assert dataset.query(f"SELECT COUNT(*) FROM {table} AS t").column(0).to_pylist() == [1]
    mariadb.execute(shop, f"insert into {dataset._options.table} values (2)")
    assert dataset.query(f"SELECT COUNT(*) FROM {table} AS t").column(0).to_pylist() == [1]
    with pytest.raises(SourceError, match="READ ONLY"):
        dataset.query(f"DELETE FROM {dataset._options.table}")
    dataset.close()
    assert dataset.query(f"SELECT COUNT(*) FROM {table} AS t").column(0).to_pylist() == [2]
    dataset.close()


@pytest.mark.server
def test_mysql_is_read_and_not_asked(tmp_path: Path, shop: Server) -> None:
    dataset = opened(tmp_path, shop, "x int", "1")
    elsewhere: Any = SimpleNamespace(dialect=SimpleNamespace(is_mariadb=False))
    with pytest.raises(Unanswerable, match="MySQL"):
        dataset._asked.begin_asking(elsewhere)


@pytest.mark.server
def test_a_query_can_be_stopped(tmp_path: Path, shop: Server) -> None:
    dataset = opened(tmp_path, shop, "x int", "1")
    threading.Timer(1.0, dataset.cancel).start()
    begin = time.monotonic()
    with pytest.raises(SourceError):
        dataset.query("SELECT x FROM (SELECT BENCHMARK(9000000000, SHA1('a')) AS x) AS t")
    assert time.monotonic() - begin < 20
    dataset.close()


@pytest.mark.server
def test_numbers_come_exactly(tmp_path: Path, shop: Server) -> None:
    dataset = opened(tmp_path, shop, "x decimal(30, 10)", "'12345678901234567890.0000000001'", "'-0.5'")
    found = dataset.query(
        "SELECT SUM(x), MIN(x), COUNT(*), 18446744073709551615, 0.1e0, NULL, 'Zoë' FROM (SELECT x FROM "
        f"{dataset._options.table}) AS t"
    )
    assert [one.to_pylist()[0] for one in found.columns] == [
        Decimal("12345678901234567889.5000000001"), Decimal("-0.5"), 2, Decimal(2**64 - 1), 0.1, None, "Zoë",
    ]  # fmt: skip
    dataset.close()
