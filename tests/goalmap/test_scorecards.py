"""Scorecards show what they name, in their order, and evaluate nothing twice."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from goalmap.evaluating import document, written
from report.test_documents import VALIDATOR

BOARD = """
kpi enough "Enough" { value sold over last month; target >= 5 }
kpi other { value sold over last week; target >= 1 }
scorecard board "The board" {
  section "Sales" { show sold over last month, enough }
  show sold over last 2 months
  section "Rest" { show (sold over last month) - (sold over last month 1 month earlier) }
  tags monthly
}
"""


def test_sections_come_in_order_with_kpis_and_values(tmp_path: Path) -> None:
    found = document(written(tmp_path, BOARD), "2026-03-31")
    (board,) = found["scorecards"]
    assert [section.get("title") for section in board["sections"]] == ["Sales", None, "Rest"]
    sales, loose, rest = (section["items"] for section in board["sections"])
    assert [(item.get("kpi"), item["title"], item["value"], item.get("status")) for item in sales] == [
        (None, "Sold", 3, None),
        ("enough", "Enough", 3, "red"),
    ]
    assert (loose[0]["value"], loose[0]["window"]["label"]) == (3, "last 2 months")
    assert rest[0] == rest[0] | {
        "text": "(sold over last month) - (sold over last month 1 month earlier)",
        "value_undefined": "no_rows",
    }
    assert found["errors"] == []


def test_the_document_is_as_published_and_the_same_in_toml(tmp_path: Path) -> None:
    results = written(tmp_path, BOARD).evaluate(as_of="2026-03-31")
    VALIDATOR.validate(json.loads(results.to_json()))
    assert tomllib.loads(results.to_toml())["scorecards"][0]["sections"][0]["items"][1]["kpi"] == "enough"


def test_selecting_a_scorecard_selects_what_it_shows(tmp_path: Path) -> None:
    specs = written(tmp_path, BOARD)
    for pattern in ("board", "tag:monthly"):
        found = document(specs, "2026-03-31", pattern)
        assert [kpi["name"] for kpi in found["kpis"]] == ["enough"]
        assert [one["name"] for one in found["scorecards"]] == ["board"]
    assert "scorecards" not in document(specs, "2026-03-31", "other")


def test_a_failing_source_costs_only_what_reads_it(tmp_path: Path) -> None:
    spec = 'source gone { from csv("gone.csv"); time at }\nscorecard board { show sold over last month, lost, gone_rows over last month }\n'
    spec += "metric gone_rows = count() from gone\nkpi lost { value gone_rows over last month; target >= 1 }"
    found = document(written(tmp_path, spec), "2026-03-31")
    items = found["scorecards"][0]["sections"][0]["items"]
    assert items[0]["value"] == 3
    assert (items[1]["status"], items[2]["value_undefined"]) == ("error", "source_error")
    assert [error["code"] for error in found["errors"]] == ["K0601"]
