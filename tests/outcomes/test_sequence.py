"""An outcome over a sequence of anchors, as tests in the language itself."""

from __future__ import annotations

from pathlib import Path

from kpidsl.pipeline import load


def test_an_outcome_goes_from_not_due_to_stale() -> None:
    report = load(Path(__file__).with_name("sequence.kpi")).test()
    assert len(report.outcomes) == 8
    assert [(one.title, [failure.found for failure in one.failures]) for one in report.outcomes if not one.passed] == []
