"""Quotients of exact numbers within a row: what is divided by what, to be compared and rounded as they are.

Divided, they are floating-point numbers.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from kpidsl.semantic import rows as r
from kpidsl.semantic.decimals import finite
from kpidsl.semantic.types import DataType

EXACT = (DataType.INTEGER, DataType.DECIMAL)
Quotient = tuple[r.Row, r.Row]


def quotient(row: r.Row) -> Quotient | None:
    """What is divided by what in `a / b`, in `a / b * 100`, `1 - a / b` and so on with constants; None for everything
    else.
    """
    match row:
        case r.Arithmetic(operator="/", left=left, right=right) if left.type in EXACT and right.type in EXACT:
            return left, right
        case r.Arithmetic(operator=operator, left=left, right=r.Constant(type=kind) as other) if kind in EXACT:
            inner = quotient(left)
            return _with(operator, inner, other) if inner is not None else None
        case r.Arithmetic(operator="+" | "*" as operator, left=r.Constant(type=kind) as other, right=right) if (
            kind in EXACT
        ):
            inner = quotient(right)
            return _with(operator, inner, other) if inner is not None else None
        case r.Arithmetic(operator="-", left=r.Constant(type=kind) as other, right=right) if kind in EXACT:
            inner = quotient(right)
            return _with("+", _times(inner, Fraction(-1)), other) if inner is not None else None
        case r.Negative(operand=operand):
            inner = quotient(operand)
            return _times(inner, Fraction(-1)) if inner is not None else None
        case r.Scaled(operand=operand, factor=factor):
            inner = quotient(operand)
            return _times(inner, factor) if inner is not None and finite(factor) is not None else None
        case _:
            return None


def compared(row: r.Row, other: r.Row) -> tuple[r.Row, r.Row, r.Row] | None:
    """Of a quotient that is compared with an exact number, or with a quotient of two constants: what is divided, by
    what, and the product of that with the other side.

    Where one of the two is a constant: a product of two columns may have more digits than a decimal can have. None for
    everything else.
    """
    parts = quotient(row) if row.type is DataType.FLOAT else None
    if parts is None:
        return None
    top, below = parts
    if other.type is DataType.FLOAT:
        match quotient(other):
            case (r.Constant(value=Fraction() as number) as over, r.Constant(value=Fraction() as under)) if under:
                top = _times((top, below), abs(under))[0]
                other = replace(over, value=number if under > 0 else -number)
            case _:
                return None
    if other.type not in EXACT or not (isinstance(other, r.Constant) or isinstance(below, r.Constant)):
        return None
    return top, below, _made("*", other, below)


def _exact_of(*rows: r.Row) -> DataType:
    """The type of a product, sum or difference of exact numbers."""
    return DataType.DECIMAL if any(row.type is DataType.DECIMAL for row in rows) else DataType.INTEGER


def _with(operator: str, parts: Quotient, other: r.Constant) -> Quotient:
    top, below = parts
    match operator:
        case "*":
            return _made("*", top, other), below
        case "/":
            return top, _made("*", below, other)
        case _:
            return _made(operator, top, _made("*", below, other)), below


def _times(parts: Quotient, factor: Fraction) -> Quotient:
    top, below = parts
    kind = top.type if factor.denominator == 1 else DataType.DECIMAL
    return (r.Negative(top.type, top.unit, top) if factor == -1 else r.Scaled(kind, top.unit, top, factor)), below


def _made(operator: str, left: r.Row, right: r.Row) -> r.Row:
    return r.Arithmetic(_exact_of(left, right), left.unit, operator, left, right)
