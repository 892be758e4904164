"""From columns inside DuckDB to the ones a spec asked for: a view where nothing can go wrong later, after a look at
what could.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from kpidsl.diagnostics import SourceError
from kpidsl.engine import duck
from kpidsl.engine.duck import identifier, literal
from kpidsl.hookspecs import ColumnRequest, ScanRequest
from kpidsl.patterns import regex
from kpidsl.records import dataclass
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl.sources import alike
from kpidsl.sources.convert import Conversion, Digits, as_text, convert, measures, native_type, needs_digits
from kpidsl.sources.decide import AT_ONCE
from kpidsl.sources.messages import bad_value, too_many_digits
from kpidsl.sources.names import distinct, missing_column
from kpidsl.sources.numerals import DIGITS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BYTES: Final = 8
"""What a value takes in a file, roughly."""
_STREAM: Final = regex(
    r"reading the stream registered as .* failed: (?:Unknown error: )?(.*?)(?:\. Detail: |$)", re.MULTILINE
)


NOTHING: Final = '"NULL"'
"""The type of a column without a single value, where files and tables have such a type."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column inside DuckDB: its expression and DuckDB type."""

    sql: str
    sql_type: str


@dataclass(frozen=True, slots=True)
class Origin:
    """A FROM item inside DuckDB with its columns by name, and how messages name it and its rows (from 1).

    `implied` are types that the provider knows of columns it delivers as text; a spec's own declaration goes before
    them.
    """

    source: str
    fields: Mapping[str, Field]
    label: str
    provider: str
    place: Callable[[int], str]
    implied: Mapping[str, DataType] = field(default_factory=dict)

    def schema(self) -> Schema:
        """The columns as the provider gives them. One of the type of nothing but NULL is whatever it is used as."""
        return Schema(
            tuple(
                Column(name, self.implied.get(name, native_type(column.sql_type)), is_blank=column.sql_type == NOTHING)
                for name, column in self.fields.items()
            )
        )


def fields_of(connection: DuckDBPyConnection, source: str) -> dict[str, Field]:
    """The columns of a FROM item; those of a structure stand beside it as `outer.inner`. Raises DuckDB's errors."""
    found: dict[str, Field] = {}
    for name, kind, *_ in connection.execute(f"SELECT * FROM {source} LIMIT 0").description or ():
        _flatten(name, identifier(name), kind, found)
    return found


def relation(connection: DuckDBPyConnection, origin: Origin, request: ScanRequest) -> str:
    """A view over the origin with exactly the requested columns; a temporary table where values have to be converted
    and that costs much.

    Values that do not fit their type are found now. Raises SourceError.
    """
    return _make(connection, origin, request, always_table=False)


def part(
    connection: DuckDBPyConnection, whole: Origin, source: str, request: ScanRequest, columns: Sequence[str]
) -> str:  # fmt: skip
    """As `relation`, over a FROM item with some of the origin's rows and `columns` that tell whose file each is of.
    Raises SourceError, also where its columns are not of the types that the whole has.
    """
    require(whole, request)
    with reading(whole.label):
        fields = fields_of(connection, source)
    for one in request.columns:
        found = whole.fields[one.name]
        if fields.get(one.name) != found or needs_digits(native_type(found.sql_type), _implied(whole, one)):
            raise SourceError(f"`{one.name}` of {whole.label} depends on all of its files", code="K0602")
    some = replace(whole, source=source, fields=fields)
    return relation(connection, some, replace(request, columns=(*request.columns, *map(ColumnRequest, columns))))


def table(connection: DuckDBPyConnection, origin: Origin, request: ScanRequest) -> str:
    """A temporary table with exactly the requested columns. Raises SourceError."""
    return _make(connection, origin, request, always_table=True)


def _make(connection: DuckDBPyConnection, origin: Origin, request: ScanRequest, *, always_table: bool) -> str:
    name = duck.fresh_name(origin.provider)
    with reading(origin.label):
        planned = _planned(connection, origin, request)
        conversions = {name: make(origin.fields[name].sql) for name, make in planned.items()}
        _verify(connection, origin, request, conversions)
        # What is converted is converted once: a view would do it again for every query. A table holds all rows.
        heavy = any(one.guard is not None and not one.is_light for one in conversions.values())
        kept = always_table or heavy
        source, values = origin.source, {name: conversion.value for name, conversion in conversions.items()}
        if kept and _are_alike(connection, origin, values):
            asked = {name: (origin.fields[name].sql, make(alike.VALUE).value) for name, make in planned.items()}
            together = alike.together(f"SELECT * FROM {origin.source}", asked)
            source, values = f"({together.relation})", dict(together.found)
        picked = ", ".join(f"{value} AS {identifier(name)}" for name, value in values.items())
        kind = "TABLE" if kept else "VIEW"
        select = f"SELECT {picked or 'true AS present'} FROM {source}"
        connection.execute(f"CREATE OR REPLACE TEMP {kind} {identifier(name)} AS {select}")
    return name


def is_as_it_stands(origin: Origin, request: ScanRequest, name: str) -> bool:
    """Whether a requested column has the values that stand in a file's column of that name."""
    found = origin.fields.get(name)
    column = next((one for one in request.columns if one.name == name), None)
    if found is None or column is None:
        return False
    wanted = _implied(origin, column)
    if needs_digits(native_type(found.sql_type), wanted):
        return False
    conversion = convert(found.sql, found.sql_type, wanted)
    return conversion.guard is None and conversion.value == identifier(name)


def located(connection: DuckDBPyConnection, origin: Origin, request: ScanRequest, time: str) -> str | None:
    """As `relation`, with the column of `sql.spans` that tells where a row of a file stands. Floating-point numbers are
    as they are: NaN is not NULL yet. None where values have to be converted, or the time is another than the file's.
    """
    from kpidsl.sql.spans import ROW

    if any(name.lower() == "file_row_number" for name in origin.fields):
        return None  # the file's own
    picked: list[str] = []
    for column in request.columns:
        found = origin.fields.get(column.name)
        wanted = _implied(origin, column)
        if found is None or column.name == ROW or needs_digits(native_type(found.sql_type), wanted):
            return None
        conversion = convert(found.sql, found.sql_type, wanted)
        if conversion.guard is not None or (column.name == time and conversion.value != identifier(time)):
            return None
        is_double = found.sql_type == "DOUBLE" and conversion.type is DataType.FLOAT
        picked.append(f"{found.sql if is_double else conversion.value} AS {identifier(column.name)}")
    picked.append(f"file_row_number AS {identifier(ROW)}")
    name = duck.fresh_name(origin.provider)
    connection.execute(f"CREATE TEMP VIEW {identifier(name)} AS SELECT {', '.join(picked)} FROM {origin.source}")
    return name


@contextmanager
def reading(label: str, hint: str | None = None) -> Iterator[None]:
    """DuckDB's refusals inside, as SourceError K0602 that names what was read."""
    try:
        yield
    except SourceError:
        raise
    except duck.failures() as error:
        stream = _of_stream(error)
        if stream is None:
            raise SourceError(f"{label} cannot be read: {duck.words(error)}", code="K0602", hint=hint) from error
        message = f"{label} cannot be read: after some of its rows: {stream}"
        found = SourceError.said(stream, message)
        if found is not None:
            found.hint = found.hint or hint
        raise found or SourceError(message, code="K0602", hint=hint) from error


def _of_stream(error: Exception) -> str | None:
    """What a provider raised half-way, where that is what DuckDB met.

    Raises KeyboardInterrupt where that was Ctrl-C: it comes as a text through the C interface.
    """
    text = str(error).strip()
    stream = _STREAM.search(text)
    if stream is not None and text.endswith("KeyboardInterrupt"):
        raise KeyboardInterrupt from error
    return None if stream is None else stream[1]


def _are_alike(connection: DuckDBPyConnection, origin: Origin, values: Mapping[str, str]) -> bool:
    """Whether so many columns are converted that to do so as lists costs less."""
    if len(values) < alike.FEWEST or any(origin.fields[name].sql != identifier(name) for name in values):
        return False
    ((rows,),) = connection.execute(f"SELECT count(*) FROM {origin.source}").fetchall()
    return alike.pays(len(values), rows * len(values) * _BYTES)


def _planned(
    connection: DuckDBPyConnection, origin: Origin, request: ScanRequest
) -> dict[str, Callable[[str], Conversion]]:
    """How the requested columns are converted, each from an expression for its value."""
    require(origin, request)
    wanted = {column.name: _implied(origin, column) for column in request.columns}
    digits = _digits(connection, origin, wanted)
    declared = {column.name for column in request.columns if column.as_type is not None}
    return {
        name: partial(
            convert,
            sql_type=origin.fields[name].sql_type,
            request=column,
            digits=digits.get(name, Digits(18, 0)),
            strict=name not in declared and name in origin.implied,
        )
        for name, column in wanted.items()
    }


def require(origin: Origin, request: ScanRequest) -> None:
    """Raise SourceError K0605 for a column that the origin does not have."""
    distinct([column.name for column in request.columns], origin.label)
    for column in request.columns:
        if column.name not in origin.fields:
            raise missing_column(column.name, tuple(origin.fields), origin.label)


def request_of(request: ScanRequest, name: str) -> ColumnRequest:
    """The request for one column."""
    return next(column for column in request.columns if column.name == name)


def _implied(origin: Origin, column: ColumnRequest) -> ColumnRequest:
    if column.as_type is not None or column.name not in origin.implied:
        return column
    return ColumnRequest(column.name, origin.implied[column.name], column.format)


def _digits(connection: DuckDBPyConnection, origin: Origin, wanted: Mapping[str, ColumnRequest]) -> dict[str, Digits]:
    names = [name for name, column in wanted.items() if needs_digits(native_type(origin.fields[name].sql_type), column)]
    if not names:
        return {}
    row: list[Any] = []
    for some in _at_once(names):
        fields = (origin.fields[name] for name in some)
        parts = [part for one in fields for part in measures(as_text(one.sql, one.sql_type))]
        row += connection.execute(f"SELECT {', '.join(parts)} FROM {origin.source}").fetchall()[0]
    found = {name: Digits(row[3 * i] or 0, row[3 * i + 1] or 0, bool(row[3 * i + 2])) for i, name in enumerate(names)}
    for name, digits in found.items():
        decimal = wanted[name].as_type is DataType.DECIMAL
        if digits.whole + (digits.scale if decimal else 0) > DIGITS:
            raise too_many_digits(origin.label, name, digits)
    return found


def _at_once(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), AT_ONCE):
        yield names[start : start + AT_ONCE]


def _verify(
    connection: DuckDBPyConnection, origin: Origin, request: ScanRequest, conversions: Mapping[str, Conversion]
) -> None:
    doubtful = {name: conversion.bad for name, conversion in conversions.items() if conversion.bad is not None}
    if not doubtful:
        return
    row: list[bool] = []
    for some in _at_once(list(doubtful)):
        flags = ", ".join(f"coalesce(bool_or({doubtful[name]}), false)" for name in some)
        row += connection.execute(f"SELECT {flags} FROM {origin.source}").fetchall()[0]
    first: tuple[int, str, str] | None = None
    for (name, bad), found in zip(doubtful.items(), row, strict=True):
        if not found:
            continue
        text = as_text(origin.fields[name].sql, origin.fields[name].sql_type)
        # Numbered before anything is filtered, so that the number is the row's place in the source.
        numbered = f"SELECT row_number() OVER () AS number_, {text} AS text_, ({bad}) AS bad_ FROM {origin.source}"
        hit = connection.execute(
            f"SELECT number_, text_ FROM ({numbered}) WHERE bad_ ORDER BY number_ LIMIT 1"
        ).fetchall()[0]
        if first is None or hit[0] < first[0]:
            first = (hit[0], name, hit[1])
    if first is not None:
        number, name, shown = first
        column = request_of(request, name)
        declared = column.as_type is not None
        wanted = column.as_type or origin.implied.get(name, DataType.OTHER)
        raise bad_value(origin.place(number), name, shown, wanted, column.format, declared, origin.provider)


def _flatten(name: str, sql: str, kind: Any, found: dict[str, Field]) -> None:
    found.setdefault(name, Field(sql, str(kind)))
    if kind.id == "struct":
        for inner, inner_kind in kind.children:
            _flatten(f"{name}.{inner}", f"struct_extract({sql}, {literal(inner)})", inner_kind, found)
