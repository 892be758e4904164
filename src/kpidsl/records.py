"""`dataclass` for the many records of a language: the same classes as the standard library's, made and filled faster.

The standard library writes and compiles six functions for each frozen class when its module is imported; for four
hundred classes that was half of a small command's time. Here a class is given its slots and no more: its fields are
described when somebody asks for them, and a function is compiled when it was called often. To type checkers, and to
`fields`, `replace` and pickles, nothing is different (docs/adr/0012-records.md).
"""

from __future__ import annotations

import dataclasses
import sys
from copy import copy
from functools import cache
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, NamedTuple

if sys.version_info >= (3, 14):
    from inspect import get_annotations as _annotations
else:

    def _annotations(cls: Any) -> dict[str, Any]:
        found: dict[str, Any] = cls.__dict__.get("__annotations__", {})  # noqa: RUF063
        return found


if TYPE_CHECKING:
    from dataclasses import dataclass

    __all__ = ["dataclass"]
else:

    def dataclass(cls=None, /, **how):
        """A record: as `dataclasses.dataclass`, which also makes whatever has no slots or wants an order."""

        def make(cls):
            kind = _Kind(how.get("frozen", False), how.get("eq", True), how.get("kw_only", False))
            hints = _annotations(cls)
            said = " ".join(map(str, hints.values()))
            special = [word for word in _SPECIAL if word in said]
            if not how.get("slots") or not how.keys() <= _KNOWN or "InitVar" in special:
                return dataclasses.dataclass(**how)(cls)
            made = _slotted(cls, hints, kind) if not special else None
            if made is not None:
                return made
            if kind != _Kind(True, kind.eq, False):
                return dataclasses.dataclass(**how)(cls)
            own = set(cls.__dict__)
            made = _by_the_library(cls, kind.eq)
            for name, function in _functions(kind).items():
                if name not in own:
                    setattr(made, name, function)
            return made

        return make if cls is None else make(cls)


class _Kind(NamedTuple):
    frozen: bool
    eq: bool
    kw_only: bool


_KNOWN = frozenset({"slots", *_Kind._fields})
_SPECIAL = ("InitVar", "ClassVar", "KW_ONLY")
_MISSING = dataclasses.MISSING
_OFTEN = 24
"""Calls of a function before it is compiled, which takes as long as some forty calls of what stands in its place."""


# ---------------------------------------------------------------- the class
@dataclasses.dataclass(init=False, repr=False, eq=False)
class _Model:
    """What the standard library says of a class, and of its fields."""

    field: None


_FIELD: Any = getattr(dataclasses.fields(_Model)[0], "_field_type")  # noqa: B009 -- it has no public name
_PARAMS: dict[_Kind, Any] = {}


def _params(kind: _Kind) -> Any:
    found = _PARAMS.get(kind)
    if found is None:
        found = _PARAMS[kind] = copy(vars(_Model)["__dataclass_params__"])
        for name, value in {**kind._asdict(), "init": True, "repr": True, "slots": True}.items():
            if hasattr(found, name):
                setattr(found, name, value)
    return found


def _slotted(cls: Any, hints: dict[str, Any], kind: _Kind) -> Any:
    """The class with slots for its fields; None where its bases or defaults need the standard library's care."""
    inherited: set[str] = set()
    for base in cls.__mro__[1:-1]:
        slots, params = base.__dict__.get("__slots__"), base.__dict__.get("__dataclass_params__")
        if slots is None or (params is not None and params.frozen is not kind.frozen):
            return None
        inherited.update((slots,) if isinstance(slots, str) else slots)
    body = dict(cls.__dict__)
    defaults: dict[str, Any] = {}
    for name in hints:
        default = getattr(cls, name, _MISSING)
        if isinstance(default, MemberDescriptorType):
            default = _MISSING
        elif type(default).__hash__ is None:
            return None
        defaults[name] = default
        body.pop(name, None)
    if "__slots__" in body or any(isinstance(value, dataclasses.Field) for value in body.values()):
        return None
    for name in ("__dict__", "__weakref__"):
        body.pop(name, None)
    for name, function in _functions(kind).items():  # to give them to the class that is made takes three times as long
        body.setdefault(name, function)
    if body.get("__doc__") is None:
        body["__doc__"] = cls.__name__
    body["__slots__"] = tuple(name for name in hints if name not in inherited)
    body["__dataclass_fields__"] = _Fields(hints, defaults, kind.kw_only)
    body["__dataclass_params__"] = _params(kind)
    body.setdefault("__match_args__", _Places())
    if sys.version_info >= (3, 13):
        body.setdefault("__replace__", _replace)
    made = type(cls)(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
    return made


class _Fields:
    """Stands for the fields of a class until they are asked for."""

    __slots__ = ("_defaults", "_hints", "_kw_only")

    def __init__(self, hints: dict[str, Any], defaults: dict[str, Any], kw_only: bool) -> None:
        self._hints = hints
        self._defaults = defaults
        self._kw_only = kw_only

    def __get__(self, _: object, owner: Any) -> dict[str, Any]:
        home = _home(owner, "__dataclass_fields__")
        found: dict[str, Any] = {}
        for base in home.__mro__[-1:0:-1]:
            found.update(getattr(base, "__dataclass_fields__", {}))
        for name, hint in self._hints.items():
            default = self._defaults[name]
            made: Any = default if isinstance(default, dataclasses.Field) else dataclasses.field(default=default)
            made.name, made.type = name, hint
            setattr(made, "_field_type", _FIELD)  # noqa: B010
            if made.kw_only is _MISSING:
                made.kw_only = self._kw_only
            found[name] = made
        home.__dataclass_fields__ = found
        return found


class _Places:
    """Stands for the names of the fields that a pattern gives by place, until they are asked for."""

    __slots__ = ()

    def __get__(self, _: object, owner: Any) -> tuple[str, ...]:
        home = _home(owner, "__match_args__")
        found = tuple(field.name for field in dataclasses.fields(home) if field.init and not field.kw_only)
        setattr(home, "__match_args__", found)  # noqa: B010
        return found


def _by_the_library(cls: Any, eq: bool) -> Any:
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__  # else the standard library works out a signature for it
    above = [base.__dataclass_params__ for base in cls.__mro__[1:] if "__dataclass_params__" in base.__dict__]
    frozen = [params.frozen for params in above]
    for params in above:
        params.frozen = False
    try:
        made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    finally:
        for params, is_frozen in zip(above[::-1], frozen[::-1], strict=True):
            params.frozen = is_frozen
    made.__dataclass_params__.frozen = True
    made.__dataclass_params__.init = made.__dataclass_params__.repr = True
    made.__dataclass_params__.eq = eq
    return made


# ---------------------------------------------------------------- its functions
def _home(cls: Any, name: str) -> Any:
    """The class of the line of ancestors that the function stands in."""
    return next(one for one in cls.__mro__ if name in one.__dict__)


_CALLS: dict[tuple[Any, str], int] = {}


def _is_often(cls: Any, name: str) -> bool:
    """Whether a function was called so often that it is worth compiling. Counts the call."""
    calls = _CALLS[cls, name] = _CALLS.get((cls, name), 0) + 1
    return calls > _OFTEN


def _compiled(cls: Any, name: str, parameters: list[str], body: list[str], known: dict[str, Any]) -> Any:
    """A function of a class, compiled and put in the place of the one that stood for it."""
    lines = "\n".join(f"  {line}" for line in body or ["pass"])
    text = f"def {name}({', '.join(parameters)}):\n{lines}"
    exec(text, known)  # noqa: S102 -- made of field names alone
    function = known[name]
    function.__qualname__ = f"{cls.__qualname__}.{name}"
    setattr(cls, name, function)
    return function


def _setters(cls: Any, fields: tuple[Any, ...]) -> dict[str, Any]:
    return {f"set_{field.name}": getattr(cls, field.name).__set__ for field in fields}


def _filled(cls: Any) -> tuple[Any, ...]:
    """The fields that are filled when an object is made."""
    return tuple(
        one
        for one in dataclasses.fields(cls)
        if one.init or one.default is not _MISSING or one.default_factory is not _MISSING
    )


class _Fill:
    """How objects of a class are filled: the names given by place, all that may be given, and of each field its name,
    slot, default and maker.
    """

    __slots__ = ("fields", "given", "places", "then")

    def __init__(self, record: Any) -> None:
        fields = _filled(record)
        self.places = tuple(field.name for field in fields if field.init and not field.kw_only)
        self.given = frozenset(field.name for field in fields if field.init)
        self.fields = [
            (one.name, getattr(record, one.name).__set__, one.default, one.default_factory) for one in fields
        ]
        self.then = hasattr(record, "__post_init__")


_FILLS: dict[Any, _Fill] = {}


def _init(self: Any, *values: Any, **named: Any) -> None:
    cls = _home(type(self), "__init__")
    how = _FILLS.get(cls)
    if how is None:
        how = _FILLS[cls] = _Fill(cls)
    given = dict(zip(how.places, values, strict=False))
    is_sound = len(given) == len(values) and not given.keys() & named.keys() and how.given >= named.keys()
    given.update(named)
    for name, _, default, make in how.fields:
        if name not in given and default is _MISSING and make is _MISSING:
            is_sound = False
    if not is_sound or _is_often(cls, "__init__"):  # what is compiled says what is wrong
        _init_of(cls)(self, *values, **named)
        return
    for name, fill, default, make in how.fields:
        fill(self, given[name] if name in given else default if make is _MISSING else make())
    if how.then:
        self.__post_init__()


def _init_of(cls: Any) -> Any:
    fields = _filled(cls)
    known: dict[str, Any] = {**_setters(cls, fields), "MISSING": _MISSING}
    positional: list[str] = ["self"]
    keyword: list[str] = []
    body: list[str] = []
    for field in fields:
        name = field.name
        value = name
        if field.default_factory is not _MISSING:
            known[f"make_{name}"] = field.default_factory
            value = f"make_{name}() if {name} is MISSING else {name}" if field.init else f"make_{name}()"
            shown = f"{name}=MISSING"
        elif field.default is not _MISSING:
            known[f"default_{name}"] = field.default
            shown = f"{name}=default_{name}"
            value = name if field.init else f"default_{name}"
        else:
            shown = name
        if field.init:
            (keyword if field.kw_only else positional).append(shown)
        body.append(f"set_{name}(self, {value})")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    return _compiled(cls, "__init__", [*positional, *(["*", *keyword] if keyword else [])], body, known)


_NAMES: dict[tuple[Any, str], tuple[str, ...]] = {}


def _compared(cls: Any, which: str) -> tuple[str, ...]:
    """The names of the fields that `eq` or `hash` looks at."""
    found = _NAMES.get((cls, which))
    if found is None:
        found = _NAMES[cls, which] = tuple(
            field.name
            for field in dataclasses.fields(cls)
            if field.compare and (which != "hash" or field.hash is None or field.hash)
        )
    return found


def _key(names: tuple[str, ...], of: str) -> str:
    return "(" + "".join(f"{of}.{name}, " for name in names) + ")"


def _eq(self: Any, other: object) -> Any:
    cls = _home(type(self), "__eq__")
    names = _compared(cls, "eq")
    if not _is_often(cls, "__eq__"):
        if self is other:
            return True
        if other.__class__ is not self.__class__:
            return NotImplemented
        return tuple([getattr(self, name) for name in names]) == tuple([getattr(other, name) for name in names])
    body = [
        "if self is other: return True",
        "if other.__class__ is not self.__class__: return NotImplemented",
        f"return {_key(names, 'self')} == {_key(names, 'other')}",
    ]
    return _compiled(cls, "__eq__", ["self", "other"], body, {})(self, other)


def _hash(self: Any) -> Any:
    cls = _home(type(self), "__hash__")
    names = _compared(cls, "hash")
    if not _is_often(cls, "__hash__"):
        return hash(tuple([getattr(self, name) for name in names]))
    return _compiled(cls, "__hash__", ["self"], [f"return hash({_key(names, 'self')})"], {})(self)


def _repr(self: Any) -> str:
    shown = [f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _getstate(self: Any) -> Any:
    cls = _home(type(self), "__getstate__")
    names = tuple(field.name for field in dataclasses.fields(cls))
    if not _is_often(cls, "__getstate__"):
        return tuple([getattr(self, name) for name in names])
    return _compiled(cls, "__getstate__", ["self"], [f"return {_key(names, 'self')}"], {})(self)


def _setstate(self: Any, state: Any) -> None:
    cls = _home(type(self), "__setstate__")
    fields = dataclasses.fields(cls)
    if not _is_often(cls, "__setstate__"):
        for field, value in zip(fields, state, strict=True):
            getattr(cls, field.name).__set__(self, value)
        return
    body = [f"set_{field.name}(self, state[{place}])" for place, field in enumerate(fields)]
    _compiled(cls, "__setstate__", ["self", "state"], body, _setters(cls, fields))(self, state)


def _setattr(_: Any, name: str, __: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


@cache
def _functions(kind: _Kind) -> dict[str, Any]:
    """What the classes of a kind share, until a function is compiled for one of them."""
    found: dict[str, Any] = {"__init__": _init, "__repr__": _repr}
    if kind.eq:
        found |= {"__eq__": _eq, "__hash__": _hash if kind.frozen else None}
    if kind.frozen:
        found |= {
            "__getstate__": _getstate, "__setstate__": _setstate, "__setattr__": _setattr, "__delattr__": _delattr,
        }  # fmt: skip
    return found


def _replace(self: Any, /, **changes: Any) -> Any:
    return dataclasses.replace(self, **changes)
