"""Results as JSON (RFC 8259)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from kpidsl.assess.results import Results
from kpidsl.diagnostics.glyphs import encodable
from kpidsl.report.document import document
from kpidsl.report.numbers import plain
from kpidsl.report.parts import Fields, Many, Plain, Shared, SharedColumn, Table, Tables

WIDTH = 120  # columns in which a list or object may stand on one line
TOGETHER = 200  # records that are one piece
_LONG = frozenset({Many, Tables})
_SHARED = frozenset({Shared, type(None)})


def to_json(results: Results) -> str:
    """The document as JSON, ended by a line end. Numbers carry every digit: none has been a float.

    A list or object stands on one line where it fits into 120 columns, else it is indented by two blanks.
    """
    return "".join(pieces(results))


def pieces(results: Results) -> Iterator[str]:
    """The same text a piece at a time, so that of many segments one is in memory."""
    for piece in _pieces(document(results, lazily=True, tables=True), 0, 0):
        yield encodable(piece)
    yield "\n"


def _pieces(value: Plain, indent: int, before: int) -> Iterator[str]:
    """A value in pieces. What holds many records has no room on one line, nor has the document itself."""
    if indent and not _holds_many(value):
        if not isinstance(value, Table):
            yield written(value, indent, before)
        elif len(found := _records(value, indent + 2)) > TOGETHER:
            yield from _together(found, indent)
        else:
            yield _container("[", found, "]", indent, before)
        return
    inner = indent + 2
    pad = f"\n{' ' * inner}"
    match value:
        case dict():
            for at, (name, one) in enumerate(value.items()):
                key = _key(name)
                yield f"{',' if at else '{'}{pad}{key}"
                yield from _pieces(one, inner, inner + len(key))
            yield f"\n{' ' * indent}}}"
        case list() | Many():
            for at, one in enumerate(value):
                yield f"{',' if at else '['}{pad}"
                yield from _pieces(one, inner, inner)
            yield f"\n{' ' * indent}]"
        case Table():
            yield from _pieces(value.records(), indent, before)
        case Tables():
            for at, one in enumerate(value):
                yield f"{',' if at else '['}{pad}" + f",{pad}".join(_records(one, inner))
            yield f"\n{' ' * indent}]"
        case _:
            yield written(value, indent, before)


def _holds_many(value: Plain) -> bool:
    """Whether a value is many records, or a KPI that has them, or a list of such KPIs."""
    match value:
        case Many() | Tables():
            return True
        case dict():
            return not _LONG.isdisjoint(map(type, value.values()))
        case Table():
            return any(not _LONG.isdisjoint(map(type, column)) for column in value.columns.values())
        case list():
            return any(map(_holds_many, value))
        case _:
            return False


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
        case Table():
            return _table(value, indent, before)
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


def _together(records: Sequence[str], indent: int) -> Iterator[str]:
    """A long list of records that are written, some at a time."""
    pad = f"\n{' ' * (indent + 2)}"
    for at in range(0, len(records), TOGETHER):
        yield f"{',' if at else '['}{pad}" + f",{pad}".join(records[at : at + TOGETHER])
    yield f"\n{' ' * indent}]"


def _table(value: Table, indent: int, before: int) -> str:
    return _container("[", _records(value, indent + 2), "]", indent, before)


def _records(value: Table, own: int) -> list[str]:
    """The records of a table, each in the column `own`, put together column by column."""
    columns = [_column(name, column, own + 2) for name, column in value.columns.items()]
    if not any(None in column for column in columns):
        return [_container("{", items, "}", own, own) for items in zip(*columns, strict=True)]
    records = [[item for item in items if item is not None] for items in zip(*columns, strict=True)]
    return [_container("{", items, "}", own, own) for items in records]


def _column(name: str, column: Sequence[Plain], indent: int) -> list[Any]:
    """A field of records as it is written in each of them, which are indented so far; None where it is not there."""
    if type(column) is SharedColumn:
        texts = column.texts.get((name, indent))
        if texts is None:
            texts = column.texts[name, indent] = _column(name, list(column), indent)
        return texts
    key = _key(name)
    after = indent + len(key)
    kinds = set(map(type, column))
    if kinds <= _SHARED:
        shared: dict[int, Any] = {id(one): one for one in column}
        known = {at: None if one is None else key + _shared(one, indent, after) for at, one in shared.items()}
        return [known[at] for at in map(id, column)]
    scalar = _SCALARS.get(kinds.pop()) if len(kinds) == 1 else None
    if scalar is not None:
        return [key + text for text in map(scalar, column)]
    return [None if one is None else key + written(one, indent, after) for one in column]


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


def _container(opening: str, items: Sequence[str], closing: str, indent: int, before: int) -> str:
    if not items:
        return opening + closing
    if indent and len(items) < WIDTH // 3:  # more do not fit, with a comma and a blank behind each
        line = opening + ", ".join(items) + closing
        if before + len(line) + 1 <= WIDTH and "\n" not in line:
            return line
    pad = " " * (indent + 2)
    return f"{opening}\n{pad}" + f",\n{pad}".join(items) + f"\n{' ' * indent}{closing}"
