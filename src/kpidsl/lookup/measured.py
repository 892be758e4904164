"""What is to be known of a value: over which windows it is read, from which aggregations, by which queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from kpidsl import calendar as c
from kpidsl.calendar import Calendar, Window
from kpidsl.diagnostics import Problems
from kpidsl.lookup.find import place
from kpidsl.plan import Plan
from kpidsl.plan import nodes as n
from kpidsl.plan.lower import Lowering
from kpidsl.records import dataclass
from kpidsl.report.explanation import BoundShown, InputShown, QueryShown, WindowShown
from kpidsl.semantic import model as m
from kpidsl.semantic import values as v

EXAMPLE = c.Last(1, c.Unit(c.Grain.MONTH))
MOST_WINDOWS = 12


@dataclass(frozen=True, slots=True)
class Measured:
    """What `kpidsl explain` says of the value of a metric or KPI."""

    windows: tuple[WindowShown, ...] = ()
    bounds: tuple[BoundShown, ...] = ()
    inputs: tuple[InputShown, ...] = ()
    queries: tuple[QueryShown, ...] = ()
    note: str | None = None


def measured_kpi(kpi: m.KpiModel, model: m.Model, anchor: datetime) -> Measured:
    """A KPI: the windows of its value, comparisons and trend, the bounds in force, inputs and queries.

    Raises ValueError where a window leaves the years the calendar covers.
    """
    lowering = Lowering(model, anchor, Problems())
    slices = lowering.kpi(kpi)
    whole = slices[0]
    windows = [_window("value", whole.value.window, model.calendar)]
    windows += [_window(f"compare {label}", one.window, model.calendar) for label, one in whole.comparisons]
    if whole.trend:
        ends = [one.window for one in whole.trend if one.window is not None]
        start = ends[0].start if ends else None
        if ends and start is not None:
            spans = f"{len(ends)} values, {_moves(kpi)} apart"
            windows.append(_window("trend", Window(start, ends[-1].end, spans), model.calendar))
    target = lowering.in_force(kpi, whole.value.window, ())
    bounds = [_bound("target", one, one is target) for one in kpi.targets]
    if kpi.amber is not None:
        bounds.append(_bound("amber", kpi.amber, target is not None))
    bounds += [BoundShown(f"{guard.colour} when", guard.text, True, "") for guard in kpi.guards]
    bounds += [BoundShown("require", one.text, True, "") for one in kpi.requires]
    shown = tuple(one for one in windows if one is not None)
    alone = Lowering(model, anchor, Problems())
    alone.question(kpi.value, alone.moment(kpi.value), ())
    found = _inputs(whole.value.step, model.calendar)
    return Measured(shown, tuple(bounds), found, _queries(alone, anchor, "the value"))


def measured_metric(metric: m.MetricModel, model: m.Model, anchor: datetime) -> Measured:
    """A metric: over its own window, or over those it is read in; the query is that of the first of them.

    Raises ValueError where a window leaves the years the calendar covers.
    """
    lowering = Lowering(model, anchor, Problems())
    value = metric.value
    if metric.standalone:
        question = lowering.metric(metric)
        window = _window("value", question.window, model.calendar)
        found = _inputs(question.step, model.calendar)
        return Measured((window,) if window is not None else (), (), found, _queries(lowering, anchor, "the value"))
    windows, first = _read_in(metric, model, lowering)
    note = "It carries no window: what reads it says when."
    if value.info.depth:
        return Measured(windows, (), _written(value), (), note)
    over = first if first is not None else v.Windowed(value.info, value, EXAMPLE)
    question = lowering.question(over, lowering.moment(over), ())
    label = question.window.label if question.window is not None else EXAMPLE.label
    about = f"its value over {label}" + ("" if first is not None else ", as an example: nothing reads it yet")
    return Measured(windows, (), _written(value), _queries(lowering, anchor, about), note)


# ---------------------------------------------------------------- windows a metric is read in
def _read_in(
    metric: m.MetricModel, model: m.Model, lowering: Lowering
) -> tuple[tuple[WindowShown, ...], v.Value | None]:
    """The windows of everything that reads a metric, and the metric over the first of them."""
    found: dict[tuple[str, datetime | None, datetime], list[str]] = {}
    first: v.Value | None = None
    for name, value in _values(model):
        for around, each in _around(value, metric.name, (), ()):
            if name == metric.name or not any(isinstance(one, v.Windowed) for one in around):
                continue
            over: v.Value = metric.value
            for one in reversed(around):
                over = replace(one, operand=over)  # type: ignore[call-arg]
            window = lowering.window(over, lowering.moment(over))
            if window is None:
                continue
            first = first or (over if not metric.value.info.depth else None)
            label = window.label + "".join(f", each {unit}" for unit in each)
            found.setdefault((label, window.start, window.end), []).append(name)
    shown = [
        _window(label, Window(start, end, label), lowering.calendar, tuple(dict.fromkeys(of)))
        for (label, start, end), of in found.items()
    ]
    return tuple(one for one in shown if one is not None)[:MOST_WINDOWS], first


def _values(model: m.Model) -> Iterator[tuple[str, v.Value]]:
    """What is evaluated, with the name it belongs to."""
    for name in model.order:
        kpi, metric = model.kpis.get(name), model.metrics.get(name)
        if kpi is not None:
            yield name, kpi.value
            for bound in (*kpi.targets, *((kpi.amber,) if kpi.amber is not None else ())):
                yield name, bound.low
                if bound.high is not None:
                    yield name, bound.high
        elif metric is not None and metric.standalone:
            yield name, metric.value


def _around(
    value: v.Value, metric: str, around: tuple[v.Value, ...], each: tuple[str, ...]
) -> Iterator[tuple[tuple[v.Value, ...], tuple[str, ...]]]:
    """The windows and moves that stand around a metric, outermost first, and the series it is read in."""
    match value:
        case v.Measure(metric=name) if name == metric:
            yield around, each
            return
        case v.Windowed():
            # An outer window does not reach inside an inner one, unless a series is made of it.
            kept = around if each else tuple(one for one in around if not isinstance(one, v.Windowed))
            around = kept if each else (*kept, value)
        case v.Shifted() | v.Preceding():
            around = (*around, value)
        case v.EachPeriod(unit=unit):
            each = (*each, unit.singular)
        case v.EachMember(dimension=dimension):
            each = (*each, dimension)
        case _:
            pass
    for part in v.parts(value):
        yield from _around(part, metric, around, each)


# ---------------------------------------------------------------- inputs and queries
def _written(value: v.Value) -> tuple[InputShown, ...]:
    """The aggregations of a value, as written."""
    found = (
        InputShown(_aggregation(one.text, one.at), one.source, tuple(each.text for each in one.where))
        for one in v.aggregates(value)
    )
    return tuple(dict.fromkeys(found))


def _inputs(step: n.Step, calendar: Calendar) -> tuple[InputShown, ...]:
    """The aggregations of a value with their windows: each once, whatever the number of its windows."""
    found: dict[InputShown, dict[WindowShown, None]] = {}
    _collect(step, (), calendar, found)
    return tuple(replace(one, windows=tuple(windows)) for one, windows in found.items())


def _collect(
    step: n.Step, series: tuple[str, ...], calendar: Calendar, found: dict[InputShown, dict[WindowShown, None]]
) -> None:
    match step:
        case n.Ask(cell=cell, text=text, filters=filters):
            shown = InputShown(
                _aggregation(text, cell.at), cell.source, tuple(one.text for one in filters), series=series
            )
            window = _window("", step.window, calendar)
            assert window is not None
            found.setdefault(shown, {})[window] = None
        case n.Series(unit=unit, periods=periods):
            for _, inner in periods:
                _collect(inner, (*series, unit), calendar, found)
        case n.Members(operand=operand, dimension=dimension):
            _collect(operand, (*series, dimension), calendar, found)
        case _:
            for inner in n.inside(step):
                _collect(inner, series, calendar, found)


def _aggregation(text: str, at: str | None) -> str:
    return text if at is None else f"{text} at {at}"


def _queries(lowering: Lowering, anchor: datetime, about: str) -> tuple[QueryShown, ...]:
    """The queries for everything that was lowered; none is run."""
    from kpidsl.engine.dry import queries

    model = lowering.model
    cells, moments = tuple(lowering.cells.kept), frozenset(lowering.judged_at)
    plan = Plan(model.calendar, anchor, model.sources, {}, {}, cells, moments)
    return tuple(QueryShown(f"{about}, from {source}", sql) for source, sql in queries(plan))


# ---------------------------------------------------------------- words
def _window(
    of: str, window: Window | None, calendar: Calendar, names: tuple[str, ...] | None = None
) -> WindowShown | None:
    """A window in the calendar's zone."""
    if window is None:
        return None
    start = calendar.local(window.start) if window.start is not None else None
    return WindowShown(
        window.label, start, calendar.local(window.end), names if names is not None else (of,) * bool(of)
    )


def _bound(what: str, bound: m.BoundModel, in_force: bool) -> BoundShown:
    text = " ".join(bound.span.text.split())
    return BoundShown(what, text.removeprefix(what).strip(), in_force, place(bound.span))


def _moves(kpi: m.KpiModel) -> str:
    assert kpi.trend is not None
    unit = kpi.trend[1]
    return f"a {unit.singular}"
