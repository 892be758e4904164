"""The provider `duckdb`: a table or view of a DuckDB database file, opened read-only."""

from __future__ import annotations

from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from kpidsl.diagnostics import SourceError, closest
from kpidsl.engine import duck
from kpidsl.engine.duck import identifier, literal
from kpidsl.hookspecs import Context, ScanRequest
from kpidsl.records import dataclass
from kpidsl.semantic.types import Schema
from kpidsl.sources import files, project
from kpidsl.sources.arrow_tables import Stream
from kpidsl.sources.project import Origin
from kpidsl.sources.provider_options import DatabaseOptions

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class _Table:
    """A table or view of the attached database, as SQL writes it."""

    source: str
    is_view: bool


class DuckdbDataset:
    """A table or view of a DuckDB database."""

    def __init__(self, options: DatabaseOptions, context: Context) -> None:
        self._options = options
        self._context = context
        self._path = one_file(options.path, context, "duckdb")

    def fingerprint(self) -> tuple[tuple[str, int, int], ...] | None:
        """(path, size, modified) of the database and of its log, where it has one."""
        return files.fingerprint(with_logs(self._path, (".wal",)))

    def schema(self) -> Schema:
        """The columns of the table. Raises SourceError."""
        with closing(duck.connect()) as connection:
            return self._origin(connection, self._find(connection)).schema()

    def relation(self, connection: DuckDBPyConnection, request: ScanRequest) -> str:
        """A view with the requested columns; of a view in the database, a temporary table. Raises SourceError."""
        found = self._find(connection)
        if not found.is_view:
            return project.relation(connection, self._origin(connection, found), request)
        # The names inside a view are looked up when it is read, and would find other sources' tables in
        # this connection.
        duck.whole()  # the compiled module alone reads no Arrow
        with closing(duck.connect()) as apart:
            origin = self._origin(apart, self._find(apart))
            project.require(origin, request)
            names = dict.fromkeys(column.name for column in request.columns)
            wanted = ", ".join(f"{origin.fields[name].sql} AS {identifier(name)}" for name in names)
            stream = duck.fresh_name("view")
            with project.reading(origin.label):
                if self._context.untrusted:
                    duck.restrict(apart, self._own_files)
                rows = apart.sql(f"SELECT {wanted or 'true AS present'} FROM {origin.source}")
                connection.register(stream, Stream(rows, origin.label))
                fields = project.fields_of(connection, identifier(stream))
            try:
                copied = Origin(identifier(stream), fields, origin.label, "duckdb", origin.place)
                return project.table(connection, copied, request)
            finally:
                connection.unregister(stream)

    @property
    def _name(self) -> str:
        return files.shown(self._path, self._context)

    @property
    def _own_files(self) -> list[str]:
        return [str(self._path), f"{self._path}.wal"]

    def _find(self, connection: DuckDBPyConnection) -> _Table:
        # One database may serve several sources, and DuckDB attaches a file once.
        database = "kpidsl_" + sha256(str(self._path.resolve()).encode()).hexdigest()[:16]
        attach = f"ATTACH IF NOT EXISTS {literal(str(self._path))} AS {identifier(database)} (TYPE duckdb, READ_ONLY)"
        with project.reading(self._name, "is it a DuckDB database that no other program has open for writing?"):
            connection.execute(attach)
            found = connection.execute(
                "SELECT schema_name, table_name, false FROM duckdb_tables() "
                "WHERE database_name = $name AND NOT internal UNION ALL "
                "SELECT schema_name, view_name, true FROM duckdb_views() "
                "WHERE database_name = $name AND NOT internal",
                {"name": database},
            ).fetchall()
        views = {(str(row[0]), str(row[1])): bool(row[2]) for row in found}
        schema, table = self._pick(list(views), self._name)
        return _Table(".".join(identifier(part) for part in (database, schema, table)), views[schema, table])

    def _origin(self, connection: DuckDBPyConnection, found: _Table) -> Origin:
        label = f"{self._name}, table {self._options.table}"
        with project.reading(label):
            fields = project.fields_of(connection, found.source)
        return Origin(found.source, fields, label, "duckdb", lambda number: f"{label}, row {number}")

    def _pick(self, tables: list[tuple[str, str]], name: str) -> tuple[str, str]:
        wanted = self._options.table
        hits = [(schema, table) for schema, table in tables if wanted in (table, f"{schema}.{table}")]
        hits = hits or [
            (schema, table)
            for schema, table in tables
            if wanted.casefold() in (table.casefold(), f"{schema}.{table}".casefold())
        ]
        if len(hits) > 1:
            hits = [hit for hit in hits if hit[0] == "main"] or hits
        if len(hits) > 1:
            listed = " and ".join(f"`{schema}.{table}`" for schema, table in hits)
            raise SourceError(
                f"{name} has {listed}", code="K0608", hint=f'say which: `table: "{hits[0][0]}.{hits[0][1]}"`'
            )
        if not hits:
            raise missing_table(
                name, wanted, [table if schema == "main" else f"{schema}.{table}" for schema, table in tables]
            )
        return hits[0]


def one_file(path: str, context: Context, provider: str) -> Path:
    """The one file a path names. Raises SourceError K0601, K0602, K0606, K0607."""
    found = files.expand((path,), context, provider)
    if len(found) != 1:
        raise SourceError(
            f"{path} matches {len(found)} files, and `{provider}` takes one database",
            code="K0601",
            hint="name one of them",
        )
    try:
        size = found[0].stat().st_size
    except OSError as error:
        raise files.cannot_read(files.shown(found[0], context), error) from error
    if size == 0:
        raise SourceError(
            f"{files.shown(found[0], context)} is empty", code="K0606", hint="it is no database; is the file complete?"
        )
    return found[0]


def with_logs(path: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """A database file with its journals, where they exist."""
    logs = (path.with_name(path.name + suffix) for suffix in suffixes)
    return [path, *(log for log in logs if log.exists())]


def missing_table(name: str, wanted: str, tables: list[str]) -> SourceError:
    """K0608, with the table that was probably meant or those that there are."""
    near = closest(wanted, tables)
    listed = ", ".join(sorted(tables)[:20]) or "no tables"
    hint = f"did you mean `{near}`? It has {listed}" if near else f"it has {listed}"
    return SourceError(f"{name} has no table `{wanted}`", code="K0608", hint=hint)
