"""DuckDB connections: the same everywhere, and closed to what a plan did not name."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.engine import duck
from sources.reading import write

ANY = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(text=ANY)
def test_any_text_is_a_literal_and_any_name_an_identifier(text: str) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {duck.literal(text)}").fetchall() == [(text,)]
        assert connection.execute(f"SELECT {duck.texts([text, 'x'])}").fetchall() == [([text, "x"],)]
        described = connection.execute(f"DESCRIBE SELECT 1 AS {duck.identifier(text)}").fetchall()
        assert described[0][0] == text


def test_no_nul() -> None:
    for write_sql in (duck.literal, duck.identifier):
        with pytest.raises(ValueError, match="NUL"):
            write_sql("a\0b")


def test_nothing_of_the_process_shows() -> None:
    script = """
from kpidsl.engine import duck
orders = [1]
connection = duck.connect(threads=1)
instant = "CAST(TIMESTAMPTZ '2026-07-01 00:00:00+00' AS VARCHAR)"
print(connection.execute(f"SELECT current_setting('TimeZone'), {instant}").fetchall())
try:
    connection.execute("SELECT * FROM orders")
except Exception as error:
    print(type(error).__name__)
"""
    for zone in ("UTC", "America/New_York"):
        environment = {**os.environ, "TZ": zone, "LC_ALL": "C", "PYTHONPATH": ":".join(sys.path)}
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
        assert done.stdout.splitlines() == ["[('UTC', '2026-07-01 00:00:00+00')]", "CatalogException"], done.stderr


def test_restricted(tmp_path: Path) -> None:
    ours, other = write(tmp_path / "a.csv", "v\n1\n"), write(tmp_path / "b.csv", "v\n2\n")
    with closing(duck.connect()) as connection:
        duck.restrict(connection, [str(ours)])
        assert connection.execute("SELECT v FROM read_csv(?)", [str(ours)]).fetchall() == [(1,)]
        for statement in (
            f"SELECT * FROM read_csv('{other}')",
            f"COPY (SELECT 1) TO '{tmp_path}/c.csv'",
            f"ATTACH '{tmp_path}/d.db'",
            "SET enable_external_access = true",
        ):
            with pytest.raises(duck.failures()):
                connection.execute(statement)


def test_a_path_is_no_pattern(tmp_path: Path) -> None:
    odd = write(tmp_path / "a[1]*?.csv", "v\n1\n")
    write(tmp_path / "a1xx.csv", "v\n2\n")
    with closing(duck.connect()) as connection:
        rows = connection.execute("SELECT v FROM read_csv(?)", [duck.path_pattern(str(odd))]).fetchall()
    assert rows == [(1,)]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Error: No magic bytes found at end of file '/srv/a b/o.parquet'\nmore", "found at end of file 'o.parquet'"),
        ('Error: The file "C:\\data\\o.duckdb" is none', 'The file "o.duckdb" is none'),
        ('Error: Could not convert string "/shop/cart" to INT64', 'Could not convert string "/shop/cart" to INT64'),
        ("", "OSError"),
    ],
)
def test_the_folders_of_this_machine_stand_in_no_message(said: str, words: str) -> None:
    assert duck.words(OSError(said)).endswith(words)
