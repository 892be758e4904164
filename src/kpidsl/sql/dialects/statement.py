"""A query in another dialect, and the rows that are its answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from kpidsl.records import dataclass
from kpidsl.semantic.types import DataType

TOO_WIDE: Final = "a whole number of more than 8 bytes"
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 — of civil times


class Untranslatable(Exception):
    """What a dialect cannot say so that it means what it means to DuckDB. Its text is the reason, for people."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A query in a dialect. `widths` tells for each column that was asked for how many columns stand for it: 0 for
    itself, otherwise those of a list. `kinds` tells what they are where the engine has no type of its own for that.
    """

    sql: str
    widths: tuple[int, ...]
    kinds: tuple[DataType | None, ...] = ()

    def check(self, columns: int) -> None:
        """Raise ValueError for an answer that has another number of columns than was asked for."""
        asked = sum(width or 1 for width in self.widths)
        if columns != asked:
            raise ValueError(f"there are {columns} columns, and {asked} were asked for")

    def folded(self, row: Sequence[object]) -> tuple[object, ...]:
        """A row of the engine as DuckDB would give it."""
        found: list[object] = list(row)
        if any(self.widths):
            found = []
            at = 0
            for width in self.widths:
                found.append(list(row[at : at + width]) if width else row[at])
                at += width or 1
        for place, kind in enumerate(self.kinds):
            found[place] = _as(kind, found[place])
        return tuple(found)


def _as(kind: DataType | None, value: object) -> object:
    """A value as Python has it, of an engine whose truth values are numbers, whose days are texts, and whose times are
    microseconds since 1970.
    """
    match kind:
        case DataType.BOOLEAN if isinstance(value, int | Decimal):
            return bool(value)
        case DataType.DATE if isinstance(value, str):
            return date.fromisoformat(value)
        case DataType.TIMESTAMP if isinstance(value, int):
            return _EPOCH + timedelta(microseconds=value)
        case DataType.INTEGER if isinstance(value, float):
            raise Untranslatable(TOO_WIDE)
        case _:
            return value
