"""From a sheet to a table: which cells are names, which rows are data, and which are a person's remarks and totals."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from kpidsl.diagnostics import SourceError, closest
from kpidsl_excel import places
from kpidsl_excel.books import Book, Sheet
from kpidsl_excel.cells import Cell, Kind, Row, written
from kpidsl_excel.options import ExcelOptions
from kpidsl_excel.places import LAST_COLUMN, Area, Named, letters

_TOTAL: Final = frozenset(
    {
        *("total", "totals", "grand total", "overall total", "subtotal", "sub total", "sub-total", "sum"),
        *("summe", "gesamt", "gesamtsumme", "gesamtergebnis", "zwischensumme", "insgesamt", "teilergebnis", "ergebnis"),
        *("somme", "sous-total", "total général", "totale", "totaal", "subtotaal", "suma", "razem", "summa", "totalt"),
        *("i alt", "yhteensä", "toplam", "итого", "всего", "合计", "合計", "小计", "小計", "总计", "総計"),
    }
)
_BEGINS: Final = ("total ", "grand total ", "subtotal ", "summe ", "gesamt ")
_ENDS: Final = (" total", " totals", " subtotal", " summe", " gesamt", " ergebnis")


@dataclass(frozen=True, slots=True)
class Table:
    """A table on a sheet: where its data is, and its columns by name. `labels` are the heads of columns that become
    rows. `label` names the sheet in messages.
    """

    sheet: Sheet
    label: str
    data: Area
    columns: Mapping[str, int]
    labels: Mapping[int, Cell]

    def place(self, row: int, column: int) -> str:
        """A cell as messages name it: `books.xlsx, Orders!D17`."""
        return f"{self.label}!{letters(column)}{row}"


def tables(book: Book, file: str, options: ExcelOptions) -> tuple[Table, ...]:
    """The tables that the options name. Raises SourceError where a sheet or range is not there."""
    area, named = _area(book, file, options)
    if named is not None:
        sheets: Sequence[Sheet] = [sheet for sheet in book.sheets if sheet.name == named.sheet]
        if options.sheet or options.sheet_number is not None:
            sheets = [sheet for sheet in _sheets(book, file, options) if sheet.name == named.sheet]
        if not sheets:
            raise SourceError(
                f"{file}: the range `{options.range}` is on the sheet {named.sheet}", code="K0608",
                hint="leave out `sheet`: the name of the range says where it is",
            )  # fmt: skip
    else:
        sheets = _sheets(book, file, options)
    return tuple(_table(book, file, sheet, area, named, options) for sheet in sheets)


def rows(book: Book, table: Table, options: ExcelOptions) -> Iterator[Row]:
    """The rows of a table that are data. Raises SourceError K0603 for a row of totals or a hidden one, where the
    options do not say what they are.
    """
    before = table.data.top - 1
    patterns = [pattern.casefold() for pattern in options.leave_out]
    for row in book.rows(table.sheet, table.data):
        first = _first(row)
        if first is None and row.sums is None:
            continue
        if options.blank_rows == "end" and row.number > before + 1 and before >= table.data.top:
            return
        before = row.number
        text = str(row.cells[first].value).strip() if first is not None and row.cells[first].kind is Kind.TEXT else ""
        if patterns and text and any(fnmatchcase(text.casefold(), pattern) for pattern in patterns):
            continue
        if row.hidden and options.hidden_rows != "keep":
            if options.hidden_rows == "skip":
                continue
            raise SourceError(
                f"{table.label}: row {row.number} is hidden", code="K0603",
                hint='say whether such rows count: `hidden_rows: "keep"` or `hidden_rows: "skip"`',
            )  # fmt: skip
        if options.totals != "keep" and (row.sums is not None or (text and is_total(text))):
            if options.totals == "skip":
                continue
            raise _total(table, row, first, text)
        if first is not None:
            yield row


def is_total(text: str) -> bool:
    """Whether the first text of a row says that the row adds up others."""
    words = " ".join(text.casefold().split()).strip(" :.=*")
    return words in _TOTAL or words.startswith(_BEGINS) or words.endswith(_ENDS)


def _total(table: Table, row: Row, first: int | None, text: str) -> SourceError:
    if row.sums is not None:
        what = f"{table.place(row.number, row.sums)} adds up cells of its own column"
    else:
        what = f'{table.place(row.number, first or 1)} says "{text}"'
    return SourceError(
        f"{what}: row {row.number} looks like a total, and would be counted with what it adds up", code="K0603",
        hint='leave such rows out with `totals: "skip"`, or write `totals: "keep"` if they are data',
    )  # fmt: skip


def _first(row: Row) -> int | None:
    """The first column that holds something, be it a remark."""
    return min((column for column, cell in row.cells.items() if not is_blank(cell)), default=None)


def is_blank(cell: Cell) -> bool:
    return cell.kind is Kind.TEXT and not str(cell.value).strip()


def _area(book: Book, file: str, options: ExcelOptions) -> tuple[Area, Named | None]:
    """The area that `range` says, and the name it was found by."""
    if options.range is None:
        return Area(), None
    area = places.area(options.range)
    if area is not None:
        return area, None
    names = book.names
    folded = {name.casefold(): name for name in names}
    name = folded.get(options.range.casefold())
    if name is None:
        near = closest(options.range, names)
        known = f"there are {', '.join(names)}" if names else "write it as B3:F200; the workbook names no ranges"
        raise SourceError(
            f"{file} has no range or table `{options.range}`", code="K0608",
            hint=f"did you mean `{near}`?" if near else known,
        )  # fmt: skip
    named = names[name]
    return dataclasses.replace(named.area, bottom=max(named.area.top, named.area.bottom - named.totals)), named


def _sheets(book: Book, file: str, options: ExcelOptions) -> list[Sheet]:
    known = ", ".join(sheet.name for sheet in book.sheets)
    if options.sheet_number is not None:
        if options.sheet_number > len(book.sheets):
            raise SourceError(
                f"{file} has no sheet {options.sheet_number}", code="K0608",
                hint=f"it has {len(book.sheets)}: {known}",
            )  # fmt: skip
        return [book.sheets[options.sheet_number - 1]]
    if not options.sheet:
        visible = [sheet for sheet in book.sheets if not sheet.hidden]
        if len(visible) != 1:
            raise SourceError(
                f"{file} has {len(visible)} sheets: {', '.join(sheet.name for sheet in visible)}", code="K0608",
                hint=f'say which: `sheet: "{visible[0].name if visible else "…"}"`',
            )  # fmt: skip
        return visible
    found: dict[str, Sheet] = {}
    for wanted in options.sheet:
        exact = [sheet for sheet in book.sheets if sheet.name.casefold() == wanted.casefold()]
        like = exact or [sheet for sheet in book.sheets if fnmatchcase(sheet.name.casefold(), wanted.casefold())]
        if not like:
            near = closest(wanted, (sheet.name for sheet in book.sheets))
            raise SourceError(
                f"{file} has no sheet {wanted}", code="K0608",
                hint=f'did you mean "{near}"?' if near else f"it has {known}",
            )  # fmt: skip
        found.update((sheet.name, sheet) for sheet in like)
    return list(found.values())


def _table(book: Book, file: str, sheet: Sheet, area: Area, named: Named | None, options: ExcelOptions) -> Table:
    label = f"{file}, {sheet.name}"
    count = 0 if named is not None and named.has_header is False and options.header is None else options.header_rows
    if count == 0:
        right = area.right if area.right < LAST_COLUMN else _last_column(book, sheet, area, label)
        names = {letters(column): column for column in range(area.left, right + 1)}
        data, heads, top = dataclasses.replace(area, right=right), {}, None
    else:
        top = options.header
        if top is None:
            top = _first_row(book, sheet, area, label)
            if count == 1 and named is None:
                _refuse_title(book, sheet, dataclasses.replace(area, top=top), label)
        heads = _heads(book, sheet, area, top, count)
        last = area.right if area.right < LAST_COLUMN else max((c for c, text in heads.items() if text), default=0)
        if not any(heads.get(column) for column in range(area.left, last + 1)):
            raise SourceError(
                f"{label}: row {top} holds no names of columns", code="K0603",
                hint="say where they stand: `header: 3`; or `header_rows: 0` where there are none",
            )  # fmt: skip
        names = _names(heads, range(area.left, last + 1))
        data = Area(max(area.top, top + count), area.left, max(area.bottom, area.top, top + count), last)
    labels = _labels(book, sheet, data, options, heads, top if count == 1 else None)
    kept = {name: column for name, column in names.items() if column not in labels}
    return Table(sheet, label, data, kept, labels)


def _first_row(book: Book, sheet: Sheet, area: Area, label: str) -> int:
    """The first row of an area that is not blank."""
    for row in book.rows(sheet, area):
        if _first(row) is not None:
            return row.number
    raise SourceError(f"{label} is empty", code="K0606", hint="are its cells in another sheet or range?")


def _refuse_title(book: Book, sheet: Sheet, area: Area, label: str) -> None:
    """Raise K0603 where one cell stands alone above rows of several: a title, and no names of columns."""
    title: tuple[int, Cell] | None = None
    for row in book.rows(sheet, area):
        filled = [cell for cell in row.cells.values() if not is_blank(cell)]
        if title is None and len(filled) == 1:
            title = (row.number, filled[0])
        elif title is None or len(filled) > 1:
            break
    else:
        return
    if title is not None:
        raise SourceError(
            f'{label}: row {title[0]} holds "{written(title[1])}" alone, which looks like a title', code="K0603",
            hint=f"say in which row the names of the columns stand: `header: {row.number}`",
        )  # fmt: skip


def _last_column(book: Book, sheet: Sheet, area: Area, label: str) -> int:
    last = max((max(row.cells) for row in book.rows(sheet, area) if row.cells), default=0)
    if not last:
        raise SourceError(f"{label} is empty", code="K0606", hint="are its cells in another sheet or range?")
    return last


def _heads(book: Book, sheet: Sheet, area: Area, top: int, count: int) -> dict[int, str]:
    """What stands above each column: the texts of its rows, those of merged cells above all that they cover."""
    wanted = dataclasses.replace(area, top=top, bottom=top + count - 1)
    found = {row.number: row.cells for row in book.rows(sheet, wanted)}
    named = found.get(top, {})
    has_gaps = len(named) < max(named, default=0) - min(named, default=1) + 1
    # An .xlsx file tells behind all of its rows what was merged: it is read to its end only where that matters.
    across = book.merged(sheet, top + count - 1) if count > 1 or has_gaps else []
    heads: dict[int, list[str]] = {}
    for number in range(top, top + count):
        cells = found.get(number, {})
        spread = dict(cells)
        for merged in across:
            if merged.top == number and merged.left in cells:
                covered = range(merged.left, min(merged.right, area.right) + 1)
                spread.update(dict.fromkeys(covered, cells[merged.left]))
        for column, cell in spread.items():
            if cell.kind is not Kind.UNKNOWN:
                heads.setdefault(column, []).append(" ".join(written(cell).split()))
    return {column: " ".join(filter(None, parts)) for column, parts in heads.items()}


def _names(heads: Mapping[int, str], columns: range) -> dict[str, int]:
    """Columns by name: a nameless one is called by its letters, and so are, besides, those that share a name."""
    texts = {column: heads.get(column) or letters(column) for column in columns}
    often = Counter(texts.values())
    return {f"{text} ({letters(column)})" if often[text] > 1 else text: column for column, text in texts.items()}


def _labels(
    book: Book, sheet: Sheet, data: Area, options: ExcelOptions, heads: Mapping[int, str], top: int | None
) -> dict[int, Cell]:
    """The heads of the columns that become rows: as they are where they stand in one row, else as text."""
    found: dict[int, Cell] = {}
    for text in options.unpivot:
        columns = places.columns(text)
        if columns is None:
            raise SourceError(
                f"`unpivot` names columns by their letters, and `{text}` are none",
                code="K0605",
                hint='write `unpivot: "D:O"`',
            )
        outside = next((column for column in columns if not data.left <= column <= data.right), None)
        if outside is not None:
            raise SourceError(
                f"{sheet.name} has no column {letters(outside)} to unpivot", code="K0605",
                hint=f"its columns are {letters(data.left)} to {letters(data.right)}",
            )  # fmt: skip
        found.update({column: Cell(Kind.TEXT, heads.get(column) or letters(column)) for column in columns})
    if found and top is not None:
        for row in book.rows(sheet, Area(top, data.left, top, data.right)):
            found.update({column: row.cells[column] for column in found if column in row.cells})
    return found
