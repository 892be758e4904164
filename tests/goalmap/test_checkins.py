"""Check-ins: the newest before the anchor, stale or not, and nothing moves by them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from goalmap.evaluating import document, written
from kpidsl.assess.checkins import confidence

SPEC = """
objective more "More" {
  period   2026-Q2
  CHECKINS
  key result active { reach sold over last month >= 4 }
  key result quiet { reach sold over last month >= 2 }
}
"""
ROWS = """date,key_result,confidence,note,by
2026-04-02,active,6,first,Ana
2026-05-11,more.active,5,"one, two",Ana
2026-04-20,active,9,in between,Ana
2026-04-03,active,1,same day,Bo
2026-04-03,active,2,same day again,Bo
"""
FROM = 'checkins from csv("checkins.csv")'


def said(tmp_path: Path, as_of: str, rows: str = ROWS, lines: str = FROM) -> dict[str, dict[str, Any] | None]:
    specs = written(tmp_path, SPEC.replace("CHECKINS", lines), checkins=rows)
    (objective,) = document(specs, as_of)["objectives"]
    return {one["name"]: one.get("checkin") for one in objective["key_results"]}


@pytest.mark.parametrize(
    ("as_of", "note", "stale"),
    [
        ("2026-04-02", "first", False),
        ("2026-04-03", "same day again", False),
        ("2026-04-16", "same day again", False),
        ("2026-04-17", "same day again", True),
        ("2026-05-10", "in between", True),
        ("2026-05-11", "one, two", False),
        ("2026-08-31", "one, two", True),
    ],
)
def test_the_newest_before_the_anchor_counts(tmp_path: Path, as_of: str, note: str, stale: bool) -> None:
    found = said(tmp_path, as_of)["active"]
    assert found is not None
    assert (found["note"], found["stale"], "reason" in found) == (note, stale, stale)


@pytest.mark.parametrize(
    ("rhythm", "stale"), [("weekly", True), ("fortnightly", False), ("monthly", False), ("daily", True)]
)
def test_how_old_it_may_be_follows_from_the_review(tmp_path: Path, rhythm: str, stale: bool) -> None:
    found = said(tmp_path, "2026-04-30", lines=f"{FROM}\n  review {rhythm}")["active"]
    assert found is not None
    assert found["stale"] is stale


def test_who_has_not_spoken_is_said_and_before_the_start_nobody_is_asked(tmp_path: Path) -> None:
    assert said(tmp_path, "2026-04-05")["quiet"] == {"stale": False, "reason": "nobody has checked in yet"}
    assert said(tmp_path, "2026-04-30")["quiet"] == {"stale": True, "reason": "nobody has checked in yet"}
    assert said(tmp_path, "2026-03-31") == {"active": None, "quiet": None}


def test_no_number_moves_by_it(tmp_path: Path) -> None:
    with_, without = (
        document(written(tmp_path / name, SPEC.replace("CHECKINS", lines), checkins=ROWS), "2026-05-12")["objectives"]
        for name, lines in (("with", FROM), ("without", "tags none"))
    )
    for one, other in zip(with_[0]["key_results"], without[0]["key_results"], strict=True):
        one.pop("checkin")
        assert {**one, "at": ""} == {**other, "at": ""}
    assert (with_[0]["score"], with_[0]["status"]) == (without[0]["score"], without[0]["status"])


@pytest.mark.parametrize(
    ("text", "scale", "share"),
    [
        ("7 of 10", 1, "7/10"), ("7/10", 1, "7/10"), ("70%", 1, "7/10"), ("0.7", 1, "7/10"), ("7", 10, "7/10"),
        ("70", 100, "7/10"), ("1", 10, "1/10"), ("high", 1, None), ("-1", 10, None), ("11 of 10", 10, None),
        ("3 of 0", 10, None), ("", 10, None), ("nan", 1, None), ("1e999999999", 1, None), ("inf", 1, None),
    ],
)  # fmt: skip
def test_confidence_is_a_fraction_however_it_is_written(text: str, scale: int, share: str | None) -> None:
    assert confidence(text, scale) == (Fraction(share) if share is not None else None)


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    rows = "date,key_result,confidence\n2026-04-02,actve,5\n,active,5\n2026-04-03,active,sure\n2026-04-03,,5\n"
    found = document(written(tmp_path, SPEC.replace("CHECKINS", FROM), checkins=rows), "2026-04-30")
    messages = {one["message"]: one.get("hint") for one in found["warnings"] if one["code"] == "K0702"}
    assert list(messages) == [
        "check-ins are about `actve`, which is no key result",
        "check-ins name no key result",
        "1 check-in has no date",
        "the confidence `sure` of check-ins is none",
    ]
    assert messages["check-ins are about `actve`, which is no key result"] == "did you mean `active`?"
    assert found["errors"] == []


def test_a_file_may_hold_the_check_ins_of_several_objectives(tmp_path: Path) -> None:
    other = "objective less { period 2026-Q2; key result calm { reach sold over last month >= 1 } }"
    rows = "date,key_result\n2026-04-02,calm\n"
    found = document(written(tmp_path, SPEC.replace("CHECKINS", FROM) + other, checkins=rows), "2026-04-05")
    assert [one["code"] for one in found["warnings"]] == []


@pytest.mark.parametrize(
    ("rows", "lines", "codes"),
    [
        ("day,key_result\n", FROM, ["K0605"]),
        ("date,key_result\nsoon,active\n", FROM, []),
        (ROWS, 'checkins from csv("nowhere.csv")', ["K0601"]),
        (ROWS, 'checkins from csv("checkins.csv", delimiterr: ";")', ["K0803"]),
        (ROWS, 'checkins from cvs("checkins.csv")', ["K0802"]),
    ],
)
def test_check_looks_at_them_like_at_a_source(tmp_path: Path, rows: str, lines: str, codes: list[str]) -> None:
    specs = written(tmp_path, SPEC.replace("CHECKINS", lines), checkins=rows)
    assert [one.code for one in specs.check().diagnostics] == codes


@pytest.mark.parametrize(
    ("rows", "code"), [("day,key_result\n", "K0605"), ("date,key_result\n2026-04-02,active\nsoon,active\n", "K0604")]
)
def test_data_that_cannot_be_had_costs_the_check_ins_alone(tmp_path: Path, rows: str, code: str) -> None:
    found = document(written(tmp_path, SPEC.replace("CHECKINS", FROM), checkins=rows), "2026-04-30")
    assert [(one["code"], one["affects"]) for one in found["errors"]] == [(code, ["more"])]
    assert found["objectives"][0]["key_results"][0]["status"] != "error"
