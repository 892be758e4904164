"""A dataset of any kind as a relation inside DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kpidsl.diagnostics import SourceError
from kpidsl.engine.duck import changed_for_all, failures, fresh_name, identifier, settle_again, whole
from kpidsl.hookspecs import ArrowStream, ColumnRequest, Dataset, Relational, Scannable, ScanRequest
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl.sources import project
from kpidsl.sources.convert import convert, native_type
from kpidsl.sources.project import Field, Origin
from kpidsl.sources.text_bytes import HINT, bytes_of, is_of_text, require_texts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from kpidsl.engine.brought import Brought


def is_streamed(dataset: Dataset) -> bool:
    """Whether a dataset hands out rows, rather than being read by DuckDB itself."""
    return isinstance(dataset, Scannable) and not isinstance(dataset, Relational)


def into_duckdb(
    connection: DuckDBPyConnection,
    name: str,
    dataset: Dataset,
    request: ScanRequest,
    fetched: str | None = None,
    schema: Schema | None = None,
) -> str:
    """Make the requested columns of a dataset available inside `connection` as a temporary view `name`; returns the
    name. `fetched` is the table with its rows, where `fetch` was called before; `schema` is what the dataset said of
    its columns.

    What DuckDB reads itself stays where it is; a stream is read once, into a table. Types are as requested: a value
    that does not fit is K0604 with its place. A stream whose columns have other types than the dataset said gets those.
    Raises SourceError.
    """
    if isinstance(dataset, Relational):
        made = _related(connection, dataset, request)
    elif isinstance(dataset, Scannable):
        made = _converted(connection, name, fetched or fetch(connection, name, dataset, request), request, schema)
    else:
        raise SourceError(
            f"the source `{name}` gives neither a relation nor a stream of rows",
            code="K0602",
            hint="its provider offers SQL only; tell the authors of its plugin that `scan` is missing",
        )
    picked = ", ".join(identifier(name) for name in dict.fromkeys(column.name for column in request.columns)) or "*"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {identifier(name)} AS SELECT {picked} FROM {identifier(made)}")
    return name


def _related(connection: DuckDBPyConnection, dataset: Relational, request: ScanRequest) -> str:
    if is_ours(dataset):
        return dataset.relation(connection, request)
    return lent(connection, lambda apart: dataset.relation(apart, request), "relation")


def is_ours(dataset: object) -> bool:
    """Whether a dataset is no plugin's."""
    return type(dataset).__module__.startswith("kpidsl.")


def lent(connection: DuckDBPyConnection, make: Callable[[DuckDBPyConnection], object], asked: str) -> str:
    """A view of what a plugin makes in a connection and a database of its own: settings, macros and temporary tables
    are not those of other sources, and it may close it. What is temporary there is copied. Raises what the plugin and
    DuckDB raise, and PermissionError for settings that it changed for all.
    """
    whole()  # a plugin may use whatever a connection of DuckDB has
    place, view = fresh_name("plugin"), fresh_name("made")
    connection.execute(f"ATTACH ':memory:' AS {identifier(place)}")
    apart = connection.cursor()
    try:
        settle_again(apart)
        apart.execute(f"USE {identifier(place)}")
        made = make(apart)
        if not isinstance(made, str):
            raise TypeError(f"{asked}() gives a {type(made).__name__}, not the name of a table or view")
        settle_again(apart)
        found = f"{identifier(place)}.main.{identifier(made)}"
        if not _is_there(connection, found):
            found = f"{identifier(place)}.main.{identifier(view)}"
            apart.execute(f"CREATE TABLE {found} AS SELECT * FROM {identifier(made)}")
    finally:
        settle_again(apart)
        apart.close()
        changed = changed_for_all(connection)
    if changed:
        raise PermissionError(f"{asked}() set {changed[0]} for all; SET SESSION is for its own connection")
    connection.execute(f"CREATE TEMP VIEW {identifier(view)} AS SELECT * FROM {found}")
    return view


def _is_there(connection: DuckDBPyConnection, found: str) -> bool:
    try:
        connection.execute(f"SELECT 0 FROM {found} LIMIT 0")
    except failures():  # whatever it is, the connection that made it will say it
        return False
    return True


def fetch(connection: DuckDBPyConnection, name: str, dataset: Dataset, request: ScanRequest) -> str:
    """The rows of a dataset in a table, as they came, for a stream may be read once and the conversions look at the
    rows more than once; returns the table's name. `connection` may be a cursor of the one that goes on. Raises
    SourceError.
    """
    assert isinstance(dataset, Scannable)
    kept, label = f"{name} rows", f"the source `{_spoken(name)}`"
    given = dataset.scan(request)
    with project.reading(label, "its provider broke off: try again, and tell its authors if that does not help"):
        try:
            with _read_once(connection, name, given, label) as stream:
                # Not a temporary one: those belong to one cursor.
                connection.execute(f"CREATE OR REPLACE TABLE {identifier(kept)} AS SELECT * FROM {stream}")
        except failures() as error:
            if not is_of_text(error):
                raise
            with _read_once(connection, name, dataset.scan(request), label) as stream:
                _require_texts(connection, stream, kept, label)
            raise SourceError(
                f"{label} held a text that is not UTF-8, and held none when it was read again",
                code="K0602",
                hint=HINT,
            ) from error
    return kept


@contextmanager
def _read_once(connection: DuckDBPyConnection, name: str, stream: ArrowStream, label: str) -> Iterator[str]:
    """What stands behind FROM for a stream that is read once."""
    from kpidsl.sources.once import ReadOnce

    whole()  # the compiled module alone reads no Arrow
    registered = f"{name} stream"
    once = ReadOnce(stream, label)
    once.require_distinct(label)
    connection.register(registered, once)
    try:
        yield identifier(registered)
    finally:
        connection.unregister(registered)


def _require_texts(connection: DuckDBPyConnection, stream: str, kept: str, label: str) -> None:
    """Raise SourceError for what is no text in a stream, which takes up the table."""
    fields = project.fields_of(connection, stream)
    texts = {name: x for name, one in fields.items() if (x := bytes_of(one.sql, one.sql_type)) is not None}
    numbered = {name: f"c{place}" for place, name in enumerate(texts)}
    picked = ", ".join(f"{texts[name]} AS {column}" for name, column in numbered.items())
    connection.execute(f"CREATE OR REPLACE TABLE {identifier(kept)} AS SELECT {picked} FROM {stream}")
    require_texts(connection, identifier(kept), numbered, lambda number: f"{label}, row {number}")


def rows_of(connection: DuckDBPyConnection, stream: ArrowStream, what: str) -> list[tuple[Any, ...]]:
    """The rows of a stream as DuckDB gives the rows of a query. Raises SourceError."""
    with _registered(connection, stream, what) as name:
        return connection.execute(f"SELECT * FROM {identifier(name)}").fetchall()


def table_of(connection: DuckDBPyConnection, stream: ArrowStream, what: str) -> Brought:
    """The rows of a stream in a table, which is there for all cursors of the connection. Raises SourceError."""
    from kpidsl.engine.brought import Brought

    table = fresh_name("rows")
    with _registered(connection, stream, what) as name:
        types = tuple(one[1] for one in connection.execute(f"DESCRIBE SELECT * FROM {identifier(name)}").fetchall())
        columns = ", ".join(f"c{place}" for place in range(len(types)))
        made = f"CREATE TABLE {identifier(table)} AS SELECT * FROM {identifier(name)} AS t({columns})"
        (rows,) = connection.execute(made).fetchall()[0]
    return Brought(table, rows, types)


@contextmanager
def _registered(connection: DuckDBPyConnection, stream: ArrowStream, what: str) -> Iterator[str]:
    """The name under which a stream can be read once."""
    from kpidsl.sources.once import ReadOnce

    whole()  # the compiled module alone reads no Arrow
    name = fresh_name("answer")
    with project.reading(what):
        connection.register(name, ReadOnce(stream, what))
        try:
            yield name
        finally:
            connection.unregister(name)


def _converted(
    connection: DuckDBPyConnection, name: str, kept: str, request: ScanRequest, schema: Schema | None
) -> str:
    label = f"the source `{_spoken(name)}`"
    with project.reading(label):
        fields = project.fields_of(connection, identifier(kept))
    said = schema.columns if schema is not None else ()
    implied = {one.name: one.type for one in said if one.name in fields and _differs(one, fields[one.name])}
    for column in request.columns:
        if column.as_type is None and column.name in implied:
            _require_way(label, column.name, fields[column.name], implied[column.name])
    origin = Origin(identifier(kept), fields, label, "stream", lambda number: f"{label}, row {number}", implied)
    return project.relation(connection, origin, request)


def _differs(said: Column, found: Field) -> bool:
    """Whether a column of a stream has another type than its dataset said."""
    return not said.is_blank and said.type is not DataType.OTHER and native_type(found.sql_type) is not said.type


def _require_way(label: str, name: str, found: Field, said: DataType) -> None:
    """Raise SourceError K0602 where values of a stream cannot become what its dataset said that they are."""
    try:
        convert(found.sql, found.sql_type, ColumnRequest(name, said))
    except SourceError as error:
        raise SourceError(
            f"{label} said that `{name}` is {said.value}, and its rows hold {found.sql_type}",
            code="K0602",
            hint="this is a fault of the provider: what `schema` says and what `scan` gives must agree",
        ) from error


def _spoken(name: str) -> str:
    """A source's name as the spec has it: its view is called `source orders`."""
    return name.removeprefix("source ")
