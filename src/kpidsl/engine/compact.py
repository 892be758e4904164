"""Answers for many members in little room: numbers side by side in arrays, not an object each."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, MutableMapping, MutableSet, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field
from fractions import Fraction
from itertools import compress

from kpidsl.engine.parts import Part
from kpidsl.records import dataclass

Key = tuple[object, ...]
_MOST = 2**63 - 1
_ABSENT, _ODD = -1, -2
"""In place of how many rows entered: there is no part, or one that is kept as it is."""


@dataclass(slots=True)
class Members:
    """The members that were met, numbered; all answers about the same dimensions share them."""

    numbers: dict[Key, int] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)

    def number(self, key: Key) -> int:
        found = self.numbers.get(key)
        if found is None:
            found = self.numbers[key] = len(self.keys)
            self.keys.append(key)
        return found


class CompactParts(MutableMapping[Key, Part]):
    """Parts by member. A number of at most 63 bits, over and under the line, takes 24 bytes; what is none is kept as
    the part that it is.
    """

    __slots__ = ("_below", "_length", "_members", "_n", "_odd", "_top")

    def __init__(self, members: Members) -> None:
        self._members = members
        self._top = array("q")
        self._below = array("q")  # negative where not all digits may be written
        self._n = array("q")
        self._odd: dict[int, Part] = {}
        self._length = 0

    def __setitem__(self, key: Key, part: Part) -> None:
        at = self._members.number(key)
        missing = at + 1 - len(self._n)
        if missing > 0:
            self._top.frombytes(bytes(8 * missing))
            self._below.frombytes(bytes(8 * missing))
            self._n.extend([_ABSENT] * missing)
        self._length += self._n[at] == _ABSENT
        value = part.value
        if (
            type(value) is Fraction
            and part.reason is None
            and part.n_unknown is None
            and part.n_open is None
            and -_MOST <= value.numerator <= _MOST
            and value.denominator <= _MOST
            and part.n <= _MOST
        ):
            self._top[at] = value.numerator
            self._below[at] = value.denominator if part.exact else -value.denominator
            self._n[at] = part.n
            self._odd.pop(at, None)
        else:
            self._n[at] = _ODD
            self._odd[at] = part

    def __getitem__(self, key: Key) -> Part:
        at = self._members.numbers[key]
        n = self._n[at] if at < len(self._n) else _ABSENT
        if n == _ABSENT:
            raise KeyError(key)
        if n == _ODD:
            return self._odd[at]
        below = self._below[at]
        return Part(Fraction(self._top[at], abs(below)), n, exact=below > 0)

    def __delitem__(self, key: Key) -> None:
        raise TypeError("an answer is not taken back")

    def __iter__(self) -> Iterator[Key]:
        return (self._members.keys[at] for at, n in enumerate(self._n) if n != _ABSENT)

    def __len__(self) -> int:
        return self._length


class CompactSet(MutableSet[Key]):
    """Members, a byte each."""

    __slots__ = ("_flags", "_members")

    def __init__(self, members: Members) -> None:
        self._members = members
        self._flags = bytearray()

    def add(self, key: Key) -> None:
        at = self._members.number(key)
        if at >= len(self._flags):
            self._flags.extend(bytes(at + 1 - len(self._flags)))
        self._flags[at] = 1

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


def union(sets: Sequence[AbstractSet[Key]]) -> list[Key]:
    """What is in any of some sets, each once, in no order that means anything."""
    compact = [one for one in sets if isinstance(one, CompactSet)]
    if len(compact) < len(sets) or len({id(one.members) for one in compact}) != 1:
        return list(set().union(*sets))
    found = 0
    for one in compact:
        found |= one.numbers()
    members = compact[0].members.keys
    return list(compress(members, found.to_bytes(len(members), "little")))
