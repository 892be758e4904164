"""What a process takes follows from what it shows, not from the rows it reads."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import duckdb
import pytest

LIMIT = "100MB"
MOST = 190
"""MiB that a process may take under that limit: an interpreter with DuckDB, sqlglot and the spec takes about 95."""
SPEC = """
source o { from parquet("FILE"); time at }
metric total = sum(amount) from o over all time
metric middle = median(x) from o over all time
metric high = percentile(amount, 95%) from o where land == "l3" over last month
metric people = count_distinct(who) from o over last month
metric people_there = count_distinct(who) from o where land == "l3" over last 3 months
kpi monthly { value median(x) from o over last month; trend 6 months; target >= 1 }
kpi lands { value sum(x) from o over last month; by land; compare previous; target >= 1 whole }
kpi middles { value median(x) from o over all time; by land; target >= 1 whole }
"""
MEMBERS = """
source o { from parquet("FILE"); time at }
kpi each { value sum(amount) from o over last month; by who; compare previous; target >= 1 whole }
kpi middle { value median(x) from o over last month; by who; target >= 1 whole }
kpi kinds { value count_distinct(land) from o over last month; by who; compare previous; target >= 1 whole }
"""
TOLD = """
import sys
from kpidsl.cli import main
try:
    main()
finally:
    sys.stderr.write(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
"""What getrusage says of a child begins with the memory of its parent."""


def made(file: Path, rows: int, people: int) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (
                SELECT TIMESTAMP '2026-01-01' + to_seconds((i * (181 * 86400.0 / {rows}))::BIGINT)::INTERVAL AS at,
                    (hash(i, 1) % 1000000 / 100)::DECIMAL(12, 2) AS amount, (hash(i, 2) / 1e9)::DOUBLE AS x,
                    hash(i, 3) % {people} AS who, 'l' || hash(i, 4) % 8 AS land
                FROM range({rows}) AS n(i)
            ) TO '{file}'"""
        )


def took(file: Path, spec: str, *more: str) -> tuple[float, int]:
    """The largest resident memory of `kpidsl eval`, in MiB, and how many bytes it wrote."""
    file.with_suffix(".kpi").write_text(spec.replace("FILE", str(file)), "utf-8")
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path), "TMPDIR": str(file.parent)}
    command = [sys.executable, "-c", TOLD, "eval", str(file.with_suffix(".kpi")), "--as-of", "2026-06-30"]
    with subprocess.Popen(
        [*command, "-f", "json", "--threads", "2", *more],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as ran:  # fmt: skip
        assert ran.stdout is not None
        assert ran.stderr is not None
        written = sum(map(len, iter(partial(ran.stdout.read, 1 << 16), b"")))
        said = ran.stderr.read().decode()
    assert ran.returncode == 0
    return int(said.split()[-2]) / 1024, written


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_memory_does_not_grow_with_rows(tmp_path: Path) -> None:
    found = []
    for rows in (200_000, 2_000_000):
        made(tmp_path / f"{rows}.parquet", rows, people=200_000)
        found.append(took(tmp_path / f"{rows}.parquet", SPEC, "--memory", LIMIT)[0])
    assert found[1] < MOST
    assert found[1] - found[0] < 60, "ten times the rows"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_memory_grows_with_members_by_less_than_the_document(tmp_path: Path) -> None:
    found = []
    for people in (1_500, 30_000):  # of fewer, what a process takes more or less of by chance is as much as the margin
        made(tmp_path / f"{people}.parquet", 100_000, people)
        # The least of three: threads of the database take more or less of what they need at once.
        found.append(min(took(tmp_path / f"{people}.parquet", MEMBERS, "--memory", LIMIT) for _ in range(3)))
    (few, little), (many, much) = found
    assert many < MOST
    assert many - few < (much - little) / 2**20
