"""Outcomes, policies and scorecards: what they mean and what is let pass."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from kpidsl import calendar as c
from kpidsl.semantic import outcome_model as m
from kpidsl.semantic.bands import known
from semantic.cases import Checked, in_shop

SOURCES = """\
goal safer_homes "Everyone has a safe home" { kind mission }
source survey { from csv("survey.csv"); time answered_at }
source interviews { from csv("interviews.csv"); time held_on }
"""
DEFINITION = """\
outcome community_trust "Residents trust the service and use it unprompted" {
  for        residents, carers
  supports   safer_homes
  horizon    2025-04-01..2028-03-31
  observable from 2026-04-01
  levels     poor < adequate < good < excellent
  success    good
  evidence survey "Resident survey" {
    measure  top_box(trust, 2 of 5) from survey over last 12 months
    level    excellent >= 85%
    level    good     >= 70%
    level    adequate >= 55%
    require  n >= 30
    expires  after 18 months
    method   survey
    stakeholder residents
    strength nesta 2
  }
  evidence interviews "What residents say" {
    measure  share(theme == "trust") from interviews over last 24 months
    level    good > 50%
    level    adequate >= 20%
    require  n >= 12
    method   interview
    stakeholder carers
  }
  evidence case_study "The Elm Street move" {
    judged good by "research team" on 2026-02-01 see "studies/elm.md"
    method case_study; stakeholder partners
  }
  judge { need 3 evidence, 2 methods, 2 stakeholders; level median; contested when spread >= 2 levels }
}
"""
LEVELS = "levels poor < adequate < good; success good"
SURVEY = "measure share(trust >= 4) from survey over last year"


def of(text: str) -> Checked:
    return in_shop(SOURCES + text)


def codes(evidence: str, beside: str = LEVELS) -> list[str]:
    """The codes of an outcome with this evidence; that nothing serves the goal is another matter."""
    return of(f"outcome o {{ {beside}; supports safer_homes; evidence e {{ {evidence} }} }}").codes


def test_the_outcome_of_the_definition_is_read_as_it_says() -> None:
    found = of(DEFINITION)
    assert found.codes == []
    outcome = found.model.outcomes["community_trust"]
    assert outcome.for_whom == ("residents", "carers")
    assert outcome.supports == ("safer_homes",)
    assert outcome.horizon == m.PeriodModel(
        c.Days(date(2025, 4, 1), date(2028, 3, 31)), date(2025, 4, 1), date(2028, 3, 31)
    )
    assert (outcome.observable, outcome.success) == (date(2026, 4, 1), "good")
    assert outcome.levels == ("poor", "adequate", "good", "excellent")
    assert outcome.judge == m.JudgeModel(3, 2, 2, "median", 2)
    survey, interviews, case_study = outcome.evidence
    assert isinstance(survey.finding, m.MeasuredModel)
    assert [(line.level, known(line.bound.low)) for line in survey.finding.levels] == [
        ("excellent", Fraction(17, 20)),
        ("good", Fraction(7, 10)),
        ("adequate", Fraction(11, 20)),
    ]
    assert [one.text for one in survey.requires] == ["n >= 30"]
    assert survey.expires is not None
    assert survey.expires[0] == 18
    assert (survey.method, survey.stakeholder) == ("survey", "residents")
    assert survey.strength == m.StrengthModel("nesta", 2)
    assert interviews.name == "community_trust.interviews"
    assert case_study.finding == m.JudgedModel("good", "research team", date(2026, 2, 1), "studies/elm.md")


def test_levels_are_best_first_however_they_are_written() -> None:
    found = of(f"outcome o {{ {LEVELS}; evidence e {{ {SURVEY}; level adequate >= 50%; level good >= 70% }} }}")
    finding = found.model.outcomes["o"].evidence[0].finding
    assert isinstance(finding, m.MeasuredModel)
    assert [line.level for line in finding.levels] == ["good", "adequate"]


@pytest.mark.parametrize(
    ("rules", "judge"),
    [
        ("", m.JudgeModel()),
        ("judge { need all evidence; level lowest }", m.JudgeModel(2, 0, 0, "lowest", None)),
        ("judge { need 1 evidence, all methods }", m.JudgeModel(1, 1, 0, "median", None)),
        ("judge { contested when spread > 1 levels }", m.JudgeModel(1, 0, 0, "median", 2)),
    ],
)
def test_how_much_is_enough(rules: str, judge: m.JudgeModel) -> None:
    lines = f"{SURVEY}; level good >= 70%; level adequate >= 50%; method survey"
    found = of(
        f"outcome o {{ {LEVELS}; supports safer_homes; evidence e {{ {lines} }}; evidence f {{ {lines} }}; {rules} }}"
    )
    assert found.codes == []
    assert found.model.outcomes["o"].judge == judge


@pytest.mark.parametrize(
    "evidence",
    [
        f"{SURVEY}; level good > 50%; level adequate >= 50%",
        f"{SURVEY}; level good <= 5%; level adequate <= 10%; level poor > 10%",
        f"{SURVEY}; level good 40%..60%; level adequate 30%..70%",
        f"{SURVEY}; level good 40%..60%; level adequate >= 30%",
        f"{SURVEY}; level good >= share(trust >= 5) from survey over 2025; level adequate >= 60%",
        'judged adequate by "us" on 2026-02-01; strength maryland 5; expires after 2 years',
        "measure sum(amount) from orders over last year; level good >= 10 EUR; level adequate >= 5 EUR; require value > 0 EUR",
    ],
)
def test_these_have_a_meaning(evidence: str) -> None:
    assert codes(evidence) == []


@pytest.mark.parametrize(
    ("evidence", "code"),
    [
        (f"{SURVEY}; level good >= 50%; level adequate > 50%", "K0413"),
        (f"{SURVEY}; level good >= 50%; level adequate <= 40%", "K0413"),
        (f"{SURVEY}; level good <= 50%; level adequate <= 40%", "K0413"),
        (f"{SURVEY}; level good 30%..70%; level adequate 40%..60%", "K0413"),
        (f"{SURVEY}; level good 70%..30%; level adequate >= 20%", "K0351"),
        (f"{SURVEY}; level good == 70%; level adequate >= 20%", "K0350"),
        (f"{SURVEY}; level good >= 70; level adequate >= 20%", "K0310"),
        (f"{SURVEY}; level good < 0%; level adequate < 5%", "K0352"),
        (f"{SURVEY}; level good >= 70%; level adequate >= 20%; require 30", "K0304"),
        (f"{SURVEY}; level good >= 70%; level adequate >= 20%; expires after 2 moons", "K0330"),
        (f"{SURVEY}; level good >= 70%", "K0414"),
        ("measure trust over last year; level good >= 70%; level adequate >= 20%", "K0204"),
        ('judged good by "us" on 2026-02-30', "K0104"),
        ('judged good by "us" on 2026-02-01; require n >= 3', "K0412"),
    ],
)
def test_these_have_none(evidence: str, code: str) -> None:
    assert codes(evidence) == [code]


def test_judgements_need_not_name_every_level() -> None:
    assert codes('judged good by "us" on 2026-02-01') == []


def test_an_outcome_whose_evidence_cannot_reach_success_is_never_achieved() -> None:
    found = of(f"outcome o {{ {LEVELS}; supports safer_homes; evidence e {{ {SURVEY}; level adequate >= 50% }} }}")
    assert found.codes == ["K0414"]
    assert found.problems[0].labels[0].text == "so this outcome is never achieved"


# ---------------------------------------------------------------- policy, scorecard
def test_a_policy_keeps_its_rules_best_state_first() -> None:
    found = of(
        "policy pace { at_risk progress >= 75% of expected; too_early before 10% elapsed\n"
        "on_track progress >= 95% of expected }"
    )
    policy = found.model.policies["pace"]
    assert [rule.state for rule in policy.rules] == ["on_track", "at_risk"]
    assert policy.too_early == Fraction(1, 10)
    assert policy.rules[0].text == "progress >= 95% of expected"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("on_track expected - progress < 16.5pp; at_risk expected - progress < 33pp", []),
        ("on_track pace >= 0.95 and elapsed > 10%; at_risk pace >= 0.95", []),
        ("on_track attainment >= 100%; off_track attainment < 50%", []),
        ("on_track progress >= 90%; at_risk 90% <= progress", ["K0422"]),
        ("on_track expected - progress < 33pp; at_risk expected - progress < 16.5pp", ["K0422"]),
        ("on_track value >= 90%", ["K0204"]),
        ("on_track progress >= 5 EUR", ["K0310"]),
    ],
)
def test_rules_of_a_policy(rules: str, expected: list[str]) -> None:
    found = in_shop(f"policy p {{ {rules} }}")
    assert [code for code in found.codes if code != "K0372"] == expected


def test_a_scorecard_knows_which_of_its_values_are_kpis() -> None:
    found = in_shop(
        "kpi sales { value revenue over last month; target >= 5 EUR }\n"
        'scorecard board { show sales\nshow paid_share over last month\nsection "S" { show sales over 2025, sales } }'
    )
    assert found.codes == ["K0376"]  # the value of `sales` has a window of its own
    loose, section = found.model.scorecards["board"].sections
    assert (loose.title, section.title) == (None, "S")
    assert [(item.text, item.kpi) for item in loose.items] == [("sales", "sales"), ("paid_share over last month", None)]
    assert [item.kpi for item in section.items] == [None, "sales"]
