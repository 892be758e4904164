"""The layout of `given` tables: a row a line, the cells of a column under each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kpidsl.records import dataclass
from kpidsl.syntax.format_lines import STEP, width

WIDEST = 40  # columns; a longer cell does not push the ones under it
_PART = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`\n]*`|#[^\n]*|[,;\n]|[^"`#,;\n]+|["`]')
_BLANKS = re.compile(r"[ \t\r\f]+")
_SIGN = re.compile(r"^([+-]) ")


@dataclass(frozen=True, slots=True)
class TableRow:
    """A line of a table: its cells (none where only a comment stands there) and its comment."""

    cells: tuple[str, ...]
    comment: str | None
    blank_above: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A `given` table. `comment` is the one behind its brace, `one_line` says that it was written on one."""

    head: str
    rows: tuple[TableRow, ...]
    comment: str | None
    one_line: bool

    def comments(self) -> Iterator[str]:
        yield from (found for found in (self.comment, *(row.comment for row in self.rows)) if found is not None)


def read_table(text: str) -> Table:
    """The rows of a `given` token, whose text has the form of one."""
    head, _, rest = text.partition("{")
    body = rest[:-1]
    rows: list[TableRow] = []
    cells: list[str] = []
    cell = ""
    opening: str | None = None
    lines = 0

    def end_row(comment: str | None) -> None:
        nonlocal cell, cells, lines
        if cell.strip():
            cells.append(_spelt(cell))
        if cells or comment is not None:
            rows.append(TableRow(tuple(cells), comment, lines > 1))
            lines = 0
        cells, cell = [], ""

    for found in _PART.finditer(body):
        part = found[0]
        match part[0]:
            case "," if part == ",":
                cells.append(_spelt(cell))
                cell = ""
            case ";" | "\n" if part in (";", "\n"):
                end_row(None)
                lines += part == "\n"
            case "#":
                comment = part.rstrip()
                if not cell.strip() and not cells and not lines:
                    # Behind what ended on this line already: the brace, or a row and its `;`.
                    if not rows:
                        opening = comment
                    elif rows[-1].comment is None:
                        rows[-1] = TableRow(rows[-1].cells, comment, rows[-1].blank_above)
                    else:
                        end_row(comment)
                else:
                    end_row(comment)
            case _:
                cell += part
    end_row(None)
    return Table(_BLANKS.sub(" ", head.replace("\n", " ")).strip(), tuple(rows), opening, "\n" not in body)


def _spelt(cell: str) -> str:
    parts = _PART.findall(cell.strip())
    plain = "".join(part if part[0] in '"`' else _BLANKS.sub(" ", part) for part in parts)
    return _SIGN.sub(r"\1", plain)


def table_line(table: Table) -> str | None:
    """The table on one line, if it was written so and has no comments."""
    if not table.one_line or any(True for _ in table.comments()):
        return None
    rows = "; ".join(", ".join(row.cells) for row in table.rows)
    return f"{table.head} {{ {rows} }}"


def table_lines(table: Table, indent: int) -> list[str]:
    """The table a row a line, its head at a column."""
    inner = " " * (indent + STEP)
    lines = [f"{' ' * indent}{table.head} {{" + (f"  {table.comment}" if table.comment else "")]
    widths = _widths([row.cells for row in table.rows if row.cells])
    texts = [_row(row.cells, widths) for row in table.rows]
    commented = [width(text) for row, text in zip(table.rows, texts, strict=True) if row.cells and row.comment]
    column = max(commented, default=0)
    for index, (row, text) in enumerate(zip(table.rows, texts, strict=True)):
        if row.blank_above and index:
            lines.append("")
        if row.cells and row.comment:
            lines.append(f"{inner}{text}{' ' * (column - width(text))}  {row.comment}")
        else:
            lines.append(inner + (text or row.comment or ""))
    return [*lines, f"{' ' * indent}}}"]


def _widths(rows: Sequence[tuple[str, ...]]) -> list[int]:
    """The columns each column of the table takes, its commas included."""
    count = max((len(cells) for cells in rows), default=0)
    return [
        max((width(cells[at]) + 1 for cells in rows if at < len(cells) and width(cells[at]) <= WIDEST), default=0)
        for at in range(count)
    ]


def _row(cells: tuple[str, ...], widths: Sequence[int]) -> str:
    padded = [f"{cell},{' ' * (room - width(cell) - 1)} " for cell, room in zip(cells[:-1], widths, strict=False)]
    return "".join([*padded, *cells[-1:]])
