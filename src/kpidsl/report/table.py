"""Columns of text for a terminal: as wide as they must be, and what does not fit told beneath."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.diagnostics.glyphs import columns, glyphs, visible, wrapped
from kpidsl.records import dataclass
from kpidsl.report.figures import Figure

WIDTH = 120  # columns, where nobody says how many there are

SEPARATOR = "  "
NARROWEST_TITLE = 30
WIDEST_TITLE = 56
TITLE_LINES = 4
DIM, BOLD = "2", "1"


@dataclass(frozen=True, slots=True)
class Column:
    """A column by the key of its cells. `leaves` orders which gives way first on a narrow terminal; 0: it stays.

    `said` stands before a cell that is told beneath its row instead.
    """

    key: str
    heading: str
    leaves: int = 0
    said: str = ""
    dim: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: a status with its colour (ANSI codes), a title indented by `depth`, cells by the key of their column.

    The title of a row without cells may take the whole width.
    `aside` stands where the cells behind the first column would, for a row that has none. `remarks` stand beneath, one
    paragraph each; the first is joined to the cells that had to give way.
    """

    title: str
    cells: dict[str, Figure | str]
    status: str = ""
    colour: str = ""
    depth: int = 0
    aside: str = ""
    remarks: tuple[str, ...] = ()


class Table:
    """Rows laid out for one width. `width` is in columns of the terminal."""

    def __init__(
        self, heading: str, columns_: Sequence[Column], rows: Sequence[TableRow], *, width: int, colour: bool
    ) -> None:
        self.heading = heading
        self.rows = rows
        self.width = width
        self.colour = colour
        self.cells = {each.key: aligned([row.cells.get(each.key) for row in rows]) for each in columns_}
        self.widths = {
            each.key: max([columns(each.heading), *(columns(cell) for cell in self.cells[each.key])])
            for each in columns_
        }
        self.all = [each for each in columns_ if any(cell.strip() for cell in self.cells[each.key])]
        self.columns = list(self.all)
        self.status_width = max((columns(row.status) for row in rows), default=0)
        self.gone: list[Column] = []
        self.title_width = self._fit()

    def _fit(self) -> int:
        """The width of the titles, after as many columns as must have given way."""
        wanted = min(
            max((columns(row.title) + 2 * row.depth for row in self.rows if row.cells), default=0), WIDEST_TITLE
        )
        least = min(wanted, NARROWEST_TITLE)
        leaving = sorted((each for each in self.columns if each.leaves), key=lambda each: each.leaves)
        while leaving and self._left() + least + self._right() > self.width:
            self.gone.append(leaving[0])
            self.columns.remove(leaving.pop(0))
        for each in reversed(self.gone[:-1]):
            kept = [column for column in self.all if column in (each, *self.columns)]
            if self._left() + least + self._right(kept) <= self.width:
                self.gone.remove(each)
                self.columns = kept
        return max(min(wanted, self.width - self._left() - self._right()), least // 2)

    def _left(self) -> int:
        return self.status_width + len(SEPARATOR) if self.status_width else 0

    def _right(self, shown: Sequence[Column] | None = None) -> int:
        return sum(len(SEPARATOR) + self.widths[each.key] for each in (self.columns if shown is None else shown))

    def lines(self) -> list[str]:
        """The heading and the rows."""
        return [self._heading(), *(line for number in range(len(self.rows)) for line in self._row(number))]

    def _heading(self) -> str:
        parts = [" " * self._left() + self.heading.ljust(self.title_width)]
        for each in self.columns:
            width = self.widths[each.key]
            is_number = any(isinstance(row.cells.get(each.key), Figure) for row in self.rows)
            parts.append(each.heading.rjust(width) if is_number else each.heading.ljust(width))
        return paint(SEPARATOR.join(parts).rstrip(), DIM, on=self.colour)

    def _row(self, number: int) -> list[str]:
        row = self.rows[number]
        indent = "  " * row.depth
        if not row.cells:
            room = max(self.width - self._left() - len(indent), NARROWEST_TITLE)
            return [self._beneath(indent + text) for text in wrapped(row.title, room)]
        titles = few(wrapped(row.title, self.title_width - len(indent)))
        first = fitted(titles[0], self.title_width - len(indent))
        status = paint(row.status, row.colour, on=self.colour) + " " * (self._left() - columns(row.status))
        painted = paint(first, BOLD, on=self.colour and row.depth == 0)
        line = status + indent + painted + " " * (self.title_width - len(indent) - columns(first))
        used = self._left() + self.title_width
        aside = row.aside
        for place, each in enumerate(self.columns):
            if place == 1 and row.aside and used + len(SEPARATOR) + columns(row.aside) <= self.width:
                line += SEPARATOR + paint(visible(row.aside), DIM, on=self.colour)
                aside = ""
                break
            line += SEPARATOR + self._cell(each, number)
            used += len(SEPARATOR) + self.widths[each.key]
        beneath = [self._beneath(indent + text) for text in titles[1:]]
        room = max(self.width - self._left(), 20)
        beneath += [self._beneath(text) for text in joined([indent + aside], room)]
        # What is said of an indented row stands deeper than it.
        deeper = indent + "  " if row.depth else ""
        paragraphs = [self._told(number), *([text] for text in row.remarks[1:])]
        beneath += [self._beneath(deeper + text) for parts in paragraphs for text in joined(parts, room - len(deeper))]
        return [line.rstrip(), *beneath]

    def _cell(self, column: Column, number: int) -> str:
        text = self.cells[column.key][number]
        shown = text.rstrip()
        blanks = " " * (self.widths[column.key] - columns(shown))
        is_number = isinstance(self.rows[number].cells.get(column.key), Figure)
        if is_number:
            lead = " " * (self.widths[column.key] - columns(text))
            return paint(lead + shown, DIM if column.dim else "", on=self.colour) + blanks[len(lead) :]
        return paint(shown, DIM if column.dim else "", on=self.colour) + blanks

    def _told(self, number: int) -> list[str]:
        """The first remark of a row, and the cells that had to give way, the more important ones first."""
        row = self.rows[number]
        parts = list(row.remarks[:1])
        if row.depth == 0:
            for each in sorted(self.gone, key=lambda gone: -gone.leaves):
                text = self.cells[each.key][number].strip()
                if text and text not in row.title:  # `Revenue, last month` says its window itself
                    parts.append(f"{each.said} {text}".strip())
        return parts

    def _beneath(self, text: str) -> str:
        return " " * self._left() + paint(text, DIM, on=self.colour)


def paint(text: str, codes: str, *, on: bool) -> str:
    """A text in a colour (ANSI codes)."""
    return f"\x1b[{codes}m{text}\x1b[0m" if on and codes and text.strip() else text


def fitted(text: str, width: int) -> str:
    """A text on one line in at most `width` columns, its end given up for an ellipsis where it is longer."""
    shown = visible(text)
    if columns(shown) <= width:
        return shown
    taken, room = 0, width - 1
    for _, wide in glyphs(shown):
        room -= wide
        if room < 0:
            break
        taken += 1
    return shown[:taken].rstrip() + "…"


def few(lines: Sequence[str]) -> Sequence[str]:
    """The lines of a title; of one that takes many, the first ones and an ellipsis."""
    return lines if len(lines) <= TITLE_LINES else (*lines[: TITLE_LINES - 1], f"{lines[TITLE_LINES - 1]}…")


def padded(text: str, width: int) -> str:
    return text + " " * max(0, width - columns(text))


def joined(parts: Sequence[str], room: int) -> list[str]:
    """The parts with dots between them, on as many lines as it takes; only a part that is itself too long is broken."""
    lines: list[str] = []
    for part in (text for each in parts if each.strip() for text in wrapped(each, room)):
        longer = f"{lines[-1]} · {part}" if lines else part
        if lines and columns(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def aligned(cells: Sequence[Figure | str | None]) -> list[str]:
    """The cells of one column in one width: numbers end in one place with their units behind it, texts begin in one."""
    cells = [Figure(visible(each.number), visible(each.unit)) if isinstance(each, Figure) else each for each in cells]
    figures = [each for each in cells if isinstance(each, Figure)]
    number = max((columns(each.number) for each in figures), default=0)
    unit = max((columns(each.unit) for each in figures), default=0)
    written: list[str] = []
    for each in cells:
        match each:
            case Figure():
                behind = f" {padded(each.unit, unit)}" if unit else ""
                written.append(" " * (number - columns(each.number)) + each.number + behind)
            case str():
                written.append(visible(each))
            case None:
                written.append("")
    width = max((columns(each.rstrip()) for each in written), default=0)
    return [padded(each.rstrip(), width) for each in written]
