"""Quotes that DuckDB's CSV reader takes otherwise than they are meant, without a word.

A text that goes on in quotes after its closing quote (`"a" "b"`) is read as one, and one behind two blanks or more
(`,  "a"`) with its quotes in it. Where a single thread reads a file, a last row with a quote that is never closed, or
goes on after it was, is left out, with all lines in it. Bytes are searched for what may be such a place, and quotes are
counted, which come in pairs; only where there is one, or fewer rows were read than there are lines, the file is walked
in Python to tell.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Final

from kpidsl.diagnostics import SourceError
from kpidsl.records import dataclass
from kpidsl.sources import csv_text
from kpidsl.sources.csv_text import Dialect

_CHUNK: Final = 1 << 22
_CONTEXT: Final = 64  # characters of a chunk that the next one is looked at with
_HINT: Final = "mend the quotes in that row; a quote inside quotes is doubled, or `escape:` says how"


@dataclass(frozen=True, slots=True)
class Quotes:
    """What a look at the bytes of a file told: how many quotes and lines there are."""

    number: int
    lines: int


def check_quotes(path: Path, dialect: Dialect, name: str) -> Quotes:
    """Raise SourceError K0603 for the first row with such quotes; `name` is the file's in messages."""
    if not dialect.quote:
        return Quotes(0, 0)
    look = _looked_at(path, dialect)
    if look.is_suspect or look.number % 2:
        check_each_quote(path, dialect, name)
    return Quotes(look.number, look.lines + look.is_open)


def check_each_quote(path: Path, dialect: Dialect, name: str) -> None:
    """The same, of a file that is walked in any case."""
    found = _walked(path, dialect)
    if found is not None:
        line, words, hint = found
        raise SourceError(f"{name}:{line}: the row cannot be read: {words}", code="K0603", hint=hint)


def _looked_at(path: Path, dialect: Dialect) -> _Look:
    look = _Look(dialect)
    if not dialect.is_utf8 or path.suffix == ".zst":
        with csv_text.open_text(path, dialect) as text:
            for chunk in iter(lambda: text.read(_CHUNK), ""):
                look.at(chunk)
        return look
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        for data in iter(lambda: file.read(_CHUNK), b""):
            look.at(data.decode("latin-1"))
    return look


class _Look:
    """A file's text, chunk by chunk: whether one of the patterns stands where it may mean something; how many quotes
    there are that nothing escapes (a doubled one is two), and line ends; whether the last line has none.
    """

    def __init__(self, dialect: Dialect) -> None:
        mark = re.escape(dialect.quote)
        self.is_suspect = self.is_open = False
        self.number = self.lines = 0
        # Both begin with two plain characters, which is what makes the search quick.
        self._after, self._before = re.compile(f"{mark}  *(?={mark})"), re.compile(f"  {mark}")
        self._edges = (dialect.delimiter[-1], "\n", "\r")
        self._kept = "\n"
        self._quote = dialect.quote
        self._escape = "" if dialect.escape == dialect.quote else dialect.escape
        self._escaped = re.compile(f"{re.escape(self._escape)}.", re.DOTALL)
        self._rest = ""

    def at(self, chunk: str) -> None:
        text = self._kept + chunk
        if not self.is_suspect:
            self.is_suspect = any(
                not _behind(text, one.start()).endswith(self._edges) for one in self._after.finditer(text)
            ) or any(_behind(text, one.start()).endswith(self._edges) for one in self._before.finditer(text))
        joined = f"\r{chunk}" if self._kept.endswith("\r") else chunk
        self.lines += chunk.count("\n") + chunk.count("\r") - joined.count("\r\n")
        self.is_open = not chunk.endswith(("\n", "\r"))
        self._kept = text[-_CONTEXT:]
        if self._escape:
            chunk = self._escaped.sub("", self._rest + chunk)
            self._rest = self._escape if chunk.endswith(self._escape) else ""
        self.number += chunk.count(self._quote)


def _behind(text: str, at: int) -> str:
    """What stands before a place, blanks left out; a line end where that is not known any more."""
    while at and text[at - 1] == " ":
        at -= 1
    return text[at - 1 : at] or "\n"


def _walked(path: Path, dialect: Dialect) -> tuple[int, str, str] | None:
    """The line of the first row with such quotes, what they are, and what to do."""
    mark, edge = re.escape(dialect.quote), re.escape(dialect.delimiter)
    doubled = dialect.escape in ("", dialect.quote)
    inside = re.compile(
        f"(?:[^{mark}]|{mark}{mark})*+" if doubled else rf"(?:{re.escape(dialect.escape)}.|[^{mark}])*+", re.DOTALL
    )
    opening = re.compile(f"( *){mark}")
    closing = re.compile(rf"{mark} *(?:({edge})|[\r\n]*$)")
    plain = re.compile(rf"[^\r\n]*?(?:({edge})|[\r\n]*$)")
    began, is_open = 1, False
    with csv_text.open_text(path, dialect) as text:
        for number, line in enumerate(text, start=1):
            if number <= dialect.skip or (dialect.comment and not is_open and line.startswith(dialect.comment)):
                continue
            at = 0
            while at < len(line):
                if not is_open:
                    began = number if at == 0 else began
                    if dialect.quote not in line[at:]:
                        break
                    opened = opening.match(line, at)
                    if opened is None:
                        passed = plain.match(line, at)
                        if passed is None or passed[1] is None:
                            break
                        at = passed.end()
                        continue
                    if len(opened[1]) > 1:
                        words = "blanks stand before a quoted text"
                        return began, words, "take the blanks out: a quoted text begins right behind the delimiter"
                    is_open, at = True, opened.end()
                reached = inside.match(line, at)
                assert reached is not None
                if reached.end() == len(line):
                    break
                closed = closing.match(line, reached.end())
                if closed is None:
                    return began, "a quoted text goes on after its closing quote", _HINT
                is_open, at = False, closed.end()
    return (began, "a quote is opened and never closed", _HINT) if is_open else None
