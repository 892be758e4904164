"""The provider `arrow`: tables of the process that evaluates, through the Arrow PyCapsule interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from kpidsl.diagnostics import SourceError, closest
from kpidsl.engine import duck
from kpidsl.engine.duck import identifier
from kpidsl.hookspecs import ArrowStream, ScanRequest
from kpidsl.semantic.types import Schema
from kpidsl.sources import project
from kpidsl.sources.arrow_types import require_readable, structure_of
from kpidsl.sources.once import ReadOnce
from kpidsl.sources.project import Origin

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

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A new stream from the object. Raises SourceError where it has a column that cannot be read, and keeps it: of
        what is raised here, DuckDB tells the text.
        """
        capsule = self._table.__arrow_c_stream__(requested_schema)
        try:
            require_readable(structure_of(capsule), self._label)
        except SourceError as error:
            self.refused = error
            raise
        return capsule


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

    def fingerprint(self) -> None:
        """A table in memory has none."""
        return

    def schema(self) -> Schema:
        """The columns of the table. Raises SourceError."""
        with duck.looking() as connection:
            return self._origin(connection).schema()

    def relation(self, connection: DuckDBPyConnection, request: ScanRequest) -> str:
        """A view with the requested columns. Raises SourceError."""
        return project.relation(connection, self._origin(connection), request)

    def _origin(self, connection: DuckDBPyConnection) -> Origin:
        name = duck.fresh_name("arrow_stream")
        hint = "does it have a column of a type that DuckDB has no counterpart for?"
        duck.whole()  # the compiled module alone reads no Arrow
        stream, source = Stream(self._again(), self._label), identifier(name)
        try:
            with project.reading(self._label, hint):
                connection.register(name, stream)
                found = project.fields_of(connection, source)
        except SourceError as error:
            raise stream.refused or error from error
        fields = {name: field for name, field in found.items() if not name.startswith("__index_level_")}
        label = self._label
        return Origin(source, fields, label, "arrow", lambda number: f"{label}, row {number}")

    def _again(self) -> ArrowStream:
        kind = type(self._table)
        if (kind.__module__.partition(".")[0], kind.__name__) in _AGAIN:
            return self._table
        if self._kept is None:
            kept = duck.connect()
            kept.register("stream", ReadOnce(self._table, self._label))
            kept.execute("CREATE TABLE kept AS SELECT * FROM stream")
            kept.unregister("stream")
            self._kept = kept
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
