"""What each kind of expectation means."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpidsl.pipeline import load
from spec_tests.suite_of import ORDERS, block, errors, failures, suite

MORE = """
  given customers {
    customer_id, country
    1,           "DE"
    2,           "FR"
  }
  given orders {
    order_id, ordered_at,           status,     amount, discount, took,       customer_id, promised_on, delivered_on
    1,        2026-03-01T10:00,     "paid",     10.50,  10,       30,         1,           2026-03-05,  2026-03-04
    2,        2026-03-02T13:00,     "refunded", 99,     20%,      1.5 hours,  2,           2026-03-05,  2026-03-06
    3,        2026-03-03T13:00,     "paid",     100,    null,     null,       null,        2026-03-05,  null
  }
  given staff {
    hired_on,   left_on
    2020-01-01, null
    2020-01-01, 2026-03-31
    2026-04-01, null
  }
  given plan {
    month,      revenue
    2026-05-01, 7
  }
"""
HOLD = (
    "revenue over last month == 110.50 EUR",
    "revenue over last month == 11_050 EUR / 100",
    "revenue over last month > 110 EUR and not paid over last month == 3",
    "order_value over last month == 55.25 EUR",
    "order_value over last month ~ 55 EUR",
    "order_value over last month ~ 55.3 EUR within 0.05 EUR",
    "(revenue / 3) over last month ~ 36.8 EUR",
    "late over last month == 50%",
    "late over last month ~ 0.5 within 0.001",
    "late over last month ~ 49% within 1pp",
    "late over last month ~ 49% within 1%",
    "discounts over last month == 15%",
    "time_taken over last month == 1 hours",
    "time_taken over last month ~ 0.99 hours within 1 minutes",
    "afternoon over last month == 2",
    "days over last month == 3.5 days",
    "headcount == 1",
    "max(revenue each country) over last month == 100 EUR",
    '(revenue where country == "DE") over last month == 10.50 EUR',
    '(revenue where customers.country == "FR") over last month == 0 EUR',
    'max(status) from orders over last month == "refunded"',
    "planned over 2026-05 == 7 EUR",
    "monthly == 110.50 EUR",
    "monthly is green",
    "revenue over last month 1 month earlier undefined",
    "revenue over last month 1 month earlier undefined no_rows",
    "(revenue / (paid - 2)) over last month undefined zero_denominator",
    "1 + 1 == 2",
    "5 ~ 5.004 within 0.004",
)


FAIL: tuple[tuple[str, str, str, str | None], ...] = (
        ("revenue over last month == 110.50 EUR", "110.5 EUR", "10.5 EUR", "that is 100 EUR less"),
        ("revenue over last month < 10 EUR", "< 10 EUR", "10.5 EUR", "that is 0.5 EUR more"),
        ("revenue over last month != 10.5 EUR", "!= 10.5 EUR", "10.5 EUR", None),
        ("order_value over last month ~ 11 EUR within 0.4 EUR", "11 EUR, within 0.4 EUR", "10.5 EUR",
         "that is 0.5 EUR away"),
        ("5 ~ 5.004", "5.004, within 0.0005", "5", "that is 0.004 away"),
        ('share(status == "paid") from orders over last month ~ 49% within 0.5pp', "49%, within 0.5pp", "50%",
         "that is 1pp away"),
        ('share(status == "paid") from orders over last month == 40%', "40%", "50%", "that is 10pp more"),
        ("late over last month == 50%", "50%", "undefined: no_rows", "there are no rows in the window"),
        ("revenue over last month undefined", "undefined", "10.5 EUR", None),
        ("order_value over last year undefined zero_denominator", "undefined: zero_denominator", "undefined: no_rows",
         "there are no rows in the window"),
        ("headcount == 3", "3", "undefined: no_rows", "the test gives no rows for `staff`"),
        ("monthly is green", "green", "no_data", "there are too few rows"),
        ("monthly undefined no_rows", "undefined: no_rows", "undefined: insufficient_sample", None),
        ("error K0604", "the error K0604", "no error", None),
        ("revenue over last month > 5 EUR and paid over last month == 2", "true", "false",
         "paid over last month is 1"),
)  # fmt: skip


def test_what_holds_passes(tmp_path: Path) -> None:
    assert failures(tmp_path, *HOLD, given=MORE) == ()


def test_what_does_not_hold_is_told(tmp_path: Path) -> None:
    found = failures(tmp_path, *(row[0] for row in FAIL))
    for failure, (expectation, expected, shown, why) in zip(found, FAIL, strict=True):
        assert (failure.expectation, failure.expected, failure.found) == (f"expect {expectation}", expected, shown)
        assert failure.is_error is False
        assert why is None or why in failure.why


def test_a_kpi_has_the_status_of_its_document(tmp_path: Path) -> None:
    rows = 'given orders { order_id, ordered_at, status, amount\n 1, 2026-03-01, "paid", 0\n 2, 2026-03-02, "paid", '
    amounts = {"green": 100, "amber": 50, "red": 49}
    tests = [block(f"monthly is {status}", given=f"{rows}{amount} }}") for status, amount in amounts.items()]
    assert suite(tmp_path, "".join(tests)).failed == 0
    (failure,) = failures(tmp_path, "monthly is green", given=f"{rows}49 }}")
    assert (failure.found, failure.why[0]) == ("red", "its value is 49 EUR")


def test_every_test_has_only_its_own_rows(tmp_path: Path) -> None:
    report = suite(tmp_path, block("paid over last month == 1") + block("paid over last month undefined", given=""))
    assert (report.passed, report.failed, report.exit_code) == (2, 0, 0)


def test_the_day_of_a_test_ends_where_the_calendar_says(tmp_path: Path) -> None:
    given = """
      given orders {
        order_id, ordered_at,           status, amount
        1,        2026-03-31T21:59:59,  "paid", 1
        2,        2026-03-31T22:00:00,  "paid", 2
      }
    """
    assert failures(tmp_path, "revenue over last month == 1 EUR", given=given) == ()
    assert failures(tmp_path, "revenue over trailing 1 day == 3 EUR", given=given, as_of="2026-04-01T00:30") == ()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ('given orders { order_id, ordered_at, status, amount\n 1, 2026-03-01, "paid", "ten" }', "K0604"),
        ('given orders { order_id, ordered_at, status, amount\n 1, "yesterday", "paid", 10 }', "K0604"),
        ("given orders { order_id, ordered_at\n 1, 2026-03-01\n 1, 2026-03-02 }", "K0611"),
        (
            (
                "given orders { order_id, ordered_at, amount, status, customer_id\n"
                ' 1, 2026-03-01, 1, "paid", 7 }\n given customers { customer_id, country\n 7, "DE"\n 7, "FR" }'
            ),
            "K0612",
        ),
        ("given orders { order_id, ordered_at, status\n 1, 2026-03-01, 7 }", "K0604"),
    ],
)
def test_an_error_may_be_expected(tmp_path: Path, given: str, code: str) -> None:
    assert failures(tmp_path, f"error {code}", given=given) == ()


def test_the_errors_that_were_met_are_told(tmp_path: Path) -> None:
    given = "given orders { order_id, ordered_at\n 1, 2026-03-01\n 1, 2026-03-02 }"
    (failure,) = failures(tmp_path, "error K0610", given=given)
    assert (failure.found, failure.why) == (
        "K0611",
        ("K0611 the key of `orders` is not unique: order_id 1 stands 2 times",),
    )


def test_a_value_that_cannot_be_had_is_an_error_with_its_place(tmp_path: Path) -> None:
    rows = '1, 2026-03-01, "paid", 1\n 2, 2026-03-01, "paid", "x"'
    given = f"given orders {{ order_id, ordered_at, status, amount\n {rows} }}"
    (failure,) = failures(tmp_path, "revenue over last month == 10 EUR", given=given)
    assert failure.is_error
    lines = (tmp_path / "shop.kpi").read_text("utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if '"x"' in text)
    assert failure.why[0] == f'K0604 shop.kpi:{line}: "x" in column `amount` is not a number'


# ---------------------------------------------------------------- what is wrong with a test
@pytest.mark.parametrize(
    ("tests", "code", "underlined"),
    [
        ('test "t" { expect 1 == 1 }', "K0301", '"t"'),
        ('test "t" { as of 2026-01-01 }', "K0301", '"t"'),
        ('test "t" { as of 2026-01-01; as of 2026-01-02; expect 1 == 1 }', "K0201", "as of 2026-01-02"),
        (block("revenu over last month == 1 EUR"), "K0204", "revenu"),
        (block("revenue == 1 EUR"), "K0321", "revenue"),
        (block("revenue over last month == 1 USD"), "K0310", "1 USD"),
        (block("revenue over last month ~ 1 USD"), "K0310", "1 USD"),
        (block("revenue over last month ~ 1 EUR within 1"), "K0310", "1"),
        (block("revenue over last month ~ paid over last month"), "K0301", "paid over last month"),
        (block("revenue over last month"), "K0304", "revenue over last month"),
        (block("(paid each day) over last month > 1"), "K0312", "(paid each day) over last month > 1"),
        (block("(paid each day) over last month undefined"), "K0312", "(paid each day) over last month"),
        (block("revenue is red"), "K0303", "revenue"),
        (block("monthly is redd"), "K0303", "redd"),
        (block("revenue over last month undefined no_row"), "K0303", "no_row"),
        (block("error oops"), "K0303", "oops"),
        (block("1 == 1", given="given order { a\n 1 }"), "K0203", "order"),
        (block("1 == 1", given=ORDERS + ORDERS), "K0201", "orders"),
        (block("1 == 1", given="given orders { amount, amount\n 1, 2 }"), "K0201", "amount"),
        (block("1 == 1", given="given orders { late\n true }"), "K0605", "late"),
        (block("1 == 1", given="given orders { order_id, amuont\n 1, 1 }"), "K0605", "amuont"),
        (block("1 == 1", given='given orders { status\n "paid"\n 2 }'), "K0604", "2"),
        (block("1 == 1", given="given orders { amount\n 1 USD }"), "K0310", "1 USD"),
        (block("1 == 1", given="given orders { order_id\n 1 EUR }"), "K0310", "1 EUR"),
        (block("1 == 1", given="given orders { amount\n 1 EURO }"), "K0311", "1 EURO"),
        (block("1 == 1", given="given orders { took\n 1 seconds }"), "K0604", "1 seconds"),
        (block("1 == 1", given=f"given orders {{ amount\n {'9' * 30}.5\n 0.{'1' * 10} }}"), "K0604", f"{'9' * 30}.5"),
        (block("1 == 1", given='given orders { status\n "a\\u0000b" }'), "K0604", '"a\\u0000b"'),
    ],
)
def test_a_test_that_is_wrong_is_not_run(tmp_path: Path, tests: str, code: str, underlined: str) -> None:
    assert [(found, text) for found, text, _ in errors(tmp_path, tests)] == [(code, underlined)]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    tests = block("revenu over last month == 1 EUR", "revenue is red") + 'test "two" { expect 1 == 1 }'
    assert [code for code, _, _ in errors(tmp_path, tests)] == ["K0204", "K0303", "K0301"]


def test_a_slip_in_a_column_is_answered_with_the_column(tmp_path: Path) -> None:
    ((_, _, hint),) = errors(tmp_path, block("1 == 1", given="given orders { order_id, amuont\n 1, 1 }"))
    assert hint == "did you mean `amount`?"
    (failure,) = failures(tmp_path, "sum(amuont) from orders over last month == 1 EUR")
    assert failure.is_error
    assert failure.why[0].startswith("K0605 ")


def test_a_value_that_cannot_be_read_costs_what_reads_its_column(tmp_path: Path) -> None:
    spec = """
source s { from sqlite("s.db", table: "s"); time at; column b: integer }
kpi fine { value sum(a) from s over last month; target >= 1 }
kpi wrong { value sum(b) from s over last month; target >= 1 }
test "one bad value" {
  as of 2026-02-10
  given s { at, a, b
    2026-01-03, 3, "oops"
    2026-01-04, 4, 5
  }
  expect fine == 7
  expect wrong undefined source_error
  expect error K0604
}
"""
    (tmp_path / "s.kpi").write_text(spec)
    report = load([tmp_path]).test()
    assert [one.passed for one in report.outcomes] == [True]
