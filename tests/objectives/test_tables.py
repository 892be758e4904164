"""The tables of the definition, run as the tests they are written as."""

from __future__ import annotations

from pathlib import Path

from kpidsl.pipeline import load


def test_every_row_of_the_tables_comes_out_as_printed() -> None:
    report = load(Path(__file__).with_name("tables.kpi")).test()
    assert len(report.outcomes) == 11
    assert [(one.title, [failure.found for failure in one.failures]) for one in report.outcomes if not one.passed] == []
