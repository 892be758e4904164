"""The provider `arrow`: tables of the process that evaluates, through the Arrow PyCapsule interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from kpidsl.diagnostics import SourceError, closest
from kpidsl.engine import duck
from kpidsl.engine.duck import identifier
from kpidsl.hookspecs import ArrowStream, ScanRequest
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl.sources import project
from kpidsl.sources.arrow_types import structure_of, unreadable
from kpidsl.sources.once import ReadOnce, without
from kpidsl.sources.project import Origin
from kpidsl.sources.text_bytes import HINT, bytes_of, is_of_text, require_texts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AGAIN: Final = frozenset(
    {("pyarrow", "Table"), ("pyarrow", "RecordBatch"), ("pandas", "DataFrame"), ("polars", "DataFrame")}
)
"""Whose streams may be asked for as often as one likes.

Of any other object that is not known, so it is read once and kept.
"""


class Stream:
    """Only the Arrow stream of an object: DuckDB would otherwise read what it knows (a pandas table, say) in its own
    way.
    """

    def __init__(self, table: ArrowStream, label: str) -> None:
        self._table = table
        self._label = label
        self.refused: SourceError | None = None
        self.unread: dict[str, SourceError] = {}

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A new stream from the object, without the columns that cannot be read, which are in `unread`. Raises
        SourceError where these cannot be left out, and keeps it: of what is raised here, DuckDB tells the text.
        """
        capsule = self._table.__arrow_c_stream__(requested_schema)
        self.unread = unreadable(structure_of(capsule), self._label)
        if not self.unread:
            return capsule
        try:
            return without(capsule, self.unread)
        except SourceError as error:
            self.refused = error
            raise


class ArrowDataset:
    """A table that is already in memory. A stream that can be read once is read once, into a table of its own."""

    def __init__(self, table: object, label: str) -> None:
        if not isinstance(table, ArrowStream):
            kind = f"{type(table).__module__}.{type(table).__qualname__}"
            hint = "give a pyarrow, polars or pandas table, a DuckDB relation, or anything with __arrow_c_stream__"
            raise SourceError(f"{label} is a {kind}, which gives no Arrow stream", code="K0609", hint=hint)
        self._table: ArrowStream = table
        self._label = label
        self._kept: DuckDBPyConnection | None = None
        self._unread: dict[str, SourceError] = {}

    def fingerprint(self) -> None:
        """A table in memory has none."""
        return

    def schema(self) -> Schema:
        """The columns of the table; one that cannot be read is whatever it is used as. Raises SourceError."""
        with duck.looking() as connection:
            columns = self._origin(connection).schema().columns
        unread = (Column(name, DataType.TEXT, is_blank=True) for name in self._unread)
        return Schema((*columns, *unread))

    def relation(self, connection: DuckDBPyConnection, request: ScanRequest) -> str:
        """A view with the requested columns. Raises SourceError."""
        origin = self._origin(connection)
        for column in request.columns:
            if column.name in self._unread:
                raise self._unread[column.name]
        project.require(origin, request)
        with project.reading(self._label):
            asked = {one.name: origin.fields[one.name] for one in request.columns}
            texts = {name: x for name, one in asked.items() if (x := bytes_of(one.sql, one.sql_type)) is not None}
            require_texts(connection, origin.source, texts, origin.place)
        return project.relation(connection, origin, request)

    def _origin(self, connection: DuckDBPyConnection) -> Origin:
        name = duck.fresh_name("arrow_stream")
        hint = "does it have a column of a type that DuckDB has no counterpart for?"
        duck.whole()  # the compiled module alone reads no Arrow
        with project.reading(self._label, hint):
            stream, source = Stream(self._again(), self._label), identifier(name)
            try:
                connection.register(name, stream)
                found = project.fields_of(connection, source)
            except duck.failures() as error:
                raise stream.refused or error from error
        self._unread.update(stream.unread)
        fields = {name: field for name, field in found.items() if not name.startswith("__index_level_")}
        label = self._label
        return Origin(source, fields, label, "arrow", lambda number: f"{label}, row {number}")

    def _again(self) -> ArrowStream:
        kind = type(self._table)
        if (kind.__module__.partition(".")[0], kind.__name__) in _AGAIN:
            return self._table
        if self._kept is None:
            kept = duck.connect()
            stream = ReadOnce(self._table, self._label, partly=True)
            kept.register("stream", stream)
            try:
                kept.execute("CREATE TABLE kept AS SELECT * FROM stream")
            except duck.failures() as error:
                if not is_of_text(error):
                    raise
                raise SourceError(f"{self._label} holds a text that is not UTF-8", code="K0602", hint=HINT) from error
            kept.unregister("stream")
            self._kept = kept
            self._unread = stream.unread
        relation: ArrowStream = self._kept.table("kept")
        return relation


def open_frame(name: str, frames: Mapping[str, object]) -> ArrowDataset:
    """The dataset of a table the Python API was given. Raises SourceError K0609 where it was not."""
    if name not in frames:
        near = closest(name, frames)
        given = ", ".join(f"`{frame}`" for frame in frames) or "none"
        hint = f"did you mean `{near}`?" if near else f'evaluate(…, sources={{"{name}": table}}); given: {given}'
        raise SourceError(f'no table is given for arrow("{name}")', code="K0609", hint=hint)
    return ArrowDataset(frames[name], f"the table {name}")
