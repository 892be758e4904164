"""Row expressions as SQL expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import assert_never

from kpidsl.calendar import Calendar
from kpidsl.diagnostics import CellError
from kpidsl.semantic import rows as r
from kpidsl.semantic.types import DataType
from kpidsl.sql import exp, places, times
from kpidsl.sql.quotients import compared, is_sure, quotient
from kpidsl.sql.times import cast, function

_PARTS = {"year": "year", "quarter": "quarter", "month": "month", "day": "day", "hour": "hour", "weekday": "isodow"}
_COMPARED: Mapping[str, type[exp.Binary]] = {
    "==": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}
ROOM = "DECIMAL(19, 0)"
"""The shortest decimals that DuckDB does not keep in 64 bits."""
PLACES = "DECIMAL(1, 0)"
_COMPUTED: Mapping[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


class RowSql:
    """Writes row expressions of one query. `table` gives the alias of a joined path; `zones` each source's clock."""

    def __init__(self, calendar: Calendar, zones: Mapping[str, str], table: Callable[[tuple[str, ...]], str]) -> None:
        self.calendar = calendar
        self.zones = zones
        self.table = table

    def zone(self, row: r.Row) -> str:
        """The clock of civil times in a row expression: that of the first column in it."""
        if isinstance(row, r.ColumnValue):
            return self.zones[row.source]
        for name in row.__dataclass_fields__:
            part = getattr(row, name)
            for inner in part if isinstance(part, tuple) else (part,):
                if isinstance(inner, r.Row) and inner.type in (DataType.TIMESTAMP, DataType.DATE, None):
                    return self.zone(inner)
        return self.calendar.timezone

    def instant(self, row: r.Row) -> exp.Expr:
        return times.as_instant(self.sql(row), row.type, self.zone(row), self.calendar)

    def day(self, row: r.Row) -> exp.Expr:
        return times.as_day(self.sql(row), row.type, self.zone(row), self.calendar)

    def at_or_after(self, row: r.Row, edge: datetime) -> exp.Expr:
        """Whether a time is at or after an instant."""
        return times.at_or_after(self.sql(row), row.type, self.zone(row), edge, self.calendar)

    # ------------------------------------------------------------ expressions
    def sql(self, row: r.Row) -> exp.Expr:
        match row:
            case r.ColumnValue(path=path, name=name, type=kind):
                column = exp.column(exp.to_identifier(name, quoted=True), table=self.table(path), quoted=True)
                if kind is DataType.FLOAT:
                    # NaN is NULL. Not by `isnan`, which DuckDB takes to be false where a file's statistics show none.
                    number_at_all = exp.or_(function("isfinite", column), function("isinf", column))
                    return exp.Case().when(number_at_all, column, copy=False)
                return column
            case r.Constant(value=value):
                return constant(value)
            case r.Arithmetic():
                return self.arithmetic(row)
            case r.Scaled(operand=operand, factor=factor):
                return scaled(self.sql(operand), operand.type, factor)
            case r.Comparison(operator=operator, left=left, right=right):
                return exp.paren(self.comparison(operator, left, right))
            case r.Both(operator=operator, left=left, right=right):
                kind_of = exp.And if operator == "and" else exp.Or
                return exp.paren(kind_of(this=self.sql(left), expression=self.sql(right)))
            case r.Inverse(operand=operand):
                return exp.paren(exp.Not(this=exp.paren(self.sql(operand))))
            case r.Negative(operand=operand):
                return exp.paren(exp.Neg(this=exp.paren(self.sql(operand))))
            case r.Among(operand=operand, items=items, negated=negated):
                return self.among(operand, items, negated)
            case r.Between(operand=operand, start=start, end=end, negated=negated):
                inside: exp.Expr = exp.not_(self.at_or_after(operand, end))
                if start is not None:
                    inside = exp.and_(self.at_or_after(operand, start), inside)
                return exp.paren(exp.not_(exp.paren(inside)) if negated else inside)
            case r.Missing(operand=operand, negated=negated):
                missing = exp.Is(this=self.sql(operand), expression=exp.null())
                return exp.paren(exp.not_(missing) if negated else missing)
            case r.Pattern(operand=operand, pattern=pattern):
                return function("regexp_matches", self.sql(operand), exp.Literal.string(pattern))
            case r.Choice(condition=condition, then=then, otherwise=otherwise):
                first, second = self.alike((then, otherwise))
                return exp.Case().when(self.sql(condition), first, copy=False).else_(second, copy=False)
            case r.Function(name=name, arguments=arguments, sql=str() as text):
                return given(name, text, [self.sql(argument) for argument in arguments])
            case r.Function(name=name, arguments=arguments):
                return self.call(name, arguments)
            case r.Place():
                return places.place(self, row)
            case r.Picked():
                return places.picked(self, row)
            case r.Within() | r.AsOf():
                raise AssertionError("windows are resolved in the plan")
            case _:
                raise AssertionError(type(row).__name__)

    def arithmetic(self, row: r.Arithmetic) -> exp.Expr:
        left, right = row.left, row.right
        times_in = [side.type is not None and side.type.is_time for side in (left, right)]
        if any(times_in):
            return exp.paren(self.time_arithmetic(row, times_in))
        a, b = self.sql(left), self.sql(right)
        if row.operator == "/":
            # A row-level quotient is floating point; one by nothing is unknown, not infinite.
            below = function("nullif", cast(b, "DOUBLE"), exp.Literal.number(0))
            return exp.paren(exp.Div(this=cast(a, "DOUBLE"), expression=below, typed=False, safe=False))
        if left.type is DataType.INTEGER and right.type is DataType.INTEGER:
            # Whatever the width of the columns: 50 000 × 50 000 is no overflow.
            a, b = cast(a, "HUGEINT"), cast(b, "HUGEINT")
        elif row.type is DataType.DECIMAL:
            # What is computed of such a number has room already.
            if left.type is DataType.INTEGER:
                a = cast(a, "HUGEINT")
            elif not isinstance(left, r.Arithmetic):
                a = with_room(a)
        return exp.paren(_COMPUTED[row.operator](this=a, expression=b))

    def time_arithmetic(self, row: r.Arithmetic, times_in: list[bool]) -> exp.Expr:
        left, right = row.left, row.right
        if all(times_in):
            if left.type is DataType.DATE and right.type is DataType.DATE:
                days = function("date_diff", exp.Literal.string("day"), self.sql(right), self.sql(left))
                return exp.Mul(this=days, expression=exp.Literal.number(86_400))
            return times.seconds_between(self.instant(right), self.instant(left))
        when, length = (left, right) if times_in[0] else (right, left)
        seconds = self.sql(length)
        if row.operator == "-":
            seconds = exp.Neg(this=exp.paren(seconds))
        if row.type is DataType.DATE:
            assert isinstance(length, r.Constant) and isinstance(length.value, Fraction)
            whole = int(length.value / 86_400) * (-1 if row.operator == "-" else 1)
            return exp.Add(this=self.sql(when), expression=cast(exp.Literal.string(str(whole)), "INTEGER"))
        return times.later_by(self.instant(when), seconds)

    def comparison(self, operator: str, left: r.Row, right: r.Row) -> exp.Expr:
        if left.type is not None and left.type.is_time and right.type is not None and right.type.is_time:
            return self.time_comparison(operator, left, right)
        exact = self.quotient_compared(operator, left, right)
        if exact is None:
            exact = self.quotient_compared(places.turned(operator), right, left)
        return exact if exact is not None else _COMPARED[operator](this=self.sql(left), expression=self.sql(right))

    def quotient_compared(self, operator: str, row: r.Row, other: r.Row) -> exp.Expr | None:
        """`a / b >= c` as `a >= c * b`, turned round where `b` is negative: 0.3 / 3 is 0.1, and in floating point less.
        None for what is no quotient of exact numbers that is compared with an exact one or another quotient.

        Two columns may be too long to be multiplied: such a row is compared in floating point, where what is as near as
        quotients of numbers of few digits are only if they are equal is taken to be so.
        """
        parts = compared(row, other)
        if parts is None:
            return None
        top, below, product = parts
        sides = [
            _COMPARED[each](this=self.sql(top), expression=self.sql(product))
            for each in (operator, places.turned(operator))
        ]
        if isinstance(below, r.Constant):
            assert isinstance(below.value, Fraction)
            return sides[below.value < 0] if below.value else None
        zero = exp.Literal.number(0)
        above, under = (
            exp.GT(this=self.sql(below), expression=zero),
            exp.LT(this=self.sql(below), expression=zero.copy()),
        )
        exact = exp.Case().when(above, sides[0], copy=False).when(under, sides[1], copy=False)
        if all(is_sure(part) for part in parts):
            return exact
        near = _nearly(operator, self.sql(row), self.sql(other))
        return function("coalesce", function("try", exact), exp.paren(near))

    def time_comparison(self, operator: str, left: r.Row, right: r.Row) -> exp.Expr:
        flipped = places.turned(operator)
        for row, other, sign in ((left, right, operator), (right, left, flipped)):
            if isinstance(other, r.Constant) and not isinstance(row, r.Constant):
                if row.type is DataType.DATE and other.type is DataType.DATE:
                    return _COMPARED[sign](this=self.sql(row), expression=self.sql(other))
                value = other.value
                if isinstance(value, datetime):
                    edge = value if value.tzinfo is not None else self.calendar.instant(value)
                else:
                    assert isinstance(value, date)
                    edge = self.calendar.day_start(value)
                return times.compared(sign, self.sql(row), row.type, self.zone(row), edge, self.calendar)
        same_clock = left.type is right.type and (
            left.type is not DataType.TIMESTAMP or self.zone(left) == self.zone(right)
        )
        if same_clock:
            return _COMPARED[operator](this=self.sql(left), expression=self.sql(right))
        return _COMPARED[operator](this=self.instant(left), expression=self.instant(right))

    def among(self, operand: r.Row, items: tuple[r.Row, ...], negated: bool) -> exp.Expr:
        if (operand.type is not None and operand.type.is_time) or quotient(operand) is not None:
            found: exp.Expr = exp.or_(*(self.comparison("==", operand, item) for item in items))
        else:
            found = exp.In(this=self.sql(operand), expressions=[self.sql(item) for item in items])
        return exp.paren(exp.not_(exp.paren(found)) if negated else found)

    def call(self, name: str, arguments: tuple[r.Row, ...]) -> exp.Expr:
        first = arguments[0]
        match name:
            case "coalesce" if first.type is not None and first.type.is_time and len({a.type for a in arguments}) > 1:
                return function("coalesce", *(self.instant(argument) for argument in arguments))
            case "coalesce":
                return function("coalesce", *self.alike(arguments))
            case "days_between":
                return function("date_diff", exp.Literal.string("day"), self.day(first), self.day(arguments[1]))
            case "business_days_between":
                return exp.paren(
                    times.business_days(self.day(first), self.day(arguments[1]), self.calendar.known_holidays)
                )
            case "date":
                return self.day(first)
            case part if part in _PARTS:
                civil = times.as_civil(self.sql(first), first.type, self.zone(first), self.calendar)
                return function("date_part", exp.Literal.string(_PARTS[part]), civil)
            case "ceil" | "floor" if first.type is DataType.INTEGER:
                return self.sql(first)  # DuckDB makes a floating-point number of it
            case "ceil":
                return function("ceiling", self.nudged(first, name))
            case "round" if len(arguments) > 1:
                return function("round", self.nudged(first, name), cast(self.sql(arguments[1]), "INTEGER"))
            case "floor" | "round":
                return function(name, self.nudged(first, name))
            case _:
                return function(name, *(self.sql(argument) for argument in arguments))

    def nudged(self, row: r.Row, name: str) -> exp.Expr:
        """What is rounded. A quotient in floating point may be on the wrong side of a whole number or a half: 0.3 / 0.1
        below 3, 2.01 / 2 below 1.005. It is moved by 2⁻⁴⁹ of itself, up before `floor`,
        down before `ceil`, away from 0 before `round`; quotients of numbers of few digits are that near to a whole
        number or a half only where they are one.
        """
        parts = quotient(row)
        if parts is None:
            return self.sql(row)
        value = self.arithmetic(r.Arithmetic(DataType.FLOAT, row.unit, "/", *parts))
        little = _little(value.copy() if name == "round" else function("abs", value.copy()))
        return exp.paren((exp.Sub if name == "ceil" else exp.Add)(this=value, expression=little))

    def alike(self, rows: Sequence[r.Row]) -> list[exp.Expr]:
        """Values one of which is taken. Of decimals with 38 digits DuckDB leaves out the places that the widest lacks,
        so that nothing of each other is added to each: sums keep all places.
        """
        values = [self.sql(row) for row in rows]
        exact = [row.type in (DataType.DECIMAL, DataType.DURATION) for row in rows]
        if len({_places_of(row) for row, is_exact in zip(rows, exact, strict=True) if is_exact}) < 2:
            return values
        zero = cast(exp.Literal.string("0"), PLACES)
        nothing = [
            function("coalesce", exp.paren(exp.Sub(this=one.copy(), expression=one.copy())), zero.copy())
            for one in values
        ]
        found = []
        for place, value in enumerate(values):
            for other, none in enumerate(nothing):
                if exact[place] and exact[other] and other != place:
                    value = exp.Add(this=value, expression=none.copy())
            found.append(exp.paren(value) if exact[place] else value)
        return found


def _places_of(row: r.Row) -> object:
    """What decides how many places a decimal has: the same for a column and its negative."""
    return _places_of(row.operand) if isinstance(row, r.Negative) else row


def given(name: str, text: str, arguments: list[exp.Expr]) -> exp.Expr:
    """A plugin's function: its expression with the arguments in the places of `$1`, `$2`, …

    Raises CellError for what is no expression over its arguments alone.
    """
    from kpidsl.sql import glot

    found = glot.given(text, len(arguments))
    if found is None:
        raise CellError(
            f"the function `{name}` of a plugin is no expression over its arguments",
            code="K0808",
            hint="tell the plugin's authors: it may use `$1`, `$2`, … and DuckDB's scalar functions, and nothing else",
        )
    return exp.paren(exp.Given(this=found, expressions=arguments))


def _little(size: exp.Expr) -> exp.Expr:
    """2⁻⁴⁹ of a floating-point number: as far as a quotient of numbers of few digits may be off."""
    return exp.paren(exp.Mul(this=size, expression=cast(exp.Literal.string(repr(2.0**-49)), "DOUBLE")))


def _nearly(operator: str, left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """Floating-point numbers compared, where those that are as near as quotients may be off are equal."""
    little = _little(function("abs", left.copy()))
    if operator in ("==", "!="):
        apart = function("abs", exp.paren(exp.Sub(this=left, expression=right)))
        return (exp.LTE if operator == "==" else exp.GT)(this=apart, expression=little)
    moved = exp.Add if operator in (">=", "<") else exp.Sub
    return _COMPARED[operator](this=exp.paren(moved(this=left, expression=little)), expression=right)


def constant(value: r.Literal) -> exp.Expr:
    """A literal. Whole numbers and finite decimals are exact."""
    match value:
        case None:
            return exp.null()
        case bool():
            return exp.true() if value else exp.false()
        case Fraction():
            return number(value)
        case str():
            return exp.Literal.string(value)
        case datetime():
            return times.instant(value) if value.tzinfo is not None else times.civil(value)
        case date():
            return times.day(value)
        case _:
            assert_never(value)


def number(value: Fraction) -> exp.Expr:
    """A number: exact where it is a finite decimal of at most 38 digits, floating point otherwise."""
    text = finite_decimal(value)
    if text is None:
        top, below = (cast(exp.Literal.string(str(part)), "DOUBLE") for part in (value.numerator, value.denominator))
        return exp.paren(exp.Div(this=top, expression=below, typed=False, safe=False))
    digits = len(text.replace("-", "").replace(".", "").lstrip("0")) or 1
    scale = len(text.partition(".")[2])
    if scale == 0:
        kind = "BIGINT" if digits <= 18 else "HUGEINT"
        return cast(exp.Literal.string(text), kind)
    return cast(exp.Literal.string(text), f"DECIMAL({max(digits, scale)}, {scale})")


def with_room(x: exp.Expr) -> exp.Expr:
    """A decimal of which sums and products have up to 38 digits: of two with 18 DuckDB makes one with 18."""
    return exp.paren(exp.Mul(this=x, expression=cast(exp.Literal.string("1"), ROOM)))


def finite_decimal(value: Fraction) -> str | None:
    """The decimal of a fraction, where it ends within 38 digits."""
    denominator = value.denominator
    twos = fives = 0
    while denominator % 2 == 0:
        denominator //= 2
        twos += 1
    while denominator % 5 == 0:
        denominator //= 5
        fives += 1
    scale = max(twos, fives)
    if denominator != 1 or scale > 38 or abs(value.numerator * 10**scale // value.denominator) >= 10**38:
        return None
    text = str(Decimal(abs(value.numerator) * 10**scale // value.denominator)).rjust(scale + 1, "0")
    whole, part = (text[:-scale], text[-scale:]) if scale else (text, "")
    return ("-" if value < 0 else "") + (f"{whole}.{part}" if part else whole)


def scaled(operand: exp.Expr, kind: DataType | None, factor: Fraction) -> exp.Expr:
    """A number times a factor: exact where both are."""
    if kind is not DataType.FLOAT and finite_decimal(factor) is not None:
        return exp.paren(exp.Mul(this=operand, expression=number(factor)))
    top, below = (cast(exp.Literal.string(str(part)), "DOUBLE") for part in (factor.numerator, factor.denominator))
    product = exp.Mul(this=cast(operand, "DOUBLE"), expression=top)
    return exp.paren(exp.Div(this=exp.paren(product), expression=below, typed=False, safe=False))
