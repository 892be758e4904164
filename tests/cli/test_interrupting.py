"""What stops a run: within a second, with 130, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

ROWS = 2_000_000
SPEC = """
source t { from parquet("t.parquet"); time at }
metric a = count_distinct(who) from t over all time
metric b = percentile(x, 95%) from t where name matches "(a+b*)+[1-5]{2}.*9" over all time
metric c = percentile(x, 90%) from t where name matches "(a*b+)+[1-6]{2}.*8" over all time
metric d = count_distinct(name) from t where name matches "([0-9]+n)+.*7" over all time
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("data") / "t.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT DATE '2026-01-01' AS at, hash(i) AS who, (hash(i, 1) % 1000000)::DOUBLE AS x, "
            f"repeat('ab', 20) || i AS name FROM range({ROWS}) AS n(i)) TO '{file}'"
        )
    return file


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_a_query_ends_it_and_leaves_nothing(tmp_path: Path, data: Path, stop: signal.Signals) -> None:
    work, temporary = tmp_path / "work", tmp_path / "tmp"
    work.mkdir()
    temporary.mkdir()
    (work / "slow.kpi").write_text(SPEC.replace("t.parquet", str(data)), "utf-8")
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": ":".join(sys.path), "KPIDSL_CACHE": ""}
    command = [sys.executable, "-m", "kpidsl", "eval", "slow.kpi", "--as-of", "2026-01-31", "-o", "out.json"]
    with subprocess.Popen(
        [*command, "--memory", "150MB", "--threads", "1"],
        cwd=work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as ran:  # fmt: skip
        waited = time.monotonic() + 30
        while not list(temporary.iterdir()) and time.monotonic() < waited:
            time.sleep(0.02)  # until the engine is there
        time.sleep(0.5)
        assert ran.poll() is None, "the query was over too soon to be stopped"
        stopped = time.monotonic()
        ran.send_signal(stop)
        out, said = ran.communicate(timeout=30)
        took = time.monotonic() - stopped
    assert (ran.returncode, out, said.strip()) == (130, b"", b"interrupted")
    assert took < 1
    assert list(temporary.iterdir()) == []
    assert sorted(each.name for each in work.iterdir()) == ["slow.kpi"]
