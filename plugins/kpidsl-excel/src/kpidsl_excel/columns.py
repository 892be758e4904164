"""Columns: what type one has by its cells, and its cells as Arrow arrays, with each cell that does not fit by its
address.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Collection
from typing import Any, Final

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ColumnRequest
from kpidsl.semantic.types import DataType
from kpidsl_excel.cells import SHORT, Cell, Kind, exact, written
from kpidsl_excel.values import Marks, Unfit, convert, number

DIGITS: Final = 38
WHOLE: Final = 18
"""Digits that every whole number of 64 bits can have."""
BATCH: Final = 16_384
_SHOWN: Final = 5
_WORDS: Final = {
    DataType.INTEGER: "a whole number",
    DataType.DECIMAL: "a number",
    DataType.FLOAT: "a number",
    DataType.BOOLEAN: "true or false",
    DataType.DATE: "a date",
    DataType.TIMESTAMP: "a date or a time",
    DataType.INSTANT: "a time with an offset",
    DataType.DURATION: "a span of time",
}
_NUMERIC: Final = re.compile("(?=.*[0-9])[^a-z]{1,40}")
_GROUPS: Final = {Kind.DAY: "time", Kind.MOMENT: "time"}


class Guess:
    """What a column is by all of its cells: what most of them are. The others have to fit, or are errors later."""

    def __init__(self, null: Collection[str], marks: Marks) -> None:
        self._null, self._marks = null, marks
        self._kinds: Counter[Kind] = Counter()
        self._whole = self._scale = 0

    def see(self, cell: Cell) -> None:
        kind = cell.kind
        if kind in (Kind.ERROR, Kind.UNKNOWN):
            return
        if kind is Kind.TEXT:
            text = str(cell.value)
            if not text.strip() or text.strip() in self._null:
                return
            if _NUMERIC.fullmatch(text):
                with contextlib.suppress(Unfit):
                    self._see_number(number(text, self._marks).number)
        elif kind is Kind.NUMBER:
            numeral = str(cell.value)
            if len(numeral) > SHORT or "e" in numeral or "E" in numeral:
                self._see_number(exact(numeral))
            else:
                whole, _, fraction = numeral.partition(".")
                self._whole = max(self._whole, len(whole))
                if len(fraction) > self._scale:
                    self._scale = max(self._scale, len(fraction.rstrip("0")))
        self._kinds[kind] += 1

    def _see_number(self, found: Any) -> None:
        _, digits, exponent = found.normalize().as_tuple()
        scale = max(-exponent, 0)
        self._whole, self._scale = max(self._whole, len(digits) + exponent), max(self._scale, scale)

    @property
    def is_blank(self) -> bool:
        """Whether no cell tells the type."""
        return not self._kinds

    @property
    def type(self) -> DataType:
        groups: Counter[str] = Counter()
        for kind, count in self._kinds.items():
            groups[_GROUPS.get(kind, kind.name)] += count
        most = max(groups.values(), default=0)
        leading = [group for group, count in groups.items() if count == most]
        if len(leading) != 1:
            return DataType.TEXT
        match leading[0]:
            case "time":
                return DataType.TIMESTAMP if self._kinds[Kind.MOMENT] else DataType.DATE
            case "NUMBER":
                if self._whole + self._scale > DIGITS:
                    return DataType.FLOAT
                return DataType.DECIMAL if self._scale or self._whole > WHOLE else DataType.INTEGER
            case "BOOLEAN":
                return DataType.BOOLEAN
            case "SPAN":
                return DataType.DURATION
            case _:
                return DataType.TEXT


class Builder:
    """The cells of one column as Arrow arrays."""

    def __init__(self, request: ColumnRequest, found: DataType, null: Collection[str], marks: Marks) -> None:
        self.name = request.name
        self._declared = request.as_type is not None
        self._wanted = request.as_type or found
        self._format, self._null, self._marks = request.format, null, marks
        self._values: list[object] = []
        self._arrays: list[Any] = []
        self._bad: list[tuple[str, Cell, str | None]] = []
        self._bad_count = 0
        self._currency: tuple[str, str] | None = None

    def add(self, cell: Cell | None, label: str, row: int, column: int) -> None:
        """One cell more. Raises SourceError for an error in a cell, and for a formula without a value."""
        value: object = None
        if cell is not None and not (cell.kind in (Kind.TEXT, Kind.ERROR) and str(cell.value).strip() in self._null):
            if cell.kind in (Kind.ERROR, Kind.UNKNOWN):
                raise self._broken(cell, _place(label, row, column))
            try:
                value = convert(cell, self._wanted, self._format, self._marks)
            except Unfit as unfit:
                self._bad_count += 1
                if len(self._bad) < _SHOWN:
                    self._bad.append((_place(label, row, column), cell, unfit.hint))
            else:
                if cell.kind is Kind.TEXT and self._wanted.is_number and value is not None:
                    self._check_currency(cell, label, row, column)
        self._values.append(value)
        if len(self._values) >= BATCH:
            self._flush()

    def finished(self) -> Any:
        """The column as a chunked array. Raises SourceError K0604 with the addresses of what does not fit."""
        import pyarrow as pa

        if self._bad:
            raise self._unfit()
        self._flush()
        found = pa.chunked_array(self._arrays, type=self._arrow())
        return self._as_decimal(found) if self._wanted is DataType.DECIMAL and not self._declared else found

    def _flush(self) -> None:
        import pyarrow as pa

        kind = self._arrow()
        try:
            self._arrays.append(pa.array(self._values, kind))
        except (OverflowError, pa.ArrowInvalid) as error:
            raise SourceError(
                f"a number in column `{self.name}` has too many digits: {error}", code="K0604",
                hint=f"`column {self.name}: decimal` takes 38 digits, `text` any number of them",
            ) from error  # fmt: skip
        self._values = []

    def _arrow(self) -> Any:
        import pyarrow as pa

        match self._wanted:
            case DataType.INTEGER:
                return pa.int64()
            case DataType.FLOAT:
                return pa.float64()
            case DataType.BOOLEAN:
                return pa.bool_()
            case DataType.DATE:
                return pa.date32()
            case DataType.TIMESTAMP:
                return pa.timestamp("us")
            case DataType.INSTANT:
                return pa.timestamp("us", "UTC")
            case DataType.DURATION:
                return pa.duration("us")
            case _:  # decimals as numerals, which kpidsl reads to the last digit
                return pa.string()

    def _as_decimal(self, numerals: Any) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        scale = pc.max(pc.utf8_length(pc.replace_substring_regex(numerals, r"^[^.]*\.?", ""))).as_py() or 0
        return numerals.cast(pa.decimal128(DIGITS, min(scale, DIGITS)))

    def _check_currency(self, cell: Cell, label: str, row: int, column: int) -> None:
        currency = number(str(cell.value), self._marks).currency
        if not currency:
            return
        place = _place(label, row, column)
        if self._currency is None:
            self._currency = (currency, place)
        elif self._currency[0] != currency:
            first, where = self._currency
            raise SourceError(
                f"column `{self.name}` mixes currencies: {where} is in {first}, {place} in {currency}",
                code="K0604", hint="keep each currency in a column of its own",
            )  # fmt: skip

    def _broken(self, cell: Cell, place: str) -> SourceError:
        if cell.kind is Kind.UNKNOWN:
            return SourceError(
                f"{place} in column `{self.name}` is {cell.value}", code="K0603",
                hint="open the file in Excel or LibreOffice, let it calculate, and save it",
            )  # fmt: skip
        return SourceError(
            f"{place} in column `{self.name}` is the error {cell.value}", code="K0604",
            hint=f'mend the formula, or write `null: "{cell.value}"` if that means no value',
        )  # fmt: skip

    def _unfit(self) -> SourceError:
        place, cell, hint = self._bad[0]
        text = " ".join(written(cell).split())
        shown = text if len(text) <= 60 else text[:57] + "…"
        more = ""
        if self._bad_count > 1:
            others = [other.rpartition("!")[2] for other, _, _ in self._bad[1:]]
            rest = f" and {self._bad_count - 1 - len(others)} more" if self._bad_count - 1 > len(others) else ""
            more = f"; nor {'are' if self._bad_count > 2 else 'is'} {', '.join(others)}{rest}"
        why = "" if self._declared else ", as most of it is"
        what = _WORDS.get(self._wanted, self._wanted.value)
        if self._format is not None:
            what = f'a time as "{self._format}" says'
        column = self.name if self.name.isidentifier() else f"`{self.name}`"
        default = (
            f'mend the cell, or say what it is: `null: "{shown}"` for no value, `column {column}: text` for any text'
        )
        return SourceError(
            f'{place}: "{shown}" in column `{self.name}` is not {what}{why}{more}', code="K0604", hint=hint or default
        )


def _place(label: str, row: int, column: int) -> str:
    from kpidsl_excel.places import letters

    return f"{label}!{letters(column)}{row}"
