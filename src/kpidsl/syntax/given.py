"""The rows of a `given` block.

They are one terminal of the grammar: a row is data, so `- 5` begins one and continues none.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from kpidsl.diagnostics import Fix
from kpidsl.source_text import Span
from kpidsl.syntax.branches import Leaf
from kpidsl.syntax.build_expr import CannotBuild
from kpidsl.syntax.expr_nodes import Boolean, DateLiteral, InstantLiteral, Null, Quantity
from kpidsl.syntax.node import Name, Text
from kpidsl.syntax.test_nodes import Cell, GivenRow

if TYPE_CHECKING:
    from kpidsl.syntax.build_expr import ExprBuilder

MOST_WRONG_ROWS = 5  # of one table that are told
_CELL = re.compile(
    r"""[ \t\r]*(?:
      (?P<text>"(?:\\.|[^"\\\n])*")
    | (?P<instant>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?
          (?:Z|[+-][0-9]{2}:[0-9]{2})?)
    | (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})
    | (?P<sign>[+-]?)[ \t]*(?P<number>[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[kM](?![A-Za-z0-9_]))?)
          [ \t]*(?P<unit>%|[A-Za-z]+)?
    | (?P<word>[A-Za-z_][A-Za-z0-9_.]*|`[^`\n]+`)
    )[ \t\r]*""",
    re.VERBOSE,
)
_END = re.compile(r"[ \t\r]*(?:#[^\n]*)?(\n|;|$)")


def read_given(builder: ExprBuilder, given: Leaf) -> tuple[Name, tuple[Name, ...], tuple[GivenRow, ...]]:
    """Source, column names and rows of `given orders { a, b⏎ 1, "x"⏎ … }`. Every row has a cell for each column."""
    whole = builder.span(given)
    head, _, rows = given.value.partition("{")
    name = head.split()[1]
    begin = whole.start + head.index(name, len("given"))
    source = Name(name, span=Span(builder.source, begin, begin + len(name)))
    offset = whole.start + len(head) + 1
    body = rows[:-1]
    columns: tuple[Name, ...] = ()
    found: list[GivenRow] = []
    wrong = 0
    at = 0
    while at < len(body):
        end = _END.match(body, at)
        if end is not None:
            at = end.end() if end.end() > at else at + 1
            continue
        start = at
        if not columns:
            columns, at = _header(builder, body, at, offset)
            continue
        try:
            cells, at = _row(builder, body, at, offset)
        except CannotBuild:
            wrong += 1
            at = body.find("\n", start)
            if at < 0 or wrong == MOST_WRONG_ROWS:
                raise
            continue
        written = body[start:at]
        start += len(written) - len(written.lstrip())
        span = Span(builder.source, offset + start, offset + start + len(written.strip()))
        if len(cells) != len(columns):
            builder.problems.error(
                "K0107",
                f"this row has {counted(len(cells), 'cell')}, the table {counted(len(columns), 'column')}",
                span,
                hint=_of_cells(written, len(cells), len(columns)),
            )
            wrong += 1
            if wrong == MOST_WRONG_ROWS:
                raise CannotBuild
            continue
        found.append(GivenRow(cells, span=span))
    if wrong:
        raise CannotBuild
    if not columns:
        span = Span(builder.source, offset - 1, offset + len(body) + 1)
        builder.fail("K0107", "a table needs a line of column names", span, "`given orders { order_id, amount`")
    return source, columns, tuple(found)


def _shown(sign: str) -> str:
    return f"`{sign}`" if sign.strip() else "the end of the line"


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _header(builder: ExprBuilder, body: str, at: int, offset: int) -> tuple[tuple[Name, ...], int]:
    names: list[Name] = []
    for match, span in _cells(builder, body, at, offset):
        word = match["word"]
        if word is None:
            hint = "the first line of a table names its columns: `order_id, ordered_at, amount`"
            builder.fail("K0107", f"a column name is expected, not `{span.text}`", span, hint)
        names.append(Name(word.strip("`"), span=span))
        at = match.end()
    return tuple(names), at


def _row(builder: ExprBuilder, body: str, at: int, offset: int) -> tuple[tuple[Cell, ...], int]:
    cells: list[Cell] = []
    for match, span in _cells(builder, body, at, offset):
        cells.append(_cell(builder, match, span))
        at = match.end()
    return tuple(cells), at


def _cells(builder: ExprBuilder, body: str, at: int, offset: int) -> list[tuple[re.Match[str], Span]]:
    found: list[tuple[re.Match[str], Span]] = []
    while True:
        match = _CELL.match(body, at)
        if match is None:
            at += len(body[at:]) - len(body[at:].lstrip(" \t\r"))
            place = Span(builder.source, offset + at, offset + at + 1)
            hint = 'a text in "quotes", a number, a date, `true`, `false` or `null`'
            if place.text == ",":
                hint = "a value that is missing is written `null`"
            elif place.text in "'‘’“”«":
                hint = 'texts stand in straight double quotes: "text"'
            elif place.text in "$€£¥₹":
                hint = "write the number alone"
            builder.fail("K0107", f"a value is expected, not {_shown(place.text)}", place, hint)
        text = match[0]
        begin = offset + match.start() + len(text) - len(text.lstrip())
        found.append((match, Span(builder.source, begin, begin + len(text.strip()))))
        at = match.end()
        if at < len(body) and body[at] == ",":
            at += 1
            continue
        if _END.match(body, at) is None:
            place = Span(builder.source, offset + at, offset + at + 1)
            message = f"a comma or the end of the row is expected, not {_shown(place.text)}"
            builder.fail("K0107", message, place, _meant(body, match.start(), at))
        return found


def _of_cells(row: str, cells: int, columns: int) -> str:
    """What to write instead of a row with more cells than columns, or fewer."""
    if cells == 1:
        return "the cells of a row are separated by commas"
    if cells < columns:
        return "a value that is missing is written `null`"
    if re.search(r"[0-9],[0-9]", row):
        return "a decimal point is written `.`, digits are grouped by `_`, and a text with a comma stands in quotes"
    return "name each column in the first line; a text with a comma stands in quotes"


def _meant(body: str, start: int, at: int) -> str | None:
    """What to write instead of a cell that goes on where it should end."""
    rest = re.match(r"[^,;#\n}]*", body[start:])
    cell = rest[0].strip() if rest is not None else ""
    if re.fullmatch(r"[0-9]{1,4}[./][0-9]{1,2}[./][0-9]{2,4}|[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}", cell):
        return "dates are written year, month, day: 2026-03-31"
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2} +[0-9]{2}:[0-9]{2}(:[0-9]{2})?", cell):
        return f"a moment has a `T` in it: {'T'.join(cell.split())}"
    two = re.match(r'("[^"\n]*"|[\w.:-]+)([ \t]*)("|[\w.:-]+)', body[start:].lstrip())
    if two is not None and '"' in f"{two[1]}{two[3]}":
        return f"put a comma between them, behind `{two[1]}`"
    return f'put a text in quotes: "{cell}"' if cell and '"' not in cell and at < len(body) else None


def _cell(builder: ExprBuilder, match: re.Match[str], span: Span) -> Cell:
    def token(group: str) -> Leaf:
        return Leaf("CELL", match[group], span.start, span.end)

    if match["text"] is not None:
        quoted = Leaf("STRING", match["text"], span.start, span.end)
        return Text(builder.resolve_escapes(quoted), span=span)
    if match["instant"] is not None:
        value: datetime = builder.instant(token("instant"))
        return InstantLiteral(value, span=span)
    if match["date"] is not None:
        day: date = builder.date(token("date"))
        return DateLiteral(day, span=span)
    if match["number"] is not None:
        number = builder.number(token("number"))
        return Quantity(-number if match["sign"] == "-" else number, match["unit"], span=span)
    match match["word"]:
        case "true":
            return Boolean(True, span=span)
        case "false":
            return Boolean(False, span=span)
        case "null":
            return Null(span=span)
        case _:
            said = f'put a text in quotes: "{span.text}"'
            fix = Fix(said, span, f'"{span.text}"')
            builder.problems.error("K0107", f"`{span.text}` is no value", span, hint=said, fix=fix)
            raise CannotBuild
