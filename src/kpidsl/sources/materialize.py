"""A dataset of any kind as a relation inside DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpidsl.diagnostics import SourceError
from kpidsl.engine.duck import identifier
from kpidsl.hookspecs import Dataset, Relational, Scannable, ScanRequest
from kpidsl.sources import project
from kpidsl.sources.once import ReadOnce
from kpidsl.sources.project import Origin

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def into_duckdb(connection: DuckDBPyConnection, name: str, dataset: Dataset, request: ScanRequest) -> str:
    """Make the requested columns of a dataset available inside `connection` as a temporary view `name`; returns the
    name.

    What DuckDB reads itself stays where it is; a stream is read once, into a table. Types are as requested: a value
    that does not fit is K0604 with its place. Raises SourceError.
    """
    if isinstance(dataset, Relational):
        made = dataset.relation(connection, request)
    elif isinstance(dataset, Scannable):
        made = _scanned(connection, name, dataset, request)
    else:
        raise SourceError(
            f"the source `{name}` gives neither a relation nor a stream of rows",
            code="K0602",
            hint="its provider offers SQL only; tell the authors of its plugin that `scan` is missing",
        )
    picked = ", ".join(identifier(name) for name in dict.fromkeys(column.name for column in request.columns)) or "*"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {identifier(name)} AS SELECT {picked} FROM {identifier(made)}")
    return name


def _scanned(connection: DuckDBPyConnection, name: str, dataset: Scannable, request: ScanRequest) -> str:
    stream = dataset.scan(request)
    registered, kept = f"{name} stream", f"{name} rows"
    with project.reading(f"the source `{name}`"):
        connection.register(registered, ReadOnce(stream))
        try:
            # Kept as it came, because a stream may be read once and the conversions look at the rows more than once.
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {identifier(kept)} AS SELECT * FROM {identifier(registered)}"
            )
        finally:
            connection.unregister(registered)
        fields = project.fields_of(connection, identifier(kept))
    label = f"the source `{name}`"
    origin = Origin(identifier(kept), fields, label, "stream", lambda number: f"{label}, row {number}")
    return project.relation(connection, origin, request)
