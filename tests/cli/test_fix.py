"""`kpidsl check --fix` and `--diff` on real files."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time
from types import SimpleNamespace

import pytest

from cli.conftest import Ran
from kpidsl.cli import main
from kpidsl.pipeline import load
from kpidsl.syntax.piecewise import PROBLEMS_PER_FILE

SOURCE = """\
source orders {
  from csv("orders.csv")
  time at
  column amount: EUR
}
"""
WRONG = (
    SOURCE
    + """\
metric revenue = summ(amount) from orders where status = "paid" && items <> 3
metric paid    = count(*) from ordrs where status == 'paid'  # one mistake hides the next
kpi monthly_revenue {
  value: (revenu / paid) over lst month
  target => 5 €
  compare previus
"""
)
RIGHT = (
    SOURCE
    + """\
metric revenue = sum(amount) from orders where status == "paid" and items != 3
metric paid    = count() from orders where status == "paid"  # one mistake hides the next
kpi monthly_revenue {
  value (revenue / paid) over last month
  target >= 5 EUR
  compare previous
}
"""
)
Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `kpidsl check --no-schemas` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def ran(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin), isatty=lambda: False))
        with pytest.raises(SystemExit) as ended:
            main(("check", "--no-schemas", *arguments))
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, out, err)

    return ran


def test_fixes_are_applied_until_none_is_left(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "shop.kpi"
    file.write_text(WRONG)
    file.chmod(0o640)
    ran = run("shop.kpi", "--fix")
    assert file.read_text() == RIGHT
    assert (ran.code, ran.out) == (0, "")
    assert "shop.kpi:6: `summ` → `sum`\n" in ran.err
    assert "shop.kpi:7: left out `*`\n" in ran.err
    assert "shop.kpi:11: inserted `}`\n" in ran.err
    assert ran.err.endswith("fixes made\nno problems found\n")
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [file]
    again = run("shop.kpi", "--fix")
    assert (again.code, again.err) == (0, "nothing to fix by machine\nno problems found\n")


def test_units_beside_names_and_values_become_properties(run: Run, tmp_path: Path) -> None:
    said = """\
source orders {
  from csv("orders.csv")
  time at
  column amount in EUR
  column wait (int)
  column late = amount > 5 EUR
}
metric fees in EUR = sum(amount) from orders where late
metric most "Most" (EUR) {
  value max(amount) from orders  # one order
}
metric waits = sum(wait) from orders as minutes
kpi monthly_fees: EUR { value fees over last month; target >= 5 EUR }
kpi share { value fees / most over last month; target >= 85 percent }
"""
    mended = """\
source orders {
  from csv("orders.csv")
  time at
  column amount: EUR
  column wait: integer
  let late = amount > 5 EUR
}
metric fees { value sum(amount) from orders where late; unit EUR }
metric most "Most" {
  unit EUR
  value max(amount) from orders  # one order
}
metric waits { value sum(wait) from orders; unit minutes }
kpi monthly_fees { unit EUR; value fees over last month; target >= 5 EUR }
kpi share { value fees / most over last month; target >= 85% }
"""
    (tmp_path / "a.kpi").write_text(said, "utf-8")
    run("--fix", "a.kpi")
    assert (tmp_path / "a.kpi").read_text("utf-8") == mended


def test_what_nobody_sees_is_named_where_it_is_mended(run: Run, tmp_path: Path) -> None:
    text = "# what came in\u2028metric fees = 5\nmetric paid\u00a0= 3\n"
    (tmp_path / "a.kpi").write_text(text, "utf-8")
    said = run("--fix", "a.kpi").err
    assert "a.kpi:1: U+2028 → a new line" in said
    assert "a.kpi:2: U+00A0 → a space" in said
    assert (tmp_path / "a.kpi").read_text("utf-8") == "# what came in\nmetric fees = 5\nmetric paid = 3\n"


def test_diff_shows_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "shop.kpi"
    file.write_text(WRONG)
    ran = run("shop.kpi", "--diff")
    assert file.read_text() == WRONG
    assert "--- shop.kpi\n+++ shop.kpi (fixed)\n" in ran.out
    assert "+  target >= 5 EUR\n" in ran.out
    assert ran.code == 0
    assert "would be made" in ran.err


def test_standard_input_goes_to_standard_output(run: Run) -> None:
    ran = run("-", "--fix", stdin=WRONG.encode())
    assert (ran.code, ran.out) == (0, RIGHT)
    sound = run("-", "--fix", stdin=RIGHT.encode())
    assert (sound.code, sound.out) == (0, RIGHT)


def test_what_remains_decides_the_exit_code(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "shop.kpi"
    file.write_text(SOURCE + "metric a = count(*) from orders\nmetric b = wholly_unknown\n")
    ran = run("shop.kpi", "--fix")
    assert "count() from orders" in file.read_text()
    assert ran.code == 4
    assert "there is no metric `wholly_unknown`" in ran.err


def test_line_ends_and_the_mark_at_the_start_are_kept(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "shop.kpi"
    file.write_bytes(b"\xef\xbb\xbf" + WRONG.replace("\n", "\r\n").encode())
    assert run("shop.kpi", "--fix").code == 0
    assert file.read_bytes() == b"\xef\xbb\xbf" + RIGHT.replace("\n", "\r\n").encode()


def test_what_is_imported_from_elsewhere_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "own").mkdir()
    library = SOURCE + "metric paid = count(*) from orders\n"
    (tmp_path / "lib" / "shop.kpi").write_text(library)
    (tmp_path / "own" / "a.kpi").write_text('import "../lib/shop.kpi"\nmetric all = count(*) from orders\n')
    ran = run("own", "--fix")
    assert (tmp_path / "lib" / "shop.kpi").read_text() == library
    assert "metric all = count() from orders" in (tmp_path / "own" / "a.kpi").read_text()
    assert ran.code == 4


def test_a_fix_that_makes_things_worse_is_not_kept(run: Run, tmp_path: Path) -> None:
    # Renaming it as names are written makes two of one name.
    text = "metric revenue = 1\nmetric Revenue = 2\nmetric paid = 3\nmetric b = piad\n"
    file = tmp_path / "a.kpi"
    file.write_text(text)
    ran = run("a.kpi", "--fix")
    assert file.read_text() == text.replace("piad", "paid")
    assert ran.code == 4


def test_a_file_that_is_broken_all_through_does_not_take_minutes(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpidsl.fixing.PATIENCE", 0.0)
    monkeypatch.setattr("kpidsl.fixing.PATIENT_CHECKS", 2)
    text = "".join(f"objective a{number} {{ key result k {{ weight 1 }}\n" for number in range(60))
    (tmp_path / "a.kpi").write_text(text)
    began = process_time()
    load([tmp_path]).check(schemas=False)
    a_check = process_time() - began
    ran = run("a.kpi", "--diff")
    assert process_time() - began < 12 * a_check
    assert ran.code == 4 and "mend the first problems by hand" in ran.err


def test_a_file_that_cannot_be_written_is_said(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop.kpi").write_text(WRONG)

    def refuse(target: Path, text: str) -> None:
        raise PermissionError(13, "Permission denied", str(target))

    monkeypatch.setattr("kpidsl.cli.fix.write_file", refuse)
    ran = run("shop.kpi", "--fix")
    assert ran.code == 3
    assert "cannot write shop.kpi: permission denied" in ran.err


def test_two_documents_do_not_share_standard_output(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.kpi").write_text(WRONG)
    assert run("shop.kpi", "--diff", "-f", "json").code == 2
    assert run("-", "--fix", "-f", "json", stdin=WRONG.encode()).code == 2
    ran = run("shop.kpi", "--fix", "-f", "json")
    assert (ran.code, json.loads(ran.out)["diagnostics"]) == (0, [])


def test_documents_carry_the_fixes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.kpi").write_text(SOURCE + "metric b = count() from ordrs\n")
    found = json.loads(run("shop.kpi", "-f", "json").out)["diagnostics"][0]
    assert found["fix"]["text"] == "orders"
    sarif = json.loads(run("shop.kpi", "-f", "sarif").out)["runs"][0]["results"][0]
    assert sarif["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"] == {"text": "orders"}


def test_more_syntax_errors_than_are_told_are_mended_all_the_same(run: Run, tmp_path: Path) -> None:
    kpis = "".join(f"kpi k{number} {{ value 6; targt >= 1 }}\n" for number in range(PROBLEMS_PER_FILE * 2 + 10))
    (tmp_path / "a.kpi").write_text(kpis)
    ran = run("a.kpi", "--fix")
    assert (tmp_path / "a.kpi").read_text() == kpis.replace("targt", "target")
    assert ran.code == 0
