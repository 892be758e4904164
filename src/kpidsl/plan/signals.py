"""Signals and forecasts placed in time: instants for dates, and how many steps of the trend lie ahead."""

from __future__ import annotations

from datetime import datetime, timedelta

from kpidsl import calendar as c
from kpidsl.calendar import Calendar, Window
from kpidsl.plan import nodes as n
from kpidsl.semantic import model as m
from kpidsl.semantic import values as v

_DAY = timedelta(days=1)


def signal_plans(kpi: m.KpiModel, anchor: datetime, calendar: Calendar) -> tuple[n.SignalPlan, ...]:
    """The signals of a KPI; without a trend there are none."""
    if kpi.trend is None:
        return ()
    return tuple(
        n.SignalPlan(
            one.method,
            one.rules,
            one.seasons,
            c.resolve(one.baseline, anchor, calendar) if one.baseline is not None else None,
            tuple((calendar.day_start(rebase.on), rebase) for rebase in one.rebases),
            one.screened,
            kpi.trend[1],
        )
        for one in kpi.signals
    )


def until_of(forecast: m.ForecastModel, window: Window | None, anchor: datetime, calendar: Calendar) -> datetime:
    """The anchor a forecast is for: the end of its day, or of the unit that is totalled. Where there is no total – its
    window is a week 53 without another – nothing lies ahead.
    """
    if forecast.until is not None:
        return calendar.day_start(forecast.until + _DAY)
    if window is None or window.start is None:
        return anchor
    assert isinstance(forecast.total, c.ToDate)
    return calendar.step(window.start, forecast.total.unit, 1)


def forecast_plan(
    asked: m.ForecastModel,
    value: v.Value,
    window: Window | None,
    until: datetime,
    ends: tuple[datetime, datetime],
    step: c.Unit,
    target: n.BoundPlan | None,
    calendar: Calendar,
) -> n.ForecastPlan:
    """A forecast for the anchor `until`; `ends` are where the value's window ends now, and then."""
    last, end = ends
    undefined = None
    if end <= last:
        undefined = "not_ahead"
    elif asked.method == "run_rate":
        anew = _total_ends(value, window, calendar)
        undefined = "total_begins_anew" if anew is not None and end > anew else None
    steps = steps_between(last, end, step, calendar)
    return n.ForecastPlan(asked.method, until, end, steps, asked.seasons, target, step, undefined)


def _total_ends(value: v.Value, window: Window | None, calendar: Calendar) -> datetime | None:
    """When a running total begins anew; None where it never does."""
    from kpidsl.semantic.windowing import windows

    found = [one for one in windows(value) if isinstance(one, c.ToDate)]
    if not found or window is None or window.start is None:
        return None
    return calendar.step(window.start, found[0].unit, 1)


def steps_between(first: datetime, last: datetime, unit: c.Unit, calendar: Calendar) -> int:
    """How many steps it takes from one instant to another, or past it; 0 where the other is not later."""
    if last <= first:
        return 0
    steps = max(1, int((last - first).total_seconds() // unit.grain.nominal_seconds))
    while steps > 1 and c.shift_anchor(first, 1 - steps, unit, calendar) >= last:
        steps -= 1
    while c.shift_anchor(first, -steps, unit, calendar) < last:
        steps += 1
    return steps
