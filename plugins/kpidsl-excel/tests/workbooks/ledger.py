# ruff: noqa: DTZ001
"""What LibreOffice is given to make the workbooks here from: a ledger as people keep it."""

import sys
from datetime import date, datetime, timedelta

import openpyxl
from openpyxl.workbook.defined_name import DefinedName

book = openpyxl.Workbook()
sheet = book.active
sheet.title = "Ledger 2026"
sheet["A1"] = "Invoices, first quarter"
sheet.merge_cells("A1:H1")
sheet["A3"], sheet["C3"], sheet["F3"] = "Invoice", "Amounts", "Work"
sheet.merge_cells("A3:B3")
sheet.merge_cells("C3:E3")
for column, text in enumerate(["Booked", "Customer", "Net", "VAT rate", "Gross", "Time", "Paid", "Remark"], 1):
    sheet.cell(4, column, text)
rows = [
    (
        date(2026, 1, 31),
        "Müller & Söhne",
        1234.56,
        0.19,
        "=ROUND(C5*(1+D5),2)",
        timedelta(hours=30),
        True,
        None,
    ),
    (
        datetime(2026, 2, 28, 17, 30),
        "O'Neil",
        0.1,
        0.07,
        "=C6+0.2",
        timedelta(minutes=90),
        False,
        '=IF(D6>1,1,"")',
    ),
    (date(2026, 3, 1), "  two  spaces ", -12.3, 0.19, "=C7/0", timedelta(seconds=30), True, "=NA()"),
    (date(2026, 3, 31), "東京", 99, 0, "=C8", timedelta(hours=1), True, "line\nbreak"),
]
for row in rows:
    sheet.append(row)
for number in range(5, 9):
    sheet.cell(number, 3).number_format = "#,##0.00 [$€-407]"
    sheet.cell(number, 4).number_format = "0%"
    sheet.cell(number, 6).number_format = "[h]:mm:ss"
sheet.row_dimensions[6].hidden = True
sheet["B9"], sheet["C9"] = "Net", "=SUM(C5:C8)"
sheet["A11"] = "Source: ledger, without credit notes"
book.defined_names["Invoices"] = DefinedName("Invoices", attr_text="'Ledger 2026'!$A$4:$H$8")
notes = book.create_sheet("Notes")
notes.sheet_state = "hidden"
notes["A1"] = "not for you"
book.save(sys.argv[1])
