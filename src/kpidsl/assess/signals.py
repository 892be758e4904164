"""Signals on a trend and forecasts of it, from the points to what is said of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from kpidsl.assess import points as p
from kpidsl.assess.bounds import Bound, shown
from kpidsl.assess.charts import charted
from kpidsl.assess.numbers import written
from kpidsl.assess.points import Points
from kpidsl.assess.signal_results import ForecastResult, SignalResult
from kpidsl.calendar import Calendar, Grain, shift_anchor
from kpidsl.plan.nodes import ForecastPlan, SignalPlan
from kpidsl.stats import forecast as f
from kpidsl.stats import trend as t
from kpidsl.stats.dependence import is_dependent

IN_UNIT = 12  # significant digits of numbers with roots in them
WITHOUT_UNIT = 6
LEVEL = Decimal("0.05")  # of a test
_DAY = timedelta(days=1)
_CYCLES = {Grain.HOUR: "day", Grain.DAY: "week", Grain.WEEK: "52 weeks"}
_SHARED = {
    "cumulative": "each value contains the one before",
    "overlapping_windows": "neighbouring values are made of the same rows",
    "autocorrelated": "each value carries over much of the one before: chance would look like a trend",
    "not_ahead": "its day is not after the as-of",
    "total_begins_anew": "its day is after the end of what is totalled",
    "horizon_too_long": "it is further ahead than there is history",
}


def signal_result(
    plan: SignalPlan, points: Points, target: Bound | None, unit: str | None, calendar: Calendar
) -> SignalResult:
    """What a signal says of the points of a trend, oldest first, or why it does not."""
    refused = p.shared_windows(points)
    if refused is not None:
        rules = plan.rules if plan.method == "xmr" else None
        return _refused(plan, rules, points, refused, _SHARED[refused])
    if plan.method == "xmr":
        return charted(plan, points, target, calendar)
    return _tested(plan, points, target, unit)


def _refused(plan: SignalPlan, rules: str | None, points: Points, undefined: str, reason: str) -> SignalResult:
    return SignalResult(plan.method, rules, plan.seasons, p.known(points), p.absent(points), reason, undefined)


# ---------------------------------------------------------------- trend
def _tested(plan: SignalPlan, points: Points, target: Bound | None, unit: str | None) -> SignalResult:
    """Mann–Kendall and Theil–Sen."""
    values, seasons, known = p.values(points), plan.seasons, p.known(points)
    least = t.FEWEST if seasons is None else t.FEWEST_CYCLES * seasons
    if known < least:
        reason = f"too few values for a trend: {p.too_few(known, least)}"
        return _refused(plan, None, points, "insufficient_history", reason)
    found = t.mann_kendall(values) if seasons is None else t.seasonal_mann_kendall(values, seasons)
    assert found is not None
    if not found.covariance and is_dependent(values if seasons is None else _without_seasons(values, seasons)):
        return _refused(plan, None, points, "autocorrelated", _SHARED["autocorrelated"])
    p_value = p.rounded(found.p, WITHOUT_UNIT)
    side = 0 if p_value >= LEVEL else 1 if found.s > 0 else -1
    step = plan.step.singular if seasons is None else _CYCLES.get(plan.step.grain, "year")
    slope, low, high = (p.rounded(one, IN_UNIT) for one in (found.slope, found.low, found.high))
    inner = "pp" if unit == "%" else unit
    ranged = f"{p.near(slope, inner)} per {step} (95%: {p.near(low, inner)} to {p.near(high, inner)})"
    if side == 0:
        reason = f"no trend that chance does not explain: {ranged}, {p.chance(p_value)}"
    else:
        reason = f"{'rising' if side > 0 else 'falling'} by {ranged}, {p.chance(p_value)}"
    return SignalResult(
        plan.method,
        None,
        seasons,
        known,
        p.absent(points),
        reason,
        variation="common_cause" if side == 0 else p.reading(side, p.better(target)),
        direction={1: "rising", -1: "falling", 0: "no_trend"}[side],
        s=found.s,
        variance=written(found.variance, exact=False),
        z=p.rounded(found.z, WITHOUT_UNIT),
        p=p_value,
        tau=p.rounded(found.tau, WITHOUT_UNIT),
        slope=slope,
        slope_low=low,
        slope_high=high,
        slope_per=step,
        covariance=found.covariance,
    )


def _without_seasons(values: list[Fraction | None], seasons: int) -> list[Fraction | None]:
    """Each value less the median of its season."""
    from statistics import median

    usual = [
        median(known) if (known := [value for value in values[season::seasons] if value is not None]) else Fraction(0)
        for season in range(seasons)
    ]
    return [None if value is None else value - usual[at % seasons] for at, value in enumerate(values)]


# ---------------------------------------------------------------- forecast
def forecast_result(
    plan: ForecastPlan, points: Points, target: Bound | None, unit: str | None, calendar: Calendar
) -> ForecastResult:
    """Where the points lead, or why that is not said."""
    until = (calendar.civil(plan.until) - timedelta(microseconds=1)).date()
    if plan.undefined is not None:
        return _none(plan, until, points, plan.undefined, _SHARED[plan.undefined])
    found, of, refused = _totalled(plan, points, calendar) if plan.method == "run_rate" else _continued(plan, points)
    if found is None:
        undefined, reason = refused
        return _none(plan, until, of, undefined, reason)
    chance = _chance(found, target)
    probability = p.rounded(chance, WITHOUT_UNIT) if chance is not None else None
    low, high = p.rounded(found.low, IN_UNIT), p.rounded(found.high, IN_UNIT)
    reason = f"{p.near(found.landing, unit)} by {until} (80%: {p.near(low, unit)} to {p.near(high, unit)})"
    if probability is not None:
        reason += f", {_percent(probability, certain=found.deviation == 0)} likely to meet its target"
    return ForecastResult(
        plan.method,
        until,
        plan.steps,
        found.n,
        p.absent(of),
        reason,
        landing=written(found.landing, exact=False),
        low=low,
        high=high,
        target=shown(target),
        probability=probability,
    )


def _none(plan: ForecastPlan, until: date, points: Points, undefined: str, reason: str) -> ForecastResult:
    return ForecastResult(
        plan.method,
        until,
        plan.steps,
        p.known(points),
        p.absent(points),
        reason,
        undefined,
    )


Found = tuple[f.Forecast | None, Points, tuple[str, str]]


def _continued(plan: ForecastPlan, points: Points) -> Found:
    """Drift, or the same season of the last cycle."""
    refused = p.shared_windows(points)
    if refused is not None:
        return None, points, (refused, _SHARED[refused])
    known = p.known(points)
    seasons = plan.seasons
    least = f.FEWEST_DRIFT if seasons is None else f.FEWEST_CYCLES * seasons
    if known < least or not points or points[-1].value is None:
        reason = "the newest value is missing" if known >= least else p.too_few(known, least)
        return None, points, ("insufficient_history", f"too little to go on: {reason}")
    if plan.steps > len(points):
        return None, points, ("horizon_too_long", _SHARED["horizon_too_long"])
    values = p.values(points)
    found = f.drift(values, plan.steps) if seasons is None else f.seasonal_naive(values, plan.steps, seasons)
    return found, points, ("insufficient_history", "too little to go on: the same season has no value")


def _totalled(plan: ForecastPlan, points: Points, calendar: Calendar) -> Found:
    """A running total at its mean rate by calendar time; the spread is that of its parts, a step each."""
    last = points[-1].window if points else None
    if last is None or last.start is None:
        return None, points, ("insufficient_history", "there is no total yet")
    of = [one for one in points if one.window is not None and one.window.start == last.start < one.window.end]
    if not of:
        return None, points, ("insufficient_history", "there is no total yet")
    ends: list[tuple[datetime, Fraction]] = []
    # A total of one step is a part by itself.
    first = of[0].window
    if first is not None and shift_anchor(first.end, 1, plan.step, calendar) == last.start:
        ends.append((last.start, Fraction(0)))
    for one in of:
        if one.window is None or one.value is None:
            return None, of, ("insufficient_history", "a total in between has no value")
        ends.append((one.window.end, one.value))
    parts = [after[1] - before[1] for before, after in pairwise(ends)]
    if len(parts) < f.FEWEST_RUN_RATE:
        reason = f"too few parts of the total: {p.too_few(len(parts), f.FEWEST_RUN_RATE)}"
        return None, of, ("insufficient_history", reason)
    length = _days(ends[0][0], ends[-1][0], calendar) / len(parts)
    elapsed = _days(last.start, last.end, calendar) / length
    ahead = _days(last.end, plan.end, calendar) / length
    return f.run_rate(ends[-1][1], parts, elapsed, ahead), of, ("insufficient_history", "there is no total yet")


def _days(start: datetime, end: datetime, calendar: Calendar) -> Fraction:
    """Civil days between two instants."""
    passed = calendar.civil(end) - calendar.civil(start)
    return Fraction(passed // timedelta(microseconds=1), _DAY // timedelta(microseconds=1))


def _chance(found: f.Forecast, target: Bound | None) -> float | None:
    """The probability that the target is met."""
    if target is None or target.missing is not None or target.low is None:
        return None
    if found.deviation == 0:
        return float(target.holds(found.landing))
    low = target.low.value
    assert isinstance(low, Fraction)
    if target.operator is not None:
        return found.above(low) if target.operator[0] == ">" else found.below(low)
    assert target.high is not None and isinstance(target.high.value, Fraction)
    return found.below(target.high.value) - found.below(low)


def _percent(probability: Decimal, *, certain: bool) -> str:
    """A probability in a sentence: never all or nothing where the landing is not certain."""
    whole = round(probability * 100)
    if not certain and whole in (0, 100):
        return "less than 1%" if whole == 0 else "more than 99%"
    return f"{whole}%"
