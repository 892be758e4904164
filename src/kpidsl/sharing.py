"""Records in which equal parts are one object: smaller when kept, and what compares by identity finds them."""

from __future__ import annotations

from dataclasses import is_dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar, cast

T = TypeVar("T")


def shared(value: T) -> T:
    """The same value, with one object for all parts of it that are alike in every field.

    Looked into are frozen records that compare by their fields, tuples and dicts; anything else stays the object it is.
    """
    return cast(T, _Sharing().of(value))


class _Sharing:
    def __init__(self) -> None:
        self._first: dict[tuple[object, ...], object] = {}
        self._done: dict[int, tuple[object, object]] = {}

    def of(self, value: object) -> object:
        cls = type(value)
        if cls is str:
            return self._first.setdefault((cls, value), value)
        done = self._done.get(id(value))
        if done is None:  # kept beside its id, which would otherwise be given to another one after it
            done = self._done[id(value)] = (value, self._made(value, cls))
        return done[1]

    def _made(self, value: object, cls: type) -> object:
        if isinstance(value, Fraction):
            return self._first.setdefault((cls, value.numerator, value.denominator), value)
        if isinstance(value, Decimal):
            return self._first.setdefault((cls, value.as_tuple()), value)
        if cls is dict:
            return {self.of(key): self.of(one) for key, one in cast("dict[object, object]", value).items()}
        if isinstance(value, tuple):
            parts = [self.of(one) for one in value]
            changed = any(new is not old for new, old in zip(parts, value, strict=True))
            make: Any = tuple if cls is tuple else getattr(cls, "_make", None)
            return self._first.setdefault((cls, *map(id, parts)), make(parts) if changed else value)
        if not _is_value(cls):
            return value
        record: Any = value
        state = tuple(record.__getstate__())
        parts = [self.of(one) for one in state]
        if any(new is not old for new, old in zip(parts, state, strict=True)):
            record = object.__new__(cls)
            record.__setstate__(parts)
        return self._first.setdefault((cls, *map(id, parts)), record)


@cache
def _is_value(cls: type) -> bool:
    """Whether objects of a class are frozen records that are equal where their fields are."""
    if not is_dataclass(cls):
        return False
    known: Any = cls
    params = known.__dataclass_params__
    return params.frozen and params.eq and hasattr(cls, "__slots__") and hasattr(cls, "__setstate__")
