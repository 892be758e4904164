"""What becomes of each item of evidence: measured, rated, judged; excluded with a reason."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from outcomes.judging import item, outcome, results

DAY = date(2026, 3, 2)
EMPTY = {"at": [DAY], "v": [0]}
S = {"at": [DAY, DAY, DAY, date(2026, 3, 3)], "v": [5, 4, 2, 5], "who": ["x", "y", "x", "y"]}
SHARE = "measure share(v >= 4) from s over last month; level excellent >= 90%; level good >= 70%; level adequate >= 40%"


def one(more: str, as_of: str = "2026-03-31", s: object = S, **tables: object):  # type: ignore[no-untyped-def]
    found = outcome(f"evidence a {{ {SHARE}; {more} }}", as_of, s=s, t=tables.get("t", EMPTY))  # type: ignore[arg-type]
    return found, item(found, "a")


def test_the_best_level_whose_bound_holds_and_the_lowest_where_none_does() -> None:
    found, a = one("method survey; stakeholder residents; strength nesta 2")
    assert (found.state, found.level, a.level, a.value, a.n) == ("achieved", "good", "good", Decimal("0.75"), 4)
    assert (a.method, a.stakeholder, a.strength) == ("survey", "residents", ("nesta", 2))
    none_good = {**S, "v": [1, 1, 1, 1]}
    found, a = one("", s=none_good)
    assert (found.state, a.level, a.usable) == ("not_achieved", "poor", True)


def test_no_rows_is_no_evidence() -> None:
    found, a = one("", as_of="2026-01-31")
    assert (found.state, found.reason) == ("insufficient_evidence", "0 of 1 items of evidence")
    assert (a.usable, a.excluded, a.reason, a.level) == (False, "no_rows", "there are no rows in the window", None)


def test_a_requirement_says_which_and_how_many_there_are() -> None:
    _, a = one("require n >= 30")
    assert (a.excluded, a.reason) == ("insufficient_sample", "`n >= 30` does not hold, and n is 4")
    assert a.level == "good"  # known, and yet it does not count


def test_a_response_rate_is_of_those_that_were_invited() -> None:
    invited = {"at": [DAY] * 10, "v": list(range(10))}
    _, a = one("invited count() from t over last month; require response_rate >= 40%", t=invited)
    assert (a.usable, a.invited, a.response_rate) == (True, 10, Decimal("0.4"))
    _, a = one("invited 11; require response_rate >= 40%")
    assert (a.usable, a.excluded, a.response_rate) == (False, "insufficient_sample", Decimal("0.363636363636364"))


def test_an_item_counts_until_it_expires_and_not_at_that_moment() -> None:
    found, a = one("expires after 3 months", as_of="2026-06-01")
    assert (found.state, a.usable, a.newest) == ("achieved", True, date(2026, 3, 3))
    assert a.measured_as_of == datetime.fromisoformat("2026-04-01T00:00:00+00:00")
    assert a.valid_until == datetime.fromisoformat("2026-06-03T00:00:00+00:00")
    assert a.window is not None and a.window.start is not None and a.window.start.month == 3
    found, a = one("expires after 3 months", as_of="2026-06-02")
    assert (found.state, a.excluded) == ("stale", "expired")
    assert a.reason == "expired on 2026-06-03: its newest row is from 2026-03-03"
    earlier = found.earlier
    assert earlier is not None
    assert (earlier.state, earlier.level) == ("achieved", "good")
    assert (earlier.as_of.isoformat(), earlier.expired.isoformat()) == (
        "2026-06-02T23:59:59+00:00",
        "2026-06-03T00:00:00+00:00",
    )


def test_only_rows_that_the_filter_keeps_hold_off_expiry() -> None:
    late = {"at": [DAY, DAY, date(2026, 5, 20)], "v": [5, 5, 5], "who": ["x", "x", "y"]}
    text = 'evidence a { measure share(v >= 4) from s where who == "x" over all time; level good >= 70%; expires after 2 months }'
    found = outcome(text, "2026-05-31", s=late, t=EMPTY)
    assert (found.state, item(found, "a").excluded, item(found, "a").newest) == ("stale", "expired", DAY)


def test_evidence_that_was_never_enough_does_not_become_stale() -> None:
    found, a = one("expires after 2 months; require n >= 30", as_of="2026-12-31")
    assert (found.state, found.earlier, a.excluded) == ("insufficient_evidence", None, "expired")


def test_what_is_judged_later_is_not_known_yet() -> None:
    text = 'evidence a { judged good by "Ana" on 2026-04-01 see "a.md"; expires after 1 year }'
    before, after, late = (outcome(text, day, s=S, t=EMPTY) for day in ("2026-03-31", "2026-04-01", "2027-04-01"))
    assert (before.state, item(before, "a").excluded) == ("insufficient_evidence", "not_yet")
    assert (after.state, item(after, "a").usable) == ("achieved", True)
    assert (late.state, item(late, "a").excluded) == ("stale", "expired")
    assert late.earlier is not None and late.earlier.level == "good"


def test_a_rubric_is_the_weighted_mean_of_its_criteria() -> None:
    ratings = {"at": [DAY] * 5, "score": [4, 2, 3, 5, 1], "criterion": ["depth", "depth", "reach", "reach", "other"]}
    text = """evidence a {
        rubric avg(score) from s over last month by criterion
        criterion "depth" weight 2
        criterion "reach"
        level excellent >= 4; level good >= 3.3; level adequate >= 2
        require n >= 2
    }"""
    found = outcome(text, "2026-03-31", s=ratings, t=EMPTY)
    a = item(found, "a")
    assert (a.value, a.n, a.level) == (Decimal("3.33333333333333"), 2, "good")  # (2·3 + 4) / 3
    assert [(c.name, c.weight, c.value, c.n) for c in a.criteria] == [("depth", 2, 3, 2), ("reach", 1, 4, 2)]


def test_a_criterion_that_nobody_rated_leaves_the_rubric_without_a_value() -> None:
    ratings = {"at": [DAY], "score": [4], "criterion": ["depth"]}
    text = 'evidence a { rubric avg(score) from s over last month by criterion; criterion "depth"; criterion "reach"; level good >= 3 }'
    a = item(outcome(text, "2026-03-31", s=ratings, t=EMPTY), "a")
    assert (a.usable, a.excluded, a.reason) == (
        False,
        "no_rows",
        "the criterion reach: there are no rows in the window",
    )


def test_a_source_that_cannot_be_read_is_an_error_and_excludes_its_evidence_alone() -> None:
    spec = """
        source gone { from csv("nowhere/gone.csv"); time at; column v: float }
        outcome o {
          levels poor < adequate < good < excellent; success good
          evidence a { measure share(v >= 4) from s over last month; level good >= 70% }
          evidence b { measure avg(v) from gone over last month; level good >= 3 }
        }
    """
    found = results(spec, "2026-03-31", s=S, t=EMPTY)
    assert [one.affects for one in found.errors] == [("o",)]
    assert found.outcomes[0].state == "achieved"
    assert item(found.outcomes[0], "b").excluded == "source_error"


def test_a_column_that_the_data_lacks_excludes_its_evidence_alone() -> None:
    spec = """
        outcome o {
          levels poor < adequate < good < excellent; success good
          evidence a { measure share(v >= 4) from s over last month; level good >= 70% }
          evidence b {
            measure avg(w) from s over last month; level good >= 3; require n >= 2; expires after 3 months; interval 95%
            invited count(w) from s over last month
          }
          evidence c { rubric avg(v) from s over last month by theme; criterion "depth"; level good >= 3 }
          judge { hurdle a >= good }
        }
    """
    found = results(spec, "2026-03-31", s=S, t=EMPTY)
    assert [(one.message, one.affects) for one in found.errors] == [
        ("`s` has no column `w`", ("o",)),
        ("`s` has no column `theme`", ("o",)),
    ]
    assert found.outcomes[0].state == "achieved"
    b, c = item(found.outcomes[0], "b"), item(found.outcomes[0], "c")
    assert (b.excluded, b.reason) == ("source_error", "`s` has no column `w`")
    assert (c.excluded, c.reason) == ("source_error", "the criterion depth: `s` has no column `theme`")


def test_a_source_that_is_not_fresh_excludes_its_evidence() -> None:
    spec = 'source u { from arrow("s"); time at; fresh within 2 days }\n'
    spec += "outcome o { levels poor < good; success good; evidence a { measure share(v >= 4) from u over last month; level good >= 70% } }"
    found = results(spec, "2026-03-31", s=S, t=EMPTY).outcomes[0]
    assert (found.state, item(found, "a").excluded) == ("insufficient_evidence", "stale")


BY_BOUND = "measure share(v >= 4) from s over last month; level good >= (sum(v) from t over last month)"


@pytest.mark.parametrize(
    ("as_of", "more", "bound", "excluded", "reason"),
    [
        ("2026-03-31", "", {"at": [date(2025, 1, 1)], "v": [1]}, "no_rows", "a bound: there are no rows in the window"),
        ("2026-03-31", "", {"at": [DAY], "v": [1]}, None, None),
        (
            "2026-08-31",
            "expires after 3 months",
            {"at": [date(2025, 1, 1)], "v": [1]},
            "expired",
            "expired on 2026-06-03: ",
        ),
    ],
)
def test_evidence_whose_bound_has_no_value_does_not_count_and_says_that_it_is_the_bound(
    as_of: str, more: str, bound: dict[str, list[object]], excluded: str | None, reason: str | None
) -> None:
    found = outcome(f"evidence a {{ {BY_BOUND}; {more} }}", as_of, s=S, t=bound)
    a = item(found, "a")
    assert a.excluded == excluded
    assert (a.reason or "").startswith(reason or "")
    assert a.usable == (excluded is None)
