"""Sheets as people keep them: titles, totals, hidden rows, formulas, dates and numbers of all kinds. Files that
LibreOffice, openpyxl and xlsxwriter wrote.
"""

# ruff: noqa: DTZ001 - the times of a sheet are civil ones

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from kpidsl_excel.cells import exact, plain
from reading_sheets import D, read, refused, types, written

WORKBOOKS = Path(__file__).with_name("workbooks")
SAVED = [WORKBOOKS / "ledger.xlsx", WORKBOOKS / "ledger.ods"]
LEDGER: dict[str, Any] = {"header": 3, "header_rows": 2, "totals": "skip", "blank_rows": "end"}


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.suffix)
class TestWhatLibreOfficeSaved:
    def test_a_sheet_with_everything_in_it(self, path: Path) -> None:
        names = ("Invoice Booked", "Invoice Customer", "Amounts Net", "Amounts VAT rate", "Work Time")
        assert read(path, *names, **LEDGER) == {
            "Invoice Booked": [datetime(2026, 1, 31), datetime(2026, 2, 28, 17, 30), datetime(2026, 3, 1), datetime(2026, 3, 31)],
            "Invoice Customer": ["Müller & Söhne", "O'Neil", "  two  spaces ", "東京"],
            "Amounts Net": [Decimal("1234.56"), Decimal("0.10"), Decimal("-12.30"), Decimal("99.00")],
            "Amounts VAT rate": [Decimal("0.19"), Decimal("0.07"), Decimal("0.19"), Decimal("0.00")],
            "Work Time": [timedelta(hours=30), timedelta(minutes=90), timedelta(seconds=30), timedelta(hours=1)],
        }  # fmt: skip

    def test_what_a_cell_is_called(self, path: Path) -> None:
        assert types(path, range="Invoices") == {
            "Booked": "timestamp", "Customer": "text", "Net": "decimal", "VAT rate": "decimal", "Gross": "decimal",
            "Time": "duration", "Paid": "boolean" if path.suffix == ".xlsx" else "integer", "Remark": "text",
        }  # fmt: skip

    def test_values_of_formulas(self, path: Path) -> None:
        found = read(path, "Gross", "Remark", range="Invoices", null=("#DIV/0!", "#N/A"), types={"Gross": D.DECIMAL})
        assert found == {"Gross": ["1469.13", "0.3", None, "99"], "Remark": [None, "", None, "line\nbreak"]}

    def test_an_error_is_told_with_its_cell(self, path: Path) -> None:
        error = refused(path, "Gross", range="Invoices")
        assert error.code == "K0604" and "Ledger 2026!E7" in error.message and "#DIV/0!" in error.message
        assert 'null: "#DIV/0!"' in str(error.hint)

    def test_a_total_is_not_counted_silently(self, path: Path) -> None:
        error = refused(path, "Net", header=4)
        assert error.code == "K0603" and "Ledger 2026!C9 adds up" in error.message and "totals" in str(error.hint)
        found = read(path, "Net", header=4, totals="keep", blank_rows="end")
        assert sum(found["Net"]) == 2 * Decimal("1321.36")

    def test_a_remark_below_is_told_with_its_cell(self, path: Path) -> None:
        error = refused(path, "Booked", header=4, totals="skip")
        assert error.code == "K0604" and 'Ledger 2026!A11: "Source: ledger' in error.message
        found = read(path, "Booked", header=4, totals="skip", leave_out=("source:*",))
        assert len(found["Booked"]) == 4

    def test_hidden_rows_count_or_not_by_rule(self, path: Path) -> None:
        assert len(read(path, "Net", range="Invoices")["Net"]) == 4
        assert read(path, "Net", range="Invoices", hidden_rows="skip")["Net"] == [
            Decimal("1234.56"),
            Decimal("-12.30"),
            Decimal("99.00"),
        ]
        error = refused(path, "Net", range="Invoices", hidden_rows="refuse")
        assert "row 6 is hidden" in error.message

    def test_a_hidden_sheet_is_none_unless_it_is_named(self, path: Path) -> None:
        assert read(path, sheet=("Notes",), header_rows=0) == {"A": ["not for you"]}

    def test_a_title_is_no_header(self, path: Path) -> None:
        error = refused(path)
        assert (
            'row 1 holds "Invoices, first quarter" alone' in error.message
            and error.hint == "say in which row the names of the columns stand: `header: 3`"
        )

    def test_ranges_in_any_spelling(self, path: Path) -> None:
        for area in ("A4:H8", "$A$4:$H$8", "a4:h8", "INVOICES"):
            assert len(read(path, "Net", range=area)["Net"]) == 4
        assert read(path, range="C5:C6", header_rows=0) == {"C": [Decimal("1234.56"), Decimal("0.10")]}
        assert list(read(path, range="B4:C", totals="skip")) == ["Customer", "Net"]
        assert refused(path, range="Invoice").hint == "did you mean `Invoices`?"


def test_a_formula_that_was_never_calculated_is_told(tmp_path: Path) -> None:
    by_openpyxl = written(tmp_path / "a.xlsx", [["x", "y"], [1, 2], [3, "=A3*2"]])
    error = refused(by_openpyxl, "y")
    assert error.code == "K0603" and "S!B3" in error.message and "never calculated" in error.message
    assert read(by_openpyxl, "x") == {"x": [1, 3]}  # an unused column costs nothing

    by_xlsxwriter = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(by_xlsxwriter) as book:
        sheet = book.add_worksheet("S")
        sheet.write_row(0, 0, ["x", "y"])
        sheet.write_row(1, 0, [1, "=A2*2"])  # the file holds the value 0 for it
    assert "S!B2" in refused(by_xlsxwriter, "y").message


def test_dates_of_both_systems(tmp_path: Path) -> None:
    rows = [
        ["day", "at"],
        [date(2026, 3, 31), datetime(2026, 3, 31, 12, 30)],
        [date(1999, 12, 31), datetime(2000, 2, 29, 23, 59, 59)],
    ]
    expected = {"day": [row[0] for row in rows[1:]], "at": [row[1] for row in rows[1:]]}

    def since_1904(book: Any) -> None:
        book.epoch = CALENDAR_MAC_1904

    assert read(written(tmp_path / "a.xlsx", rows)) == expected
    assert read(written(tmp_path / "b.xlsx", rows, since_1904)) == expected


def test_the_day_that_never_was(tmp_path: Path) -> None:
    def as_dates(book: Any) -> None:
        for number in range(2, 6):
            book.active.cell(number, 1).number_format = "yyyy-mm-dd"

    path = written(tmp_path / "a.xlsx", [["day"], [1], [59], [61], [2_958_465]], as_dates)
    assert read(path) == {"day": [date(1900, 1, 1), date(1900, 2, 28), date(1900, 3, 1), date(9999, 12, 31)]}
    path = written(tmp_path / "b.xlsx", [["day"], [45000], [60], [45001]], as_dates)
    error = refused(path)
    assert 'S!A3: "60"' in error.message and "not a date" in error.message


def test_formats_that_make_a_date_and_those_that_do_not(tmp_path: Path) -> None:
    from kpidsl_excel.cells import Shown, shown

    dates = [
        "yyyy-mm-dd",
        "m/d/yy h:mm",
        "[$-407]d. mmmm yyyy",
        "mmm-yy",
        "dd.mm.yyyy;@",
        '"Tag "d',
        "[Red]d/m",
        "mmmm",
    ]
    numbers = [
        "General",
        "0.00",
        "#,##0.00 [$€-407]",
        '0 "days"',
        "0.00E+00",
        "@",
        "[Red]-0",
        "_-* #,##0_-",
        r"0\d",
        "# ?/?",
    ]
    assert [shown(code) for code in dates] == [Shown.DATE] * len(dates)
    assert [shown(code) for code in numbers] == [Shown.NUMBER] * len(numbers)
    assert [shown(code) for code in ("h:mm", "hh:mm AM/PM", "mm:ss.0")] == [Shown.CLOCK] * 3
    assert [shown(code) for code in ("[h]:mm", "[mm]:ss", "[ss]")] == [Shown.SPAN] * 3


def test_numbers_are_the_decimals_that_are_shown(tmp_path: Path) -> None:
    numbers = [1234.56, 0.1 + 0.2, 1.1, 1e-7, 12345678901234.5, -0.0, 1e15]
    path = written(tmp_path / "a.xlsx", [["x"], *([number] for number in numbers)])
    assert read(path, types={"x": D.DECIMAL})["x"] == ["1234.56", "0.3", "1.1", "0.0000001", "12345678901234.5", "0", "1000000000000000"]  # fmt: skip
    # Excel writes as many as 17 digits of what is not exactly what it shows.
    noisy = (
        "0.30000000000000004",
        "1234.5600000000002",
        "1.1000000000000001",
        "64851.30999999999",
        "-85110.98000000001",
    )
    assert [plain(exact(text)) for text in noisy] == ["0.3", "1234.56", "1.1", "64851.31", "-85110.98"]
    assert [plain(exact(text)) for text in ("1234567890123.45", "9007199254740993")] == [
        "1234567890123.45",
        "9007199254740993",
    ]


@pytest.mark.parametrize("seed", range(3))
def test_sums_that_a_spreadsheet_made_are_those_of_decimals(seed: int) -> None:
    """Of sums of amounts, made in binary, half are not exactly what they show."""
    chance = random.Random(seed)
    off = 0
    for _ in range(500):
        cents = [chance.randrange(10**6) for _ in range(chance.randrange(2, 30))]
        total = sum(cent / 100 for cent in cents)
        off += repr(total) != plain(Decimal(sum(cents)) / 100)
        assert exact(f"{total:.17g}") == Decimal(sum(cents)) / 100
    assert off > 100


def test_texts_that_are_numbers(tmp_path: Path) -> None:
    german = [
        "x",
        "€ 1.234,56",
        "1.234,56 EUR",
        "(1.234,56)",
        "-12,5",
        "12,5-",
        "12,5 %",
        "−3",
        7,
        "1.000.000",
        "",
        None,
        "-",
    ]
    path = written(tmp_path / "a.xlsx", [[value] for value in german])
    options = {"decimal": ",", "thousands": ".", "null": ("-",), "types": {"x": D.DECIMAL}}
    assert read(path, "x", **options)["x"] == ["1234.56", "1234.56", "-1234.56", "-12.5", "-12.5", "0.125", "-3", "7", "1000000", None]  # fmt: skip
    swiss = written(tmp_path / "b.xlsx", [["x"], ["CHF 1'234.50"], ["1’000.00"], ["CHF 1'000"]])
    assert read(swiss, "x", thousands="'", types={"x": D.DECIMAL})["x"] == ["1234.5", "1000", "1000"]
    french = written(tmp_path / "c.xlsx", [["x"], ["1\u202f234,5 €"], ["1\u00a0000"], ["10 000,00"]])
    assert read(french, "x", decimal=",", thousands=" ", types={"x": D.DECIMAL})["x"] == ["1234.5", "1000", "10000"]


def test_a_text_that_may_be_two_numbers_is_asked_about(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", [["x"], [1], [2], ["1.234"]])
    error = refused(path, "x", types={"x": D.DECIMAL})
    assert "S!A4" in error.message and "thousands or a fraction" in str(error.hint)
    assert read(path, "x", decimal=".", types={"x": D.DECIMAL})["x"] == ["1", "2", "1.234"]
    assert read(path, "x", thousands=".", decimal=",", types={"x": D.DECIMAL})["x"] == ["1", "2", "1234"]
    comma = written(tmp_path / "b.xlsx", [["x"], [1], ["1.234,50"]])
    assert (
        refused(comma, "x", types={"x": D.DECIMAL}).hint
        == 'say how such numbers are written: `decimal: ",", thousands: "."`'
    )


def test_two_currencies_in_a_column_are_told(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", [["x"], ["€ 5"], ["$ 7"]])
    error = refused(path, "x", types={"x": D.DECIMAL})
    assert error.message.endswith("column `x` mixes currencies: a.xlsx, S!A2 is in €, a.xlsx, S!A3 in $")


def test_what_does_not_fit_is_told_with_all_addresses(tmp_path: Path) -> None:
    rows: list[list[object]] = [["x", "y"], *([number, "a"] for number in range(20))]
    for number in (3, 5, 7, 9, 11, 13, 15):
        rows[number] = ["n/a", "a"]
    path = written(tmp_path / "a.xlsx", rows)
    assert types(path) == {"x": "integer", "y": "text"}
    error = refused(path, "x")
    assert error.code == "K0604"
    assert (
        error.message
        == 'a.xlsx, S!A4: "n/a" in column `x` is not a whole number, as most of it is; nor are A6, A8, A10, A12 and 2 more'
    )
    assert 'null: "n/a"' in str(error.hint)
    assert len(read(path, "x", null=("n/a",))["x"]) == 20
    assert read(path, "x", types={"x": D.TEXT})["x"][:3] == ["0", "1", "n/a"]


def test_dates_as_text_and_as_dates_side_by_side(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", [["day"], [date(2026, 3, 1)], ["31.03.2026"], ["2026-04-01"]])
    assert "S!A3" in refused(path, "day", types={"day": D.DATE}).message
    path = written(tmp_path / "b.xlsx", [["day"], [date(2026, 3, 1)], ["31.03.2026"], [20260401]])
    assert "S!A4" in refused(path, "day", types={"day": D.DATE}, formats={"day": "%d.%m.%Y"}).message
    path = written(tmp_path / "c.xlsx", [["at"], ["2026-03-01T12:00:00+02:00"]])
    assert read(path, types={"at": D.INSTANT})["at"] == [datetime(2026, 3, 1, 10, tzinfo=UTC)]
    path = written(tmp_path / "d.xlsx", [["day"], [20260401]])
    assert read(path, types={"day": D.DATE}, formats={"day": "%Y%m%d"})["day"] == [date(2026, 4, 1)]
    assert "format of a date" in str(refused(path, types={"day": D.DATE}).hint)


def test_headers_over_two_rows_with_merged_cells(tmp_path: Path) -> None:
    def merge(book: Any) -> None:
        book.active.merge_cells("A1:A2")
        book.active.merge_cells("B1:C1")

    path = written(
        tmp_path / "a.xlsx", [["region", "2025", None, "note"], [None, "plan", "actual", None], ["N", 1, 2, "x"]], merge
    )
    assert read(path, header_rows=2) == {"region": ["N"], "2025 plan": [1], "2025 actual": [2], "note": ["x"]}


def test_names_that_come_twice_and_none_at_all(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", [["q", "q", None, "r"], [1, 2, 3, 4]])
    assert read(path) == {"q (A)": [1], "q (B)": [2], "C": [3], "r": [4]}
    assert read(path, header_rows=0, range="A2") == {"A": [1], "B": [2], "C": [3], "D": [4]}


def test_months_side_by_side_become_rows(tmp_path: Path) -> None:
    rows = [["account", date(2026, 1, 1), date(2026, 2, 1), "year"], ["rent", 10, None, 10], ["pay", 20, 25, 45]]
    path = written(tmp_path / "a.xlsx", rows)
    found = read(path, "account", "month", "amount", unpivot=("B:C",), label_column="month", value_column="amount")
    assert found == {"account": ["rent", "pay", "pay"], "month": [date(2026, 1, 1), date(2026, 1, 1), date(2026, 2, 1)], "amount": [10, 20, 25]}  # fmt: skip
    rows[1][2] = "open"
    error = refused(
        written(tmp_path / "b.xlsx", rows), "amount", unpivot=("B:C",), label_column="month", value_column="amount"
    )
    assert "S!C2" in error.message


def test_values_that_stand_once_for_many_rows(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", [["region", "x"], ["N", 1], [None, 2], ["S", 3], [None, 4]])
    assert read(path, fill_down=("region",))["region"] == ["N", "N", "S", "S"]
    assert refused(path, fill_down=("regon",)).hint == "did you mean `region`?"


def test_a_sheet_for_each_month_and_a_file_for_each_year(tmp_path: Path) -> None:
    def second(book: Any) -> None:
        other = book.create_sheet("2026-02")
        other.append(["x", "y"])
        other.append([3, 4])
        book.create_sheet("Summary")

    path = written(tmp_path / "a.xlsx", [["x"], [1]], second, title="2026-01")
    error = refused(path)
    assert error.code == "K0608" and "3 sheets: 2026-01, 2026-02, Summary" in error.message
    assert read(path, "x", "month", "file", sheet=("2026-*",), sheet_column="month", file_column="file") == {
        "x": [1, 3], "month": ["2026-01", "2026-02"], "file": ["a.xlsx", "a.xlsx"],
    }  # fmt: skip
    error = refused(path, "y", sheet=("2026-*",))
    assert error.code == "K0605" and "2026-01 has no column `y`" in error.message
    assert refused(path, sheet=("2026 01",)).hint == 'did you mean "2026-01"?'
    assert read(path, sheet_number=2) == {"x": [3], "y": [4]}


def test_a_table_has_its_name_its_header_and_its_totals(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.write(0, 0, "Title")
        columns = [{"header": "who", "total_string": "All"}, {"header": "x", "total_function": "sum"}]
        sheet.add_table(
            "B3:C6", {"name": "Orders", "data": [["a", 1], ["b", 2]], "columns": columns, "total_row": True}
        )
    assert read(path, range="Orders") == {"who": ["a", "b"], "x": [1, 2]}


@pytest.mark.parametrize(
    "text", ["Total", "Grand Total", "Summe:", "North total", "TOTAL 2026", "Gesamtergebnis", "合計"]
)
def test_a_row_that_calls_itself_a_total(tmp_path: Path, text: str) -> None:
    path = written(tmp_path / "a.xlsx", [["who", "x"], ["a", 1], [text, 1]])
    assert f'S!A3 says "{text}"' in refused(path).message
    assert read(path, "x", totals="skip") == {"x": [1]}


@pytest.mark.parametrize("text", ["Totally Bikes Ltd", "a total of two", "Sumatra"])
def test_a_row_that_does_not(tmp_path: Path, text: str) -> None:
    assert len(read(written(tmp_path / "a.xlsx", [["who", "x"], ["a", 1], [text, 1]]))["x"]) == 2


def test_a_column_of_running_totals_is_data() -> None:
    from kpidsl_excel.books import adds_up

    assert adds_up("SUM(F2:F200)", "F", 201) and adds_up("SUBTOTAL(9,$F$2:$F$200)", "F", 201)
    assert adds_up("of:=SUM([.F2:.F200])", "F", 201) and adds_up("SUM(F3:F9)", "F", 2)
    assert (
        not adds_up("SUM(F$2:F5)", "G", 5) and not adds_up("SUM(B5:E5)", "F", 5) and not adds_up("SUM(F2:F5)", "F", 5)
    )


def test_a_sum_beside_the_table_is_no_total_of_it(tmp_path: Path) -> None:
    rows = [["who", "x", None, "check"], ["a", 1, None, None], ["b", 2, None, "=SUM(D4:D9)"]]
    assert read(written(tmp_path / "a.xlsx", rows), "x", range="A1:B3") == {"x": [1, 2]}
    assert "S!D3 adds up" in refused(written(tmp_path / "b.xlsx", rows), "x").message


def test_rich_texts_and_characters_that_xml_has_not(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as book:
        sheet, bold = book.add_worksheet("S"), book.add_format({"bold": True})
        sheet.write(0, 0, "x")
        sheet.write_rich_string(1, 0, "so ", bold, "much", " text")
        sheet.write_string(2, 0, "a\x07b_x000D_")
        sheet.write_string(3, 0, "00123")
    assert read(path)["x"] == ["so much text", "a\x07b_x000D_", "00123"]


def test_openpyxl_reads_the_same(tmp_path: Path) -> None:
    """The values of a workbook, held against openpyxl's."""
    sheet = openpyxl.load_workbook(WORKBOOKS / "ledger.xlsx", data_only=True)["Ledger 2026"]
    theirs = [[cell.value for cell in row] for row in sheet["A5:D8"]]
    ours = read(
        WORKBOOKS / "ledger.xlsx",
        "Booked",
        "Customer",
        "Net",
        "VAT rate",
        range="Invoices",
        types={"Net": D.FLOAT, "VAT rate": D.FLOAT},
    )
    assert [list(row) for row in zip(*ours.values(), strict=True)] == theirs
