"""Providers that do what none should: what they break is told, and is theirs alone."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.semantic.types import Column, Schema
from sources.faulty import DAYS, SCHEMA, Dataset, evaluated, raising, table


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


class Panic(BaseException):
    """What an extension in Rust raises where it panics: no Exception."""


class Mute(Exception):
    """What cannot say what it says."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


def twice() -> pa.RecordBatchReader:
    found = table().append_column("v", pa.array([7, 7]))
    return found.to_reader()


@pytest.mark.parametrize(
    ("rows", "code", "says"),
    [
        (raising(SystemExit(9)), "K0602", "SystemExit: 9"),
        (raising(asyncio.CancelledError("too late")), "K0602", "CancelledError: too late"),
        (raising(GeneratorExit()), "K0602", "GeneratorExit"),
        (raising(Panic("index out of bounds")), "K0602", "the provider `faulty` of `f` failed: Panic: index out of"),
        (raising(Mute()), "K0602", "the provider `faulty` of `f` failed: Mute"),
        (raising(SourceError(OSError("no route"), code="K0602", hint=7)), "K0602", "no route"),  # type: ignore[arg-type]
        (twice, "K0602", "the source `f` has two columns `v`"),
        (lambda: table([1.0, float("inf")]), "K0604", 'row 2: "inf" in column `v` is not a whole number'),
        (lambda: table(["1", "x"]), "K0604", 'row 2: "x" in column `v` is not a whole number, as its provider says'),
        (lambda: table([[1], [2]]), "K0602", "said that `v` is integer, and its rows hold BIGINT[]"),
        (lambda: table(days=[time(1), time(2)]), "K0604", 'row 1: "01:00:00" in column `day` is not a date'),
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
    assert "try again" in (found.hint or "")


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


def commanded(tmp_path: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command over a spec, with a plugin `loud` installed."""
    folder = tmp_path / "kpidsl_loud-1.dist-info"
    folder.mkdir(exist_ok=True)
    folder.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: kpidsl-loud\nVersion: 1\n", "utf-8")
    folder.joinpath("entry_points.txt").write_text("[kpidsl]\nloud = kpidsl_loud\n", "utf-8")
    tmp_path.joinpath("kpidsl_loud.py").write_text(module, "utf-8")
    tmp_path.joinpath("spec.kpi").write_text(
        'source o { from csv("o.csv"); time day }\nkpi fine { value count() from o over last month; target >= 1 }\n',
        "utf-8",
    )
    tmp_path.joinpath("o.csv").write_text("day,v\n2026-03-02,9\n", "utf-8")
    environment: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(tmp_path), "KPIDSL_PLUGINS": "loud"}
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "kpidsl", "eval", "spec.kpi"]
    return subprocess.run(
        [*command, "--as-of", "2026-03-31", *arguments],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def test_what_a_plugin_prints_is_no_part_of_the_document(tmp_path: Path) -> None:
    ran = {name: commanded(tmp_path, PRINTING, "-f", name) for name in ("json", "loud")}
    assert json.loads(ran["json"].stdout)["kpis"][0]["status"] == "green"
    assert ran["loud"].stdout == "rendered indeed"
    for said in ("imported", "asked", "a library wrote", "a process wrote", "rendered", "heard", "SystemExit: 5"):
        assert said in ran["loud"].stderr


FORKING = """
import multiprocessing, os, sys
from kpidsl.hookspecs import hookimpl

def twice(number):
    return 2 * number

@hookimpl
def kpidsl_report_formats():
    BODY
    return ()
"""
POOL = 'with multiprocessing.get_context("fork").Pool(2) as pool: assert pool.map(twice, [1, 2]) == [2, 4]'


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
@pytest.mark.parametrize(
    "body", ["os.fork()", "os.fork() or sys.exit(0); os.wait()", POOL], ids=["left", "ended", "a pool"]
)
def test_a_fork_of_a_plugin_writes_no_second_document(body: str, tmp_path: Path) -> None:
    """Nor does it tell of an end that is meant to be its own."""
    ran = commanded(tmp_path, FORKING.replace("BODY", body), "-f", "json")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["kpis"][0]["status"] == "green"


def test_a_hook_with_arguments_that_there_are_none_of_is_told_with_them(tmp_path: Path) -> None:
    """So is a plugin that was written for another version of the hooks."""
    module = FORKING.replace("BODY", "pass").replace("formats()", "formats(settings)")
    ran = commanded(tmp_path, module, "-f", "json")
    assert "Argument(s) {'settings'} are declared in the hookimpl but can not be found in the hookspec" in ran.stderr
    assert ran.returncode == 0


@pytest.mark.parametrize(
    ("given", "kept"), [("7", 7.0), (3, 3.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), (-1, None), ("nan", None)]
)
def test_a_time_to_wait_may_be_as_a_header_has_it(given: Any, kept: float | None) -> None:
    assert SourceError("busy", transient=True, retry_after=given).retry_after == kept
