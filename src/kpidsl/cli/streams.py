"""Standard output and standard error: how they are encoded, how wide they are, whether they show colour."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import TYPE_CHECKING, Self, TextIO

from kpidsl.diagnostics.glyphs import encodable, visible
from kpidsl.diagnostics.secrets import redacted

if TYPE_CHECKING:
    import threading

AFTER, AGAIN = 1.0, 0.5
"""Seconds until progress is shown, and from one look to the next."""


def prepare() -> None:
    """Make both streams UTF-8 with plain line ends, whatever the locale: a document is the same bytes everywhere."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def buffer_output() -> None:
    """Buffer what is written, also where PYTHONUNBUFFERED is set: then Python leaves out, without a word, what the
    system did not take at once, such as the end of a document where the disk is full. Only for a process that does
    nothing else; the stream that was there stays open, for what the interpreter says at its end.
    """
    stream = sys.stdout
    if not isinstance(stream, io.TextIOWrapper) or not isinstance(stream.buffer, io.RawIOBase):
        return
    descriptor = io.FileIO(stream.fileno(), "w", closefd=False)
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(descriptor), line_buffering=stream.line_buffering)


def is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def is_coloured(stream: TextIO | None) -> bool:
    """Whether to write colours there: to a terminal that has them, unless NO_COLOR says no (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns(stream: TextIO | None) -> int | None:
    """The columns of a terminal, or what COLUMNS says; None where nobody knows."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    if stream is not None and is_terminal(stream):
        with suppress(OSError, ValueError):
            return os.get_terminal_size(stream.fileno()).columns or None
    return None


def write(text: str | Iterable[str]) -> None:
    """Write a document, or its pieces, to standard output. A reader that has gone away (`| head`) is no error: it had
    what it wanted.

    Raises OSError where it cannot be written (a full disk).
    """
    if sys.stdout is None:
        return
    try:
        for piece in (text,) if isinstance(text, str) else text:
            sys.stdout.write(encodable(piece))
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go(sys.stdout)
    except OSError:
        _let_go(sys.stdout)
        raise


def say(text: str) -> None:
    """Write to standard error, secrets taken out; nobody can be told where that fails."""
    if sys.stderr is not None and text:
        with suppress(OSError):
            sys.stderr.write(redacted(encodable(text if text.endswith("\n") else f"{text}\n")))
            sys.stderr.flush()


@contextmanager
def aside() -> Iterator[None]:
    """What plugins print while this lasts, and what they start, goes to standard error: standard output carries the
    document alone.
    """
    out, err = sys.stdout, sys.stderr
    if out is None or err is None:
        yield
        return
    kept: int | None = None
    with suppress(OSError, ValueError):  # no files: a caller in Python has put something else there
        out.flush()
        here, there = out.fileno(), err.fileno()
        kept = os.dup(here)
        os.dup2(there, here)
    try:
        with redirect_stdout(err):
            yield
    finally:
        if kept is not None:
            os.dup2(kept, here)
            os.close(kept)


class Progress:
    """A line on standard error that says what is being done – which source is read – from the second second on. Only on
    a terminal, and gone when all is done.
    """

    def __init__(self) -> None:
        self.shown = is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
        self.doing = ""
        self.written = False
        self._done: threading.Event | None = None
        self._line: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._done is not None and self._line is not None:
            self._done.set()
            self._line.join()
        if self.written:
            self._write("")

    def __call__(self, source: str) -> None:
        """Say that a source is being read; nothing is the name of none: all were."""
        self.says(f"reading {visible(source)}" if source else "judging what was read")

    def says(self, doing: str) -> None:
        self.doing = doing
        if self.shown and self._line is None:
            import threading

            self._done = threading.Event()
            self._line = threading.Thread(target=self._tell, args=(self._done,), daemon=True)
            self._line.start()

    def _tell(self, done: threading.Event) -> None:
        import time

        begun = time.monotonic()
        while not done.wait(AFTER if not self.written else AGAIN):
            self.written = True
            said = f"{self.doing} … {time.monotonic() - begun:.0f} s"
            self._write(said[: (columns(sys.stderr) or 80) - 1])

    def _write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(f"\r\x1b[2K{text}")
            sys.stderr.flush()


def _let_go(stream: TextIO) -> None:
    """Point a stream at nothing, so that Python does not fail on what is left in its buffer when it ends."""
    with suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
