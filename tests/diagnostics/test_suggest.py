"""Did-you-mean, which of it is sure enough to be written by a machine, and what is said once."""

from __future__ import annotations

from difflib import SequenceMatcher, get_close_matches

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.diagnostics import NAMELESS, Fix, Problems, closest, did_you_mean
from kpidsl.diagnostics.edits import apart, applied
from kpidsl.diagnostics.suggest import distance, is_slip
from kpidsl.source_text import Source, Span


@pytest.mark.parametrize(
    ("word", "other", "steps"),
    [("revenue", "revenue", 0), ("revenu", "revenue", 1), ("reveneu", "revenue", 1), ("ravanue", "revenue", 2), ("", "ab", 2),
     ("Revenue", "revenue", 0), ("abc", "xyz", 3)],
)  # fmt: skip
def test_distance(word: str, other: str, steps: int) -> None:
    assert distance(word, other) == distance(other, word) == steps


@pytest.mark.parametrize(
    ("word", "meant", "sure"),
    [("revenu", "revenue", True), ("orders_2025", "orders_2026", False), ("cancellation_rate", "cancellations", False),
     ("teh", "the", True), ("cat", "dog", False), ("target", "targets", True)],
)  # fmt: skip
def test_what_is_surely_a_slip(word: str, meant: str, sure: bool) -> None:
    assert is_slip(word, meant) is sure


def test_words_of_thousands_of_letters_are_not_compared_letter_by_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpidsl.diagnostics.suggest.distance", lambda *_: pytest.fail("that takes minutes"))
    long = "n" * 50_000
    assert closest(f"{long}x", [long]) is None
    assert did_you_mean(long.upper(), [long]) == f"did you mean `{long}`?"
    assert is_slip(long.upper(), long) and not is_slip(f"{long}x", long)


def test_two_words_equally_near_are_both_named() -> None:
    assert did_you_mean("plan_c", ["plan_a", "plan_b", "other"]) == "did you mean `plan_a` or `plan_b`?"
    assert did_you_mean("revenu", ["revenue", "avenue"]) == "did you mean `revenue`?"


def said(text: str, word: str, hint: str, code: str = "K0204") -> Fix | None:
    problems = Problems()
    at = text.index(word)
    problems.error(code, "wrong", Span(Source("x", text), at, at + len(word)), hint=hint)
    return next(iter(problems)).fix


def test_a_hint_that_names_the_word_meant_is_a_fix() -> None:
    fix = said("a = revenu", "revenu", "did you mean `revenue`?")
    assert fix is not None
    assert fix.text == "revenue"
    quoted = said('in "Europe/Berln"', '"Europe/Berln"', "did you mean `Europe/Berlin`?", "K0332")
    assert quoted is not None
    assert quoted.text == '"Europe/Berlin"'


@pytest.mark.parametrize(
    ("word", "hint", "code"),
    [("churn", "did you mean `turnover`?", "K0204"), ("plan_c", "did you mean `plan_a` or `plan_b`?", "K0204"),
     ("year starts february", "write `year starts february named by end`", "K0333"), ("sum(a)", "write `sum(a) from SOURCE`", "K0313")],
)  # fmt: skip
def test_what_is_not_sure_is_no_fix(word: str, hint: str, code: str) -> None:
    assert said(word, word, hint, code) is None


def test_a_name_that_is_missing_in_many_places_is_told_once() -> None:
    problems = Problems()
    text = "nope nope nope nope nope nope nope nope"
    for at in range(0, len(text), 5):
        problems.error("K0204", "there is no metric `nope`", Span(Source("x", text), at, at + 4), affects=(f"k{at}",))
    (found,) = problems
    assert len(found.labels) == 6
    assert found.notes == ("and in 2 more places",)
    assert len(found.affects) == 8


def test_a_name_whose_declaration_is_broken_is_not_told_of() -> None:
    source = Source("x", "revenue churn orders.amount")
    problems = Problems()
    problems.hush(frozenset({"revenue", "orders"}))
    for start, end, code in ((0, 7, "K0204"), (8, 13, "K0204"), (14, 27, "K0605"), (0, 7, "K0310")):
        problems.error(code, "wrong", Span(source, start, end))
    assert [(one.code, one.span and one.span.text) for one in problems] == [("K0310", "revenue"), ("K0204", "churn")]
    problems.hush(frozenset({NAMELESS}))
    before = len(problems)
    problems.error("K0203", "there is no source", Span(source, 8, 13))
    assert len(problems) == before


def test_fixes_of_one_text_do_not_touch_each_other() -> None:
    source = Source("x", "one two three\r\nfour")
    one, across, two, end = (
        Fix("", Span(source, 0, 3), "1"),
        Fix("", Span(source, 2, 7), "?"),
        Fix("", Span(source, 4, 7), "2"),
        Fix("", Span(source, 19, 19), "\n}"),
    )
    chosen = apart([end, two, across, one])
    assert chosen == (one, two, end)
    assert applied(source.text, chosen) == "1 2 three\r\nfour\r\n}"


WORDS = st.text("abcdeéß_01", min_size=1, max_size=9)


@given(WORDS, st.lists(WORDS, max_size=30))
def test_the_nearest_word_is_that_of_difflib(word: str, known: list[str]) -> None:
    folded = {name.casefold(): name for name in sorted(set(known))}
    found = get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.7 if len(word) > 4 else 0.66)
    expected = folded.get(word.casefold())
    if expected is None and len(word) >= 3 and found:
        expected = folded[found[0]]
    assert closest(word, known) == expected


def test_a_thousand_unknown_words_are_not_compared_with_a_thousand_each(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    class Counting(SequenceMatcher[str]):
        def ratio(self) -> float:
            compared.append("")
            return super().ratio()

    monkeypatch.setattr("difflib.SequenceMatcher", Counting)
    known = [f"metric_number_{number}" for number in range(1000)]
    for number in range(0, 1000, 10):
        assert did_you_mean(f"metrc_number_{number}", known) == f"did you mean `metric_number_{number}`?"
    assert len(compared) < 3_000
