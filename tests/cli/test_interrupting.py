"""What stops a run: within a second, with 130, and nothing left behind."""

from __future__ import annotations

import importlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from kpidsl import kept_files
from kpidsl.engine import duck

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
            "COPY (SELECT DATE '2026-01-01' AS at, hash(i) AS who, (hash(i, 1) % 1000000)::DOUBLE AS x, i AS k, "
            f"repeat('ab', 20) || i AS name FROM range({ROWS}) AS n(i)) TO '{file}'"
        )
    return file


def processor_time(process: int) -> float:
    """Seconds that a running process has worked."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def of_children() -> float:
    """Seconds that those worked who were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ended(tmp_path: Path, spec: str, ready: Callable[[Path, Path], bool], pause: float, stop: signal.Signals) -> float:
    """Send a signal to an evaluation, `pause` after it is `ready` (its working folder, and that for temporary files);
    how long it worked until it ended. A busy machine lets it wait, so what counts is its processor time; it sleeps for
    less than half a second, and what sleeps on is killed.
    """
    work, temporary = tmp_path / "work", tmp_path / "tmp"
    work.mkdir()
    temporary.mkdir()
    (work / "slow.kpi").write_text(spec, "utf-8")
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": ":".join(sys.path)}
    command = [
        sys.executable,
        "-m",
        "kpidsl",
        "eval",
        "slow.kpi",
        "--as-of",
        "2026-01-31",
        "-f",
        "text",
        "-o",
        "out.json",
    ]
    before = of_children()
    with subprocess.Popen(
        [*command, "--memory", "150MB", "--threads", "1"],
        cwd=work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as ran:  # fmt: skip
        waited = time.monotonic() + 60
        while not ready(work, temporary) and time.monotonic() < waited:
            time.sleep(0.02)
        time.sleep(pause)
        assert ran.poll() is None, "it was over too soon to be stopped"
        worked = processor_time(ran.pid)
        ran.send_signal(stop)
        try:
            out, said = ran.communicate(timeout=30)
        finally:
            ran.kill()
    took = of_children() - before - worked
    assert (ran.returncode, out, said.strip()) == (130, b"", b"interrupted")
    assert list(temporary.iterdir()) == []
    assert sorted(each.name for each in work.iterdir()) == ["slow.kpi"]
    return took


def has_an_engine(_: Path, temporary: Path) -> bool:
    return any(temporary.iterdir())


def is_writing(work: Path, _: Path) -> bool:
    return any(each.suffix == ".tmp" and each.stat().st_size for each in work.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_a_query_ends_it_and_leaves_nothing(tmp_path: Path, data: Path, stop: signal.Signals) -> None:
    assert ended(tmp_path, SPEC.replace("t.parquet", str(data)), has_an_engine, 0.5, stop) < 1


MANY = """
source t { from parquet("t.parquet"); time at }
kpi each { value sum(x) from t over all time; by who; target >= 1 whole }
kpi name { value median(x) from t over all time; by name; target >= 1 whole }
"""


@pytest.mark.slow
@pytest.mark.parametrize("pause", [1.0, 5.0])
def test_a_signal_while_many_members_are_met_and_assessed(tmp_path: Path, data: Path, pause: float) -> None:
    assert ended(tmp_path, MANY.replace("t.parquet", str(data)), has_an_engine, pause, signal.SIGINT) < 1


@pytest.mark.slow
def test_a_signal_while_many_members_are_written(tmp_path: Path, data: Path) -> None:
    spec = f"""
    source t {{ from parquet("{data}"); time at }}
    kpi each {{ value sum(x) from t where k < 30000 over all time; by k; target >= 1 whole }}
    """
    assert ended(tmp_path, spec, is_writing, 0.0, signal.SIGINT) < 1


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_until_the_engine_is_imported(stop: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    raised, imported, whole = [], [], importlib.import_module

    def disturbed(name: str) -> ModuleType:
        signal.raise_signal(stop)
        imported.append(name)
        return whole(name)

    def ended(number: int, _frame: object) -> None:
        raised.append((number, list(imported)))

    monkeypatch.setattr(importlib, "import_module", disturbed)
    former = signal.signal(stop, ended)
    duck._core.cache_clear()
    try:
        duck.failures()
    finally:
        signal.signal(stop, former)
    assert raised == [(stop, ["_duckdb"])]


EARLY = """
import os, runpy, signal, sys

class Disturbing:
    def find_spec(self, name, *_):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)

IGNORED
sys.meta_path.insert(0, Disturbing())
sys.argv = ["kpidsl", "--version"]
runpy.run_module("kpidsl", run_name="__main__")
"""


@pytest.mark.skipif(os.name != "posix", reason="there are no such signals")
@pytest.mark.parametrize("ignored", [False, True])
def test_a_signal_while_the_command_is_imported_ends_it_without_a_word(ignored: bool) -> None:
    script = EARLY.replace("IGNORED", "signal.signal(signal.SIGINT, signal.SIG_IGN)" if ignored else "")
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False)
    assert ran.stderr == b""
    assert (ran.returncode, ran.stdout != b"") == ((0, True) if ignored else (-signal.SIGINT, False))


STUCK = """
import ctypes, os, signal, sys, time
from pathlib import Path
from kpidsl import cli, leftovers
from kpidsl.engine.spilling import spill_folder

def stuck(*_):
    (spill_folder(os.getpid()) / "spilled").write_text("rows")
    half = Path("half.json.tmp")
    half.write_text("{")
    with leftovers.passing(half):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})  # other threads get them
        print("ready", flush=True)
        BODY

cli._run = stuck
cli.run()
"""


def stuck(tmp_path: Path, body: str) -> subprocess.Popen[bytes]:
    """A run of the command that is in the middle of something, once it is there."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    script = STUCK.replace("BODY", body)
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": ":".join(sys.path)}
    # From Python 3.12 on a fork beside threads is warned of.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script]
    # Without a buffer, in which more than the line would wait unseen by `communicate`.
    ran = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )
    assert ran.stdout is not None
    assert ran.stdout.readline() == b"ready\n"
    return ran


@pytest.mark.skipif(os.name != "posix", reason="signals wake no thread there")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_what_does_not_come_back(tmp_path: Path, stop: signal.Signals) -> None:
    with stuck(tmp_path, "ctypes.CDLL(None).sleep(30)") as ran:
        time.sleep(0.5)  # until it sleeps
        ran.send_signal(stop)
        _, said = ran.communicate(timeout=20)  # less than it sleeps
    assert (ran.returncode, said) == (130, b"interrupted\n")
    assert [each.name for each in tmp_path.rglob("*")] == ["tmp"]


@pytest.mark.skipif(os.name != "posix", reason="there are no forks")
@pytest.mark.slow
def test_what_a_forked_process_is_told_does_not_end_the_command(tmp_path: Path) -> None:
    body = """
        child = os.fork()
        if not child:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            os.kill(os.getpid(), signal.SIGTERM)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        time.sleep(1)
        return 0
    """
    with stuck(tmp_path, body.strip()) as ran:
        out, said = ran.communicate(timeout=20)
    assert (ran.returncode, said) == (0, b"")
    assert out == f"{-signal.SIGTERM}\n".encode()
    assert (tmp_path / "half.json.tmp").exists()


LEFT = """
import sys, threading, time
from kpidsl import cli

def done(*_):
    threading.Thread(target=time.sleep, args=(60,)).start()
    threading.Timer(0.5, print, ["ready"], {"flush": True}).start()
    return 0

cli._run = done
cli.run()
"""


@pytest.mark.skipif(os.name != "posix", reason="there are no such signals")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.slow
def test_a_signal_ends_the_wait_for_threads_that_a_plugin_left(stop: signal.Signals) -> None:
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", LEFT], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    ) as ran:
        assert ran.stdout is not None
        assert ran.stdout.readline() == b"ready\n"
        ran.send_signal(stop)
        _, said = ran.communicate(timeout=30)
    assert (ran.returncode, said) == (130, b"interrupted\n")


def test_state_that_is_half_written_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Path, payload: bytes) -> int:
        with self.open("wb") as file:
            file.write(payload[:10])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        kept_files.write_kept(tmp_path / "panes.kept", b"state")
    assert list(tmp_path.iterdir()) == []
