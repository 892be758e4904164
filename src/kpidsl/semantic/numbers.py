"""Numbers with units: literals, conversions, and what is said when units do not fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from kpidsl.diagnostics import Fix, Problems, did_you_mean
from kpidsl.semantic import rows as r
from kpidsl.semantic.decimals import finite
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import NUMBER, PERCENT, POINTS, SECONDS, Unit, UnitTable, UnknownUnit, product
from kpidsl.semantic.windows import Invalid
from kpidsl.source_text import Span
from kpidsl.syntax.expr_nodes import Binary, Expr, NameRef, Negate, Quantity, Quotient, UnitExpr


def named_unit(name: str, span: Span, units: UnitTable, problems: Problems) -> Unit:
    """The unit of a name. Raises `Invalid`."""
    try:
        return units.named(name)
    except UnknownUnit:
        if name not in units.names:  # a wrong declaration is told where it stands
            _unknown(name, span, units, problems)
        raise Invalid from None


def written_unit(written: UnitExpr, units: UnitTable, problems: Problems) -> Unit:
    """The unit of an expression such as `EUR/order`. Raises `Invalid`."""
    try:
        return units.of(written)
    except UnknownUnit as unknown:
        span = next((factor.span for factor in written.factors if factor.name == unknown.name), written.span)
        if all(factor.name in units.names for factor in written.factors) and unknown.name[:39] != written.text[:39]:
            raise Invalid from None  # a unit is declared by what is none: that is told where it stands
        _unknown(unknown.name, span, units, problems)
        raise Invalid from None


def _unknown(name: str, span: Span, units: UnitTable, problems: Problems) -> None:
    hint = did_you_mean(name, units.names) or f"declare it: `unit {name}`"
    if name.casefold() in ("percent", "percentage", "pct"):
        _percent_in_words(name, span, problems)
        return
    if name.casefold() in ("thousand", "thousands", "million", "millions", "mio", "mn"):
        size = "k` is thousand" if name.casefold().startswith("t") else "M` is million"
        hint = f"a letter stands right behind the number: `1.5{size}"
    if name.casefold() in ("x", "times"):
        hint = "so many times is a plain number: leave it out"
    if name.casefold() in ("row", "rows", "cases", "records"):
        hint = "so many rows are `n`: `require n >= 30`"
    if name.casefold() in ("point", "points", "pts", "percentage_points"):
        hint = "percentage points are written `5pp`"
    if name.casefold() in ("money", "currency"):
        hint = "name the currency by its three letters: `EUR`"
    if name.casefold() in ("ppm", "ppb"):
        per = "1_000_000" if name.casefold() == "ppm" else "1_000_000_000"
        hint = f"parts of a whole are a quotient: `500 per {per}`"
    if name.casefold() in ("cent", "cents", "ct", "cts", "pence", "penny", "pennies"):
        hint = "money is in a currency by its three letters, cents behind the point: `0.08 EUR`"
    if name.casefold() in ("month", "months", "quarter", "quarters", "year", "years"):
        hint = "months and years have no fixed length: use days or weeks"
    problems.error("K0311", f"there is no unit `{name}`", span, hint=hint)


def _percent_in_words(name: str, span: Span, problems: Problems) -> None:
    """`85 percent`, `unit percent`."""
    before = span.source.text[max(0, span.start - 60) : span.start]
    blanks = len(before) - len(before.rstrip(" \t"))
    number = re.search(r"\d[\d_.]*$", before.rstrip(" \t"))
    shown = f"{number[0]}%" if number is not None else "%"
    place = span if number is None else Span(span.source, span.start - blanks, span.end)
    said = f"a percentage is written with its sign: `{shown}`"
    problems.error("K0311", f"there is no unit `{name}`", span, hint=said, fix=Fix(said, place, "%"))


def quantity_value(node: Quantity | Quotient, units: UnitTable, problems: Problems) -> tuple[Fraction, Unit]:
    """Number and unit of a literal; a percentage is a fraction. Raises `Invalid`."""
    if isinstance(node, Quotient):
        number, unit = quantity_value(node.quantity, units, problems)
        return number / Fraction(node.per), unit
    number = Fraction(node.number)
    match node.unit:
        case None:
            return number, NUMBER
        case "%":
            return number / 100, PERCENT
        case "pp":
            return number / 100, POINTS
        case name:
            place = node.span
            if place.text.endswith(name):
                place = Span(place.source, place.end - len(name), place.end)
            return number, named_unit(name, place, units, problems)


def compound_value(
    node: Expr, units: UnitTable, is_taken: Callable[[NameRef], bool], problems: Problems
) -> tuple[Fraction, Unit] | None:
    """Number and unit of a literal such as `5 EUR/kWh`, which reads as a quotient; None for anything else.

    `is_taken` says which names mean something else than a unit. Raises `Invalid`.
    """
    if not isinstance(node, Binary) or node.operator not in ("*", "/") or not isinstance(node.right, NameRef):
        return None
    name = node.right
    if name.name not in units.names or is_taken(name):
        return None
    left: tuple[Fraction, Unit] | None
    if isinstance(node.left, Quantity):
        left = quantity_value(node.left, units, problems)
    else:
        left = compound_value(node.left, units, is_taken, problems)
    if left is None:
        return None
    number, unit = left
    return number, product(unit, named_unit(name.name, name.span, units, problems), 1 if node.operator == "*" else -1)


def with_its_unit(node: Binary, units: UnitTable, is_taken: Callable[[NameRef], bool]) -> Binary | None:
    """`energy * 0.4 kg/kWh`, which is read as `(energy * 0.4 kg) / kWh`, with the unit beside its number; None for
    anything else.
    """
    behind: list[Binary] = []
    inner: Expr = node
    while isinstance(inner, Binary) and inner.operator in ("*", "/") and isinstance(inner.right, NameRef):
        if inner.right.name not in units.names or is_taken(inner.right):
            return None
        behind.append(inner)
        inner = inner.left
    if not behind or not isinstance(inner, Binary) or inner.operator != "*" or not isinstance(inner.right, Quantity):
        return None
    number: Expr = inner.right
    for one in reversed(behind):
        number = replace(one, left=number, span=Span(one.span.source, inner.right.span.start, one.span.end))
    return replace(node, operator="*", left=inner.left, right=number)


def quantity_constant(node: Quantity | Quotient, units: UnitTable, problems: Problems) -> r.Constant:
    """A literal as a row value."""
    number, unit = quantity_value(node, units, problems)
    kind = DataType.DURATION if unit.dimensions == SECONDS.dimensions else DataType.DECIMAL
    if kind is DataType.DECIMAL and number.denominator == 1:
        kind = DataType.INTEGER
    return r.Constant(scaled_type(kind, number), unit, number)


def check_divisor(operator: str, node: Expr, problems: Problems) -> None:
    """Report a divisor that is 0 as it is written, whatever the data. Raises `Invalid`."""
    if operator == "/" and _folded(node) == 0:
        hint = "divide by what there is something of: `sales / orders`; by 0 there is never a value"
        problems.error("K0304", "nothing can be divided by 0", node.span, hint=hint)
        raise Invalid


def _folded(node: Expr) -> Fraction | None:
    """The number of an expression that is made of literals alone; None of others."""
    match node:
        case Quantity(number=number):
            return Fraction(number)
        case Negate(operand=operand):
            inner = _folded(operand)
            return None if inner is None else -inner
        case Binary(operator=operator, left=left, right=right):
            a, b = _folded(left), _folded(right)
            if a is None or b is None or (operator == "/" and not b):
                return None
            return {"+": a + b, "-": a - b, "*": a * b, "/": a / (b or 1)}[operator]
        case _:
            return None


def is_zero(row: r.Row) -> bool:
    """Nothing is nothing in every unit."""
    return isinstance(row, r.Constant) and isinstance(row.value, Fraction) and row.value == 0


def rescaled(row: r.Row, unit: Unit) -> r.Row:
    """The same amount in another unit of the same dimension."""
    factor = row.unit.factor_to(unit)
    if factor == 1 or not row.unit.fits(unit):
        return row
    if isinstance(row, r.Constant) and isinstance(row.value, Fraction):
        value = row.value * factor
        return r.Constant(scaled_type(row.type, value), unit, value)
    return r.Scaled(scaled_type(row.type, factor), unit, row, factor)


def as_length(row: r.Row, other: r.Row) -> r.Row:
    """The difference of two columns of which nothing is known is one of times, where a length of time meets it."""
    if not isinstance(row, r.Arithmetic) or row.operator != "-" or row.type is not None or row.unit != NUMBER:
        return row
    both = isinstance(row.left, r.ColumnValue) and isinstance(row.right, r.ColumnValue)
    return replace(row, type=DataType.DURATION, unit=SECONDS) if both and other.unit.fits(SECONDS) else row


def scaled_type(kind: DataType | None, factor: Fraction) -> DataType | None:
    """The type of a number times a factor: a tenth of a whole number is a decimal, a third of one is none."""
    if kind is None or kind is DataType.FLOAT or factor.denominator == 1:
        return kind
    if finite(factor) is None:
        return DataType.FLOAT
    return DataType.DECIMAL if kind is DataType.INTEGER else kind


def plain(row: r.Row) -> r.Row:
    """A number without dimension is counted in ones, whatever units cancelled out on the way."""
    if row.unit.dimensions or row.unit.scale == 1:
        return row
    return r.Scaled(scaled_type(row.type, row.unit.scale), NUMBER, replace(row), row.unit.scale)


def joined_type(a: DataType | None, b: DataType | None) -> DataType | None:
    """The type that holds both."""
    if a is b or b is None:
        return a
    if a is None:
        return b
    for kind in (
        DataType.INSTANT,
        DataType.TIMESTAMP,
        DataType.DATE,
        DataType.FLOAT,
        DataType.DURATION,
        DataType.DECIMAL,
    ):
        if kind in (a, b):
            return kind
    return a


def numeric_type(operator: str, a: DataType | None, b: DataType | None) -> DataType | None:
    """The type of a sum, difference, product or quotient of rows; a row-level `/` is floating point."""
    if operator == "/":
        return DataType.FLOAT
    if operator == "*" and DataType.DURATION in (a, b):
        return DataType.FLOAT if DataType.FLOAT in (a, b) else DataType.DECIMAL
    return joined_type(a, b)


def check_fit(a: Unit, b: Unit, written: tuple[Expr, Expr], span: Span, problems: Problems) -> None:
    """Units that are compared or added, as far as they go together at all. Raises `Invalid`.

    `%` and `pp` are different things; and see `check_plain`.
    """
    for unit, other, node in ((a, b, written[1]), (b, a, written[0])):
        if unit.label not in ("%", "pp"):
            continue
        if {unit.label, other.label} == {"%", "pp"}:
            problems.error(
                "K0310",
                "percent and percentage points do not go together: `pp` are the difference of two percentages",
                span,
                hint=_percent_or_points(unit, node),
            )
            raise Invalid
    check_plain(a, b, written, span, problems, "is held against")


def check_plain(
    a: Unit, b: Unit, written: tuple[Expr, Expr], _span: Span, problems: Problems, meets: str = "goes with"
) -> None:
    """A plain number above 1 beside a percentage is hardly meant as a fraction of 100 %. Raises `Invalid`."""
    for unit, other, node in ((a, b, written[1]), (b, a, written[0])):
        if unit.label not in ("%", "pp") or other.label is not None or not other.is_number:
            continue
        from kpidsl.semantic.mismatch import literal

        number = literal(node)
        if number is not None and abs(number) > 1:
            problems.error(
                "K0310",
                f"a percentage {meets} the plain number {node.span.text}, which is {float(number) * 100:g}%",
                node.span,
                hint=_with_sign(node.span.text, unit, number),
            )
            raise Invalid


def whole_percentage(sides: tuple[r.Row, r.Row], written: tuple[Expr, Expr], problems: Problems) -> None:
    """Warn of whole numbers that are held against a percentage: `score > 50%` is true of 1 and of all above."""
    for at, row in enumerate(sides):
        node = written[1 - at]
        plain = isinstance(row, r.ColumnValue) and row.type is DataType.INTEGER and row.unit.label is None
        if plain and isinstance(node, Quantity) and node.unit == "%" and node.number not in (0, 100):
            number = node.span.text.removesuffix("%").rstrip()
            problems.warning(
                "K0377", f"whole numbers are held against a percentage: {node.span.text} is {node.number / 100} here",
                node.span,
                hint=f"write `{number}`, or say what the column holds: `column {row.name}: % as 0..100`",  # type: ignore[attr-defined]
            )  # fmt: skip


def _with_sign(text: str, unit: Unit, number: Fraction) -> str:
    """What a plain number is to be written as; between 1 and 2 it may as well be meant as a fraction."""
    if abs(number) < 2:
        return f"write `{text}{unit.label}`, or `{float(number) * 100:g}{unit.label}` if that is meant"
    return f"write `{text}{unit.label}`"


def _percent_or_points(unit: Unit, node: Expr) -> str:
    """What a bound in the other of the two is to be written as; `unit` is that of the other side."""
    number = node.span.text.removesuffix("pp").removesuffix("%")
    if isinstance(node, Quantity):
        return f"write `{number}{unit}`: the difference of two percentages is in `pp`, everything else in `%`"
    return "write the bound of a percentage with `%`, and that of a difference with `pp`"


def unit_mismatch(a: Unit, b: Unit, span: Span, problems: Problems, written: tuple[Expr, ...] = ()) -> None:
    """Say that two units do not go together, and what to type. `written` are the two sides, where there are."""
    from kpidsl.semantic.mismatch import lined_up, remedy

    sides = len(written) > 1
    problems.error(
        "K0310",
        f"the units do not fit: {a} and {b}",
        written[1].span if sides else span,
        _in_words(b),
        also=[(written[0].span, _in_words(a))] if sides else [],
        notes=lined_up(a, b, sides=sides),
        hint=remedy(a, b, written),
    )


def _in_words(unit: Unit) -> str:
    return str(unit) if unit.label is None else f"in {unit}"
