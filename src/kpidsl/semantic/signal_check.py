"""Signals and forecasts of a KPI checked: whether its trend is one that statistics can be made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Literal, NoReturn

from kpidsl import calendar as c
from kpidsl.diagnostics import Problems, did_you_mean
from kpidsl.semantic import goal_model as gm
from kpidsl.semantic import model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.windowing import windows
from kpidsl.semantic.windows import Invalid, counted_unit, window_spec
from kpidsl.source_text import Span
from kpidsl.stats import control_chart, forecast, trend
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import goal_nodes as g

METHODS = ("xmr", "trend")
RULES = ("nhs", "wheeler")
FORECASTS = ("run_rate", "drift", "seasonal_naive")
_SEASONS = {c.Grain.HOUR: 24, c.Grain.DAY: 7, c.Grain.WEEK: 52, c.Grain.MONTH: 12, c.Grain.QUARTER: 4, c.Grain.HALF: 2}
_SHORTEST_MONTHS = {1: 28, 3: 90, 6: 181, 12: 365}  # days
_DAY = 86_400

Trend = tuple[int, c.Unit]


def signal_model(
    prop: d.SignalProp, value: v.Value | None, steps: Trend | None, calendar: c.Calendar, problems: Problems
) -> m.SignalModel:
    """A signal as it is meant. `value` is None where it is wrong itself. Raises `Invalid`."""
    method = _known(prop.method.text, METHODS, "signal", prop.method.span, problems)
    if prop.rules is not None and method != "xmr":
        _stop("K0473", "only a chart has rules", prop.rules.span, "write `signal xmr rules nhs`", problems)
    if prop.seasonal and method != "trend":
        _stop("K0473", "a chart knows no seasons", prop.method.span, "write `signal trend seasonal`", problems)
    if prop.parts and method != "xmr":
        _stop(
            "K0473",
            "only a chart has a baseline, is rebased or screened",
            prop.parts[0].span,
            "write `signal xmr { … }`",
            problems,
        )
    rules = _known(prop.rules.text, RULES, "set of rules", prop.rules.span, problems) if prop.rules else None
    baseline, rebases, screened = _parts(prop, calendar, problems)
    if steps is not None and value is not None:
        _independent(value, steps, prop.span, "signal", problems)
    seasons = _seasons(steps, prop.span, problems) if prop.seasonal and steps is not None else None
    least = control_chart.FEWEST if method == "xmr" else trend.FEWEST
    _long_enough(steps, max(least, trend.FEWEST_CYCLES * (seasons or 0)), prop.span, problems)
    return m.SignalModel(method, rules or "wheeler", seasons, baseline, rebases, screened, prop.span)


def goal_forecast(
    node: g.KeyResultDecl, aim: gm.AimModel | None, problems: Problems
) -> tuple[Trend | None, m.ForecastModel | None, bool]:
    """The trend and the forecast of a key result, and whether they are right. It is forecast to the day it is due."""
    value = None if aim is None or isinstance(aim, gm.DeliverModel) else aim.value
    trends = [prop for prop in node.properties if isinstance(prop, d.TrendProp)]
    asked = [prop for prop in node.properties if isinstance(prop, d.ForecastProp)]
    trend: Trend | None = None
    try:
        for prop in (*trends, *asked) if isinstance(aim, gm.DeliverModel) else ():
            _stop("K0476", "what is delivered has no values to look at", prop.span, "leave it out", problems)
        for written in trends[:1]:
            trend = (written.count, counted_unit(written.count, written.unit, problems))
        if asked and not trends:
            needs_trend(asked, value, problems)
            raise Invalid
        for one in asked[:1]:
            if one.until is not None:
                hint = f"write `forecast {one.method.text}`"
                _stop("K0476", "a key result is forecast to the day it is due", one.span, hint, problems)
            return trend, forecast_model(one, value, trend, problems, has_end=True), True
    except Invalid:
        return None, None, False
    return trend, None, True


def forecast_model(
    prop: d.ForecastProp, value: v.Value | None, steps: Trend | None, problems: Problems, *, has_end: bool = False
) -> m.ForecastModel:
    """A forecast as it is meant. `has_end`: what it is of says itself until when. Raises `Invalid`."""
    method = _known(prop.method.text, FORECASTS, "way to forecast", prop.method.span, problems)
    if prop.until is not None:
        _covered(prop.until, prop.span, problems)
    seasons = _seasons(steps, prop.span, problems) if method == "seasonal_naive" and steps is not None else None
    total = _total(value) if value is not None else None
    if method == "run_rate":
        if value is not None and (total is None or value.info.kind != "flow"):
            what = (
                "it starts anew at every point" if total is None else f"a {value.info.kind} does not add up over time"
            )
            _stop(
                "K0476",
                f"`run_rate` continues a running total, and this is none: {what}",
                prop.span,
                "measure a sum `over year to date`, or write `forecast drift until 2026-12-31`",
                problems,
            )
        least = forecast.FEWEST_RUN_RATE
    else:
        if value is not None and steps is not None:
            _independent(value, steps, prop.span, "forecast", problems)
        least = forecast.FEWEST_DRIFT if method == "drift" else forecast.FEWEST_CYCLES * (seasons or 0)
    if prop.until is None and not has_end and not isinstance(total, c.ToDate):
        _stop(
            "K0476", "the forecast does not say until when", prop.span, f"forecast {method} until 2026-12-31", problems
        )
    _long_enough(steps, least, prop.span, problems)
    return m.ForecastModel(method, prop.until, total if prop.until is None else None, seasons, prop.span)


def needs_trend(props: Sequence[d.SignalProp | d.ForecastProp], value: v.Value | None, problems: Problems) -> None:
    """Report signals without a trend to look at, once."""
    unit = next((one.unit for one in windows(value) if isinstance(one, c.Last | c.ToDate)), None) if value else None
    # Of a running total, each step is a part of what is totalled.
    grain = c.Grain.MONTH if unit is None or isinstance(_total(value), c.ToDate) else unit.grain
    word = props[0].span.text.split(maxsplit=1)[0]
    problems.error(
        "K0470",
        f"a {word} looks at a trend, and there is none",
        props[0].span,
        hint=f"say how many values it looks at: `trend 24 {grain.plural}`",
    )


# ---------------------------------------------------------------- parts
def _parts(
    prop: d.SignalProp, calendar: c.Calendar, problems: Problems
) -> tuple[c.WindowSpec | None, tuple[m.Rebase, ...], bool]:
    baseline: c.WindowSpec | None = None
    rebases: list[m.Rebase] = []
    screened = False
    for part in prop.parts:
        match part:
            case d.BaselinePart(window=written):
                if baseline is not None:
                    _stop("K0475", "a second baseline", part.span, "keep one", problems)
                baseline = window_spec(written, calendar, problems)
                if not isinstance(baseline, c.Period | c.Days):
                    _stop(
                        "K0475",
                        f"`{baseline.label}` moves with the as-of, and a baseline stays",
                        written.span,
                        "name the time: `baseline 2025-01-01..2025-12-31`",
                        problems,
                    )
            case d.RebasePart(on=on, reason=reason):
                if not reason.value.strip():
                    _stop(
                        "K0475",
                        "a chart is rebased for a reason",
                        reason.span,
                        'rebase 2026-03-01 "new triage"',
                        problems,
                    )
                _covered(on, part.span, problems)
                rebases.append(m.Rebase(on, reason.value))
            case d.ScreenPart():
                screened = True
    for before, after in pairwise(rebases):
        if after.on <= before.on:
            second = next(one for one in prop.parts if isinstance(one, d.RebasePart) and one.on == after.on)
            _stop("K0475", "rebased twice, or not in the order of time", second.span, "the earlier one first", problems)
    return baseline, tuple(rebases), screened


def _covered(day: date, place: Span, problems: Problems) -> None:
    """A day is within the years the calendar covers."""
    if not c.FIRST_YEAR <= day.year <= c.LAST_YEAR:
        years = f"the years {c.FIRST_YEAR} to {c.LAST_YEAR}, which the calendar covers"
        _stop("K0330", f"{day} is outside {years}", place, "mend the date", problems)


def _known(text: str, known: Sequence[str], what: str, place: Span, problems: Problems) -> str:
    if text in known:
        return text
    listed = f"{', '.join(known[:-1])} or {known[-1]}"
    _stop("K0473", f"there is no {what} `{text}`", place, did_you_mean(text, known) or f"use {listed}", problems)


def _seasons(steps: Trend, place: Span, problems: Problems) -> int:
    """How many steps of the trend a cycle has: 12 months, 4 quarters, 52 weeks, 7 days, 24 hours."""
    found = _SEASONS.get(steps[1].grain)
    if found is None:
        _stop(
            "K0473",
            f"steps of one {steps[1].singular} have no seasons",
            place,
            "let the trend step by months",
            problems,
        )
    return found


def _long_enough(steps: Trend | None, least: int, place: Span, problems: Problems) -> None:
    if steps is not None and steps[0] < least:
        unit = steps[1]
        problems.warning(
            "K0474",
            f"{unit.counted(steps[0])} are too few: this needs {least} values at least, and will say so",
            place,
            hint=f"write `trend {unit.counted(max(least, 2 * control_chart.PROVISIONAL))}`",
        )


# ---------------------------------------------------------------- windows
def _independent(value: v.Value, steps: Trend, place: Span, what: str, problems: Problems) -> None:
    """Each point of a trend is to be about a time of its own. Raises `Invalid`."""
    for window in windows(value):
        found = shared(window, steps[1])
        unit = steps[1]
        if found == "cumulative":
            other = f"`over last {unit.singular}`"
            also = ", or `forecast run_rate`" if what == "forecast" and isinstance(window, c.ToDate) else ""
            _stop(
                "K0471",
                f"`{window.label}` a {unit.singular} apart is a running total: each value contains the one before",
                place,
                f"look at each {unit.singular} by itself: {other}{also}",
                problems,
            )
        elif found == "overlapping":
            _stop(
                "K0472",
                f"`{window.label}` a {unit.singular} apart reads the same rows several times: neighbours are alike "
                "whatever happens",
                place,
                f"let each value have its own time: `over last {unit.singular}`{_or_longer_steps(window)}",
                problems,
            )


def _or_longer_steps(window: c.WindowSpec) -> str:
    if isinstance(window, c.Last | c.This) and window.unit.grain.months and getattr(window, "count", 1) == 1:
        return f", or `trend 24 {window.unit.grain.plural}`"
    return ""


def shared(window: c.WindowSpec, step: c.Unit) -> Literal["cumulative", "overlapping"] | None:
    """Whether windows a step apart have rows in common."""
    match window:
        case c.Period() | c.Days() | c.Since() | c.AllTime():
            return "cumulative"
        case c.ToDate(unit=unit):
            return "cumulative" if step.grain.is_finer_than(unit.grain) else None
        case c.Last(count=count, unit=unit) | c.Next(count=count, unit=unit) | c.Trailing(count=count, unit=unit):
            return "overlapping" if _longer(count, unit, step) else None
        case c.This(unit=unit):
            return "overlapping" if _longer(1, unit, step) else None


def _longer(count: int, unit: c.Unit, step: c.Unit) -> bool:
    """Whether so many units are longer than a step, be it the shortest."""
    if step.grain.months and unit.grain.months:
        return count * unit.grain.months > step.grain.months
    seconds = step.grain.nominal_seconds
    if step.grain.months:
        seconds = _SHORTEST_MONTHS[step.grain.months] * _DAY
    return count * unit.grain.nominal_seconds > seconds


def _total(value: v.Value | None) -> c.WindowSpec | None:
    """The window of a running total; None where a value has another one, or several."""
    found = windows(value) if value is not None else []
    if len(found) != 1 or not isinstance(found[0], c.ToDate | c.Since):
        return None
    return found[0]


def _stop(code: str, message: str, place: Span, hint: str, problems: Problems) -> NoReturn:
    problems.error(code, message, place, hint=hint)
    raise Invalid
