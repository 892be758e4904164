"""Records in which equal parts are one object: smaller when kept, and what compares by identity finds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar, cast

T = TypeVar("T")


def shared(value: T, without: Mapping[type, str] | None = None) -> T:
    """The same value, with one object for all parts of it that are alike in every field.

    Looked into are frozen records that compare by their fields, tuples and dicts; anything else stays the object it is.
    `without` names, of some records, the field that is left out: None stands there instead.
    """
    places = {cls: [one.name for one in fields(cls)].index(name) for cls, name in (without or {}).items()}
    return cast(T, _Sharing(places).of(value))


class _Sharing:
    def __init__(self, left_out: Mapping[type, int]) -> None:
        self._left_out = left_out
        self._texts: dict[str, str] = {}
        self._first: dict[tuple[object, ...], object] = {}
        self._done: dict[int, tuple[object, object]] = {}

    def of(self, value: object) -> object:
        cls: Any = type(value)
        if cls is str:
            return self._texts.setdefault(cast(str, value), cast(str, value))
        look = _look(cls)
        if look is None:
            return value
        done = self._done.get(id(value))
        if done is None:  # kept beside its id, which would otherwise be given to another one after it
            done = self._done[id(value)] = (value, look(self, value, cls))
        return done[1]

    def number(self, value: Any, cls: type) -> object:
        return self._first.setdefault((cls, value.as_integer_ratio()), value)

    def decimal(self, value: Any, cls: type) -> object:
        return self._first.setdefault((cls, value.as_tuple()), value)

    def mapping(self, value: Any, _: type) -> object:
        return {self.of(key): self.of(one) for key, one in value.items()}

    def row(self, value: Any, cls: type) -> object:
        parts = tuple(map(self.of, value))
        ids = tuple(map(id, parts))
        make: Any = tuple if cls is tuple else getattr(cls, "_make", None)
        return self._first.setdefault((cls, ids), value if ids == tuple(map(id, value)) else make(parts))

    def record(self, value: Any, cls: type) -> object:
        state = value.__getstate__()
        place = self._left_out.get(cls)
        if place is not None:
            state = (*state[:place], None, *state[place + 1 :])
        parts = tuple(map(self.of, state))
        ids = tuple(map(id, parts))
        if place is not None or ids != tuple(map(id, state)):
            value = object.__new__(cls)
            value.__setstate__(parts)
        return self._first.setdefault((cls, ids), value)


@cache
def _look(cls: type) -> Callable[[_Sharing, Any, type], object] | None:
    """How the objects of a class are looked into; None where they stay what they are."""
    if issubclass(cls, Fraction):
        return _Sharing.number
    if issubclass(cls, Decimal):
        return _Sharing.decimal
    if cls is dict:
        return _Sharing.mapping
    if issubclass(cls, tuple):
        return _Sharing.row
    return _Sharing.record if _is_value(cls) else None


def _is_value(cls: type) -> bool:
    """Whether objects of a class are frozen records that are equal where their fields are."""
    if not is_dataclass(cls):
        return False
    known: Any = cls
    params = known.__dataclass_params__
    return params.frozen and params.eq and hasattr(cls, "__slots__") and hasattr(cls, "__setstate__")
