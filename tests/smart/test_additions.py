"""Every line that is proposed can be typed: the spec still checks, and what was missing is there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kpidsl.pipeline import load
from kpidsl.smart import Addition, Judgement, Letter, SmartReport, State

HERE = Path(__file__).parent / "reports"
AS_OF = "2026-03-31"
STILL = {  # what a line cannot mend: values that never differ, or that nothing was better than
    ("counted", Letter.ACHIEVABLE),
    ("tight", Letter.ACHIEVABLE),
    ("one_line", Letter.ACHIEVABLE),
    ("shop.like_others", Letter.ACHIEVABLE),
    ("shop.like_none", Letter.ACHIEVABLE),
    ("far", Letter.ACHIEVABLE),
}


def typed(text: str, additions: tuple[Addition, ...]) -> str:
    """A text with lines added, the last first, so that places stay true."""
    for one in sorted(additions, key=lambda one: one.span.start, reverse=True):
        text = text[: one.span.start] + one.text + text[one.span.end :]
    return text


def judged(file: Path) -> SmartReport:
    report = load([file]).smart(as_of=AS_OF)
    assert report.exit_code == 0, [(one.code, one.message, one.place) for one in report.problems]
    return report


def finding(report: SmartReport, name: str, letter: Letter) -> State:
    (judgement,) = [one for one in report.judgements if one.name == name]
    return next(one.state for one in judgement.findings if one.letter is letter)


@pytest.mark.parametrize("fixture", sorted(HERE.glob("*.kpi")), ids=lambda path: path.stem)
def test_a_letter_is_there_once_its_lines_are_typed(fixture: Path, tmp_path: Path) -> None:
    shutil.copytree(HERE / "data", tmp_path / "data")
    text = fixture.read_text("utf-8")
    file = tmp_path / "spec.kpi"
    file.write_text(text, "utf-8")
    lacking = [
        (judgement, one)
        for judgement in judged(file).judgements
        for one in judgement.findings
        if one.state is State.MISSING
    ]
    assert lacking or fixture.stem == "all_said"
    for judgement, one in lacking:
        assert one.additions, (judgement.name, one)
        file.write_text(typed(text, one.additions), "utf-8")
        state = finding(judged(file), judgement.name, one.letter)
        if (judgement.name, one.letter) not in STILL:
            assert state is State.YES, (judgement.name, one)


def test_all_lines_together_make_it_smart(tmp_path: Path) -> None:
    shutil.copytree(HERE / "data", tmp_path / "data")
    file = tmp_path / "spec.kpi"
    text = (HERE / "nothing_said.kpi").read_text("utf-8")
    file.write_text(text, "utf-8")
    first: Judgement = judged(file).judgements[2]
    file.write_text(typed(text, tuple(one for found in first.findings for one in found.additions)), "utf-8")
    after = next(one for one in judged(file).judgements if one.name == first.name)
    assert {one.letter for one in after.findings if one.state is State.MISSING} <= {Letter.ACHIEVABLE}, after


def test_a_line_keeps_the_indentation_and_the_comment(tmp_path: Path) -> None:
    file = tmp_path / "spec.kpi"
    file.write_text(
        'source o { from csv("o.csv"); time at }\nkpi a {\n    value count() from o over last month # all\n}\n'
    )
    (judgement,) = load([file]).smart(schemas=False).judgements
    owner = next(one for one in judgement.findings[0].additions if one.shown.startswith("owner"))
    assert owner.place.endswith("spec.kpi:4")
    assert typed(file.read_text(), (owner,)).splitlines()[3:] == [
        '    owner "team@example.com"  # one person or team',
        "}",
    ]
