"""The provider `sqlite`: a table or view of an SQLite database, read through Python's own module.

DuckDB has an extension for this, which cannot be fetched everywhere; kpidsl downloads nothing. Rows pass through
`rows.load`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from kpidsl.diagnostics import SourceError
from kpidsl.engine.duck import identifier
from kpidsl.hookspecs import ColumnRequest, Context, ScanRequest
from kpidsl.records import dataclass
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl.sources import files, project, rows
from kpidsl.sources.duckdb_files import missing_table, one_file, with_logs
from kpidsl.sources.names import missing_column
from kpidsl.sources.numerals import EXAMPLES
from kpidsl.sources.project import Field, Origin
from kpidsl.sources.provider_options import DatabaseOptions

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

_STORED: Final[Mapping[DataType, tuple[str, ...]]] = {
    DataType.INTEGER: ("integer",),
    DataType.FLOAT: ("integer", "real"),
    DataType.TEXT: ("text",),
    DataType.DECIMAL: ("integer", "real", "text"),
    DataType.BOOLEAN: ("integer", "text"),
    DataType.DATE: ("text",),
    DataType.TIMESTAMP: ("text",),
    DataType.INSTANT: ("text",),
}
"""How values of a type may be stored: SQLite keeps what it is given, whatever the column says."""
_MAGIC: Final = b"SQLite format 3\0"
_DUCK: Final[Mapping[DataType, str]] = {DataType.INTEGER: "BIGINT", DataType.FLOAT: "DOUBLE"}


@dataclass(frozen=True, slots=True)
class _Table:
    """A table's name as the database writes it, its columns' types (`untyped`: by what they hold; `blank` ones hold
    nothing), its rowids.
    """

    name: str
    types: Mapping[str, DataType]
    untyped: frozenset[str]
    blank: frozenset[str]
    has_rowid: bool


class SqliteDataset:
    """A table or view of an SQLite database."""

    def __init__(self, options: DatabaseOptions, context: Context) -> None:
        self._options = options
        self._path = one_file(options.path, context, "sqlite")
        self._name = files.shown(self._path, context)
        self._label = f"{self._name}, table {options.table}"

    def fingerprint(self) -> tuple[tuple[str, int, int], ...] | None:
        """(path, size, modified) of the database and of its journals."""
        return files.fingerprint(with_logs(self._path, ("-wal", "-journal")))

    def schema(self) -> Schema:
        """The columns by their declared types; a column declared without one is what it holds. Raises SourceError."""
        with self._connected() as database:
            table = self._table(database)
            return Schema(tuple(Column(name, kind, name in table.blank) for name, kind in table.types.items()))

    def relation(self, connection: DuckDBPyConnection, request: ScanRequest) -> str:
        """A temporary table with the requested columns. Raises SourceError; K0604 names the row's rowid."""
        with self._connected() as database:
            table = self._table(database)
            for column in request.columns:
                if column.name not in table.types:
                    raise missing_column(column.name, tuple(table.types), self._label)
                if table.types[column.name] is DataType.OTHER:
                    hint = "make a view that turns it into a text or a number"
                    raise SourceError(f"column `{column.name}` of {self._label} holds blobs", code="K0604", hint=hint)
            fields = {
                column.name: Field(identifier(column.name), self._sql_type(table, column)) for column in request.columns
            }
            self._check_storage(database, table, request)
            wanted = [identifier(column.name) for column in request.columns]

            def stream(null: str) -> Iterable[Sequence[object]]:
                picked = ", ".join(f"ifnull({column}, ?1)" for column in wanted) or "1"
                return database.execute(f"SELECT {picked} FROM {identifier(table.name)}", (null,) if wanted else ())

            columns = [(name, field.sql_type) for name, field in fields.items()] or [("present", "BIGINT")]
            with project.reading(self._label):
                raw = rows.load(connection, columns, stream)
            implied = {name: table.types[name] for name, field in fields.items() if field.sql_type == "VARCHAR"}
            origin = Origin(
                identifier(raw),
                fields,
                self._label,
                "sqlite",
                lambda number: self._place(database, table, number),
                implied,
            )
            try:
                return project.table(connection, origin, _as_declared(request, implied))
            finally:
                connection.execute(f"DROP TABLE IF EXISTS {identifier(raw)}")

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(f"file:{quote(str(self._path))}?mode=ro", uri=True, timeout=10)) as database:
                check_whole(database, self._path, self._name)
                yield database
        except sqlite3.Error as error:
            if "decode" in str(error).lower():
                raise SourceError(
                    f"{self._label} holds a text that is not UTF-8: {error}",
                    code="K0603",
                    hint="mend the text in the database",
                ) from error
            hint = "is it an SQLite database that no other program is writing to?"
            raise SourceError(f"{self._name} cannot be read: {error}", code="K0602", hint=hint) from error

    def _table(self, database: sqlite3.Connection) -> _Table:
        names = [
            str(row[0])
            for row in database.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*'"
            )
        ]
        wanted = self._options.table.removeprefix("main.")
        name = wanted if wanted in names else next((one for one in names if one.casefold() == wanted.casefold()), None)
        if name is None:
            raise missing_table(self._name, wanted, names)
        columns = [
            (str(row[1]), str(row[2] or ""))
            for row in database.execute(f"PRAGMA table_xinfo({identifier(name)})")
            if row[6] != 1
        ]
        types = {column: declared_type(declared) for column, declared in columns}
        untyped = [column for column, kind in types.items() if kind is None]
        known = {column: kind for column, kind in types.items() if kind is not None}
        blank: frozenset[str] = frozenset()
        if untyped:
            picked = ", ".join(f"group_concat(DISTINCT typeof({identifier(column)}))" for column in untyped)
            row = database.execute(f"SELECT {picked} FROM {identifier(name)}").fetchone()
            known |= {column: _held_type(str(held or "")) for column, held in zip(untyped, row, strict=True)}
            blank = frozenset(column for column, held in zip(untyped, row, strict=True) if held in (None, "null"))
        try:
            found = database.execute(f"SELECT rowid FROM {identifier(name)} LIMIT 1").fetchall()
            has_rowid = found != [(None,)] and not any(column.casefold() == "rowid" for column in types)  # a view's
        except sqlite3.OperationalError:
            has_rowid = False
        return _Table(name, {column: known[column] for column in types}, frozenset(untyped), blank, has_rowid)

    def _sql_type(self, table: _Table, column: ColumnRequest) -> str:
        native = table.types[column.name]
        return _DUCK.get(native, "VARCHAR") if column.as_type in (None, native) and column.format is None else "VARCHAR"

    def _check_storage(self, database: sqlite3.Connection, table: _Table, request: ScanRequest) -> None:
        """Raise K0604 for the first value that is stored as something else than its column says."""
        for column in request.columns:
            native = table.types[column.name]
            declared = column.as_type in (None, native) and column.format is None and column.name not in table.untyped
            stored = _STORED[native] if declared else ("integer", "real", "text")
            x = identifier(column.name)
            allowed = ", ".join(f"'{one}'" for one in ("null", *stored))
            rowid = "rowid" if table.has_rowid else "NULL"
            found = database.execute(
                f"SELECT {rowid}, typeof({x}), {x} FROM {identifier(table.name)} "
                f"WHERE typeof({x}) NOT IN ({allowed}) LIMIT 1"
            ).fetchone()
            if found is not None:
                place = f"{self._label}, rowid {found[0]}" if found[0] is not None else self._label
                text = "a blob" if found[1] == "blob" else f'"{found[2]}"'
                what = f"not {EXAMPLES.get(native, 'a text')}, which the column is declared to hold"
                raise SourceError(
                    f"{place}: {text} in column `{column.name}` is {what}",
                    code="K0604",
                    hint=f"mend the row, or take the column as text: `column {column.name}: text`",
                )

    def _place(self, database: sqlite3.Connection, table: _Table, number: int) -> str:
        if table.has_rowid:
            found = database.execute(
                f"SELECT rowid FROM {identifier(table.name)} LIMIT 1 OFFSET ?", (number - 1,)
            ).fetchone()
            return f"{self._label}, rowid {found[0]}"
        return f"{self._label}, row {number}"


def check_whole(database: sqlite3.Connection, path: Path, name: str) -> None:
    """Raise SourceError where a file ends within a page: SQLite takes the rest for zeros, and numbers in it for 0 or
    NULL. One that ends between two pages it refuses itself.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return  # no database at all, which SQLite says itself
    (page,) = database.execute("PRAGMA page_size").fetchone()
    if path.stat().st_size % page:
        raise SourceError(
            f"{name} cannot be read: it ends in the middle of a page",
            code="K0602",
            hint="it was copied in part: copy it again",
        )


def declared_type(declared: str) -> DataType | None:
    """The type of a column by its declaration (sqlite.org/datatype3.html, section 3.1, and the words people use
    besides); None without one.
    """
    words = declared.upper()
    for marks, kind in (
        (("BOOL",), DataType.BOOLEAN),
        (("TIMESTAMPTZ", "WITH TIME ZONE"), DataType.INSTANT),
        (("DATETIME", "TIMESTAMP"), DataType.TIMESTAMP),
        (("DATE",), DataType.DATE),
        (("INT",), DataType.INTEGER),
        (("CHAR", "CLOB", "TEXT", "STRING", "UUID"), DataType.TEXT),
        (("BLOB",), DataType.OTHER),
        (("REAL", "FLOA", "DOUB"), DataType.FLOAT),
        (("DEC", "NUM", "MONEY"), DataType.DECIMAL),
    ):
        if any(mark in words for mark in marks):
            return kind
    return None


def _held_type(held: str) -> DataType:
    kinds = set(held.split(",")) - {"null", ""}
    if "blob" in kinds:
        return DataType.OTHER
    if kinds == {"integer"}:
        return DataType.INTEGER
    return DataType.FLOAT if kinds and kinds <= {"integer", "real"} else DataType.TEXT


def _as_declared(request: ScanRequest, implied: Mapping[str, DataType]) -> ScanRequest:
    """The request with the database's own types where the spec has none: they are declarations, and read as
    leniently.
    """
    columns = tuple(
        ColumnRequest(column.name, column.as_type or implied.get(column.name), column.format)
        for column in request.columns
    )
    return ScanRequest(columns, request.time_column, request.start, request.end)
