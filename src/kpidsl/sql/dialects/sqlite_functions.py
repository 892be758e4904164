"""What SQLite lacks, as functions of Python inside its connection: `register` adds them. Their names begin with
`kpidsl_`; the dialect in `sqlite.py` calls them.
"""

from __future__ import annotations

import math
import sqlite3
from array import array
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from typing import Any

from kpidsl.sql.dialects import zones

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
Key = tuple[tuple[bool, Any], ...]


def register(connection: sqlite3.Connection) -> None:
    """Add the functions to a connection."""
    for name, count, function in (
        ("floor", 1, floor),  # SQLAlchemy puts one of its own in its place, which fails at NULL
        ("kpidsl_real", 1, float),
        ("kpidsl_micros", 1, micros),
        ("kpidsl_offset", 3, offset),
        ("kpidsl_at", 2, at),
        ("kpidsl_bit_count", 1, lambda bits: None if bits is None else bits.bit_count()),
        ("kpidsl_written", 2, written),
    ):
        connection.create_function(name, count, function, deterministic=True)
    connection.create_aggregate("kpidsl_sorted", 1, _Sorted)  # type: ignore[arg-type]
    connection.create_aggregate("kpidsl_edge", -1, _Edge)  # type: ignore[arg-type]
    connection.create_aggregate("kpidsl_bit_or", 1, _BitOr)


def floor(number: float | None) -> float | None:
    """The greatest whole number that is not greater; of a floating-point number one, too."""
    if number is None or isinstance(number, int) or math.isinf(number):
        return number
    return float(math.floor(number))


def micros(text: object) -> int | None:
    """Microseconds since 1970 of a moment written with its offset; None for what is none."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if found.tzinfo is None else (found - _EPOCH) // _MICRO


def offset(at_micros: int | None, zone: str, civil: int) -> int | None:
    """A zone's offset from UTC in microseconds, at an instant or at a civil time, both in microseconds since 1970.

    Raises ValueError outside the years whose changes are known.
    """
    if at_micros is None:
        return None
    times, offsets = zones.changes(zone, civil=bool(civil))
    seconds = at_micros // 1_000_000
    if not times[0] <= seconds < zones.LAST:
        raise ValueError("a year whose offsets are not known")
    return offsets[bisect_right(times, seconds) - 1] * 1_000_000


def at(packed: bytes | None, place: int | None) -> float | int | None:
    """The value at a place (from 1) of what `kpidsl_sorted` gave."""
    if packed is None or place is None:
        return None
    inside = memoryview(packed)[1:]
    values = inside.cast("q") if packed[:1] == b"q" else inside.cast("d")
    return values[place - 1] if 1 <= place <= len(values) else None


def written(at_micros: int | None, suffix: str) -> str | None:
    """A time in microseconds since 1970 as DuckDB writes it."""
    if at_micros is None:
        return None
    return (_EPOCH + at_micros * _MICRO).replace(tzinfo=None).isoformat(sep=" ") + suffix


class _Sorted:
    """The numbers of a group in order, packed: their type's letter, then each in eight bytes."""

    def __init__(self) -> None:
        self._values: list[int | float] = []

    def step(self, value: float | None) -> None:
        if value is not None:
            self._values.append(value)

    def finalize(self) -> bytes | None:
        if not self._values:
            return None
        kind = "q" if all(isinstance(one, int) for one in self._values) else "d"
        return kind.encode("ascii") + array(kind, sorted(self._values)).tobytes()


class _Edge:
    """The value of the row that is last (or, where the second argument is 0, first) by the arguments from the third
    on, NULL being the greatest; rows whose value is NULL do not count.
    """

    def __init__(self) -> None:
        self._best: Key | None = None
        self._value: object = None

    def step(self, value: object, newest: int, *by: object) -> None:
        if value is None:
            return
        key = tuple((one is None, one) for one in by)
        if self._best is None or (_less(self._best, key) if newest else _less(key, self._best)):
            self._best, self._value = key, value

    def finalize(self) -> object:
        return self._value


def _less(left: Key, right: Key) -> bool:
    for (mine_missing, mine), (other_missing, other) in zip(left, right, strict=True):
        if mine_missing != other_missing:
            return other_missing
        if not mine_missing and mine != other:
            return bool(mine < other)
    return False


class _BitOr:
    def __init__(self) -> None:
        self._bits = 0

    def step(self, bits: int | None) -> None:
        self._bits |= bits or 0

    def finalize(self) -> int:
        return self._bits
