"""Types of columns and row values."""

from __future__ import annotations

from enum import Enum
from typing import Any

from kpidsl.records import dataclass


class DataType(Enum):
    """What a column holds, whatever engine it comes from."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"  # a civil day, in no zone
    TIMESTAMP = "timestamp"  # a civil time without a zone
    INSTANT = "instant"  # a timestamp with a zone
    DURATION = "duration"
    OTHER = "other"  # nested or binary: may be listed, cannot be used

    @property
    def is_number(self) -> bool:
        return self in (DataType.INTEGER, DataType.DECIMAL, DataType.FLOAT)

    @property
    def is_time(self) -> bool:
        return self in (DataType.DATE, DataType.TIMESTAMP, DataType.INSTANT)


@dataclass(frozen=True, slots=True)
class Column:
    """A column as a provider gives it. `is_blank`: no value tells its type, so `type` counts only where the use of the
    column implies no other.
    """

    name: str
    type: DataType
    is_blank: bool = False


@dataclass(frozen=True, slots=True)
class UntypedColumn(Column):
    """A column of which nothing tells the type: the checker takes it for whatever it is used as."""

    type: Any = None


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a dataset, in its order."""

    columns: tuple[Column, ...]

    def get(self, name: str) -> Column | None:
        for column in self.columns:
            if column.name == name:
                return column
        return None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)
