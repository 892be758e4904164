"""Segments that differ in nothing but what was found and what it means: columns rather than a record each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias, overload

from kpidsl.assess.packed import dump, load
from kpidsl.assess.results import Assessment, BoundResult, Segment, Value

if TYPE_CHECKING:
    from kpidsl.assess.segments import Members

Row: TypeAlias = (
    "tuple[Value | None, str | None, int | None, int | None, int | None, Decimal | None, Decimal | None, str, str]"
)
"""Value and why there is none; n, n_unknown and n_open; attainment and gap; status and reason."""


class _Segments(Sequence[Segment]):
    """Compares, hashes and is cut as the tuple of its records."""

    __slots__ = ()

    @abstractmethod
    def at(self, place: int) -> Segment:
        """The record at a place, which is counted from the first."""

    @overload
    def __getitem__(self, at: int) -> Segment: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Segment, ...]: ...

    def __getitem__(self, at: int | slice) -> Segment | tuple[Segment, ...]:
        found = range(len(self))[at]
        return self.at(found) if isinstance(found, int) else tuple(map(self.at, found))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str | list):
            return NotImplemented
        return len(self) == len(other) and all(one == another for one, another in zip(self, other, strict=True))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def __hash__(self) -> int:
        return hash(tuple(self))


class Alike(_Segments):
    """Segments with one target and one amber bound, without comparisons, trend and the like. Their records are made
    anew each time they are looked at.
    """

    __slots__ = ("amber", "members", "partial", "rows", "target")

    def __init__(
        self, members: Sequence[Members], rows: Sequence[Row], target: BoundResult | None, amber: BoundResult | None,
        *, partial: bool,
    ) -> None:  # fmt: skip
        self.members = members
        self.rows = rows
        self.target = target
        self.amber = amber
        self.partial = partial

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Segment]:
        return map(self._record, self.members, self.rows)

    def at(self, place: int) -> Segment:
        return self._record(self.members[place], self.rows[place])

    def _record(self, members: Members, row: Row) -> Segment:
        value, undefined, n, unknown, still_open, attainment, gap, status, reason = row
        judged = Assessment(
            value, undefined, n, unknown, status, reason, self.target, self.amber, attainment, gap, (), (),
            still_open, self.partial,
        )  # fmt: skip
        return Segment(members, judged)


class ManyAlike(_Segments):
    """More of them than are kept as they are: packed, in parts of which each but the last has so many."""

    __slots__ = ("_each", "_length", "_newest", "_packed")

    def __init__(self, parts: Iterable[Alike], each: int) -> None:
        self._each = each
        self._length = 0
        self._newest: tuple[int, Alike] | None = None
        packed: list[bytes] = []
        for one in parts:
            self._length += len(one)
            packed.append(dump((one,)))
        self._packed = tuple(packed)

    def parts(self) -> Iterator[Alike]:
        """Some at a time, in order."""
        return (load(one)[0] for one in self._packed)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Segment]:
        return chain.from_iterable(self.parts())

    def at(self, place: int) -> Segment:
        part, inside = divmod(place, self._each)
        if self._newest is None or self._newest[0] != part:
            self._newest = part, load(self._packed[part])[0]
        return self._newest[1].at(inside)
