"""Values made of values: their units and kinds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from kpidsl.semantic import values as v
from kpidsl.semantic.kinds import operation_kind, reduced_kind
from kpidsl.semantic.rows import Constant
from kpidsl.semantic.units import NUMBER, PERCENT, POINTS, Unit, product


def total(operator: str, a: v.Value, b: v.Value, depth: int) -> v.Value:
    """`a + b` or `a - b`, already in one unit."""
    info = v.Info(_total_unit(operator, a, b), operation_kind(operator, a, b), "number", depth)
    return v.Operation(info, operator, a, b)


def _total_unit(operator: str, a: v.Value, b: v.Value) -> Unit:
    """The difference of two measured percentages is in percentage points; `100% - …` is a percentage."""
    labels = (a.info.unit.label, b.info.unit.label)
    constants = isinstance(a, v.Number) or isinstance(b, v.Number)
    if labels == ("%", "%") and operator == "-" and not constants:
        return POINTS
    if set(labels) == {"%", "pp"}:
        return PERCENT
    return a.info.unit if a.info.unit.label or not b.info.unit.label else b.info.unit


def scaled(operator: str, a: v.Value, b: v.Value, depth: int) -> v.Value:
    """`a * b` or `a / b`; what has no dimension left is counted in ones."""
    unit = product(a.info.unit, b.info.unit, 1 if operator == "*" else -1)
    factor = Fraction(1)
    if not unit.dimensions:
        unit, factor = Unit(label=_ratio_label(operator, a, b)), unit.scale
    result: v.Value = v.Operation(v.Info(unit, operation_kind(operator, a, b), "number", depth), operator, a, b)
    return result if factor == 1 else v.Converted(result.info, result, factor)


def _ratio_label(operator: str, a: v.Value, b: v.Value) -> str | None:
    """A percentage times or by a plain number stays one; so does a percentage of a percentage."""
    left, right = a.info.unit.label, b.info.unit.label
    if operator == "/":
        return left if right is None and b.info.unit.is_number else None
    labels = {left, right} - {None}
    return labels.pop() if len(labels) == 1 else None


def in_unit(value: v.Value, unit: Unit) -> v.Value | None:
    """A value in another unit: converted, or a plain number that is given one. None where they do not fit."""
    own = value.info.unit
    if not own.is_number or (own.label is not None and unit.dimensions):
        if not own.fits(unit):
            return None
        return v.Converted(replace(value.info, unit=unit), value, own.factor_to(unit))
    return v.Converted(replace(value.info, unit=unit), value, Fraction(1))


def reduced(function: str, value: v.Value, level: Fraction | None) -> v.Reduced:
    """A vector brought back to one value."""
    unit = {"share": PERCENT, "count": NUMBER, "cagr": PERCENT}.get(function, value.info.unit)
    sort = value.info.sort if function in ("first", "last") else "number"
    info = v.Info(unit, reduced_kind(function, value.info.kind), sort, value.info.depth - 1)
    return v.Reduced(info, function, value, level)


def constant_value(constant: Constant) -> v.Value | None:
    """A param outside of rows; None for a time, which stands only in conditions over rows."""
    match constant.value:
        case bool() as truth:
            return v.BooleanValue(v.Info(NUMBER, "constant", "boolean"), truth)
        case Fraction() as number:
            return v.Number(v.Info(constant.unit, "constant"), number)
        case str() as text:
            return v.TextValue(v.Info(NUMBER, "constant", "text"), text)
        case _:
            return None
