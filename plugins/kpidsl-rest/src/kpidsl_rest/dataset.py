"""A path of a service as a dataset: its columns from the first page, its rows as batches of Arrow, one a page."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ArrowStream, ColumnRequest, Limits, ScanRequest
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl.sources.json_text import without_halves
from kpidsl_rest.options import RestConnection, RestOptions

INT64 = 2**63
EXACT = 2**53  # up to here a double holds every whole number


class RestDataset:
    """All pages are read before the first row is handed out: of an answer that breaks off, nothing is used."""

    def __init__(self, options: RestOptions, connection: RestConnection, name: str, limits: Limits) -> None:
        self.options, self.connection, self.name, self.limits = options, connection, name, limits
        self._lock = threading.Lock()
        self._schema: Schema | None = None

    def fingerprint(self) -> None:
        return None

    def schema(self) -> Schema:
        """The columns of the first page that has records; asked for once."""
        with self._lock:
            if self._schema is None:
                self._schema = self._look()
            return self._schema

    def scan(self, request: ScanRequest) -> ArrowStream:
        import pyarrow as pa

        from kpidsl_rest.client import Client
        from kpidsl_rest.pages import pages

        known = self.schema()
        fields = [self._field(known, column) for column in request.columns]
        schema = pa.schema([(name, _arrow(kind)) for name, kind in fields])
        batches = []
        with Client(self.connection, self.name, self.limits) as client:
            first = 0
            for records in pages(client, self.options, self._times(request)):
                rows = [self._row(record) for record in records]
                for number, record in enumerate(records if not self._paths else (), first + 1):
                    self._require_plain(record, fields, number)
                arrays = [self._array(rows, name, kind, first) for name, kind in fields]
                if rows and arrays:
                    batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
                first += len(rows)
        stream: ArrowStream = pa.RecordBatchReader.from_batches(schema, batches)
        return stream

    def _look(self) -> Schema:
        from kpidsl_rest.client import Client
        from kpidsl_rest.pages import pages

        rows: list[dict[str, Any]] = []
        with Client(self.connection, self.name, self.limits) as client:
            for records in pages(client, self.options):
                rows = [self._row(record) for record in records]
                if rows:
                    break
        names = list(self._paths) or list(dict.fromkeys(name for row in rows for name in row))
        found = {name: [value for row in rows if (value := row.get(name)) is not None] for name in names}
        return Schema(tuple(Column(name, _kind(values), is_blank=not values) for name, values in found.items()))

    @property
    def _paths(self) -> dict[str, str]:
        """The path of each column that `columns` names."""
        pairs = (text.partition("=") for text in self.options.columns)
        return {name.strip(): (path.strip() or name.strip()) for name, _, path in pairs}

    def _row(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """A record as its columns: those that are named, or all, objects inside of it as `object_field`."""
        if self._paths:
            from kpidsl_rest.pages import at

            return {name: record[path] if path in record else at(record, path) for name, path in self._paths.items()}
        found: dict[str, Any] = {}
        self._flatten(record, "", found)
        return found

    def _flatten(self, record: Mapping[str, Any], prefix: str, found: dict[str, Any]) -> None:
        for key, value in record.items():
            name = f"{prefix}{key}"
            if isinstance(value, Mapping):
                self._flatten(value, f"{name}_", found)
                continue
            if name in found:
                raise SourceError(
                    f"the service `{self.name}` has two fields that would be the column `{name}`", code="K0602",
                    hint='name the columns and their paths: `columns: ["a = b.c"]`',
                )  # fmt: skip
            found[name] = value

    def _field(self, known: Schema, column: ColumnRequest) -> tuple[str, DataType]:
        """A column and the type it is handed out with: what the spec declares is converted from text, exactly."""
        found = known.get(column.name)
        if found is None:
            raise SourceError(
                f"the service `{self.name}` gives no column `{column.name}`", code="K0605",
                hint=f"there are {', '.join(known.names)}" if known.names else "it has no records: name its `columns`",
            )  # fmt: skip
        return column.name, found.type if column.as_type is None else DataType.TEXT

    def _require_plain(self, record: Mapping[str, Any], fields: Sequence[tuple[str, DataType]], number: int) -> None:
        """Raise SourceError for an object where others have a plain value: as columns it would be missing there."""
        for name, _ in fields:
            value = record.get(name)
            if isinstance(value, Mapping) and value:
                raise SourceError(
                    f"the service `{self.name}`, record {number}: `{name}` is {_text(value):.80}, and a plain value in "
                    "others",
                    code="K0604",
                    hint=f'name the columns and their paths: `columns: ["{name} = {name}.{next(iter(value))}"]`',
                    column=name,
                )

    def _array(self, rows: Sequence[Mapping[str, Any]], name: str, kind: DataType, first: int) -> Any:
        import pyarrow as pa

        values = []
        for number, row in enumerate(rows, first + 1):
            value = row.get(name)
            if not _fits(value, kind):
                found = f"`{name}` is {_text(value)}, and was {kind.value} before"
                raise SourceError(
                    f"the service `{self.name}`, record {number}: {found}",
                    code="K0604",
                    hint=f"say in the spec what it is: `column {name}: …`",
                )
            if kind in (DataType.TEXT, DataType.OTHER):
                value = _text(value)
            elif kind is DataType.FLOAT and value is not None:
                value = float(value)
            values.append(value)
        return pa.array(values, _arrow(kind))

    def _times(self, request: ScanRequest) -> tuple[tuple[str, str], ...]:
        """The parameters that say which time is wanted, where the spec names them and kpidsl knows it."""
        pairs = ((self.options.start_param, request.start, -1), (self.options.end_param, request.end, 1))
        return tuple((name, self._time(moment, way)) for name, moment, way in pairs if name is not None and moment)

    def _time(self, moment: datetime, way: int) -> str:
        """A day or second further away (`way` 1 later, -1 earlier): the service's days may be those of another zone."""
        match self.options.time_format:
            case "date":
                return (moment.date() + timedelta(days=way)).isoformat()
            case "unix":
                return str(int(moment.timestamp()) + way)
            case "unix_ms":
                return str((int(moment.timestamp()) + way) * 1000)
            case _:
                return moment.isoformat()


def _kind(given: Sequence[object]) -> DataType:
    """The one type of all values; text where they differ or there is none."""
    for kind in (DataType.BOOLEAN, DataType.INTEGER, DataType.FLOAT, DataType.TEXT):
        if given and all(_fits(value, kind) for value in given):
            return kind
    return DataType.OTHER if any(isinstance(value, list | Mapping) for value in given) else DataType.TEXT


def _fits(value: object, kind: DataType) -> bool:
    if value is None:
        return True
    match kind:
        case DataType.BOOLEAN:
            return isinstance(value, bool)
        case DataType.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool) and -INT64 <= value < INT64
        case DataType.FLOAT:
            return isinstance(value, Decimal) or (
                isinstance(value, int) and not isinstance(value, bool) and abs(value) <= EXACT
            )
        case _:
            return True


def _text(value: object) -> str | None:
    """A value as JSON writes it, texts without quotes; numbers keep every digit."""
    if value is None:
        return None
    if isinstance(value, str):
        return without_halves(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _arrow(kind: DataType) -> Any:
    import pyarrow as pa

    types = {DataType.BOOLEAN: pa.bool_(), DataType.INTEGER: pa.int64(), DataType.FLOAT: pa.float64()}
    return types.get(kind, pa.string())
