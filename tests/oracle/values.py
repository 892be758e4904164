"""What an evaluation gives, and the aggregations over rows and over the members of a series."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction


class Form(IntEnum):
    """How far a number can be trusted to the last digit, best first."""

    EXACT = 0  # sums, counts, extremes of integers and decimals
    DIVIDED = 1  # a rational of exact parts: the document has its 15 significant digits
    FLOAT = 2


@dataclass(frozen=True, slots=True)
class Value:
    """A number (always a Fraction, whatever its form), a truth, a text or a time; `n` is None for a constant."""

    value: object
    n: int | None = None
    form: Form = Form.EXACT
    unknown: int = 0  # rows that a share left out
    open: int | None = None  # first events whose time to convert is not over

    @property
    def number(self) -> Fraction:
        assert isinstance(self.value, int | Fraction)
        return Fraction(self.value)


@dataclass(frozen=True, slots=True)
class Undefined:
    """No value, and why."""

    reason: str
    n: int | None = 0
    unknown: int = 0
    open: int | None = None


Outcome = Value | Undefined


def fewest(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return min(known) if known else None


def number(values: Iterable[object]) -> tuple[list[Fraction], Form]:
    """Row values as fractions, and the form of what is made of them."""
    found = list(values)
    form = Form.FLOAT if any(isinstance(value, float) for value in found) else Form.EXACT
    assert all(isinstance(value, int | float | Fraction) for value in found), found
    return [Fraction(value) for value in found if isinstance(value, int | float | Fraction)], form


# ---------------------------------------------------------------- statistics
def mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def quantile(values: Sequence[Fraction], at: Fraction) -> Fraction:
    """Between the two order statistics around rank `at * (n - 1)`, counted from 0, on a straight line."""
    ranked = sorted(values)
    rank = at * (len(ranked) - 1)
    below = math.floor(rank)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (rank - below)


def variance(values: Sequence[Fraction]) -> Fraction:
    """The sample's: squares about the mean over n - 1."""
    middle = mean(values)
    return sum(((value - middle) ** 2 for value in values), Fraction(0)) / (len(values) - 1)


def root(value: Fraction) -> Fraction:
    """A square root to 40 digits and more."""
    scale = 10**60
    return Fraction(math.isqrt(value.numerator * scale * scale // value.denominator), scale)


def slope(values: Sequence[Fraction]) -> Fraction:
    """Least squares, per period."""
    middle = Fraction(len(values) - 1, 2)
    centre = mean(values)
    above = sum(((at - middle) * (value - centre) for at, value in enumerate(values)), Fraction(0))
    return above / sum((at - middle) ** 2 for at in range(len(values)))


def summary(function: str, values: Sequence[Fraction], form: Form, at: Fraction | None) -> Outcome:
    """One value of one or more numbers; `at` is a percentile's fraction. `cagr` is the growth of a period."""
    n = len(values)
    divided = max(form, Form.DIVIDED)
    match function:
        case "sum":
            return Value(sum(values, Fraction(0)), n, form)
        case "min":
            return Value(min(values), n, form)
        case "max":
            return Value(max(values), n, form)
        case "avg":
            return Value(mean(values), n, divided)
        case "median":
            return Value(quantile(values, Fraction(1, 2)), n, divided)
        case "percentile":
            assert at is not None
            return Value(quantile(values, at), n, divided)
        case "variance" | "stddev" | "slope" | "cagr" if n < 2:
            return Undefined("insufficient_sample", n)
        case "variance":
            return Value(variance(values), n, Form.FLOAT)
        case "stddev":
            return Value(root(variance(values)), n, Form.FLOAT)
        case "slope":
            return Value(slope(values), n, divided)
        case "cagr" if values[0] == 0:
            return Undefined("zero_denominator", n)
        case "cagr":
            growth = float(values[-1] / values[0]) ** (1 / (n - 1)) - 1
            return Value(Fraction(growth), n, Form.FLOAT)
        case _:
            raise AssertionError(f"unknown aggregation {function}")


# ---------------------------------------------------------------- rows
def over_rows(
    function: str, cells: Sequence[object], *, at: Fraction | None = None, boxes: tuple[int, int] = (0, 0)
) -> Outcome:
    """An aggregation of the non-NULL values of rows (for `count()`: of one True a row).

    `cells` come in the order of time, ties broken as `first` and `last` want them. What nothing gives is decided by
    the caller for counts and sums; it is `no_rows` for every other.
    """
    present = [cell for cell in cells if cell is not None]
    n = len(present)
    match function:
        case "count":
            return Value(Fraction(n), n)
        case "count_distinct":
            return Value(Fraction(len(set(present))), n)
        case "sum" if not present:
            return Value(Fraction(0), 0)
        case "share":
            unknown = len(cells) - n
            if not present:
                return Undefined("no_rows", 0, unknown)
            return Value(Fraction(sum(cell is True for cell in present), n), n, Form.DIVIDED, unknown)
        case "nps" | "top_box" | "csat" | "ces" | "ces_net":
            return survey(function, present, boxes)
        case _:
            pass
    if not present:
        return Undefined("no_rows")
    if function in ("first", "last", "min", "max") and not isinstance(present[0], int | float | Fraction):
        ranked = present if function in ("first", "last") else sorted(present)  # type: ignore[type-var]
        return Value(ranked[0 if function in ("first", "min") else -1], n)
    values, form = number(present)
    if function in ("first", "last"):
        return Value(values[0 if function == "first" else -1], n, form)
    return summary(function, values, form, at)


def survey(function: str, present: Sequence[object], boxes: tuple[int, int]) -> Outcome:
    """NPS over answers 0 to 10, top-k box over answers 1 to n; other answers are not valid and not counted. CES is their
    mean where k is n, net what is in the top k less what is in the bottom k.
    """
    answers, form = number(present)
    k, n = boxes
    low, high = (0, 10) if function == "nps" else (1, n)
    valid = [answer for answer in answers if low <= answer <= high]
    if not valid:
        return Undefined("no_rows")
    if function == "nps":
        score = sum((answer >= 9) - (answer <= 6) for answer in valid)
        return Value(Fraction(100 * score, len(valid)), len(valid), Form.DIVIDED)
    if function == "ces" and k == n:
        return Value(mean(valid), len(valid), max(form, Form.DIVIDED))
    if function == "ces_net":
        score = sum((answer > n - k) - (answer <= k) for answer in valid)
        return Value(Fraction(100 * score, len(valid)), len(valid), Form.DIVIDED)
    return Value(Fraction(sum(answer > n - k for answer in valid), len(valid)), len(valid), Form.DIVIDED)


# ---------------------------------------------------------------- members
def over_members(function: str, members: Sequence[Outcome], at: Fraction | None = None) -> Outcome:
    """A series brought back to one value; an undefined member makes it undefined, and `n` counts members."""
    n = len(members)
    defined: list[Value] = []
    for member in members:
        if isinstance(member, Undefined):
            return Undefined(member.reason, n)
        defined.append(member)
    if function == "count":
        return Value(Fraction(n), n)
    if not defined:
        return Undefined("no_rows")
    if function == "share":
        return Value(Fraction(sum(member.value is True for member in defined), n), n, Form.DIVIDED)
    form = max(member.form for member in defined)
    if function in ("first", "last"):
        return Value(defined[0 if function == "first" else -1].number, n, form)
    return summary(function, [member.number for member in defined], form, at)
