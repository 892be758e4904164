"""What differs between databases, as one class each; this one holds for all that SQLAlchemy reaches."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.pool import NullPool
from sqlglot import exp

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ColumnRequest, Context, Limits, ScanRequest
from kpidsl.semantic.types import DataType
from kpidsl_sqlalchemy import SqlConnection, faults
from kpidsl_sqlalchemy.fields import Field

_KINDS: tuple[tuple[type[Any], DataType], ...] = (
    (sa.Boolean, DataType.BOOLEAN),
    (sa.Integer, DataType.INTEGER),
    (sa.Float, DataType.FLOAT),
    (sa.Numeric, DataType.DECIMAL),
    (sa.Uuid, DataType.TEXT),
    (sa.String, DataType.TEXT),
    (sa.Date, DataType.DATE),
)
Selected = sa.ColumnElement[Any]


class Backend:
    """A database: how it is connected to, what its columns are, and how they are asked for.

    What SQLAlchemy knows of a dialect is all that is used here: the transaction is read-only where SQLAlchemy can make
    it so, and only kpidsl itself stops what takes too long.
    """

    def __init__(self, url: sa.URL, context: Context) -> None:
        connection: SqlConnection = context.connection
        self.url = url
        self.name = str(context.connection_name)
        self.limits: Limits = context.limits
        self.settings = connection
        self.folder: Path = context.connection_folder or context.root
        self.timezone = context.timezone

    # ------------------------------------------------------------ connecting
    @property
    def place(self) -> str:
        """Where it is, for messages."""
        host = f"{self.url.host}:{self.url.port}" if self.url.port else self.url.host
        return f"{host or self.url.database} (connection `{self.name}`)"

    def engine(self) -> sa.Engine:
        """Connects when it is first used, every time anew. Raises SourceError for a driver that is not there."""
        try:
            engine = sa.create_engine(
                self.url,
                poolclass=NullPool,
                pool_reset_on_return=None,  # a connection is closed, not given back
                connect_args=self.arguments(),
                hide_parameters=True,
                **self.options(),
            )
        except (ImportError, sa.exc.NoSuchModuleError) as error:
            raise faults.no_driver(error, self.url, self.name) from error
        if engine.dialect.is_async:
            raise SourceError(
                f"the connection `{self.name}`: `{self.url.drivername}` is an asynchronous driver",
                code="K0600",
                hint="name another one in `url`, such as mariadb+pymysql or postgresql+psycopg",
            )
        return engine

    def options(self) -> dict[str, Any]:
        """What `create_engine` gets besides."""
        return {}

    def arguments(self) -> dict[str, Any]:
        """What the driver gets besides the URL. Raises SourceError for a setting that it would not understand."""
        one = self.settings
        given = [name for name in ("sslmode", "sslrootcert", "sslcert", "sslkey") if getattr(one, name) is not None]
        if given:
            raise SourceError(
                f"the connection `{self.name}`: `{given[0]}` is not for `{self.url.drivername}`",
                code="K0600",
                hint="write what its driver understands behind `?` in `url`",
            )
        return {}

    def begin(self, connection: sa.Connection) -> None:
        """Make the session one that can change nothing."""
        if connection.dialect.name == "postgresql":
            connection.execution_options(postgresql_readonly=True)

    # ------------------------------------------------------------ columns
    def fields(self, connection: sa.Connection, table: str, schema: str | None) -> tuple[Field, ...]:
        """The columns of a table or view; none where it is not there."""
        try:
            found = sa.inspect(connection).get_columns(table, schema)
        except NoSuchTableError:
            return ()
        return tuple(_field(one["name"], one["type"]) for one in found)

    def picked(self, field: Field) -> Selected:
        """What is asked for to have a column's values."""
        kind = field.kind
        if kind is DataType.DECIMAL:
            return sa.column(field.name, sa.Numeric(asdecimal=True))
        if kind is DataType.FLOAT:
            return sa.column(field.name, sa.Float())
        return sa.column(field.name, _SQL[kind])

    def in_time(self, request: ScanRequest, fields: dict[str, Field]) -> Selected | None:
        """The rows in the time range, and those without a time. A civil bound is a day wider than asked: the hour that
        occurs twice is for the engine, which looks again.
        """
        field = fields.get(request.time_column or "")
        wanted = next((one.as_type for one in request.columns if one.name == request.time_column), None)
        if field is None or not field.kind.is_time or wanted not in (None, field.kind):
            return None
        column = sa.column(field.name, _SQL[field.kind])
        parts: list[Selected] = []
        if request.start is not None:
            parts.append(column >= self.bound(request.start, -1, field.kind))
        if request.end is not None:
            parts.append(column < self.bound(request.end, 1, field.kind))
        return sa.or_(sa.and_(*parts), column.is_(None)) if parts else None

    def bound(self, moment: datetime, wider: int, kind: DataType) -> object:
        """A bound of a time range as a value that is compared with a column of a kind."""
        if kind is DataType.INSTANT:
            return moment
        civil = moment.astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None) + timedelta(days=wider)
        return civil.date() if kind is DataType.DATE else civil

    def as_asked(self, field: Field, request: ColumnRequest) -> Field:  # noqa: ARG002 — for databases that need it
        """The column as it is to be read for a request."""
        return field

    # ------------------------------------------------------------ seconds
    @property
    def seconds(self) -> int:
        """How long a statement may take: whole seconds, one at least."""
        return max(1, math.ceil(self.limits.timeout))


_SQL: dict[DataType, sa.types.TypeEngine[Any]] = {
    DataType.INTEGER: sa.BigInteger(),
    DataType.TEXT: sa.types.NullType(),
    DataType.BOOLEAN: sa.Boolean(),
    DataType.DATE: sa.Date(),
    DataType.TIMESTAMP: sa.DateTime(),
    DataType.INSTANT: sa.DateTime(timezone=True),
}


class Asked(Backend, ABC):
    """A database that is asked for what its rows count."""

    dialect: ClassVar[str]
    """sqlglot's name of it."""

    @abstractmethod
    def asked(self, field: Field) -> exp.Expr:
        """A column in the table that is asked: its values as `scan` would give them, texts by their code points."""

    def kept_apart(self, query: exp.Select) -> exp.Select:
        """The columns of a table as a query, in whose place the database may not compute them again and again."""
        return query

    @abstractmethod
    def doubtful(self, field: Field) -> Selected | None:
        """Which of a column's values are none of its kind; None where they all are."""

    @abstractmethod
    def begin_asking(self, connection: sa.Connection) -> None:
        """What the session needs besides, for queries."""

    @abstractmethod
    def warned(self, cursor: Any) -> str | None:
        """What the database says of the query just answered, beside its answer."""

    @abstractmethod
    def handle(self, connection: Any) -> Any:
        """By what a running query can be stopped."""

    @abstractmethod
    def stop(self, running: Any) -> None:
        """Stop a running query; called in another thread."""


def _field(name: str, kind: sa.types.TypeEngine[Any]) -> Field:
    if isinstance(kind, sa.DateTime):
        found = DataType.INSTANT if kind.timezone else DataType.TIMESTAMP
    else:
        found = next((ours for theirs, ours in _KINDS if isinstance(kind, theirs)), DataType.OTHER)
    digits = None
    if found is DataType.DECIMAL and isinstance(kind, sa.Numeric) and kind.precision is not None:
        digits = (kind.precision, kind.scale or 0)
    return Field(name, found, str(kind.__class__.__name__), digits)


def names(fields: Sequence[Field]) -> str:
    return ", ".join(f"`{one.name}`" for one in fields)
