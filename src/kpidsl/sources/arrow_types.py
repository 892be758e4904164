"""Columns of an Arrow stream that DuckDB has no type for, by the names that Arrow's C interface gives to types
(arrow.apache.org/docs/format/CDataInterface.html).
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kpidsl.diagnostics import SourceError

STREAM: Final = b"arrow_array_stream"

_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]
_pointer_of.restype = ctypes.c_void_p


class StreamStructure(ctypes.Structure):
    """struct ArrowArrayStream."""

    _fields_ = (
        ("get_schema", ctypes.c_void_p),
        ("get_next", ctypes.c_void_p),
        ("get_last_error", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    )


class _Schema(ctypes.Structure):
    """struct ArrowSchema."""


_Schema._fields_ = (
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.POINTER(_Schema)),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
)
_get_schema = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(_Schema))
_release = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))


def structure_of(capsule: object) -> StreamStructure:
    """The structure behind a capsule, for as long as that lives."""
    return StreamStructure.from_address(_pointer_of(capsule, STREAM))


def unreadable(stream: StreamStructure, label: str) -> dict[str, SourceError]:
    """By name the columns of a stream that DuckDB has no type for, each with a K0602 that says so; `label` is the
    stream's in messages.
    """
    found: dict[str, SourceError] = {}
    with _columns(stream) as columns:
        for column in columns:
            name = (column.name or b"").decode("utf-8", "replace")
            why = next((why for said in _formats(column) if (why := _refusal(name, said, label)) is not None), None)
            if why is not None:
                found[name] = why
    return found


def require_distinct(stream: StreamStructure, label: str) -> None:
    """Raise SourceError K0602 for a column that is there twice: whoever asks for it would get one or the other."""
    with _columns(stream) as columns:
        names = [(column.name or b"").decode("utf-8", "replace") for column in columns]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise SourceError(
            f"{label} has two columns `{twice}`",
            code="K0602",
            hint="this is a fault of the provider: a stream has the columns that were asked for, each once",
        )


@contextmanager
def _columns(stream: StreamStructure) -> Iterator[list[_Schema]]:
    schema = _Schema()
    if not stream.get_schema or _get_schema(stream.get_schema)(ctypes.addressof(stream), ctypes.byref(schema)):
        yield []  # whoever reads it will be told why
        return
    try:
        yield [schema.children[place].contents for place in range(schema.n_children)]
    finally:
        if schema.release:
            _release(schema.release)(ctypes.byref(schema))


def _formats(schema: _Schema) -> Iterator[str]:
    yield (schema.format or b"").decode("utf-8", "replace")
    for place in range(schema.n_children):
        yield from _formats(schema.children[place].contents)
    if schema.dictionary:
        yield from _formats(schema.dictionary.contents)


def _refusal(column: str, said: str, label: str) -> SourceError | None:
    if said == "e":
        kind, remedy = "float16", "float32"
    elif (found := re.fullmatch(r"d:(\d+),(-?\d+)(?:,(\d+))?", said)) is None:
        return None
    elif found[3] == "256":
        kind, remedy = f"decimal256({found[1]}, {found[2]})", f"decimal128(38, {min(int(found[2]), 38)})"
    elif found[2].startswith("-"):
        kind, remedy = f"decimal128({found[1]}, {found[2]})", "decimal128(38, 0)"
    else:
        return None
    return SourceError(
        f"{label} has a column `{column}` of Arrow's type {kind}, which cannot be read",
        code="K0602",
        hint=f"make it {remedy} before, as pyarrow's `cast` does, or leave the column out",
        column=column,
    )
