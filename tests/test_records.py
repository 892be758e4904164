"""Records behave as the standard library's frozen, slotted data classes do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any, ClassVar

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


def others(dataclass: Any) -> tuple[type, type, type]:
    """Of the other kinds: one that may be changed, one that comes from it, one whose fields are given by name."""

    @dataclass(slots=True)
    class Open:
        """An open one."""

        left: int
        right: str = "right"
        twice: int = field(init=False)

        def __post_init__(self) -> None:
            self.twice = 2 * self.left

    @dataclass(slots=True)
    class More(Open):
        seen: list[int] = field(default_factory=list)

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Options:
        path: str = field(metadata={"positional": True})
        size: int = 3
        parts: tuple[str, ...] = ()

    return Open, More, Options


MORE_CALLS: tuple[Callable[[Any, Any, Any], object], ...] = (
    lambda one, _more, _options: repr(one(1)),
    lambda one, _more, _options: [getattr(one(3), name) for name in ("left", "right", "twice")],
    lambda one, _more, _options: (one(1) == one(1), one(1) == one(2), one(1) == 1),
    lambda one, _more, _options: hash(one(1)),
    lambda one, _more, _options: setattr(one(1), "left", 5),
    lambda one, _more, _options: setattr(one(1), "nothing", 5),
    lambda one, _more, _options: one(1, twice=3),
    lambda one, _more, _options: one(1, "a", 3),
    lambda one, _more, _options: one.__match_args__,
    lambda one, _more, _options: dataclasses.asdict(one(1)),
    lambda one, _more, _options: dataclasses.replace(one(1), left=4).twice,
    lambda one, _more, _options: copy.deepcopy(one(1)).twice,
    lambda one, _more, _options: hasattr(one(1), "__dict__"),
    lambda one, more, _options: one(1) == more(1),
    lambda _one, more, _options: (more(1).seen, more(1, "a", [3]).seen, more(1).twice),
    lambda _one, more, _options: [(one.name, one.kw_only, one.init, one.type) for one in dataclasses.fields(more)],
    lambda _one, more, _options: (more.__slots__, more.__doc__ is None),
    lambda _one, _more, options: options("a"),
    lambda _one, _more, options: options(),
    lambda _one, _more, options: repr(options(path="a")),
    lambda _one, _more, options: options(path="a") == options(path="a", size=3),
    lambda _one, _more, options: hash(options(path="a")) == hash(options(path="a")),
    lambda _one, _more, options: options.__match_args__,
    lambda _one, _more, options: [(one.kw_only, dict(one.metadata)) for one in dataclasses.fields(options)],
    lambda _one, _more, options: setattr(options(path="a"), "path", "b"),
)
THEIR_OTHERS = others(dataclasses.dataclass)
OUR_OTHERS = others(records.dataclass)


def outcome(call: Callable[[Any, Any, Any], object], classes: tuple[type, type, type]) -> object:
    try:
        return call(*classes)
    except Exception as error:  # noqa: BLE001 -- the kind of error is the outcome
        return type(error)


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_a_record_does_what_the_standard_librarys_does(number: int) -> None:
    found = [outcome(CALLS[number], OURS) for _ in range(60)]  # some are called before they are compiled, some after
    assert found == [outcome(CALLS[number], THEIRS)] * 60


@pytest.mark.parametrize("number", range(len(MORE_CALLS)))
def test_a_record_that_is_open_or_filled_by_name_does_so_too(number: int) -> None:
    found = [outcome(MORE_CALLS[number], OUR_OTHERS) for _ in range(60)]
    assert found == [outcome(MORE_CALLS[number], THEIR_OTHERS)] * 60


def test_what_the_library_says_of_a_class_is_said() -> None:
    for theirs, ours in zip((*THEIRS, *THEIR_OTHERS), (*OURS, *OUR_OTHERS), strict=True):
        said = vars(theirs)["__dataclass_params__"], vars(ours)["__dataclass_params__"]
        assert repr(said[0]) == repr(said[1])
        assert [repr(one) for one in dataclasses.fields(ours)] == [repr(one) for one in dataclasses.fields(theirs)]
        assert ours.__slots__ == theirs.__slots__  # type: ignore[attr-defined]
        assert (ours.__qualname__, ours.__module__) == (theirs.__qualname__.replace("Their", "Our"), theirs.__module__)


def test_records_that_the_library_makes() -> None:
    """With class variables, bases that have no slots, or defaults that could be changed."""

    @records.dataclass(frozen=True, slots=True)
    class Counted:
        many: ClassVar[int] = 3
        one: int = 1

    class Unslotted:
        pass

    @records.dataclass(frozen=True, slots=True)
    class Under(Unslotted):
        one: int = 1

    assert (Counted.many, Counted(2).one, Counted.__slots__) == (3, 2, ("one",))  # type: ignore[attr-defined]
    assert Under(2) == Under(2)
    with pytest.raises(ValueError, match="mutable default"):

        @records.dataclass(frozen=True, slots=True)
        class _Shared:
            one: list[int] = []  # noqa: RUF012


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
