"""Targets that judge what they were not meant for, and bands that judge nothing."""

from __future__ import annotations

from kpidsl.diagnostics import Fix, Problems
from kpidsl.semantic import values as v
from kpidsl.semantic.bands import known
from kpidsl.semantic.kpi_check import measures
from kpidsl.semantic.model import BoundModel, KpiModel, Model
from kpidsl.semantic.ranges import ANY, Range, is_met_by_all, possible, shown, within
from kpidsl.semantic.scope import Names
from kpidsl.semantic.terms import DISTINCT
from kpidsl.source_text import Span
from kpidsl.syntax import decl_nodes as d

_ADDED_UP = ("count", "sum", *DISTINCT)
_TOTALS = ("flow", "stock", "distinct")
_ONE_OF = ("avg", "median", "min", "max", "percentile", "sum", "first", "last")


def lint_targets(names: Names, model: Model, problems: Problems) -> None:
    """Warn of targets of a KPI that also judge its segments, that every value meets, or leave no room for amber."""
    for name, kpi in model.kpis.items():
        node = names.named[name].node
        assert isinstance(node, d.KpiDecl)
        written = [prop for prop in node.properties if isinstance(prop, d.TargetProp)]
        for prop, target in zip(written, kpi.targets, strict=True):
            _trivial(kpi, target, allowed(kpi.value, model), problems)
            _each_segment(kpi, prop, target, problems)
        _no_amber(kpi, problems)


def allowed(value: v.Value, model: Model) -> Range:
    """Between which numbers a value lies: by how it is made, and by the limits of the metric it is of."""
    found = possible(value)
    for measure in measures(value):
        metric = model.metrics.get(measure.metric)
        if metric is not None and metric.unit == value.info.unit:
            low, high = (known(edge) for edge in metric.limits)
            found = within(found, (low, high))
    return found


def _trivial(kpi: KpiModel, target: BoundModel, values: Range, problems: Problems) -> None:
    if values != ANY and is_met_by_all(target.operator, known(target.low), known(target.high), values):
        problems.warning(
            "K0363",
            "every value meets this target",
            target.span,
            f"the value is {shown(values, kpi.unit)}",
            hint="ask for more, or leave the target out",
        )


def _each_segment(kpi: KpiModel, prop: d.TargetProp, target: BoundModel, problems: Problems) -> None:
    """A total is larger than each of its parts: a number meant for the one is none for the other."""
    edges = [known(edge) for edge in (target.low, target.high) if edge is not None]
    if not kpi.slices or target.whole or kpi.worst_segment or None in edges or not any(edges):
        return
    if kpi.unit.label == "%" or not _is_total(kpi.value):
        return
    by = ", ".join(dict.fromkeys(name for slice_ in kpi.slices for name in slice_))
    end = prop.bound.span.end
    before, after = prop.span.text[: end - prop.span.start], prop.span.text[end - prop.span.start :]
    problems.warning(
        "K0362",
        f"this target also judges each {by}: the number is the same for the whole and for its parts",
        target.span,
        hint=f"write `{before} whole{after}` to judge the whole alone; a percentage, a ratio or a source of plans "
        "gives each part a target of its own",
        fix=Fix("judge the whole alone", Span(prop.span.source, end, end), " whole"),
    )


def _is_total(value: v.Value) -> bool:
    """Whether a part of the rows gives less than all of them: a total, or one of a series of totals over time."""
    if any(part.function not in _ADDED_UP for part in v.aggregates(value)):
        return False
    while len(v.parts(value)) == 1 and value.info.kind not in _TOTALS:
        if isinstance(value, v.Reduced) and (value.function not in _ONE_OF or not _is_over_time(value.operand)):
            return False
        (value,) = v.parts(value)
    return value.info.kind in _TOTALS


def _is_over_time(value: v.Value) -> bool:
    if isinstance(value, v.EachMember):
        return False
    return not value.info.depth or all(_is_over_time(part) for part in v.parts(value))


def _no_amber(kpi: KpiModel, problems: Problems) -> None:
    amber = kpi.amber
    if amber is None or not kpi.targets:
        return
    for target in kpi.targets:
        low, high = known(target.low), known(target.high)
        if low is None or (known(amber.low, low), known(amber.high)) != (low, high):
            return
        if target.operator is not None and amber.operator != target.operator:
            return
    looser = {">": "`amber >= 90% of target`", "<": "`amber <= 110% of target`"}.get(
        (amber.operator or "")[:1], "a wider range"
    )
    problems.warning(
        "K0364",
        "`amber` asks as much as the target, so nothing can ever be amber",
        amber.span,
        also=[(kpi.targets[0].span, "the target")],
        hint=f"a value that misses the target is amber while it still holds a looser bound: {looser}",
    )
