"""The types of text columns nobody declared: the head of the data decides what a column is, all of it decides how
wide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from kpidsl.engine.duck import literal
from kpidsl.records import dataclass
from kpidsl.semantic.types import DataType
from kpidsl.sources import numerals
from kpidsl.sources.convert import Digits, measures, numeral
from kpidsl.sources.numerals import NumberStyle

SAMPLE: Final = 10_000
"""Rows of the head that decide. A later row that does not fit is an error that names its line."""

AT_ONCE: Final = 128
"""Columns that one query is asked about: how long it takes to be planned grows with their square."""

ALIKE_AT_ONCE: Final = 512
"""Columns that one query is asked about in lists (`alike`)."""

NOTHING: Final = "0"
"""What is asked of a column that cannot turn out wider."""

_LONG: Final = numerals.DIGITS // 2  # characters of a numeral: with more, there could be too many digits


def sample_rows(columns: int) -> int:
    """How many rows of the head decide: fewer where the rows are very wide, so that the head fits anywhere."""
    return max(1_000, min(SAMPLE, 500_000 // max(columns, 1)))


def at_once(types: Mapping[str, DataType], most: int) -> Iterator[dict[str, DataType]]:
    """Columns that one query is asked about; the first are none where there are no columns."""
    names = list(types)
    for start in range(0, max(len(names), 1), most):
        yield {name: types[name] for name in names[start : start + most]}


@dataclass(frozen=True, slots=True)
class Head:
    """The first rows of a dataset by column: texts, with None for NULL."""

    columns: Mapping[str, tuple[str | None, ...]]

    def seen(self, name: str, style: NumberStyle) -> numerals.Seen:
        return numerals.seen(self._values(name), style)

    def digits(self, name: str, style: NumberStyle) -> Digits:
        """The digits that the numerals of the head need, with all the room a machine word (or two) leaves before the
        point.
        """
        return Digits(*numerals.most_digits(self._values(name), style))

    def _values(self, name: str) -> set[str]:
        return {value for value in self.columns.get(name, ()) if value is not None}


def head(rows: Iterable[Sequence[object]], names: Sequence[str]) -> Head:
    """The head from fetched rows of texts."""
    columns: dict[str, list[str | None]] = {name: [] for name in names}
    for row in rows:
        for name, value in zip(names, row, strict=True):
            columns[name].append(None if value is None else str(value))
    return Head({name: tuple(values) for name, values in columns.items()})


def widening(types: Mapping[str, DataType], style: NumberStyle, column: Callable[[str], str]) -> tuple[str, ...]:
    """Whole numbers of a row, two a column, whose greatest tell what turns out wider than its head: its kind, and how
    long its numeral is; `column` gives a name's SQL.
    """
    found: list[str] = []
    for name, kind in types.items():
        x = column(name)
        match kind:
            case DataType.INTEGER | DataType.DECIMAL:
                n, blanks = (x, "[ \t]*") if style.plain else (numeral(x, style), "")
                whens = (
                    f"WHEN regexp_full_match({n}, {literal(f'{blanks}(?:{pattern}){blanks}')}) THEN {code}"
                    for code, pattern in enumerate(
                        (numerals.INTEGER, numerals.DECIMAL, f"{numerals.EXPONENT}|{numerals.INFINITY}")
                    )
                )
                found += [f"CASE {' '.join(whens)} ELSE 0 END", f"length({x})"]
            case DataType.DATE:
                t = f"trim({x}, ' \t')"
                is_time = f"regexp_full_match({t}, {literal(numerals.TIMESTAMP)})"
                found += [f"CASE WHEN {is_time} THEN 1 ELSE 0 END", NOTHING]
            case _:
                found += [NOTHING, NOTHING]
    return tuple(found)


def too_long(types: Mapping[str, DataType], row: Sequence[object]) -> list[str]:
    """The columns of numbers that may have too many digits, from the one row of the greatest that `widening` gives:
    those alone are counted, as that costs more than reading them.
    """
    return [
        name
        for index, (name, kind) in enumerate(types.items())
        if kind in (DataType.INTEGER, DataType.DECIMAL) and int(str(row[2 * index + 1] or 0)) > _LONG
    ]


def counting(names: Iterable[str], style: NumberStyle, column: Callable[[str], str]) -> tuple[str, ...]:
    """Aggregates over all rows, two a column: the digits before and after the point of what is too long."""
    found: list[str] = []
    for name in names:
        x = column(name)
        found += measures(f"CASE WHEN length({x}) > {_LONG} THEN {x} END", style)[:2]
    return tuple(found)


def widened(
    types: Mapping[str, DataType], row: Sequence[object], digits: Mapping[str, tuple[int, int]]
) -> dict[str, DataType]:
    """The final types, from the greatest that `widening` gives, and the digits of the columns that are too long."""
    final: dict[str, DataType] = {}
    for index, (name, kind) in enumerate(types.items()):
        code = int(str(row[2 * index] or 0))
        match kind:
            case DataType.INTEGER | DataType.DECIMAL:
                seen = {kind} | {(DataType.INTEGER, DataType.DECIMAL, DataType.FLOAT)[code]}
                final[name] = numerals.widest(seen, *digits.get(name, (0, 0)))
            case DataType.DATE:
                final[name] = DataType.TIMESTAMP if code else DataType.DATE
            case _:
                final[name] = kind
    return final
