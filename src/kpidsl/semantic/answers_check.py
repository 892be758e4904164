"""Survey measures checked: which answers of which scale are counted, and what that comes to.

CSAT is a top box of 5; CES is the mean answer of a scale, or a top box of it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from kpidsl.semantic import rows as r
from kpidsl.semantic.terms import AGGREGATIONS, AggregationTerm
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import NUMBER
from kpidsl.syntax import expr_nodes as x

if TYPE_CHECKING:
    from kpidsl.semantic.aggregate_check import AggregateChecker

Box = tuple[int, int]
ON_SCALES = frozenset({"top_box", "csat", "ces", "ces_net"})
_LONGEST = 101
_HINTS = {
    "top_box": "write `top_box(score, 2 of 5)`",
    "csat": "write `csat(score)`, or `csat(score, 1 of 5)`",
    "ces": "write `ces(score)` for the mean answer of 7, `ces(score, 5)` of 5, `ces(score, 3 of 7)` for a share",
    "ces_net": "write `ces_net(score, 3 of 7)`",
}


def on_scale(checker: AggregateChecker, term: AggregationTerm, call: x.Call) -> tuple[AggregationTerm, Box]:
    """What is computed of which answers: the top `k` of 1 … `n`, or, where k is `n`, all of them."""
    second = call.arguments[1] if len(call.arguments) > 1 else None
    match term.name, second:
        case "csat", None:
            box = (2, 5)
        case "ces", None:
            box = (7, 7)
        case "ces", x.Quantity(number=number, unit=None) if number == int(number) and 2 <= number <= _LONGEST:
            box = (int(number), int(number))
        case _, x.KofN(k=k, n=n) if k < n <= _LONGEST and (term.name != "ces_net" or 2 * k <= n):
            box = (k, n)
        case _:
            what = "the top and bottom k of n answers" if term.name == "ces_net" else "the top k of n answers"
            place = second.span if second is not None else call.span
            checker.stop("K0309", f"`{term.name}` takes {what}", place, _HINTS[term.name])
    if term.name in ("csat", "ces"):
        term = AGGREGATIONS["top_box" if box[0] < box[1] else "avg"]
    return term, box


def answer_of(argument: r.Row, n: int) -> r.Row:
    """The answer, if it is one of 1 … `n`: what is outside of the scale is unknown. The row is there all the same."""
    low, high = (r.Constant(DataType.INTEGER, argument.unit, Fraction(edge)) for edge in (1, n))
    valid = r.Both(
        DataType.BOOLEAN,
        NUMBER,
        "and",
        r.Comparison(DataType.BOOLEAN, NUMBER, ">=", argument, low),
        r.Comparison(DataType.BOOLEAN, NUMBER, "<=", argument, high),
    )
    return r.Choice(argument.type, argument.unit, valid, argument, r.Constant(None, NUMBER, None))
