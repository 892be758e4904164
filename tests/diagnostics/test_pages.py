"""Every page of `kpidsl explain` has its parts, its wrong example is wrong in that way, and its right one is right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from diagnostics.pages import TIDY, blocks, checked, evaluated, judged, plugged
from kpidsl.diagnostics.codes import CODES, explain

BESIDE = {"K0111": ["K0101"]}  # what cannot be shown without another


def codes(pattern: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("code", [code for code in CODES if re.fullmatch(pattern, code)])


@codes(".*")
def test_a_page_says_what_and_why_and_shows_a_wrong_and_a_right_example(code: str) -> None:
    page = explain(code)
    assert page is not None
    title, *sections = re.findall("^# .*|^## .*", page, re.MULTILINE)
    assert title == f"# {code} · {CODES[code]}"
    assert sections == ["## What", "## Why", "## Wrong", "## Right"]
    parts = re.split("^## .*$", page, flags=re.MULTILINE)[1:]
    assert all(part.strip() for part in parts)
    assert blocks(code, "Wrong")
    assert blocks(code, "Right")


@codes("K0(?!108|209|21[01]|353)[123].*|K04[1257].")
def test_the_examples_of_what_a_spec_may_say(code: str) -> None:
    (wrong,), (right,) = blocks(code, "Wrong"), blocks(code, "Right")
    assert set(checked(wrong.text, tidily=code in TIDY)) == {code, *BESIDE.get(code, ())}
    assert checked(right.text, tidily=code in TIDY) == []


@codes("K080[14568]")
def test_the_examples_of_plugins(code: str) -> None:
    (wrong,), (right,) = blocks(code, "Wrong"), blocks(code, "Right")
    assert plugged(wrong.text) == [code]
    assert plugged(right.text) == []


@codes("K05.*")
def test_the_examples_of_what_is_not_smart(code: str) -> None:
    (wrong,), (right,) = blocks(code, "Wrong"), blocks(code, "Right")
    assert judged(wrong.text) == [code]
    assert judged(right.text) == []


@codes("K0000|K0108|K0209|K021[01]|K0353|K0(?!600|41|42|45|47)[467].*|K080[239]|K081.")
def test_the_examples_that_need_files(code: str, tmp_path: Path) -> None:
    wrong, right = tmp_path / "wrong", tmp_path / "right"
    wrong.mkdir()
    right.mkdir()
    assert code in evaluated(wrong, blocks(code, "Wrong"))
    assert evaluated(right, blocks(code, "Right")) == set()
