"""A table of PostgreSQL: its columns, and its rows through ADBC, in a session that can change nothing."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from adbc_driver_manager import Error

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import Context, ScanRequest
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl_postgres import PostgresConnection, PostgresOptions, faults, statement
from kpidsl_postgres.session import Session, connect

_TYPES: Final = {
    "int2": DataType.INTEGER, "int4": DataType.INTEGER, "int8": DataType.INTEGER,
    "numeric": DataType.DECIMAL, "float4": DataType.FLOAT, "float8": DataType.FLOAT,
    "text": DataType.TEXT, "varchar": DataType.TEXT, "bpchar": DataType.TEXT, "name": DataType.TEXT,
    "uuid": DataType.TEXT, "bool": DataType.BOOLEAN,
    "date": DataType.DATE, "timestamp": DataType.TIMESTAMP, "timestamptz": DataType.INSTANT,
}  # fmt: skip
_MOST_DIGITS: Final = 38


class PostgresTable:
    """A table or view. Its rows are read by a connection of their own, so that threads share nothing; queries have
    one that lasts as long as the run.
    """

    dialect = "postgres"

    def __init__(self, options: PostgresOptions, context: Context) -> None:
        self._options = options
        self._context = context
        self._connection: PostgresConnection = context.connection
        shown = f"{options.schema}.{options.table}" if options.schema is not None else options.table
        self._label = f"table `{shown}` of the connection `{context.connection_name}`"
        self._queries = Session(context, f"the connection `{context.connection_name}`")
        self._known: pa.Schema | None = None

    def fingerprint(self) -> None:
        """Nothing tells whether a table is still the same."""
        return

    def schema(self) -> Schema:
        """The columns; those of types that kpidsl does not know are OTHER. Raises SourceError."""
        with self._session() as cursor:
            fields = self._known = self._fields(cursor)
        return Schema(tuple(Column(field.name, _kind(field)) for field in fields))

    def scan(self, request: ScanRequest) -> pa.Table:
        """The rows, all of them read before it returns: a connection lost half-way is then an error of the source,
        and can be tried again. Raises SourceError.
        """
        with self._session() as cursor:
            fields = {field.name: field for field in self._fields(cursor)}
            types = {name: _kind(field) for name, field in fields.items()}
            for column in request.columns:
                self._check(column.name, types)
            options = self._options
            cursor.execute(statement.rows(options.table, options.schema, request, types, self._context.timezone))
            found: pa.Table = cursor.fetch_arrow_table()
        for place, column in enumerate(request.columns):
            if types[column.name] is DataType.DECIMAL:
                numbers = self._decimals(found.column(place), fields[column.name])
                found = found.set_column(place, column.name, numbers)
        return found

    # ------------------------------------------------------------ queries at the server
    @property
    def engine(self) -> Hashable:
        return ("postgres", self._connection)

    def table(self, request: ScanRequest) -> str:
        """The table as a sub-select with the requested columns. Raises SourceError."""
        if self._known is None:
            self.schema()
        assert self._known is not None
        types = {field.name: _kind(field) for field in self._known}
        for column in request.columns:
            self._check(column.name, types)
        return statement.asked(self._options.table, self._options.schema, request, types)

    def query(self, sql: str) -> pa.Table:
        """The rows of a SELECT, seen as they were at the run's first query. Raises SourceError."""
        found = self._queries.query(sql)
        for place, field in enumerate(found.schema):
            if _told(field) == "numeric":
                texts = found.column(place).cast(pa.string())
                numbers = self._decimals(texts, pa.field(field.name, pa.string()))
                found = found.set_column(place, field.name, numbers)
        return found

    def cancel(self) -> None:
        self._queries.cancel()

    def close(self) -> None:
        self._queries.close()

    # ------------------------------------------------------------
    def _check(self, name: str, types: dict[str, DataType]) -> None:
        if name not in types:
            there = ", ".join(f"`{one}`" for one in types)
            raise SourceError(f"{self._label} has no column `{name}`", code="K0605", hint=f"it has {there}")
        if types[name] is DataType.OTHER:
            raise SourceError(
                f"column `{name}` of {self._label} is of a type that kpidsl does not read",
                code="K0604",
                hint="make a view that turns it into a text or a number",
            )

    def _fields(self, cursor: Any) -> pa.Schema:
        cursor.execute(statement.everything(self._options.table, self._options.schema))
        return cursor.fetch_arrow_table().schema

    def _decimals(self, texts: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
        """Exact numbers of texts, with the scale of the column; where it has none, the longest that is there."""
        declared = _declared(field)
        try:
            return texts.cast(pa.decimal128(*declared or (_MOST_DIGITS, _scale(texts))))
        except pa.ArrowInvalid as error:
            odd = pc.any(pc.match_substring_regex(texts, "^-?(NaN|Infinity)$")).as_py()
            if odd:
                raise SourceError(
                    f"column `{field.name}` of {self._label} holds NaN or Infinity, which is no decimal",
                    code="K0604",
                    hint="make a view that has NULL in its place, or that turns the column into double precision",
                ) from error
            raise SourceError(
                f"column `{field.name}` of {self._label} has a number of more than {_MOST_DIGITS} digits",
                code="K0610",
                hint="make a view that rounds it, or that turns the column into double precision",
            ) from error

    @contextmanager
    def _session(self) -> Iterator[Any]:
        connection = connect(self._context)
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        except Error as error:
            raise faults.failed(error, self._label, self._context.limits.timeout) from error


def _kind(field: pa.Field) -> DataType:
    other = DataType.TEXT if field.type == pa.string() else DataType.OTHER  # enumerations, domains over text
    return _TYPES.get(_told(field), other)


def _told(field: pa.Field) -> str:
    """What PostgreSQL calls the type of a column."""
    found: str = (field.metadata or {}).get(b"POSTGRESQL:type", b"").decode().strip("'")
    return found


def _declared(field: pa.Field) -> tuple[int, int] | None:
    """(digits, digits behind the point) of a numeric column; None where it does not say, or Arrow cannot hold it.

    The modifier is ((digits << 16) | (scale & 0x7ff)) + 4 (PostgreSQL, `numeric.c`).
    """
    modifier = int((field.metadata or {}).get(b"POSTGRESQL:typmod", b"-1").decode().strip("'"))
    if modifier < 4:
        return None
    digits, scale = (modifier - 4) >> 16, ((modifier - 4) & 0x7FF ^ 0x400) - 0x400
    return (digits, scale) if 0 <= scale <= digits <= _MOST_DIGITS else None


def _scale(texts: pa.ChunkedArray) -> int:
    """The most digits behind the point; no more than can be held."""
    behind = pc.utf8_length(pc.replace_substring_regex(texts, r"^[^.]*\.?", ""))
    return min(pc.max(behind).as_py() or 0, _MOST_DIGITS)
