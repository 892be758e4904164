"""What a document is made of: plain values, and parts that are made or written once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Generic, TypeAlias, TypeVar

Plain: TypeAlias = "str | int | bool | Decimal | list[Plain] | Many | Table | Tables | dict[str, Plain] | None"
Fields: TypeAlias = "dict[str, Plain]"


class Many:
    """A list of more than a thousand records, each of which is made while it is written, and again for the next
    reader.
    """

    def __init__(self, written: Callable[[Any], Fields], found: Sequence[Any]) -> None:
        self._written = written
        self._found = found

    def __iter__(self) -> Iterator[Fields]:
        return map(self._written, self._found)


class Table:
    """A list of records as the columns of their fields, in order; None where a record has no such field. A field that
    none of them has is left out.
    """

    def __init__(self, **columns: Sequence[Any]) -> None:
        self.columns: dict[str, Sequence[Plain]] = {
            name: column
            for name, column in columns.items()
            if column and (column[0] is not None or column.count(None) < len(column))
        }

    def records(self) -> list[Plain]:
        """The same as a list of records."""
        names = tuple(self.columns)
        return [
            {name: one for name, one in zip(names, row, strict=True) if one is not None}
            for row in zip(*self.columns.values(), strict=True)
        ]


class Tables:
    """A long list of records, table after table, each of which is made while it is written."""

    def __init__(self, made: Callable[[], Iterator[Table]]) -> None:
        self._made = made

    def __iter__(self) -> Iterator[Table]:
        return self._made()


class Shared(dict[str, "Plain"]):
    """A part of a document that stands in it in many places, and is never changed. `texts` is how it was written."""

    __slots__ = ("texts",)

    def __init__(self, fields: Fields) -> None:
        super().__init__(fields)
        self.texts: dict[tuple[int, int], str] = {}


class SharedColumn(list[Fields]):
    """A field of records which many tables have in common. `texts` is how it was written."""

    __slots__ = ("texts",)

    def __init__(self, fields: Iterable[Fields]) -> None:
        super().__init__(fields)
        self.texts: dict[tuple[str, int], list[str]] = {}


Part = TypeVar("Part")


class Repeated(Generic[Part]):
    """Writes what partly stands in a document many times: that becomes one `shared` part of it."""

    def __init__(self, written: Callable[[Any], Part], shared: Callable[[Part], Part]) -> None:
        self._written = written
        self._shared = shared
        self._met: dict[int, tuple[object, Part, bool]] = {}

    def __call__(self, one: object) -> Part:
        met = self._met.get(id(one))
        if met is None:  # kept beside its id, which would otherwise be given to another one after it
            met = self._met[id(one)] = (one, self._written(one), False)
        elif not met[2]:
            met = self._met[id(one)] = (one, self._shared(met[1]), True)
        return met[1]
