"""Workbooks of LibreOffice: OpenDocument spreadsheets (ISO/IEC 26300, part 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from kpidsl_excel import places
from kpidsl_excel.books import NUMERAL, Sheet, adds_up
from kpidsl_excel.cells import Cell, Kind, Row, of_moment
from kpidsl_excel.container import Archive, local, protected
from kpidsl_excel.places import LAST_COLUMN, LAST_ROW, Area, Named, letters

CONTENT: Final = "content.xml"
NOT_CALCULATED: Final = "a formula whose value the file does not hold"
MOST_CELLS: Final = 100_000_000
"""Cells of one sheet, the repeated ones counted."""
_ASIDE: Final = frozenset({"annotation", "shapes", "tracked-changes", "frame", "custom-shape", "g"})
"""Elements of a sheet whose texts are not those of a cell."""
_SPACES: Final = re.compile("[ \t\r\n]+")
_SPACE, _TAB, _BREAK = "\x01", "\x02", "\x03"  # no XML holds these
_DURATION: Final = re.compile(
    r"(?P<sign>-?)P(?:(?P<days>[0-9]{1,9})D)?T(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?(?:(?P<seconds>[0-9]{1,9}(?:[.,][0-9]{1,12})?)S)?"
)


class OdsBook:
    """An .ods file."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._refuse_protected()
        sheets: list[Sheet] = []
        names: dict[str, Named] = {}
        hidden: set[str] = set()
        styled: list[tuple[str, str]] = []
        style = ""
        depth = 0

        def start(element: str, attributes: Mapping[str, str]) -> None:
            nonlocal style, depth
            match element:
                case "table":
                    depth += 1
                    if depth == 1:
                        styled.append((_attribute(attributes, "name"), _attribute(attributes, "style-name")))
                case "style":
                    style = _attribute(attributes, "name")
                case "table-properties" if _attribute(attributes, "display") == "false":
                    hidden.add(style)
                case "named-range":
                    _name(attributes, "cell-range-address", None, names)
                case "database-range":
                    has_header = _attribute(attributes, "contains-header") != "false"
                    _name(attributes, "target-range-address", has_header, names)
                case _:
                    pass

        def end(element: str, _: str) -> None:
            nonlocal depth
            if element == "table":
                depth -= 1

        archive.walk(CONTENT, start, end)
        for number, (name, of_style) in enumerate(styled):
            sheets.append(Sheet(name, of_style in hidden, str(number)))
        self.sheets = tuple(sheets)
        self.names: Mapping[str, Named] = names

    def rows(self, sheet: Sheet, area: Area) -> Iterator[Row]:
        """The rows of an area."""
        from xml.parsers import expat

        reader = _Rows(self._archive, sheet, area)
        parser = expat.ParserCreate()
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.text
        for _ in self._archive.parse(CONTENT, parser):
            for row, times in reader.done:
                for number in range(row.number, row.number + times):
                    yield Row(number, row.hidden, row.cells, row.sums)
            reader.done.clear()
            if reader.over:
                return

    def merged(self, sheet: Sheet, last_row: int) -> list[Area]:
        """Cells that were merged and begin in a row up to `last_row`."""
        from xml.parsers import expat

        reader = _Rows(self._archive, sheet, Area(bottom=last_row))
        parser = expat.ParserCreate()
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        for _ in self._archive.parse(CONTENT, parser):
            if reader.over:
                break
        return reader.merged

    def _refuse_protected(self) -> None:
        part = "META-INF/manifest.xml"
        if part not in self._archive.parts:
            return

        def start(element: str, _: Mapping[str, str]) -> None:
            if element == "encryption-data":
                raise protected(self._archive.name)

        self._archive.walk(part, start)


class _Rows:
    """What the parser of a document calls for one of its sheets; `done` has the rows and how often each comes."""

    def __init__(self, archive: Archive, sheet: Sheet, area: Area) -> None:
        self.done: list[tuple[Row, int]] = []
        self.merged: list[Area] = []
        self.over = False
        self._archive, self._sheet, self._area = archive, sheet, area
        self._tables = -1
        self._depth = self._aside = self._total = 0
        self._row: Row | None = None
        self._next = 1
        self._times = self._column = 1
        self._cell: dict[str, str] = {}
        self._paragraphs: list[str] = []
        self._parts: list[str] = []

    @property
    def _is_here(self) -> bool:
        return self._depth == 1 and str(self._tables) == self._sheet.part and not self.over

    def text(self, text: str) -> None:
        """Characters, which count inside of a cell's paragraphs."""
        if self._row is not None and not self._aside:
            self._parts.append(text)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        name = local(name)
        if self._aside or name in _ASIDE:
            self._aside += 1
            return
        if name == "table":
            self._depth += 1
            self._tables += self._depth == 1
        elif not self._is_here:
            return
        elif name == "table-row":
            self._times = _count(attributes, "number-rows-repeated", LAST_ROW)
            hidden = _attribute(attributes, "visibility") in ("collapse", "filter")
            self._row = Row(self._next, hidden)
            self._column = 1
        elif self._row is None:
            return
        elif name in ("table-cell", "covered-table-cell"):
            self._cell = {local(key): value for key, value in attributes.items() if key != "calcext:value-type"}
            self._cell["error"] = "1" if attributes.get("calcext:value-type") == "error" else ""
            self._paragraphs = []
        elif name == "p":
            self._parts = []
        elif name == "s":
            self._parts.append(_SPACE * _count(attributes, "c", 1000))
        elif name == "tab":
            self._parts.append(_TAB)
        elif name == "line-break":
            self._parts.append(_BREAK)

    def end(self, name: str) -> None:
        if self._aside:
            self._aside -= 1
            return
        name = local(name)
        if name == "table":
            if self._is_here:
                self.over = True
            self._depth -= 1
        elif not self._is_here or self._row is None:
            return
        elif name == "p":
            text = _SPACES.sub(" ", "".join(self._parts)).removeprefix(" ")
            self._paragraphs.append(text.replace(_SPACE, " ").replace(_TAB, "\t").replace(_BREAK, "\n"))
        elif name in ("table-cell", "covered-table-cell"):
            self._finish_cell(self._row, is_covered=name != "table-cell")
        elif name == "table-row":
            self._finish_row(self._row)

    def _finish_row(self, row: Row) -> None:
        first, last = max(row.number, self._area.top), min(row.number + self._times - 1, self._area.bottom)
        if first <= last and (row.cells or row.sums is not None):
            self._total += len(row.cells) * (last - first + 1)
            if self._total > MOST_CELLS:
                raise self._archive.damaged(f"{self._sheet.name} has more than {MOST_CELLS:,} cells")
            row.number = first
            self.done.append((row, last - first + 1))
        self._next += self._times
        self.over = self._next > self._area.bottom
        self._row = None

    def _finish_cell(self, row: Row, *, is_covered: bool) -> None:
        first, times = self._column, _count(self._cell, "number-columns-repeated", LAST_COLUMN)
        self._column += times
        across = _count(self._cell, "number-columns-spanned", LAST_COLUMN)
        down = _count(self._cell, "number-rows-spanned", LAST_ROW)
        if across > 1 or down > 1:
            self.merged.append(Area(row.number, first, row.number + down - 1, first + across - 1))
        formula = self._cell.get("formula", "")
        is_inside = self._area.left <= first <= self._area.right
        if formula and is_inside and row.sums is None and adds_up(formula, letters(first), row.number):
            row.sums = first
        if is_covered:
            return
        columns = range(max(first, self._area.left), min(first + times - 1, self._area.right) + 1)
        cell = self._value(f"{self._sheet.name}!{letters(first)}{row.number}") if columns else None
        if cell is not None:
            row.cells.update(dict.fromkeys(columns, cell))

    def _value(self, place: str) -> Cell | None:
        cell = self._cell
        if cell["error"]:
            return Cell(Kind.ERROR, "\n".join(self._paragraphs))
        match cell.get("value-type"):
            case "float" | "percentage" | "currency":
                if not NUMERAL.fullmatch(cell.get("value", "")):
                    raise self._archive.damaged(f'{place} holds "{cell.get("value", "")[:40]}", which is no number')
                return Cell(Kind.NUMBER, cell["value"])
            case "date":
                try:
                    return of_moment(datetime.fromisoformat(cell.get("date-value", "")).replace(tzinfo=None))
                except ValueError:
                    return Cell(Kind.TEXT, cell.get("date-value", ""))
            case "time":
                return _span(cell.get("time-value", ""))
            case "boolean":
                return Cell(Kind.BOOLEAN, cell.get("boolean-value") == "true")
            case "string":
                return Cell(Kind.TEXT, cell.get("string-value") or "\n".join(self._paragraphs))
            case _ if "formula" not in cell:
                return None
            case _:  # an empty text has no type, and yet a paragraph
                return Cell(Kind.TEXT, "") if self._paragraphs == [""] else Cell(Kind.UNKNOWN, NOT_CALCULATED)


def _span(text: str) -> Cell:
    match = _DURATION.fullmatch(text)
    if match is None:
        return Cell(Kind.TEXT, text)
    seconds = Decimal((match["seconds"] or "0").replace(",", "."))
    seconds += 60 * int(match["minutes"] or 0) + 3600 * int(match["hours"] or 0) + 86400 * int(match["days"] or 0)
    days = seconds / 86400
    return Cell(Kind.SPAN, format(-days if match["sign"] else days, "f"))


def _attribute(attributes: Mapping[str, str], name: str) -> str:
    return next((value for key, value in attributes.items() if local(key) == name), "")


def _count(attributes: Mapping[str, str], name: str, most: int) -> int:
    """How often; once where nothing is said, never more than there is room for."""
    text = _attribute(attributes, name)
    return max(1, min(int(text), most)) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def _name(attributes: Mapping[str, str], where: str, has_header: bool | None, names: dict[str, Named]) -> None:
    address, name = _attribute(attributes, where), _attribute(attributes, "name")
    sheet, _, corners = address.rpartition(":")[0].rpartition(".")
    last = address.rpartition(".")[2]
    area = places.area(f"{corners}:{last}")
    if area is None or not sheet or name.startswith("__Anonymous"):
        return
    sheet = sheet.lstrip("$")
    if sheet.startswith("'") and sheet.endswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    names[name] = Named(sheet, area, has_header)
