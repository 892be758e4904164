"""Commands on a fake pipeline, in this process and in one of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.fake import FakePipeline, module
from kpidsl.cli import main

TESTS = Path(__file__).resolve().parent.parent


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> FakePipeline:
    made = FakePipeline()
    monkeypatch.setitem(sys.modules, "kpidsl.pipeline", module(made))
    return made


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def run(
    pipeline: FakePipeline, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """Run a command line in an empty folder; standard output is no terminal."""
    monkeypatch.chdir(tmp_path)

    def ran(*arguments: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, out, err)

    return ran


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., list[str]]:
    """The words that run a command line on a fake pipeline in a process of its own."""

    def words(*arguments: str, **asked: Any) -> list[str]:
        return [sys.executable, "-m", "cli.fake", json.dumps(asked), *arguments]

    return words


@pytest.fixture
def environment() -> dict[str, str]:
    """Variables for such a process: no colour settings, and this checkout before anything installed."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "TERM")}
    return kept | {"PYTHONPATH": os.pathsep.join((str(TESTS.parent / "src"), str(TESTS))), "TERM": "xterm"}


@pytest.fixture
def process(
    command: Callable[..., list[str]], environment: dict[str, str], tmp_path: Path
) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    def ran(*arguments: str, env: dict[str, str] | None = None, **asked: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command(*arguments, **asked), cwd=tmp_path, env=environment | (env or {}), capture_output=True, timeout=60
        )

    return ran
