"""A long row of records, packed: a hundred thousand segments take the room of their digits, not of so many objects."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from io import BytesIO
from operator import attrgetter
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")
FEW = 1_000
"""So many records are kept as they are."""
TOGETHER = 250
"""Records that are packed, and unpacked, at once."""


class Packing(Generic[T]):
    """Takes records one after the other, and packs them once there are more than a few."""

    def __init__(self) -> None:
        self._open: list[T] = []
        self._packed: list[bytes] = []

    def append(self, record: T) -> None:
        self._open.append(record)
        if len(self._open) > FEW:
            self._pack(FEW)
        elif self._packed and len(self._open) == TOGETHER:
            self._pack(TOGETHER)

    def done(self) -> Sequence[T]:
        """All that was taken, in order: a tuple of a few, else packed."""
        if not self._packed:
            return tuple(self._open)
        length = len(self._packed) * TOGETHER + len(self._open)
        self._pack(len(self._open))
        return Packed(tuple(self._packed), length)

    def _pack(self, count: int) -> None:
        self._packed.extend(dump(self._open[at : min(at + TOGETHER, count)]) for at in range(0, count, TOGETHER))
        del self._open[:count]


class Packed(Sequence[T]):
    """Records that are made anew each time they are looked at; whoever goes through them holds 250 at a time."""

    def __init__(self, chunks: tuple[bytes, ...], length: int) -> None:
        self._chunks = chunks
        self._length = length
        self._newest: tuple[int, tuple[T, ...]] = (-1, ())

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[T]:
        for chunk in self._chunks:
            yield from load(chunk)

    @overload
    def __getitem__(self, at: int) -> T: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...

    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        if isinstance(at, slice):
            return tuple(self[place] for place in range(*at.indices(self._length)))
        place = range(self._length)[at]
        chunk, inside = divmod(place, TOGETHER)
        if self._newest[0] != chunk:
            self._newest = chunk, load(self._chunks[chunk])
        return self._newest[1][inside]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Packed | tuple) or len(self) != len(other):
            return NotImplemented if not isinstance(other, Packed | tuple) else False
        return all(one == another for one, another in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))


class _Pickler(pickle.Pickler):
    """Writes a record as its class and the values of its fields."""

    def reducer_override(self, found: Any) -> Any:
        kind = type(found)
        return (kind, _values_of(kind)(found)) if is_dataclass(kind) else NotImplemented


@cache
def _values_of(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    names = [part.name for part in fields(kind)]
    if len(names) == 1:  # attrgetter of one name gives no tuple
        return lambda found: (getattr(found, names[0]),)
    return attrgetter(*names)


def dump(records: Sequence[T]) -> bytes:
    """Records in little room."""
    stream = BytesIO()
    _Pickler(stream, protocol=5).dump(tuple(records))
    return zlib.compress(stream.getbuffer(), 1)


def load(chunk: bytes) -> tuple[Any, ...]:
    """What `dump` packed, made anew."""
    found: tuple[Any, ...] = pickle.loads(zlib.decompress(chunk))  # noqa: S301  written above, and kept in memory
    return found
