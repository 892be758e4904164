"""Records behave as the standard library's frozen, slotted data classes do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any

import pytest

from kpidsl import records


def family(dataclass: Any) -> tuple[type, type, type]:
    """The same three classes, made by one decorator or the other."""

    @dataclass(frozen=True, slots=True)
    class Node:
        place: int = field(kw_only=True, compare=False, repr=False)

    @dataclass(frozen=True, slots=True)
    class Pair(Node):
        left: int
        right: str = "right"
        seen: list[int] = field(default_factory=list, hash=False)
        size: int = field(init=False, default=7)

    @dataclass(frozen=True, slots=True, eq=False)
    class Alone:
        name: str

        def __repr__(self) -> str:
            return f"<{self.name}>"

    return Node, Pair, Alone


THEIRS = family(dataclasses.dataclass)
OURS = family(records.dataclass)
CALLS: tuple[Callable[[Any, Any, Any], object], ...] = (
    lambda _node, pair, _alone: repr(pair(1, place=3)),
    lambda _node, pair, _alone: pair(1, place=3) == pair(1, place=4),
    lambda _node, pair, _alone: pair(1, place=3) == pair(2, place=3),
    lambda _node, pair, _alone: pair(1, "x", [2], place=3) == pair(1, "x", [3], place=3),
    lambda _node, pair, _alone: hash(pair(1, "x", [2], place=3)) == hash(pair(1, "x", [3], place=5)),
    lambda node, pair, _alone: node(place=1) == pair(1, place=1),
    lambda _node, pair, _alone: pair(1, place=3).size,
    lambda _node, pair, _alone: pair(left=1, right="r", place=3).right,
    lambda _node, pair, _alone: pair(1, place=3).seen is pair(1, place=3).seen,
    lambda _node, pair, _alone: [one.name for one in dataclasses.fields(pair)],
    lambda _node, pair, _alone: dataclasses.replace(pair(1, place=3), left=5) == pair(5, place=3),
    lambda _node, pair, _alone: dataclasses.asdict(pair(1, place=3)),
    lambda _node, pair, _alone: dataclasses.is_dataclass(pair),
    lambda _node, pair, _alone: pair.__match_args__,
    lambda _node, pair, _alone: copy.deepcopy(pair(1, place=3)).place,
    lambda _node, pair, _alone: hasattr(pair(1, place=3), "__dict__"),
    lambda _node, _pair, alone: alone("a") == alone("a"),
    lambda _node, _pair, alone: repr(alone("a")),
    lambda _node, _pair, alone: hash(alone("a")) == hash(alone("b")),
    lambda _node, pair, _alone: pair(place=3),
    lambda _node, pair, _alone: pair(1, 2, 3, 4, 5, place=3),
    lambda _node, pair, _alone: pair(1),
    lambda _node, pair, _alone: pair(1, nothing=1, place=3),
    lambda _node, pair, _alone: setattr(pair(1, place=3), "left", 4),
    lambda _node, pair, _alone: delattr(pair(1, place=3), "left"),
)


def outcome(call: Callable[[Any, Any, Any], object], classes: tuple[type, type, type]) -> object:
    try:
        return call(*classes)
    except Exception as error:  # noqa: BLE001 -- the kind of error is the outcome
        return type(error)


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_a_record_does_what_the_standard_librarys_does(number: int) -> None:
    first, again = (outcome(CALLS[number], OURS) for _ in range(2))
    assert first == again == outcome(CALLS[number], THEIRS)


@records.dataclass(frozen=True, slots=True)
class Kept:
    one: int
    two: tuple[str, ...] = ()


def test_a_record_is_pickled() -> None:
    kept = Kept(1, ("a", "b"))
    assert pickle.loads(pickle.dumps(kept)) == kept


def test_each_kind_of_class_may_come_from_the_other() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Theirs(Kept):
        three: int = 3

    @records.dataclass(frozen=True, slots=True)
    class Ours(Theirs):
        four: int = 4

    assert Ours(1, ("a",), 5).four == 4
    assert Theirs(1).three == 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        Ours(1).one = 2  # type: ignore[misc]


def test_what_is_not_both_frozen_and_slotted_is_the_standard_librarys() -> None:
    @records.dataclass
    class Plain:
        one: int

    plain = Plain(1)
    plain.one = 2
    assert plain == Plain(2)
