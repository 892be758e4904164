"""The judgement against its definition, and what must hold of it whatever the evidence."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.assess.judgement import Usable, judged
from kpidsl.semantic.outcome_model import CapModel, HurdleModel, JudgeModel
from outcomes.judging import LEVELS, by_definition

NAMES = ("a", "b", "c", "d", "e")
ITEM = st.builds(
    Usable,
    name=st.sampled_from(NAMES),
    level=st.integers(0, 3),
    weight=st.sampled_from([Fraction(1), Fraction(2), Fraction(1, 2), Fraction(3, 4)]),
    method=st.sampled_from([None, "survey", "interview", "case_study"]),
    stakeholder=st.sampled_from([None, "residents", "carers"]),
    strength=st.sampled_from([None, 1, 2, 3, 4, 5]),
)
ITEMS = st.lists(ITEM, max_size=5, unique_by=lambda one: one.name)
CAP = st.one_of(
    st.builds(
        lambda level, subject, sign, against: CapModel(level, subject, sign, against, "cap"),
        st.sampled_from(LEVELS[:3]), st.sampled_from(NAMES), st.sampled_from(["<", "<=", ">", ">="]), st.sampled_from(LEVELS),
    ),
    st.builds(
        lambda level, sign, against: CapModel(level, None, sign, against, "cap"),
        st.sampled_from(LEVELS[:3]), st.sampled_from(["<", ">="]), st.integers(1, 5),
    ),
)  # fmt: skip
RULES = st.builds(
    JudgeModel,
    evidence=st.integers(0, 3),
    methods=st.integers(0, 2),
    stakeholders=st.integers(0, 2),
    level=st.sampled_from(["median", "lowest", "share"]),
    spread=st.sampled_from([None, 1, 2, 3]),
    share=st.sampled_from([Fraction(1, 2), Fraction(2, 3), Fraction(1)]),
    caps=st.lists(CAP, max_size=2).map(tuple),
    hurdles=st.lists(st.builds(HurdleModel, st.sampled_from(NAMES), st.sampled_from(LEVELS[1:])), max_size=1).map(
        tuple
    ),
)
SUCCESS = st.sampled_from(LEVELS[1:])


@given(ITEMS, RULES, SUCCESS)
def test_it_is_what_the_definition_says(items: list[Usable], rules: JudgeModel, success: str) -> None:
    found = judged(items, rules, LEVELS, success)
    assert (found.state, found.level) == by_definition(items, rules, success)


@given(ITEMS, RULES, SUCCESS, st.randoms(use_true_random=False))
def test_the_order_of_the_evidence_does_not_matter(
    items: list[Usable], rules: JudgeModel, success: str, chance
) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(items)
    chance.shuffle(shuffled)
    assert judged(shuffled, rules, LEVELS, success) == judged(items, rules, LEVELS, success)


@given(ITEMS, RULES, SUCCESS)
def test_too_little_evidence_is_never_a_no(items: list[Usable], rules: JudgeModel, success: str) -> None:
    found = judged(items, replace(rules, evidence=len(items) + 1), LEVELS, success)
    assert (found.state, found.level) == ("insufficient_evidence", None)
    assert f"{len(items)} of {len(items) + 1} items of evidence" in found.reason


@given(ITEMS, RULES, SUCCESS)
def test_better_evidence_never_judges_worse(items: list[Usable], rules: JudgeModel, success: str) -> None:
    plain = replace(rules, caps=(), hurdles=())
    better = [replace(one, level=min(one.level + 1, 3)) for one in items]
    before, after = (judged(one, plain, LEVELS, success) for one in (items, better))
    if before.level is not None and after.level is not None:
        assert after.level >= before.level


def usable(*levels: int, **others: object) -> list[Usable]:
    return [Usable(name, level, **others) for name, level in zip(NAMES, levels, strict=False)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("levels", "level"),
    [((0,), 0), ((0, 3), 0), ((1, 2, 3), 2), ((0, 1, 2, 3), 1), ((3, 3, 0, 0), 0), ((2, 2, 2, 3, 0), 2)],
)
def test_the_median_of_an_even_number_is_the_lower_one(levels: tuple[int, ...], level: int) -> None:
    assert judged(usable(*levels), JudgeModel(), LEVELS, "good").level == level


def test_two_of_three_is_the_best_level_that_two_thirds_reach() -> None:
    rules = JudgeModel(level="share", share=Fraction(2, 3))
    assert judged(usable(3, 2, 0), rules, LEVELS, "good").level == 2
    assert judged(usable(3, 3, 0), rules, LEVELS, "good").level == 3
    assert judged(usable(3, 3, 0, 0), rules, LEVELS, "good").level == 0


def test_with_two_levels_there_is_no_partly() -> None:
    two = ("no", "yes")
    assert judged(usable(0), JudgeModel(), two, "yes").state == "not_achieved"
    assert judged(usable(1), JudgeModel(), two, "yes").state == "achieved"
