"""Rows of a terminal picture, and source lines cut to the columns there are."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import field
from enum import Enum
from itertools import groupby

from kpidsl.diagnostics.glyphs import glyphs
from kpidsl.records import dataclass

LONG = 4_000  # characters; of a longer line only as many around the place are looked at
ELLIPSIS = "…"


class Ink(Enum):
    """What a piece of a row is; text.py knows the colours."""

    PLAIN = "plain"
    BOLD = "bold"
    GUTTER = "gutter"
    PRIMARY = "primary"
    SECONDARY = "secondary"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(slots=True)
class Row:
    """One row of a picture, written column by column; what is written later covers what was there."""

    cells: dict[int, tuple[str, Ink]] = field(default_factory=dict)
    width: int = 0

    def put(self, column: int, text: str, ink: Ink = Ink.PLAIN) -> None:
        self.place(column, glyphs(text), ink)

    def place(self, column: int, signs: list[tuple[str, int]], ink: Ink = Ink.PLAIN) -> None:
        """Write signs of known widths; one of no width joins the sign before it."""
        last = column
        for sign, wide in signs:
            if wide == 0:
                before, colour = self.cells.get(last, (" ", ink))
                self.cells[last] = (before + sign, colour)
                continue
            last = column
            self.cells[column] = (sign, ink)
            for covered in range(column + 1, column + wide):
                self.cells[covered] = ("", ink)
            column += wide
        self.width = max(self.width, column)

    def fill(self, start: int, end: int, sign: str, ink: Ink) -> None:
        """Write a sign of one column into [start, end)."""
        for column in range(start, end):
            self.cells[column] = (sign, ink)
        self.width = max(self.width, end)

    def pieces(self) -> list[tuple[str, Ink]]:
        """Text and ink from left to right, without blanks at the end."""
        cells = [self.cells.get(column, (" ", Ink.PLAIN)) for column in range(self.width)]
        while cells and not cells[-1][0].strip():
            cells.pop()
        return [("".join(sign for sign, _ in run), ink) for ink, run in groupby(cells, key=lambda cell: cell[1])]


@dataclass(frozen=True, slots=True)
class Strip:
    """The part of a source line that is shown, and where its characters stand in it."""

    signs: list[tuple[str, int]]
    edges: list[int]  # the column each shown character starts at, and one more: where the last ends
    first: int  # index in the line of the first shown character
    before: bool  # whether something was cut off in front
    after: bool  # whether something was cut off behind

    @property
    def width(self) -> int:
        return self.edges[-1] + self.before + self.after

    def column(self, index: int) -> int:
        """The column of a character of the line; those cut off stand at the ellipsis in their place."""
        at = index - self.first
        if at < 0:
            return 0
        if at >= len(self.edges):
            return self.width - self.after if self.after else self.width
        return self.edges[at] + self.before

    def draw(self, row: Row, column: int, ink: Ink = Ink.PLAIN) -> None:
        if self.before:
            row.put(column, ELLIPSIS, Ink.GUTTER)
        row.place(column + self.before, self.signs, ink)
        if self.after:
            row.put(column + self.width - 1, ELLIPSIS, Ink.GUTTER)


def strip(line: str, start: int, end: int, room: int) -> Strip:
    """The part of `line` that shows its characters [start, end) in at most `room` columns.

    Where the stretch itself does not fit, its beginning is shown.
    """
    offset = 0
    tail = False
    if len(line) > LONG:
        offset = max(0, min(start, len(line)) - LONG // 2)
        tail = offset + LONG < len(line)
        line = line[offset : offset + LONG]
    signs = glyphs(line)
    edges = [0]
    for _, wide in signs:
        edges.append(edges[-1] + wide)
    if not offset and not tail and edges[-1] <= room:
        return Strip(signs, edges, 0, before=False, after=False)

    def edge(index: int) -> int:
        return edges[min(max(index - offset, 0), len(signs))]

    inner = max(1, room - 2)  # an ellipsis at either side
    left, right = edge(start), max(edge(end), edge(start) + 1)
    spare = max(0, inner - (right - left))
    low = max(0, min(left - spare // 2, edges[-1] + 1 - inner))
    first = bisect_right(edges, low) - 1 if low else 0
    stop = first
    while stop < len(signs) and edges[stop + 1] - edges[first] <= inner:
        stop += 1
    return Strip(
        signs[first:stop],
        [at - edges[first] for at in edges[first : stop + 1]],
        offset + first,
        before=bool(offset or first),
        after=tail or stop < len(signs),
    )
