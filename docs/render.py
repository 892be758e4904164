"""Runs the commands shown in the documentation and writes what they print beneath them.

Every ```` ```console ```` block is run: a line that begins with `$ ` is a command for bash, the lines under it are its
output, on a terminal 100 columns wide without colour (standard output first, then standard error). A block under
`<!-- file: NAME -->` is first written to that name. All blocks of one document share one folder, with a copy of the
project's `specs/` and of the `data/` beside the document. Nothing else of a document is touched.

    python docs/render.py            refresh README.md and docs/
    python docs/render.py --check    only say which are out of date (exit code 1)
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = 100
BLOCK = re.compile(
    r"(?:^<!-- file: (?P<name>\S+) -->\n+)?^```(?P<kind>\w*)[^\n]*\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)


def documents() -> tuple[Path, ...]:
    """The documents with at least one block to run, in name order."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return tuple(each for each in found if "```console" in each.read_text("utf-8"))


def render(text: str, beside: Path = ROOT) -> str:
    """A document that lies in the folder `beside`, with the output of every command as it is now."""
    with tempfile.TemporaryDirectory(prefix="kpidsl-docs-") as folder:
        work = Path(folder) / "work"
        work.mkdir()
        if "specs/" in text:
            shutil.copytree(ROOT / "specs", work / "specs")
        if (beside / "data").is_dir():
            shutil.copytree(beside / "data", work / "data")
        environment = _environment(Path(folder))
        done = 0
        parts: list[str] = []
        for block in BLOCK.finditer(text):
            if name := block["name"]:
                (work / name).parent.mkdir(parents=True, exist_ok=True)
                (work / name).write_text(block["body"], "utf-8")
            elif block["kind"] == "console":
                parts += text[done : block.start("body")], _run_block(block["body"], work, environment)
                done = block.end("body")
        return "".join((*parts, text[done:]))


def _environment(folder: Path) -> dict[str, str]:
    """A shell's variables in which `kpidsl` and `import kpidsl` are this checkout's, without the caller's settings."""
    command = folder / "bin" / "kpidsl"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT / "src"}" exec "{sys.executable}" -m kpidsl "$@"\n', "utf-8")
    command.chmod(0o755)
    python = command.with_name("python")
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT / "src"}" exec "{sys.executable}" "$@"\n', "utf-8")
    python.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KPIDSL_", "PYTHON"))}
    return kept | {
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": _cache().name,
        "COLUMNS": str(COLUMNS),  # else a caller's own would count for more than the terminal
        "NO_COLOR": "1",
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


@cache
def _cache() -> tempfile.TemporaryDirectory[str]:
    """A folder for what kpidsl keeps, for all documents of a process: tables of a grammar take seconds to be made."""
    return tempfile.TemporaryDirectory(prefix="kpidsl-docs-cache-")


def _commands(body: str) -> Iterator[str]:
    """The commands of a block; one that ends in a backslash goes on in the next line."""
    lines = iter(body.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line
            while command.endswith("\\"):
                command += "\n" + next(lines, "")
            yield command


def _run_block(body: str, work: Path, environment: dict[str, str]) -> str:
    shown: list[str] = []
    code = 0
    for command in _commands(body):
        # The exit code of the command before is what `echo $?` is to show.
        code, output = _run(f"(exit {code})\n{command.removeprefix('$ ')}", work, environment)
        shown.append(f"{command}\n{output}")
    return "".join(shown)


def _run(script: str, work: Path, environment: dict[str, str]) -> tuple[int, str]:
    """The exit code and the output of a script whose standard output is a terminal, as a reader's would be."""
    import fcntl
    import pty
    import termios

    reader, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            ["bash", "-c", script], cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=terminal, stderr=errors
        )
        os.close(terminal)
        printed = b"".join(_until_closed(reader))
        os.close(reader)
        code = process.wait()
        errors.seek(0)
        text = (printed + errors.read()).decode("utf-8").replace("\r\n", "\n")
    text = "\n".join(line.rstrip() for line in text.splitlines())
    return code, f"{text}\n" if text else ""


def _until_closed(reader: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(reader, 65536)
        except OSError:  # how Linux says that the other side of a terminal is closed
            return
        if not chunk:
            return
        yield chunk


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="write nothing; exit 1 where a document is out of date")
    check = arguments.parse_args().check
    stale = 0
    for document in documents():
        before = document.read_text("utf-8")
        after = render(before, document.parent)
        if before != after:
            stale += 1
            print(f"{'out of date' if check else 'refreshed'}: {document.relative_to(ROOT)}")
            if not check:
                document.write_text(after, "utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
