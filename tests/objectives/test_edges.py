"""What has no way, no time, or no data: each has its state, its reason, and a reason for each undefined figure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import kpidsl
from engine.evaluating import Table
from objectives.goals import key_result, objective, run

BY_20 = "increase x over last 28 days by 20%"


def rows(**amounts: int) -> Table:
    """Amounts by day: `d0510=55` is 55 on 2026-05-10."""
    days = [date(2026, int(name[1:3]), int(name[3:5])) for name in amounts]
    return {"at": days, "amount": list(amounts.values())}


O = rows(d0110=50, d0320=50, d0510=55, d0620=61, d0925=900, d1030=1)  # noqa: E741 — the source is called so


def test_a_period_in_the_future_has_not_started_and_reads_nothing_ahead() -> None:
    found = key_result(BY_20, "2026-03-30", O)
    assert (found.status, found.reason) == ("not_started", "it starts on 2026-04-01")
    assert found.value == 50
    assert found.baseline is None
    for figure in ("baseline", "progress", "expected", "pace_index", "landing", "required_rate", "actual_rate"):
        assert found.why(figure) == "not_started", figure


def test_the_end_of_the_day_before_is_the_start_itself() -> None:
    assert key_result(BY_20, "2026-03-31", O).status == "not_started"
    assert key_result(BY_20, "2026-04-01", O).status == "too_early"


def test_a_period_that_is_over_does_not_move() -> None:
    at_end, long_after = (key_result(BY_20, day, O) for day in ("2026-06-30", "2026-10-30"))
    assert at_end == long_after
    assert (at_end.value, at_end.status) == (61, "achieved")
    assert at_end.reason == "61 meets the target of >= 60"
    assert at_end.why("required_rate") == "zero_denominator"


def test_a_source_that_was_fresh_at_the_end_stays_so() -> None:
    source = 'source o { from arrow("o"); time at; fresh within 20 days }\nmetric x = sum(amount) from o\n'
    late = {**O, "at": [*O["at"]], "amount": [*O["amount"]]}
    assert key_result(BY_20, "2026-12-31", late, source=source).status == "achieved"
    assert key_result(BY_20, "2026-06-01", late, source=source).status == "stale"


@pytest.mark.parametrize("achieve", ["at end", "ever", "every month", "average"])
def test_a_fifth_of_nothing_is_no_change(achieve: str) -> None:
    """No day meets or misses it, either: 0 is not more than 0."""
    text = f"increase x over last 28 days by 20%; achieve {achieve}"
    found = key_result(text, "2026-06-30", rows(d0101=1, d0320=0, d0510=55, d0620=61))
    assert (found.baseline, found.target.value if found.target else None) == (0, 0)
    assert (found.status, found.why("progress")) == ("no_data", "zero_denominator")
    assert found.reason == "the baseline is 0, and any part of that is no change"


@pytest.mark.parametrize(
    ("aim", "why", "day", "status"),
    [
        ("to 50", "zero_denominator", "2026-05-16", "on_track"),
        ("to 50", "zero_denominator", "2026-06-30", "achieved"),
        ("to 40", "already_met", "2026-05-16", "on_track"),
        ("to > 50", "zero_denominator", "2026-05-16", "on_track"),
    ],
)
def test_a_target_that_was_met_at_the_start_has_no_way(aim: str, why: str, day: str, status: str) -> None:
    found = key_result(f"increase x over last 28 days {aim}", day, O)
    assert (found.progress, found.why("progress"), found.status) == (None, why, status)
    assert found.gap is not None


def test_a_target_met_at_the_start_can_be_lost() -> None:
    found = key_result("increase x over last 28 days to 40", "2026-05-16", rows(d0320=50, d0510=30))
    assert (found.status, found.reason) == (
        "off_track",
        "30 misses the target of >= 40; the baseline of 50 met it already",
    )


def test_a_missing_baseline() -> None:
    found = key_result(BY_20, "2026-05-16", rows(d0405=50, d0510=55))
    assert (found.status, found.reason) == ("no_data", "the baseline: there are no rows in the window")
    assert (found.why("baseline"), found.why("progress"), found.why("landing")) == (
        "no_rows",
        "baseline_missing",
        "baseline_missing",
    )
    assert found.value == 55


def test_a_missing_value() -> None:
    found = key_result("increase x over last 28 days from 10 to 20", "2026-06-25", rows(d0320=50))
    assert (found.status, found.why("value"), found.why("progress")) == ("no_data", "no_rows", "no_rows")
    assert found.baseline == 10


def test_a_missing_source(tmp_path: Path) -> None:
    (tmp_path / "a.kpi").write_text("""
        source o { from csv("nowhere.csv"); time at }
        source p { from csv("p.csv"); time at }
        metric x = sum(amount) from o
        objective e {
          period 2026-Q2
          key result k { increase x over last 28 days by 20% }
          key result l { increase sum(amount) from p over last 28 days from 0 to 10 }
        }
        objective above { period 2026-Q2; key result m { deliver "A" done 2026-04-02 } }
    """)
    (tmp_path / "p.csv").write_text("at,amount\n2026-05-01,9\n")
    results = kpidsl.load(tmp_path).evaluate(as_of="2026-05-16")
    found = objective(results, "e")
    assert [one.status for one in found.key_results] == ["error", "on_track"]
    assert (found.status, found.coverage, found.score) == ("error", Decimal("0.5"), Decimal("0.9"))
    assert found.key_results[0].why("value") == "source_error"
    assert [one.affects for one in results.errors] == [("e.k",)]


def test_a_child_that_cannot_be_is_missed_in_its_parent(tmp_path: Path) -> None:
    (tmp_path / "a.kpi").write_text("""
        source p { from csv("p.csv"); time at }
        objective child { period 2026-Q2; parent e contributes; key result l { reach sum(nothing) from p over last 28 days >= 1 } }
        objective e { period 2026-Q2; key result m { deliver "A" done 2026-04-02 } }
    """)
    (tmp_path / "p.csv").write_text("at,amount\n2026-05-01,9\n")
    results = kpidsl.load(tmp_path).evaluate(as_of="2026-05-16")
    child, parent = objective(results, "child"), objective(results, "e")
    assert (child.status, child.score, child.score_undefined) == ("error", None, "source_error")
    assert (parent.status, parent.score, parent.coverage) == ("error", 1, Decimal("0.5"))
    assert parent.reason == "l: `p` has no column `nothing`"


def test_a_column_that_the_data_lacks_costs_its_key_results_alone(tmp_path: Path) -> None:
    (tmp_path / "a.kpi").write_text("""
        source p { from csv("p.csv"); time at }
        metric tips = sum(tip) from p
        objective e {
          period 2026-Q2
          key result k { increase tips over last 28 days from 10 to 20; weight 3; achieve every month; trend 3 months }
          key result l { increase sum(amount) from p over last 28 days from 0 to 10 }
          key result m { reach sum(amount) from p over last 28 days >= tips over last 28 days }
          key result n { keep share(vip) from p over last month in 10%..20%; abandoned on 2026-05-01 "no such guests" }
        }
    """)
    (tmp_path / "p.csv").write_text("at,amount\n2026-05-01,9\n")
    spec = kpidsl.load(tmp_path)
    results = spec.evaluate(as_of="2026-05-16")
    found = objective(results, "e")
    assert [(one.status, one.progress) for one in found.key_results] == [
        ("error", None),
        ("on_track", Decimal("0.9")),
        ("error", None),
        ("abandoned", None),
    ]
    assert found.key_results[0].reason == "`p` has no column `tip`"
    assert (found.status, found.coverage, found.score) == ("error", Decimal("0.2"), Decimal("0.9"))
    assert [(one.code, one.affects) for one in results.errors] == [
        ("K0605", ("e.k", "e.m", "tips")),
        ("K0605", ("e.n",)),
    ]
    one = spec.evaluate(as_of="2026-05-16", select=["e.k"])
    assert "e.k" in one.errors[0].affects


def test_a_publication_lag_is_time_the_value_cannot_know() -> None:
    source = 'source o { from arrow("o"); time at; complete after 10 days }\nmetric x = sum(amount) from o\n'
    found = key_result(
        "increase x over trailing 28 days from 0 to 110",
        "2026-05-16",
        rows(d0320=50, d0420=11, d0510=55),
        source=source,
    )
    assert found.value == 11
    assert found.elapsed == Decimal("0.395604395604396")  # 36 of 91 days


def test_a_whole_month_is_not_late_for_days_it_cannot_know() -> None:
    found = key_result("increase x over last month from 0 to 91", "2026-05-16", rows(d0410=30, d0510=1))
    assert (found.value, found.elapsed, found.status) == (30, Decimal("0.32967032967033"), "on_track")


def test_days_are_calendar_days_across_the_change_of_clocks() -> None:
    source = (
        'calendar { timezone "Europe/Berlin" }\nsource o { from arrow("o"); time at }\nmetric x = sum(amount) from o\n'
    )
    found = key_result("reach x over period to date >= 100", "2026-03-31", O, "2026-03-01..2026-04-29", source)
    assert found.elapsed == Decimal("0.516666666666667")  # 31 of 60


def test_a_key_result_runs_over_its_own_days() -> None:
    aim = "increase x over last 28 days from 50 to 60; start 2026-05-01; due 2026-07-31"
    assert key_result(aim, "2026-04-20", O).status == "not_started"
    found = key_result(aim, "2026-06-30", O)
    assert (found.start, found.due, found.status) == (date(2026, 5, 1), date(2026, 7, 31), "on_track")


def test_what_is_abandoned_is_so_from_its_day_on_and_counts_nowhere() -> None:
    aim = f'{BY_20}; abandoned on 2026-05-10 "the market is gone"'
    assert key_result(aim, "2026-05-09", O).status != "abandoned"
    spec = f'objective e {{ period 2026-Q2; key result k {{ {aim} }}; key result l {{ deliver "A" done 2026-04-02 }} }}'
    found = objective(run(spec, "2026-05-10", o=O), "e")
    assert (found.key_results[0].status, found.key_results[0].reason) == (
        "abandoned",
        "abandoned on 2026-05-10: the market is gone",
    )
    assert (found.status, found.score, found.coverage) == ("on_track", 1, 1)


def test_an_abandoned_objective() -> None:
    found = objective(
        run(
            f"objective e {{ period 2026-Q2; abandoned on 2026-05-10; key result k {{ {BY_20} }} }}", "2026-05-16", o=O
        ),
        "e",
    )
    assert (found.status, found.key_results[0].status, found.score_undefined) == ("abandoned", "abandoned", "no_rows")


def test_a_restated_baseline_moves_the_target_with_it() -> None:
    aim = 'increase x over last 28 days from 50 by 20%; restated from 40 on 2026-05-01 "robots"'
    before, after = (key_result(aim, day, O) for day in ("2026-04-30", "2026-05-16"))
    assert (before.baseline, before.target.value if before.target else 0, before.restated) == (50, 60, None)
    assert (after.baseline, after.target.value if after.target else 0) == (40, 48)
    assert after.restated is not None
    assert (after.restated.on, after.restated.why) == (date(2026, 5, 1), "robots")


def test_no_key_result_is_no_data() -> None:
    found = objective(run("objective e { period 2026-Q2 }", "2026-05-16", o=O), "e")
    assert (found.status, found.reason, found.score_undefined) == ("no_data", "it has no key result", "no_rows")
