"""Charts of a KPI's trend: limits, phases, what the newest value says, what is refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from kpidsl import load
from kpidsl.report.text import to_text
from signals.trends import Amounts, assessed, months, results, signal

NHS: Amounts = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
MONTHS = "value total over last month; trend 18 months"
FLAT: Amounts = [10, 12, 11, 9, 10, 11, 12, 9, 11, 10]


def rounded(number: Decimal | None) -> str:
    assert number is not None
    return f"{number:.2f}"


def test_limits_as_published(tmp_path: Path) -> None:
    found = signal(tmp_path, NHS, "2026-06-30", f"{MONTHS}; signal xmr rules nhs")
    assert found.limits is not None
    assert [rounded(one) for one in (found.limits.centre, found.limits.lower, found.limits.upper)] == [
        "1.94",
        "-3.06",
        "6.95",
    ]
    (outside,) = found.findings
    assert (outside.rule, outside.side, outside.points) == ("outside_limits", "above", 1)
    assert outside.start is not None
    assert outside.start.isoformat() == "2025-05-01T00:00:00+00:00"
    assert (found.n, found.variation, found.assurance) == (18, "common_cause", None)


def test_limits_as_wheeler_prints_them(tmp_path: Path) -> None:
    values: Amounts = [5045, 4350, 4350, 3975, 4290, 4430, 4485, 4285, 3980, 3925, 3645, 3760, 3300, 3685, 3463, 5200]
    kpi = "value total over last month; trend 16 months; target >= 4000; signal xmr"
    found = signal(tmp_path, values, "2026-04-30", kpi)
    assert found.limits is not None
    limits = found.limits
    printed = [
        rounded(one) for one in (limits.centre, limits.mean_range, limits.lower, limits.upper, limits.upper_range)
    ]
    assert printed == ["4135.50", "355.93", "3188.72", "5082.28", "1163.19"]
    assert found.reason == (
        "special cause (improvement): above its upper limit in 2026-04; meets and misses its target by chance"
    )


def test_limits_with_ranges_screened_once(tmp_path: Path) -> None:
    found = signal(tmp_path, NHS, "2026-06-30", f"{MONTHS}; signal xmr rules nhs {{ screen ranges }}")
    assert found.limits is not None
    assert [rounded(one) for one in (found.limits.lower, found.limits.upper)] == ["-0.72", "4.60"]
    assert found.limits.screened == 2


def test_the_status_knows_nothing_of_it(tmp_path: Path) -> None:
    kpi = f"{MONTHS}; target >= 0"
    plain = assessed(tmp_path, NHS, "2026-06-30", kpi)
    told = assessed(tmp_path, NHS, "2026-06-30", f"{kpi}; signal xmr; signal trend; forecast drift until 2026-12-31")
    assert (plain.status, plain.reason, plain.trend) == (told.status, told.reason, told.trend)
    assert (plain.signals, plain.forecast) == ((), None)


@pytest.mark.parametrize(
    ("target", "variation", "words"),
    [(">= 5", "improvement", "special cause (improvement): 8 points above the centre since 2026-03"),
     ("<= 5", "concern", "special cause (concern): 8 points above the centre since 2026-03"),
     ("5..20", "special_cause", "special cause: 8 points above the centre since 2026-03")],
)  # fmt: skip
def test_which_side_is_better_follows_from_the_target(tmp_path: Path, target: str, variation: str, words: str) -> None:
    lower: Amounts = [10, 12, 11, 9, 10, 11, 12, 9, 11, 10, 9, 12, 11, 10]
    found = signal(
        tmp_path, [*lower, 13, 12, 14, 12, 13, 14, 12, 13], "2026-10-31",
        f"value total over last month; trend 22 months; target {target}; signal xmr rules wheeler",
    )  # fmt: skip
    assert found.variation == variation
    assert found.reason.startswith(words)
    assert found.findings[0].rule == "run_of_eight"


@pytest.mark.parametrize(
    ("target", "assurance"),
    [(">= 5", "capable"), (">= 10", "hit_and_miss"), (">= 20", "failing"), ("<= 20", "capable"), ("<= 5", "failing"),
     ("<= 10", "hit_and_miss"), ("1..30", "capable"), ("20..30", "failing"), ("10..11", "hit_and_miss"), ("12..40", "hit_and_miss")],
)  # fmt: skip
def test_what_the_target_can_expect(tmp_path: Path, target: str, assurance: str) -> None:
    kpi = f"value total over last month; trend 10 months; target {target}; signal xmr"
    assert signal(tmp_path, FLAT, "2025-10-31", kpi).assurance == assurance


def test_a_target_on_a_limit_is_within_reach_of_all(tmp_path: Path) -> None:
    # Ranges of 1 around 1.5: the lower limit is 1.5 − 2.66 = −1.16 exactly.
    steps: Amounts = [1, 2] * 5
    for target, assurance in ((">= -1.16", "capable"), ("> -1.16", "hit_and_miss"), ("> 4.16", "failing")):
        kpi = f"value total over last month; trend 10 months; target {target}; signal xmr"
        assert signal(tmp_path, steps, "2025-10-31", kpi).assurance == assurance


# ---------------------------------------------------------------- baseline and phases
def test_limits_of_a_baseline(tmp_path: Path) -> None:
    later: Amounts = [14, 15, 14, 16, 15, 14]
    kpi = "value total over last month; trend 16 months; signal xmr { baseline 2025-01-01..2025-10-31 }"
    found = signal(tmp_path, [*FLAT, *later], "2026-04-30", kpi)
    alone = signal(tmp_path, FLAT, "2025-10-31", "value total over last month; trend 10 months; signal xmr")
    assert found.limits is not None
    assert alone.limits is not None
    assert found.limits == alone.limits
    assert (found.limits.n, found.limits.provisional) == (10, True)
    assert found.baseline is not None
    assert found.variation == "special_cause"
    assert "provisional, of 10 values" in found.reason


def test_a_baseline_with_too_few_values(tmp_path: Path) -> None:
    kpi = "value total over last month; trend 16 months; signal xmr { baseline 2025-Q1 }"
    found = signal(tmp_path, [*FLAT, *FLAT], "2026-04-30", kpi)
    assert (found.undefined, found.limits) == ("insufficient_history", None)
    assert found.reason == "too few values for limits in its baseline: 3 of the 8 values that this needs"


def test_a_baseline_beside_the_trend(tmp_path: Path) -> None:
    kpi = "value total over last month; trend 10 months; signal xmr { baseline 2020 }"
    found = signal(tmp_path, FLAT, "2025-10-31", kpi)
    assert (found.undefined, found.reason) == ("insufficient_history", "no value of its trend is in its baseline")


def test_a_baseline_of_the_time_before_a_rebase(tmp_path: Path) -> None:
    later: Amounts = [30, 32, 31, 29, 30, 31, 32, 29]
    kpi = (
        "value total over last month; trend 18 months\n"
        'signal xmr { baseline 2025-01-01..2025-08-31; rebase 2025-11-01 "a second shop" }'
    )
    found = signal(tmp_path, [*FLAT, *later], "2026-06-30", kpi)
    assert found.limits is not None
    assert (found.baseline, found.limits.n) == (None, 8)
    (before,) = found.earlier
    assert before.limits is not None
    assert before.limits.n == 8


def test_what_the_newest_value_is_where_that_is_missing(tmp_path: Path) -> None:
    found = signal(tmp_path, FLAT, "2025-11-30", "value mean over last month; trend 11 months; signal xmr")
    assert "its newest value is the one in 2025-10" in found.reason


def test_a_rebased_chart(tmp_path: Path) -> None:
    later: Amounts = [30, 32, 31, 29, 30, 31, 32, 29]
    kpi = 'value total over last month; trend 18 months; signal xmr { rebase 2025-11-01 "a second shop" }'
    found = signal(tmp_path, [*FLAT, *later], "2026-06-30", kpi)
    assert found.limits is not None
    assert (found.limits.centre, found.limits.n) == (Decimal("30.5"), 8)
    assert (str(found.since), found.rebased) == ("2025-11-01", "a second shop")
    (before,) = found.earlier
    assert before.limits is not None
    assert (before.limits.centre, before.since, before.reason) == (Decimal("10.5"), None, None)
    assert found.variation == "common_cause"


def test_too_soon_after_a_rebase(tmp_path: Path) -> None:
    kpi = 'value total over last month; trend 18 months; signal xmr { rebase 2026-03-01 "moved" }'
    found = signal(tmp_path, NHS, "2026-06-30", kpi)
    assert found.undefined == "insufficient_history"
    assert found.reason == "too few values for limits since 2026-03-01: 4 of the 8 values that this needs"


def test_a_rebase_before_and_after_the_trend(tmp_path: Path) -> None:
    kpi = f'{MONTHS}; signal xmr {{ rebase 2020-01-01 "long ago"; rebase 2030-01-01 "not yet" }}'
    found = signal(tmp_path, NHS, "2026-06-30", kpi)
    assert found.limits is not None
    assert (found.limits.n, found.rebased, found.earlier) == (18, "long ago", ())


# ---------------------------------------------------------------- what is refused
def test_too_few_values(tmp_path: Path) -> None:
    found = signal(tmp_path, FLAT[:7], "2025-07-31", f"{MONTHS}; signal xmr")
    assert (found.n, found.undefined, found.variation) == (7, "insufficient_history", None)
    assert [(one.reason, one.points) for one in found.absent] == [("no_rows", 11)]


def test_values_that_carry_over(tmp_path: Path) -> None:
    slow: Amounts = [10, 11, 13, 14, 16, 17, 17, 16, 15, 13, 12, 10, 9, 8, 8, 9, 10, 12, 13, 15, 16, 17, 17, 16]
    kpi = "value total over last month; trend 24 months; signal xmr; signal trend"
    chart, trend = assessed(tmp_path, slow, "2026-12-31", kpi).signals
    assert chart.undefined == trend.undefined == "autocorrelated"
    assert chart.limits is None


def test_fiscal_months_that_meet_a_calendar_step_twice(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("at,x\n" + "".join(f"2025-{month:02d}-10,{month}\n" for month in range(1, 13)))
    spec = tmp_path / "weeks.kpi"
    spec.write_text(
        "calendar { pattern 4-4-5; year ends last saturday of january named by start }\n"
        'source d { from csv("d.csv"); time at; column at: date }\n'
        "kpi k { value sum(x) from d over last fiscal month; trend 12 months; signal xmr }\n"
    )
    (found,) = load(spec).evaluate(as_of="2025-12-24").kpis[0].assessment.signals
    assert found.undefined == "overlapping_windows"


def test_missing_months_are_told_and_end_a_row(tmp_path: Path) -> None:
    values: Amounts = [10, 12, 11, 9, None, 11, 12, 9, 11, 10, 9, None, 11]
    found = signal(tmp_path, values, "2026-01-31", "value mean over last month; trend 13 months; signal xmr")
    assert found.n == 11
    assert [(one.reason, one.points) for one in found.absent] == [("no_rows", 2)]
    assert found.limits is not None
    # Eight ranges next to each other; none over a gap.
    assert found.limits.mean_range == Decimal("13") / 8 or found.limits.mean_range == Decimal("1.625")


def test_a_level_at_an_instant(tmp_path: Path) -> None:
    kpi = 'value count() from d at end; trend 10 months; signal xmr { rebase 2024-01-01 "opened" }'
    found = signal(tmp_path, FLAT, "2025-10-15", kpi)
    assert found.n == 10
    assert found.limits is not None
    assert found.limits.mean_range == 0


def test_segments_have_their_own(tmp_path: Path) -> None:
    rows = ["at,x,shop"]
    for month, amount in enumerate(FLAT, 1):
        rows += [f"2025-{month:02d}-10,{amount},a", f"2025-{month:02d}-11,{3 * amount},b"]
    (tmp_path / "d.csv").write_text("\n".join(rows) + "\n")
    spec = tmp_path / "shops.kpi"
    spec.write_text(
        'source d { from csv("d.csv"); time at; column at: date; column x: decimal }\n'
        "kpi k { value sum(x) from d over last month; by shop; trend 10 months; signal xmr; forecast drift until 2025-12-31 }\n"
    )
    kpi = load(spec).evaluate(as_of="2025-10-31").kpis[0]
    charts = [one.assessment.signals[0].limits for one in kpi.segments]
    assert [one.centre for one in charts if one is not None] == [Decimal("10.5"), Decimal("31.5")]
    assert all(one.assessment.forecast is not None for one in kpi.segments)


def test_what_a_manager_reads(tmp_path: Path) -> None:
    kpi = "value total over last month; trend 18 months; target <= 3; signal xmr rules nhs; signal trend; forecast drift until 2026-12-31"
    text = to_text(results(tmp_path, NHS, "2026-06-30", kpi))
    assert "signal (nhs): common cause variation; meets and misses its target by chance" in text
    assert "trend: no trend that chance does not explain: 0 per month (95%: 0 to 0), p = 0.73" in text
    assert "forecast (drift): 1 by 2026-12-31 (80%: -10.55 to 12.55), 59% likely to meet its target" in text


def test_another_definition_is_no_neighbour(tmp_path: Path) -> None:
    lower: Amounts = [1, 2, 1, 2, 1, 2]
    (tmp_path / "d.csv").write_text(months([*lower, *FLAT]))
    spec = tmp_path / "changed.kpi"
    spec.write_text(
        'source d { from csv("d.csv"); time at; column at: date; column x: decimal }\n'
        'metric total { value sum(x) from d; changed 2025-07-01 "returns are left out from here" }\n'
        "kpi k { value total over last month; trend 16 months; signal xmr; forecast drift until 2026-06-30 }\n"
    )
    found = load(spec).evaluate(as_of="2026-04-30").kpis[0].assessment
    assert [point.value_undefined for point in found.trend] == [None] * 16
    (chart,) = found.signals
    assert (chart.n, [(one.reason, one.points) for one in chart.absent]) == (10, [("definition_changed", 6)])
    assert chart.limits is not None
    assert chart.limits.centre == Decimal("10.5")
    assert found.forecast is not None
    assert found.forecast.n == 10


def test_a_month_that_is_not_over_is_left_out(tmp_path: Path) -> None:
    kpi = "value sum(total each month partial to date) over this year; trend 3 years; signal xmr"
    found = signal(tmp_path, FLAT, "2025-10-15", kpi)
    assert found.undefined == "insufficient_history"
    assert {one.reason for one in found.absent} == {"not_over", "no_rows"}


def test_what_is_kept_back_is_in_no_chart(tmp_path: Path) -> None:
    rows = ["at,x,shop"]
    for month, amount in enumerate(FLAT, 1):
        rows += [f"2025-{month:02d}-{day:02d},{amount},{shop}" for shop in "ab" for day in range(1, 13)]
        rows += [f"2025-{month:02d}-20,{amount},small"]
    (tmp_path / "d.csv").write_text("\n".join(rows) + "\n")
    spec = tmp_path / "kept.kpi"
    spec.write_text(
        'source d { from csv("d.csv"); time at; column at: date; column x: decimal }\n'
        "kpi k { value sum(x) from d over last month; by shop; suppress below 10; trend 10 months; signal xmr; "
        "signal trend; forecast drift until 2025-12-31 }\n"
    )
    segments = load(spec).evaluate(as_of="2025-10-31").kpis[0].segments
    (small,) = [one.assessment for one in segments if one.by == (("shop", "small"),)]
    assert {one.undefined for one in small.signals} == {"insufficient_history"}
    assert [(one.reason, one.points) for one in small.signals[0].absent] == [("suppressed", 10)]
    assert small.forecast is not None
    assert (small.forecast.undefined, small.forecast.landing) == ("insufficient_history", None)
    shown = [one.assessment for one in segments if one.assessment.signals[0].limits is not None]
    assert len(shown) == 1  # one of the large shops is kept back as well, or the total would tell
