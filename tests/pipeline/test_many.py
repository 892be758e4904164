"""A thousand KPIs in fifty files are checked and evaluated, and cost about what reading their source does."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

import pytest

import kpidsl

WINDOWS = ("last month", "last 28 days", "year to date", "last quarter", "trailing 7 days")


@pytest.mark.slow
def test_a_thousand_kpis(tmp_path: Path) -> None:
    metrics = [f'metric m{part} = sum(x) from orders where region == "r{part}"' for part in range(20)]
    source = 'source orders { from csv("orders.csv"); time at }'
    tmp_path.joinpath("orders.kpi").write_text("\n".join([source, *metrics]), "utf-8")
    for file in range(50):
        kpis = [
            f"kpi k{number} {{ value m{number % 20} over {WINDOWS[number % 5]}; target >= {number}; compare previous }}"
            for number in range(20 * file, 20 * file + 20)
        ]
        tmp_path.joinpath(f"f{file:02}.kpi").write_text("\n".join(kpis), "utf-8")
    rows = [f"{date(2025, 1, 1) + timedelta(days=row % 450)},{row % 97},r{row % 20}" for row in range(5000)]
    tmp_path.joinpath("orders.csv").write_text("\n".join(["at,x,region", *rows]), "utf-8")
    begun = time.process_time()
    spec = kpidsl.load(tmp_path)
    assert spec.check().ok
    results = spec.evaluate(as_of="2026-02-28")
    assert len(results.kpis) == 1000
    assert not results.errors
    totals = {(row % 20): 0 for row in range(20)}
    for row in range(5000):
        if date(2026, 2, 1) <= date(2025, 1, 1) + timedelta(days=row % 450) <= date(2026, 2, 28):
            totals[row % 20] += row % 97
    assert [results.kpis[0].assessment.value, results.kpis[5].assessment.value] == [totals[0], totals[5]]
    # Measured: 3 s of one core. A query for every KPI takes over a minute.
    assert time.process_time() - begun < 40
