"""Times that are numbers: seconds since 1970 and their parts, from every kind of file, exact to the microsecond."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kpidsl
from kpidsl.assess.results import Results
from kpidsl.cli import main
from kpidsl.engine import duck
from kpidsl.hookspecs import ScanRequest
from kpidsl.semantic.types import DataType
from kpidsl.sources.materialize import into_duckdb
from sources.reading import ask, dataset

SPEC = """
calendar { timezone "Europe/Berlin" }
source o { from %s; time ts; column ts: timestamp "%s since 1970" }
kpi inside { value sum(amount) from o over last month; target >= 1 }
"""
MIDNIGHT = int(datetime(2025, 11, 30, 23, tzinfo=UTC).timestamp())  # 1 December in Berlin
END = int(datetime(2025, 12, 31, 23, tzinfo=UTC).timestamp())
FACTORS = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}


def evaluated(folder: Path, origin: str, unit: str) -> Results:
    (folder / "spec.kpi").write_text(SPEC % (origin, unit), "utf-8")
    return kpidsl.load(folder / "spec.kpi").evaluate(as_of="2025-12-31")


def inside(folder: Path, origin: str, unit: str) -> str:
    (found,) = evaluated(folder, origin, unit).kpis
    return str(found.assessment.value)


@pytest.mark.parametrize("unit", FACTORS)
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "float.parquet", "decimal.parquet", "sqlite"])
def test_a_month_has_the_rows_from_its_first_instant_up_to_its_end(tmp_path: Path, unit: str, kind: str) -> None:
    factor = FACTORS[unit]
    rows = [(MIDNIGHT * factor - 1, 1), (MIDNIGHT * factor, 2), (END * factor - 1, 4), (END * factor, 8)]
    if kind == "float.parquet" and factor > 10**6:  # a float of so large a number is exact to a quarter of a thousand
        rows = [(at // 512 * 512, amount) for at, amount in rows]
    file = tmp_path / f"o.{kind}"
    provider, more = kind.rpartition(".")[2], ""
    match kind:
        case "csv":
            file.write_text("ts,amount\n" + "".join(f"{at},{amount}\n" for at, amount in rows), "utf-8")
        case "jsonl":
            file.write_text("".join(json.dumps({"ts": at, "amount": amount}) + "\n" for at, amount in rows), "utf-8")
            provider = "json"
        case "sqlite":
            with closing(sqlite3.connect(file)) as database, database:
                database.execute("create table o (ts integer, amount integer)")
                database.executemany("insert into o values (?, ?)", rows)
            more = ', table: "o"'
        case _:
            types = {"parquet": pa.int64(), "float.parquet": pa.float64(), "decimal.parquet": pa.decimal128(30, 2)}
            times = pa.array([at for at, _ in rows], pa.int64()).cast(types[kind], safe=False)
            pq.write_table(pa.table({"ts": times, "amount": [amount for _, amount in rows]}), file)
    assert inside(tmp_path, f'{provider}("{file.name}"{more})', unit) == "6"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (f"{MIDNIGHT}.999999999", "1"),
        (f"{MIDNIGHT - 1}.999999999", "None"),
        (f" {MIDNIGHT} ", "1"),
        ("1.76454360E9", "1"),
        ("", "None"),
    ],
)
def test_seconds_may_have_parts(tmp_path: Path, written: str, value: str) -> None:
    (tmp_path / "o.csv").write_text(f"ts,amount\n{written},1\n", "utf-8")
    assert inside(tmp_path, 'csv("o.csv")', "seconds") == value


@pytest.mark.parametrize("written", [str(MIDNIGHT * 1000), "soon", "-99999999999999", "inf"])
def test_what_is_no_time_of_a_calendar_is_told_with_its_line(tmp_path: Path, written: str) -> None:
    (tmp_path / "o.csv").write_text(f"ts,amount\n{MIDNIGHT},1\n{written},1\n", "utf-8")
    found = evaluated(tmp_path, 'csv("o.csv")', "seconds")
    (error,) = found.errors
    assert error.code == "K0604"
    assert f'o.csv:3: "{written}" in column `ts` is not a time as "seconds since 1970" says' in error.message


def test_before_1970_time_is_counted_backwards(tmp_path: Path) -> None:
    text = 'source o { from csv("o.csv"); time ts; column ts: timestamp "nanoseconds since 1970" }\n'
    text += "kpi k { value count() from o over last year; target >= 1 }\n"
    (tmp_path / "o.csv").write_text("ts\n-1\n-1001\n0\n", "utf-8")
    (tmp_path / "spec.kpi").write_text(text, "utf-8")
    (found,) = kpidsl.load(tmp_path / "spec.kpi").evaluate(as_of="1970-01-01").kpis
    assert found.assessment.value == 2


@pytest.mark.parametrize(
    ("column", "code", "hint"),
    [
        ("", "K0604", 'column ts: timestamp "seconds since 1970" (or milliseconds, microseconds, nanoseconds)'),
        ('column ts: timestamp "%s"', "K0302", '"seconds since 1970" (or milliseconds, microseconds, nanoseconds)'),
        ('column ts: date "seconds since 1970"', "K0302", 'write `column ts: timestamp "seconds since 1970"`'),
    ],
)
def test_a_number_that_is_no_time_yet_is_told_how_it_becomes_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], column: str, code: str, hint: str
) -> None:
    (tmp_path / "o.csv").write_text("ts,amount\n1,1\n", "utf-8")
    source = f'source o {{ from csv("o.csv"); time ts; {column} }}\n'
    (tmp_path / "s.kpi").write_text(source + "kpi k { value count() from o over last month; target >= 1 }\n", "utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["eval", str(tmp_path / "s.kpi"), "--as-of", "2025-12-31"])
    said = capsys.readouterr().err
    assert ended.value.code in (3, 4)
    assert code in said
    assert " ".join(hint.split()) in " ".join(said.split())


@pytest.mark.parametrize(("column", "tables"), [(pa.int64(), 0), (pa.string(), 1)])
def test_whole_numbers_in_a_parquet_file_are_not_kept_as_a_table(
    tmp_path: Path, column: pa.DataType, tables: int
) -> None:
    """A table holds all rows; a text is dear to convert, so it is converted once."""
    pq.write_table(
        pa.table({"ts": pa.array([1, 2], pa.int64()).cast(column), "amount": [1, 2]}), tmp_path / "o.parquet"
    )
    connection = duck.connect(threads=1)
    asked = ask(ts=(DataType.TIMESTAMP, "milliseconds since 1970"), amount=None)
    into_duckdb(connection, "o", dataset(tmp_path, "parquet", "o.parquet"), ScanRequest(asked))
    assert connection.execute("SELECT epoch_us(ts) FROM o").fetchall() == [(1_000,), (2_000,)]
    assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(tables,)]
