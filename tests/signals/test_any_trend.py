"""Whatever the values: something is said or a reason given, and what is said fits together."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from kpidsl.assess.bounds import Bound
from kpidsl.assess.points import Point
from kpidsl.assess.signals import forecast_result, signal_result
from kpidsl.calendar import Calendar, Grain, Unit, Window
from kpidsl.engine.scalars import Scalar
from kpidsl.plan.nodes import BoundPlan, Constant, ForecastPlan, SignalPlan
from kpidsl.semantic.model import Rebase

CALENDAR = Calendar()
MONTH = Unit(Grain.MONTH)
VALUES = st.lists(st.none() | st.fractions(-1000, 1000, max_denominator=60), min_size=1, max_size=60)
REBASES = st.lists(st.integers(0, 59), max_size=3, unique=True).map(sorted)
OPERATORS = st.sampled_from([None, ">=", "<=", ">", "<"])


def month(number: int) -> datetime:
    return datetime(2020 + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def points(values: list[Fraction | None]) -> list[Point]:
    return [
        Point(Window(month(at), month(at + 1), "last month"), value, "no_rows" if value is None else None)
        for at, value in enumerate(values)
    ]


def bound(operator: str | None, at: Fraction) -> Bound:
    edge = Scalar(at, None, None, True)
    high = Scalar(at + 10, None, None, True) if operator is None else None
    return Bound(operator, edge, high, None, BoundPlan(operator, Constant(at), None, None))


@given(VALUES, REBASES, st.sampled_from(["nhs", "wheeler"]), st.booleans(), OPERATORS, st.none() | st.integers(0, 40))
def test_any_chart(
    values: list[Fraction | None], days: list[int], rules: str, screened: bool, operator: str | None, based: int | None
) -> None:
    rebases = tuple((month(at), Rebase(month(at).date(), "why")) for at in days)
    baseline = Window(month(based), month(based + 12), "baseline") if based is not None else None
    plan = SignalPlan("xmr", rules, None, baseline, rebases, screened, MONTH)
    found = signal_result(plan, points(values), bound(operator, Fraction(5)), None, CALENDAR)
    assert found.n + sum(one.points for one in found.absent) == len(values)
    assert found.reason
    assert (found.undefined is None) == (found.variation is not None) == (found.limits is not None)
    if found.limits is None:
        return
    assert found.limits.lower <= found.limits.centre <= found.limits.upper
    assert found.assurance in ("capable", "failing", "hit_and_miss")
    assert found.variation == "common_cause" or found.findings
    # The other way round, what is better is worse.
    if operator is not None:
        other = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}[operator]
        turned = signal_result(plan, points(values), bound(other, Fraction(5)), None, CALENDAR)
        words = {"improvement": "concern", "concern": "improvement"}
        assert turned.variation == words.get(found.variation or "", found.variation)


@given(VALUES, st.none() | st.just(12), OPERATORS)
def test_any_trend(values: list[Fraction | None], seasons: int | None, operator: str | None) -> None:
    plan = SignalPlan("trend", "wheeler", seasons, None, (), False, MONTH)
    found = signal_result(plan, points(values), bound(operator, Fraction(5)), "%", CALENDAR)
    assert (found.undefined is None) == (found.direction is not None)
    if found.direction is None:
        return
    assert found.slope is not None and found.slope_low is not None and found.slope_high is not None
    assert found.slope_low <= found.slope <= found.slope_high
    assert found.p is not None
    assert 0 <= found.p <= 1
    assert (found.direction == "no_trend") == (found.p >= 0.05)


@given(VALUES, st.integers(1, 30), st.sampled_from(["drift", "seasonal_naive"]), OPERATORS)
def test_any_forecast(values: list[Fraction | None], steps: int, method: str, operator: str | None) -> None:
    end = month(len(values) + steps)
    seasons = 12 if method == "seasonal_naive" else None
    plan = ForecastPlan(method, end, end, steps, seasons, None, MONTH, None)
    found = forecast_result(plan, points(values), bound(operator, Fraction(5)), "EUR", CALENDAR)
    assert (found.undefined is None) == (found.landing is not None) == (found.probability is not None)
    assert found.until < date(2031, 1, 1)
    if found.landing is None:
        return
    assert found.low is not None and found.high is not None and found.probability is not None
    # Edges have twelve digits, the landing has fifteen.
    slack = abs(found.landing) / 10**10
    assert found.low <= found.landing + slack
    assert found.landing <= found.high + slack
    assert 0 <= found.probability <= 1
