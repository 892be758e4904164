"""What is said of each mistake, as a person at a terminal reads it: NAME.kpi gives NAME.err.

`pytest --accept` rewrites the golden files; read the difference as the person would who made the mistake.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kpidsl.diagnostics import Diagnostic
from kpidsl.diagnostics.codes import CODES
from kpidsl.diagnostics.text import render_text
from semantic.cases import SCHEMAS, checked

HERE = Path(__file__).parent
# These need files, a size, or more mistakes than a person wants to read; each has a test of its own.
ELSEWHERE = {"K0108", "K0110", "K0111", "K0209", "K0210", "K0211", "K0353"}
FIXTURES = sorted(HERE.rglob("*.kpi"))


def said_of(fixture: Path) -> tuple[Diagnostic, ...]:
    """What is said of a fixture. Those in `tidy` are asked for what they never use; a newcomer has data: the columns of
    those sources are known.
    """
    folder = fixture.parent.name
    schemas = SCHEMAS if folder == "newcomer" else {}
    return checked((fixture.name, fixture.read_text("utf-8")), schemas=schemas, tidily=folder == "tidy").problems


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.relative_to(HERE).with_suffix("").as_posix())
def test_messages(fixture: Path, accept: bool) -> None:
    found = said_of(fixture)
    text = render_text(found, colour=False, width=120)
    golden = fixture.with_suffix(".err")
    if accept:
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.relative_to(HERE).with_suffix("").as_posix())
def test_every_problem_says_where_it_is_and_comes_in_file_order(fixture: Path) -> None:
    found = said_of(fixture)
    places = [problem.span.start for problem in found if problem.span is not None]
    assert len(places) == len(found) > 0
    assert places == sorted(places)


def test_every_code_of_the_text_has_a_fixture() -> None:
    shown = {problem.code for fixture in FIXTURES for problem in said_of(fixture)}
    wanted = {code for code in CODES if re.fullmatch("K0[123]..|K04[127].", code)}
    assert sorted(wanted - shown - ELSEWHERE) == []
