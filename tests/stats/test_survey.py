"""The standard error of a net score: a published margin, and the moments of the answers themselves."""

from __future__ import annotations

from fractions import Fraction
from statistics import pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.stats.intervals import normal
from kpidsl.stats.survey import net_error


def test_a_net_promoter_score_and_its_margin() -> None:
    """220 promoters, 100 passives, 80 detractors."""
    error = net_error(Fraction(220 - 80, 400), Fraction(220 + 80, 400), 400)
    interval = normal(Fraction(35), error, Fraction(95, 100))
    assert f"{float(interval.high - 35):.2f}" == "7.76"


@given(st.lists(st.integers(-1, 1), min_size=1, max_size=50))
def test_it_is_that_of_a_mean_of_plus_and_minus_one(answers: list[int]) -> None:
    n = len(answers)
    error = net_error(Fraction(sum(answers), n), Fraction(sum(map(abs, answers)), n), n)
    assert float(error) == pytest.approx(100 * pstdev(answers) / n**0.5)
