"""The providers `json` and `ndjson`: records with names and values, structures flattened, numbers exact as they are
written.

DuckDB's JSON reader takes every fraction through a float; this one goes through Python, which is slower and keeps all
digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kpidsl.diagnostics import SourceError
from kpidsl.engine.duck import identifier
from kpidsl.hookspecs import Context, ScanRequest
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl.sources import csv_text, files, numerals, project, rows
from kpidsl.sources.decide import SAMPLE
from kpidsl.sources.json_text import JsonRecord, Numeral, records, without_halves
from kpidsl.sources.kinds_of_file import no_table
from kpidsl.sources.names import missing_column
from kpidsl.sources.numerals import NumberStyle
from kpidsl.sources.project import Field, Origin

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_STYLE: Final = NumberStyle()


class _Column:
    """What has been seen of one column."""

    __slots__ = ("booleans", "nested", "numbers", "scale", "seen", "texts", "whole")

    def __init__(self) -> None:
        self.booleans = self.nested = False
        self.numbers: set[DataType] = set()
        self.texts: set[str] = set()
        self.seen = self.whole = self.scale = 0

    def add(self, value: object) -> None:
        if value is None:
            return
        if isinstance(value, Numeral):
            kind = value.kind
            self.numbers.add(kind)
            if kind is not DataType.FLOAT and len(value) > numerals.DIGITS // 2:
                whole, scale = numerals.digits(value)
                self.whole, self.scale = max(self.whole, whole), max(self.scale, scale)
        elif isinstance(value, bool):
            self.booleans = True
        elif isinstance(value, str):
            self.seen += 1
            if self.seen <= SAMPLE:
                self.texts.add(value)
        else:
            self.nested = True

    @property
    def is_blank(self) -> bool:
        return not (self.nested or self.booleans or self.numbers or self.seen)

    @property
    def type(self) -> DataType:
        """The narrowest type that holds what was seen.

        Texts are texts unless all are ISO times: JSON has no way to write a time otherwise.
        """
        if self.nested:
            return DataType.OTHER
        if self.numbers and not self.booleans and not self.seen:
            return numerals.widest(self.numbers, self.whole, self.scale)
        if self.booleans and not self.numbers and not self.seen:
            return DataType.BOOLEAN
        if self.seen and not self.numbers and not self.booleans:
            kind = numerals.column_type(self.texts, _STYLE)
            return kind if kind is not None and kind.is_time else DataType.TEXT
        return DataType.TEXT


class JsonDataset:
    """One or many JSON files as a table."""

    def __init__(self, paths: Sequence[str], within: str | None, context: Context, provider: str) -> None:
        self._within = within
        self._context = context
        self._provider = provider
        self._paths = files.expand(paths, context, provider)
        self._schema: Schema | None = None

    def fingerprint(self) -> tuple[tuple[str, int, int], ...] | None:
        """(path, size, modified) of the files."""
        return files.fingerprint(self._paths)

    def recall(self, schema: Schema) -> None:
        """Take a schema that was found when the files had the fingerprint they have now."""
        self._schema = schema

    def schema(self) -> Schema:
        """Every name of any record, with what its values are; those of an object stand as `outer.inner`.

        Reads all records. Raises SourceError.
        """
        if self._schema is None:
            found: dict[str, _Column] = {}
            for _, record in self._records():
                for name, value in _flat(record.value):
                    if name not in found:
                        found[name] = _Column()
                    found[name].add(value)
            self._schema = Schema(tuple(Column(name, column.type, column.is_blank) for name, column in found.items()))
        return self._schema

    def relation(self, connection: DuckDBPyConnection, request: ScanRequest) -> str:
        """A temporary table with the requested columns. Raises SourceError."""
        schema = self.schema()
        known = {column.name: column for column in schema.columns}
        for column in request.columns:
            found = known.get(column.name)
            if found is None:
                raise missing_column(column.name, schema.names, self._label, self._nested_hint(column.name, schema))
            if found.type is DataType.OTHER:
                hint = "records inside records need `records: …`, or are flattened before"
                raise SourceError(f"`{column.name}` of {self._label} holds lists", code="K0604", hint=hint)
        names = [column.name for column in request.columns]
        fields = {name: Field(identifier(name), "VARCHAR") for name in names}
        with project.reading(self._label):
            raw = rows.load(
                connection, [(name, "VARCHAR") for name in names or ["present"]], lambda null: self._texts(names, null)
            )
        implied = {name: found.type for name in names if (found := known.get(name)) is not None}
        origin = Origin(identifier(raw), fields, self._label, self._provider, self._place, implied)
        try:
            return project.table(connection, origin, request)
        finally:
            connection.execute(f"DROP TABLE IF EXISTS {identifier(raw)}")

    @property
    def _label(self) -> str:
        first = files.shown(self._paths[0], self._context)
        return first if len(self._paths) == 1 else f"{first} and {len(self._paths) - 1} more"

    def _records(self) -> Iterator[tuple[str, JsonRecord]]:
        for path in self._paths:
            name = files.shown(path, self._context)
            _check_file(path, name)
            for record in records(path, name, self._within):
                yield name, record

    def _texts(self, names: Sequence[str], null: str) -> Iterable[Sequence[object]]:
        wanted = set(names)
        nested = any("." in name for name in names)
        for _, record in self._records():
            values = dict(_flat(record.value)) if nested else record.value
            if not wanted:
                yield ("",)
                continue
            yield [null if (value := values.get(name)) is None else _text(value) for name in names]

    def _place(self, number: int) -> str:
        for count, (name, record) in enumerate(self._records(), start=1):
            if count == number:
                return record.place(name)
        return f"{self._label}, record {number}"

    def _nested_hint(self, name: str, schema: Schema) -> str | None:
        lists = [column.name for column in schema.columns if column.type is DataType.OTHER]
        if self._provider == "json" and self._within is None and len(lists) == 1 and name != lists[0]:
            return f'do the records lie in `{lists[0]}`? Write `records: "{lists[0]}"`'
        return None


def _check_file(path: Path, name: str) -> None:
    try:
        if path.stat().st_size == 0:
            raise SourceError(
                f"{name} is empty", code="K0606", hint="a table without rows is written []; is the file complete?"
            )
        csv_text.check_pack(path, name)
        other = no_table(path, name)
        if other is not None:
            raise other
    except OSError as error:
        raise files.cannot_read(name, error) from error


def _flat(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", inner


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return without_halves(str(value))
