"""Actions: what a status calls for, what is late, and what is red while nobody acts."""

from __future__ import annotations

from pathlib import Path

import pytest

from goalmap.evaluating import document, written

KPI = "kpi enough {{ value sold over last month; target >= {target}; {actions} }}"


def kpi(
    tmp_path: Path, actions: str, as_of: str = "2026-03-31", target: int = 5
) -> tuple[list[dict[str, object]], list[str]]:
    found = document(written(tmp_path, KPI.format(actions=actions, target=target)), as_of)
    return found["kpis"][0].get("actions", []), [one["code"] for one in found["warnings"]]


@pytest.mark.parametrize(
    ("as_of", "late"),
    [("2026-03-30", False), ("2026-03-31T18:00", False), ("2026-03-31", True), ("2026-04-02", True)],
)
def test_an_action_is_late_when_the_day_it_is_due_is_over(tmp_path: Path, as_of: str, late: bool) -> None:
    actions, _ = kpi(tmp_path, 'action "Call" { due 2026-03-31 }', as_of)
    assert actions == [{"title": "Call", "due": "2026-03-31"} | ({"overdue": True} if late else {})]


def test_what_is_done_before_the_anchor_is_not_late(tmp_path: Path) -> None:
    call = 'action "Call" { due 2026-03-10; done 2026-03-20 }'
    assert kpi(tmp_path, call)[0] == [{"title": "Call", "due": "2026-03-10", "done": "2026-03-20"}]
    assert kpi(tmp_path, call, "2026-03-15")[0] == [{"title": "Call", "due": "2026-03-10", "overdue": True}]


def test_what_is_due_after_the_evaluation_is_never_late(tmp_path: Path) -> None:
    assert kpi(tmp_path, 'action "Call" { due 5 days }')[0] == [{"title": "Call", "due": "2026-04-06"}]


@pytest.mark.parametrize(
    ("actions", "target", "said"),
    [
        ('action "Call" { when red }', 5, False),
        ('action "Call" { owner "sales" }', 5, False),
        ('action "Call" { when amber }', 5, True),
        ('action "Call" { when red; done 2026-03-02 }', 5, True),
        ("tags few", 5, True),
        ("tags few", 3, False),
    ],
)
def test_red_without_an_open_action_is_said(tmp_path: Path, actions: str, target: int, said: bool) -> None:
    assert (kpi(tmp_path, actions, target=target)[1] == ["K0701"]) is said


def test_late_actions_of_all_kinds_are_listed_by_their_dates(tmp_path: Path) -> None:
    spec = (
        KPI.format(target=5, actions='action "Third" { due 2026-03-12 }')
        + """
    objective more "More" {
      period 2026-Q1
      action "Second" { owner "Ana"; due 2026-03-11 }
      key result all "All" { reach sold over last month >= 9; action "First" { due 2026-03-10; when missed } }
    }
    """
    )
    results = written(tmp_path, spec).evaluate(as_of="2026-03-31")
    from kpidsl.report.text import to_text

    lines = [line.split() for line in to_text(results).splitlines() if line.startswith("! overdue")]
    assert [(words[2], words[3]) for words in lines] == [
        ("First", "2026-03-10"), ("Second", "2026-03-11"), ("Third", "2026-03-12"),
    ]  # fmt: skip
