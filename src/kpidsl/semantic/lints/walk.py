"""Expressions beside their meaning: each part as it is written, with the value it was found to have."""

from __future__ import annotations

from collections.abc import Iterator

from kpidsl.records import dataclass
from kpidsl.semantic import values as v
from kpidsl.semantic.model import Model
from kpidsl.semantic.scope import Names
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import shared_nodes as p


@dataclass(frozen=True, slots=True)
class Spot:
    """A part of an expression and its value; `over` is the window nearest around it, where one is written."""

    node: x.Expr
    value: v.Value
    over: x.Over | None


def spots(node: x.Expr, value: v.Value, over: x.Over | None = None) -> Iterator[Spot]:
    """The parts of an expression, the outermost first. Metrics that it names are not entered."""
    value = _bare(node, value)
    yield Spot(node, value, over)
    match node, value:
        case x.Filtered(operand=inner), _:
            yield from spots(inner, value, over)
        case x.Over(operand=inner), v.Windowed(operand=meant):
            yield from spots(inner, meant, node)
        case (
            (x.Earlier(operand=inner), v.Shifted(operand=meant))
            | (x.Each(operand=inner), v.EachPeriod(operand=meant) | v.EachMember(operand=meant))
            | (x.Default(operand=inner), v.Defaulted(operand=meant))
            | (x.Not(operand=inner) | x.Negate(operand=inner), v.Opposite(operand=meant))
            | (x.PercentOf(operand=inner), v.Converted(operand=meant))
        ):
            yield from spots(inner, meant, over)
        case x.Call(arguments=(inner, *_)), v.Reduced(operand=meant):
            yield from spots(inner, meant, over)
        case (
            x.Binary(left=left, right=right) | x.Compare(left=left, right=right) | x.Logic(left=left, right=right),
            v.Operation(left=a, right=b),
        ):
            yield from spots(left, a, over)
            yield from spots(right, b, over)
        case _:
            return


def _bare(node: x.Expr, value: v.Value) -> v.Value:
    """The value without what the checker wrapped around it: conversions of units, the name it is declared by."""
    core = node
    while isinstance(core, x.Filtered):
        core = core.operand
    while True:
        match value:
            case v.Converted(operand=operand) if not isinstance(core, x.PercentOf):
                value = operand
            case v.Measure(operand=operand) if not isinstance(core, x.NameRef):
                value = operand
            case _:
                return value


def written(node: d.MetricDecl | d.KpiDecl) -> x.Expr | None:
    """How the value of a metric or KPI is written."""
    return next((prop.value for prop in node.properties if isinstance(prop, p.ValueProp)), None)


def expressions(names: Names, model: Model) -> Iterator[tuple[x.Expr, v.Value]]:
    """Every sound expression of the metrics and KPIs: values, bounds and guards."""
    for name, metric in model.metrics.items():
        node = names.named[name].node
        assert isinstance(node, d.MetricDecl)
        value = written(node)
        if value is not None:
            yield value, metric.value.operand if isinstance(metric.value, v.Measure) else metric.value
    for name, kpi in model.kpis.items():
        node = names.named[name].node
        assert isinstance(node, d.KpiDecl)
        value = written(node)
        if value is not None:
            yield value, kpi.value.operand if isinstance(kpi.value, v.Measure) else kpi.value
        bounds = [*kpi.targets, *([kpi.amber] if kpi.amber is not None else [])]
        texts = [
            prop.bound for kind in (d.TargetProp, d.AmberProp) for prop in node.properties if isinstance(prop, kind)
        ]
        for text, bound in zip(texts, bounds, strict=False):
            match text:
                case p.CompareBound(value=edge):
                    yield edge, bound.low
                case p.RangeBound(low=low, high=high):
                    yield low, bound.low
                    if bound.high is not None:
                        yield high, bound.high
        guards = [prop for prop in node.properties if isinstance(prop, d.GuardProp)]
        for guard, meant in zip(guards, kpi.guards, strict=True):
            yield guard.condition, meant.condition
