"""How a value may be combined: what kind of number an expression gives."""

from __future__ import annotations

from kpidsl.semantic.values import Kind, Value


def operation_kind(operator: str, a: Value, b: Value) -> Kind:
    """The kind of `a operator b`. A constant changes nothing, but for what divides."""
    left, right = a.info.kind, b.info.kind
    if right == "constant":
        return left
    if left == "constant":
        return "ratio" if operator == "/" else right
    if operator in ("+", "-") and left == right:
        return left
    return "ratio"


def reduced_kind(function: str, kind: Kind) -> Kind:
    """The kind of a vector brought back to one value."""
    match function:
        case "sum" | "count":
            return kind if kind == "flow" else "ratio"
        case "avg" | "stddev" | "slope":
            return "mean"
        case "share" | "cagr":
            return "ratio"
        case "first" | "last":
            return "stock"
        case _:
            return "quantile"
