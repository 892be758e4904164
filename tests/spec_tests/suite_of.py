"""Specs written in a test, and what their `test` blocks come to."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from kpidsl.checked import SpecError
from kpidsl.pipeline import load
from kpidsl.testing.outcomes import Failure, SuiteReport

SHOP = """
calendar { timezone "Europe/Berlin" }
unit order
source customers { from csv("nowhere/customers.csv"); key customer_id }
source orders {
  from   csv("nowhere/orders.csv")
  time   ordered_at in "UTC"
  key    order_id
  column amount: EUR
  column discount: % as 0..100
  column took: minutes
  join   customers on customer_id
  let    country = customers.country
  let    late = delivered_on > promised_on
}
source staff { from csv("nowhere/staff.csv"); holds from hired_on to left_on }
source plan { from postgres(nowhere, table: "plan"); time month; column revenue: EUR; ahead }
metric revenue = sum(amount) from orders where status == "paid"
metric paid = count() from orders where status == "paid"
metric order_value = revenue / paid
metric late = share(late) from orders
metric headcount = count() from staff at end
metric afternoon = count() from orders where hour(ordered_at) >= 12
metric days = median(days_between(ordered_at, delivered_on)) from orders
metric discounts = avg(discount) from orders
metric time_taken = avg(took) from orders
metric planned = sum(revenue) from plan
kpi monthly { value revenue over last month; target >= 100 EUR; amber >= 50 EUR; by country; require n >= 2 }
"""
ORDERS = """
  given orders {
    order_id, ordered_at,       status,     amount
    1,        2026-03-01T10:00, "paid",     10.50
    2,        2026-03-02T13:00, "refunded", 99
    3,        2026-02-03T13:00, "paid",     100
  }
"""


def suite(folder: Path, tests: str, **asked: str) -> SuiteReport:
    """What becomes of tests of the shop, which lies in an otherwise empty folder."""
    file = folder / "shop.kpi"
    file.write_text(SHOP + dedent(tests), "utf-8")
    return load(file).test(only=asked.get("only"))


def block(*expectations: str, given: str = ORDERS, as_of: str = "2026-03-31") -> str:
    lines = "\n".join(f"  expect {one}" for one in expectations)
    return f'test "a test" {{\n  as of {as_of}\n{given}\n{lines}\n}}\n'


def failures(folder: Path, *expectations: str, given: str = ORDERS, as_of: str = "2026-03-31") -> tuple[Failure, ...]:
    """The failures of one test of the shop."""
    (outcome,) = suite(folder, block(*expectations, given=given, as_of=as_of)).outcomes
    assert outcome.expectations == len(expectations)
    return outcome.failures


def errors(folder: Path, tests: str) -> list[tuple[str, str, str | None]]:
    """Code, underlined text and hint of the errors that keep tests from running."""
    try:
        suite(folder, tests)
    except SpecError as error:
        return [(one.code, one.span.text if one.span is not None else "", one.hint) for one in error.diagnostics]
    return []
