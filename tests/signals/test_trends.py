"""Trends and forecasts through a spec."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from math import sqrt
from pathlib import Path

import pytest

from signals.trends import Amounts, assessed, forecast, signal

TIES: Amounts = [10, 10, 10, 5, 10, 20, 18, 17, 15, 24, 15]
DRIFTING: Amounts = [10, 12, 11, 15, 14, 16, 19, 18, 22, 21]
STEPS = "value total over last month; trend 11 months"


def test_a_published_trend(tmp_path: Path) -> None:
    found = signal(tmp_path, TIES, "2025-11-30", f"{STEPS}; target >= 10; signal trend")
    assert (found.s, f"{found.variance:.2f}", f"{found.z:.3f}") == (22, "155.33", "1.685")
    assert (found.direction, found.variation, found.slope_per) == ("no_trend", "common_cause", "month")
    assert (found.slope, found.slope_low, found.slope_high) == (1, 0, 2)


@pytest.mark.parametrize(
    ("target", "variation"), [(">= 10", "improvement"), ("<= 10", "concern"), ("10..90", "special_cause")]
)
def test_what_a_trend_means(tmp_path: Path, target: str, variation: str) -> None:
    found = signal(
        tmp_path, DRIFTING, "2025-10-31", f"value total over last month; trend 10 months; target {target}; signal trend"
    )
    assert (found.direction, found.variation) == ("rising", variation)
    assert found.reason == "rising by 1.4 per month (95%: 1 to 1.667), p = 0.0013"


def test_a_percentage_rises_by_points(tmp_path: Path) -> None:
    rising: Amounts = [round(0.5 + number / 100, 2) for number in range(10)]
    found = signal(
        tmp_path, rising, "2025-10-31", "value mean over last month; target >= 50%; trend 10 months; signal trend"
    )
    assert found.reason.startswith("rising by 1 pp per month")
    assert found.slope == Decimal("0.01")


def test_a_seasonal_trend(tmp_path: Path) -> None:
    seasons: Amounts = [
        100 + (month % 4) * 30 + 2 * year + (year * month) % 3 for year in range(4) for month in range(12)
    ]
    kpi = "value total over last month; trend 48 months; signal trend seasonal; signal trend"
    with_seasons, without = assessed(tmp_path, seasons, "2025-12-31", kpi, "2022-01").signals
    assert (with_seasons.direction, with_seasons.slope_per, with_seasons.seasons) == ("rising", "year", 12)
    assert with_seasons.slope == 2
    assert without.slope_per == "month"
    assert with_seasons.p is not None
    assert without.p is not None
    assert with_seasons.p < without.p
    short = signal(
        tmp_path,
        seasons[:24],
        "2023-12-31",
        "value total over last month; trend 24 months; signal trend seasonal",
        "2022-01",
    )
    assert short.undefined == "insufficient_history"


# ---------------------------------------------------------------- forecasts
def test_drift(tmp_path: Path) -> None:
    found = forecast(
        tmp_path,
        DRIFTING,
        "2025-10-31",
        "value total over last month; target >= 25; trend 10 months; forecast drift until 2026-01-31",
    )
    assert (found.method, str(found.until), found.steps, found.n) == ("drift", "2026-01-31", 3, 10)
    assert found.landing == Decimal("24.6666666666667")
    pairs = pairwise(DRIFTING)
    sigma = sqrt(sum((after - before - 11 / 9) ** 2 for before, after in pairs) / 8)  # type: ignore[operator]
    reach = 1.2815515655446004 * sigma * sqrt(3 * (1 + 3 / 9))
    assert found.low is not None
    assert found.high is not None
    assert float(found.low) == pytest.approx(74 / 3 - reach)
    assert float(found.high) == pytest.approx(74 / 3 + reach)
    assert found.target is not None
    assert found.target.value == 25
    assert found.probability is not None
    assert 0.4 < found.probability < 0.5


def test_the_target_in_force_by_then_counts(tmp_path: Path) -> None:
    kpi = (
        "value total over last month; trend 10 months; forecast drift until 2026-01-31\n"
        "target >= 10\ntarget >= 90 starting 2026-01-01"
    )
    found = assessed(tmp_path, DRIFTING, "2025-10-31", kpi)
    assert found.status == "green"
    assert found.forecast is not None
    assert found.forecast.target is not None
    assert found.forecast.target.value == 90
    assert found.forecast.probability is not None
    assert found.forecast.probability < Decimal("0.001")
    assert "less than 1% likely" in found.forecast.reason


def test_steps_count_from_the_window_of_the_newest_value(tmp_path: Path) -> None:
    # In the middle of November the newest value is October's; December's is two steps ahead.
    kpi = "value total over last month; trend 10 months; forecast drift until 2025-12-31"
    assert forecast(tmp_path, DRIFTING, "2025-11-15", kpi).steps == 2


def test_seasonal_naive(tmp_path: Path) -> None:
    seasons: Amounts = [10 * (month % 12) + year for year in range(3) for month in range(12)]
    kpi = "value total over last month; trend 36 months; forecast seasonal_naive until 2026-03-31"
    found = forecast(tmp_path, seasons, "2025-12-31", kpi, "2023-01")
    assert (found.landing, found.steps) == (22, 3)
    assert float(found.high - found.low) == pytest.approx(2 * 1.2815515655446004)  # type: ignore[operator]
    assert (found.probability, found.target) == (None, None)


def test_a_run_rate_to_the_end_of_the_year(tmp_path: Path) -> None:
    parts: Amounts = [31, 28, 31, 30, 31, 30]
    kpi = "value total over year to date; target >= 300; trend 12 months; forecast run_rate"
    found = forecast(tmp_path, parts, "2025-06-30", kpi)
    # As many as days: 181 by the end of June, 365 by the end of the year.
    assert (found.landing, str(found.until), found.n) == (365, "2025-12-31", 6)
    assert found.probability is not None
    assert found.probability > Decimal("0.99")
    assert found.low is not None
    assert found.high is not None
    assert found.low < 365 < found.high


def test_a_run_rate_within_a_month(tmp_path: Path) -> None:
    # The first step is not over where the trend begins: it enters the rate, not the spread.
    kpi = "value total over year to date; trend 12 months; forecast run_rate"
    found = forecast(tmp_path, [10] * 8, "2025-08-20", kpi)
    assert found.n == 7
    assert found.landing == Decimal("125.862068965517")  # 80 × 365/232


@pytest.mark.parametrize(
    ("kpi", "as_of", "undefined"),
    [
        ("value total over last month; trend 10 months; forecast drift until 2025-10-31", "2025-10-31", "not_ahead"),
        ("value total over last month; trend 10 months; forecast drift until 2027-10-31", "2025-10-31", "horizon_too_long"),
        ("value total over last month; trend 10 months; forecast drift until 2026-01-31", "2025-06-30", "insufficient_history"),
        ("value mean over last month; trend 10 months; forecast drift until 2026-01-31", "2025-11-30", "insufficient_history"),
        ("value total over last month; trend 10 months; forecast seasonal_naive until 2026-01-31", "2025-10-31", "insufficient_history"),
        ("value total over year to date; trend 10 months; forecast run_rate until 2026-01-31", "2025-10-31", "total_begins_anew"),
        ("value total over year to date; trend 10 months; forecast run_rate", "2025-04-30", "insufficient_history"),
    ],
)  # fmt: skip
def test_what_is_not_forecast(tmp_path: Path, kpi: str, as_of: str, undefined: str) -> None:
    found = forecast(tmp_path, DRIFTING, as_of, kpi)
    assert (found.undefined, found.landing, found.low, found.probability) == (undefined, None, None, None)
    assert found.reason
