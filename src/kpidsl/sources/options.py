"""What a spec writes behind `from provider(…)`, checked against the provider's options before anything is opened."""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from kpidsl.diagnostics import OptionError, closest
from kpidsl.hookspecs import Provider, Secret
from kpidsl.records import dataclass

_WORDS: Final[Mapping[object, str]] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple: "a text or a list of texts",
    Secret: "a secret",
}


_PLAIN: Final[dict[str, object]] = {"str": str, "int": int, "float": float, "bool": bool, "Secret": Secret}
_USUAL: Final[dict[object, object]] = {
    "tuple[str, ...]": tuple[str, ...],
    **{word + end: kind for word, kind in _PLAIN.items() for end in ("", " | None")},
}


@dataclass(frozen=True, slots=True)
class OptionField:
    """One option of a provider: its name and type, whether it may stand without its name, whether it must be given."""

    name: str
    kind: object
    positional: bool
    required: bool
    default: object
    help: str

    @property
    def words(self) -> str:
        return _WORDS[self.kind]


def option_fields(provider: Provider) -> tuple[OptionField, ...]:
    """The options of a provider, in their order.

    Raises TypeError for a class that is not an options dataclass: the plugin's bug.
    """
    if not dataclasses.is_dataclass(provider.options):
        raise TypeError(f"the options of provider `{provider.name}` are not a dataclass")
    fields = [field for field in dataclasses.fields(provider.options) if field.init]
    annotations = _usual(provider.options, fields) or typing.get_type_hints(provider.options)
    found = []
    for field in fields:
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        default = None if field.default is dataclasses.MISSING else field.default
        kind = _kind(annotations[field.name])
        if kind is None:
            words = f"option `{field.name}` of provider `{provider.name}` has a type that a spec cannot write"
            raise TypeError(f"{words}: {annotations[field.name]}")
        positional = bool(field.metadata.get("positional", False))
        found.append(OptionField(field.name, kind, positional, required, default, str(field.metadata.get("help", ""))))
    return tuple(found)


def _usual(options: type, fields: Sequence[dataclasses.Field[Any]]) -> Mapping[str, object] | None:
    """The types of fields whose annotations are all of the usual words, which `get_type_hints` would compile one by
    one; None where there are others, or the module has a meaning of its own for such a word.
    """
    known = vars(sys.modules[options.__module__]) if options.__module__ in sys.modules else None
    if known is None or options.__mro__[1:] != (object,) or any(field.type not in _USUAL for field in fields):
        return None
    if any(known.get(word, kind) is not kind for word, kind in _PLAIN.items()):
        return None
    return {field.name: _USUAL[field.type] for field in fields}


def build_options(
    provider: Provider, positional: Sequence[object] = (), named: Mapping[str, object] | None = None
) -> Any:
    """The options a spec wrote, as an instance of the provider's dataclass.

    Raises OptionError, naming the option, for one that is unknown, missing, given twice or of the wrong type. The
    last positional option takes all positional values that are left where it is a list.
    """
    fields = option_fields(provider)
    slots = [field for field in fields if field.positional]
    values: dict[str, object] = {}
    rest = list(positional)
    for index, field in enumerate(slots):
        if not rest:
            break
        last = index == len(slots) - 1
        values[field.name] = tuple(rest) if last and field.kind is tuple and len(rest) > 1 else rest[0]
        rest = [] if last and field.kind is tuple else rest[1:]
    if rest:
        takes = f"takes {len(slots)} value{'s' if len(slots) != 1 else ''} without a name"
        raise OptionError(f"`{provider.name}` {takes}, and {len(positional)} are given", hint=_usage(provider, fields))
    by_name = {field.name: field for field in fields}
    for name, value in (named or {}).items():
        if name not in by_name:
            near = closest(name, by_name)
            hint = f"did you mean `{near}`?" if near else _usage(provider, fields)
            raise OptionError(f"`{provider.name}` has no option `{name}`", option=name, hint=hint)
        if name in values:
            raise OptionError(
                f"`{name}` of `{provider.name}` is given twice", option=name, hint=f"leave out one of the two `{name}`"
            )
        values[name] = value
    for field in fields:
        if field.required and field.name not in values:
            raise OptionError(
                f"`{provider.name}` needs `{field.name}`: {field.words}",
                option=field.name,
                hint=_usage(provider, fields),
            )
    checked = {name: _value(provider, by_name[name], value) for name, value in values.items()}
    try:
        return provider.options(**checked)
    except ValueError as error:  # a dataclass may check more in __post_init__
        raise OptionError(f"`{provider.name}`: {error}") from error


def _kind(annotation: object) -> object | None:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        kinds = [part for part in typing.get_args(annotation) if part is not type(None)]
        return _kind(kinds[0]) if len(kinds) == 1 else None
    if origin is tuple:
        return tuple if typing.get_args(annotation) == (str, ...) else None
    return annotation if annotation in _WORDS else None


def _value(provider: Provider, field: OptionField, value: object) -> object:
    kind = field.kind
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind is int and isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    if kind is float and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return float(value)
    if kind is str and isinstance(value, str):
        return value
    if kind is tuple and isinstance(value, str):
        return (value,)
    if kind is tuple and isinstance(value, Sequence) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if kind is Secret and isinstance(value, Secret):
        return value
    if kind is Secret:
        raise OptionError(
            f"`{field.name}` of `{provider.name}` is a secret, and a spec holds none",
            option=field.name,
            hint=f'put `{field.name} = {{env = "…"}}` under its connection in kpidsl.toml',
        )
    raise OptionError(f"`{field.name}` of `{provider.name}` is {field.words}, not {_shown(value)}", option=field.name)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'the text "{value}"'
    if isinstance(value, Secret):
        return "a secret"
    if isinstance(value, Sequence):
        return "a list"
    return str(value)


def _usage(provider: Provider, fields: Sequence[OptionField]) -> str:
    parts = [field.name if field.positional else f"{field.name}: …" for field in fields]
    return f"it is written `{provider.name}({', '.join(parts)})`"
