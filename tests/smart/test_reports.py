"""What `check --smart` says of whole specs: NAME.kpi gives NAME.txt.

`pytest --accept` rewrites the golden files; read the difference as the owner of the KPIs would.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kpidsl.diagnostics import Severity
from kpidsl.diagnostics.json import render_json
from kpidsl.pipeline import load
from kpidsl.smart import Letter, SmartReport
from kpidsl.smart.document import entries
from kpidsl.smart.text import to_text

HERE = Path(__file__).parent / "reports"
AS_OF = "2026-03-31"
FIXTURES = sorted(HERE.glob("*.kpi"))
each = pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)


def judged(fixture: Path) -> SmartReport:
    return load([fixture]).smart(as_of=AS_OF)


@each
def test_what_is_said(fixture: Path, accept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    text = to_text(judged(Path(fixture.name)))
    golden = fixture.with_suffix(".txt")
    if accept:
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


@each
def test_the_exit_code_is_that_of_the_check(fixture: Path) -> None:
    assert judged(fixture).exit_code == load([fixture]).check().exit_code == 0


@each
def test_each_missing_letter_is_a_note_in_file_order(fixture: Path) -> None:
    report = judged(fixture)
    notes = [one for one in report.diagnostics if one.code.startswith("K05")]
    missing = [one for judgement in report.judgements for one in judgement.diagnostics()]
    assert len(notes) == len(missing)
    assert {one.severity for one in notes} <= {Severity.NOTE}
    places = [one.span.start for one in report.diagnostics if one.span is not None]
    assert places == sorted(places)


def test_every_letter_has_a_fixture() -> None:
    codes = {one.code for fixture in FIXTURES for one in judged(fixture).diagnostics}
    assert {letter.code for letter in Letter} <= codes


def test_the_document_holds_judgements_and_notes() -> None:
    report = judged(HERE / "nothing_said.kpi")
    document = json.loads(render_json(report.diagnostics, {"smart": entries(report)}))
    assert document["summary"]["notes"] == sum(one["code"].startswith("K05") for one in document["diagnostics"]) > 0
    first = document["smart"]["judgements"][0]
    assert (first["kind"], first["name"], first["smart"]) == ("KPI", "points", False)
    assert [one["letter"] for one in first["findings"]] == [letter.value for letter in Letter]
    (owner,) = [one for one in first["findings"][0]["add"] if one["shown"].startswith("owner")]
    assert owner["place"]["line"] == owner["place"]["end_line"] == 9
    assert document["smart"]["as_of"] == "2026-04-01T00:00:00+00:00"


def test_a_report_in_color_says_the_same() -> None:
    report = judged(HERE / "targets.kpi")
    coloured = to_text(report, colour=True)
    assert "\x1b[31m✗\x1b[0m" in coloured
    plain = coloured
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m"):
        plain = plain.replace(code, "")
    assert [line.rstrip() for line in plain.splitlines()] == to_text(report).splitlines()


SOURCE = 'source orders { from csv("orders.csv"); time at; column amount: EUR }\n'
SALES = "kpi sales { value sum(amount) from orders over last month; target >= 5 EUR }\n"


def achievable(report: SmartReport) -> tuple[str, str]:
    found = next(one for one in report.judgements[0].findings if one.letter is Letter.ACHIEVABLE)
    return found.state.value, found.said


def test_a_source_that_cannot_be_read_is_said_and_the_rest_is_judged(tmp_path: Path) -> None:
    (tmp_path / "shop.kpi").write_text(SOURCE + SALES)
    report = load([tmp_path]).smart(as_of=AS_OF)
    assert report.exit_code == 3
    assert achievable(report)[0] == "not looked at"
    measurable = report.judgements[0].findings[1]
    assert "`orders` cannot be read" in measurable.said


def test_errors_of_the_spec_keep_the_data_from_being_asked(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("at,amount\n2026-03-01,5\n")
    (tmp_path / "shop.kpi").write_text(SOURCE + SALES + "kpi gone { value sles over last month; target >= 5 }\n")
    report = load([tmp_path]).smart(as_of=AS_OF)
    assert report.exit_code == 4
    assert report.left_out == ("gone",)
    assert achievable(report) == ("not looked at", "the data was not looked at: the spec has errors")


def test_without_a_look_at_the_data_nothing_is_opened(tmp_path: Path) -> None:
    (tmp_path / "shop.kpi").write_text(SOURCE + SALES)
    report = load([tmp_path]).smart(schemas=False)
    assert report.exit_code == 0
    assert achievable(report) == ("not looked at", "the data was not looked at")
    assert report.as_of is None


@pytest.mark.parametrize(
    "window", ["last 60 years", "all time", "2026-03", "2026-03-01..2026-03-31", "since 2026-01-01"]
)
def test_every_kind_of_window_has_a_history_or_a_reason(tmp_path: Path, window: str) -> None:
    (tmp_path / "orders.csv").write_text(
        "at,amount\n" + "".join(f"2025-{month:02d}-05,{month}\n" for month in range(1, 13))
    )
    (tmp_path / "shop.kpi").write_text(SOURCE + SALES.replace("last month", window))
    state, words = achievable(load([tmp_path]).smart(as_of="2026-01-31"))
    assert state in ("yes", "missing", "not looked at")
    assert words
