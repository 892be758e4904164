"""From names to the model: everything that can be known without data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from kpidsl.diagnostics import Problems, Severity, did_you_mean
from kpidsl.semantic import model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.goals import check_goals
from kpidsl.semantic.in_parts import of_text
from kpidsl.semantic.kpi_check import KpiChecker
from kpidsl.semantic.lints import lint
from kpidsl.semantic.numbers import check_fit, unit_mismatch
from kpidsl.semantic.of_data import is_of_data
from kpidsl.semantic.params import Params, check_params
from kpidsl.semantic.properties import META, about, once
from kpidsl.semantic.scope import Names
from kpidsl.semantic.settings import check_calendar
from kpidsl.semantic.sources import Sources
from kpidsl.semantic.standalone import Standalone
from kpidsl.semantic.types import Schema
from kpidsl.semantic.units import UnitTable, UnknownUnit
from kpidsl.semantic.value_check import Around, ValueChecker
from kpidsl.semantic.windowing import is_standalone
from kpidsl.semantic.windows import Invalid
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import shared_nodes as p
from kpidsl.syntax.setting_nodes import GoalDecl, UnitDecl

GOAL_KINDS = ("mission", "vision", "strategy", "goal")
METRIC_ONCE = (*META, p.ValueProp, d.UnitProp, d.IndicatorProp, d.LimitsProp)


def check(
    names: Names,
    problems: Problems,
    *,
    schemas: Mapping[str, Schema | None],
    params: Mapping[str, str],
    library: Callable[[], Iterable[UnitDecl]],
) -> m.Model:
    """The model of a spec set. `schemas` are the columns of its sources, where known; `library` the standard units.

    What is wrong is reported; a metric or KPI that only the data makes impossible is among the model's `failed`.
    Raises `UsageError` for a param in `params` that the spec does not declare.
    """
    calendar = check_calendar(names, problems)
    standard = tuple(library())
    units = UnitTable(names.units, standard)
    currencies = {one.name.text for one in standard if is_currency_declaration(one)}
    for unit in names.units:
        if unit.name.text in currencies and not is_currency_declaration(unit):
            problems.error(
                "K0311", f"`{unit.name.text}` is a currency of the standard library, and not declared anew", unit.span,
                hint="leave the line out, or choose another name; currencies do not convert by themselves: multiply by "
                "a rate from a source of rates",
            )  # fmt: skip
            continue
        try:
            units.named(unit.name.text)
        except UnknownUnit as error:
            problems.error(
                "K0311", f"the unit `{unit.name.text}` is defined by `{error}`, which is no unit", unit.span,
                hint=did_you_mean(error.name, units.names)
                or f"write `unit {unit.name.text}` alone, or declare `unit {error.name}` as well"
                if error.name not in units.names
                else "define it by units that exist, and not by itself",
            )  # fmt: skip
    for declared in names.named.values():
        if isinstance(declared.node, GoalDecl) and declared.node.kind is not None:
            kind = declared.node.kind
            if kind.text not in GOAL_KINDS:
                hint = did_you_mean(kind.text, GOAL_KINDS) or f"use {', '.join(GOAL_KINDS)}"
                problems.error("K0303", f"`{kind.text}` is no kind of goal", kind.span, hint=hint)
    constants = check_params(names, units, calendar, params, problems)
    sources = Sources(names, units, calendar, Params(names, constants), schemas, problems)
    failed: dict[str, m.Failed] = {}
    standalone = Standalone(names)
    metrics: dict[str, m.MetricModel] = {}
    kpis: dict[str, m.KpiModel] = {}
    models = {name: sources.model(name) for name in names.sources}
    shared = ValueChecker(names, sources, Problems())
    for name, declared in names.named.items():
        own = Problems()
        shared.problems = own
        metric: m.MetricModel | None = None
        kpi: m.KpiModel | None = None
        if isinstance(declared.node, d.MetricDecl):
            metric = _metric(Declared(name, declared.namespace, declared.node), shared, own)
        elif isinstance(declared.node, d.KpiDecl):
            kpi = KpiChecker(Declared(name, declared.namespace, declared.node), shared, own).check()
        else:
            continue
        if metric is not None and not own.has_errors:
            metrics[name] = metric
        elif kpi is not None and not own.has_errors:
            kpis[name] = kpi
        else:
            failed[name] = _failed(Declared(name, declared.namespace, declared.node), standalone, own, shared)
        for diagnostic in own:
            problems.add(diagnostic)
    goals = check_goals(names, shared, problems)
    for found in sources.problems_of.values():
        for diagnostic in found:
            problems.add(diagnostic)
    model = m.Model(
        calendar,
        {name: constant.value for name, constant in constants.items()},
        {name: source for name, source in models.items() if source is not None},
        metrics,
        kpis,
        tuple(names.named),
        failed | goals.failed,
        goals.objectives,
        goals.outcomes,
        goals.policies,
        goals.scorecards,
    )
    lint(names, model, sources, problems)
    return model


def is_currency_declaration(unit: UnitDecl) -> bool:
    return unit.kind is not None and unit.kind.text == "currency"


def _metric(declared: Declared[d.MetricDecl], values: ValueChecker, problems: Problems) -> m.MetricModel | None:
    node = declared.node
    once(node, METRIC_ONCE, problems)
    indicator = _indicator(node, problems)
    if not any(isinstance(prop, p.ValueProp) for prop in node.properties):
        problems.error(
            "K0301",
            f"metric `{declared.name}` has no value",
            node.name.span,
            hint="add `value sum(COLUMN) from SOURCE`",
        )
        return None
    try:
        value = values.measure(declared.name, node.name.span)
    except Invalid:
        return None
    dimensions: list[str] = []
    limits: tuple[v.Value | None, v.Value | None] = (None, None)
    changed = tuple((prop.on, prop.note.value) for prop in node.properties if isinstance(prop, d.ChangedProp))
    for prop in node.properties:
        try:
            match prop:
                case p.ByProp(dimensions=names):
                    for name in names:
                        values.sliceable(value, name.text, name.span)
                        dimensions.append(name.text)
                case d.LimitsProp(low=low, high=high):
                    limits = (_limit(low, value, values), _limit(high, value, values))
                    edges = [edge.number for edge in limits if isinstance(edge, v.Number)]
                    if edges[1:] and edges[0] > edges[1]:
                        values.stop("K0351", "these limits are empty: they end below where they start", prop.span)
                case _:
                    pass
        except Invalid:
            continue
    return m.MetricModel(
        declared.name,
        about(node),
        value,
        value.info.unit,
        tuple(dimensions),
        indicator,
        limits,
        changed,
        value.info.depth == 0 and is_standalone(value),
        node.name.span,
    )


def _indicator(node: d.MetricDecl, problems: Problems) -> str | None:
    """Leading or lagging, where it is said; another word is a problem."""
    word = next((prop.kind for prop in node.properties if isinstance(prop, d.IndicatorProp)), None)
    if word is None or word.text in ("leading", "lagging"):
        return None if word is None else word.text
    problems.error(
        "K0303", f"`{word.text}` is no kind of indicator", word.span, hint="use `leading` or `lagging`",
    )  # fmt: skip
    return None


def _limit(node: x.Expr | None, value: v.Value, values: ValueChecker) -> v.Value | None:
    """A limit in the metric's unit. Raises `Invalid`."""
    if node is None:
        return None
    limit = values.number(node, Around(""))
    unit = value.info.unit
    if not isinstance(limit, v.Number):
        values.stop("K0304", "a limit is a number", node.span, "write it out: `limits 0..100`")
    if limit.number == 0:
        return v.Number(replace(limit.info, unit=unit), limit.number)
    if not limit.info.unit.fits(unit):
        unit_mismatch(unit, limit.info.unit, node.span, values.problems, (node,))
        raise Invalid
    check_fit(unit, limit.info.unit, (x.Null(span=node.span), node), node.span, values.problems)
    return v.Number(replace(limit.info, unit=unit), limit.number * limit.info.unit.factor_to(unit))


def _failed(
    declared: Declared[d.MetricDecl | d.KpiDecl], standalone: Standalone, own: Problems, values: ValueChecker
) -> m.Failed:
    """What cannot be computed, with the problems it comes from, those of the sources it reads included."""
    node = declared.node
    found = tuple(diagnostic for diagnostic in own if diagnostic.severity is Severity.ERROR)
    is_metric = isinstance(node, d.MetricDecl)
    alone = is_metric and standalone.seems(declared.name)
    kind = "metric" if is_metric else "kpi"
    info: v.Info | None = None
    if found and all(map(is_of_data, found)):
        with suppress(Invalid):
            info = of_text(values).measure(declared.name, node.name.span).info
    return m.Failed(kind, declared.name, about(node), found, node.name.span, alone, info=info)
