"""Columns as a database declares them, and their values as Arrow: exact, or an error that names the value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from kpidsl.diagnostics import SourceError
from kpidsl.semantic.types import DataType

MOST_DIGITS: Final = 38
_ARROW: Final = {
    DataType.INTEGER: pa.int64(),
    DataType.FLOAT: pa.float64(),
    DataType.TEXT: pa.string(),
    DataType.BOOLEAN: pa.bool_(),
    DataType.DATE: pa.date32(),
    DataType.TIMESTAMP: pa.timestamp("us"),
    DataType.INSTANT: pa.timestamp("us", "UTC"),
}
_ALLOWED: Final[dict[DataType, tuple[type, ...]]] = {
    DataType.INTEGER: (int,),
    DataType.FLOAT: (int, float),
    DataType.TEXT: (str, UUID),
    DataType.DATE: (str, date),
    DataType.TIMESTAMP: (str, datetime),
    DataType.INSTANT: (str, datetime),
}
"""What a driver's values may be; pyarrow would take a number for a day, and a fraction for a whole number."""
_TRUTH: Final[dict[object, bool | None]] = {0: False, 1: True, None: None, "false": False, "true": True}
_MISFITS: Final = (pa.ArrowException, KeyError, ValueError, TypeError, ArithmeticError)
_CALLED: Final = {
    DataType.INTEGER: "a whole number",
    DataType.DECIMAL: "a number",
    DataType.FLOAT: "a number",
    DataType.TEXT: "a text",
    DataType.BOOLEAN: "neither true nor false, 1 nor 0",
    DataType.DATE: "a day",
    DataType.TIMESTAMP: "a time without a zone",
    DataType.INSTANT: "a time with a zone",
}


@dataclass(frozen=True)
class Field:
    """A column: its kind, the database's own word for its type, and of a decimal (digits, digits behind the point)
    where they are declared. `unsigned`: it may hold more than 2^63 − 1. `collation`: how it compares texts.
    """

    name: str
    kind: DataType
    declared: str = ""
    digits: tuple[int, int] | None = None
    unsigned: bool = False
    collation: str | None = None


class Column:
    """The values of one column, batch by batch."""

    def __init__(self, field: Field, label: str) -> None:
        self.field = field
        self._label = label
        self._chunks: list[pa.Array] = []
        digits = field.digits
        self._scale = digits if digits is not None and 0 <= digits[1] <= digits[0] <= MOST_DIGITS else None
        self._arrow = _ARROW.get(field.kind)
        if field.unsigned:
            self._arrow = pa.uint64()

    def add(self, values: Sequence[object]) -> None:
        """One batch. Raises SourceError K0604 for the first value that is none of the column's kind."""
        try:
            self._chunks.append(self._array(values))
        except _MISFITS as error:
            raise self._bad(values) from error

    def finished(self) -> pa.ChunkedArray:
        """All batches. Decimals without declared digits get the scale of the longest."""
        if self.field.kind is not DataType.DECIMAL or self._scale is not None:
            arrow = self._arrow or pa.decimal128(*(self._scale or (MOST_DIGITS, 0)))
            return pa.chunked_array(self._chunks, arrow)
        texts = pa.chunked_array(self._chunks, pa.string())
        behind = pc.utf8_length(pc.replace_substring_regex(texts, r"^[^.]*\.?", ""))
        scale = min(pc.max(behind).as_py() or 0, MOST_DIGITS)
        try:
            return texts.cast(pa.decimal128(MOST_DIGITS, scale))
        except pa.ArrowInvalid as error:
            raise self._too_long() from error

    def _array(self, values: Sequence[object]) -> pa.Array:
        kind = self.field.kind
        if kind in _ALLOWED and not set(map(type, values)) <= {type(None), *_ALLOWED[kind]}:
            raise TypeError("of another type than the column's")
        match kind:
            case DataType.DECIMAL:
                texts = pa.array([None if one is None else _plain(one) for one in values], pa.string())
                return texts if self._scale is None else self._fitting(texts, *self._scale)
            case DataType.BOOLEAN:
                return pa.array([_TRUTH[one] for one in values], pa.bool_())
            case DataType.TEXT:
                return pa.array([one if one is None else str(one) for one in values], pa.string())
            case DataType.DATE:
                return _days(values)
            case DataType.TIMESTAMP | DataType.INSTANT:
                return _moments(values, self._arrow)
            case _:
                return pa.array(values, self._arrow)

    def _fitting(self, texts: pa.Array, digits: int, scale: int) -> pa.Array:
        try:
            return texts.cast(pa.decimal128(digits, scale))
        except pa.ArrowInvalid:
            # What a database declares of an expression in a view may be less than what comes out of it.
            self._scale = None
            self._chunks = [one.cast(pa.string()) for one in self._chunks]
            return texts

    def _bad(self, values: Sequence[object]) -> SourceError:
        bad = next((one for one in values if not self._fits(one)), None)
        name, kind = self.field.name, self.field.kind
        if isinstance(bad, bytes):
            shown = "binary data"
        else:
            shown = f'"{bad}"' if isinstance(bad, str) else str(bad)
        what = _CALLED.get(kind, "what its column says")
        hint = f"mend the row, or take the column as what it holds: `column {name}: text`"
        if kind is DataType.BOOLEAN:
            hint = f"take the column as a number: `column {name}: integer`"
        elif kind.is_time and isinstance(bad, str) and "-00" in bad:
            hint = f"make a view that has NULL in the place of days that are none: nullif(`{name}`, 0)"
        is_not = "which is" if kind is DataType.BOOLEAN else "which is not"
        return SourceError(f"column `{name}` of {self._label} holds {shown}, {is_not} {what}", code="K0604", hint=hint)

    def _too_long(self) -> SourceError:
        return SourceError(
            f"column `{self.field.name}` of {self._label} has a number of more than {MOST_DIGITS} digits",
            code="K0610",
            hint="make a view that rounds it, or that turns the column into a floating-point number",
        )

    def _fits(self, value: object) -> bool:
        try:
            self._array([value])
        except _MISFITS:
            return False
        return True


def table_of(columns: Iterable[Column]) -> pa.Table:
    """The columns side by side."""
    wanted = list(columns)
    return pa.table([one.finished() for one in wanted], names=[one.field.name for one in wanted])


def _plain(value: object) -> str:
    """A number as its digits, without an exponent. Raises ValueError, TypeError or ArithmeticError for what is none."""
    if isinstance(value, bool | bytes):
        raise TypeError("no number")
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError("not finite")
    return format(number, "f")


def _days(values: Sequence[object]) -> pa.Array:
    if not any(isinstance(one, str) for one in values):
        return pa.array(values, pa.date32())
    texts = pa.array(values, pa.string())
    try:
        return texts.cast(pa.date32())
    except pa.ArrowInvalid:
        moments = texts.cast(pa.timestamp("us"))
        if any(one is not None and one.time() != time.min for one in moments.to_pylist()):
            raise
        return moments.cast(pa.date32())


def _moments(values: Sequence[Any], arrow: pa.DataType) -> pa.Array:
    if any(isinstance(one, str) for one in values):
        return pa.array(values, pa.string()).cast(arrow)
    if any(isinstance(one, datetime) and (one.tzinfo is None) is not (arrow.tz is None) for one in values):
        raise ValueError("a zone is there, or is missing")
    return pa.array(values, arrow)
