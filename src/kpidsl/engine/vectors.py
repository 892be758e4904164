"""Vectors brought back to one value."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal
from fractions import Fraction

from kpidsl.engine.parts import root
from kpidsl.engine.scalars import Missing, Scalar, Vector

_FIFTY = Context(prec=50)


def reduce_vector(function: str, vector: Vector, level: Fraction | None) -> Scalar | Missing:
    """One value of many. A member that is undefined makes the result undefined; `n` counts members."""
    for _, inner in vector.items:
        if isinstance(inner, Missing):
            return Missing(inner.reason, len(vector.items), None, inner.errors)
    values = [inner for _, inner in vector.items if isinstance(inner, Scalar)]
    count = len(values)
    if function == "count":
        return Scalar(Fraction(count), count, None, True)
    if function == "sum" and not values:
        return Scalar(Fraction(0), 0, None, True)
    if not values:
        return Missing("no_rows", 0)
    exact = all(one.exact for one in values)
    if function in ("first", "last"):
        picked = values[0] if function == "first" else values[-1]
        return Scalar(picked.value, count, None, picked.exact)
    if function == "share":
        return Scalar(Fraction(sum(1 for one in values if one.value is True), count), count, None, False)
    return _of_numbers(function, [_number(one) for one in values], level, exact)


def _number(one: Scalar) -> Fraction:
    assert isinstance(one.value, Fraction)
    return one.value


def _of_numbers(function: str, numbers: Sequence[Fraction], level: Fraction | None, exact: bool) -> Scalar | Missing:
    count = len(numbers)
    match function:
        case "sum":
            return Scalar(sum(numbers, Fraction(0)), count, None, exact)
        case "avg":
            return Scalar(sum(numbers, Fraction(0)) / count, count, None, False)
        case "min":
            return Scalar(min(numbers), count, None, exact)
        case "max":
            return Scalar(max(numbers), count, None, exact)
        case "median":
            return quantile(numbers, Fraction(1, 2), exact)
        case "percentile":
            assert level is not None
            return quantile(numbers, level, exact)
        case "stddev":
            if count < 2:
                return Missing("insufficient_sample", count)
            mean = sum(numbers, Fraction(0)) / count
            variance = sum(((one - mean) ** 2 for one in numbers), Fraction(0)) / (count - 1)
            return Scalar(root(variance), count, None, False)
        case "slope":
            return _slope(numbers)
        case "cagr":
            return _growth(numbers)
        case _:
            raise AssertionError(function)


def quantile(numbers: Sequence[Fraction], level: Fraction, exact: bool) -> Scalar:
    """The continuous quantile (Hyndman and Fan's type 7)."""
    ordered = sorted(numbers)
    place = (len(ordered) - 1) * level
    low = int(place)
    rest = place - low
    if rest == 0:
        return Scalar(ordered[low], len(ordered), None, exact)
    return Scalar(ordered[low] + (ordered[low + 1] - ordered[low]) * rest, len(ordered), None, False)


def _slope(numbers: Sequence[Fraction]) -> Scalar | Missing:
    """Ordinary least squares on 0, 1, 2, …: the change a period."""
    count = len(numbers)
    if count < 2:
        return Missing("insufficient_sample", count)
    middle = Fraction(count - 1, 2)
    mean = sum(numbers, Fraction(0)) / count
    top = sum(((place - middle) * (one - mean) for place, one in enumerate(numbers)), Fraction(0))
    below = sum(((place - middle) ** 2 for place in range(count)), Fraction(0))
    return Scalar(top / below, count, None, False)


def _growth(numbers: Sequence[Fraction]) -> Scalar | Missing:
    """Compound growth a period: (last / first)^(1 / (n − 1)) − 1, undefined unless it starts above and ends at or
    above 0.
    """
    count = len(numbers)
    if count < 2:
        return Missing("insufficient_sample", count)
    first, last = numbers[0], numbers[-1]
    if first <= 0 or last < 0:
        return Missing("zero_denominator", count)
    ratio = _FIFTY.divide(Decimal((last / first).numerator), Decimal((last / first).denominator))
    grown = _FIFTY.power(ratio, _FIFTY.divide(Decimal(1), Decimal(count - 1)))
    return Scalar(Fraction(grown) - 1, count, None, False)
