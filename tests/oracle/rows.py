"""Row expressions, one row at a time, with three-valued logic: None is NULL and unknown.

`/` is floating point, everything else on exact numbers exact; dividing by zero gives NULL.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.node import Text
from oracle.civil import Almanac, Span
from oracle.tables import Row, Table, instant, joined

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


@dataclass(frozen=True, slots=True)
class Length:
    """`30 minutes`: a time where it meets times, the bare number where it meets a number in that unit."""

    count: Fraction
    unit: str

    def delta(self) -> timedelta:
        return timedelta(microseconds=int(self.count * SECONDS[self.unit] * 1_000_000))


@dataclass(frozen=True, slots=True)
class Scope:
    """A row of a source, and what is the same for all rows: the tables, params, `as_of`, and how windows resolve."""

    table: Table
    row: Row
    tables: Mapping[str, Table]
    almanac: Almanac
    params: Mapping[str, object]
    as_of: datetime
    resolve: Callable[[x.Window], Span]


def column(name: str, scope: Scope) -> object:
    """A column of the row, a `let`, a column of a joined source, a param or `as_of`."""
    table = scope.table
    if name == "as_of":
        return scope.as_of
    if name.startswith("param."):
        return scope.params[name.removeprefix("param.")]
    if name in table.lets:
        return evaluate(table.lets[name], scope)
    if name in table.columns or name in scope.row:
        return scope.row.get(name)
    source, _, rest = name.rpartition(".")
    for join in table.joins:
        if source in (join.source.text, join.source.text.rpartition(".")[2]):
            other = scope.tables[join.source.text]
            values = tuple(column(key.left.text, scope) for key in join.keys)
            row = joined(other.rows, tuple(key.right.text for key in join.keys), values)
            if row is None:
                return None
            inner = Scope(other, row, scope.tables, scope.almanac, scope.params, scope.as_of, scope.resolve)
            return column(rest, inner)
    if source and source in (table.name, table.name.rpartition(".")[2]):
        return column(rest, scope)
    raise KeyError(name)


def truth(expr: x.Expr, scope: Scope) -> bool | None:
    value = evaluate(expr, scope)
    assert value is None or isinstance(value, bool), f"{expr} is no predicate"
    return value


def evaluate(expr: x.Expr, scope: Scope) -> object:
    """The value of a row expression."""
    match expr:
        case x.Quantity():
            return quantity(expr)
        case x.Quotient():
            return Fraction(expr.quantity.number) / Fraction(expr.per)
        case Text():
            return expr.value
        case x.Boolean():
            return expr.value
        case x.Null():
            return None
        case x.DateLiteral():
            return expr.value
        case x.InstantLiteral():
            moment = expr.value
            return moment if moment.tzinfo else scope.almanac.instant(moment)
        case x.NameRef():
            return column(expr.name, scope)
        case x.Negate():
            return arithmetic("-", 0, evaluate(expr.operand, scope))
        case x.Binary():
            return arithmetic(expr.operator, evaluate(expr.left, scope), evaluate(expr.right, scope))
        case x.PercentOf():
            return arithmetic("*", quantity(expr.percent), evaluate(expr.operand, scope))
        case x.Compare():
            return compare(expr.operator, evaluate(expr.left, scope), evaluate(expr.right, scope), scope.almanac)
        case x.Not():
            known = truth(expr.operand, scope)
            return None if known is None else not known
        case x.Logic():
            return logic(expr.operator, truth(expr.left, scope), truth(expr.right, scope))
        case x.IsNull():
            return (evaluate(expr.operand, scope) is None) != expr.negated
        case x.InList():
            return in_list(expr, scope)
        case x.InWindow():
            return in_window(expr, scope)
        case x.Matches():
            value = evaluate(expr.operand, scope)
            return None if value is None else re.search(expr.pattern.value, str(value)) is not None
        case x.If():
            return evaluate(expr.then if truth(expr.condition, scope) is True else expr.otherwise, scope)
        case x.Call():
            return call(expr.function.text, [evaluate(argument, scope) for argument in expr.arguments], scope)
        case _:
            raise AssertionError(f"no row expression: {expr}")


def quantity(expr: x.Quantity) -> object:
    number = Fraction(expr.number)
    if expr.unit in ("%", "pp"):
        return number / 100
    word = (expr.unit or "").removesuffix("s")
    return Length(number, word) if word in SECONDS else number


class Quotient(float):
    """A floating-point quotient of two exact numbers, which is compared with an exact one or another quotient as what it
    is.
    """

    exact: Fraction

    @classmethod
    def of(cls, top: Fraction, below: Fraction) -> Quotient:
        found = cls(float(top) / float(below))
        found.exact = top / below
        return found


def arithmetic(operator: str, left: object, right: object) -> object:
    """`+ - * /` of numbers, of times and lengths of time."""
    if left is None or right is None:
        return None
    if isinstance(left, date) and isinstance(right, Length):  # a datetime is a date
        return left + right.delta() if operator == "+" else left - right.delta()
    if isinstance(left, datetime) and isinstance(right, datetime):
        return left - right
    left = left.count if isinstance(left, Length) else left
    right = right.count if isinstance(right, Length) else right
    assert isinstance(left, int | float | Fraction), left
    assert isinstance(right, int | float | Fraction), right
    if operator == "/":
        if right == 0:
            return None
        exact = not isinstance(left, float) and not isinstance(right, float)
        return Quotient.of(Fraction(left), Fraction(right)) if exact else float(left) / float(right)
    if isinstance(left, float) or isinstance(right, float):
        left, right = float(left), float(right)
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case _:
            return left * right


def compare(operator: str, left: object, right: object, almanac: Almanac) -> bool | None:
    if left is None or right is None:
        return None
    if isinstance(left, date) and isinstance(right, date) and isinstance(left, datetime) != isinstance(right, datetime):
        left, right = instant(left, almanac), instant(right, almanac)
    if isinstance(left, Length) or isinstance(right, Length):
        times = isinstance(left, timedelta) or isinstance(right, timedelta)
        left = (left.delta() if times else left.count) if isinstance(left, Length) else left
        right = (right.delta() if times else right.count) if isinstance(right, Length) else right
    if isinstance(left, Quotient) and isinstance(right, Quotient):
        left, right = left.exact, right.exact
    elif isinstance(left, Quotient) and not isinstance(right, float):
        left = left.exact
    elif isinstance(right, Quotient) and not isinstance(left, float):
        right = right.exact
    sign: int = (left > right) - (left < right)  # type: ignore[operator]
    return {
        "==": sign == 0,
        "!=": sign != 0,
        "<": sign < 0,
        "<=": sign <= 0,
        ">": sign > 0,
        ">=": sign >= 0,
    }[operator]


def logic(operator: str, left: bool | None, right: bool | None) -> bool | None:
    decided = operator == "or"  # what one side alone decides
    if left is decided or right is decided:
        return decided
    return None if left is None or right is None else not decided


def in_list(expr: x.InList, scope: Scope) -> bool | None:
    value = evaluate(expr.operand, scope)
    found: bool | None = False
    for item in expr.items:
        found = logic("or", found, compare("==", value, evaluate(item, scope), scope.almanac))
    return found if found is None or not expr.negated else not found


def in_window(expr: x.InWindow, scope: Scope) -> bool | None:
    moment = instant(evaluate(expr.operand, scope), scope.almanac)
    if moment is None:
        return None
    span = scope.resolve(expr.window)
    return ((span.start is None or moment >= span.start) and moment < span.end) != expr.negated


def call(function: str, arguments: list[object], scope: Scope) -> object:
    if function == "coalesce":
        return next((argument for argument in arguments if argument is not None), None)
    if any(argument is None for argument in arguments):
        return None
    if function in ("days_between", "business_days_between"):
        first, last = (civil_day(argument, scope.almanac) for argument in arguments)
        if function == "days_between":
            return (last - first).days
        return scope.almanac.business_days(first, last)
    (value,) = arguments
    match function:
        case "lower":
            return str(value).lower()
        case "upper":
            return str(value).upper()
        case "trim":
            return str(value).strip()
        case "abs" | "floor" | "ceil" | "round":
            return rounded(function, value)
        case _:
            return part(function, value, scope.almanac)


def rounded(function: str, value: object) -> object:
    """Halves round away from zero."""
    assert isinstance(value, int | float | Fraction)
    exact = value.exact if isinstance(value, Quotient) else Fraction(value)
    match function:
        case "abs":
            return abs(value)
        case "floor":
            whole = math.floor(exact)
        case "ceil":
            whole = math.ceil(exact)
        case _:
            whole = math.floor(abs(exact) + Fraction(1, 2)) * (1 if value >= 0 else -1)
    return float(whole) if isinstance(value, float) else whole


def civil_day(value: object, almanac: Almanac) -> date:
    if isinstance(value, datetime):
        return almanac.civil(value).date()
    assert isinstance(value, date)
    return value


def part(function: str, value: object, almanac: Almanac) -> object:
    """`year quarter month day hour weekday date` in the calendar's zone; weekdays count from Monday 1."""
    day = civil_day(value, almanac)
    match function:
        case "date":
            return day
        case "year":
            return day.year
        case "quarter":
            return (day.month + 2) // 3
        case "month":
            return day.month
        case "day":
            return day.day
        case "weekday":
            return day.isoweekday()
        case "hour":
            return almanac.civil(value).hour if isinstance(value, datetime) else 0
        case _:
            raise AssertionError(f"unknown function {function}")
