"""The cells of a given table, column by column: their type, and their values as the source would hold them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal, assert_never

from kpidsl.diagnostics import Problems
from kpidsl.engine.duck import literal
from kpidsl.records import dataclass
from kpidsl.semantic.decimals import finite
from kpidsl.semantic.model import DeclaredColumn
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import Unit, UnitTable, UnknownUnit
from kpidsl.source_text import Span
from kpidsl.syntax.expr_nodes import Boolean, DateLiteral, InstantLiteral, Null, Quantity
from kpidsl.syntax.node import Text
from kpidsl.syntax.test_nodes import Cell
from kpidsl.testing.given import GivenColumn

Sort = Literal["number", "text", "boolean", "date", "time", "instant"]
_CALLED: dict[Sort, str] = {
    "number": "a number",
    "text": "a text",
    "boolean": "true or false",
    "date": "a date",
    "time": "a time without an offset",
    "instant": "a time with an offset",
}
MOST_DIGITS = 38
WORD_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Columns:
    """Reads columns of one test's tables; what is wrong with a cell is told once."""

    units: UnitTable
    problems: Problems

    def column(self, name: str, cells: Sequence[Cell], declared: DeclaredColumn | None) -> GivenColumn | None:
        """The column, or None where it holds no value or cannot be one (which is told)."""
        known = [cell for cell in cells if not isinstance(cell, Null)]
        if not known:
            return None
        if declared is not None and declared.type is DataType.TEXT:
            return self.texts(name, cells)
        sorts: set[Sort] = {sort_of(cell) for cell in known}
        if sorts == {"date", "time"}:
            sorts = {"time"}
        if len(sorts) > 1 and declared is not None and "text" in sorts:
            # As a file would hold it: which cell does not fit the declaration is found when the column is read.
            return self.texts(name, cells, declared)
        if len(sorts) > 1:
            self.mixed(name, known)
            return None
        match next(iter(sorts)):
            case "number":
                return self.numbers(name, cells, declared)
            case "text":
                return self.texts(name, cells)
            case "boolean":
                return _typed(name, DataType.BOOLEAN, "BOOLEAN", cells)
            case "date":
                return _typed(name, DataType.DATE, "DATE", cells)
            case "time":
                return _typed(name, DataType.TIMESTAMP, "TIMESTAMP", cells)
            case "instant":
                return _typed(name, DataType.INSTANT, "TIMESTAMPTZ", cells)
            case never:
                assert_never(never)

    def mixed(self, name: str, cells: Sequence[Cell]) -> None:
        first = cells[0]
        other = next(cell for cell in cells if sort_of(cell) != sort_of(first))
        self.problems.error(
            "K0604",
            f"the column `{name}` holds {_CALLED[sort_of(first)]} and {_CALLED[sort_of(other)]}",
            other.span,
            f"this is {_CALLED[sort_of(other)]}",
            also=[(first.span, f"this is {_CALLED[sort_of(first)]}")],
            hint="write all cells of a column as one type",
        )

    def texts(self, name: str, cells: Sequence[Cell], declared: DeclaredColumn | None = None) -> GivenColumn | None:
        """Texts; other cells as they are written, numbers with a unit in the one that is declared."""
        found: list[str] = []
        for cell in cells:
            text = cell.value if isinstance(cell, Text) else cell.span.text
            if isinstance(cell, Quantity) and declared is not None and declared.type is None:
                number = self.number(name, cell, declared)
                if number is None:
                    return None
                text = f"{number:f}"
            if "\0" in text:
                self.problems.error("K0604", "a text with a NUL character cannot be read", cell.span)
                return None
            found.append("CAST(NULL AS VARCHAR)" if isinstance(cell, Null) else literal(text))
        return GivenColumn(name, DataType.TEXT, "VARCHAR", tuple(found))

    # ------------------------------------------------------------ numbers
    def numbers(self, name: str, cells: Sequence[Cell], declared: DeclaredColumn | None) -> GivenColumn | None:
        """Exact numbers: whole ones where none is written with a point."""
        found: list[Decimal | None] = []
        for cell in cells:
            if not isinstance(cell, Quantity):
                found.append(None)
                continue
            number = self.number(name, cell, declared)
            if number is None:
                return None
            found.append(number)
        known = [number for number in found if number is not None]
        scale = max(max(0, -exponent(number)) for number in known)
        whole = max(max(1, number.adjusted() + 1) for number in known)
        if whole + scale > MOST_DIGITS:
            longest = next(cell for cell in cells if isinstance(cell, Quantity))
            self.problems.error(
                "K0604",
                f"the numbers of `{name}` need {whole + scale} digits, and an exact number holds {MOST_DIGITS}",
                longest.span,
            )
            return None
        width = WORD_DIGITS if whole + scale <= WORD_DIGITS else MOST_DIGITS
        kind, sql_type = DataType.DECIMAL, f"DECIMAL({width}, {scale})"
        if scale == 0:
            kind, sql_type = DataType.INTEGER, "BIGINT" if whole <= WORD_DIGITS else "HUGEINT"
        written = tuple(f"CAST({'NULL' if one is None else literal(f'{one:f}')} AS {sql_type})" for one in found)
        return GivenColumn(name, kind, sql_type, written)

    def number(self, name: str, cell: Quantity, declared: DeclaredColumn | None) -> Decimal | None:
        """The number as the source would hold it: in the unit its column is declared in."""
        if cell.unit is None:
            return cell.number
        own = declared.unit if declared is not None else None
        written = self.unit(cell.unit, cell.span)
        if written is None:
            return None
        if own is None or own.label is None:
            self.problems.error(
                "K0310",
                f"`{name}` has no unit, so its cells have none",
                cell.span,
                hint=f"write `{cell.number:f}`, or declare `column {name}: {cell.unit}` in the source",
            )
            return None
        if not written.fits(own) or (written.label in ("%", "pp") and written.label != own.label):
            self.problems.error(
                "K0310",
                f"`{name}` is in {own.label}, not in {cell.unit}",
                cell.span,
                hint=f"write `{cell.number:f}` for that many {own.label}",
            )
            return None
        number = Fraction(cell.number) / 100 if cell.unit in ("%", "pp") else Fraction(cell.number)
        if declared is not None and declared.scale is not None:
            low, high = (Fraction(edge) for edge in declared.scale)
            number = low + number * (high - low)
        else:
            number *= written.factor_to(own)
        exact = finite(number)
        if exact is None:
            self.problems.error(
                "K0604", f"{cell.span.text} is no finite decimal in {own.label}, in which `{name}` is held", cell.span,
                hint=f"write the number in {own.label}",
            )  # fmt: skip
        return exact

    def unit(self, name: str, span: Span) -> Unit | None:
        try:
            return self.units.named(name)
        except UnknownUnit:
            self.problems.error("K0311", f"there is no unit `{name}`", span, hint="write the number alone")
            return None


def exponent(number: Decimal) -> int:
    """The power of ten of a finite number's last digit."""
    found = number.as_tuple().exponent
    assert isinstance(found, int)
    return found


def sort_of(cell: Cell) -> Sort:
    """What a cell that is not null holds."""
    match cell:
        case Text():
            return "text"
        case Quantity():
            return "number"
        case Boolean():
            return "boolean"
        case DateLiteral():
            return "date"
        case InstantLiteral(value=value):
            return "time" if value.tzinfo is None else "instant"
        case Null():
            raise AssertionError("a null has no sort")
        case _:
            assert_never(cell)


def _typed(name: str, kind: DataType, sql_type: str, cells: Sequence[Cell]) -> GivenColumn:
    return GivenColumn(name, kind, sql_type, tuple(f"CAST({_written(cell)} AS {sql_type})" for cell in cells))


def _written(cell: Cell) -> str:
    match cell:
        case Boolean(value=truth):
            return "true" if truth else "false"
        case DateLiteral(value=day):
            return literal(day.isoformat())
        case InstantLiteral(value=datetime() as at):
            return literal(at.isoformat(sep=" "))
        case _:
            return "NULL"
