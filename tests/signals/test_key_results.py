"""Forecasts of key results: to the day they are due, beside their landing."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from kpidsl import load
from kpidsl.assess.goal_results import KeyResultResult
from kpidsl.report.text import to_text
from signals.trends import VALIDATOR, Amounts, months

PARTS: Amounts = [31, 28, 31, 30, 31, 30]
DRIFTING: Amounts = [10, 12, 11, 15, 14, 16, 19, 18, 22, 21]


def key_result(folder: Path, amounts: Amounts, as_of: str, lines: str) -> KeyResultResult:
    """The key result of an objective over 2025, with rows in 2025."""
    (folder / "d.csv").write_text(months(amounts))
    spec = folder / "spec.kpi"
    spec.write_text(
        'source d { from csv("d.csv"); time at; column at: date; column x: decimal }\n'
        f"metric total = sum(x) from d\nobjective o {{ period 2025; key result k {{ {lines} }} }}\n"
    )
    found = load(spec).evaluate(as_of=as_of)
    VALIDATOR.validate(json.loads(found.to_json()))
    return found.objectives[0].key_results[0]


@pytest.mark.parametrize("window", ["year to date", "period to date"])
def test_a_run_rate_to_the_day_it_is_due(tmp_path: Path, window: str) -> None:
    lines = f"reach total over {window} >= 300; trend 12 months; forecast run_rate"
    found = key_result(tmp_path, PARTS, "2025-06-30", lines)
    assert found.forecast is not None
    assert (found.forecast.landing, str(found.forecast.until), found.forecast.n) == (365, "2025-12-31", 6)
    # The straight line of the pace says the same; it has no interval.
    assert found.landing == 365
    assert found.forecast.target == found.target
    assert found.forecast.probability is not None
    assert found.forecast.probability > Decimal("0.99")
    assert len(found.trend) == 12


def test_drift_where_the_way_begins_elsewhere(tmp_path: Path) -> None:
    lines = "increase total over last month from 10 to 30; due 2026-01-31; trend 10 months; forecast drift"
    found = key_result(tmp_path, DRIFTING, "2025-10-31", lines)
    assert found.forecast is not None
    assert (found.forecast.landing, found.forecast.steps) == (Decimal("24.6666666666667"), 3)
    assert found.landing != found.forecast.landing


def test_what_is_over_is_not_forecast(tmp_path: Path) -> None:
    lines = "reach total over year to date >= 300; trend 12 months; forecast run_rate"
    found = key_result(tmp_path, PARTS, "2026-03-31", lines)
    assert found.forecast is not None
    assert found.forecast.undefined == "not_ahead"
    assert found.status == "missed"


def test_the_state_knows_nothing_of_it(tmp_path: Path) -> None:
    aim = "reach total over year to date >= 300"
    plain = key_result(tmp_path, PARTS, "2025-06-30", aim)
    told = key_result(tmp_path, PARTS, "2025-06-30", f"{aim}; trend 12 months; forecast run_rate")
    assert (plain.status, plain.reason, plain.landing, plain.progress) == (
        told.status,
        told.reason,
        told.landing,
        told.progress,
    )
    assert (plain.forecast, plain.trend) == (None, ())


def test_it_is_a_line_of_the_table(tmp_path: Path) -> None:
    key_result(
        tmp_path, PARTS, "2025-06-30", "reach total over year to date >= 300; trend 12 months; forecast run_rate"
    )
    text = to_text(load(tmp_path / "spec.kpi").evaluate(as_of="2025-06-30"))
    assert "forecast (run rate): 365 by 2025-12-31 (80%: " in text
