"""Every code has a title, a page whose examples are true, and a place that emits it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from kpidsl.diagnostics.codes import CODES, FAMILIES, explain

SRC = Path(__file__).parents[2] / "src" / "kpidsl"
CODE = re.compile(r"K0\d{3}")


def emitted() -> set[str]:
    """Every text in the source that is a code, but for the table itself."""
    return {
        node.value
        for file in SRC.rglob("*.py")
        if file.name != "codes.py"
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value)
    }


def test_every_code_that_is_emitted_has_a_title() -> None:
    assert sorted(emitted() - CODES.keys()) == []


def test_every_code_with_a_title_is_emitted() -> None:
    assert sorted(CODES.keys() - emitted()) == []


def test_titles_are_short_and_in_order() -> None:
    assert list(CODES) == sorted(CODES)
    assert len(set(CODES.values())) == len(CODES)
    assert not [title for title in CODES.values() if len(title) > 80 or title.endswith(".") or title != title.strip()]


def test_what_codes_are_about_begins_at_codes_and_with_the_first() -> None:
    assert list(FAMILIES) == [code for code in CODES if code in FAMILIES]
    assert next(iter(FAMILIES)) == next(iter(CODES))
    assert len(set(FAMILIES.values())) == len(FAMILIES)


def test_pages_are_there_for_codes_only() -> None:
    assert {file.stem for file in (SRC / "diagnostics" / "explain").glob("*")} == set(CODES)


def test_a_page_is_found_however_its_code_is_typed() -> None:
    assert explain(" k0101\n") == explain("K0101")
    assert explain("K9999") is None
    assert explain("../codes") is None
