"""Numbers a value is held against: brought to its unit, and written for people."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from kpidsl.semantic import model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.numbers import check_fit, unit_mismatch
from kpidsl.semantic.units import NUMBER, Unit
from kpidsl.semantic.value_check import Around, ValueChecker
from kpidsl.semantic.windowing import check_windows
from kpidsl.semantic.windows import Invalid
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import shared_nodes as p
from kpidsl.syntax.node import Name

ORDERED = (">=", ">", "<=", "<")


def edge_in_unit(node: x.Expr, value: v.Value, around: Around, values: ValueChecker, place: Name) -> v.Value:
    """One edge of a bound, in the unit of the value; `place` names what it is of. Raises `Invalid`."""
    found = values.number(node, around)
    check_windows(found, node, values.problems)
    unit = value.info.unit
    if not found.info.unit.fits(unit) and not (isinstance(found, v.Number) and found.number == 0):
        unit_mismatch(unit, found.info.unit, node.span, values.problems, (node,))
        raise Invalid
    own = x.NameRef(place.text, span=place.span)  # the value's own number is never a literal
    check_fit(unit, found.info.unit, (own, node), node.span, values.problems)
    factor = found.info.unit.factor_to(unit) if found.info.unit.fits(unit) else Fraction(1)
    if factor == 1:
        return found
    info = replace(found.info, unit=unit)
    return v.Number(info, found.number * factor) if isinstance(found, v.Number) else v.Converted(info, found, factor)


def bound_model(
    bound: p.Bound, value: v.Value, around: Around, values: ValueChecker, place: Name
) -> m.BoundModel:  # fmt: skip
    """A bound without a date, as written. Raises `Invalid`."""
    match bound:
        case p.CompareBound(operator=operator, value=node):
            if operator not in ORDERED:
                values.stop(
                    "K0350", f"`{operator}` gives no direction", bound.span, "use `>=` or `<=`, or a range: `18..22`"
                )
            return m.BoundModel(
                operator, edge_in_unit(node, value, around, values, place), None, None, False, bound.span
            )
        case p.RangeBound(low=low, high=high):
            # The unit of both stands behind the last one, so a missing one is missed there.
            last = edge_in_unit(high, value, around, values, place)
            first = edge_in_unit(low, value, around, values, place)
            return m.BoundModel(None, first, last, None, False, bound.span)


def as_percentage(value: v.Value, against: tuple[v.Value | None, ...]) -> v.Value:
    """A plain number that is held against percentages alone is shown as one."""
    labels = {one.info.unit.label for one in against if one is not None}
    if value.info.unit == NUMBER and value.info.unit.label is None and labels == {"%"}:
        return replace(value, info=replace(value.info, unit=Unit(label="%")))
    return value


def written(number: Fraction, unit: Unit) -> str:
    """A number as a spec writes it: `5_500 EUR`, `86.25%`; digits beyond six decimals are left out."""
    label = unit.label
    if label in ("%", "pp"):
        number *= 100
    shown = Decimal(round(number * 10**6)).scaleb(-6)
    text = f"{shown:,f}".replace(",", "_")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if label in ("%", "pp"):
        return f"{text}{label}"
    return f"{text} {label}" if label is not None else text
