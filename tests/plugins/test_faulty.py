"""Providers that do what none should: what they break is told, and is theirs alone."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pyarrow as pa
import pytest

import kpidsl
from kpidsl import plugins
from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import Context, Provider, ScanRequest, hookimpl
from kpidsl.report.results import Results
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl.sql.dialects.sqlite_functions import register

SPEC = """
source o { from csv("o.csv"); time day }
source f { from faulty(); time day }
kpi fine { value sum(v) from o over last month; target >= 1 }
kpi faulty_sum { value sum(v) from f over last month; target >= 1 }
"""
SCHEMA = Schema((Column("day", DataType.DATE), Column("v", DataType.INTEGER)))
DAYS = pa.array([date(2026, 3, 1), date(2026, 3, 2)])


@dataclass(frozen=True)
class Options:
    pass


@dataclass(frozen=True)
class Dataset:
    schema: Callable[[], Any]
    rows: Callable[[], Any]
    fingerprint: Callable[[], None] = field(default=lambda: None)

    def scan(self, request: ScanRequest) -> Any:
        found = self.rows()
        return found.select([column.name for column in request.columns]) if isinstance(found, pa.Table) else found


def table(values: Any = (1, 2), days: Any = DAYS) -> pa.Table:
    return pa.table({"day": days, "v": values if isinstance(values, pa.Array) else list(values)})


def evaluated(folder: Path, dataset: Any) -> Results:
    """The spec over a provider that gives this dataset; what does not need it has its value in any case."""
    folder.joinpath("spec.kpi").write_text(SPEC, "utf-8")
    folder.joinpath("o.csv").write_text("day,v\n2026-03-02,9\n", "utf-8")
    module = ModuleType("kpidsl_faulty")

    def opened(_options: Options, _context: Context) -> Any:
        return dataset

    vars(module)["kpidsl_providers"] = hookimpl(lambda: (Provider("faulty", Options, opened),))

    @dataclass(frozen=True)
    class Entry(plugins.EntryPoint):
        def load(self) -> Any:
            return module

    entry = Entry("faulty", "kpidsl_faulty", None, "kpidsl-faulty", "1.0")
    with mock.patch.object(plugins, "load", partial(plugins.load, environ={}, found=[entry])):
        results = kpidsl.load([folder]).evaluate(as_of="2026-03-31")
    assert (results.kpis[0].assessment.value, results.kpis[0].assessment.status) == (9, "green")
    return results


def raising(error: BaseException) -> Callable[[], Any]:
    def call() -> Any:
        raise error

    return call


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        (lambda: None, "schema() gives a NoneType, not a Schema"),
        (lambda: [("day", "date")], "schema() gives a list, not a Schema"),
        (lambda: Schema((Column("day", "date"),)), "not a Column with a name and a DataType"),  # type: ignore[arg-type]
        (lambda: Schema((*SCHEMA.columns, *SCHEMA.columns)), "schema() names `day` twice"),
        (raising(SystemExit(3)), "SystemExit: 3"),
    ],
)
def test_a_schema_that_is_none(schema: Callable[[], Any], says: str, tmp_path: Path) -> None:
    (error,) = evaluated(tmp_path, Dataset(schema, table)).errors
    assert error.code == "K0602"
    assert says in error.message
    assert "fault of the provider" in (error.hint or "")


@pytest.mark.parametrize(
    ("rows", "code", "says"),
    [
        (raising(SystemExit(9)), "K0602", "SystemExit: 9"),
        (lambda: table([1.0, float("inf")]), "K0604", 'row 2: "inf" in column `v` is not a whole number'),
        (lambda: table(["1", "x"]), "K0604", 'row 2: "x" in column `v` is not a whole number, as its provider says'),
        (lambda: table([[1], [2]]), "K0602", "said that `v` is integer, and its rows hold BIGINT[]"),
        (lambda: table(days=[time(1), time(2)]), "K0602", "said that `day` is date, and its rows hold TIME"),
        (
            lambda: table(days=pa.array([datetime(2026, 3, 1, tzinfo=UTC)] * 2, pa.timestamp("us", "UTC"))),
            "K0602",
            "said that `day` is date, and its rows hold TIMESTAMP WITH TIME ZONE",
        ),
    ],
)
def test_rows_that_are_not_what_was_said(rows: Callable[[], Any], code: str, says: str, tmp_path: Path) -> None:
    (error,) = evaluated(tmp_path, Dataset(lambda: SCHEMA, rows)).errors
    assert (error.code, says in error.message) == (code, True), error.message


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        (lambda: table(pa.array([1, 2], pa.uint8())), 3),
        (lambda: table([1.0, 2.0]), 3),
        (lambda: table(["1", "2"]), 3),
        (lambda: table(pa.nulls(2)), 0),
        (lambda: table(days=pa.array(["2026-03-01", "2026-03-31"])), 3),
    ],
)
def test_rows_that_can_become_what_was_said(rows: Callable[[], Any], value: int, tmp_path: Path) -> None:
    results = evaluated(tmp_path, Dataset(lambda: SCHEMA, rows))
    assert (results.errors, results.kpis[1].assessment.value) == ((), value)


def half_way(error: BaseException) -> Callable[[], Any]:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from table().to_batches()
        raise error

    return lambda: pa.RecordBatchReader.from_batches(table().schema, batches())


@pytest.mark.parametrize("error", [RuntimeError("the line is dead"), SourceError("the line is dead", code="K0602")])
def test_a_stream_that_fails_half_way(error: Exception, tmp_path: Path) -> None:
    (found,) = evaluated(tmp_path, Dataset(lambda: SCHEMA, half_way(error))).errors
    assert found.message == "the source `f` cannot be read: after some of its rows: the line is dead"


def test_what_a_source_says_half_way_keeps_its_code(tmp_path: Path) -> None:
    """Of an exception only its text passes through the C interface of a stream."""
    error = SourceError(
        'row 7 of `amounts`: "x" is no number\nand more', code="K0604", hint="mend the row", column="amount"
    )
    (found,) = evaluated(tmp_path, Dataset(lambda: SCHEMA, half_way(error))).errors
    assert (found.code, found.hint) == ("K0604", "mend the row")
    assert 'after some of its rows: row 7 of `amounts`: "x" is no number' in found.message


@pytest.mark.parametrize(
    ("second", "found"),
    [
        ({"day": DAYS, "v": [1.5, 2.5]}, "`day` date32[day], `v` double"),
        ({"day": DAYS, "v": ["1", "2"]}, "`day` date32[day], `v` string"),
        ({"v": [1, 2], "day": DAYS}, "`v` int64, `day` date32[day]"),
        ({"day": DAYS}, "`day` date32[day]"),
    ],
)
def test_a_batch_that_has_other_columns_than_its_stream(second: dict[str, Any], found: str, tmp_path: Path) -> None:
    """Batches pass through the C interface without a schema: 1.5 would be read as 4609434218613702656."""

    def batches() -> Iterator[pa.RecordBatch]:
        yield from table().to_batches()
        yield pa.record_batch(second)

    dataset = Dataset(lambda: SCHEMA, lambda: pa.RecordBatchReader.from_batches(table().schema, batches()))
    (error,) = evaluated(tmp_path, dataset).errors
    said = "its stream said `day` date32[day], `v` int64"
    assert error.message.endswith(f"after some of its rows: batch 2 has the columns {found}, and {said}")
    assert (error.code, "all batches of a stream have one schema" in (error.hint or "")) == ("K0602", True)


def test_a_batch_that_says_nothing_of_missing_values_is_like_its_stream(tmp_path: Path) -> None:
    strict = pa.schema([pa.field("day", pa.date32()), pa.field("v", pa.int64(), nullable=False)])
    batches = pa.RecordBatchReader.from_batches(table().schema, [pa.record_batch([DAYS, pa.array([1, 2])], strict)])
    results = evaluated(tmp_path, Dataset(lambda: SCHEMA, lambda: batches))
    assert (results.errors, results.kpis[1].assessment.value) == ((), 3)


@pytest.mark.parametrize("code", ["X9", "K9999", ""])
def test_a_code_that_there_is_none_of_is_that_of_what_cannot_be_read(code: str, tmp_path: Path) -> None:
    (error,) = evaluated(tmp_path, Dataset(raising(SourceError("lost", code=code, hint="call")), table)).errors
    assert (error.code, error.message, error.hint) == ("K0602", "lost", "call")


def test_ctrl_c_in_a_stream_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        evaluated(tmp_path, Dataset(lambda: SCHEMA, half_way(KeyboardInterrupt())))


PRINTING = """
import os
from kpidsl.hookspecs import ReportFormat, hookimpl

print("imported")

def rendered(results):
    print("rendered")
    return "rendered indeed"

@hookimpl
def kpidsl_report_formats():
    print("asked")
    os.write(1, b"a library wrote\\n")
    os.system("echo a process wrote")
    return (ReportFormat("loud", (".loud",), rendered),)

@hookimpl
def kpidsl_after_eval(results):
    print("heard")
    raise SystemExit(5)
"""


def test_what_a_plugin_prints_is_no_part_of_the_document(tmp_path: Path) -> None:
    folder = tmp_path / "kpidsl_loud-1.dist-info"
    folder.mkdir()
    folder.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: kpidsl-loud\nVersion: 1\n", "utf-8")
    folder.joinpath("entry_points.txt").write_text("[kpidsl]\nloud = kpidsl_loud\n", "utf-8")
    tmp_path.joinpath("kpidsl_loud.py").write_text(PRINTING, "utf-8")
    tmp_path.joinpath("spec.kpi").write_text(
        'source o { from csv("o.csv"); time day }\nkpi fine { value count() from o over last month; target >= 1 }\n',
        "utf-8",
    )
    tmp_path.joinpath("o.csv").write_text("day,v\n2026-03-02,9\n", "utf-8")
    environment: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(tmp_path), "KPIDSL_PLUGINS": "loud"}
    command = [sys.executable, "-m", "kpidsl", "eval", "spec.kpi", "--as-of", "2026-03-31"]
    ran = {
        name: subprocess.run(
            [*command, "-f", name], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        for name in ("json", "loud")
    }
    assert json.loads(ran["json"].stdout)["kpis"][0]["status"] == "green"
    assert ran["loud"].stdout == "rendered indeed"
    for said in ("imported", "asked", "a library wrote", "a process wrote", "rendered", "heard", "SystemExit: 5"):
        assert said in ran["loud"].stderr


# ---------------------------------------------------------------- engines
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
        connection = sqlite3.connect(":memory:")
        register(connection)
        connection.execute("CREATE TABLE t(day TEXT, v INTEGER)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", zip(map(str, DAYS.to_pylist()), (1, 2), strict=True))
        rows = self.answered(connection.execute(sql).fetchall())
        connection.close()
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
        (Engine(known=list), "TypeError: unhashable type"),
    ],
)
def test_an_engine_that_fails_is_named_by_its_provider(engine: Engine, says: str, tmp_path: Path) -> None:
    (error,) = evaluated(tmp_path, engine).errors
    assert error.message.startswith(f"the provider `faulty` of `f` failed: {says}")


def test_what_cannot_stand_behind_from_is_read(tmp_path: Path) -> None:
    results = evaluated(tmp_path, Engine(behind=lambda: "t FOR ((("))
    assert (results.errors, results.kpis[1].assessment.value) == ((), 70)
