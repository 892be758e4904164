"""Workbooks of Excel: Office Open XML (ECMA-376, part 1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from kpidsl.diagnostics import SourceError
from kpidsl_excel import places
from kpidsl_excel.books import NUMERAL, Sheet, adds_up
from kpidsl_excel.cells import BUILT_IN, Cell, Kind, Row, Shown, dated, of_moment, shown
from kpidsl_excel.container import Archive, local
from kpidsl_excel.places import Area, Named, letters

MOST_TEXT: Final = 1 << 28
"""Characters of all the texts of a workbook, which are kept in memory."""
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_TRUE: Final = frozenset({"1", "true"})
NOT_CALCULATED: Final = "a formula whose value the file does not hold"
NOT_YET: Final = "a formula that was never calculated: the file was written by a program, not by a spreadsheet"


class XlsxBook:
    """An .xlsx file."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        roots = archive.related("").values()
        main = next((part for kind, part in roots if kind == "officeDocument"), "xl/workbook.xml")
        if main not in archive.parts:
            raise archive.damaged("it holds no workbook")
        self._related = archive.related(main)
        self._texts: list[str] | None = None
        self._formats: tuple[Shown, ...] | None = None
        self._since_1904 = self._recalculate = False
        found: list[Sheet] = []
        defined: list[tuple[str, str]] = []
        name = ""

        def start(element: str, attributes: Mapping[str, str]) -> None:
            nonlocal name
            match element:
                case "workbookPr":
                    self._since_1904 = attributes.get("date1904") in _TRUE
                case "calcPr":
                    self._recalculate = attributes.get("fullCalcOnLoad") in _TRUE
                case "sheet":
                    id_ = next((value for key, value in attributes.items() if local(key) == "id"), "")
                    kind, part = self._related.get(id_, ("", ""))
                    if kind == "worksheet":
                        is_hidden = attributes.get("state", "visible") != "visible"
                        found.append(Sheet(attributes.get("name", ""), is_hidden, part))
                case "definedName":
                    name = attributes.get("name", "")
                case _:
                    pass

        def end(element: str, text: str) -> None:
            if element == "definedName" and not name.startswith("_xlnm"):
                defined.append((name, text))

        archive.walk(main, start, end)
        self.sheets = tuple(found)
        self._defined = defined

    @property
    def names(self) -> Mapping[str, Named]:
        """Names of ranges, and tables."""
        found: dict[str, Named] = {}
        for name, text in self._defined:
            area = reference(text)
            if area is not None:
                found[name] = area
        for sheet in self.sheets:
            for kind, part in self._archive.related(sheet.part).values():
                if kind == "table":
                    self._table(part, sheet.name, found)
        return found

    def rows(self, sheet: Sheet, area: Area) -> Iterator[Row]:
        """The rows of an area."""
        from xml.parsers import expat

        reader = _Rows(self, sheet, area)
        parser = expat.ParserCreate()
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.texts.append
        for _ in self._archive.parse(sheet.part, parser):
            yield from reader.done
            reader.done.clear()
            if reader.over:
                return

    def merged(self, sheet: Sheet, last_row: int) -> list[Area]:
        """Cells that were merged, which the file tells of behind its rows."""
        found: list[Area] = []

        def start(element: str, attributes: Mapping[str, str]) -> None:
            if element == "mergeCell":
                area = places.area(attributes.get("ref", ""))
                if area is not None and area.top <= last_row:
                    found.append(area)

        self._archive.walk(sheet.part, start)
        return found

    def cell(self, kind: str, style: str, text: str, place: str) -> Cell | None:
        """A cell from its type, style and text."""
        match kind:
            case "n" | "":
                if not text:
                    return None
                if not NUMERAL.fullmatch(text):
                    raise self._archive.damaged(f'{place} holds "{text[:40]}", which is no number')
                how = self._shown(style) if style else Shown.NUMBER
                return Cell(Kind.NUMBER, text) if how is Shown.NUMBER else dated(text, how, self._since_1904)
            case "s":
                texts = self._shared()
                if not text.isascii() or not text.isdigit() or int(text) >= len(texts):
                    raise self._archive.damaged(f"{place} refers to a text that is not there")
                return Cell(Kind.TEXT, texts[int(text)])
            case "b":
                return Cell(Kind.BOOLEAN, text in _TRUE)
            case "e":
                return Cell(Kind.ERROR, text)
            case "d":
                try:
                    return of_moment(datetime.fromisoformat(text).replace(tzinfo=None))
                except ValueError:
                    return Cell(Kind.TEXT, text)
            case _:
                return Cell(Kind.TEXT, unescaped(text))

    def damaged(self, why: str) -> SourceError:
        """K0602 for what is no sound workbook."""
        return self._archive.damaged(why)

    @property
    def uncalculated(self) -> str | None:
        """Why no value of a formula is to be trusted: the file asks to be calculated when it is opened."""
        return NOT_YET if self._recalculate else None

    def _shared(self) -> list[str]:
        if self._texts is None:
            part = next((part for kind, part in self._related.values() if kind == "sharedStrings"), None)
            self._texts = self._read_texts(part) if part in self._archive.parts and part is not None else []
        return self._texts

    def _read_texts(self, part: str) -> list[str]:
        from xml.parsers import expat

        found: list[str] = []
        texts: list[str] = []
        total = phonetic = 0
        parser = expat.ParserCreate()

        def start(name: str, _: Mapping[str, str]) -> None:
            nonlocal phonetic
            name = local(name)
            if name == "si":
                texts.clear()
            elif name == "rPh":
                phonetic += 1
            parser.CharacterDataHandler = texts.append if name == "t" and not phonetic else None

        def end(name: str) -> None:
            nonlocal total, phonetic
            parser.CharacterDataHandler = None
            name = local(name)
            if name == "rPh":
                phonetic -= 1
            elif name == "si":
                found.append(unescaped("".join(texts)))
                total += len(found[-1]) + 50
                if total > MOST_TEXT:
                    raise self._archive.damaged(f"its texts have more than {MOST_TEXT >> 20} Mi characters")

        parser.StartElementHandler, parser.EndElementHandler = start, end
        for _ in self._archive.parse(part, parser):
            pass
        return found

    def _shown(self, style: str) -> Shown:
        if self._formats is None:
            part = next((part for kind, part in self._related.values() if kind == "styles"), None)
            self._formats = self._read_formats(part) if part in self._archive.parts and part is not None else ()
        number = int(style) if style.isascii() and style.isdigit() else 0
        return self._formats[number] if number < len(self._formats) else Shown.NUMBER

    def _read_formats(self, part: str) -> tuple[Shown, ...]:
        codes: dict[str, Shown] = {str(number): how for number, how in BUILT_IN.items()}
        found: list[Shown] = []
        inside = False

        def start(element: str, attributes: Mapping[str, str]) -> None:
            nonlocal inside
            match element:
                case "numFmt" if "numFmtId" in attributes:
                    codes[attributes["numFmtId"]] = shown(attributes.get("formatCode", ""))
                case "cellXfs":
                    inside = True
                case "xf" if inside:
                    found.append(codes.get(attributes.get("numFmtId", "0"), Shown.NUMBER))

        def end(element: str, _: str) -> None:
            nonlocal inside
            if element == "cellXfs":
                inside = False

        self._archive.walk(part, start, end)
        return tuple(found)

    def _table(self, part: str, sheet: str, found: dict[str, Named]) -> None:
        def start(element: str, attributes: Mapping[str, str]) -> None:
            if element != "table":
                return
            area = places.area(attributes.get("ref", ""))
            if area is not None:
                totals = attributes.get("totalsRowCount", "0")
                named = Named(
                    sheet, area, attributes.get("headerRowCount", "1") != "0", int(totals) if totals.isdigit() else 0
                )
                found[attributes.get("displayName", attributes.get("name", ""))] = named

        if part in self._archive.parts:
            self._archive.walk(part, start)


class _Rows:
    """What the parser of a sheet calls; `done` has the rows that are complete."""

    def __init__(self, book: XlsxBook, sheet: Sheet, area: Area) -> None:
        self.done: list[Row] = []
        self.texts: list[str] = []
        self.over = False
        self._book, self._sheet, self._area = book, sheet, area
        self._uncalculated = book.uncalculated
        self._row: Row | None = None
        self._number = self._column = 0
        self._wanted = self._has_formula = self._is_shared = False
        self._kind = self._style = self._value = self._formula = ""
        self._phonetic = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if ":" in name:
            name = local(name)
        if name == "c":
            place = attributes.get("r")
            self._column = places.column_number(place.rstrip("0123456789")) if place else self._column + 1
            self._wanted = self._row is not None and self._area.left <= self._column <= self._area.right
            self._kind, self._style = attributes.get("t", ""), attributes.get("s", "")
            self._value = self._formula = ""
            self._has_formula = False
        elif name == "row":
            self._number = self._row_number(attributes.get("r"))
            self._column = 0
            self.over = self.over or self._number > self._area.bottom
            is_inside = self._area.top <= self._number <= self._area.bottom
            self._row = Row(self._number, attributes.get("hidden") in _TRUE) if is_inside else None
        elif name == "rPh":
            self._phonetic += 1
        elif name == "f":
            self._has_formula = True
        self.texts.clear()

    def end(self, name: str) -> None:
        if ":" in name:
            name = local(name)
        if name == "v":
            self._value = "".join(self.texts)
        elif name == "c":
            if self._row is not None:
                self._cell(self._row)
        elif name == "t":
            if self._kind == "inlineStr" and not self._phonetic:
                self._value += "".join(self.texts)
            self.texts.clear()
        elif name == "f":
            self._formula = "".join(self.texts)
        elif name == "row":
            if self._row is not None and (self._row.cells or self._row.sums is not None):
                self.done.append(self._row)
            self._row = None
        elif name == "rPh":
            self._phonetic -= 1

    def _row_number(self, text: str | None) -> int:
        if text is None:
            return self._number + 1
        if not text.isascii() or not text.isdigit():
            raise self._book.damaged(f'a row of {self._sheet.name} has the number "{text[:20]}"')
        return int(text)

    def _cell(self, row: Row) -> None:
        if not self._wanted:
            return
        if self._formula and row.sums is None and adds_up(self._formula, letters(self._column), row.number):
            row.sums = self._column
        if self._has_formula and (self._uncalculated or (not self._value and self._kind != "str")):
            row.cells[self._column] = Cell(Kind.UNKNOWN, self._uncalculated or NOT_CALCULATED)
            return
        cell = self._book.cell(
            self._kind, self._style, self._value, f"{self._sheet.name}!{letters(self._column)}{row.number}"
        )
        if cell is not None:
            row.cells[self._column] = cell


def reference(text: str) -> Named | None:
    """The area of a name, as formulas write it: `'Q1 2026'!$A$1:$F$200`. None for several areas and for formulas."""
    sheet, _, corners = text.strip().rpartition("!")
    area = places.area(corners)
    if not sheet or area is None:
        return None
    if sheet.startswith("'") and sheet.endswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    return Named(sheet, area)


def unescaped(text: str) -> str:
    """A text whose characters that XML cannot hold are written `_x000D_`."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text
