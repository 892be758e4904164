"""Counts of conditions, which count what meets them and what does not."""

from __future__ import annotations

from kpidsl.diagnostics import Problems
from kpidsl.semantic import values as v
from kpidsl.semantic.lints.walk import Spot
from kpidsl.semantic.types import DataType
from kpidsl.syntax import expr_nodes as x


def lint_counts(spot: Spot, problems: Problems) -> None:
    """Warn of `count(amount > 50) from orders` and of `count(sales each day > 50)`: neither looks at the answers."""
    match spot.node, spot.value:
        case (
            x.Aggregation(call=x.Call(arguments=(condition,)) as call, source=source, where=where),
            v.Aggregate(function="count", argument=row),
        ) if row is not None and row.type is DataType.BOOLEAN:
            rows = f"count() from {source.text} where {_with(where)}"
            problems.warning(
                "K0378",
                "this counts the rows in which the condition does not hold as well",
                call.span,
                "all rows of which it is known",
                hint=f"write `{rows}{_text(condition) if where is None else _in_parentheses(condition)}`; "
                f"if all are meant, `{rows}{_as_a_whole(condition)} is not null`",
            )
        case x.Call(arguments=(condition,)) as call, v.Reduced(function="count", operand=series) if (
            series.info.sort == "boolean"
        ):
            piece = v.axes(series)[0] if v.axes(series) else "part"
            problems.warning(
                "K0378",
                f"this counts each {piece}, whether the condition holds or not",
                call.span,
                hint=f"write `share({_text(condition)})`: of how many of them it holds",
            )
        case _:
            return


def _with(where: x.Expr | None) -> str:
    return "" if where is None else f"{_in_parentheses(where)} and "


def _in_parentheses(node: x.Expr) -> str:
    return f"({_text(node)})" if isinstance(node, x.Logic) else _text(node)


def _as_a_whole(node: x.Expr) -> str:
    return _text(node) if isinstance(node, x.NameRef) else f"({_text(node)})"


def _text(node: x.Expr) -> str:
    return " ".join(node.span.text.split())
