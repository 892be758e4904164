"""Trends by seasons against what R's package `trend` prints for its own example."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from engine.evaluating import kpi, money
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
