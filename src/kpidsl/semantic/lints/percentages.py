"""Percentages that numbers are held against which are none: a count, a sum without a unit, a hundred times a ratio."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from kpidsl.diagnostics import Problems
from kpidsl.semantic import goal_model as m
from kpidsl.semantic import outcome_model as o
from kpidsl.semantic import rows as r
from kpidsl.semantic import values as v
from kpidsl.semantic.lints.walk import Spot
from kpidsl.semantic.model import BoundModel, KpiModel, MetricModel, Model
from kpidsl.semantic.scope import Names
from kpidsl.semantic.terms import DISTINCT
from kpidsl.source_text import Span
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax import shared_nodes as p

_COUNTS = ("count", "conversions", *DISTINCT)
_KEEP_THE_UNIT = ("sum", "avg", "min", "max", "median", "percentile", "first", "last", "stddev")
_PER = re.compile(r"([\d_.]+[kM]?)\s+per\s+(\d[\d_]*)")
_HUNDRED = Fraction(100)
_CHANGE = "for a change write `120% of previous`"
_COLUMN = "where the column holds percentages, say so in its source: `column NAME: %`"


def lint_percentages(names: Names, model: Model, problems: Problems) -> None:
    """Warn, once for each KPI, metric, key result and piece of evidence, of a percentage that does not fit."""
    told: set[int] = set()
    for value, places in _judged(names, model):
        _lint_quotients(value, places, problems)
        found = _found(value)
        if found is None:
            continue
        place = next((span for edge, span in places if edge is None or _is_percentage(edge)), None)
        if place is not None:
            told.add(id(value))
            problems.warning("K0377", found[0], place, hint=found[1])
    measured: list[MetricModel | KpiModel] = [*model.metrics.values(), *model.kpis.values()]
    for made in measured:
        if id(made.value) in told or not _is_percentage(made.value) or not _is_a_hundred_times_itself(made.value):
            continue
        found = _found(made.value)
        place = next(
            (one.value.span for one in _properties(names.named[made.name].node) if isinstance(one, p.ValueProp)), None
        )
        if found is not None and place is not None:
            problems.warning("K0377", found[0], place, hint=found[1])


def _lint_quotients(value: v.Value, places: list[tuple[v.Value | None, Span]], problems: Problems) -> None:
    """Warn of `<= 50 per 100_000` where the value is a hundred thousand times a ratio already."""
    for _, place in places:
        written = _PER.search(place.text)
        number = Fraction(written[2].replace("_", "")) if written is not None else Fraction(1)
        if written is not None and number > 1 and _is_so_many_times(value, number):
            problems.warning(
                "K0377",
                f"this is held against a part of 1, and the value is {written[2]} times a ratio",
                place,
                hint=f"write `{written[1]}` alone, or leave the `{written[2]}` out of the value",
            )
            return


def lint_compared(spot: Spot, problems: Problems) -> None:
    """Warn of `paid >= 50%` where `paid` is a count."""
    if not isinstance(spot.node, x.Compare) or not isinstance(spot.value, v.Operation):
        return
    sides = spot.value.left, spot.value.right
    for value, edge in (sides, sides[::-1]):
        found = _found(value) if _is_percentage(edge) else None
        if found is not None:
            problems.warning("K0377", found[0], spot.node.span, hint=found[1])
            return


def _judged(names: Names, model: Model) -> Iterator[tuple[v.Value, list[tuple[v.Value | None, Span]]]]:
    """Each value with what it is held against and where; None where its own unit is written."""
    for name, metric in model.metrics.items():
        yield metric.value, _units(names.named[name].node)
    for name, kpi in model.kpis.items():
        bounds = [*kpi.targets, *([kpi.amber] if kpi.amber is not None else [])]
        yield kpi.value, [*_units(names.named[name].node), *(one for bound in bounds for one in _edges(bound))]
    for name, objective in model.objectives.items():
        aims = _aims(names.named[name].node)
        for result in objective.key_results:
            match result.aim:
                case m.ChangeModel(value=value, baseline=start, target=end):
                    place = aims[result.name.rpartition(".")[2]]
                    yield value, [(one, place) for one in (start, end) if one is not None]
                case m.ReachModel(value=value, bound=bound) | m.KeepModel(value=value, bound=bound):
                    yield value, _edges(bound)
                case _:
                    pass
    for outcome in model.outcomes.values():
        for evidence in outcome.evidence:
            if isinstance(evidence.finding, o.MeasuredModel):
                edges = [one for level in evidence.finding.levels for one in _edges(level.bound)]
                yield evidence.finding.value, edges


def _properties(node: object) -> tuple[object, ...]:
    return node.properties if isinstance(node, d.MetricDecl | d.KpiDecl) else ()


def _units(node: object) -> list[tuple[v.Value | None, Span]]:
    return [(None, one.span) for one in _properties(node) if isinstance(one, d.UnitProp) and one.unit.text == "%"]


def _aims(node: object) -> dict[str, Span]:
    """Where each key result of an objective says what it changes."""
    results = [one for one in getattr(node, "properties", ()) if isinstance(one, g.KeyResultDecl)]
    return {one.name.text: prop.span for one in results for prop in one.properties if isinstance(prop, g.ChangeProp)}


def _edges(bound: BoundModel) -> list[tuple[v.Value | None, Span]]:
    return [(edge, bound.span) for edge in (bound.low, bound.high) if edge is not None]


def _is_percentage(value: v.Value) -> bool:
    return value.info.unit.is_number and value.info.unit.label == "%"


def _found(value: v.Value) -> tuple[str, str] | None:
    """What is wrong with a value as a percentage, and what to write instead; None where nothing is known to be."""
    function = _amount(value)
    if function == "sum":
        return (
            "a sum without a unit is taken for a percentage: 100% is 1 here",
            f"leave the `%` out, or divide the sum by the whole; {_CHANGE}; {_COLUMN}",
        )
    if function is not None:
        return (
            "a count is taken for a percentage: 100% is 1 here",
            f"leave the `%` out, or count in parts of the whole: `share(CONDITION) from …`; {_CHANGE}",
        )
    if _is_so_many_times(value, _HUNDRED):
        return (
            "a hundred times a ratio is taken for a percentage: a half would be 5,000%",
            "leave the `100` out: a ratio that is held against a percentage is shown as one",
        )
    return None


def _amount(value: v.Value) -> str | None:
    """The function that counts or adds up without a unit, where a value is nothing else; None for all others."""
    match value:
        case v.Aggregate(function=function) if function in _COUNTS:
            return function
        case v.Aggregate(function="sum", argument=row) if row is not None and row.unit.label is None:
            return "sum" if row.unit.is_number and not _divides(row) else None
        case v.RowCount():
            return "count"
        case v.Operation(operator="+" | "-", left=left, right=right):
            of_left = _amount(left)
            return of_left if of_left is not None and of_left == _amount(right) else None
        case v.Reduced(function="count"):
            return "count"
        case v.Reduced(function=function) if function not in _KEEP_THE_UNIT:
            return None
        case v.Converted(factor=factor) if factor != 1:
            return None
        case _:
            parts = v.parts(value)
            return _amount(parts[0]) if len(parts) == 1 else None


def _divides(row: r.Row) -> bool:
    match row:
        case r.Arithmetic(operator="/"):
            return True
        case r.Arithmetic(left=left, right=right):
            return _divides(left) or _divides(right)
        case _:
            return not isinstance(row, r.ColumnValue | r.Constant)


def _is_a_hundred_times_itself(value: v.Value) -> bool:
    """Whether that is written here, and not in a metric that is named."""
    inner = value.operand if isinstance(value, v.Measure) else value
    while isinstance(inner, v.Windowed | v.Converted | v.Defaulted):
        inner = inner.operand
    return isinstance(inner, v.Operation) and _is_so_many_times(inner, _HUNDRED)


def _is_so_many_times(value: v.Value, number: Fraction) -> bool:
    match value:
        case v.Operation(operator="*", left=left, right=right):
            return any(_is(a, number) and _is_quotient(b) for a, b in ((left, right), (right, left)))
        case v.Operation(operator="/", left=left, right=right):  # `100 * a / b` is read as `(100 * a) / b`
            return (
                isinstance(left, v.Operation)
                and left.operator == "*"
                and any(_is(a, number) and _amount(b) is not None for a, b in _both(left))
                and _amount(right) is not None
            )
        case _:
            parts = v.parts(value)
            return len(parts) == 1 and _is_so_many_times(parts[0], number)


def _both(value: v.Operation) -> tuple[tuple[v.Value, v.Value], ...]:
    return (value.left, value.right), (value.right, value.left)


def _is(value: v.Value, number: Fraction) -> bool:
    return isinstance(value, v.Number) and value.info.unit.label is None and value.number == number


def _is_quotient(value: v.Value) -> bool:
    """Whether a value is a part of a whole: a quotient of two amounts, or a percentage by itself."""
    match value:
        case v.Operation(operator="/", left=left, right=right):
            return left.info.unit.fits(right.info.unit)
        case v.Aggregate():
            return value.info.unit.label == "%"
        case _:
            parts = v.parts(value)
            return len(parts) == 1 and _is_quotient(parts[0])
