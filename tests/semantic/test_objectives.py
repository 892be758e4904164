"""Objectives and key results: what they mean, which numbers follow from which, and what is let pass."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from kpidsl import calendar as c
from kpidsl.semantic import goal_model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.bands import known
from semantic.cases import Checked, in_shop

# What the shop lacks for the key results of the language's definition.
SHOPPERS = """\
metric active_users = count_distinct(customer_id) from orders
metric satisfaction = share(score >= 4) from orders
metric churn_rate = share(late) from orders
metric availability = share(status == "up") from orders
metric headcount = count() from staff at end
"""
DEFINITION = """\
objective company_growth "Grow" { period 2026; key result revenue { increase revenue over last month by 20% } }
objective engagement "Increase customer engagement" {
  period   2026-Q2
  ambition aspirational
  parent   company_growth
  owner    "product"
  key result active "20% more active users" {
    increase active_users over last 28 days by 20%
    weight 2
  }
  key result satisfaction "Happier customers" { increase satisfaction over last month from 75% to 85% }
  key result churn "Fewer customers leave"    { reduce churn_rate over last month by 15% relative; due 2026-09-30 }
  key result uptime "Stay up while we change" { keep availability over quarter to date >= 99.9% }
  key result hires "Build the team"           { reach headcount >= 39 }
  key result launch "Ship the programme"      { deliver "Beta" done 2026-04-20, "General availability" due 2026-06-15 }
}
"""


def of(text: str) -> Checked:
    return in_shop(SHOPPERS + text)


def key_result(text: str, period: str = "2026-Q2") -> m.KeyResultModel:
    found = of(f"objective o {{ period {period}; key result k {{ {text} }} }}")
    assert [problem.message for problem in found.problems] == []
    return found.model.objectives["o"].key_results[0]


def change(text: str) -> m.ChangeModel:
    aim = key_result(text).aim
    assert isinstance(aim, m.ChangeModel)
    return aim


def codes(text: str, beside: str = "") -> list[str]:
    return of(f"objective o {{ period 2026-Q2; {beside} key result k {{ {text} }} }}").codes


def test_the_objective_of_the_definition_is_read_as_it_says() -> None:
    found = of(DEFINITION)
    assert found.codes == []
    objective = found.model.objectives["engagement"]
    assert objective.period == m.PeriodModel(c.Period("2026-Q2"), date(2026, 4, 1), date(2026, 6, 30))
    assert (objective.ambition, objective.policy) == ("aspirational", None)
    assert objective.parents == (m.ParentModel("company_growth", "supports"),)
    assert objective.about.owner == "product"
    active, satisfaction, churn, uptime, hires, launch = objective.key_results
    assert (active.name, active.weight, active.path) == ("engagement.active", 2, "linear")
    assert (churn.first, churn.last) == (date(2026, 4, 1), date(2026, 9, 30))
    assert isinstance(active.aim, m.ChangeModel)
    assert (active.aim.delta, active.aim.given) == (m.DeltaModel(Fraction(1, 5), "relative"), ("by",))
    assert (active.aim.baseline, active.aim.target) == (None, None)
    assert isinstance(satisfaction.aim, m.ChangeModel)
    assert (known(satisfaction.aim.baseline), known(satisfaction.aim.target)) == (Fraction(3, 4), Fraction(17, 20))
    assert isinstance(churn.aim, m.ChangeModel)
    assert (churn.aim.direction, churn.aim.delta) == ("reduce", m.DeltaModel(Fraction(3, 20), "relative"))
    assert isinstance(uptime.aim, m.KeepModel)
    assert known(uptime.aim.bound.low) == Fraction(999, 1000)
    assert isinstance(hires.aim, m.ReachModel)
    assert (hires.aim.bound.operator, hires.aim.baseline) == (">=", None)
    assert launch.aim == m.DeliverModel(
        (
            m.DeliverItemModel("Beta", date(2026, 4, 20), None, Fraction(1)),
            m.DeliverItemModel("General availability", None, date(2026, 6, 15), Fraction(1)),
        )
    )


@pytest.mark.parametrize(
    ("text", "baseline", "target"),
    [
        ("increase active_users over last month from 1_000 by 450%", "1000", "5500"),
        ("increase active_users over last month from 1_000 by 450% to 5_500", "1000", "5500"),
        ("increase active_users over last month by 450% to 7_700", "1400", "7700"),
        ("reduce active_users over last month by 20% to 400", "500", "400"),
        ("reduce active_users over last month from 500 by 100%", "500", "0"),
        ("reduce active_users over last month by 100% to 0", None, "0"),
        ("increase active_users over last month by 50 to 400", "350", "400"),
        ("reduce active_users over last month from 400 by 50", "400", "350"),
        ("increase satisfaction over last month from 75% by 10pp", "3/4", "17/20"),
        ("increase satisfaction over last month by 10% relative to 88%", "4/5", "22/25"),
        ("reduce churn_rate over last month by 2pp to 4%", "3/50", "1/25"),
        # a part of a negative number is a part of its amount: B ± p·|B|
        ("increase revenue over last month from -1k EUR by 20%", "-1000", "-800"),
        ("reduce revenue over last month from -1k EUR by 20%", "-1000", "-1200"),
        ("increase revenue over last month by 20% to -800 EUR", "-1000", "-800"),
        ("reduce revenue over last month by 120% to -200 EUR", "1000", "-200"),
        ("increase active_users over last month from 3_000 to 5_000", "3000", "5000"),
        ("reduce churn_rate over last month to 4%", None, "1/25"),
        ("increase revenue over last month from revenue over 2025 by 20%", None, None),
    ],
)
def test_any_two_of_from_by_and_to_fix_the_third(text: str, baseline: str | None, target: str | None) -> None:
    found = change(text)
    assert known(found.baseline) == (None if baseline is None else Fraction(baseline))
    assert known(found.target) == (None if target is None else Fraction(target))


def test_numbers_are_brought_to_the_unit_of_the_value() -> None:
    found = change("reduce sum(wait) from orders over last month from 2 hours by 30 minutes")
    assert (known(found.baseline), known(found.target)) == (120, 90)
    energy = change("reduce sum(energy) from orders over last month from 7.2 MJ to 1 kWh")
    assert (known(energy.baseline), known(energy.target)) == (2, 1)


def test_a_ratio_that_is_held_against_percentages_is_one() -> None:
    found = change("increase (active_users / headcount) over last month from 75% by 5pp")
    assert found.value.info.unit.label == "%"
    assert known(found.target) == Fraction(4, 5)


def test_reaching_the_target_itself_is_not_enough_where_the_sign_is_strict() -> None:
    rate = change("reduce (count() from orders / active_users) over last month to < 70 per 100_000")
    assert (rate.strict, known(rate.target)) == (True, Fraction(7, 10_000))
    assert not change("reduce churn_rate over last month to <= 4%").strict


def test_period_to_date_begins_with_the_period() -> None:
    aim = key_result("keep revenue over period to date >= 5 EUR", "FY2026-Q2").aim
    assert isinstance(aim, m.KeepModel)
    assert isinstance(aim.value, v.Windowed)
    assert aim.value.window == c.Since(date(2026, 4, 1), "period to date")
    assert aim.value.window.label == "period to date"


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-H2", date(2026, 7, 1), date(2026, 12, 31)),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 4)),
        ("2026-02-10..2026-03-09", date(2026, 2, 10), date(2026, 3, 9)),
    ],
)
def test_a_period_has_a_first_and_a_last_day(period: str, first: date, last: date) -> None:
    found = of(f"objective o {{ period {period}; key result k {{ reach headcount >= 39 }} }}")
    assert found.codes == []
    assert (found.model.objectives["o"].period.first, found.model.objectives["o"].period.last) == (first, last)


@pytest.mark.parametrize("days", ["2026-Q2", "2026-04-01..2026-06-30"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Auckland"])
def test_the_days_of_a_period_are_those_of_the_calendar(days: str, zone: str) -> None:
    text = (
        f'calendar {{ timezone "{zone}" }}\nobjective o {{ period {days}; key result k {{ reach headcount >= 39 }} }}'
    )
    period = of(text).model.objectives["o"].period
    assert (period.first, period.last) == (date(2026, 4, 1), date(2026, 6, 30))


@pytest.mark.parametrize(
    "text",
    [
        "reach headcount >= 39 from 30",
        "reach headcount <= 6 from 12",
        "reach headcount in 3..6 from 12",
        "reach headcount >= count() from staff at end from (headcount - 3)",
        "keep headcount in 18..22",
        "keep satisfaction over last month > 0%",
        "increase active_users over last month from 100 to 500; path geometric",
        "increase active_users over last month by 20%; path geometric",
        "reach headcount >= 39; start 2026-04-15; due 2026-12-31; confidence 0 of 5",
        'deliver "Beta" weight 2, "GA" done 2026-08-01 weight 0',
        "reach share((satisfaction each country) >= 70%) over last month >= 70%",
        "reach max(satisfaction each country) over last month <= 5% from 8%",
    ],
)
def test_these_have_a_meaning(text: str) -> None:
    assert codes(text) == [] or (text.startswith("deliver") and codes(text) == ["K0395"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("reach headcount >= 0", "K0390"),
        ("reach headcount > -5", "K0390"),
        ("reach headcount in 3..6 from 4", "K0389"),
        ("reach headcount >= 39 from 39", "K0389"),
        ("reach headcount >= 39; path geometric", "K0396"),
        ("increase revenue over last month from -5 EUR to 5 EUR; path geometric", "K0396"),
        ("reduce active_users over last month to 0; path geometric", "K0396"),
        ("reduce active_users over last month to -1", "K0352"),
        ("increase satisfaction over last month to > 100%", "K0352"),
        ("increase satisfaction over last month by 101pp", "K0352"),
        ("increase satisfaction over last month from -5% to 10%", "K0352"),
        ("keep satisfaction over last month >= 101%", "K0352"),
        ("increase (active_users / headcount) over last month from 75% by 15%", "K0387"),
        ("increase active_users over last month by 5 EUR", "K0310"),
        ("increase revenue over last month from 5 EUR to 6 USD", "K0310"),
        ("increase satisfaction over last month from 75 to 85", "K0310"),
        ("increase satisfaction over last month to 85pp", "K0310"),
        ("reach headcount", "K0101"),
        ("increase active_users each day over last month by 20%", "K0312"),
        ("reach headcount >= 39; confidence 1 of 0", "K0393"),
        ("reach headcount >= 39; policy paec", "K0204"),
        ("reach headcount >= 39; due 2026-02-30", "K0104"),
    ],
)
def test_these_have_none(text: str, code: str) -> None:
    assert codes(text) == [code]


@pytest.mark.parametrize("policy", m.PRESETS)
def test_presets_need_no_declaration(policy: str) -> None:
    assert codes("reach headcount >= 39", f"policy {policy};") == []


def test_a_target_within_the_limits_of_the_metric_itself() -> None:
    limited = "metric score_of_all { value avg(score) from orders; limits 0..10 }\n"
    text = "objective o {{ period 2026-Q2; key result k {{ increase {} over last month to 11 }} }}"
    assert of(limited + text.format("score_of_all")).codes == ["K0352"]
    assert of(limited + text.format("(score_of_all * 2)")).codes == []


def test_a_metric_that_is_wrong_is_told_once() -> None:
    text = "metric broken = sum(amont) from orders\nkpi k { value broken over last month; target >= 5 EUR }\n"
    found = of(text + "objective o { period 2026-Q2; key result a { increase broken over last month by 20% } }")
    assert found.codes == ["K0605"]
    assert found.model.failed["o"].kind == "objective"
    assert [one.name for one in found.model.objectives["o"].key_results] == ["o.a"]


def test_an_objective_that_others_contribute_to_needs_no_key_result() -> None:
    child = "objective child {{ period 2026; parent whole {}; key result k {{ reach headcount >= 39 }} }}\n"
    whole = "objective whole { period 2026 }\n"
    assert of(whole + child.format("contributes")).codes == []
    assert of(whole + child.format("supports")).codes == ["K0382"]


def test_every_ring_of_parents_is_told_once() -> None:
    text = "\n".join(
        f"objective {name} {{ period 2026; {' '.join(f'parent {one};' for one in parents)} "
        "key result k { reach headcount >= 39 } }"
        for name, parents in {"a": "b", "b": "c", "c": "a", "d": "a", "e": "ad"}.items()
    )
    found = of(text)
    assert found.codes == ["K0208"]
    assert found.problems[0].message == "`a` is above itself: a → b → c → a"


def test_a_long_chain_of_parents_is_no_ring() -> None:
    chain = "\n".join(
        f"objective o{n} {{ period 2026; parent o{n + 1}; key result k {{ reach headcount >= 39 }} }}"
        for n in range(1200)
    )
    assert of(chain + "\nobjective o1200 { period 2026; key result k { reach headcount >= 39 } }").codes == []


@pytest.mark.parametrize(
    ("title", "text", "is_activity"),
    [
        ("Launch the new shop", "increase satisfaction over last month by 5pp", True),
        ("Roll out the app", "reach headcount >= 39", True),
        ("Organise meet-ups", "increase active_users over last month by 20%", True),
        ("Hold 20 workshops", "reach count() from orders over period to date >= 20", True),
        ("Build the team", "reach headcount >= 39", False),
        ("Hold refunds under 4%", "reduce churn_rate over last month to 4%", False),
        ("Deliver 95% on time", "increase satisfaction over last month to 95%", False),
        ("Launched in ten countries", "reach headcount >= 10", False),
        ("Run at full strength", "keep headcount >= 39", False),
        ("Ship the programme", 'deliver "Beta"', False),
    ],
)
def test_titles_that_name_an_activity(title: str, text: str, is_activity: bool) -> None:
    found = of(
        f'objective o {{ period 2026-Q2; key result k "{title}" {{ {text} }}; key result l {{ reach headcount >= 9 }} }}'
    )
    assert found.codes == (["K0395"] if is_activity else [])


def test_a_committed_objective_may_be_a_list_of_deliveries() -> None:
    text = 'objective o {{ period 2026-Q2; {} key result k {{ deliver "Beta" }} }}'
    assert of(text.format("")).codes == ["K0395"]
    assert of(text.format("ambition committed;")).codes == []


@pytest.mark.parametrize(
    "written",
    ["increase revenue over last month from 1 EUR to 9 EUR; start 0001-01-01", "increase revenue over last month from 1 EUR to 9 EUR; due 9999-12-31", 'deliver "x" due 9999-12-31',
     'deliver "x" done 0001-01-01'],
)  # fmt: skip
def test_days_that_no_calendar_covers(written: str) -> None:
    text = f'objective growth "Grow" {{ period 2026-Q1; key result a "A" {{ {written} }} }}'
    assert in_shop(text).codes == ["K0330"]
