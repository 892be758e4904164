"""Bands that contradict each other, as far as their numbers are known without data."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from kpidsl.diagnostics import Problems
from kpidsl.semantic import values as v
from kpidsl.semantic.model import BoundModel
from kpidsl.semantic.numbers import quantity_value
from kpidsl.semantic.ranges import is_met_by_none, nearest, possible, shown
from kpidsl.semantic.units import Unit, UnitTable
from kpidsl.semantic.windows import Invalid
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.decl_nodes import LimitsProp


def known(value: v.Value | None, target: Fraction | None = None) -> Fraction | None:
    """The number of a bound that needs no data; `target` stands for the target's."""
    match value:
        case v.Number(number=number):
            return number
        case v.TargetValue():
            return target
        case v.Converted(operand=operand, factor=factor):
            inner = known(operand, target)
            return None if inner is None else inner * factor
        case v.Opposite(operand=operand):
            inner = known(operand, target)
            return None if inner is None else -inner
        case v.Operation(operator=operator, left=left, right=right):
            a, b = known(left, target), known(right, target)
            if a is None or b is None or operator not in "+-*/" or (operator == "/" and b == 0):
                return None
            return {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else a}[operator]
        case _:
            return None


def check_bands(targets: Sequence[BoundModel], amber: BoundModel | None, problems: Problems) -> None:
    """An amber bound that is stricter than the target, or looks the other way, is an error; so is an empty range."""
    for bound in (*targets, *([amber] if amber is not None else [])):
        low, high = known(bound.low), known(bound.high)
        if bound.operator is None and low is not None and high is not None and low > high:
            problems.error(
                "K0351", "this range is empty: it ends below where it starts", bound.span, hint="turn it round"
            )
    if amber is None:
        return
    for target in targets:
        if (target.operator or "..")[0] != (amber.operator or "..")[0]:
            problems.error(
                "K0351",
                "the target and `amber` look different ways",
                amber.span,
                also=[(target.span, "the target")],
                hint="give both the same sign: `target >= 90%` goes with `amber >= 80%`",
            )
        elif stricter(amber, target):
            problems.error(
                "K0351",
                "`amber` is stricter than the target, so nothing can ever be amber",
                amber.span,
                also=[(target.span, "the target")],
                hint=f"a value that misses the target is amber while it still holds a looser bound: {_looser(target)}",
            )


def _looser(target: BoundModel) -> str:
    """An amber bound that goes with a target."""
    edge = known(target.low)
    if target.operator is None or edge is None or edge <= 0:
        return "one that holds wherever the target does"
    return "`amber >= 90% of target`" if target.operator[0] == ">" else "`amber <= 110% of target`"


def stricter(amber: BoundModel, target: BoundModel) -> bool:
    edge = known(target.low)
    low, high = known(amber.low, edge), known(amber.high, edge)
    if target.operator is None:
        top = known(target.high)
        return None not in (low, high, edge, top) and (low > edge or high < top)  # type: ignore[operator]
    if low is None or edge is None:
        return False
    return low > edge if target.operator[0] == ">" else low < edge


def check_limits(
    limits: LimitsProp, unit: Unit, targets: Sequence[BoundModel], units: UnitTable, problems: Problems
) -> bool:
    """Whether some value within the metric's limits can meet each target."""
    low, high = (limit(edge, unit, units, problems) for edge in (limits.low, limits.high))
    fine = True
    for target in targets:
        edge, top = known(target.low), known(target.high)
        operator = target.operator or ".."
        impossible = (
            (operator == ">=" and edge is not None and high is not None and edge > high)
            or (operator == ">" and edge is not None and high is not None and edge >= high)
            or (operator == "<=" and edge is not None and low is not None and edge < low)
            or (operator == "<" and edge is not None and low is not None and edge <= low)
            or (operator == ".." and edge is not None and high is not None and edge > high)
            or (operator == ".." and top is not None and low is not None and top < low)
        )
        if impossible:
            problems.error(
                "K0352",
                "no value within the metric's limits can meet this target",
                target.span,
                also=[(limits.span, "the limits")],
                hint="mend the target or the limits",
            )
            fine = False
    return fine


def check_possible(value: v.Value, targets: Sequence[BoundModel], problems: Problems) -> bool:
    """Whether some number that the value can be at all meets each target: a count is never below 0."""
    values = possible(value)
    fine = True
    for target in targets:
        if is_met_by_none(target.operator, known(target.low), known(target.high), values):
            problems.error(
                "K0352", "no value can meet this target", target.span, f"the value is {shown(values, value.info.unit)}",
                hint=nearest(target.operator, values, value.info.unit),
            )  # fmt: skip
            fine = False
    return fine


def limit(node: x.Expr | None, unit: Unit, units: UnitTable, problems: Problems) -> Fraction | None:
    """A limit in the metric's unit, where it is a literal."""
    negative = isinstance(node, x.Negate)
    inner = node.operand if isinstance(node, x.Negate) else node
    if not isinstance(inner, x.Quantity):
        return None
    try:
        number, written = quantity_value(inner, units, problems)
    except Invalid:
        return None
    if written.fits(unit):
        number *= written.factor_to(unit)
    return -number if negative else number
