"""DuckDB connections: the same everywhere, and closed to what a plan did not name."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.engine import duck
from sources.reading import write

ANY = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(text=ANY)
@pytest.mark.slow
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


def test_looks_share_a_database_and_nothing_in_it() -> None:
    duck.whole()
    with duck.looking() as first, duck.looking() as second:
        for connection in (first, second):
            assert connection.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
        first.execute("CREATE TEMP TABLE t AS SELECT 1")
        first.register("r", pa.table({"a": [1]}))
        listed = second.execute(
            "SELECT count(*) FROM duckdb_tables() UNION ALL SELECT count(*) FROM duckdb_views() WHERE NOT internal"
        )
        assert listed.fetchall() == [(0,), (0,)]
        first.execute("CREATE TABLE main.lasting AS SELECT 1")
        assert second.execute("SELECT * FROM lasting").fetchall() == [(1,)]
    with pytest.raises(duck.failures()), duck.looking() as failing:
        failing.execute("SELECT * FROM nothing")
    with duck.looking() as third, pytest.raises(duck.failures()):
        third.execute("SELECT * FROM lasting")


def test_a_look_sees_a_file_as_it_is(tmp_path: Path) -> None:
    """Though it was changed within the moment, as long as before, and says that it was not."""
    file = tmp_path / "a.parquet"
    for name in ("first", "other"):
        pq.write_table(pa.table({name: [1, 2]}), file)
        os.utime(file, (1_700_000_000, 1_700_000_000))
        with duck.looking() as connection:
            described = connection.execute("SELECT * FROM read_parquet(?)", [str(file)]).description
        assert [one[0] for one in described or ()] == [name]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_fork_looks_for_itself() -> None:
    script = """
import os
from kpidsl.engine import duck
def look():
    with duck.looking() as connection:
        return connection.execute("SELECT sum(a) FROM range(1000000) t(a)").fetchall()
print(look(), flush=True)
child = os.fork()
if not child:
    print(look(), flush=True)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=60)
    assert done.stdout.splitlines() == ["[(499999500000,)]", "[(499999500000,)]", "0"], done.stderr


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
