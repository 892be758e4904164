"""KPIs checked: value, bounds, guards, comparisons, segments, trend."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import TypeVar

from kpidsl import calendar as c
from kpidsl.diagnostics import Problems
from kpidsl.records import dataclass
from kpidsl.semantic import model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.as_if import as_if, mentions, sources_read
from kpidsl.semantic.bands import check_bands, check_limits, check_possible
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.declared_unit import SORTS
from kpidsl.semantic.edges import edge_in_unit
from kpidsl.semantic.interval_check import interval_ends, interval_model
from kpidsl.semantic.properties import META, about, action_model, once, supported
from kpidsl.semantic.signal_check import forecast_model, needs_trend, signal_model
from kpidsl.semantic.slicing import check_allowed
from kpidsl.semantic.suppress_check import suppressed_below
from kpidsl.semantic.units import NUMBER, Unit
from kpidsl.semantic.value_check import Around, ValueChecker
from kpidsl.semantic.windowing import check_windows, previous_exists
from kpidsl.semantic.windows import Invalid, counted_unit
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import shared_nodes as p

P = TypeVar("P")
R = TypeVar("R")
KPI_ONCE = (
    *META,
    p.ValueProp,
    d.UnitProp,
    d.AmberProp,
    d.TrendProp,
    d.WorstSegmentProp,
    p.IntervalProp,
    d.SuppressProp,
    d.ForecastProp,
)
STATUSES = ("green", "amber", "red", "no_data", "stale", "error")


@dataclass(frozen=True, slots=True)
class Held:
    """A value, and what it is held against, cut by and asked for."""

    value: v.Value
    targets: tuple[m.BoundModel, ...]
    amber: m.BoundModel | None
    guards: tuple[m.GuardModel, ...]
    requires: tuple[m.RequireModel, ...]
    interval: v.Interval | None
    suppress: int | None
    slices: tuple[tuple[str, ...], ...]


class KpiChecker:
    """Checks one KPI. Every property is checked, whatever is wrong with the others."""

    def __init__(self, declared: Declared[d.KpiDecl], values: ValueChecker, problems: Problems) -> None:
        self.node = declared.node
        self.name = declared.name
        self.namespace = declared.namespace
        self.values = values
        self.problems = problems
        self.ok = True

    def check(self) -> m.KpiModel | None:
        """The KPI, or None where something in it is wrong."""
        self.ok = once(self.node, KPI_ONCE, self.problems)
        measured = self.value()
        if measured is None:
            self.beside_the_value()
            return None
        held = self.held_against(measured)
        value = held.value
        trend = self.all(d.TrendProp, lambda prop: (prop.count, counted_unit(prop.count, prop.unit, self.problems)))
        signals, forecast = self.signals(value, trend[0] if trend else None)
        comparisons = [
            found
            for prop in self.node.properties
            if isinstance(prop, d.CompareProp)
            for found in self.compare(prop, value)
        ]
        actions = self.all(d.ActionProp, self.action)
        supports = self.supports()
        if not self.ok:
            return None
        return m.KpiModel(
            self.name,
            about(self.node),
            value,
            value.info.unit,
            held.targets,
            held.amber,
            held.guards,
            held.requires,
            tuple(comparisons),
            held.slices,
            trend[0] if trend else None,
            any(isinstance(prop, d.WorstSegmentProp) for prop in self.node.properties),
            tuple(actions),
            supports,
            self.node.name.span,
            signals,
            forecast,
            held.interval,
            held.suppress,
        )

    def held_against(self, value: v.Value) -> Held:
        """What the value is held against, cut by and asked for."""
        around = Around(self.namespace, (), {"value": value, "previous": v.Preceding(value.info, value)})
        targets = tuple(self.all(d.TargetProp, lambda prop: self.target(prop, value, around)))
        written_targets = [prop for prop in self.node.properties if isinstance(prop, d.TargetProp)]
        # A target that is wrong itself, or missing beside `amber`, is told already: `target` still means one.
        lacking = not written_targets and any(isinstance(prop, d.AmberProp) for prop in self.node.properties)
        one_sided = targets and all(target.operator is not None for target in targets)
        if lacking or len(targets) < len(written_targets) or one_sided:
            shown = v.TargetValue(targets[0].low.info if targets else value.info)
            around = replace(around, local={**around.local, "target": shown})
        value, targets = self.percent(value, targets)
        ambers = self.all(d.AmberProp, lambda prop: self.bound(prop.bound, value, around, None, False, prop))
        intervals = self.all(p.IntervalProp, lambda prop: interval_model(prop, value, self.problems))
        ends = interval_ends(value, intervals[0]) if intervals else {}
        guarded = replace(around, local={**around.local, "n": v.RowCount(v.Info(NUMBER, "flow")), **ends})
        guards = self.all(d.GuardProp, lambda prop: self.guard(prop, guarded))
        requires = [
            found
            for prop in self.node.properties
            if isinstance(prop, p.RequireProp)
            for found in self.require(prop, guarded)
        ]
        suppress = self.all(d.SuppressProp, lambda prop: suppressed_below(prop, value, self.problems))
        slices = self.all(p.ByProp, lambda prop: self.slice(prop, value, (*targets, *ambers)))
        amber = ambers[0] if ambers else None
        self.judged(targets)
        check_bands(targets, amber, self.problems)
        self.limits(value, targets)
        return Held(
            value,
            targets,
            amber,
            tuple(guards),
            tuple(requires),
            intervals[0] if intervals else None,
            suppress[0] if suppress else None,
            tuple(slices),
        )

    def value(self) -> v.Value | None:
        """What the KPI measures, or None where that is missing or wrong."""
        written = next((prop for prop in self.node.properties if isinstance(prop, p.ValueProp)), None)
        if written is None:
            self.problems.error(
                "K0301",
                f"KPI `{self.name}` has no value",
                self.node.name.span,
                hint="add `value METRIC over last month`",
            )
            return None
        try:
            value = self.values.measure(self.name, self.node.name.span)
            self.values.single(value, written.span)
            if value.info.sort != "number":
                hint = {
                    "boolean": "put what is compared into its target: `value …`, then `target >= …`",
                    "text": "count it: `count_distinct(…) from …`",
                    "time": "subtract it from another time, or count: `count() from …`",
                }[value.info.sort]
                self.values.stop(
                    "K0304", f"the value of a KPI is a number, not a {SORTS[value.info.sort]}", written.value.span, hint
                )
            check_windows(value, written.value, self.problems)
        except Invalid:
            return None
        return value

    def beside_the_value(self) -> None:
        """Check what stands beside a value that is wrong: nothing is said that may come of that."""
        known = as_if(self.values, self.name, self.node.name.span)
        if known is not None and not known.info.depth and known.info.sort == "number":
            self.held_against(known)
        else:
            self.beside_nothing()
        for prop in self.node.properties:
            for item in prop.items if isinstance(prop, d.CompareProp) else ():
                if isinstance(item, d.EarlierItem):
                    with suppress(Invalid):
                        counted_unit(item.count, item.unit, self.problems)
        trend = self.all(d.TrendProp, lambda prop: (prop.count, counted_unit(prop.count, prop.unit, self.problems)))
        self.signals(None, trend[0] if trend else None)
        self.all(d.ActionProp, self.action)
        self.supports()

    def beside_nothing(self) -> None:
        """Check what has a meaning of its own where nothing is known of the value."""
        own = Around(self.namespace)
        counted = Around(self.namespace, (), {"n": v.RowCount(v.Info(NUMBER, "flow"))})
        for prop in self.node.properties:
            match prop:
                case d.TargetProp(bound=bound) | d.AmberProp(bound=bound):
                    edges = (bound.value,) if isinstance(bound, p.CompareBound) else (bound.low, bound.high)
                    self.each_alone(edges, lambda node: self.values.number(node, own))
                case d.GuardProp(condition=condition):
                    self.each_alone((condition,), lambda node: self.values.condition(node, counted))
                case p.RequireProp(conditions=conditions):
                    self.each_alone(conditions, lambda node: self.values.condition(node, counted))
                case p.ByProp(dimensions=dimensions):
                    for source in sources_read(self.node, self.values.names, self.namespace):
                        for name in dimensions:
                            with suppress(Invalid):
                                self.values.sources.scope(source).row(name.parts, name.span, self.problems)
                case _:
                    pass
        if not any(isinstance(prop, d.TargetProp) for prop in self.node.properties):
            self.needs_target()

    def each_alone(self, nodes: tuple[x.Expr, ...], check: Callable[[x.Expr], v.Value]) -> None:
        """Check expressions that do not speak of the value."""
        for node in nodes:
            if not mentions(node, ("value", "target", "previous")):
                with suppress(Invalid):
                    check_windows(check(node), node, self.problems)

    # ------------------------------------------------------------ plumbing
    def all(self, kind: type[P], check: Callable[[P], R]) -> list[R]:
        """What the properties of a kind mean; a wrong one makes the KPI wrong, and the others are checked all the
        same.
        """
        found: list[R] = []
        for prop in self.node.properties:
            if isinstance(prop, kind):
                try:
                    found.append(check(prop))
                except Invalid:
                    self.ok = False
        return found

    # ------------------------------------------------------------ properties
    def target(self, prop: d.TargetProp, value: v.Value, around: Around) -> m.BoundModel:
        return self.bound(prop.bound, value, around, prop.starting, prop.whole, prop)

    def bound(
        self,
        bound: p.Bound,
        value: v.Value,
        around: Around,
        starting: date | None,
        whole: bool,
        prop: d.TargetProp | d.AmberProp,
    ) -> m.BoundModel:
        match bound:
            case p.CompareBound(operator=operator, value=node):
                if operator not in (">=", ">", "<=", "<"):
                    self.values.stop(
                        "K0350",
                        f"`{operator}` gives no direction",
                        bound.span,
                        "use `>=` or `<=`, or a range: `18..22`",
                    )
                return m.BoundModel(operator, self.edge(node, value, around), None, starting, whole, prop.span)
            case p.RangeBound(low=low, high=high):
                last = self.edge(high, value, around)  # where the unit of both stands
                return m.BoundModel(None, self.edge(low, value, around), last, starting, whole, prop.span)

    def edge(self, node: x.Expr, value: v.Value, around: Around) -> v.Value:
        """One edge of a bound, in the unit of the value."""
        return edge_in_unit(node, value, around, self.values, self.node.name)

    def percent(self, value: v.Value, targets: tuple[m.BoundModel, ...]) -> tuple[v.Value, tuple[m.BoundModel, ...]]:
        """A plain number that is held against a percentage is shown as one."""
        labels = {edge.info.unit.label for target in targets for edge in (target.low, target.high) if edge is not None}
        if value.info.unit == NUMBER and value.info.unit.label is None and labels == {"%"}:
            value = replace(value, info=replace(value.info, unit=Unit(label="%")))
        return value, targets

    def guard(self, prop: d.GuardProp, around: Around) -> m.GuardModel:
        condition = self.values.condition(prop.condition, around)
        self.values.single(condition, prop.condition.span)
        check_windows(condition, prop.condition, self.problems)
        return m.GuardModel(prop.colour, condition, " ".join(prop.condition.span.text.split()))

    def require(self, prop: p.RequireProp, around: Around) -> list[m.RequireModel]:
        found: list[m.RequireModel] = []
        for node in prop.conditions:
            try:
                condition = self.values.condition(node, around)
                self.values.single(condition, node.span)
                check_windows(condition, node, self.problems)
                found.append(m.RequireModel(condition, " ".join(node.span.text.split())))
            except Invalid:
                self.ok = False
        return found

    def slice(self, prop: p.ByProp, value: v.Value, bounds: tuple[m.BoundModel, ...]) -> tuple[str, ...]:
        for name in prop.dimensions:
            rows = self.values.sliceable(value, name.text, name.span)
            check_allowed(value, name.text, name.span, self.values.sources, self.problems)
            for bound in bounds:
                for edge in (bound.low, bound.high):
                    if edge is not None and not bound.whole and v.aggregates(edge):
                        hint = f"write `whole` behind the target if it is not one for each {name.text}"
                        self.values.sliceable(edge, name.text, name.span, hint, rows)
        return tuple(name.text for name in prop.dimensions)

    def compare(self, prop: d.CompareProp, value: v.Value) -> list[m.ComparisonModel]:
        found: list[m.ComparisonModel] = []
        for item in prop.items:
            try:
                if isinstance(item, d.PreviousItem):
                    previous_exists(value, item.span, self.problems)
                    found.append(m.ComparisonModel("previous", v.Preceding(value.info, value)))
                else:
                    unit = counted_unit(item.count, item.unit, self.problems)
                    label = f"{unit.counted(item.count)} earlier"
                    found.append(m.ComparisonModel(label, v.Shifted(value.info, value, item.count, unit)))
            except Invalid:
                self.ok = False
        return found

    def signals(
        self, value: v.Value | None, trend: tuple[int, c.Unit] | None
    ) -> tuple[tuple[m.SignalModel, ...], m.ForecastModel | None]:
        """What is made of the trend."""
        asked = [prop for prop in self.node.properties if isinstance(prop, d.SignalProp | d.ForecastProp)]
        if asked and not any(isinstance(prop, d.TrendProp) for prop in self.node.properties):
            needs_trend(asked, value, self.problems)
            self.ok = False
        calendar = self.values.calendar
        signals = self.all(d.SignalProp, lambda prop: signal_model(prop, value, trend, calendar, self.problems))
        forecasts = self.all(d.ForecastProp, lambda prop: forecast_model(prop, value, trend, self.problems))
        for at, one in enumerate(signals):
            if any(
                (one.method, one.rules, one.seasons) == (other.method, other.rules, other.seasons)
                for other in signals[:at]
            ):
                self.problems.error(
                    "K0473", f"`{one.method}` stands twice in `{self.node.name.text}`", one.span, hint="keep one"
                )
                self.ok = False
        return tuple(signals), forecasts[0] if forecasts else None

    def action(self, prop: d.ActionProp) -> m.ActionModel:
        return action_model(prop, STATUSES, self.problems)

    def supports(self) -> tuple[str, ...]:
        found, fine = supported(self.node, self.values.names, self.namespace, "KPI", self.problems)
        self.ok = self.ok and fine
        return found

    # ------------------------------------------------------------ bands
    def needs_target(self) -> None:
        for prop in self.node.properties:
            if isinstance(prop, d.AmberProp):
                self.problems.error("K0350", "`amber` without a target", prop.span, hint="add `target >= …`")
                self.ok = False

    def judged(self, targets: tuple[m.BoundModel, ...]) -> None:
        if not any(isinstance(prop, d.TargetProp) for prop in self.node.properties):
            self.needs_target()
        dates = [target.starting for target in targets]
        for again in {day for day in dates if dates.count(day) > 1}:
            second = [target for target in targets if target.starting == again][1]
            first = next(target for target in targets if target.starting == again)
            self.problems.error(
                "K0350", "two targets for the same time", second.span, "again here", also=[(first.span, "first here")],
                hint="give the later one its date: `target >= … starting 2026-07-01`",
            )  # fmt: skip
            self.ok = False

    def limits(self, value: v.Value, targets: tuple[m.BoundModel, ...]) -> None:
        for metric in measures(value)[:2]:
            node = self.values.names.named[metric.metric].node
            for prop in node.properties if isinstance(node, d.MetricDecl) else ():
                if not isinstance(prop, d.LimitsProp) or metric.info.unit != value.info.unit:
                    continue
                if not check_limits(prop, metric.info.unit, targets, self.values.units, self.problems):
                    self.ok = False
                    return
        self.ok = check_possible(value, targets, self.problems) and self.ok


def measures(value: v.Value) -> list[v.Measure]:
    """The metrics a value passes through before it is combined with others, outermost first."""
    found: list[v.Measure] = []
    while True:
        if isinstance(value, v.Measure):
            found.append(value)
        inside = v.parts(value)
        if len(inside) != 1:
            return found
        value = inside[0]
