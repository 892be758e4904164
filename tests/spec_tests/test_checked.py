"""What `check` says of test blocks is what running them says."""

from __future__ import annotations

import pytest

from kpidsl.checked import SpecError
from kpidsl.diagnostics import Diagnostic, Severity
from kpidsl.pipeline import load
from spec_tests.suite_of import SHOP as ANY_SHOP

SHOP = ANY_SHOP.replace('postgres(nowhere, table: "plan")', 'csv("nowhere/plan.csv")')
GOOD = """
test "sums" {
  as of 2026-03-31
  given orders {
    order_id, ordered_at,          status, amount
    1,        2026-03-01T10:00:00, "paid", 10
  }
  expect revenue over last month == 10 EUR
}
"""
WRONG = {
    "a source that is not there": ("given orders", "given ordrs", "K0203"),
    "a column that nothing reads": ("amount\n", "amuont\n", "K0605"),
    "no day": ("  as of 2026-03-31\n", "", "K0301"),
    "no expectation": ("  expect revenue over last month == 10 EUR\n", "", "K0301"),
    "another unit": ("10 EUR", "10 USD", "K0310"),
    "a unit that is not there": ("10 EUR", "10 ERU", "K0311"),
    "a metric that is not there": ("expect revenue over", "expect revenu over", "K0204"),
    "no window": ("revenue over last month ==", "revenue ==", "K0321"),
    "a window that is not there": ("last month", "last mnoth", "K0330"),
    "no condition": ("revenue over last month == 10 EUR", "revenue over last month", "K0304"),
    "a status that is not there": ("revenue over last month == 10 EUR", "monthly is rde", "K0303"),
    "a status of a metric": ("revenue over last month == 10 EUR", "revenue is red", "K0303"),
    "a reason that is not there": ("== 10 EUR", "undefined no_rowz", "K0303"),
    "no code": ("revenue over last month == 10 EUR", "error E0604", "K0303"),
    "nothing said of how near": ("== 10 EUR", "~ planned over last month", "K0301"),
    "many values": ("revenue over last month == 10 EUR", "(revenue each day) over last month == 10 EUR", "K0312"),
    "cells of two types": ('"paid", 10', '"paid", 10\n    2, "soon", "paid", 10', "K0604"),
    "a unit in a cell": ('"paid", 10', '"paid", 10 USD', "K0310"),
}


@pytest.mark.parametrize("schemas", [True, False])
def test_a_right_test_is_no_problem(schemas: bool) -> None:
    report = load("-", stdin_text=SHOP + GOOD).check(schemas=schemas)
    assert [one.code for one in report.diagnostics if one.span is not None and one.span.line > SHOP.count("\n")] == []


def said(found: tuple[Diagnostic, ...]) -> list[tuple[str, str, str, str | None]]:
    """The errors: `check` warns of the spec around the tests as well."""
    return [(one.code, one.place, one.message, one.hint) for one in found if one.severity is Severity.ERROR]


@pytest.mark.parametrize(("old", "new", "code"), WRONG.values(), ids=WRONG)
def test_a_wrong_test_is_told_by_check_as_by_test(old: str, new: str, code: str) -> None:
    assert old in GOOD
    spec = load("-", stdin_text=SHOP + GOOD.replace(old, new, 1))
    try:
        spec.test()
        ran = []
    except SpecError as wrong:
        ran = said(wrong.diagnostics)
    report = spec.check(schemas=False)
    checked = said(report.diagnostics)
    assert ran == checked
    assert code in {found for found, *_ in checked}
    assert report.exit_code == 4


def test_a_wrong_test_does_not_keep_the_spec_from_being_evaluated() -> None:
    spec = (
        'source s { from csv("nowhere.csv"); time at }\nmetric a = count() from s\n'
        'test "t" { as of 2026-03-31; expect b == 1 }\n'
    )
    assert load("-", stdin_text=spec).check(schemas=False).exit_code == 4
    assert load("-", stdin_text=spec).evaluate(as_of="2026-03-31").errors == ()


def test_a_table_that_is_not_closed_hides_no_expectation() -> None:
    open_table = GOOD.replace("  }\n  expect", "  expect revenu over last month == 3 EUR\n  expect", 1)
    report = load("-", stdin_text=SHOP + open_table).check(schemas=False)
    assert [one[0] for one in said(report.diagnostics)] == ["K0102", "K0204"]


def test_what_is_wrong_with_the_spec_is_told_once() -> None:
    broken = SHOP.replace("metric paid = count()", "metric paid = cuont()")
    report = load("-", stdin_text=broken + GOOD).check(schemas=False)
    assert [one[0] for one in said(report.diagnostics)] == ["K0308"]


def test_a_test_of_a_broken_metric_adds_nothing() -> None:
    broken = SHOP.replace("metric revenue = sum(amount)", "metric revenue = smu(amount)")
    report = load("-", stdin_text=broken + GOOD).check(schemas=False)
    assert [one[0] for one in said(report.diagnostics)] == ["K0308"]


def test_what_is_sound_and_hardly_meant_is_told_of_expectations() -> None:
    test = GOOD.replace("revenue over last month ==", "avg(revenue_each each week) over last quarter ==", 1)
    spec = SHOP + "metric revenue_each = avg(amount) from orders\n" + test
    found = [one for one in load("-", stdin_text=spec).check(schemas=False).diagnostics if one.code == "K0361"]
    assert [one.span.text for one in found if one.span is not None] == ["avg(revenue_each each week)"]


def test_a_kpi_that_could_not_be_read_is_no_second_mistake() -> None:
    spec = SHOP + GOOD.replace("expect revenue over last month == 10 EUR", "expect monthly is red")
    assert [one.code for one in load("-", stdin_text=spec.replace("target", "taget")).diagnostics] == ["K0101"]
    report = load("-", stdin_text=spec.replace("target", "taget")).check(schemas=False)
    assert [one[0] for one in said(report.diagnostics)] == ["K0101"]


GOALS = """
objective selling "Sell more" {
  period 2026-Q1
  owner  "sales"
  key result money "100,000 euros" { reach revenue over quarter to date >= 100_000 EUR }
}
outcome loved "The shop is loved" {
  horizon 2026
  levels  poor < good
  success good
  evidence study "A study" { judged good by "Ana" on 2026-02-01 }
  judge { need 1 evidence }
}
test "the goals" {
  as of 2026-03-31
  expect selling is off_track
  expect selling.money is missed
  expect selling.money.progress == 0%
  expect loved is insufficient_evidence
  expect loved.study is good
}
"""


@pytest.mark.parametrize(("old", "new"), [('owner  "sales"', 'onwer  "sales"'), ("success good", "success $good")])
def test_what_hangs_on_a_goal_that_could_not_be_read_is_no_second_mistake(old: str, new: str) -> None:
    found = load("-", stdin_text=SHOP + GOALS.replace(old, new)).check(schemas=False)
    assert len(said(found.diagnostics)) == 1


def test_those_goals_are_sound() -> None:
    assert said(load("-", stdin_text=SHOP + GOALS).check(schemas=False).diagnostics) == []
