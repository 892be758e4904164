"""Signals and forecasts: as parts of the document, and as lines for people."""

from __future__ import annotations

from collections.abc import Iterable

from kpidsl.assess.results import Assessment
from kpidsl.assess.signal_results import Absent, FindingResult, ForecastResult, Limits, Phase, SignalResult
from kpidsl.report.fields import bound, given, records, window
from kpidsl.report.parts import Fields


def signal(found: SignalResult) -> Fields:
    return given(
        method=found.method,
        rules=found.rules,
        seasons=found.seasons,
        n=found.n,
        absent=records(_absent, found.absent),
        undefined=found.undefined,
        variation=found.variation,
        assurance=found.assurance,
        limits=_limits(found.limits),
        baseline=window(found.baseline),
        since=found.since,
        rebased=found.rebased,
        findings=records(_finding, found.findings),
        earlier=records(_phase, found.earlier),
        direction=found.direction,
        s=found.s,
        variance=found.variance,
        z=found.z,
        p=found.p,
        tau=found.tau,
        slope=found.slope,
        slope_low=found.slope_low,
        slope_high=found.slope_high,
        slope_per=found.slope_per,
        covariance=found.covariance or None,
        reason=found.reason,
    )


def forecast(found: ForecastResult | None) -> Fields | None:
    if found is None:
        return None
    return given(
        method=found.method,
        until=found.until,
        steps=found.steps,
        n=found.n,
        absent=records(_absent, found.absent),
        undefined=found.undefined,
        landing=found.landing,
        low=found.low,
        high=found.high,
        target=bound(found.target),
        probability=found.probability,
        reason=found.reason,
    )


def _absent(found: Absent) -> Fields:
    return given(reason=found.reason, points=found.points)


def _finding(found: FindingResult) -> Fields:
    return given(rule=found.rule, side=found.side, points=found.points, start=found.start, end=found.end)


def _limits(found: Limits | None) -> Fields | None:
    if found is None:
        return None
    return given(
        n=found.n,
        centre=found.centre,
        lower=found.lower,
        upper=found.upper,
        mean_range=found.mean_range,
        upper_range=found.upper_range,
        screened=found.screened or None,
        provisional=found.provisional or None,
    )


def _phase(found: Phase) -> Fields:
    return given(
        since=found.since,
        rebased=found.reason,
        limits=_limits(found.limits),
        findings=records(_finding, found.findings),
    )


def lines(found: Assessment) -> Iterable[str]:
    """What a reader of the table is told: a line a signal, and one for the forecast."""
    for one in found.signals:
        yield f"{_name(one)}: {one.reason}"
    if found.forecast is not None:
        yield forecast_line(found.forecast)


def forecast_line(found: ForecastResult) -> str:
    return f"forecast ({found.method.replace('_', ' ')}): {found.reason}"


def _name(found: SignalResult) -> str:
    if found.method == "xmr":
        return f"signal ({found.rules})"
    return "trend" if found.seasons is None else "seasonal trend"
