"""Charts against published answers, and the rules case by case."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.stats.control_chart import LIMITS, UPPER_RANGE, Chart, Finding, chart, findings, moving_ranges

# The vignette "Deviations from Excel defaults" of NHSRplotthedots, with and without screening.
NHS = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2.
FLOWRATE = ["49.6", "47.6", "49.9", "51.3", "47.8", "51.2", "52.6", "52.4", "53.6", "52.1"]
# D. J. Wheeler, Making Sense of Data, p. 382: the data set for verifying software.
WHEELER = [5045, 4350, 4350, 3975, 4290, 4430, 4485, 4285, 3980, 3925, 3645, 3760, 3300, 3685, 3463, 5200]
FLAT = Chart(Fraction(0), Fraction(1), Fraction(-3), Fraction(3), Fraction(4), 20, 0)


def of(values: list[int | str | None]) -> list[Fraction | None]:
    return [None if value is None else Fraction(value) for value in values]


def drawn(values: list[int | str | None], *, screen: bool = False) -> Chart:
    found = chart(of(values), screen=screen)
    assert found is not None
    return found


def said(number: Fraction, digits: int = 2) -> str:
    return f"{float(number):.{digits}f}"


# ---------------------------------------------------------------- limits
def test_limits_as_the_nhs_prints_them() -> None:
    found = drawn([*NHS])
    assert (said(found.centre), said(found.lower), said(found.upper)) == ("1.94", "-3.06", "6.95")
    assert [one.first + 1 for one in findings(of([*NHS]), found, "nhs")] == [5]


def test_limits_with_ranges_screened_once() -> None:
    found = drawn([*NHS], screen=True)
    assert (said(found.centre), said(found.lower), said(found.upper), found.screened) == ("1.94", "-0.72", "4.60", 2)
    assert [one.first + 1 for one in findings(of([*NHS]), found, "nhs")] == [5]


def test_the_individuals_chart_of_nist() -> None:
    found = drawn([*FLOWRATE])
    assert (said(found.centre), said(found.ranges, 4)) == ("50.81", "1.8778")
    # NIST divides by 1.128 and does not round: 55.8041 and 45.8159.
    assert float(found.upper) == pytest.approx(55.8041, abs=0.001)
    assert float(found.lower) == pytest.approx(45.8159, abs=0.001)
    assert findings(of([*FLOWRATE]), found, "wheeler") == ()


def test_limits_as_wheeler_prints_them() -> None:
    found = drawn([*WHEELER])
    printed = [said(one) for one in (found.centre, found.ranges, found.lower, found.upper, found.upper_range)]
    assert printed == ["4135.50", "355.93", "3188.72", "5082.28", "1163.19"]
    outside, *others = findings(of([*WHEELER]), found, "wheeler")
    assert (outside.rule, outside.first, outside.side) == ("outside_limits", 15, 1)
    assert [one.rule for one in others] == ["moving_range"]


def test_where_the_constants_come_from() -> None:
    assert said(Fraction(3) / Fraction("1.128")) == said(LIMITS) == "2.66"
    assert said(1 + 3 * Fraction("0.853") / Fraction("1.128"), 2) == said(UPPER_RANGE, 2) == "3.27"


def test_a_value_on_a_limit_is_not_outside() -> None:
    assert on("outside_limits", [0, 3, -3]) == []
    assert [one.first for one in findings(of([0, "3.0000001", 0]), FLAT, "wheeler")] == [1]


def test_ranges_do_not_cross_a_gap() -> None:
    assert moving_ranges(of([1, 4, None, 5, 5])) == [None, 3, None, None, 0]
    assert drawn([1, 4, None, 5, 5]).ranges == Fraction(3, 2)
    assert drawn([1, 4, None, 5, 5]).n == 4
    assert chart(of([1, None, 2])) is None
    assert chart([]) is None


def test_equal_values_have_limits_on_the_centre() -> None:
    found = drawn([5, 5, 5, 5], screen=True)
    assert found.lower == found.centre == found.upper == 5
    assert findings(of([5, 5, 5, 5]), found, "nhs") == ()


# ---------------------------------------------------------------- rules of the NHS
def on(rule: str, values: list[int | str | None], rules: str = "nhs") -> list[tuple[int, int, int, int]]:
    found = findings(of(values), FLAT, rules)  # type: ignore[arg-type]
    return [(one.side, one.first, one.last, one.points) for one in found if one.rule == rule]


def test_a_shift_is_seven_on_one_side() -> None:
    assert on("shift", [1] * 6) == []
    assert on("shift", [1] * 6 + [-1]) == []
    assert on("shift", [1] * 8 + [-1]) == [(1, 0, 7, 8)]
    assert on("shift", [1] + [-1] * 7 + [1]) == [(-1, 1, 7, 7)]
    assert on("shift", [1, 1, 1, 0, 1, 1, 1, 1]) == []  # on the centre is on no side
    assert on("shift", [1, 1, 1, None, 1, 1, 1, 1]) == []


def test_a_trend_is_seven_each_beyond_the_one_before() -> None:
    assert on("trend", [1, 2, 3, 4, 5, 6]) == []
    assert on("trend", [1, 2, 3, 3, 4, 5, 6]) == []
    assert on("trend", [1, 2, 3, 4, 5, 6, 7]) == [(1, 0, 6, 7)]
    assert on("trend", [2, 1, 2, 3, 4, 5, 6, 7, 3]) == [(1, 1, 7, 7)]
    assert on("trend", [2, 7, 6, 5, 4, 3, 2, 1, 3]) == [(-1, 1, 7, 7)]
    assert on("trend", [1, 2, 3, None, 4, 5, 6, 7]) == []


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        # The cases of NHSRplotthedots' own tests; 1 is near the limit.
        ([1, 0, 1], [(1, 0, 2, 2)]),
        ([0, 1, 1], [(1, 1, 2, 2)]),
        ([1, 1, 0], [(1, 0, 1, 2)]),
        ([0, 0, 1, 0, 1, 0, 0], [(1, 2, 4, 2)]),
        ([0, 0, 1, 1, 0, 0, 0], [(1, 2, 3, 2)]),
        ([1, 0, 0, 1], []),
        ([1, 0, 0, 1, 1], [(1, 3, 4, 2)]),
    ],
)
def test_two_of_three_near_a_limit(marked: list[int], expected: list[tuple[int, int, int, int]]) -> None:
    values: list[int | str | None] = ["2.5" if one else "0.5" for one in marked]
    assert on("two_of_three", values) == expected


def test_two_of_three_are_on_one_side_and_inside() -> None:
    assert on("two_of_three", ["2.5", "-0.5", "2.5"]) == []
    assert on("two_of_three", ["2.5", "2", "2.1"]) == [(1, 0, 2, 2)]  # two thirds of the way is not beyond them
    assert on("two_of_three", ["3.5", "1", "2.5"]) == []


# ---------------------------------------------------------------- Wheeler's rules
def test_a_run_is_eight_on_one_side() -> None:
    assert on("run_of_eight", [1] * 7, "wheeler") == []
    assert on("run_of_eight", [-1] * 8, "wheeler") == [(-1, 0, 7, 8)]


def test_three_of_four_nearer_to_a_limit() -> None:
    assert on("three_of_four", [2, 2, 0, 2], "wheeler") == [(1, 0, 3, 3)]
    assert on("three_of_four", [2, 2, -1, 2], "wheeler") == [(1, 0, 3, 3)]
    assert on("three_of_four", [2, 0, 2, 0, 2], "wheeler") == []
    assert on("three_of_four", ["1.5", 2, 2, 0], "wheeler") == []  # half way is not nearer
    assert on("three_of_four", [4, -2, 2, 2], "wheeler") == [(1, 0, 3, 3)]
    assert on("three_of_four", [2, 2, 2, 2, 0, 0, 0, 2, 2, 2], "wheeler") == [(1, 0, 3, 4), (1, 7, 9, 3)]


def test_a_missing_value_is_none_of_four_in_a_row() -> None:
    assert on("three_of_four", [0, 0, 2, 2, None, 2, 0, 0], "wheeler") == []
    assert on("three_of_four", [0, 0, 0, None, 2, 2, 2], "wheeler") == []
    assert on("three_of_four", [2, 2, 2, 0, None, 0, 2, 2, 2], "wheeler") == [(1, 0, 2, 3), (1, 6, 8, 3)]
    assert on("three_of_four", [0, 2, 2, 2, None, 2, 2, 2, 0], "wheeler") == [(1, 1, 3, 3), (1, 5, 7, 3)]


def test_a_jump_beyond_the_limit_of_ranges() -> None:
    assert on("moving_range", ["-2.5", 2], "wheeler") == [(0, 0, 1, 2)]
    assert on("moving_range", [-2, 2], "wheeler") == []


# ---------------------------------------------------------------- whatever the values
VALUES = st.lists(st.none() | st.integers(-50, 50), min_size=2, max_size=40)


@given(VALUES, st.integers(1, 5), st.integers(-9, 9), st.sampled_from(["nhs", "wheeler"]))
def test_findings_do_not_depend_on_the_unit(values: list[int | None], scale: int, shift: int, rules: str) -> None:
    here, there = of([*values]), of([None if one is None else one * scale + shift for one in values])
    one, other = chart(here), chart(there)
    if one is None or other is None:
        assert one is other
        return
    assert findings(here, one, rules) == findings(there, other, rules)  # type: ignore[arg-type]
    assert other.upper == one.upper * scale + shift


@given(VALUES, st.sampled_from(["nhs", "wheeler"]))
def test_upside_down_the_sides_are_the_others(values: list[int | None], rules: str) -> None:
    here, there = of([*values]), of([None if one is None else -one for one in values])
    one, other = chart(here), chart(there)
    if one is None or other is None:
        return
    mirrored = {Finding(f.rule, -f.side, f.first, f.last, f.points) for f in findings(there, other, rules)}  # type: ignore[arg-type]
    assert set(findings(here, one, rules)) == mirrored  # type: ignore[arg-type]


@given(VALUES)
def test_a_shift_by_the_definition(values: list[int | None]) -> None:
    drawn = chart(of([*values]))
    if drawn is None:
        return
    within = {
        at
        for start in range(len(values) - 6)
        for sign in (1, -1)
        if all(one is not None and sign * (one - drawn.centre) > 0 for one in values[start : start + 7])
        for at in range(start, start + 7)
    }
    found = [one for one in findings(of([*values]), drawn, "nhs") if one.rule == "shift"]
    assert {at for one in found for at in range(one.first, one.last + 1)} == within
