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
    """Of a quotient that is compared with an exact number or another quotient: `top`, `below` and `product`, so that
    `row >= other` is `top >= product` where `below` is positive, and turned round where it is negative.

    None for everything else.
    """
    parts = quotient(row) if row.type is DataType.FLOAT else None
    if parts is None:
        return None
    top, below = parts
    if other.type in EXACT:
        return top, below, _made("*", other, below)
    match quotient(other):
        case (r.Constant(value=Fraction() as number) as over, r.Constant(value=Fraction() as under)):
            if not under:
                return None
            other = replace(over, value=number if under > 0 else -number)
            return _times((top, below), abs(under))[0], below, _made("*", other, below)
        case (over, under):
            return _made("*", top, under), _made("*", below, under), _made("*", over, below)
        case _:
            return None


def is_sure(row: r.Row) -> bool:
    """Whether what is multiplied in a row has room for all digits: at most one of the factors is no constant."""
    match row:
        case r.Arithmetic(operator="*", left=left, right=right):
            one_constant = isinstance(left, r.Constant) or isinstance(right, r.Constant)
            return one_constant and is_sure(left) and is_sure(right)
        case _:
            return True


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
