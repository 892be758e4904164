"""Results as JSON (RFC 8259)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from kpidsl.assess.results import Results
from kpidsl.diagnostics.glyphs import encodable
from kpidsl.report.document import Fields, Plain, Shared, document
from kpidsl.report.numbers import plain

WIDTH = 120  # columns in which a list or object may stand on one line


def to_json(results: Results) -> str:
    """The document as JSON, ended by a line end. Numbers carry every digit: none has been a float.

    A list or object stands on one line where it fits into 120 columns, else it is indented by two blanks.
    """
    return encodable(written(document(results), 0, 0)) + "\n"


def written(value: Plain, indent: int, before: int) -> str:
    """A value that begins in column `before` of a line indented by `indent`, with room for a comma behind it."""
    kind = type(value)
    scalar = _SCALARS.get(kind)
    if scalar is not None:
        return scalar(value)
    if kind is Shared:
        return _shared(value, indent, before)  # type: ignore[arg-type]
    match value:
        case dict():
            return _object(value, indent, before)
        case list():
            return _container("[", [written(one, indent + 2, indent + 2) for one in value], "]", indent, before)
        case _:
            raise TypeError(f"no value of a document: {value!r}")


def _shared(value: Shared, indent: int, before: int) -> str:
    """What stands in many places is written once for each column that it begins in."""
    text = value.texts.get((indent, before))
    if text is None:
        text = value.texts[indent, before] = _object(value, indent, before)
    return text


def _object(value: Fields, indent: int, before: int) -> str:
    inner = indent + 2
    items: list[str] = []
    for name, one in value.items():
        key = _key(name)
        scalar = _SCALARS.get(type(one))
        items.append(key + (scalar(one) if scalar is not None else written(one, inner, inner + len(key))))
    return _container("{", items, "}", indent, before)


_SCALARS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    Decimal: plain,
    int: str,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): lambda _: "null",
}
"""How each kind of value is written that holds no other."""


@lru_cache(maxsize=256)
def _key(name: str) -> str:
    return f"{encode_basestring(name)}: "


def _container(opening: str, items: list[str], closing: str, indent: int, before: int) -> str:
    if not items:
        return opening + closing
    if indent and len(items) < WIDTH // 3:  # more do not fit, with a comma and a blank behind each
        line = opening + ", ".join(items) + closing
        if before + len(line) + 1 <= WIDTH and "\n" not in line:
            return line
    pad = " " * (indent + 2)
    return f"{opening}\n{pad}" + f",\n{pad}".join(items) + f"\n{' ' * indent}{closing}"
