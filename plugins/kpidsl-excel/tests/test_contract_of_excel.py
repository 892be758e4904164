"""The suite that every source must pass, over workbooks that openpyxl and odfpy write."""

from __future__ import annotations

import uuid
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import openpyxl
import pyarrow as pa
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.teletype import addTextToElement
from odf.text import P, S

from kpidsl.testing import SourceContract

NO_ZONE = {"instants_are_instants": "the dates of a sheet are in no zone"}
DIGITS = 15  # as a number no sheet shows more: such are kept as text, as people must


def _cell(value: object) -> object:
    is_long = isinstance(value, int | Decimal) and len(Decimal(value).as_tuple().digits) > DIGITS
    return str(value) if is_long else value


class TestXlsx(SourceContract):
    lacks: ClassVar = NO_ZONE

    def load(self, rows: pa.Table, folder: Path) -> str:
        name = f"{uuid.uuid4().hex}.xlsx"
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("Rows")
        sheet.append(rows.column_names)
        for row in rows.to_pylist():
            sheet.append([_cell(value) for value in row.values()])
        book.save(folder / name)
        return f'excel("{name}", sheet: "Rows")'


class TestOds(SourceContract):
    lacks: ClassVar = NO_ZONE

    def load(self, rows: pa.Table, folder: Path) -> str:
        name = f"{uuid.uuid4().hex}.ods"
        if rows.num_rows > 1000:  # odfpy takes a minute for them
            _fast(rows, folder / name)
            return f'excel("{name}", sheet: "Rows")'
        document = OpenDocumentSpreadsheet()
        table = Table(name="Rows")
        for values in [rows.column_names, *(row.values() for row in rows.to_pylist())]:
            line = TableRow()
            for value in values:
                line.addElement(_ods_cell(_cell(value)))
            table.addElement(line)
        document.spreadsheet.addElement(table)
        document.save(str(folder / name))
        return f'excel("{name}", sheet: "Rows")'


def _ods_cell(value: object) -> TableCell:
    match value:
        case None:
            return TableCell()
        case bool():
            return TableCell(valuetype="boolean", booleanvalue="true" if value else "false")
        case int() | float() | Decimal():
            return TableCell(valuetype="float", value=str(value))
        case datetime() | date():
            return TableCell(valuetype="date", datevalue=value.isoformat())
        case _:
            cell = TableCell(valuetype="string")
            paragraph = P()
            # As LibreOffice writes it: a space at an end is an element, since readers take away what stands there as such.
            for number, part in enumerate(str(value).split(" ")):
                if number:
                    paragraph.addElement(S(c=1))
                addTextToElement(paragraph, part)
            cell.addElement(paragraph)
            return cell


def _fast(rows: pa.Table, path: Path) -> None:
    """The same document as text: days and whole numbers alone."""
    lines = [
        f'<table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>'
        for name in rows.column_names
    ]
    texts = ["".join(lines)]
    for at, x in zip(rows["at"].to_pylist(), rows["x"].to_pylist(), strict=True):
        texts.append(
            f'<table:table-cell office:value-type="date" office:date-value="{at}"/>'
            f'<table:table-cell office:value-type="float" office:value="{x}"/>'
        )
    body = "".join(f"<table:table-row>{text}</table:table-row>" for text in texts)
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="Rows">{body}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
