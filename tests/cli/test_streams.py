"""Streams as the system gives them: terminals, pipes that close, other encodings, full disks."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from fcntl import ioctl
from struct import pack
from typing import Any

import pytest

from kpidsl.cli import streams
from kpidsl.report import to_json, to_text
from report.sample import kpi, results, shop

Process = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def on_terminal(command: Callable[..., list[str]], environment: dict[str, str]) -> Callable[..., str]:
    """What a command writes to a terminal as wide as said."""

    def shown(*arguments: str, width: int = 100, env: dict[str, str] | None = None, **asked: Any) -> str:
        reader, terminal = pty.openpty()
        ioctl(terminal, termios.TIOCSWINSZ, pack("HHHH", 50, width, 0, 0))
        with subprocess.Popen(
            command(*arguments, **asked), env=environment | (env or {}), stdout=terminal, stderr=subprocess.PIPE
        ) as ran:
            os.close(terminal)
            written = b""
            try:
                while chunk := os.read(reader, 65536):
                    written += chunk
            except OSError:  # how Linux says that the other side is closed
                pass
            finally:
                os.close(reader)
            assert ran.stderr is not None
            assert ran.stderr.read() == b""
        return written.decode("utf-8").replace("\r\n", "\n")

    return shown


def test_a_terminal_gets_a_table_of_its_width_in_colour(on_terminal: Callable[..., str]) -> None:
    assert on_terminal("eval", width=90, found="shop") == to_text(shop(), width=90, colour=True)


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_can_be_refused(on_terminal: Callable[..., str], env: dict[str, str]) -> None:
    assert on_terminal("eval", env=env, found="shop") == to_text(shop(), width=100)


def test_an_empty_no_color_refuses_nothing(on_terminal: Callable[..., str]) -> None:
    assert "\x1b[" in on_terminal("eval", env={"NO_COLOR": ""}, found="shop")


def test_columns_overrides_the_width(on_terminal: Callable[..., str]) -> None:
    shown = on_terminal("eval", env={"COLUMNS": "140", "NO_COLOR": "1"}, found="shop")
    assert shown == to_text(shop(), width=140)


def test_json_can_be_asked_for_on_a_terminal(on_terminal: Callable[..., str]) -> None:
    assert on_terminal("eval", "-f", "json") == to_json(results(kpi("k")))


def test_progress_is_shown_on_a_terminal_only_after_a_second_and_taken_away(
    command: Callable[..., list[str]], environment: dict[str, str]
) -> None:
    for slow, shown in ((0, ""), (1.2, "\r\x1b[2Kreading orders … 1 s\r\x1b[2K")):
        reader, terminal = pty.openpty()
        ran = subprocess.run(
            command("eval", slow=slow), env=environment, stdout=subprocess.PIPE, stderr=terminal, timeout=60
        )
        os.write(terminal, b".")  # so that there is something to read
        written = b""
        while not written.endswith(b"."):
            written += os.read(reader, 1000)
        assert written.decode() == f"{shown}."
        os.close(terminal)
        os.close(reader)
        assert ran.stdout == to_json(results(kpi("k"))).encode()
    ran = subprocess.run(command("eval", slow=1.2), env=environment, capture_output=True, timeout=60)
    assert ran.stderr == b""


def test_progress_says_what_is_done_after_all_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(streams, "AFTER", 0.05)
    monkeypatch.setattr(streams, "AGAIN", 0.05)
    monkeypatch.delenv("TERM", raising=False)
    with streams.Progress() as progress:
        for say in (lambda: progress("orders"), lambda: progress(""), lambda: progress.says("writing")):
            say()
            time.sleep(0.3)
    shown = [line.rpartition(" … ")[0] for line in sys.stderr.getvalue().split("\r\x1b[2K")]  # type: ignore[attr-defined]
    assert list(dict.fromkeys(shown)) == ["", "reading orders", "judging what was read", "writing"]
    assert shown[-1] == "", "taken away"


def test_a_pipe_gets_json_without_colour_whatever_the_encoding(process: Process) -> None:
    expected = to_json(shop()).encode("utf-8")
    for env in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"PYTHONIOENCODING": "latin-1"}, {"PYTHONUTF8": "0"}):
        ran = process("eval", env=env, found="shop")
        assert ran.stdout == expected
        assert ran.stderr.startswith(b"error[K0601]")


def test_a_table_in_a_pipe_is_120_columns_wide(process: Process) -> None:
    assert process("eval", "-f", "text", found="shop").stdout == to_text(shop(), width=120).encode("utf-8")


@pytest.mark.parametrize("arguments", [("eval",), ("schema",), ("eval", "--help")])
def test_a_reader_that_goes_away_is_no_error(
    command: Callable[..., list[str]], environment: dict[str, str], arguments: tuple[str, ...]
) -> None:
    with subprocess.Popen(
        command(*arguments, many=3000), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as ran:
        assert ran.stdout is not None
        ran.stdout.close()
        assert ran.stderr is not None
        assert ran.stderr.read() == b""
        assert ran.wait() == 0


def test_a_full_disk_is_an_error(command: Callable[..., list[str]], environment: dict[str, str]) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123  a device
        ran = subprocess.run(command("eval"), env=environment, stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert ran.returncode == 3
    assert b"cannot write to standard output: no space left on device" in ran.stderr
    assert b"Exception ignored" not in ran.stderr


@pytest.mark.parametrize("env", [{}, {"PYTHONUNBUFFERED": "1"}])
def test_a_disk_that_takes_half_of_a_document_is_full(
    command: Callable[..., list[str]], environment: dict[str, str], env: dict[str, str], tmp_path: Any
) -> None:
    ran = subprocess.run(
        ["sh", "-c", 'ulimit -f 8; exec "$@" > half.json', "sh", *command("eval", many=300)],
        env=environment | env, cwd=tmp_path, stderr=subprocess.PIPE, timeout=60,
    )  # fmt: skip
    assert 0 < (tmp_path / "half.json").stat().st_size <= 8192
    assert ran.returncode == 3
    assert b"cannot write to standard output: file too large" in ran.stderr
    assert b"Exception ignored" not in ran.stderr


def test_closed_streams_do_not_matter(
    command: Callable[..., list[str]], environment: dict[str, str], tmp_path: Any
) -> None:
    script = '"$@" >&- 2>&- <&-'
    ran = subprocess.run(
        ["sh", "-c", script, "sh", *command("eval", "-o", "a.json")], env=environment, cwd=tmp_path, timeout=60
    )
    assert ran.returncode == 0
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["kpis"]


def test_a_document_that_nobody_can_get_is_an_error(
    command: Callable[..., list[str]], environment: dict[str, str]
) -> None:
    ran = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *command("eval")], env=environment, stderr=subprocess.PIPE, timeout=60
    )
    assert ran.returncode == 3
    assert b"cannot write to standard output: it is closed" in ran.stderr


def test_an_interruption_ends_with_130_and_writes_nothing(process: Process, tmp_path: Any) -> None:
    ran = process("eval", "-o", "a.json", interrupt=True)
    assert (ran.returncode, ran.stdout) == (130, b"")
    assert ran.stderr.strip() == b"interrupted"
    assert list(tmp_path.iterdir()) == []
