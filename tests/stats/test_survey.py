"""Survey measures: published answers, and the moments of the answers themselves."""

from __future__ import annotations

from fractions import Fraction
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.stats.intervals import normal
from kpidsl.stats.survey import net_score, top_box


def test_a_net_promoter_score_and_its_margin() -> None:
    """220 promoters, 100 passives, 80 detractors."""
    found = net_score(220, 80, 400)
    assert found is not None
    assert found.value == 35
    interval = normal(found.value, found.standard_error, Fraction(95, 100))
    assert f"{float(interval.high - found.value):.2f}" == "7.76"


@given(st.lists(st.integers(-1, 1), min_size=1, max_size=50))
def test_it_is_the_mean_of_plus_and_minus_one(answers: list[int]) -> None:
    found = net_score(answers.count(1), answers.count(-1), len(answers))
    assert found is not None
    assert float(found.value) == pytest.approx(100 * fmean(answers))
    assert float(found.standard_error) == pytest.approx(100 * pstdev(answers) / len(answers) ** 0.5)


def test_no_answers_have_no_score() -> None:
    assert net_score(0, 0, 0) is None
    assert top_box({}, 2, 5) is None
    assert top_box({0: 3, 6: 4}, 2, 5) is None
    with pytest.raises(ValueError, match="no answers"):
        net_score(3, 3, 5)


def test_top_boxes() -> None:
    answers = {0: 9, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 9: 100}
    assert top_box(answers, 2, 5) == Fraction(9, 15)
    assert top_box(dict.fromkeys(range(1, 8), 1), 3, 7) == Fraction(3, 7)
