"""Answers for many members in little room: numbers side by side in arrays, not an object each."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterator, MutableMapping, MutableSet, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field
from fractions import Fraction
from itertools import compress
from typing import Any

from kpidsl.engine.parts import Part
from kpidsl.records import dataclass

Key = tuple[object, ...]
_MOST = 2**63 - 1
_ABSENT = -1
"""In place of how many rows entered: there is no such part."""
FEW = 20_000
"""Parts that are kept as they are, of all answers about the same dimensions, before numbers are taken apart: 5 MB."""

LISTED = 1_000
"""Of so many members some are kept in order, for all that have the same ones."""


@dataclass(slots=True)
class Members:
    """The members that were met, numbered; all answers about the same dimensions share them. `room` is how many more
    parts are kept as they are; `listed` has some of them in order, by the bytes of those that are among them.
    """

    numbers: dict[Key, int] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    room: int = FEW
    listed: dict[int, tuple[Key, ...]] = field(default_factory=dict)

    def number(self, key: Key) -> int:
        found = self.numbers.get(key)
        if found is None:
            found = self.numbers[key] = len(self.keys)
            self.keys.append(key)
        return found


class CompactParts(MutableMapping[Key, Part]):
    """Parts by member. Where there are many, a number of at most 63 bits, over and under the line, takes 24 bytes; what
    is none is kept as the part that it is.
    """

    __slots__ = ("_as_they_are", "_below", "_compact", "_members", "_n", "_top")

    def __init__(self, members: Members) -> None:
        self._members = members
        self._as_they_are: dict[int, Part] = {}
        self._top = array("q")
        self._below = array("q")  # negative where not all digits may be written
        self._n = array("q")
        self._compact = 0

    def __setitem__(self, key: Key, part: Part) -> None:
        self.put(self._members.number(key), part)

    def put_all(self, parts: Sequence[tuple[int, Part]]) -> None:
        """The parts of the members of these numbers."""
        members, kept = self._members, self._as_they_are
        room = members.room if not self._compact else 0
        before = len(kept)
        kept.update(parts[:room])
        members.room -= len(kept) - before
        for at, part in parts[room:]:
            self.put(at, part)

    def put(self, at: int, part: Part) -> None:
        """The part of the member of this number."""
        kept = self._as_they_are
        if self._members.room or at in kept or not _has_room(part):
            if self._is_compact(at):
                self._n[at] = _ABSENT
                self._compact -= 1
            if at not in kept and self._members.room:
                self._members.room -= 1
            kept[at] = part
            return
        missing = at + 1 - len(self._n)
        if missing > 0:
            self._top.frombytes(bytes(8 * missing))
            self._below.frombytes(bytes(8 * missing))
            self._n.extend([_ABSENT] * missing)
        self._compact += self._n[at] == _ABSENT
        value = part.value
        assert isinstance(value, Fraction)
        self._top[at] = value.numerator
        self._below[at] = value.denominator if part.exact else -value.denominator
        self._n[at] = part.n

    def __getitem__(self, key: Key) -> Part:
        at = self._members.numbers[key]
        found = self._as_they_are.get(at)
        if found is not None:
            return found
        if not self._is_compact(at):
            raise KeyError(key)
        below = self._below[at]
        return Part(Fraction(self._top[at], abs(below)), self._n[at], exact=below > 0)

    def get(self, key: Key, default: Any = None) -> Any:
        at = self._members.numbers.get(key, -1)
        found = self._as_they_are.get(at)
        return found if found is not None else self[key] if self._is_compact(at) else default

    def __delitem__(self, key: Key) -> None:
        raise TypeError("an answer is not taken back")

    def __iter__(self) -> Iterator[Key]:
        return (key for at, key in enumerate(self._members.keys) if at in self._as_they_are or self._is_compact(at))

    def __len__(self) -> int:
        return len(self._as_they_are) + self._compact

    def _is_compact(self, at: int) -> bool:
        return 0 <= at < len(self._n) and self._n[at] != _ABSENT


def _has_room(part: Part) -> bool:
    """Whether a part is a number that takes no more room than there is."""
    value = part.value
    return (
        type(value) is Fraction
        and part.reason is None
        and part.n_unknown is None
        and part.n_open is None
        and -_MOST <= value.numerator <= _MOST
        and value.denominator <= _MOST
        and part.n <= _MOST
    )


class CompactSet(MutableSet[Key]):
    """Members, a byte each."""

    __slots__ = ("_flags", "_members")

    def __init__(self, members: Members) -> None:
        self._members = members
        self._flags = bytearray()

    def add(self, key: Key) -> None:
        self.mark((self._members.number(key),))

    def mark(self, numbers: Collection[int]) -> None:
        """The members of these numbers are in it."""
        flags = self._flags
        missing = max(numbers, default=-1) + 1 - len(flags)
        if missing > 0:
            flags.extend(bytes(missing))
        for at in numbers:
            flags[at] = 1

    def discard(self, key: Key) -> None:
        at = self._members.numbers.get(key, len(self._flags))
        if at < len(self._flags):
            self._flags[at] = 0

    def __contains__(self, key: object) -> bool:
        at = self._members.numbers.get(key, len(self._flags))  # type: ignore[call-overload]
        return at < len(self._flags) and bool(self._flags[at])

    def __iter__(self) -> Iterator[Key]:
        return (self._members.keys[at] for at, is_there in enumerate(self._flags) if is_there)

    def __len__(self) -> int:
        return sum(self._flags)

    def numbers(self) -> int:
        """The members as the bytes of one number."""
        return int.from_bytes(self._flags, "little")

    @property
    def members(self) -> Members:
        return self._members


def union(sets: Sequence[AbstractSet[Key]], in_order: Callable[[Collection[Key]], list[Key]]) -> tuple[Key, ...]:
    """What is in any of some sets, each once, in an order that is always the same. Of few members it is one tuple for
    all that have the same ones, so that what is made of them can be kept.
    """
    compact = [one for one in sets if isinstance(one, CompactSet)]
    if len(compact) < len(sets) or len({id(one.members) for one in compact}) != 1:
        return tuple(in_order(set().union(*sets)))
    found = 0
    for one in compact:
        found |= one.numbers()
    members = compact[0].members
    listed = members.listed.get(found)
    if listed is None:
        listed = tuple(in_order(list(compress(members.keys, found.to_bytes(len(members.keys), "little")))))
        if len(members.keys) <= LISTED:
            members.listed[found] = listed
    return listed
