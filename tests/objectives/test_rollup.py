"""Scores, coverage, guardrails, levels of objectives, grades: brought together, each counted once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from objectives.goals import objective, run
from objectives.test_edges import O, rows

DONE = 'deliver "A" done 2026-04-02'
HALF = 'deliver "A" done 2026-04-02, "B" due 2026-06-15'
NONE = 'deliver "A" due 2026-06-15'
ABSENT = "increase x over last 28 days by 20%"  # over a source whose first row is later than the baseline
FROM_MAY = rows(d0510=55)


def decimal(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.parametrize(
    ("rule", "score"), [("", "0.833333333333333"), ("missing as zero", "0.625")], ids=["left out", "as zero"]
)
def test_what_is_missing_is_left_out_of_the_score_or_counts_as_zero(rule: str, score: str) -> None:
    spec = f"""objective e {{ period 2026-Q2; {rule}
      key result a {{ {DONE}; weight 2 }}
      key result b {{ {HALF} }}
      key result c {{ {ABSENT} }}
    }}"""
    found = objective(run(spec, "2026-05-16", o=FROM_MAY), "e")
    assert (found.score, found.coverage) == (decimal(score), decimal("0.75"))
    assert found.status == "no_data"


def test_a_weight_of_zero_is_shown_and_not_scored() -> None:
    spec = f"objective e {{ period 2026-Q2; key result a {{ {DONE} }}; key result b {{ {NONE}; weight 0 }} }}"
    found = objective(run(spec, "2026-05-16", o=O), "e")
    assert (found.score, found.coverage, found.key_results[1].progress) == (1, 1, 0)


@pytest.mark.parametrize(("least", "status"), [(60, "achieved"), (70, "missed")])
def test_a_keep_that_fails_holds_back_achieved(least: int, status: str) -> None:
    spec = f"""objective e {{ period 2026-Q2; ambition committed
      key result a {{ {DONE} }}
      key result b {{ keep x over last 28 days >= {least} }}
    }}"""
    found = objective(run(spec, "2026-06-30", o=O), "e")
    assert (found.status, found.key_results[0].status) == (status, "achieved")


def test_a_keep_is_never_too_early_and_fails_at_once() -> None:
    spec = "objective e { period 2026-Q2; key result b { keep x over last 28 days in 40..60 } }"
    (good,) = objective(run(spec, "2026-04-01", o=O), "e").key_results
    assert (good.status, good.progress, good.gap) == ("on_track", 1, 0)
    (bad,) = objective(run(spec, "2026-04-02", o=rows(d0320=50, d0401=20)), "e").key_results
    assert (bad.status, bad.progress, bad.gap) == ("off_track", 0, 10)
    assert bad.attainment is None
    assert bad.why("attainment") is None


COMPANY = f"""
objective company {{ period 2026-Q2; key result own {{ {DONE} }} }}
objective sales {{ period 2026-Q2; parent company contributes; key result s {{ {HALF} }} }}
objective product {{ period 2026-Q2; parent company contributes; key result p {{ {NONE} }} }}
objective team {{
  period 2026-Q2
  parent sales contributes
  parent product contributes
  parent company supports
  key result t {{ {DONE}; weight 5 }}
}}
objective elsewhere {{ period 2026-Q2; parent company; key result e {{ {NONE}; weight 100 }} }}
"""


def test_what_contributes_on_several_ways_counts_once_and_what_supports_never() -> None:
    results = run(COMPANY, "2026-05-16", o=O)
    company = objective(results, "company")
    # own 1·1, sales 1·½, product 1·0, team 5·1
    assert company.score == decimal("0.8125")
    assert company.contributors == ("sales", "product", "team")
    assert objective(results, "sales").score == decimal("0.916666666666667")
    assert [(one.objective, one.relation) for one in objective(results, "team").parents] == [
        ("sales", "contributes"),
        ("product", "contributes"),
        ("company", "supports"),
    ]


def test_the_parent_is_as_bad_as_the_worst_that_contributes() -> None:
    company = objective(run(COMPANY, "2026-05-16", o=O), "company")
    assert (company.status, company.reason.split(":")[0]) == ("off_track", "p")
    assert len(company.key_results) == 1


def test_ratios_roll_up_as_sum_over_sum() -> None:
    many = ", ".join(f'"{number}"{" done 2026-04-02" if number < 10 else ""}' for number in range(100))
    few = ", ".join(f'"{number}"{" done 2026-04-02" if number < 9 else ""}' for number in range(10))
    spec = f"""
      objective all {{ period 2026-Q2 }}
      objective a {{ period 2026-Q2; parent all contributes; key result k {{ deliver {few}; weight 10 }} }}
      objective b {{ period 2026-Q2; parent all contributes; key result k {{ deliver {many}; weight 100 }} }}
    """
    assert objective(run(spec, "2026-05-16", o=O), "all").score == decimal("0.172727272727273")


def test_selecting_a_parent_still_looks_at_what_contributes() -> None:
    import kpidsl
    from objectives.goals import SOURCE

    found = kpidsl.load("-", stdin_text=SOURCE + COMPANY)
    import pyarrow as pa

    results = found.evaluate(as_of="2026-05-16", select=["company"], sources={"o": pa.table(dict(O))})
    assert [(one.name, one.score) for one in results.objectives] == [("company", decimal("0.8125"))]
    results = found.evaluate(as_of="2026-05-16", select=["team.t"], sources={"o": pa.table(dict(O))})
    assert [[part.name for part in one.key_results] for one in results.objectives] == [["team.t"]]


@pytest.mark.parametrize(
    ("ambition", "done", "grade"),
    [
        ("aspirational", 7, "green"),
        ("aspirational", 4, "amber"),
        ("aspirational", 3, "red"),
        ("committed", 10, "green"),
        ("committed", 9, "amber"),
        ("committed", 8, "red"),
    ],
)
def test_the_grade_at_the_end(ambition: str, done: int, grade: str) -> None:
    items = ", ".join(f'"{number}"{" done 2026-04-02" if number < done else ""}' for number in range(10))
    spec = f"objective e {{ period 2026-Q2; ambition {ambition}; key result k {{ deliver {items} }} }}"
    found = objective(run(spec, "2026-07-10", o=O), "e")
    assert (found.grade, found.grade_policy, found.score) == (grade, "google", Decimal(done) / 10)
    assert objective(run(spec, "2026-06-29", o=O), "e").grade is None


def test_an_objective_with_a_policy_is_judged_by_its_score() -> None:
    spec = f"""
      policy steady {{ too_early before 15% elapsed; on_track pace >= 0.9; at_risk pace >= 0.6 }}
      objective e {{ period 2026-Q2; policy steady
        key result a {{ {DONE}; weight 3 }}
        key result b {{ {NONE}; policy viva }}
      }}"""
    found = objective(run(spec, "2026-05-16", o=O), "e")
    assert (found.status, found.policy, found.score) == ("on_track", "steady", decimal("0.75"))
    assert [(one.policy, one.status) for one in found.key_results] == [("steady", "on_track"), ("viva", "off_track")]
    assert objective(run(spec, "2026-04-10", o=O), "e").status == "too_early"
    assert objective(run(spec, "2026-03-10", o=O), "e").status == "not_started"
    assert objective(run(spec, "2026-06-30", o=O), "e").status == "missed"


def test_the_newest_confidence_before_the_anchor_is_shown_and_changes_nothing() -> None:
    said = 'confidence 4 of 10 by "Ana" on 2026-04-16; confidence 8 of 10 by "Ben" on 2026-05-20'
    spec = f"objective e {{ period 2026-Q2; key result k {{ {HALF}; {said} }} }}"
    (before,) = objective(run(spec, "2026-05-16", o=O), "e").key_results
    (after,) = objective(run(spec, "2026-05-21", o=O), "e").key_results
    assert before.confidence is not None
    assert after.confidence is not None
    assert (before.confidence.value, before.confidence.by, after.confidence.by) == (4, "Ana", "Ben")
    assert before.progress == after.progress


@pytest.mark.parametrize(("title", "called"), [('"Nobody waits"', "Nobody waits"), ("", "b")])
def test_the_worst_key_result_is_called_as_the_table_calls_it(title: str, called: str) -> None:
    spec = f"""objective e {{ period 2026-Q2
      key result a {{ {DONE} }}
      key result b {title} {{ keep x over last 28 days >= 70 }}
    }}"""
    found = objective(run(spec, "2026-05-16", o=O), "e")
    assert (found.status, found.reason) == ("off_track", f"{called}: {found.key_results[1].reason}")


@pytest.mark.parametrize(
    ("said", "by"),
    [
        ('5 of 10 by "Ana"; confidence 6 of 10 by "Ben"', "Ben"),
        ('5 of 10 by "Ana" on 2026-04-16; confidence 6 of 10 by "Ben" on 2026-04-16', "Ben"),
        ('5 of 10 by "Ana" on 2026-04-16; confidence 6 of 10 by "Ben"', "Ana"),
        ('5 of 10 by "Ana" on 2026-05-15; confidence 6 of 10 by "Ben" on 2026-05-16', "Ben"),
        ('5 of 10 by "Ana" on 2026-05-15; confidence 6 of 10 by "Ben" on 2026-05-17', "Ana"),
    ],
    ids=["without days", "of one day", "a day counts more", "the day of the anchor", "the day after"],
)
def test_of_confidences_the_newest_is_the_last_that_was_known(said: str, by: str) -> None:
    spec = f"objective e {{ period 2026-Q2; key result k {{ {HALF}; confidence {said} }} }}"
    (found,) = objective(run(spec, "2026-05-16", o=O), "e").key_results
    assert found.confidence is not None
    assert found.confidence.by == by
