"""The picture of a stretch of a spec: its lines, marks under places, words beside marks, brackets around many lines."""

from __future__ import annotations

from kpidsl.diagnostics.canvas import Ink, Row, Strip, strip
from kpidsl.diagnostics.glyphs import columns, visible, wrapped
from kpidsl.diagnostics.places import bounds
from kpidsl.records import dataclass
from kpidsl.source_text import Source, Span

WHOLE = 6  # lines; of a longer stretch only the first two and the last are shown
BRACKETS = 4  # side by side; further ones are drawn at their first line only
LOOK_BACK = 3  # lines to go back for one with text, where the place itself is an empty line


@dataclass(frozen=True, slots=True)
class Mark:
    """A place to point at, in lines `first` to `last` (from 1).

    `start` is an index in the text of the first, `end` (exclusive) one in the text of the last.
    """

    first: int
    last: int
    start: int
    end: int
    text: str
    primary: bool
    bracket: int = -1  # which bracket shows it, from the left; -1: it is marked on its only line

    @property
    def ink(self) -> Ink:
        return Ink.PRIMARY if self.primary else Ink.SECONDARY

    @property
    def sign(self) -> str:
        return "^" if self.primary else "-"


@dataclass(frozen=True, slots=True)
class PictureRow:
    """One row: `gutter` is a line's number, `...` for lines left out, or empty under a line."""

    gutter: str
    row: Row


def mark(span: Span, text: str, *, primary: bool) -> Mark:
    """The mark for a span, wherever it lies; one that ends behind a line's end does not reach into the next line."""
    source = span.source
    start, end = bounds(span)
    (first, column), (last, end_column) = source.position(start), source.position(end)
    if last > first and end_column == 1:
        last -= 1
        end_column = len(source.line(last)) + 1
    return Mark(first, last, column - 1, end_column - 1, visible(text).strip(), primary)


def bracketed(source: Source, marks: list[Mark]) -> list[Mark]:
    """The same marks, with a bracket for each of several lines: no two that meet share one, the longest is leftmost."""
    taken: list[list[tuple[int, int]]] = [[] for _ in range(BRACKETS)]
    found: list[Mark] = []
    for each in sorted(marks, key=lambda mark: (mark.first, -mark.last, mark.start)):
        if each.first == each.last:
            found.append(each)
            continue
        lines = (each.first, each.last)
        for number, others in enumerate(taken):
            if all(lines[1] < first or last < lines[0] for first, last in others):
                others.append(lines)
                found.append(Mark(*lines, each.start, each.end, each.text, each.primary, number))
                break
        else:
            end = len(source.line(each.first))
            found.append(Mark(each.first, each.first, each.start, end, each.text, each.primary))
    return found


def shown_lines(source: Source, marks: list[Mark]) -> list[int]:
    """The numbers of the lines to show."""
    lines: set[int] = set()
    for each in marks:
        whole = each.last - each.first < WHOLE
        lines.update(range(each.first, each.last + 1) if whole else (each.first, each.first + 1, each.last))
        if each.first == each.last and not source.line(each.first).strip():
            before = range(each.first - 1, max(0, each.first - 1 - LOOK_BACK), -1)
            lines.update([number for number in before if source.line(number).strip()][:1])
    between = {number + 1 for number in lines if number + 2 in lines}
    return sorted(lines | between)


def excerpt(source: Source, places: list[tuple[Span, str, bool]], room: int) -> list[PictureRow]:
    """The rows that show `places` (span, word about it, whether it is the primary one) of a file in `room` columns."""
    marks = bracketed(source, [mark(span, text, primary=primary) for span, text, primary in places])
    margin = 2 * (1 + max((each.bracket for each in marks), default=-1))
    picture = Picture(source, marks, margin, max(20, room - margin))
    before = None
    for number in shown_lines(source, marks):
        if before is not None and number > before + 1:
            picture.skip()
        picture.line(number)
        before = number
    return picture.rows


class Picture:
    """The rows drawn so far, and the brackets that are open below them."""

    def __init__(self, source: Source, marks: list[Mark], margin: int, room: int) -> None:
        self.source = source
        self.marks = marks
        self.margin = margin
        self.room = room
        self.open: dict[int, Mark] = {}
        self.rows: list[PictureRow] = []

    def start(self, gutter: str = "") -> Row:
        """A new row with the open brackets in its margin."""
        row = Row()
        for each in self.open.values():
            row.put(2 * each.bracket, "|", each.ink)
        self.rows.append(PictureRow(gutter, row))
        return row

    def skip(self) -> None:
        self.start("...")

    def line(self, number: int) -> None:
        """A source line and everything that is drawn under it."""
        text = self.source.line(number)
        single = [each for each in self.marks if each.bracket < 0 and each.first == number]
        opening = [each for each in self.marks if each.bracket >= 0 and each.first == number]
        closing = [each for each in self.marks if each.bracket >= 0 and each.last == number]
        part = self.part(text, single, opening, closing)
        row = self.start(str(number))
        part.draw(row, self.margin)
        for each in opening:
            if not text[: each.start].strip():
                row.put(2 * each.bracket, "/", each.ink)
                self.open[each.bracket] = each
        self.under(part, single)
        for each in opening:
            if each.bracket not in self.open:
                column = self.margin + part.column(each.start)
                row = self.start()
                row.fill(2 * each.bracket + 1, column, "_", each.ink)
                row.put(column, each.sign, each.ink)
                self.open[each.bracket] = each
        for each in sorted(closing, key=lambda mark: -mark.bracket):
            column = self.margin + part.column(max(each.end - 1, 0))
            row = self.start()
            row.fill(2 * each.bracket + 1, column, "_", each.ink)
            row.put(column, f"{each.sign} {each.text}" if each.text else each.sign, each.ink)
            del self.open[each.bracket]

    def part(self, text: str, single: list[Mark], opening: list[Mark], closing: list[Mark]) -> Strip:
        """What of a line to show: all that is marked, or where that is too wide, the primary place."""
        ranges = [
            *((each.primary, each.start, max(each.end, each.start + 1)) for each in single),
            *((each.primary, each.start, each.start + 1) for each in opening),
            *((each.primary, max(each.end - 1, 0), each.end) for each in closing),
        ]
        if not ranges:
            return strip(text, 0, 0, self.room)
        start, end = min(each[1] for each in ranges), max(each[2] for each in ranges)
        if columns(text[start : min(end, start + self.room)]) > self.room - 2 or end - start > self.room:
            _, start, end = min(ranges, key=lambda each: not each[0])
        return strip(text, start, end, self.room)

    def under(self, part: Strip, marks: list[Mark]) -> None:
        """The row of carets and dashes under a line, then the words that did not fit behind it, each hung on a line.

        What would pass the edge of the terminal is moved to the left, as far as it must.
        """
        if not marks:
            return
        placed: list[tuple[int, int, Mark]] = []
        row = self.start()
        for each in sorted(marks, key=lambda mark: mark.primary):
            start = self.margin + part.column(each.start)
            end = max(self.margin + part.column(each.end), start + 1)
            row.fill(start, end, each.sign, each.ink)
            placed.append((start, end, each))
        words = [each for each in sorted(placed, key=lambda place: (place[0], place[2].primary)) if each[2].text]
        if not words:
            return
        start, end, last = words[-1]
        alone = end == row.width and (len(words) == 1 or words[-2][0] < start)
        edge = self.margin + self.room
        if alone and end + 1 + columns(last.text) <= edge:
            row.put(end + 1, last.text, last.ink)
            words.pop()
        if words:
            row = self.start()
            self.hang(row, words)
        while words:
            start, _, each = words.pop()
            lines = wrapped(each.text, self.room)
            left = max(self.margin, min(start, edge - max(columns(line) for line in lines)))
            for line in lines:
                row = self.start()
                self.hang(row, [other for other in words if other[0] < start])
                row.put(left, line, each.ink)

    @staticmethod
    def hang(row: Row, words: list[tuple[int, int, Mark]]) -> None:
        for start, _, each in words:
            row.put(start, "|", each.ink)
