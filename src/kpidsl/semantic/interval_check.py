"""Intervals checked: which method fits a value, and what has to be asked besides for it.

A value bears an interval where it is a share, a mean, a quantile, a net score or a ratio of sums, whatever metric,
window and unit is around it; a number added to it or multiplied with it moves the interval along.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any, NoReturn

from kpidsl.calendar import Grain, Unit
from kpidsl.diagnostics import Fix, Problems
from kpidsl.records import dataclass
from kpidsl.semantic import rows as r
from kpidsl.semantic import values as v
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import NUMBER
from kpidsl.semantic.windows import Invalid, counted_unit
from kpidsl.source_text import Span
from kpidsl.syntax.expr_nodes import WindowUnit
from kpidsl.syntax.shared_nodes import IntervalProp

METHODS = {
    "wilson": "a share",
    "t": "a mean",
    "order": "a quantile",
    "normal": "a net score",
    "ratio": "a ratio of sums",
}
SHARES = frozenset({"share", "top_box", "prevalence", "conversion_rate"})
_LEAST, _MOST = Fraction(1, 2), Fraction(9999, 10_000)
_DAY = Unit(Grain.DAY)
_Around = Callable[[v.Value], v.Value]


@dataclass(frozen=True, slots=True)
class Sampled:
    """What of a value is drawn from a sample: `core`, with all that places it in time put around by `around`. The value
    is factor·core + offset.
    """

    core: v.Value
    around: _Around
    factor: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)


def interval_model(prop: IntervalProp, value: v.Value, problems: Problems) -> v.Interval:
    """The interval a declaration asks for. Raises `Invalid` once a problem is reported."""
    level = Fraction(prop.level.number) / 100
    if not _LEAST <= level <= _MOST:
        _stop(problems, "K0453", "an interval is at a level from 50% to 99.99%", prop.level.span, "write `95%`")
    sampled = sampled_in(value)
    fitting = method_of(sampled.core) if sampled is not None else None
    named = prop.method.text if prop.method is not None else None
    if named is not None and named not in METHODS:
        listed = ", ".join(f"`{name}` ({what})" for name, what in METHODS.items())
        assert prop.method is not None
        fits = f"write `interval {fitting} {prop.level.span.text}`; there are " if fitting is not None else "there are "
        _stop(problems, "K0452", f"there is no interval `{named}`", prop.method.span, fits + listed)
    if sampled is not None and isinstance(sampled.core, v.Aggregate) and sampled.core.at is not None:
        _stop(
            problems, "K0452", "this value is what there is at an instant, not a sample of it", prop.span,
            "leave it out, or put it on a value over a window",
        )  # fmt: skip
    if sampled is None or fitting is None:
        _stop(
            problems, "K0452", "this value has no interval: it is no share, mean, quantile, net score or ratio of sums",
            prop.span, "leave it out, or put it on a KPI whose value is one: `share(…) from …`, `avg(…) from …`",
        )  # fmt: skip
    if prop.method is not None and named is not None and named != fitting:
        problems.error(
            "K0452", f"`{named}` is for {METHODS[named]}, and this is {METHODS[fitting]}", prop.method.span,
            hint=f"write `interval {fitting} {prop.level.span.text}`",
            fix=Fix("take the interval that fits", prop.method.span, fitting),
        )  # fmt: skip
        raise Invalid
    if prop.each is not None and fitting != "ratio":
        _stop(problems, "K0452", f"`each` is for {METHODS['ratio']} alone", prop.each.span, "leave it out")
    each = _DAY
    if prop.each is not None:
        each = counted_unit(1, WindowUnit(prop.each.text, False, span=prop.each.span), problems)
    return modelled(fitting, level, sampled, each)


def modelled(method: str, level: Fraction, sampled: Sampled, each: Unit = _DAY) -> v.Interval:
    """The interval of what is sampled, by the method that fits it."""
    parts = tuple(map(sampled.around, _parts(method, sampled.core, level, each)))
    return v.Interval(method, level, parts, sampled.factor, sampled.offset, each)


def interval_ends(value: v.Value, interval: v.Interval) -> dict[str, v.Value]:
    """What conditions may name where there is an interval."""
    low, high = (v.IntervalEnd(replace(value.info, depth=0), value, end, interval) for end in ("low", "high"))
    return {"lower_bound": low, "upper_bound": high}


def sampled_in(value: v.Value) -> Sampled | None:
    """What a value is an estimate of; None where it is made of several things, or of none."""
    match value:
        case v.Measure(operand=operand) | v.Windowed(operand=operand) | v.Shifted(operand=operand):
            return _wrapped(value, operand)
        case v.Preceding(operand=operand):
            return _wrapped(value, operand)
        case v.Defaulted(operand=operand):
            return sampled_in(operand)
        case v.Converted(operand=operand, factor=factor):
            return _moved(sampled_in(operand), factor, Fraction(0))
        case v.Opposite(operand=operand) if value.info.sort == "number":
            return _moved(sampled_in(operand), Fraction(-1), Fraction(0))
        case v.Operation(operator="+", left=v.Number(number=number), right=operand):
            return _moved(sampled_in(operand), Fraction(1), number)
        case v.Operation(operator="+", left=operand, right=v.Number(number=number)):
            return _moved(sampled_in(operand), Fraction(1), number)
        case v.Operation(operator="-", left=v.Number(number=number), right=operand):
            return _moved(sampled_in(operand), Fraction(-1), number)
        case v.Operation(operator="-", left=operand, right=v.Number(number=number)):
            return _moved(sampled_in(operand), Fraction(1), -number)
        case v.Operation(operator="*", left=v.Number(number=number), right=operand):
            return _moved(sampled_in(operand), number, Fraction(0))
        case v.Operation(operator="*", left=operand, right=v.Number(number=number)):
            return _moved(sampled_in(operand), number, Fraction(0))
        case v.Operation(operator="/", left=operand, right=v.Number(number=number)) if number:
            return _moved(sampled_in(operand), 1 / number, Fraction(0))
        case v.Operation() | v.Aggregate() | v.Reduced():
            return Sampled(value, lambda part: part)
        case _:
            return None


def _wrapped(value: Any, operand: v.Value) -> Sampled | None:
    found = sampled_in(operand)
    if found is None:
        return None
    inner = found.around
    return replace(found, around=lambda part: replace(value, info=part.info, operand=inner(part)))


def _moved(found: Sampled | None, factor: Fraction, offset: Fraction) -> Sampled | None:
    if found is None or not factor:
        return None
    return replace(found, factor=factor * found.factor, offset=factor * found.offset + offset)


def method_of(core: v.Value) -> str | None:
    """The method that fits; None where none does."""
    match core:
        case v.Aggregate(at=at) if at is not None:
            return None  # a stock is all there is, not a sample of it
        case v.Aggregate(function=function) if function in SHARES:
            return "wilson"
        case v.Aggregate(function="avg"):
            return "t"
        case v.Aggregate(function="median" | "percentile"):
            return "order" if 0 < _level(core) < 1 else None
        case v.Aggregate(function="nps" | "ces_net"):
            return "normal"
        case v.Reduced(function="share", operand=operand) if _over_members(operand):
            return "wilson"
        case v.Reduced(function="avg", operand=v.EachMember() as operand) if operand.info.depth == 1:
            return "t"
        case v.Operation(operator="/", left=left, right=right):
            if _is_part(left, right):
                return "wilson"
            return "ratio" if _adds_up(left) and _adds_up(right) else None
        case _:
            return None


def _over_members(condition: v.Value) -> bool:
    return condition.info.depth == 1 and isinstance(condition, v.Operation) and any(
        isinstance(side, v.EachMember) for side in (condition.left, condition.right)
    )  # fmt: skip


def _level(core: v.Value) -> Fraction:
    level = core.level if isinstance(core, v.Aggregate) else None
    return level if level is not None else Fraction(1, 2)


def _bare(value: v.Value) -> v.Value:
    """A value without the names it goes by."""
    while isinstance(value, v.Measure):
        value = value.operand
    return value


def _is_part(left: v.Value, right: v.Value) -> bool:
    """Whether one count counts some of the rows that the other does."""
    one, all_ = _bare(left), _bare(right)
    if not isinstance(one, v.Aggregate) or not isinstance(all_, v.Aggregate):
        return False
    alike = (one.function, one.source, one.time, one.argument, one.at) == (
        all_.function, all_.source, all_.time, all_.argument, all_.at,
    )  # fmt: skip
    rows = {kept.row for kept in one.where}
    return alike and one.function == "count" and one.at is None and all(kept.row in rows for kept in all_.where)


def _adds_up(value: v.Value) -> bool:
    """Whether a value is the sum of its periods' values."""
    inner = _bare(value)
    if isinstance(inner, v.Aggregate):
        return inner.function in ("count", "sum") and inner.at is None
    if isinstance(inner, v.Operation):
        return inner.operator in ("+", "-") and _adds_up(inner.left) and _adds_up(inner.right)
    return False


def _parts(method: str, core: v.Value, level: Fraction, each: Unit) -> tuple[v.Value, ...]:
    """What is asked besides the value."""
    match method, core:
        case "wilson", v.Operation(left=left, right=right):
            return left, right
        case "t", v.Aggregate():
            return (replace(core, function="variance"),)
        case "t", v.Reduced(operand=operand):
            return (operand,)
        case "order", v.Aggregate():
            asked = replace(core, function="ranks", level=_level(core))
            return replace(asked, way=f"low {level}"), replace(asked, way=f"high {level}")
        case "normal", v.Aggregate():
            return (_decided(core),)
        case "ratio", v.Operation(left=left, right=right):
            return tuple(v.EachPeriod(replace(side.info, depth=1), side, each) for side in (left, right))
        case _:
            return ()


def _decided(core: v.Aggregate) -> v.Aggregate:
    """Of the answers that are on the scale, the share of those that favour or oppose."""
    assert core.argument is not None
    if core.function == "nps":
        valid, top, bottom = (0, 10), (">=", 9), ("<", 7)
    else:
        assert core.k is not None and core.n is not None
        valid, top, bottom = (1, core.n), (">=", core.n - core.k + 1), ("<=", core.k)
    on_scale = _both("and", core.argument, (">=", valid[0]), ("<=", valid[1]))
    condition = _both("or", core.argument, top, bottom)
    where = (*core.where, v.Filter(on_scale, f"an answer from {valid[0]} to {valid[1]}"))
    return replace(core, function="share", argument=condition, where=where, k=None, n=None)


def _both(operator: str, argument: r.Row, one: tuple[str, int], other: tuple[str, int]) -> r.Row:
    sides = [
        r.Comparison(
            DataType.BOOLEAN, NUMBER, sign, argument, r.Constant(DataType.INTEGER, argument.unit, Fraction(edge))
        )
        for sign, edge in (one, other)
    ]
    return r.Both(DataType.BOOLEAN, NUMBER, operator, *sides)


def _stop(problems: Problems, code: str, message: str, span: Span, hint: str) -> NoReturn:
    problems.error(code, message, span, hint=hint)
    raise Invalid
