"""Between which numbers a value must lie, whatever the data: a count is never below 0, a share never above 100%."""

from __future__ import annotations

from fractions import Fraction

from kpidsl.semantic import values as v
from kpidsl.semantic.units import Unit

Range = tuple[Fraction | None, Fraction | None]
ANY: Range = (None, None)
_FROM_0: Range = (Fraction(0), None)
_SHARE: Range = (Fraction(0), Fraction(1))
_TO_1: Range = (None, Fraction(1))
_ROWS: dict[str, Range] = {
    "count": _FROM_0,
    "count_distinct": _FROM_0,
    "count_distinct~": _FROM_0,
    "stddev": _FROM_0,
    "variance": _FROM_0,
    "share": _SHARE,
    "top_box": _SHARE,
    "conversion_rate": _SHARE,
    "conversions": _FROM_0,
    "nps": (Fraction(-100), Fraction(100)),
    "ces_net": (Fraction(-100), Fraction(100)),
    "prevalence": _SHARE,
    "krippendorff_alpha": _TO_1,
    "cohen_kappa": _TO_1,
    "fleiss_kappa": _TO_1,
}
_SERIES: dict[str, Range] = {"count": _FROM_0, "share": _SHARE, "stddev": _FROM_0}


def possible(value: v.Value) -> Range:
    """The least and the greatest a value can be, in its unit; None where it has no such edge."""
    match value:
        case v.Number(number=number):
            return number, number
        case v.Aggregate(function=function):
            return _ROWS.get(function, ANY)
        case v.RowCount():
            return _FROM_0
        case v.Converted(operand=operand, factor=factor):
            return _times(possible(operand), factor)
        case v.Opposite(operand=operand):
            return _times(possible(operand), Fraction(-1))
        case v.Defaulted(operand=operand, number=number):
            low, high = possible(operand)
            return None if low is None else min(low, number), None if high is None else max(high, number)
        case v.Reduced(function=function, operand=operand):
            if function in _SERIES:
                return _SERIES[function]
            if function == "sum":
                low, high = possible(operand)
                return (Fraction(0) if low is not None and low >= 0 else None), None
            return possible(operand) if function not in ("slope", "cagr") else ANY
        case v.Operation(operator=operator, left=left, right=right):
            return _combined(operator, possible(left), possible(right))
        case v.Measure() | v.Windowed() | v.Shifted() | v.Preceding() | v.EachPeriod() | v.EachMember():
            return possible(value.operand)
        case _:
            return ANY


def _times(one: Range, factor: Fraction) -> Range:
    low, high = (None if edge is None else edge * factor for edge in one)
    return (low, high) if factor >= 0 else (high, low)


def _combined(operator: str, a: Range, b: Range) -> Range:
    if operator == "-":
        return _combined("+", a, _times(b, Fraction(-1)))
    if operator == "+":
        return (
            None if a[0] is None or b[0] is None else a[0] + b[0],
            None if a[1] is None or b[1] is None else a[1] + b[1],
        )
    positive = all(low is not None and low >= 0 for low, _ in (a, b))
    return _FROM_0 if operator in "*/" and positive else ANY


def within(one: Range, other: Range) -> Range:
    """What both ranges allow."""
    lows = [low for low, _ in (one, other) if low is not None]
    highs = [high for _, high in (one, other) if high is not None]
    return max(lows, default=None), min(highs, default=None)


def is_met_by_none(operator: str | None, low: Fraction | None, high: Fraction | None, values: Range) -> bool:
    """Whether no value of a range meets a bound: `operator low`, or low … high where there is no operator."""
    least, greatest = values
    if operator is None:
        return (low is not None and greatest is not None and low > greatest) or (
            high is not None and least is not None and high < least
        )
    if low is None:
        return False
    if operator[0] == ">":
        return greatest is not None and (low >= greatest if operator == ">" else low > greatest)
    return least is not None and (low <= least if operator == "<" else low < least)


def is_met_by_all(operator: str | None, low: Fraction | None, high: Fraction | None, values: Range) -> bool:
    """Whether every value of a range meets a bound."""
    least, greatest = values
    if low is None:
        return False
    if operator is None:
        return high is not None and least is not None and greatest is not None and low <= least and high >= greatest
    if operator[0] == ">":
        return least is not None and (low < least if operator == ">" else low <= least)
    return greatest is not None and (low > greatest if operator == "<" else low >= greatest)


def shown(values: Range, unit: Unit) -> str:
    """A range in words: `never below 0`, `from 0% to 100%`."""
    low, high = (None if edge is None else _number(edge, unit) for edge in values)
    if low is None:
        return f"never above {high}"
    return f"never below {low}" if high is None else f"from {low} to {high}"


def nearest(operator: str | None, values: Range, unit: Unit) -> str:
    """What to type instead of a target that no value meets."""
    edge = values[1] if operator in (">", ">=") else values[0] if operator in ("<", "<=") else None
    if operator is None or edge is None:
        return "give it a range that the value can be in"
    better, other = ("more", "<=") if operator[0] == ">" else ("less", ">=")
    most, worse = ("most", "less") if better == "more" else ("least", "more")
    return (
        f"the {most} to ask for is `target {operator[0]}= {_number(edge, unit)}`; "
        f"where {worse} is better, write `target {other} …`"
    )


def _number(number: Fraction, unit: Unit) -> str:
    scaled = number * 100 if unit.label == "%" else number
    text = str(scaled.numerator) if scaled.denominator == 1 else f"{float(scaled):g}"
    return f"{text}%" if unit.label == "%" else text if unit.label is None else f"{text} {unit.label}"
