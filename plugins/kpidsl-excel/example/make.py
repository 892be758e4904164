"""Writes `ledger.xlsx`, as somebody in finance might keep it: `python make.py` (needs xlsxwriter)."""

from datetime import date

import xlsxwriter

ROWS = [
    (date(2026, 1, 12), "Nordwind GmbH", "North", 1250.00, 0.19, "paid"),
    (date(2026, 1, 29), "Café Süd", "South", 310.50, 0.07, "paid"),
    (date(2026, 2, 9), "Nordwind GmbH", "North", 990.10, 0.19, "paid"),
    (date(2026, 2, 27), "Oststern AG", "East", 2400.00, 0.19, "open"),
    (date(2026, 3, 3), "Café Süd", "South", 295.20, 0.07, "paid"),
    (date(2026, 3, 18), "Oststern AG", "East", 1800.00, 0.19, "paid"),
    (date(2026, 3, 31), "Nordwind GmbH", "North", -120.30, 0.19, "credit note"),
]
BUDGET = [("North", 2000, 1800, 900), ("South", 300, 300, 350), ("East", 0, 2500, 1500)]

with xlsxwriter.Workbook("ledger.xlsx") as book:
    day, money = book.add_format({"num_format": "dd.mm.yyyy"}), book.add_format({"num_format": "#,##0.00 [$€-407]"})
    share, bold = book.add_format({"num_format": "0 %"}), book.add_format({"bold": True})
    sheet = book.add_worksheet("Invoices")
    sheet.merge_range("A1:F1", "Invoices 2026", bold)
    sheet.write_row("A3", ["Booked", "Customer", "Region", "Net amount", "VAT", "Status"], bold)
    for number, (booked, customer, region, net, vat, status) in enumerate(ROWS, 3):
        sheet.write_datetime(number, 0, booked, day)
        sheet.write_row(number, 1, [customer, region])
        sheet.write_number(number, 3, net, money)
        sheet.write_number(number, 4, vat, share)
        sheet.write_string(number, 5, status)
    sheet.write(len(ROWS) + 3, 0, "Total", bold)
    sheet.write_formula(len(ROWS) + 3, 3, "=SUM(D4:D10)", money, sum(row[3] for row in ROWS))
    sheet.write(len(ROWS) + 5, 0, "Source: accounting, as of 1 April")
    budget = book.add_worksheet("Budget")
    budget.write(0, 0, "Region", bold)
    for column, month in enumerate((1, 2, 3), 1):
        budget.write_datetime(0, column, date(2026, month, 1), book.add_format({"num_format": "mmm yy"}))
    for number, row in enumerate(BUDGET, 1):
        budget.write_row(number, 0, row)
