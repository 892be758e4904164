"""Whether what a key result or a level of evidence asks for can be had at all."""

from __future__ import annotations

from fractions import Fraction

from kpidsl.semantic import goal_model as g
from kpidsl.semantic import values as v
from kpidsl.semantic.bands import known, limit
from kpidsl.semantic.edges import written
from kpidsl.semantic.model import BoundModel
from kpidsl.semantic.ranges import ANY, Range, is_met_by_none, possible, shown, within
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
    """Where a value lies, by what it is and by the `limits` of the metric it is; the place of these, if any."""
    found, stated = possible(value), None
    part = value
    while isinstance(part, v.Measure | v.Windowed | v.Shifted | v.Preceding):
        node = values.names.named[part.metric].node if isinstance(part, v.Measure) else None
        for prop in node.properties if isinstance(node, MetricDecl) else ():
            if isinstance(prop, LimitsProp) and part.info.unit == value.info.unit:
                unit = part.info.unit
                low, high = (limit(edge, unit, values.units, values.problems) for edge in (prop.low, prop.high))
                found, stated = within(found, (low, high)), stated or prop.span
        part = part.operand
    return found, stated


def check_reachable(aim: g.ChangeModel | g.ReachModel | g.KeepModel, prop: Node, values: ValueChecker) -> None:
    """Report a target or baseline that the value can never have. Raises `Invalid`."""
    lies, limits = value_range(aim.value, values)
    if lies == ANY:
        return
    unit = aim.value.info.unit
    if not isinstance(aim, g.KeepModel):
        start = known(aim.baseline)
        if start is not None and is_met_by_none(None, start, start, lies):
            _report(f"this can never have been {written(start, unit)}", lies, unit, prop.span, limits, values)
    if not isinstance(aim, g.ChangeModel):
        check_bound(aim.bound, aim.value, "this bound", values)
        return
    upwards = aim.direction == "increase"
    operator = (">" if aim.strict else ">=") if upwards else ("<" if aim.strict else "<=")
    end = known(aim.target)
    if end is not None:
        if is_met_by_none(operator, end, None, lies):
            side = "" if not aim.strict else "above " if upwards else "below "
            _report(f"this can never be {side}{written(end, unit)}", lies, unit, prop.span, limits, values, operator)
    elif aim.delta is not None and aim.target is None:
        _check_delta(aim.delta, upwards, lies, unit, prop.span, limits, values)


def _check_delta(
    delta: g.DeltaModel, upwards: bool, lies: Range, unit: Unit, span: Span, limits: Span | None, values: ValueChecker
) -> None:
    """From a baseline that only data knows."""
    low, high = lies
    if delta.measure != "relative":
        if low is not None and high is not None and delta.size > high - low:
            _report("this can never change by so much", lies, unit, span, limits, values)
    elif not upwards and delta.size > 1 and low is not None and low >= 0:
        _report("nothing falls by more than all of it", lies, unit, span, limits, values)


def check_bound(bound: BoundModel, value: v.Value, what: str, values: ValueChecker) -> None:
    """Report a bound that no number the value can have meets. Raises `Invalid`."""
    lies, limits = value_range(value, values)
    if is_met_by_none(bound.operator, known(bound.low), known(bound.high), lies):
        _report(f"no value can meet {what}", lies, value.info.unit, bound.span, limits, values, bound.operator)


def _report(
    message: str,
    lies: Range,
    unit: Unit,
    span: Span,
    limits: Span | None,
    values: ValueChecker,
    operator: str | None = None,
) -> None:
    hint = "mend the number or the limits" if limits is not None else "mend the number, or what is measured"
    edge = lies[0] if operator == "<" else lies[1] if operator == ">" else None
    if edge is not None:
        hint += f"; to arrive at {written(edge, unit)}, write `{operator}= {written(edge, unit)}`"
    values.problems.error(
        "K0352", message, span, f"the value is {shown(lies, unit)}",
        also=[(limits, "the limits")] if limits is not None else [], hint=hint,
    )  # fmt: skip
    raise Invalid
