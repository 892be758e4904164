"""How failures are shown, and JUnit XML."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree as ET

from kpidsl.testing.outcomes import LookedAt
from kpidsl.testing.text import looked_at_lines
from spec_tests.suite_of import ORDERS, block, failures, suite


def test_a_failure_shows_all_one_needs(tmp_path: Path) -> None:
    report = suite(tmp_path, block("paid over last month == 1", "revenue over last month == 110.50 EUR"))
    line = (
        (tmp_path / "shop.kpi").read_text("utf-8").splitlines().index("  expect revenue over last month == 110.50 EUR")
    )
    shown = f"""\
        FAILED  a test
          {tmp_path}/shop.kpi:{line + 1}  expect revenue over last month == 110.50 EUR
            expected  110.5 EUR
            found     10.5 EUR
            why       that is 100 EUR less
            window    last month (2026-03-01 up to, not including, 2026-04-01)
            rows      2 of 3 of `orders` in the window
                        order_id  ordered_at        status      amount
                        1         2026-03-01T10:00  "paid"      10.50
                      - 2         2026-03-02T13:00  "refunded"  99
                      - left out by a `where`

        0 passed, 1 failed
        """
    assert report.to_text() == dedent(shown)
    assert (report.passed, report.failed, report.exit_code) == (0, 1, 1)


def test_what_passed_is_counted_and_named_when_asked(tmp_path: Path) -> None:
    report = suite(tmp_path, block("paid over last month == 1"))
    assert report.to_text() == "1 passed\n"
    assert report.to_text(verbose=True) == "passed  a test\n1 passed\n"
    assert report.to_text(colour=True) == "\x1b[32m1 passed\x1b[0m\n"


def test_at_most_ten_rows_are_shown(tmp_path: Path) -> None:
    rows = "\n".join(f'{number}, 2026-03-{number:02}, "paid", 1' for number in range(1, 16))
    given = f"given orders {{ order_id, ordered_at, status, amount\n{rows}\n}}"
    (failure,) = failures(tmp_path, "revenue over 2026-03-02..2026-03-31 == 1 EUR", given=given)
    (seen,) = failure.looked_at
    assert (seen.inside, seen.given, len(seen.rows)) == (14, 15, 10)
    assert [row[0] for row, _ in seen.rows] == [str(number) for number in range(2, 12)]
    assert "              and 4 more" in list(looked_at_lines(seen, colour=False))


def test_a_series_shows_the_window_around_it(tmp_path: Path) -> None:
    (failure,) = failures(tmp_path, "avg(paid each day) over last month == 1")
    assert failure.looked_at[0].windows == ("last month (2026-03-01 up to, not including, 2026-04-01)",)


def test_rows_that_hold_are_those_at_the_edge(tmp_path: Path) -> None:
    given = "given staff { hired_on, left_on\n 2020-01-01, null\n 2020-01-01, 2021-01-01\n 2026-04-01, null }"
    (failure,) = failures(tmp_path, "headcount == 9", given=given)
    assert [row for row, _ in failure.looked_at[0].rows] == [("2020-01-01", "null")]


def test_columns_that_are_read_and_not_written_are_named(tmp_path: Path) -> None:
    (failure,) = failures(tmp_path, "late over last month == 1")
    assert failure.why[-1] == "not in the table of `orders`, and so null in every row: `delivered_on`, `promised_on`"


def test_cells_cannot_act_on_the_terminal() -> None:
    seen = LookedAt("orders", (), ("a",), ((('"\x1b[31mred"',), True),), 1, 1)
    assert "\x1b" not in "".join(looked_at_lines(seen, colour=False))


def test_junit(tmp_path: Path) -> None:
    tests = (
        block("paid over last month == 1")
        + block("paid over last month == 2").replace("a test", r"it \"fails\" & shows <rows> \u0001")
        + block("revenue over last month == 1 EUR", given=ORDERS.replace("10.50", '"x"')).replace("a test", "an error")
    )
    root = ET.fromstring(suite(tmp_path, tests).to_junit())
    assert root.tag == "testsuites"
    (found,) = root
    assert (found.tag, found.get("name")) == ("testsuite", f"{tmp_path}/shop.kpi")
    for element in (root, found):
        assert [element.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["3", "1", "1", "0"]
    passed, failed, error = found
    assert [case.tag for case in found] == ["testcase"] * 3
    assert (passed.get("name"), list(passed), failed.get("name")) == ("a test", [], 'it "fails" & shows <rows> \ufffd')
    assert passed.get("classname", "").endswith(".shop")
    assert float(passed.get("time", "")) >= 0
    assert failed[0].tag == "failure"
    assert failed[0].get("message") == "expect paid over last month == 2: expected 2, found 1"
    assert "expected  2\n  found     1" in (failed[0].text or "")
    assert error[0].tag == "error"
    assert "K0604" in (error[0].text or "")
