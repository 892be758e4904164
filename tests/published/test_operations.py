"""Figures of shop floors, services and balance sheets, as textbooks and handbooks print them, asked in specs."""

from __future__ import annotations

import pytest

from engine.evaluating import days, evaluate, money

DAY = "2026-03-02"

SHIFT = """
source shifts {
  from   arrow("shifts")
  time   at
  column planned: minutes
  column stopped: minutes
  column cycle: minutes
}
metric planned  = sum(planned) from shifts
metric run_time = sum(planned - stopped) from shifts
metric availability = run_time / planned
metric performance  = (sum(cycle * made) from shifts) / run_time
metric quality      = (sum(made - rejected) from shifts) / (sum(made) from shifts)
kpi a { value availability over last month; target >= 90%; unit % }
kpi p { value performance over last month; target >= 95%; unit % }
kpi q { value quality over last month; target >= 99%; unit % }
kpi oee { value (availability * performance * quality) over last month; target >= 85%; unit % }
"""


@pytest.mark.parametrize(
    ("planned", "stopped", "cycle", "made", "rejected", "printed"),
    [
        # waycalculator.com/tool/Overall-Equipment-Effectiveness-OEE-Calculator.php, example 1.
        (480, 60, 1, 400, 20, ("87.5", "95.2", "95.0", "79.2")),
        # TPM – A Route to World-Class Performance, p. 127, without its rejects: three minutes a cycle.
        (910, 127, 3, 203, 0, ("86.0", "77.8", "100.0", "66.9")),
    ],
)
def test_overall_equipment_effectiveness(
    planned: int, stopped: int, cycle: int, made: int, rejected: int, printed: tuple[str, ...]
) -> None:
    """The pages cut the last digit (79.1 of 79.17, 77.7 of 77.78); it is rounded here."""
    row = {"planned": planned, "stopped": stopped, "cycle": cycle, "made": made, "rejected": rejected}
    shifts = {"at": days(DAY), **{name: [one] for name, one in row.items()}}
    found = evaluate(SHIFT, "2026-03-31", shifts=shifts)
    assert tuple(f"{100 * one.assessment.value:.1f}" for one in found.kpis) == printed  # type: ignore[operator]


@pytest.mark.parametrize(
    "expression",
    [
        "avg(if took <= 500 then 1 else if took <= 2000 then 0.5 else 0) from calls",
        "((count() from calls where took <= 500) + (count() from calls where took in [501, 2000]) / 2) / (count() from calls)",
    ],
)
def test_apdex(expression: str) -> None:
    """40 satisfied, 200 tolerating and 48 frustrated of 288 at 500 ms: 0.486
    (support.site24x7.com/portal/en/kb/articles/apdex-score).
    """
    took = [499, 500] * 20 + [501, 2000] * 100 + [2001] * 48
    spec = f'source calls {{ from arrow("calls"); time at }}\nkpi k {{ value ({expression}) over last month; target >= 0.85 }}'
    (found,) = evaluate(spec, "2026-03-31", calls={"at": days(*[DAY] * len(took)), "took": took}).kpis
    assert f"{found.assessment.value:.3f}" == "0.486"
    assert (found.assessment.status, found.assessment.n) == ("red", 288)


def test_the_cash_conversion_cycle() -> None:
    """187.1 + 20.1 − 109.5 days, of millions (financial-dictionary.thefreedictionary.com/Days'+sales+outstanding, which
    adds up the rounded figures, to 97.7).
    """
    spec = """
    source balances { from arrow("balances"); time at; column amount: USD }
    source accounts { from arrow("accounts"); time at; column amount: USD }
    metric inventory   = sum(amount) from balances where account == "inventory" at end
    metric receivables = sum(amount) from balances where account == "receivable" at end
    metric payables    = sum(amount) from balances where account == "payable" at end
    metric revenue     = (sum(amount) from accounts where account == "revenue") / 365 days
    metric cost        = (sum(amount) from accounts where account == "cost") / 365 days
    metric dio = ((inventory over last year) + (inventory over last year 1 year earlier)) / 2 / (cost over last year)
    metric dso = ((receivables over last year) + (receivables over last year 1 year earlier)) / 2 / (revenue over last year)
    metric dpo = ((payables over last year) + (payables over last year 1 year earlier)) / 2 / (cost over last year)
    metric cycle = dio + dso - dpo
    """
    balances = {
        "at": days(*["2013-12-31"] * 3, *["2014-12-31"] * 3),
        "account": ["inventory", "receivable", "payable"] * 2,
        "amount": money("2500", "640", "1300", "1600", "680", "1100"),
    }
    accounts = {
        "at": days("2013-06-30", "2013-06-30", "2014-06-30", "2014-06-30"),
        "account": ["revenue", "cost"] * 2,
        "amount": money("10000", "3200", "12000", "4000"),
    }
    found = evaluate(spec, "2014-12-31", balances=balances, accounts=accounts)
    values = {one.name: one for one in found.metrics}
    assert {name: f"{values[name].value:.1f}" for name in ("dio", "dso", "dpo", "cycle")} == {
        "dio": "187.1",
        "dso": "20.1",
        "dpo": "109.5",
        "cycle": "97.6",
    }
    assert {values[name].unit for name in ("dio", "dso", "dpo", "cycle")} == {"days"}
