"""Files that are no workbook, damaged ones, protected ones, hostile ones; and specs that are not trusted."""

from __future__ import annotations

import os
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import kpidsl
from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import Context
from kpidsl_excel import open_excel
from kpidsl_excel.options import ExcelOptions
from reading_sheets import refused, written

WORKBOOKS = Path(__file__).with_name("workbooks")


def changed(source: Path, target: Path, changes: dict[str, bytes | None]) -> Path:
    """A workbook with other parts: None takes one away."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in changes:
                new.writestr(name, old.read(name))
        for name, content in changes.items():
            if content is not None:
                new.writestr(name, content)
    return target


def part(source: Path, name: str) -> bytes:
    with zipfile.ZipFile(source) as archive:
        return archive.read(name)


@pytest.mark.parametrize(
    ("name", "content", "code", "says"),
    [
        ("empty.xlsx", b"", "K0606", "is empty"),
        ("text.xlsx", b"a,b\n1,2\n", "K0602", "no workbook"),
        ("page.xls", b"<html><table>", "K0602", "no workbook"),
        ("half.xlsx", b"PK\x03\x04 and then nothing", "K0602", "cannot be read"),
    ],
)
def test_what_is_no_workbook(tmp_path: Path, name: str, content: bytes, code: str, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    error = refused(tmp_path / name)
    assert error.code == code and says in error.message


def test_the_old_format_and_passwords() -> None:
    old = refused(WORKBOOKS / "ledger.xls")
    assert ".xls" in old.message and "save it as .xlsx" in str(old.hint)
    assert "protected by a password" in refused(WORKBOOKS / "protected.xlsx").message


def test_an_ods_with_a_password(tmp_path: Path) -> None:
    manifest = part(WORKBOOKS / "ledger.ods", "META-INF/manifest.xml")
    entry = b'manifest:full-path="content.xml"'
    assert entry in manifest
    encrypted = manifest.replace(b"</manifest:manifest>", b'<manifest:file-entry manifest:full-path="x"><manifest:encryption-data/></manifest:file-entry></manifest:manifest>')  # fmt: skip
    path = changed(
        WORKBOOKS / "ledger.ods",
        tmp_path / "a.ods",
        {"META-INF/manifest.xml": encrypted, "content.xml": b"\x8f\x00noise"},
    )
    assert "protected by a password" in refused(path).message


def test_a_download_that_broke_off(tmp_path: Path) -> None:
    whole = (WORKBOOKS / "ledger.xlsx").read_bytes()
    for kept in (100, len(whole) // 2, len(whole) - 30):
        (tmp_path / "a.xlsx").write_bytes(whole[:kept])
        assert refused(tmp_path / "a.xlsx").code == "K0602"


def test_bytes_that_changed(tmp_path: Path) -> None:
    whole = bytearray((WORKBOOKS / "ledger.xlsx").read_bytes())
    with zipfile.ZipFile(WORKBOOKS / "ledger.xlsx") as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 100
    whole[start : start + 40] = bytes(40)
    (tmp_path / "a.xlsx").write_bytes(whole)
    assert refused(tmp_path / "a.xlsx", header=4).code == "K0602"


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b'<c r="D5" s="4" t="n"', b'<c r="D5" t="s"', "refers to a text that is not there"),
        (b"<v>0.19</v>", b"<v>1E999999999</v>", "is no number"),
        (b"<v>0.19</v>", b"<v>1_9</v>", "is no number"),
        (b"<v>0.19</v>", b"<v>0.19</w>", "is no XML"),
        (b'<row r="5"', b'<row r="five"', "a row of"),
    ],
)
def test_sheets_that_are_wrong_inside(tmp_path: Path, old: bytes, new: bytes, says: str) -> None:
    sheet = part(WORKBOOKS / "ledger.xlsx", SHEET)
    assert old in sheet
    path = changed(WORKBOOKS / "ledger.xlsx", tmp_path / "a.xlsx", {SHEET: sheet.replace(old, new, 1)})
    error = refused(path, range="Invoices")
    assert error.code == "K0602" and says in error.message


@pytest.mark.parametrize(
    ("book", "name"),
    [
        ("ledger.xlsx", SHEET),
        ("ledger.xlsx", "xl/workbook.xml"),
        ("ledger.xlsx", "xl/sharedStrings.xml"),
        ("ledger.ods", "content.xml"),
    ],
)
@pytest.mark.parametrize(
    "declared",
    [
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        b'<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
def test_entities_are_refused(tmp_path: Path, book: str, name: str, declared: bytes) -> None:
    text = part(WORKBOOKS / book, name)
    after = text.index(b"?>") + 2
    path = changed(WORKBOOKS / book, tmp_path / book, {name: text[:after] + declared + text[after:]})
    error = refused(path, range="Invoices")
    assert error.code == "K0602" and "document type" in error.message


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """80 MiB of blanks in 80 KiB, behind the sheet's first element."""
    sheet = part(WORKBOOKS / "ledger.xlsx", SHEET)
    place = sheet.index(b"<sheetData>")
    path = changed(
        WORKBOOKS / "ledger.xlsx", tmp_path / "a.xlsx", {SHEET: sheet[:place] + b" " * (80 << 20) + sheet[place:]}
    )
    assert path.stat().st_size < 200_000
    error = refused(path, range="Invoices")
    assert error.code == "K0602" and "unpacks to more than 64 MiB" in error.message


def test_rows_that_repeat_without_end_are_refused(tmp_path: Path) -> None:
    text = part(WORKBOOKS / "ledger.ods", "content.xml")
    bomb = b'<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/></table:table-row>'
    after = text.index(b"<table:table-row")
    path = changed(WORKBOOKS / "ledger.ods", tmp_path / "a.ods", {"content.xml": text[:after] + bomb + text[after:]})
    error = refused(path, header_rows=0)
    assert error.code == "K0602" and "more than 100,000,000 cells" in error.message


def test_external_references_are_not_followed(tmp_path: Path) -> None:
    rels = part(WORKBOOKS / "ledger.xlsx", "xl/_rels/workbook.xml.rels")
    outside = rels.replace(b"worksheets/sheet1.xml", b"../../../etc/passwd")
    path = changed(WORKBOOKS / "ledger.xlsx", tmp_path / "a.xlsx", {"xl/_rels/workbook.xml.rels": outside})
    error = refused(path, range="Invoices")
    assert error.code == "K0602" and "missing" in error.message


def test_a_binary_workbook_is_refused(tmp_path: Path) -> None:
    path = changed(WORKBOOKS / "ledger.xlsx", tmp_path / "a.xlsb", {"xl/workbook.xml": None, "xl/workbook.bin": b""})
    assert ".xlsb" in refused(path).message


def test_a_spec_that_is_not_trusted_stays_below_its_root(tmp_path: Path) -> None:
    root, outside = tmp_path / "specs", tmp_path / "secret.xlsx"
    root.mkdir()
    written(outside, [["x"], [1]])
    (root / "link.xlsx").symlink_to(outside)
    (root / "folder").symlink_to(tmp_path)
    written(root / "own.xlsx", [["x"], [1]])
    context = Context(root, root, untrusted=True)
    for path in ("../secret.xlsx", "link.xlsx", "folder/secret.xlsx", "*.xlsx", str(outside)):
        with pytest.raises(SourceError) as caught:
            open_excel(ExcelOptions(path=(path,)), context)
        assert caught.value.code == "K0607", path
    assert open_excel(ExcelOptions(path=("own.xlsx",)), context).schema().names == ("x",)
    assert open_excel(ExcelOptions(path=("link.xlsx",)), Context(root, root)).schema().names == ("x",)


def test_a_schema_is_kept_until_the_file_changes(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", [["x"], [1]])
    opened = open_excel(ExcelOptions(path=("a.xlsx",)), Context(tmp_path, tmp_path))
    before = opened.fingerprint()
    assert before == ((str(path), path.stat().st_size, path.stat().st_mtime_ns),)
    os.utime(path, ns=(1, 1))
    assert opened.fingerprint() != before


def test_a_spec_over_a_workbook(tmp_path: Path) -> None:
    """One failing sheet costs the others nothing, and the cell is named in the document."""
    (tmp_path / "ledger.ods").write_bytes((WORKBOOKS / "ledger.ods").read_bytes())
    (tmp_path / "spec.kpi").write_text("""
        source invoices { from excel("ledger.ods", range: "Invoices"); time Booked; column Net: EUR }
        source with_errors { from excel("ledger.ods", range: "Invoices"); time Booked }
        metric net = sum(Net) from invoices over all time
        metric gross = sum(Gross) from with_errors over all time
    """, "utf-8")  # fmt: skip
    results = kpidsl.load([tmp_path / "spec.kpi"]).evaluate(as_of="2026-03-31")
    assert results.metrics[0].value == Decimal("1321.36")
    assert results.metrics[1].value_undefined == "source_error"
    assert [error.code for error in results.errors] == ["K0604"] and "Ledger 2026!E7" in results.errors[0].message


def test_the_example_runs() -> None:
    results = kpidsl.load([Path(__file__).parents[1] / "example"]).evaluate(as_of="2026-03-31")
    assert not results.errors and not results.warnings
    assert [str(one.assessment.value)[:8] for one in results.kpis] == ["1974.9", "0.717668"]


def test_a_column_without_a_filled_cell_is_what_it_is_used_as(tmp_path: Path) -> None:
    written(tmp_path / "book.xlsx", [["at", "paid", "refund"], [date(2026, 3, 1), None, None]])
    (tmp_path / "a.kpi").write_text(
        """
        source o { from excel("book.xlsx"); time at }
        metric refunds = sum(refund) from o over 2026-03
        metric paying = share(paid) from o over 2026-03
        """,
        "utf-8",
    )
    found = kpidsl.load(tmp_path).evaluate(as_of="2026-03-31")
    assert [(one.value, one.value_undefined) for one in found.metrics] == [(0, None), (None, "no_rows")]
