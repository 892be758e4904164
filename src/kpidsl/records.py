"""`dataclass` for the many records of a language: the same classes as the standard library's, made and filled faster.

The standard library writes and compiles six functions for each frozen class when its module is imported; for two
hundred classes that was half of a small command's time. Here a function is compiled when it is first called, and sets
slots directly. To type checkers, and to `fields`, `replace` and pickles, nothing is different
(docs/adr/0012-records.md).
"""

from __future__ import annotations

import dataclasses
from inspect import get_annotations
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass

    __all__ = ["dataclass"]
else:

    def dataclass(cls=None, /, **how):
        """A record: as `dataclasses.dataclass`, which also makes whatever is not both frozen and slotted."""

        def make(cls):
            wanted = {"frozen": True, "slots": True}
            if {key: how.get(key) for key in wanted} != wanted or how.keys() - {*wanted, "eq"} or _has_initvar(cls):
                return dataclasses.dataclass(**how)(cls)
            return _record(cls, how.get("eq", True))

        return make if cls is None else make(cls)


def _has_initvar(cls: type) -> bool:
    return any("InitVar" in str(hint) for hint in get_annotations(cls).values())


def _record(cls: Any, eq: bool) -> Any:
    own = set(cls.__dict__)
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__  # else the standard library works out a signature for it
    frozen = [base.__dataclass_params__ for base in cls.__mro__[1:] if "__dataclass_params__" in base.__dict__]
    for params in frozen:
        params.frozen = False
    try:
        made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    finally:
        for params in frozen:
            params.frozen = True
    made.__dataclass_params__.frozen = True
    made.__dataclass_params__.init = made.__dataclass_params__.repr = True
    made.__dataclass_params__.eq = eq
    for name, function in _SHARED.items():
        if name not in own and (eq or name not in ("__eq__", "__hash__")):
            setattr(made, name, function)
    return made


def _compiled(cls: Any, name: str, parameters: list[str], body: list[str], known: dict[str, Any]) -> Any:
    """A function of a class, compiled and put in the place of the one that stood for it."""
    lines = "\n".join(f"  {line}" for line in body or ["pass"])
    text = f"def {name}({', '.join(parameters)}):\n{lines}"
    exec(text, known)  # noqa: S102 -- made of field names alone
    function = known[name]
    function.__qualname__ = f"{cls.__qualname__}.{name}"
    setattr(cls, name, function)
    return function


def _home(cls: Any, name: str) -> Any:
    """The class of the line of ancestors that the function stands in."""
    return next(one for one in cls.__mro__ if name in one.__dict__)


def _setters(cls: Any, fields: tuple[Any, ...]) -> dict[str, Any]:
    return {f"set_{field.name}": getattr(cls, field.name).__set__ for field in fields}


def _init(self: Any, *values: Any, **named: Any) -> None:
    cls = _home(type(self), "__init__")
    fields = dataclasses.fields(cls)
    known: dict[str, Any] = {**_setters(cls, fields), "MISSING": dataclasses.MISSING}
    positional: list[str] = ["self"]
    keyword: list[str] = []
    body: list[str] = []
    for field in fields:
        name = field.name
        value = name
        if field.default_factory is not dataclasses.MISSING:
            known[f"make_{name}"] = field.default_factory
            value = f"make_{name}() if {name} is MISSING else {name}" if field.init else f"make_{name}()"
            shown = f"{name}=MISSING"
        elif field.default is not dataclasses.MISSING:
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
    made = _compiled(cls, "__init__", [*positional, *(["*", *keyword] if keyword else [])], body, known)
    made(self, *values, **named)


def _key(cls: Any, which: str) -> tuple[list[str], str]:
    names = [
        field.name
        for field in dataclasses.fields(cls)
        if field.compare and (which != "hash" or field.hash is None or field.hash)
    ]
    return names, "".join(f"{{0}}.{name}, " for name in names)


def _eq(self: Any, other: object) -> Any:
    cls = _home(type(self), "__eq__")
    _, key = _key(cls, "eq")
    body = [
        "if self is other: return True",
        "if other.__class__ is not self.__class__: return NotImplemented",
        f"return ({key.format('self')}) == ({key.format('other')})",
    ]
    return _compiled(cls, "__eq__", ["self", "other"], body, {})(self, other)


def _hash(self: Any) -> Any:
    cls = _home(type(self), "__hash__")
    _, key = _key(cls, "hash")
    return _compiled(cls, "__hash__", ["self"], [f"return hash(({key.format('self')}))"], {})(self)


def _repr(self: Any) -> str:
    shown = [f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _getstate(self: Any) -> Any:
    names = [field.name for field in dataclasses.fields(self)]
    if len(names) < 2:  # attrgetter of one name gives no tuple
        return tuple(getattr(self, name) for name in names)
    return attrgetter(*names)(self)


def _setstate(self: Any, state: Any) -> None:
    cls = _home(type(self), "__setstate__")
    fields = dataclasses.fields(cls)
    body = [f"set_{field.name}(self, state[{place}])" for place, field in enumerate(fields)]
    _compiled(cls, "__setstate__", ["self", "state"], body, _setters(cls, fields))(self, state)


def _setattr(_: Any, name: str, __: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


_SHARED = {
    "__init__": _init,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
}
