"""Columns of text that place rows in time are times wherever they are named: SQLite has no other, and many files hold them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

import kpidsl

ROWS = "('2024-01-01 10:00:00', '2024-01-03', 1), ('2024-02-05 12:30:00', null, 5)"
DAYS = "('2024-01-01', 10), ('2024-02-05', 20)"
SOURCES = ['sqlite("o.db", table: "{}")', 'duckdb("o.duckdb", table: "{}")', 'parquet("{}.parquet")']


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "o.db")) as lite, duckdb.connect(str(tmp_path / "o.duckdb")) as duck:
        for database in (lite, duck):
            database.execute("create table o (t varchar, u varchar, x integer)")
            database.execute(f"insert into o values {ROWS}")
            database.execute("create table d (day varchar, w integer)")
            database.execute(f"insert into d values {DAYS}")
        lite.commit()
        for name in "od":
            duck.execute(f"copy {name} to '{tmp_path}/{name}.parquet'")
    return tmp_path


def evaluated(folder: Path, text: str) -> kpidsl.Results:
    (folder / "spec.kpi").write_text(text, "utf-8")
    return kpidsl.load(folder / "spec.kpi").evaluate(as_of="2024-12-31")


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_asked_of_the_column_itself(folder: Path, source: str) -> None:
    expressions = {
        "count(t) from o": "2",
        "count_distinct(t) from o": "2",
        "min(t) from o": "2024-01-01T10:00:00",
        "count() from o where hour(t) < 11": "1",
        "count() from o where t > 2024-01-15": "1",
        "sum(x) from o where weekday(t) == 1": "6",
        "sum(days_between(t, 2024-02-06)) from o": "37",
    }
    lines = [f"metric m{at} = ({one}) over all time" for at, one in enumerate(expressions)]
    found = evaluated(folder, f"source o {{ from {source.format('o')}; time t }}\n" + "\n".join(lines))
    assert not found.errors
    assert [str(metric.value) for metric in found.metrics] == list(expressions.values())


@pytest.mark.parametrize("source", SOURCES)
def test_both_ends_of_a_stretch(folder: Path, source: str) -> None:
    found = evaluated(
        folder,
        f"source o {{ from {source.format('o')}; holds from t to u inclusive }}\n"
        "metric open = count() from o where u is null at end\n"
        "metric length = (sum(days_between(t, u)) from o at end) over 2024-01-01..2024-01-03",
    )
    assert not found.errors
    assert [metric.value for metric in found.metrics] == [1, 2]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("key", ["key day", "key day; time day"])
def test_a_column_that_is_joined_to_one(folder: Path, source: str, key: str) -> None:
    found = evaluated(
        folder,
        f"source d {{ from {source.format('d')}; {key} }}\n"
        f"source o {{ from {source.format('o')}; time u; key t; join d on u == day }}\n"
        f"source p {{ from {source.format('d')}; time day; join d on day }}\n"
        "metric none = count(d.w) from o over all time\n"
        "metric all_of_it = sum(d.w) from p over all time\n"
        "metric newest = max(d.day) from p over all time",
    )
    assert not found.errors
    assert [str(metric.value) for metric in found.metrics] == ["0", "30", "2024-02-05T00:00:00"]


def test_a_text_that_is_no_time_is_told_with_its_place(folder: Path) -> None:
    """It was said that the source cannot be read: the column had been asked for as a time and as a text."""
    (folder / "o.csv").write_text("t,x\n2024-01-02,1\n2024-02,2\n", "utf-8")
    spec = 'source o { from csv("o.csv"); time t }\nmetric first = min(t) from o over all time\n'
    (error,) = evaluated(folder, spec + "metric all_of_it = sum(x) from o over all time").errors
    assert error.code == "K0604"
    assert error.message == 'o.csv:3: "2024-02" in column `t` is not a time such as 2026-03-31 18:00'
