"""Whether what a key result or a level of evidence asks for can be had at all."""

from __future__ import annotations

from fractions import Fraction

from kpidsl.semantic import goal_model as g
from kpidsl.semantic import values as v
from kpidsl.semantic.bands import known, limit
from kpidsl.semantic.edges import written
from kpidsl.semantic.model import BoundModel
from kpidsl.semantic.ranges import ANY, Range, range_of
from kpidsl.semantic.units import Unit
from kpidsl.semantic.value_check import ValueChecker
from kpidsl.semantic.windows import Invalid
from kpidsl.source_text import Span
from kpidsl.syntax.decl_nodes import LimitsProp, MetricDecl
from kpidsl.syntax.node import Node


def meets(bound: BoundModel, number: Fraction) -> bool:
    """Whether a number satisfies a bound, as far as that is known without data."""
    low, high = known(bound.low), known(bound.high)
    if low is None:
        return False
    match bound.operator:
        case ">=":
            return number >= low
        case ">":
            return number > low
        case "<=":
            return number <= low
        case "<":
            return number < low
        case _:
            return high is not None and low <= number <= high


def value_range(value: v.Value, values: ValueChecker) -> tuple[Range, Span | None]:
    """Where a value lies, by what it is and by the `limits` of its metrics; the first of these, if any."""
    stated: list[Span] = []

    def declared(measure: v.Measure) -> Range:
        node = values.names.named[measure.metric].node
        for prop in node.properties if isinstance(node, MetricDecl) else ():
            if isinstance(prop, LimitsProp):
                stated.append(prop.span)
                unit = measure.info.unit
                edges = (limit(edge, unit, values.units, values.problems) for edge in (prop.low, prop.high))
                return Range(*edges)
        return ANY

    found = range_of(value, declared)
    return found, stated[0] if stated else None


def check_reachable(aim: g.ChangeModel | g.ReachModel | g.KeepModel, prop: Node, values: ValueChecker) -> None:
    """Report a target or baseline that the value can never have. Raises `Invalid`."""
    lies, limits = value_range(aim.value, values)
    if not lies.is_known:
        return
    unit = aim.value.info.unit
    if not isinstance(aim, g.KeepModel):
        start = known(aim.baseline)
        if start is not None and not lies.holds(start):
            _report(f"this can never have been {written(start, unit)}", lies, unit, prop.span, limits, values)
    if not isinstance(aim, g.ChangeModel):
        check_bound(aim.bound, aim.value, "this bound", values)
        return
    upwards = aim.direction == "increase"
    operator = (">" if aim.strict else ">=") if upwards else ("<" if aim.strict else "<=")
    end = known(aim.target)
    if end is not None:
        if not lies.can_meet(operator, end):
            _report(f"this can never be {written(end, unit)}", lies, unit, prop.span, limits, values, operator)
    elif aim.delta is not None and aim.target is None:
        _check_delta(aim.delta, upwards, lies, unit, prop.span, limits, values)


def _check_delta(
    delta: g.DeltaModel, upwards: bool, lies: Range, unit: Unit, span: Span, limits: Span | None, values: ValueChecker
) -> None:
    """From a baseline that only data knows."""
    if delta.measure != "relative":
        if lies.low is not None and lies.high is not None and delta.size > lies.high - lies.low:
            _report("this can never change by so much", lies, unit, span, limits, values)
    elif not upwards and delta.size > 1 and lies.low is not None and lies.low >= 0:
        _report("nothing falls by more than all of it", lies, unit, span, limits, values)


def check_bound(bound: BoundModel, value: v.Value, what: str, values: ValueChecker) -> None:
    """Report a bound that no number the value can have meets. Raises `Invalid`."""
    lies, limits = value_range(value, values)
    low, high = known(bound.low), known(bound.high)
    operator = bound.operator
    if operator is not None:
        impossible = low is not None and not lies.can_meet(operator, low)
    else:
        impossible = (low is not None and not lies.can_meet(">=", low)) or (
            high is not None and not lies.can_meet("<=", high)
        )
    if impossible:
        _report(f"no value can meet {what}", lies, value.info.unit, bound.span, limits, values, operator)


def _report(
    message: str,
    lies: Range,
    unit: Unit,
    span: Span,
    limits: Span | None,
    values: ValueChecker,
    operator: str | None = None,
) -> None:
    low, high = (None if edge is None else written(edge, unit) for edge in (lies.low, lies.high))
    if low is not None and high is not None:
        place = f"it lies between {low} and {high}"
    else:
        place = f"it is {low} at the least" if low is not None else f"it is {high} at the most"
    hint = "mend the number or the limits" if limits is not None else "mend the number, or what is measured"
    if operator in (">", "<") and (edge := low if operator == "<" else high) is not None:
        hint += f"; to arrive at {edge}, write `{operator}= {edge}`"
    values.problems.error(
        "K0352", message, span, place, also=[(limits, "the limits")] if limits is not None else [], hint=hint
    )
    raise Invalid
