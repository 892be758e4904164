"""Patterns that are compiled when they are first used."""

from __future__ import annotations

import re

import pytest

from kpidsl.patterns import regex


def test_a_pattern_does_what_a_compiled_one_does() -> None:
    text = "a1 b22 c"
    made, known = regex(r"([a-z])(\d+)", re.IGNORECASE), re.compile(r"([a-z])(\d+)", re.IGNORECASE)
    assert [one.groups() for one in made.finditer(text)] == [one.groups() for one in known.finditer(text)]
    assert made.sub("x", text) == known.sub("x", text) == "x x c"
    assert made.fullmatch("A7") is not None
    assert (made.pattern, made.flags) == (known.pattern, known.flags)


def test_what_is_no_pattern_fails_when_it_is_used() -> None:
    made = regex("(")
    with pytest.raises(re.error):
        made.search("a")
