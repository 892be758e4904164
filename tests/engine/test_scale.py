"""Large data: answers that do not depend on how they are computed, memory that is kept to, files that are not read."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kpidsl
from kpidsl.diagnostics import UsageError
from kpidsl.engine import duck

SPEC = """
source o { from parquet("PATH"); time at }
metric total = sum(amount) from o over all time
metric spread = stddev(weight) from o over all time
metric mean = avg(weight) from o over last month
metric middle = median(weight) from o where land == "l3" over last 3 months
metric high = percentile(amount, 95%) from o over last 3 months
metric people = count_distinct(who) from o over last month
metric people_there = count_distinct(who) from o where land == "l3" over last 3 months
metric about = count_distinct~(who) from o over last 3 months
metric newest = last(weight) from o over all time
kpi k { value count_distinct(who) from o over last month; by land; compare previous; target >= 1 whole }
"""


def made(rows: int) -> pa.Table:
    chance = random.Random(11)
    return pa.table(
        {
            "at": [datetime(2026, 1, 1) + timedelta(minutes=chance.randrange(129_600)) for _ in range(rows)],  # noqa: DTZ001
            "amount": pa.array(
                [Decimal(chance.randrange(-(10**9), 10**9)) / 100 for _ in range(rows)], pa.decimal128(18, 2)
            ),
            "weight": [chance.uniform(-1e9, 1e9) for _ in range(rows)],
            "who": [chance.randrange(5_000) for _ in range(rows)],
            "land": [f"l{chance.randrange(8)}" for _ in range(rows)],
        }
    )


def answered(path: Path, pattern: str, **how: object) -> str:
    spec = kpidsl.load("-", stdin_text=SPEC.replace("PATH", str(path / pattern)))
    results = spec.evaluate(as_of="2026-03-31", **how)  # type: ignore[arg-type]
    assert not results.errors
    return results.to_json()


def test_answers_do_not_depend_on_threads_files_their_order_row_groups_or_memory(tmp_path: Path) -> None:
    table = made(30_000)
    shuffled = table.take(random.Random(5).sample(range(table.num_rows), table.num_rows))
    pq.write_table(table, tmp_path / "one.parquet")
    pq.write_table(shuffled, tmp_path / "shuffled.parquet", row_group_size=1_111)
    (tmp_path / "many").mkdir()
    for place, start in enumerate(range(0, 30_000, 4_000)):
        pq.write_table(shuffled.slice(start, 4_000), tmp_path / "many" / f"{9 - place}.parquet", row_group_size=700)
    documents = {
        answered(tmp_path, "one.parquet", threads=1),
        answered(tmp_path, "one.parquet", threads=4),
        answered(tmp_path, "shuffled.parquet", threads=3),
        answered(tmp_path, "many/*.parquet", threads=2),
        answered(tmp_path, "many/*.parquet", threads=2, memory="200MB"),
    }
    assert len({each.split('"metrics"')[1] for each in documents}) == 1


@pytest.mark.slow
def test_money_is_exact_over_ten_million_rows_in_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "money.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT DATE '2026-01-01' + (i % 31)::INTEGER AS at, (i * 7919 % 10000019 / 100)::DECIMAL(18, 2) AS x "
            f"FROM range(10000000) AS n(i)) TO '{file}'"
        )
    spec = kpidsl.load(
        "-", stdin_text=f'source o {{ from parquet("{file}"); time at }}\nmetric m = sum(x) from o over 2026-01'
    )
    expected = Decimal(sum(i * 7919 % 10000019 for i in range(10_000_000))) / 100
    for threads, memory in ((1, "100MB"), (4, None)):
        (found,) = spec.evaluate(as_of="2026-01-31", threads=threads, memory=memory).metrics
        assert (found.value, found.n) == (expected, 10_000_000)


# ---------------------------------------------------------------- what is not read
def spoil(path: Path, column: str, groups: range) -> None:
    """Overwrite the values of a column in some row groups, so that whoever reads them fails or is wrong."""
    about = pq.ParquetFile(path).metadata
    place = about.schema.names.index(column)
    content = bytearray(path.read_bytes())
    for group in groups:
        chunk = about.row_group(group).column(place)
        start = chunk.dictionary_page_offset or chunk.data_page_offset
        content[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(bytes(content))


def total(source: str, folder: Path, time: str = "at") -> object:
    spec = f"source o {{ from parquet({source}); time {time} }}\n"
    spec += "metric m = sum(x) from o over last 7 days\nmetric others = count_distinct(x) from o over last 7 days"
    (folder / "o.kpi").write_text(spec, "utf-8")
    results = kpidsl.load(folder / "o.kpi").evaluate(as_of="2026-04-10")
    assert not results.errors, results.errors
    return [found.value for found in results.metrics]


def hundred_days() -> pa.Table:
    days = [date(2026, 1, 1) + timedelta(days=number // 10) for number in range(1_000)]
    return pa.table({"at": days, "x": list(range(1_000)), "unused": list(range(1_000))})


LAST_SEVEN = [sum(range(930, 1_000)), 70]


def test_row_groups_out_of_time_and_unused_columns_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "o.parquet"
    pq.write_table(hundred_days(), file, row_group_size=10)
    spoil(file, "x", range(93))
    spoil(file, "unused", range(100))
    assert total('"o.parquet"', tmp_path) == LAST_SEVEN


def test_files_out_of_time_are_not_read(tmp_path: Path) -> None:
    for number in range(10):
        file = tmp_path / f"p{number}.parquet"
        pq.write_table(hundred_days().slice(number * 100, 100), file)
        if number < 9:
            spoil(file, "x", range(1))
    assert total('"p*.parquet"', tmp_path) == LAST_SEVEN


def test_a_time_that_only_the_folders_name_leaves_the_other_folders_alone(tmp_path: Path) -> None:
    for number in range(100):
        file = tmp_path / f"at={date(2026, 1, 1) + timedelta(days=number)}" / "part.parquet"
        file.parent.mkdir()
        pq.write_table(hundred_days().slice(number * 10, 10).select(["x"]), file)
        if number < 93:
            spoil(file, "x", range(1))
    assert total('"*/*.parquet", hive_partitioning: true', tmp_path) == LAST_SEVEN


# ---------------------------------------------------------------- memory
@pytest.mark.parametrize(("given", "taken"), [("512MB", "512MB"), ("1.5 GiB", "1.5GiB"), (" 2gb ", "2gb")])
def test_amounts_of_memory(given: str, taken: str) -> None:
    assert duck.memory_size(given) == taken


@pytest.mark.parametrize("given", ["", "512", "MB", "0MB", "-1GB", "lots", "80%"])
def test_what_is_no_amount_of_memory(given: str) -> None:
    with pytest.raises(UsageError, match="no amount of memory"):
        duck.memory_size(given)


def test_the_limit_is_kept_and_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(duck.connect(memory_limit="100MB")) as connection:
        assert connection.execute("SELECT current_setting('memory_limit')").fetchall() == [("95.3 MiB",)]
    monkeypatch.setenv("KPIDSL_MEMORY", "200MB")
    with closing(duck.connect()) as connection:
        assert connection.execute("SELECT current_setting('memory_limit')").fetchall() == [("190.7 MiB",)]


def test_what_is_spilled_is_for_nobody_else_and_goes_with_the_process(tmp_path: Path) -> None:
    script = """
import pathlib, tempfile
from kpidsl.engine import duck
connection = duck.connect(threads=2, memory_limit="60MB")
rows = connection.execute("SELECT i, hash(i) FROM range(6000000) AS n(i) ORDER BY 2, 1")
(folder,) = pathlib.Path(tempfile.gettempdir()).iterdir()
print(oct(folder.stat().st_mode & 0o777), any(each.is_file() for each in folder.rglob("*")))
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert ran.stdout.split() == ["0o700", "True"], ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_one_and_what_another_uses_stays(tmp_path: Path) -> None:
    waits = "import sys; from kpidsl.engine import duck; duck.connect(); print(flush=True); sys.stdin.read()"
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}

    def started() -> tuple[subprocess.Popen[bytes], Path]:
        before = set(tmp_path.iterdir())
        process = subprocess.Popen([sys.executable, "-c", waits], env=environment, stdin=-1, stdout=-1)
        assert process.stdout is not None and process.stdout.readline() == b"\n"
        (folder,) = set(tmp_path.iterdir()) - before
        return process, folder

    (killed, left), (running, used), (young, new) = started(), started(), started()
    (left / "1").mkdir()
    (left / "1" / "spilled").write_bytes(b"rows")
    foreign = tmp_path / "kpidsl-spilled-by-hand"
    foreign.mkdir()
    for process in (killed, young):
        process.kill()
        process.communicate(timeout=30)
    for folder in (left, used, foreign):
        os.utime(folder, (0, 0))
    done, _ = started()
    done.communicate(b"", timeout=30)
    assert sorted(tmp_path.iterdir()) == sorted((used, new, foreign))
    running.communicate(b"", timeout=30)
    assert sorted(tmp_path.iterdir()) == sorted((new, foreign))


def test_what_does_not_fit_costs_its_own_value_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpidsl.engine.quantiles.MANY", 10**12)  # all values are listed
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT DATE '2026-01-01' AS at, hash(i)::DOUBLE AS x FROM range(6000000) AS n(i)) "
            f"TO '{tmp_path / 'o.parquet'}'"
        )
    text = f'source o {{ from parquet("{tmp_path / "o.parquet"}"); time at }}\n'
    text += "metric middle = median(x) from o over 2026-01\nmetric rows = count() from o over 2026-01"
    results = kpidsl.load("-", stdin_text=text).evaluate(as_of="2026-01-31", memory="40MB", threads=2)
    found: Mapping[str, object] = {each.name: each.value for each in results.metrics}
    assert found["rows"] == 6_000_000
    if found["middle"] is None:
        (error,) = results.errors
        assert "does not fit into memory" in error.message
        assert error.affects == ("middle",)
