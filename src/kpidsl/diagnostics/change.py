"""The picture of a fix: the lines it takes away and the lines it writes."""

from __future__ import annotations

from kpidsl.diagnostics.canvas import LONG, Ink, Row, strip
from kpidsl.diagnostics.model import Fix
from kpidsl.diagnostics.places import bounds
from kpidsl.records import dataclass

SHOWN = 8  # lines taken away, and as many written
LONGEST = 20_000  # characters; a change of more is told by its title alone


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One line: `sign` is `-` for one that goes, `+` for one that comes; `number` is empty if it tells of several."""

    number: str
    sign: str
    ink: Ink
    row: Row


def change(fix: Fix, room: int) -> list[ChangeRow]:
    """The rows that show what a fix does to the lines it touches; none where it changes nothing."""
    source = fix.span.source
    start, end = bounds(fix.span)
    (first, column), (last, end_column) = source.position(start), source.position(end)
    if end - start + len(fix.text) > LONGEST:
        return []
    old = [source.line(number) for number in range(first, last + 1)]
    new = [line.rstrip("\r") for line in f"{old[0][: column - 1]}{fix.text}{old[-1][end_column - 1 :]}".split("\n")]
    while old and new and old[0] == new[0]:
        del old[0], new[0]
        first += 1
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    rows: list[ChangeRow] = []
    for lines, others, sign, ink in ((old, new, "-", Ink.REMOVED), (new, old, "+", Ink.ADDED)):
        for number, line in enumerate(lines[:SHOWN]):
            other = others[number] if number < len(others) else ""
            begin, stop = differing(line, other) if len(line) + len(other) < LONG else (column - 1, column)
            stop += max(0, len(other) - len(line))  # both are cut at the same place, so that they can be compared
            row = Row()
            strip(line, begin, stop, room).draw(row, 0, ink)
            rows.append(ChangeRow(str(first + number), sign, ink, row))
        if len(lines) > SHOWN:
            row = Row()
            row.put(0, f"… and {len(lines) - SHOWN} more lines", ink)
            rows.append(ChangeRow("", sign, ink, row))
    return rows


def differing(line: str, other: str) -> tuple[int, int]:
    """Where a line differs from another: the stretch of it between what both begin with and what both end with."""
    begin = next(
        (at for at, (one, two) in enumerate(zip(line, other, strict=False)) if one != two), min(len(line), len(other))
    )
    tail = 0
    while tail < min(len(line), len(other)) - begin and line[-1 - tail] == other[-1 - tail]:
        tail += 1
    return begin, len(line) - tail
