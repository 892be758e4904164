"""Series over periods: which periods, and what becomes of one that is not over."""

from __future__ import annotations

from kpidsl import calendar as c
from kpidsl.diagnostics import Problems, did_you_mean
from kpidsl.semantic import values as v
from kpidsl.semantic.row_check import reads_column
from kpidsl.semantic.sources import Sources
from kpidsl.semantic.terms import IN_ORDER
from kpidsl.semantic.types import DataType
from kpidsl.semantic.windows import Invalid, period_unit
from kpidsl.source_text import Span
from kpidsl.syntax import expr_nodes as x

_WAYS: tuple[v.Partial, ...] = ("exclude", "to date", "prorate")
_KINDS: dict[v.Kind, str] = {
    "flow": "partly of another time, or of a fixed size",
    "stock": "a level",
    "ratio": "a ratio",
    "mean": "a mean",
    "distinct": "a distinct count",
    "quantile": "a quantile",
    "constant": "a constant",
}


def each_period(node: x.Each) -> bool:
    """Whether an `each` is over periods; otherwise it is over the members of a dimension."""
    return node.fiscal or node.partial is not None or c.parse_unit(node.by.text) is not None


def innermost(value: v.Value) -> v.EachPeriod | v.EachMember | None:
    """The series that a reduction brings back to one value, as far as it is plain."""
    if isinstance(value, v.EachPeriod | v.EachMember):
        return (innermost(value.operand) if value.operand.info.depth else None) or value
    if isinstance(value, v.Reduced):
        return None
    return next((innermost(part) for part in v.parts(value) if part.info.depth), None)


def check_ordered(name: str, value: v.Value, span: Span, sources: Sources, problems: Problems) -> None:
    """`first`, `last`, `slope` and `cagr` follow an order, and members that are texts have none. Raises `Invalid`."""
    series = innermost(value)
    if not isinstance(series, v.EachMember) or name not in IN_ORDER:
        return
    dimension = series.dimension
    for aggregate in v.aggregates(series):
        row = sources.scope(aggregate.source).find(tuple(dimension.split(".")))
        if row is None or row.type not in (DataType.TEXT, DataType.BOOLEAN):
            continue
        problems.error(
            "K0604" if reads_column(row) else "K0304",
            f"`{name}` follows an order, and the members of `{dimension}` have none",
            span,
            hint=f"follow the time: `{name}(… each month)`; or take the largest or the usual one: "
            f"`max(… each {dimension})`, `median(… each {dimension})`",
        )
        raise Invalid


def periods(node: x.Each, value: v.Value, info: v.Info, problems: Problems) -> v.EachPeriod:
    """The series of a value's periods. Raises `Invalid`."""
    written = node.partial
    if written is not None and c.parse_unit(node.by.text) is None:
        problems.error(
            "K0324", f"`partial` is said of periods, and `{node.by.text}` is a dimension", written.span,
            hint=f"write `each {node.by.text}` without it",
        )  # fmt: skip
        raise Invalid
    unit = period_unit(x.WindowUnit(node.by.text, node.fiscal, span=node.by.span), problems)
    return v.EachPeriod(info, value, unit, _partial(written, value, unit, problems))


def _partial(written: x.Partial | None, value: v.Value, unit: c.Unit, problems: Problems) -> v.Partial:
    """What becomes of a period that is not over; it is left out where nothing is said."""
    if written is None:
        return "exclude"
    if written.way is None:
        return "to date"
    way = next((one for one in _WAYS if one == written.way.text), None)
    if way is None:
        problems.error(
            "K0324", f"`{written.way.text}` does not say what becomes of a period that is not over",
            written.way.span,
            hint=did_you_mean(written.way.text, _WAYS)
            or "write `partial exclude`, `partial to date` or `partial prorate`",
        )  # fmt: skip
        raise Invalid
    if way == "prorate" and not (value.info.kind == "flow" and _of_the_period(value)):
        problems.error(
            "K0324", f"only what adds up over the {unit.singular} can be prorated", written.span,
            label=f"this is {_KINDS[value.info.kind]}",
            hint="`partial to date` takes the period as far as it has come",
        )  # fmt: skip
        raise Invalid
    return way


def _of_the_period(value: v.Value) -> bool:
    """Whether a value grows with the period it stands in: it is made of counts and sums without a window of their
    own, added up or multiplied with constants.
    """
    match value:
        case v.Aggregate():
            return True
        case v.Operation(operator="*" | "/", left=left, right=right):
            return all(_of_the_period(side) for side in (left, right) if v.aggregates(side))
        case v.Operation(operator="+" | "-", left=left, right=right):
            return _of_the_period(left) and _of_the_period(right)
        case v.Reduced(function=function, operand=operand):
            return function == "sum" and _of_the_period(operand)
        case v.Measure() | v.Opposite() | v.Converted() | v.Defaulted() | v.EachMember():
            return value.info.sort == "number" and _of_the_period(value.operand)
        case _:
            return False
