"""What `test` blocks expect of signals."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpidsl.checked import SpecError
from kpidsl.pipeline import load

SPEC = """
source d { from csv("nowhere.csv"); time at; column x: decimal }
metric total = sum(x) from d
kpi charted { value total over last day; target <= 5; trend 10 days; signal xmr; signal trend }
kpi plain { value total over last day; target <= 5 }
"""
ROWS = "\n".join(f"    2026-01-{day:02d}, {9 if day == 10 else 1 + day % 2}" for day in range(1, 11))


def outcome_of(folder: Path, *expectations: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """What was expected, what found and why, of each expectation that does not hold."""
    lines = "\n".join(f"  expect {one}" for one in expectations)
    spec = folder / "spec.kpi"
    spec.write_text(f'{SPEC}\ntest "t" {{\n  as of 2026-01-10\n  given d {{\n    at, x\n{ROWS}\n  }}\n{lines}\n}}\n')
    (outcome,) = load(spec).test().outcomes
    return tuple((one.expected, one.found, one.why) for one in outcome.failures)


def test_a_word_that_a_signal_says(tmp_path: Path) -> None:
    assert outcome_of(tmp_path, "charted signals concern", "charted signals hit_and_miss", "charted is red") == ()


def test_a_word_that_none_says(tmp_path: Path) -> None:
    ((expected, found, why),) = outcome_of(tmp_path, "charted signals improvement")
    assert expected == "improvement"
    assert found == "concern, hit_and_miss, common_cause, no_trend"
    assert why[0].startswith("special cause (concern): above its upper limit on 2026-01-10")


@pytest.mark.parametrize(
    ("expectation", "message", "hint"),
    [
        ("plain signals concern", "`plain` has no `signal`", "add `signal xmr` to it"),
        ("total signals concern", "`total` is no KPI, and only a KPI has signals", "name the KPI"),
        ("charted + 1 signals concern", "`charted + 1` is no KPI, and only a KPI has signals", "name the KPI"),
        ("charted signals concerned", "no signal says `concerned`", "did you mean `concern`?"),
    ],
)
def test_what_cannot_be_expected(tmp_path: Path, expectation: str, message: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        outcome_of(tmp_path, expectation)
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.message, problem.hint) == ("K0303", message, hint)
