"""How the process of a command ends: with its exit code, with everything said and done, and without delay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD, WRONG = "metric answer = 6 * 7", "metric answer = 6 * sevn"
PROCESS = """
import atexit, sys
class Held:
    def __del__(self): print("taken apart", flush=True)
held = Held()
atexit.register(print, "at the end")
sys.argv = ["kpidsl", "check", "-"]
from kpidsl.cli import run
{before}
run()
"""


def ended(spec: str, before: str = "") -> tuple[int, str]:
    found = subprocess.run(
        [sys.executable, "-c", PROCESS.format(before=before)], input=spec, text=True, capture_output=True, check=False
    )
    return found.returncode, found.stdout


@pytest.mark.parametrize(("spec", "code"), [(GOOD, 0), (WRONG, 4)])
def test_what_is_registered_is_done_and_nothing_is_taken_apart(spec: str, code: int) -> None:
    found, said = ended(spec)
    assert found == code
    assert said.endswith("at the end\n")


@pytest.mark.parametrize(
    "before",
    [
        "sys.setprofile(slice)",
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
    ],
)
def test_a_process_that_is_watched_or_has_threads_ends_as_any_other(before: str) -> None:
    found, said = ended(WRONG, before)
    assert found == 4
    assert said.endswith("at the end\ntaken apart\n")


def test_output_that_nobody_takes_is_told_by_the_interpreter() -> None:
    code = "import sys; from kpidsl.cli.leaving import leave; sys.stdout.write('x'); leave(SystemExit(0))"
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        found = subprocess.run(
            [sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, check=False, env=buffered
        )
    assert found.returncode == 120
