"""Series brought back to one value in a way that means nothing: distinct counts added up, ratios averaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields

from kpidsl.diagnostics import Fix, Problems
from kpidsl.semantic import rows as r
from kpidsl.semantic import values as v
from kpidsl.semantic.lints.walk import Spot
from kpidsl.semantic.sources import Sources
from kpidsl.semantic.terms import AGREEMENT, DISTINCT
from kpidsl.semantic.windows import Invalid
from kpidsl.syntax import expr_nodes as x

_RATES = ("share", "nps", "top_box", "ces_net", "prevalence", "conversion_rate", *AGREEMENT)
_LEVELS = ("median", "percentile")


def lint_series(spot: Spot, sources: Sources, problems: Problems) -> None:
    """Warn of `sum(active each day)`, `avg(conversion each day)` and of two counts of the same thing added up."""
    match spot.node, spot.value:
        case x.Call(arguments=(first, *_)), v.Reduced(function="avg" | "sum" as function):
            _reduction(spot, function, first, spot.value.operand, sources, problems)
        case x.Binary(operator="+"), v.Operation(left=left, right=right):
            _addition(spot.node, left, right, sources, problems)
        case _:
            return


def _reduction(spot: Spot, function: str, series: x.Expr, value: v.Value, sources: Sources, problems: Problems) -> None:
    node = spot.node
    one = series.operand if isinstance(series, x.Each) and value.info.depth == 1 else None
    text = _text(one) if one is not None else None
    window = _text(spot.over.window) if spot.over is not None else "last month"
    whole = f"{_in_parentheses(one)} over {window}" if one is not None else None
    by_period, dimensions = _split(value)
    inner = _core(value)
    if inner is None:
        return
    if function == "sum" and isinstance(inner, v.Aggregate) and inner.function in DISTINCT:
        if inner.at is not None or (not by_period and all(_decided(name, inner, sources) for name in dimensions)):
            return
        counted = f"`{_argument(inner)}`"
        again = f"each {_piece(value)} it is seen {'in' if by_period else 'with'}"
        problems.warning(
            "K0360",
            f"this sum counts the same {counted} again for {again}",
            node.span,
            "a distinct count does not add up",
            hint=f"write `{whole}`, which counts each once, or `avg({_text(series)})`, the usual number"
            if whole
            else "count over the whole window, which counts each once, or take `avg`",
        )
    elif function == "avg" and _is_ratio(value):
        what = _total(inner)
        problems.warning(
            "K0361",
            f"a mean of {_kinds(inner)} gives a small {_piece(value)} the weight of a large one",
            node.span,
            hint=f"write `{whole}`: {what}" if whole else f"divide the totals: {what} weighs every row the same",
            fix=Fix(f"write `{_in_parentheses(one)}`", node.span, _in_parentheses(one)) if one is not None else None,
        )
    elif function == "sum" and (_is_ratio(value) or _is_level(inner)):
        if not by_period and isinstance(inner, v.Aggregate) and inner.function == "avg":
            return  # mean levels of several places add up to the level of all
        problems.warning(
            "K0361",
            f"{_kinds(inner)} do not add up",
            node.span,
            f"`{text}` is one for each {_piece(value)}" if text else "",
            hint=f"write `{whole}`: {_total(inner)}" if whole else "sum the counts or amounts it is made of",
        )


def _addition(node: x.Expr, left: v.Value, right: v.Value, sources: Sources, problems: Problems) -> None:
    a, b = _core(left, windows=True), _core(right, windows=True)
    if not isinstance(a, v.Aggregate) or not isinstance(b, v.Aggregate):
        return
    if a.function not in DISTINCT or b.function not in DISTINCT or a.at is not None or b.at is not None:
        return
    if (a.source, a.argument) != (b.source, b.argument):
        return
    only = {one.row for one in a.where} ^ {one.row for one in b.where}
    if any(_fixed(row, a, sources) for row in only):
        return
    name = sources.names.sources[a.source].node.name.text
    problems.warning(
        "K0360",
        f"this sum counts a `{_argument(a)}` twice that is in both",
        node.span,
        "distinct counts do not add up",
        hint=f"count once: `{a.text} from {name} where … or …`",
    )


# ------------------------------------------------------------ what a series is made of
def _core(value: v.Value, *, windows: bool = False) -> v.Value | None:
    """What stands inside names, units and `each`; None where a window stands inside of `each`, as in rolling values."""
    while True:
        match value:
            case (
                v.Measure(operand=operand)
                | v.Converted(operand=operand)
                | v.Defaulted(operand=operand)
                | v.Opposite(operand=operand)
                | v.EachPeriod(operand=operand)
                | v.EachMember(operand=operand)
            ):
                value = operand
            case v.Windowed(operand=operand) | v.Shifted(operand=operand):
                if not windows:
                    return None
                value = operand
            case _:
                return value


def _is_ratio(value: v.Value) -> bool:
    """A share, a mean, or one total divided by another: what the whole window gives anew, from its totals."""
    inner = _core(value)
    match inner:
        case None:
            return False
        case v.Aggregate(function=function, at=at):
            return at is None and function in (*_RATES, "avg")
        case v.Operation(operator="/", left=left, right=right) if "constant" not in (left.info.kind, right.info.kind):
            return all(side.info.kind == "flow" and not _rolls(side) for side in (left, right))
        case v.Operation(operator="+" | "-" | "*" | "/", left=left, right=right):
            sides = [side for side in (left, right) if side.info.kind != "constant"]
            return bool(sides) and all(_is_ratio(side) for side in sides) and (inner.operator in "+-" or not sides[1:])
        case _:
            return not v.parts(inner) and inner.info.kind == "ratio"


def _rolls(value: v.Value) -> bool:
    return isinstance(value, v.Windowed | v.Shifted) or any(_rolls(part) for part in v.parts(value))


def _is_level(value: v.Value) -> bool:
    return isinstance(value, v.Aggregate) and value.function in _LEVELS and value.at is None


def _split(value: v.Value) -> tuple[bool, tuple[str, ...]]:
    """Whether a series is over periods, and over which dimensions."""
    by_period, dimensions = False, []
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, v.EachPeriod):
            by_period = True
        elif isinstance(one, v.EachMember):
            dimensions.append(one.dimension)
        if one.info.depth:
            left.extend(v.parts(one))
    return by_period, tuple(dimensions)


def _decided(dimension: str, count: v.Aggregate, sources: Sources) -> bool:
    """Whether what is counted has one member of the dimension, so that none is counted twice."""
    with suppress(Invalid):
        row = sources.scope(count.source).find(tuple(dimension.split(".")))
        return row is not None and _fixed(row, count, sources)
    return True


def _fixed(row: r.Row, count: v.Aggregate, sources: Sources) -> bool:
    """Whether a row expression follows from what is counted: it is made of that column and of what is joined by it."""
    counted = count.argument
    if not isinstance(counted, r.ColumnValue) or counted.path:
        return False
    joins = sources.scope(count.source).joins
    return all(
        column == counted
        or (
            bool(column.path)
            and column.path[0] in joins
            and {k for k, _ in joins[column.path[0]].keys} == {counted.name}
        )
        for column in _columns(row)
    )


def _columns(row: r.Row) -> Iterator[r.ColumnValue]:
    if isinstance(row, r.ColumnValue):
        yield row
    for field in fields(row):
        part = getattr(row, field.name)
        for one in part if isinstance(part, tuple) else (part,):
            if isinstance(one, r.Row):
                yield from _columns(one)


# ------------------------------------------------------------ words
def _text(node: x.Expr | x.Window) -> str:
    return " ".join(node.span.text.split())


def _in_parentheses(node: x.Expr | None) -> str:
    if node is None:
        return ""
    return _text(node) if isinstance(node, x.NameRef | x.Call) else f"({_text(node)})"


def _argument(count: v.Aggregate) -> str:
    return count.text.partition("(")[2].removesuffix(")").strip()


def _piece(value: v.Value) -> str:
    return v.axes(value)[0] if v.axes(value) else "part"


def _kinds(value: v.Value) -> str:
    match value:
        case v.Aggregate(function="avg"):
            return "means"
        case v.Aggregate(function="share" | "top_box" | "prevalence"):
            return "shares"
        case v.Aggregate(function="nps" | "ces_net"):
            return "scores"
        case v.Aggregate(function="conversion_rate"):
            return "rates"
        case v.Aggregate(function=name) if name in AGREEMENT:
            return "coefficients"
        case v.Aggregate(function="median" | "percentile"):
            return "quantiles"
        case _:
            return "ratios"


def _total(value: v.Value) -> str:
    match value:
        case v.Aggregate(function="avg"):
            return "the mean of all rows"
        case v.Aggregate(function="median" | "percentile"):
            return "that of all rows"
        case v.Aggregate(function="share" | "top_box" | "nps" | "ces_net"):
            return "the share of all rows"
        case v.Aggregate(function="prevalence"):
            return "the share of all units"
        case v.Aggregate(function="conversion_rate"):
            return "the rate of all first events"
        case v.Aggregate(function=name) if name in AGREEMENT:
            return "the agreement about all units"
        case _:
            return "the ratio of the totals"
