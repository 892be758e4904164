"""What nothing is: 0, or no value with its reason; and what `n` counts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.evaluating import days, evaluate, kpi, metric, value

MARCH = {"at": days("2026-03-05", "2026-03-25"), "x": [4, 6], "seen": [True, None], "d": ["a", "b"]}


@pytest.mark.parametrize("count", ["count()", "count(x)", "count_distinct(x)", "sum(x)"])
def test_counts_and_sums_of_nothing_are_0_between_the_first_row_and_the_newest(count: str) -> None:
    assert value(f"{count} from o over 2026-03-10..2026-03-20", "2026-03-31", MARCH) == 0


@pytest.mark.parametrize("window", ["2026-02", "2026-03-26..2026-03-31", "2026-04"])
@pytest.mark.parametrize("count", ["count()", "sum(x)"])
def test_outside_of_that_range_nothing_is_not_known(count: str, window: str) -> None:
    assert value(f"{count} from o over {window}", "2026-04-30", MARCH) == "no_rows"


def test_the_newest_row_counts_before_the_anchor_only() -> None:
    assert value("count() from o over 2026-03-10..2026-03-20", "2026-03-22", MARCH) == "no_rows"


def test_a_filter_that_keeps_nothing_gives_0() -> None:
    assert value('count() from o where d == "z" over 2026-03', "2026-03-31", MARCH) == 0


@pytest.mark.parametrize("other", ["avg(x)", "min(x)", "max(x)", "median(x)", "first(x)", "last(x)", "share(x > 1)"])
def test_every_other_aggregation_of_nothing_has_no_value(other: str) -> None:
    assert value(f"{other} from o over 2026-03-10..2026-03-20", "2026-03-31", MARCH) == "no_rows"


def test_an_empty_source_has_no_rows() -> None:
    empty = {"at": days(), "x": []}
    assert value("count() from o over 2026-03", "2026-03-31", empty | {"at": MARCH["at"][:0]}) == "no_rows"


def test_a_ratio_is_undefined_only_for_a_denominator_of_0() -> None:
    over = "over 2026-03-10..2026-03-20"
    assert value(f"((sum(x) from o) / (count() from o)) {over}", "2026-03-31", MARCH) == "zero_denominator"
    assert value('((sum(x) from o where d == "z") / (count() from o)) over 2026-03', "2026-03-31", MARCH) == 0


def test_a_default_stands_for_no_rows_and_for_nothing_else() -> None:
    assert value("(avg(x) from o default 7) over 2026-02", "2026-03-31", MARCH) == 7
    ratio = "((count() from o) / (count() from o)) default 7"
    assert value(f"({ratio}) over 2026-03-10..2026-03-20", "2026-03-31", MARCH) == "zero_denominator"


def test_n_is_the_denominators_and_unknown_conditions_are_counted_apart() -> None:
    assessment = kpi("value share(seen) from o over 2026-03", "2026-03-31", o=MARCH)
    assert (assessment.value, assessment.n, assessment.n_unknown) == (1, 1, 1)
    nobody = kpi("value share(seen) from o over 2026-03-20..2026-03-31", "2026-03-31", o=MARCH)
    assert (nobody.value_undefined, nobody.n_unknown) == ("no_rows", 1)
    assert nobody.reason == "it is not known of the one row there is whether the condition holds"
    ratio = metric(
        'source o { from arrow("o"); time at }\nmetric m = ((sum(x) from o where x > 4) / (count() from o)) over 2026-03',
        "2026-03-31", o=MARCH,
    )  # fmt: skip
    assert (ratio.value, ratio.n) == (3, 2)
    other = metric(
        'source o { from arrow("o"); time at }\nmetric m = ((sum(x) from o where x > 4) + (count() from o)) over 2026-03',
        "2026-03-31", o=MARCH,
    )  # fmt: skip
    assert (other.value, other.n) == (8, 1)


def test_a_sample_of_one_has_no_spread() -> None:
    assert value("stddev(x) from o where x > 4 over 2026-03", "2026-03-31", MARCH) == "insufficient_sample"


def test_a_member_is_there_as_soon_as_it_has_a_row() -> None:
    spec = 'source o { from arrow("o"); time at }\nkpi k { value avg(x) from o over 2026-03; by d }'
    results = evaluate(spec, "2026-03-31", o={**MARCH, "x": [None, 6], "d": [None, "a"]})
    found = [(segment.by, segment.assessment.value) for segment in results.kpis[0].segments]
    assert found == [((("d", "a"),), Decimal(6)), ((("d", None),), None)]


def test_a_member_of_the_comparison_or_the_trend_alone_is_a_segment() -> None:
    spec = """
        source o { from arrow("o"); time at }
        kpi k { value count() from o over last month; by d; compare previous; trend 3 months }
    """
    rows = {"at": days("2026-01-03", "2026-02-03", "2026-03-03"), "d": ["c", "b", "a"]}
    (found,) = evaluate(spec, "2026-03-31", o=rows).kpis
    shown = [(segment.by[0][1], segment.assessment.value) for segment in found.segments]
    assert shown == [("a", 1), ("b", 0), ("c", 0)]
    assert [point.value for point in found.segments[2].assessment.trend] == [1, 0, 0]
    assert [one.value for one in found.segments[1].assessment.comparisons] == [1]
