"""Runs of `eval --state` that are killed: what follows them is right."""

from __future__ import annotations

import multiprocessing
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from kpidsl.cli import main
from state.work import AS_OF, Work

RUNS = multiprocessing.get_context("forkserver") if sys.platform != "win32" else None
"""Processes that have imported what a run imports: nearly all of their time is spent on data and state."""
if RUNS is not None:
    RUNS.set_forkserver_preload(["_duckdb", "kpidsl.cli", "kpidsl.pipeline", "kpidsl.state", "kpidsl.assess.build"])


def kill(work: Work, times: int) -> None:
    """Kill runs at random moments while files arrive: what follows is always right."""
    assert RUNS is not None
    rng = random.Random(times)
    arguments = [
        "eval",
        str(work.spec),
        "--as-of",
        AS_OF,
        "--state",
        str(work.state),
        "-o",
        str(work.folder / "a.json"),
    ]
    length = 0.0
    for _ in range(2):  # the first one also fills the cache
        start = time.perf_counter()
        process = RUNS.Process(target=main, args=(arguments,))
        process.start()
        process.join()
        assert process.exitcode == 0
        length = time.perf_counter() - start
    ended: list[int | None] = []
    for number in range(times):
        work.write(str(3 + number % 5), f"('2026-03-{1 + number % 28:02} 10:00', 'a', {number}, 0.1)")
        process = RUNS.Process(target=main, args=(arguments,))
        process.start()
        time.sleep(rng.random() * length)
        process.kill()
        process.join()
        ended.append(process.exitcode)
        if number % 5 == 4 or times < 10:
            work.agree()
    assert times < 10 or ended.count(-signal.SIGKILL) > times // 2


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_killed_runs_leave_nothing_wrong(tmp_path: Path) -> None:
    kill(Work(tmp_path, "parquet"), 3)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_a_hundred_killed_runs_leave_nothing_wrong(tmp_path: Path) -> None:
    kill(Work(tmp_path, "parquet"), 100)
