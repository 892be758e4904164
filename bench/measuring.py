"""Runs commands as processes of their own, and tells what they cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall clock and processor time (user and system) in seconds, largest resident memory in MiB."""

    wall: float
    cpu: float
    memory: float


def run(
    command: Sequence[str], environment: Mapping[str, str] | None = None, folder: Path | None = None,
    ends_with: tuple[int, ...] = (0,),
) -> Cost:  # fmt: skip
    """One run of a command; raises `SystemExit` where it ends otherwise than expected.

    Bytecode is kept, as anywhere else: where a shell says that it is not, a checkout would be compiled by each run, and
    what pip installed would not.
    """
    given = dict(os.environ if environment is None else environment)
    given.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    process = subprocess.Popen(
        list(command), cwd=folder, env=given, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in ends_with:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}\n{said.decode()}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


SHUFFLE = """
import duckdb, sys
rows = duckdb.read_parquet(sys.argv[1]).order("hash(ordered_at, 7), ordered_at")
rows.write_parquet(sys.argv[2], compression="zstd")
"""


def shuffled(file: Path) -> Path:
    """The same rows in an order that tells nothing, as a Parquet file beside it: no statistics help. Made by a process
    of its own, since one that is started later counts the memory of this one as its largest.
    """
    other = file.with_stem(f"{file.stem}-shuffled")
    if not other.exists():
        made = other.with_suffix(".new")
        subprocess.run((sys.executable, "-c", SHUFFLE, str(file), str(made)), check=True)
        made.rename(other)
    return other


def cheapest(repeat: int, once: Callable[[], Cost]) -> Cost:
    """The run with the least processor time: on a shared machine the others waited."""
    return in_turns(repeat, once)[0]


def in_turns(repeat: int, *lines: Callable[[], Cost]) -> list[Cost]:
    """Of each line the run with the least processor time. The lines take turns, so that a machine that is slow for a
    while is slow for all of them.
    """
    runs = [[line() for line in lines] for _ in range(repeat)]
    return [min(costs, key=lambda cost: cost.cpu) for costs in zip(*runs, strict=True)]
