"""What is kept back stands in no output: document, table, TOML, Arrow, scorecard, explanation, signals, SMART."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

import kpidsl
from kpidsl.report import schema_text
from kpidsl.report.text import to_text

VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema_text()))
SPEC = """
source visits { from csv("visits.csv"); time at; column paid: decimal }
metric paid = sum(paid) from visits

kpi income "Paid" {
  value   paid over last month
  target  >= 90% of previous
  compare previous
  by      town
  trend   8 months
  signal  xmr
  forecast drift until 2027-06-30
  suppress below 10
  status worst of segments
}
kpi few "Of one town" {
  value    avg(paid) from visits where town == "Elm" over last month
  target   >= 3
  interval 95%
  suppress below 10
}
scorecard board { show income, few }
"""
# Sums that no other number looks like: of Elm (4 rows a month) and Fir (12), which would tell it.
SECRETS = ("31337.04", "7834.26", "28657.12", "59994.16")


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> kpidsl.SpecSet:
    folder = tmp_path_factory.mktemp("visits")
    rows = ["at,town,paid"]
    for month in range(1, 9):
        for town, count, each in (
            ("Elm", 4, "7834.26"),
            ("Fir", 12, "2388.0933"),
            ("Oak", 40, "100.5"),
            ("Ash", 30, "9"),
        ):
            last = {"Fir": "2388.0937"}.get(town, each)
            rows += [f"2026-{month:02}-{1 + day % 27:02},{town},{each}" for day in range(count - 1)]
            rows.append(f"2026-{month:02}-28,{town},{last}")
    (folder / "visits.csv").write_text("\n".join(rows) + "\n")
    (folder / "visits.kpi").write_text(SPEC)
    return kpidsl.load(folder)


@pytest.fixture(scope="module")
def results(spec: kpidsl.SpecSet) -> kpidsl.Results:
    return spec.evaluate(as_of="2026-08-31", explain=True)


def test_the_small_group_and_the_next_smallest_are_kept_back(results: kpidsl.Results) -> None:
    income = results.kpis[0]
    shown = {segment.by[0][1]: segment.assessment for segment in income.segments}
    assert income.assessment.value == Decimal("64284.16")
    assert {town: one.value_undefined for town, one in shown.items()} == {
        "Ash": None,
        "Elm": "suppressed",
        "Fir": "suppressed",
        "Oak": None,
    }
    for town in ("Elm", "Fir"):
        kept = shown[town]
        assert (kept.value, kept.n, kept.n_unknown, kept.n_open, kept.gap, kept.attainment) == (None,) * 6
        assert (kept.status, kept.reason) == ("no_data", "kept back: it would tell of a small group")
        assert kept.target is not None
        assert (kept.target.value, kept.target.undefined) == (None, "suppressed")
        assert [(one.value, one.n, one.change, one.change_relative) for one in kept.comparisons] == [(None,) * 4]
        assert {(point.value, point.n, point.value_undefined) for point in kept.trend} >= {(None, None, "suppressed")}
        (signal,) = kept.signals
        assert signal.limits is None
        assert kept.forecast is not None
        assert kept.forecast.landing is None
    assert shown["Elm"].reason == shown["Fir"].reason  # which of them is the small one is not told


def test_the_whole_is_not_worst_by_what_is_kept_back(results: kpidsl.Results) -> None:
    assert results.kpis[0].assessment.status == "green"


def test_a_small_whole_is_kept_back_with_its_inputs_and_its_interval(results: kpidsl.Results) -> None:
    few = results.kpis[1]
    assert (few.assessment.value, few.assessment.n, few.assessment.interval, few.assessment.certainty) == (None,) * 4
    (entered,) = few.inputs
    assert (entered.value, entered.n, entered.value_undefined) == (None, None, "suppressed")
    assert results.scorecards[0].sections[0].items[1].value is None


def test_no_output_has_them(results: kpidsl.Results, spec: kpidsl.SpecSet) -> None:
    VALIDATOR.validate(json.loads(results.to_json()))
    outputs = [results.to_json(), results.to_toml(), to_text(results), str(results.to_arrow().to_pylist())]
    outputs.append(repr(results))
    outputs.append(repr(spec.smart(as_of="2026-08-31")))
    for text in outputs:
        plain = text.replace(",", "")
        assert not [secret for secret in SECRETS if secret in plain or secret.rstrip("0") in plain]
    assert "suppressed" in outputs[0]
    assert "kept back" in outputs[2]


def test_a_count_is_kept_back_and_what_is_enough_is_shown(tmp_path: Path) -> None:
    rows = ["at,town,team"]
    for town, team, count in (("a", "x", 30), ("a", "y", 4), ("a", "z", 25), ("b", "x", 40), ("b", "y", 20)):
        rows += [f"2026-03-{1 + day % 28:02},{town},{team}" for day in range(count)]
    (tmp_path / "d.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "d.kpi").write_text(
        'source d { from csv("d.csv"); time at }\n'
        "kpi k { value count() from d over last month; by town; by town, team; suppress below 10 }\n"
    )
    (found,) = kpidsl.load(tmp_path).evaluate(as_of="2026-03-31").kpis
    assert found.assessment.value == 119
    told = {tuple(member for _, member in one.by): one.assessment.value for one in found.segments}
    assert told == {
        ("a",): 59,
        ("b",): 60,
        ("a", "x"): 30,
        ("a", "y"): None,
        ("a", "z"): None,
        ("b", "x"): 40,
        ("b", "y"): 20,
    }


def test_what_reads_a_kpi_is_told_no_more_than_the_kpi_tells(tmp_path: Path) -> None:
    """Another KPI, a key result, evidence and a scorecard."""
    (tmp_path / "d.csv").write_text("at,x\n2026-03-01,31337\n2026-03-02,31337\n")
    (tmp_path / "d.kpi").write_text(
        'source d { from csv("d.csv"); time at; column at: date }\n'
        "kpi k { value sum(x) from d over last month; target >= 1; suppress below 3 }\n"
        "kpi twice { value k * 2; target >= 1; red when k < 5 }\n"
        'objective o "More" { period 2026; key result r "More" { reach k >= 100000 } }\n'
        'outcome u "It is so" { for us; horizon 2026-01-01..2026-12-31; levels poor < good; success good\n'
        "  evidence e { measure k; level good >= 5 }\n  judge { need all evidence } }\n"
        "scorecard s { show k, k / 2 }\n"
    )
    results = kpidsl.load(tmp_path).evaluate(as_of="2026-03-31")
    VALIDATOR.validate(json.loads(results.to_json()))
    assert [one.assessment.value_undefined for one in results.kpis] == ["suppressed", "suppressed"]
    assert results.outcomes[0].evidence[0].value_undefined == "suppressed"
    for text in (results.to_json(), results.to_toml(), to_text(results), repr(results)):
        plain = text.replace(",", "")
        assert not [number for number in ("31337", "62674", "125348") if number in plain]


def test_a_test_may_expect_it(tmp_path: Path) -> None:
    (tmp_path / "d.kpi").write_text(
        'source d { from csv("d.csv"); time at; column x: decimal }\n'
        "kpi k { value sum(x) from d over last month; target >= 1; suppress below 3 }\n"
        'test "two rows" {\n  as of 2026-03-31\n  given d { at, x; 2026-03-01, 1; 2026-03-02, 2 }\n'
        "  expect k undefined suppressed\n  expect k is no_data\n}\n"
    )
    report = kpidsl.load(tmp_path).test()
    assert report.passed, report
