"""Trends and forecasts against what R's packages `trend` and `forecast` print for the series R comes with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from engine.evaluating import kpi, money
from kpidsl.assess.signal_results import ForecastResult
from kpidsl.stats.trend import seasonal_mann_kendall, variance

# O. D. Anderson (1976), Time Series Analysis and Forecasting: mean air temperatures at Nottingham Castle, °F, 1920–1939.
NOTTINGHAM = """
40.6 40.8 44.4 46.7 54.1 58.5 57.7 56.4 54.3 50.5 42.9 39.8 44.2 39.8 45.1 47 54.1 58.7 66.3 59.9 57 54.2 39.7 42.8
37.5 38.7 39.5 42.1 55.7 57.8 56.8 54.3 54.3 47.1 41.8 41.7 41.8 40.1 42.9 45.8 49.2 52.7 64.2 59.6 54.4 49.2 36.3
37.6 39.3 37.5 38.3 45.5 53.2 57.7 60.8 58.2 56.4 49.8 44.4 43.6 40 40.5 40.8 45.1 53.8 59.4 63.5 61 53 50 38.1 36.3
39.2 43.4 43.4 48.9 50.6 56.8 62.5 62 57.5 46.7 41.6 39.8 39.4 38.5 45.3 47.1 51.7 55 60.4 60.5 54.7 50.3 42.3 35.2
40.8 41.1 42.8 47.3 50.9 56.4 62.2 60.5 55.4 50.2 43 37.3 34.8 31.3 41 43.9 53.1 56.9 62.5 60.3 59.8 49.2 42.9 41.9
41.6 37.1 41.2 46.9 51.2 60.4 60.1 61.6 57 50.9 43 38.8 37.1 38.4 38.4 46.5 53.5 58.4 60.6 58.2 53.8 46.6 45.5 40.6
42.4 38.4 40.3 44.6 50.9 57 62.1 63.5 56.3 47.3 43.6 41.8 36.2 39.3 44.5 48.7 54.2 60.8 65.5 64.9 60.1 50.2 42.1
35.8 39.4 38.2 40.4 46.9 53.4 59.6 66.5 60.4 59.2 51.2 42.8 45.8 40 42.6 43.5 47.1 50 60.5 64.6 64 56.8 48.6 44.2
36.4 37.3 35 44 43.9 52.7 58.6 60 61.1 58.1 49.6 41.6 41.3 40.8 41 38.4 47.4 54.1 58.6 61.4 61.8 56.3 50.9 41.4 37.1
42.1 41.2 47.3 46.6 52.4 59 59.6 60.4 57 50.7 47.8 39.2 39.4 40.9 42.4 47.8 52.4 58 60.7 61.8 58.2 46.7 46.6 37.8
"""
# G. E. P. Box, G. M. Jenkins, Time Series Analysis: international airline passengers in thousands, 1949–1960.
PASSENGERS = """
112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133 114 140 145 150 178 163 172
178 199 199 184 162 146 166 171 180 193 181 183 218 230 242 209 191 172 194 196 196 236 235 229 243 264 272 237 211
180 201 204 188 235 227 234 264 302 293 259 229 203 229 242 233 267 269 270 315 364 347 312 274 237 278 284 277 317
313 318 374 413 405 355 306 271 306 315 301 356 348 355 422 465 467 404 347 305 336 340 318 362 348 363 435 491 505
404 359 310 337 360 342 406 396 420 472 548 559 463 407 362 405 417 391 419 461 472 535 622 606 508 461 390 432
"""


def test_seasons_apart_and_together() -> None:
    """`smk.test(nottem)`: S = 224, varS = 11364; `csmk.test(nottem)`, which counts what the seasons share: 19663.33."""
    values = [Fraction(one) for one in NOTTINGHAM.split()]
    found = seasonal_mann_kendall(values, 12)
    assert found is not None
    assert (found.s, f"{float(found.variance):.2f}", found.covariance) == (224, "19663.33", True)
    assert sum(variance(values[month::12]) for month in range(12)) == 11_364


def test_through_a_spec() -> None:
    months = [date(1920 + at // 12, at % 12 + 1, 15) for at in range(240)]
    rows = {"at": months, "x": money(*NOTTINGHAM.split(), scale=1)}
    found = kpi("value avg(x) from o over last month; trend 240 months; signal trend seasonal", "1939-12-31", o=rows)
    (signal,) = found.signals
    assert (signal.s, signal.variance, signal.covariance) == (224, Decimal("19663.3333333333"), True)
    # (224 − 1)/√19663.33, two-sided
    assert (signal.z, signal.p, signal.direction) == (Decimal("1.59029"), Decimal("0.111769"), "no_trend")


@pytest.mark.parametrize(
    ("until", "landing", "low"),
    [("1961-01-31", 417, "370.4595"), ("1961-06-30", 535, "488.4595"), ("1961-12-31", 432, "385.4595")],
)
def test_the_season_before(until: str, landing: int, low: str) -> None:
    """`snaive(AirPassengers)`, lower ends at 80 % (github.com/Nixtla/statsforecast, tests of SeasonalNaive)."""
    found = forecast(f"seasonal_naive until {until}")
    assert found.landing == landing
    assert found.low is not None and found.high is not None
    assert (f"{found.low:.4f}", f"{found.high:.4f}") == (low, f"{2 * landing - Decimal(low):.4f}")


@pytest.mark.parametrize(("until", "landing"), [("1961-01-31", "434.2378"), ("1961-02-28", "436.4755")])
def test_the_line_through_the_ends(until: str, landing: str) -> None:
    """`rwf(AirPassengers, drift = TRUE)` (github.com/Nixtla/statsforecast, tests of RandomWalkWithDrift). Its interval is 0.2 % narrower: it divides by T − 1 where the book's σ̂ (5.5)
    has T − 2, as here.
    """
    found = forecast(f"drift until {until}")
    assert f"{found.landing:.4f}" == landing


def forecast(how: str) -> ForecastResult:
    months = [date(1949 + at // 12, at % 12 + 1, 15) for at in range(144)]
    rows = {"at": months, "x": list(map(int, PASSENGERS.split()))}
    properties = f"value sum(x) from o over last month; target >= 1; trend 144 months; forecast {how}"
    found = kpi(properties, "1960-12-31", o=rows).forecast
    assert found is not None
    return found
