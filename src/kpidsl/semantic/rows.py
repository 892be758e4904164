"""Typed row expressions: what is computed for one row of a source. No syntax is left in them.

Each has the type of its value (None where the column's type is not known) and its unit.
"""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime
from fractions import Fraction

from kpidsl.calendar import WindowSpec
from kpidsl.records import dataclass
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import Unit

Literal = Fraction | str | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row expression. Aware datetimes are instants, naive ones civil times. Expressions are told apart by what they
    are made of; type and unit, which follow from that, would only make their hashes dear.
    """

    type: DataType | None = field(hash=False)
    unit: Unit = field(hash=False)


@dataclass(frozen=True, slots=True)
class ColumnValue(Row):
    """A column of the source itself (`path` empty), or of one it joins (`path` names the joins)."""

    path: tuple[str, ...]
    source: str
    name: str


@dataclass(frozen=True, slots=True)
class Constant(Row):
    value: Literal


@dataclass(frozen=True, slots=True)
class Arithmetic(Row):
    """`+ - * /` of numbers; of a time and a duration; of two times."""

    operator: str
    left: Row
    right: Row


@dataclass(frozen=True, slots=True)
class Scaled(Row):
    """A number times an exact factor, to bring it to another unit."""

    operand: Row
    factor: Fraction


@dataclass(frozen=True, slots=True)
class Comparison(Row):
    operator: str
    left: Row
    right: Row


@dataclass(frozen=True, slots=True)
class Both(Row):
    """`and`, `or`, in three-valued logic."""

    operator: str
    left: Row
    right: Row


@dataclass(frozen=True, slots=True)
class Inverse(Row):
    """`not`, in three-valued logic."""

    operand: Row


@dataclass(frozen=True, slots=True)
class Negative(Row):
    operand: Row


@dataclass(frozen=True, slots=True)
class Among(Row):
    operand: Row
    items: tuple[Row, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Within(Row):
    """A time in a window, which is resolved at the anchor."""

    operand: Row
    window: WindowSpec
    negated: bool


@dataclass(frozen=True, slots=True)
class Between(Row):
    """A time in `[start, end)`: a `Within` whose window is resolved."""

    operand: Row
    start: datetime | None
    end: datetime
    negated: bool


@dataclass(frozen=True, slots=True)
class Missing(Row):
    """`is null`, `is not null`."""

    operand: Row
    negated: bool


@dataclass(frozen=True, slots=True)
class Pattern(Row):
    """`matches "regex"`: found anywhere in the text; RE2 syntax."""

    operand: Row
    pattern: str


@dataclass(frozen=True, slots=True)
class Choice(Row):
    """`if … then … else …`; a condition that is unknown takes `else`."""

    condition: Row
    then: Row
    otherwise: Row


@dataclass(frozen=True, slots=True)
class Function(Row):
    """`sql` is there for one that a plugin gives: an expression over `$1`, `$2`, …"""

    name: str
    arguments: tuple[Row, ...]
    sql: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Place(Row):
    """Where a value stands among constants: how many of the `cuts` it is at, or (True) beyond. They are in order. The
    engine groups rows by it, and tells it from others by identity.
    """

    operand: Row
    cuts: tuple[tuple[Constant, bool], ...]

    __eq__ = object.__eq__
    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True, eq=False)
class Picked(Row):
    """A value that is one of `values`, and `other` for all others. As `Place`, told apart by identity."""

    operand: Row
    values: tuple[Constant, ...]
    other: Constant

    __eq__ = object.__eq__
    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class AsOf(Row):
    """`as_of`: the earlier of the window's end and the anchor."""


def reads_rows(row: Row) -> bool:
    """Whether a row expression names a column: what names none is the same for every row."""
    if isinstance(row, ColumnValue):
        return True
    parts = (getattr(row, name) for name in row.__dataclass_fields__)
    inner = (one for part in parts for one in (part if isinstance(part, tuple) else (part,)))
    return any(isinstance(one, Row) and reads_rows(one) for one in inner)
