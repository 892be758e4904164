"""Row expressions checked: names, types and units, from syntax to `rows`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from fractions import Fraction
from functools import reduce
from typing import NoReturn

from kpidsl import calendar as c
from kpidsl.diagnostics import Problems
from kpidsl.semantic import rows as r
from kpidsl.semantic.functions_elsewhere import is_null_elsewhere, row_function_hint
from kpidsl.semantic.limits import both
from kpidsl.semantic.numbers import (
    as_length,
    check_divisor,
    check_fit,
    check_plain,
    compound_value,
    is_zero,
    joined_type,
    numeric_type,
    plain,
    quantity_constant,
    rescaled,
    scaled_type,
    unit_mismatch,
    whole_percentage,
    with_its_unit,
)
from kpidsl.semantic.params import Params
from kpidsl.semantic.parts_of_time import check_calendar
from kpidsl.semantic.row_scope import RowScope
from kpidsl.semantic.terms import AGGREGATIONS, ROW_FUNCTIONS, GivenFunction, GivenTwice
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import DAYS, NUMBER, SECONDS, UnitTable, product
from kpidsl.semantic.windows import Invalid, window_spec
from kpidsl.source_text import Span
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.node import Text

D = DataType
_WORDS = {
    D.INTEGER: "a whole number", D.DECIMAL: "a number", D.FLOAT: "a number", D.TEXT: "a text", D.BOOLEAN: "a condition",
    D.DATE: "a day", D.TIMESTAMP: "a time", D.INSTANT: "a time with a zone",
}  # fmt: skip
_GROUPS = {D.TEXT: "text", D.BOOLEAN: "truth", D.DATE: "time", D.TIMESTAMP: "time", D.INSTANT: "time", D.OTHER: "other"}


class RowChecker:
    """Checks row expressions of one source. Raises `Invalid` once a problem is reported."""

    def __init__(
        self,
        scope: RowScope,
        units: UnitTable,
        calendar: c.Calendar,
        params: Params,
        problems: Problems,
        namespace: str,
        functions: Mapping[str, GivenFunction | GivenTwice],
    ) -> None:
        self.functions = functions
        self.scope = scope
        self.units = units
        self.calendar = calendar
        self.params = params
        self.problems = problems
        self.namespace = namespace
        self._instead: dict[int, str] = {}

    # ------------------------------------------------------------ entry points
    def condition(self, node: x.Expr) -> r.Row:
        """A row expression that is true or false."""
        row = self.row(node)
        if row.type not in (D.BOOLEAN, None):
            self.wrong(node.span, "a condition is expected", self.shown(row), 'compare it: `status == "paid"`', row)
        return row

    def row(self, node: x.Expr) -> r.Row:
        match node:
            case x.Quantity() | x.Quotient():
                return quantity_constant(node, self.units, self.problems)
            case Text(value=text):
                return r.Constant(D.TEXT, NUMBER, text)
            case x.Boolean(value=truth):
                return r.Constant(D.BOOLEAN, NUMBER, truth)
            case x.Null():
                return r.Constant(None, NUMBER, None)
            case x.DateLiteral(value=day):
                return r.Constant(D.DATE, NUMBER, day)
            case x.InstantLiteral(value=at):
                return r.Constant(D.INSTANT, NUMBER, self.instant(at, node.span))
            case x.NameRef():
                return self.name(node)
            case x.Call():
                return self.call(node)
            case x.Binary(operator=operator, left=left, right=right):
                literal = compound_value(node, self.units, lambda name: self.scope.has(name.parts), self.problems)
                if literal is not None:
                    return r.Constant(D.DECIMAL, literal[1], literal[0])
                regrouped = with_its_unit(node, self.units, lambda name: self.scope.has(name.parts))
                if regrouped is not None:
                    return self.row(regrouped)
                return self.arithmetic(operator, *both(self.row, left, right), node)
            case x.Compare(operator=operator, left=left, right=right):
                self.not_null(node)
                self.may_lack_quotes(left, right)
                self.may_lack_quotes(right, left)
                a, b = self.alike(*both(self.row, left, right), node, (left, right))
                check_calendar(operator, (a, b), (left, right), self.problems)
                whole_percentage((a, b), (left, right), self.problems)
                return r.Comparison(D.BOOLEAN, NUMBER, operator, a, b)
            case x.Logic(operator=operator, left=left, right=right):
                return r.Both(D.BOOLEAN, NUMBER, operator, *both(self.condition, left, right))
            case x.Not(operand=operand):
                return r.Inverse(D.BOOLEAN, NUMBER, self.condition(operand))
            case x.Negate(operand=operand):
                row = self.number(operand)
                if isinstance(row, r.Constant) and isinstance(row.value, Fraction):
                    return r.Constant(row.type, row.unit, -row.value)
                return r.Negative(row.type, row.unit, row)
            case x.InList(operand=operand, items=items, negated=negated):
                row = self.row(operand)
                self.not_null_among(node)
                for item in items:
                    self.may_lack_quotes(item, operand)
                among = tuple(self.alike(row, self.row(item), item, (operand, item))[1] for item in items)
                for one, item in zip(among, items, strict=True):
                    check_calendar("==", (row, one), (operand, item), self.problems)
                    whole_percentage((row, one), (operand, item), self.problems)
                return r.Among(D.BOOLEAN, NUMBER, row, among, negated)
            case x.InWindow(operand=operand, window=window, negated=negated):
                row = self.row(operand)
                if row.type is not None and not row.type.is_time:
                    self.wrong(operand.span, "a time is expected before `in` and a window", self.shown(row), None, row)
                if isinstance(window, x.PeriodToDateWindow):
                    self.problems.error(
                        "K0331", "a condition on rows belongs to no objective, so it knows no period", window.span,
                        hint="put the window behind the value: `… over period to date`; or write the period itself: "
                        "`in 2026-Q2`",
                    )  # fmt: skip
                    raise Invalid
                return r.Within(D.BOOLEAN, NUMBER, row, window_spec(window, self.calendar, self.problems), negated)
            case x.IsNull(operand=operand, negated=negated):
                return r.Missing(D.BOOLEAN, NUMBER, self.row(operand), negated)
            case x.Matches(operand=operand, pattern=pattern):
                row = self.row(operand)
                if row.type not in (D.TEXT, None):
                    self.wrong(operand.span, "`matches` takes a text", self.shown(row), None, row)
                return r.Pattern(D.BOOLEAN, NUMBER, row, pattern.value)
            case x.If(condition=condition, then=then, otherwise=otherwise):
                test = self.condition(condition)
                a, b = self.alike(self.row(then), self.row(otherwise), node, (then, otherwise))
                return r.Choice(joined_type(a.type, b.type), a.unit, test, a, b)
            case x.PercentOf(percent=percent, operand=operand):
                row = self.number(operand)
                factor = Fraction(percent.number) / 100
                return r.Scaled(scaled_type(row.type, factor), row.unit, row, factor)
            case x.KofN():
                self.stop("K0307", "`k of n` stands only in `top_box`, `csat`, `ces` and `ces_net`", node.span)
            case _:
                self.not_here(node)

    def not_null(self, node: x.Compare) -> None:
        """Nothing is equal to null, and nothing differs from it."""
        for side, other in ((node.left, node.right), (node.right, node.left)):
            is_meant = isinstance(side, x.NameRef) and is_null_elsewhere(side, self.scope)
            if isinstance(side, x.Null) or is_meant:
                word = "is not null" if node.operator == "!=" else "is null"
                is_loose = isinstance(other, x.Logic | x.Not | x.Compare | x.InList | x.If)
                hint = f"write `{f'({other.span.text})' if is_loose else other.span.text} {word}`"
                if is_meant:  # or the column is there in other data
                    missing = f"`{self.scope.local_name}` has no column `{side.span.text}`"
                    self.stop("K0605", missing, side.span, hint)
                self.stop("K0304", "a comparison with `null` is never true", node.span, hint)

    def may_lack_quotes(self, node: x.Expr, other: x.Expr) -> None:
        """A word that is held against a text and is no column may be one without quotes."""
        if isinstance(node, x.NameRef) and isinstance(other, x.NameRef) and len(node.parts) == 1:
            with suppress(Invalid):
                row = self.scope.find(other.parts) if self.scope.schema is not None else None
                if row is not None and row.type is D.TEXT:
                    self._instead[node.span.start] = f'texts stand in quotes: "{node.name}"'

    def not_null_among(self, node: x.InList) -> None:
        """Nothing is among what is null, and what is not among it is unknown."""
        null = next((item for item in node.items if isinstance(item, x.Null)), None)
        if null is not None:
            more = "and … is not null" if node.negated else "or … is null"
            self.stop(
                "K0304", "nothing is equal to `null`", null.span,
                f"leave it out, and write `{more.replace('…', node.operand.span.text)}` behind the list",
            )  # fmt: skip

    def not_here(self, node: x.Expr) -> NoReturn:
        inside = "an aggregation" if isinstance(node, x.Aggregation | x.Conversion) else "`over`, `earlier` and `each`"
        self.stop(
            "K0306",
            f"{inside} cannot stand inside an expression over rows",
            node.span,
            "compute it outside: `sum(amount) from orders where … over last month`",
        )

    # ------------------------------------------------------------ names and calls
    def name(self, node: x.NameRef) -> r.Row:
        parts = node.parts
        if node.name == "as_of" and (self.scope.schema is None or self.scope.find(parts) is None):
            return r.AsOf(D.INSTANT, NUMBER)
        if parts[0] == "param" and len(parts) > 1:
            return self.params.of(node, self.namespace, self.problems)
        return self.scope.row(parts, node.span, self.problems, self._instead.get(node.span.start))

    def call(self, node: x.Call) -> r.Row:
        name = node.function.text
        if name in self.functions:
            return self.given(node, self.functions[name])
        if name not in ROW_FUNCTIONS:
            if name in AGGREGATIONS:
                self.stop(
                    "K0306",
                    f"the aggregation `{name}` cannot stand inside an expression over rows",
                    node.span,
                    f"`{name}(…) from {self.scope.local_name}` is a metric of its own",
                )
            self.stop(
                "K0308",
                f"there is no function `{name}`",
                node.function.span,
                row_function_hint(node, (*ROW_FUNCTIONS, *self.functions)),
            )
        takes, least, gives = ROW_FUNCTIONS[name]
        most = 99 if takes[-1].endswith("...") else len(takes)
        if not least <= len(node.arguments) <= most:
            wanted = f"{least}" if least == most else f"{least} or more" if most == 99 else f"{least} or {most}"
            self.stop("K0309", f"`{name}` takes {wanted} arguments, not {len(node.arguments)}", node.span)
        arguments = tuple(self.row(argument) for argument in node.arguments)
        if takes[0] == "same...":
            first = arguments[0]
            others = zip(arguments[1:], node.arguments[1:], strict=True)
            rest = tuple(self.alike(first, row, node, (node.arguments[0], one))[1] for row, one in others)
            kind = reduce(joined_type, (row.type for row in (first, *rest)))
            return r.Function(kind, first.unit, name, (first, *rest))
        for wants, row, argument in zip(takes, arguments, node.arguments, strict=False):
            self.argument(name, wants, row, argument.span)
        unit = DAYS if name.endswith("days_between") else arguments[0].unit if gives is None else NUMBER
        kind = gives if gives is not None else arguments[0].type
        return r.Function(kind, unit, name, arguments)

    def given(self, node: x.Call, function: GivenFunction | GivenTwice) -> r.Row:
        """A function that a plugin gives: as many arguments as it has parameters, each of its type."""
        if isinstance(function, GivenTwice):
            self.stop("K0804", function.message, node.function.span, function.hint)
        name, wanted = node.function.text, function.parameters
        if len(node.arguments) != len(wanted):
            self.stop("K0309", f"`{name}` takes {len(wanted)} arguments, not {len(node.arguments)}", node.span)
        arguments = tuple(self.row(argument) for argument in node.arguments)
        for kind, row, argument in zip(wanted, arguments, node.arguments, strict=True):
            numbers = kind.is_number and row.type is not None and row.type.is_number
            if row.type is not None and row.type is not kind and not numbers:
                self.wrong(
                    argument.span,
                    f"`{name}` takes {_WORDS.get(kind, 'another kind of value')} here",
                    self.shown(row),
                    "give it such a column",
                )
        return r.Function(function.returns, NUMBER, name, arguments, function.sql)

    def argument(self, name: str, wants: str, row: r.Row, span: Span) -> None:
        kind = row.type
        if kind is None:
            return
        if wants == "digits":
            whole = isinstance(row, r.Constant) and isinstance(row.value, Fraction) and row.value.denominator == 1
            if not whole:
                self.wrong(span, f"`{name}` takes a whole number of digits", self.shown(row), f"`{name}(x, 2)`")
            return
        fits = {"text": kind is D.TEXT, "number": kind.is_number or kind is D.DURATION, "time": kind.is_time}[wants]
        if not fits:
            self.wrong(span, f"`{name}` takes a {wants}", self.shown(row), self.remedy(row, wants), row)

    # ------------------------------------------------------------ operators
    def number(self, node: x.Expr) -> r.Row:
        row = self.row(node)
        if row.type is not None and not (row.type.is_number or row.type is D.DURATION):
            self.wrong(node.span, "a number is expected", self.shown(row), self.remedy(row, "number"), row)
        return row

    def arithmetic(self, operator: str, a: r.Row, b: r.Row, node: x.Binary) -> r.Row:
        times = [row.type is not None and row.type.is_time for row in (a, b)]
        if operator in ("+", "-") and not any(times):
            # What may be anything is a time where a length of time is added to it or taken off.
            pairs = ((a, b), (b, a)) if operator == "+" else ((a, b),)
            if any(one.type is None and one.unit == NUMBER and other.unit.fits(SECONDS) for one, other in pairs):
                times = [a.unit == NUMBER, b.unit == NUMBER]
        if any(times):
            return self.time_arithmetic(operator, a, b, times, node)
        for row, side in ((a, node.left), (b, node.right)):
            if row.type is not None and not (row.type.is_number or row.type is D.DURATION):
                hint = self.remedy(row, "number", a, b)
                self.wrong(side.span, f"`{operator}` takes numbers", self.shown(row), hint, row)
        if operator in ("+", "-"):
            a, b = self.alike(a, b, node, (node.left, node.right))
            return r.Arithmetic(numeric_type(operator, a.type, b.type), a.unit, operator, a, b)
        check_divisor(operator, node.right, self.problems)
        unit = product(a.unit, b.unit, 1 if operator == "*" else -1)
        row = r.Arithmetic(numeric_type(operator, a.type, b.type), unit, operator, a, b)
        return plain(row)

    def time_arithmetic(self, operator: str, a: r.Row, b: r.Row, times: list[bool], node: x.Binary) -> r.Row:
        # What may be anything and is no length is a time, too, where a time stands on the other side.
        maybe = [row.type is None and not row.unit.fits(SECONDS) for row in (a, b)]
        if operator == "-" and all(time or unknown for time, unknown in zip(times, maybe, strict=True)):
            return r.Arithmetic(D.DURATION, SECONDS, "-", a, b)
        length = b if times[0] else a
        if length.unit.fits(SECONDS) and not all(times) and (operator == "+" or (operator == "-" and times[0])):
            when = a if times[0] else b
            seconds = rescaled(length, SECONDS)
            days = (
                isinstance(seconds, r.Constant) and isinstance(seconds.value, Fraction) and seconds.value % 86400 == 0
            )
            kind = D.DATE if when.type is D.DATE and days else D.INSTANT
            return r.Arithmetic(kind, NUMBER, operator, when, seconds)
        self.wrong(
            node.span,
            f"`{operator}` does not go with {self.shown(a)} and {self.shown(b)}",
            "",
            self.remedy(a, "length", a, b),
            a,
            b,
        )

    def alike(
        self, a: r.Row, b: r.Row, node: x.Expr, sides: tuple[x.Expr, x.Expr] | None = None
    ) -> tuple[r.Row, r.Row]:
        """Two values that are compared or added, brought to one unit; `sides` are how they are written."""
        a, b = as_length(a, b), as_length(b, a)
        if sides is not None and not any(isinstance(row, r.Constant) and row.value is None for row in (a, b)):
            check = check_fit if isinstance(node, x.Compare) else check_plain
            check(a.unit, b.unit, sides, node.span, self.problems)
        if a.type is None or b.type is None:
            nothing = (isinstance(row, r.Constant) and row.value is None for row in (a, b))
            if any(nothing) or not (a.unit.dimensions or b.unit.dimensions):
                return a, b
        groups = [_GROUPS.get(row.type, "number") if row.type is not None else None for row in (a, b)]
        if None not in groups and groups[0] != groups[1]:
            from kpidsl.semantic.row_remedies import mixed

            message = f"{self.shown(a)} and {self.shown(b)} do not go together"
            self.wrong(node.span, message, "", mixed(a, b, sides), a, b)
        if not a.unit.fits(b.unit):
            if is_zero(a) or is_zero(b):
                return a, b
            unit_mismatch(a.unit, b.unit, node.span, self.problems, sides or ())
            raise Invalid
        return a, rescaled(b, a.unit)

    # ------------------------------------------------------------ words
    def shown(self, row: r.Row) -> str:
        from kpidsl.semantic.row_remedies import shown

        return shown(row)

    def remedy(self, row: r.Row, wants: str, *sides: r.Row) -> str | None:
        from kpidsl.semantic.row_remedies import beside, remedy

        return beside(row, wants, *sides) if sides else remedy(row, wants)

    def instant(self, at: datetime, span: Span) -> datetime:
        try:
            return at.astimezone(UTC) if at.tzinfo is not None else self.calendar.instant(at)
        except (ValueError, OverflowError) as error:
            self.stop("K0104", str(error), span)

    def wrong(self, span: Span, message: str, found: str, hint: str | None = None, *rows: r.Row) -> NoReturn:
        """A type that does not fit: of the data where a column of `rows` is not declared, of the spec otherwise."""
        code = "K0604" if any(reads_column(row) for row in rows) else "K0304"
        self.problems.error(code, f"{message}, not {found}" if found else message, span, hint=hint)
        raise Invalid

    def stop(self, code: str, message: str, span: Span, hint: str | None = None) -> NoReturn:
        self.problems.error(code, message, span, hint=hint)
        raise Invalid


def reads_column(row: r.Row) -> bool:
    """Whether a column is read here, whose type the data decides."""
    if isinstance(row, r.ColumnValue):
        return True
    for part in fields(row):
        inner = getattr(row, part.name)
        if any(
            isinstance(one, r.Row) and reads_column(one) for one in (inner if isinstance(inner, tuple) else (inner,))
        ):
            return True
    return False
