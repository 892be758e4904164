"""Connections and engines that a plugin leaves as none should: it is told, and nothing else has another number."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from kpidsl.hookspecs import ScanRequest
from kpidsl.semantic.types import Schema
from kpidsl.sql.dialects.sqlite_functions import register
from sources.faulty import DAYS, SCHEMA, SPEC, evaluated, raising


@dataclass(frozen=True)
class Related:
    """Two rows as a view of DuckDB, and what the plugin does to the connection before."""

    before: Callable[[Any], Any] = lambda _: None
    name: Any = "made"
    kind: str = "TEMP VIEW"
    after: Callable[[Any], Any] = lambda _: None

    def schema(self) -> Schema:
        return SCHEMA

    def fingerprint(self) -> None:
        return None

    def relation(self, connection: Any, _request: ScanRequest) -> Any:
        self.before(connection)
        connection.execute(
            f"CREATE {self.kind} made AS SELECT DATE '2026-03-01' + v::INTEGER AS day, v FROM range(1, 3) t(v)"
        )
        self.after(connection)
        return self.name


def aborted(connection: Any) -> None:
    """A transaction that is left after an error."""
    connection.execute("BEGIN")
    with pytest.raises(duckdb.Error):
        connection.execute("SELECT error('x')").fetchall()


@pytest.mark.parametrize(
    "setting",
    [
        "default_collation = 'nocase'",
        "TimeZone = 'Pacific/Kiritimati'",
        "integer_division = true",
        "default_order = 'desc'",
    ],
)
def test_settings_of_a_connection_change_no_other_sources_numbers(setting: str, tmp_path: Path) -> None:
    letters = SPEC + 'kpi letters { value count_distinct(g) from o where g != "A" over last month; target >= 1 }\n'
    rows = "day,v,g\n2026-03-02,9,a\n2026-03-03,0,A\n2026-03-31,0,b\n"
    results = evaluated(tmp_path, Related(lambda it: it.execute(f"SET {setting}")), letters, rows)
    assert [kpi.assessment.value for kpi in results.kpis] == [9, 3, 2]


@pytest.mark.parametrize(
    "setting",
    [
        "GLOBAL default_collation = 'nocase'",
        "GLOBAL integer_division = true",
        "GLOBAL default_order = 'desc'",
        "GLOBAL default_null_order = 'nulls_first'",
        "GLOBAL ieee_floating_point_ops = false",
        "preserve_insertion_order = false",
    ],
)
def test_settings_of_the_whole_database_are_set_back(setting: str, tmp_path: Path) -> None:
    letters = SPEC + 'kpi letters { value count_distinct(g) from o where g != "A" over last month; target >= 1 }\n'
    rows = "day,v,g\n2026-03-02,9,a\n2026-03-03,0,A\n2026-03-31,0,b\n"
    results = evaluated(tmp_path, Related(lambda it: it.execute(f"SET {setting}")), letters, rows)
    assert [kpi.assessment.value for kpi in results.kpis][::2] == [9, 2]
    name = setting.removeprefix("GLOBAL ").partition(" ")[0]
    if name.startswith("default"):  # set back with those of its connection
        assert results.errors == ()
        return
    (error,) = results.errors
    assert error.message.startswith(
        f"the provider `faulty` of `f` failed: PermissionError: relation() set {name} for all"
    )


def test_a_transaction_that_is_left_open_is_ended(tmp_path: Path) -> None:
    results = evaluated(tmp_path, Related(lambda connection: connection.execute("BEGIN")))
    assert (results.errors, results.kpis[1].assessment.value) == ((), 3)
    (error,) = evaluated(tmp_path, Related(aborted)).errors
    assert "current transaction is aborted" in error.message.lower()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE MACRO sum(x) AS 42",
        "CREATE TEMP MACRO sum(x) AS 42",
        "CREATE SCHEMA s; SET search_path = 's'",
        "ATTACH ':memory:' AS other; USE other",
        "CREATE OR REPLACE TEMP VIEW \"source o\" AS SELECT 70 AS v, DATE '2026-03-02' AS day",
        "CREATE TABLE \"source o\" AS SELECT 70 AS v, DATE '2026-03-02' AS day",
    ],
)
@pytest.mark.parametrize("kind", ["TEMP VIEW", "VIEW", "TEMP TABLE", "TABLE"])
def test_what_a_plugin_makes_changes_no_other_sources_numbers(statement: str, kind: str, tmp_path: Path) -> None:
    results = evaluated(tmp_path, Related(lambda it: it.execute(statement), kind=kind))
    assert (results.errors, [kpi.assessment.value for kpi in results.kpis]) == ((), [9, 3])


def test_a_plugin_sees_no_other_source(tmp_path: Path) -> None:
    seen: list[Any] = []
    views = "SELECT view_name FROM duckdb_views() WHERE NOT internal"
    evaluated(tmp_path, Related(lambda it: seen.append(it.execute(views).fetchall())))
    assert seen == [[]]


def test_a_connection_that_a_plugin_closes_is_its_own(tmp_path: Path) -> None:
    results = evaluated(tmp_path, Related(after=lambda it: it.close(), kind="VIEW"))
    assert (results.errors, results.kpis[1].assessment.value) == ((), 3)
    (error,) = evaluated(tmp_path, Related(after=lambda it: it.close())).errors
    assert error.message.startswith("the provider `faulty` of `f` failed") and "already closed" in error.message


def test_rows_that_a_plugin_registers(tmp_path: Path) -> None:
    rows = pa.table({"day": [date(2026, 3, 1)], "v": [4]})
    results = evaluated(tmp_path, Related(lambda it: it.register("rows", rows), "rows"))
    assert (results.errors, results.kpis[1].assessment.value) == ((), 4)


def test_a_relation_is_named(tmp_path: Path) -> None:
    (error,) = evaluated(tmp_path, Related(lambda _: None, None)).errors
    assert error.message.endswith("TypeError: relation() gives a NoneType, not the name of a table or view")


Rows = Sequence[tuple[Any, ...]]
NAME = '"t"'


@dataclass(frozen=True)
class Engine:
    """Two rows in SQLite, whose answers pass through `answered`, and what stands behind FROM."""

    answered: Callable[[Rows], Any] = lambda rows: rows
    behind: Callable[[], Any] = lambda: NAME
    known: Callable[[], Any] = lambda: "engine"
    dialect: str = "sqlite"

    @property
    def engine(self) -> Any:
        return self.known()

    def schema(self) -> Schema:
        return SCHEMA

    def fingerprint(self) -> None:
        return None

    def table(self, _request: ScanRequest) -> Any:
        return self.behind()

    def query(self, sql: str) -> pa.Table:
        with closing(sqlite3.connect(":memory:")) as connection:
            register(connection)
            connection.execute("CREATE TABLE t(day TEXT, v INTEGER)")
            connection.executemany("INSERT INTO t VALUES (?, ?)", zip(map(str, DAYS.to_pylist()), (1, 2), strict=True))
            rows = self.answered(connection.execute(sql).fetchall())
        columns = list(zip(*rows, strict=True)) or [()]
        return pa.table([pa.array(column) for column in columns], [f"c{place}" for place in range(len(columns))])

    def scan(self, request: ScanRequest) -> pa.Table:
        return pa.table({"day": [date(2026, 3, 1)], "v": [70]}).select([one.name for one in request.columns])

    def cancel(self) -> None:
        pass

    def close(self) -> None:
        pass


def each(of: Callable[[Any], Any]) -> Callable[[Rows], Any]:
    """Answers in which every whole number became something else."""
    return lambda rows: [tuple(of(one) if isinstance(one, int) else one for one in row) for row in rows]


def test_an_engine_that_answers(tmp_path: Path) -> None:
    results = evaluated(tmp_path, Engine())
    assert (results.errors, results.kpis[1].assessment.value) == ((), 3)


@pytest.mark.parametrize(
    ("answered", "says"),
    [
        (each(str), "str"),
        (each(Decimal), "decimal.Decimal"),
        (lambda rows: [row[:-1] for row in rows], "1 columns, and 2 were asked for"),
        (lambda rows: [(*row, 1) for row in rows], "3 columns, and 2 were asked for"),
    ],
)
def test_answers_that_cannot_be_computed_with(answered: Callable[[Rows], Any], says: str, tmp_path: Path) -> None:
    (error,) = evaluated(tmp_path, Engine(answered)).errors
    assert (error.code, error.message.startswith("the answers of the engine of `f` cannot be computed with")) == (
        "K0602",
        True,
    )
    assert says in error.message
    assert "fault of its provider" in (error.hint or "")


@pytest.mark.parametrize(
    ("engine", "says"),
    [
        (Engine(lambda _: raising(RuntimeError("gone"))()), "RuntimeError: gone"),
        (Engine(behind=raising(RuntimeError("no table"))), "RuntimeError: no table"),
        (Engine(behind=lambda: None), "TypeError: table() gives a NoneType, not a text"),
        (Engine(known=raising(RuntimeError("which?"))), "RuntimeError: which?"),
        (Engine(known=list), "unhashable type"),
    ],
)
def test_an_engine_that_fails_is_named_by_its_provider(engine: Engine, says: str, tmp_path: Path) -> None:
    (error,) = evaluated(tmp_path, engine).errors
    assert error.message.startswith("the provider `faulty` of `f` failed: ")
    assert says in error.message


def test_what_cannot_stand_behind_from_is_read(tmp_path: Path) -> None:
    results = evaluated(tmp_path, Engine(behind=lambda: "t FOR ((("))
    assert (results.errors, results.kpis[1].assessment.value) == ((), 70)
