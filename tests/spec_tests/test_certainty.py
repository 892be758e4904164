"""`expect KPI is not_distinguishable`: what an interval leaves certain."""

from __future__ import annotations

from pathlib import Path

import pytest

import kpidsl

SPEC = """
source answers { from csv("answers.csv"); time at; column score: integer }
kpi sat { value share(score >= 4) from answers over last month; target >= 50%; interval 95% }
kpi bare { value share(score >= 4) from answers over last month; target >= 50% }
test "few answers" {
  as of 2026-03-31
  given answers { at, score; 2026-03-01, 5; 2026-03-02, 4; 2026-03-03, 1 }
  expect KPI is WORD
}
"""


def spec_of(folder: Path, kpi: str, word: str) -> kpidsl.SpecSet:
    (folder / "a.kpi").write_text(SPEC.replace("KPI is WORD", f"{kpi} is {word}"))
    return kpidsl.load(folder)


@pytest.mark.parametrize(
    ("word", "passes"), [("not_distinguishable", True), ("met_certain", False), ("green", True), ("red", False)]
)
def test_a_certainty_is_expected_as_a_status_is(tmp_path: Path, word: str, passes: bool) -> None:
    assert spec_of(tmp_path, "sat", word).test().passed == passes


@pytest.mark.parametrize(
    ("kpi", "word", "message"),
    [
        ("bare", "met_certain", "`bare` has no interval, so nothing is certain of it or not"),
        ("sat", "met_certein", "`met_certein` is no status"),
    ],
)
def test_what_cannot_be_certain(tmp_path: Path, kpi: str, word: str, message: str) -> None:
    found = spec_of(tmp_path, kpi, word).check().diagnostics
    assert [one.message for one in found if one.code == "K0303"] == [message]
