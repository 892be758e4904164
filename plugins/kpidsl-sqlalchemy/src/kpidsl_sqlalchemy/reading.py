"""A table of a database that SQLAlchemy reaches: its columns, and its rows in batches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError

from kpidsl.diagnostics import SourceError, did_you_mean
from kpidsl.hookspecs import ColumnRequest, Context, ScanRequest
from kpidsl.semantic.types import Column as SchemaColumn
from kpidsl.semantic.types import DataType, Schema
from kpidsl_sqlalchemy import SqlConnection, SqlOptions, faults
from kpidsl_sqlalchemy.backend import Backend, names
from kpidsl_sqlalchemy.fields import Column, Field, table_of
from kpidsl_sqlalchemy.mysql import MySql
from kpidsl_sqlalchemy.sqlite import Sqlite

BATCH: Final = 20_000
"""Rows that are Python's objects at a time."""
_BACKENDS: Final[dict[str, type[Backend]]] = {"mysql": MySql, "mariadb": MySql, "sqlite": Sqlite}


class SqlTable:
    """A table or view. Every call has a connection of its own, so that threads share nothing."""

    def __init__(self, options: SqlOptions, context: Context) -> None:
        self._options = options
        self._context = context
        shown = f"{options.schema}.{options.table}" if options.schema is not None else options.table
        self._label = f"table `{shown}` of the connection `{context.connection_name}`"

    def fingerprint(self) -> None:
        """Nothing tells whether a table is still the same."""
        return

    def schema(self) -> Schema:
        """The columns; those of types that kpidsl does not know are OTHER. Raises SourceError."""
        backend = self._backend()
        with self._session(backend) as connection:
            return self._schema(self._fields(backend, connection))

    @staticmethod
    def _schema(fields: tuple[Field, ...]) -> Schema:
        return Schema(tuple(SchemaColumn(one.name, one.kind) for one in fields))

    def scan(self, request: ScanRequest) -> pa.Table:
        """The rows. They come in batches from a cursor of the server, and all are there before it returns: a connection
        lost half-way is then an error of the source, and can be tried again. Raises SourceError.
        """
        backend = self._backend()
        with self._session(backend) as connection:
            fields = {one.name: one for one in self._fields(backend, connection)}
            wanted = [backend.as_asked(self._wanted(one, fields), one) for one in request.columns]
            query = sa.select(*[backend.picked(one) for one in wanted] or [sa.literal(1).label("present")])
            query = query.select_from(sa.table(self._options.table, schema=self._options.schema))
            condition = backend.in_time(request, fields)
            if condition is not None:
                query = query.where(condition)
            columns = [Column(one, self._label) for one in wanted] or [
                Column(Field("present", DataType.INTEGER), self._label)
            ]
            for rows in connection.execution_options(yield_per=BATCH).execute(query).partitions():
                for column, values in zip(columns, zip(*rows, strict=True), strict=True):
                    column.add(values)
        return table_of(columns)

    def _wanted(self, request: ColumnRequest, fields: dict[str, Field]) -> Field:
        field = fields.get(request.name)
        if field is None:
            hint = did_you_mean(request.name, tuple(fields)) or f"it has {names(tuple(fields.values()))}"
            raise SourceError(f"{self._label} has no column `{request.name}`", code="K0605", hint=hint)
        if field.kind is DataType.OTHER:
            declared = f", {field.declared.lower()}," if field.declared else ""
            raise SourceError(
                f"column `{request.name}` of {self._label} is of a type{declared} that kpidsl does not read",
                code="K0604",
                hint="make a view that turns it into a text or a number",
            )
        return field

    def _fields(self, backend: Backend, connection: sa.Connection) -> tuple[Field, ...]:
        table, schema = self._options.table, self._options.schema
        found = backend.fields(connection, table, schema)
        if not found:
            # The database itself says best what is in the way of a table, or of a view that cannot be computed.
            connection.execute(sa.select(sa.text("*")).select_from(sa.table(table, schema=schema)).limit(0))
            raise faults.missing_table(self._label)
        return found

    def _backend(self) -> Backend:
        connection: SqlConnection = self._context.connection
        name = str(self._context.connection_name)
        try:
            url = sa.make_url(connection.url)
        except (ArgumentError, ValueError) as error:
            raise SourceError(
                f"the connection `{name}`: SQLAlchemy cannot read its `url`",
                code="K0600",
                hint="write it as mariadb://db.example.org:3306/shop",
            ) from error
        if connection.user is not None:
            url = url.set(username=connection.user)
        if connection.password is not None:
            url = url.set(password=connection.password.reveal())
        if url.drivername in ("mysql", "mariadb"):
            url = url.set(drivername=f"{url.drivername}+pymysql")
        return _BACKENDS.get(url.get_backend_name(), Backend)(url, self._context)

    @contextmanager
    def _session(self, backend: Backend) -> Iterator[sa.Connection]:
        engine = backend.engine()
        try:
            connection = engine.connect()
        except DBAPIError as error:
            raise faults.unreachable(error, backend.place) from error
        try:
            with connection:
                backend.begin(connection)
                yield connection
        except DBAPIError as error:
            raise faults.failed(error, self._label, self._context.limits.timeout) from error
