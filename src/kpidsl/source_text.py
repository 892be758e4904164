"""Text of a spec file and places in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import field
from pathlib import Path
from typing import NamedTuple

from kpidsl.records import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One file of a spec set.

    `path` is how messages name it, `file` where it lies on disk (None for text without a file), `name` how documents
    name it: relative to the spec's root, so that they are the same wherever the spec lies.
    """

    path: str
    text: str
    file: Path | None = None
    name: str = ""
    _line_starts: list[int] = field(default_factory=list, repr=False)

    def _starts(self) -> list[int]:
        if not self._line_starts:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._line_starts.extend(starts)
        return self._line_starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column (both from 1, in characters) of a character offset."""
        starts = self._starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its end."""
        starts = self._starts()
        begin = starts[number - 1]
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[begin:end].rstrip("\r")


class Span(NamedTuple):
    """A half-open stretch `[start, end)` of characters of a source.

    A tuple, since every node has one: it is made in a third of the time of a frozen record.
    """

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def place(self) -> str:
        """`path:line`, as documents write it."""
        return f"{self.source.name or self.source.path}:{self.line}"

    def to(self, other: Span) -> Span:
        """The stretch from the start of this one to the end of the other."""
        return Span(self.source, self.start, max(self.end, other.end))
