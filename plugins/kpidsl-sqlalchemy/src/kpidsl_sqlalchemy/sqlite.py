"""SQLite: a file, opened so that it cannot be written to."""

from __future__ import annotations

import sqlite3
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlglot import exp

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ScanRequest
from kpidsl.semantic.types import DataType
from kpidsl.sources.sqlite_files import check_whole, declared_type
from kpidsl.sql.dialects.sqlite_functions import micros, register
from kpidsl_sqlalchemy.backend import Asked, Selected
from kpidsl_sqlalchemy.fields import Field

_STEPS = 100_000
"""Of SQLite's machine between two looks at the clock: some milliseconds."""
_ISO = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*"


class Sqlite(Asked):
    """SQLite keeps what it is given, whatever the column says: each value is looked at. Its times are texts."""

    dialect = "sqlite"

    @property
    def place(self) -> str:
        return f"{self.url.database} (connection `{self.name}`)"

    @property
    def file(self) -> Path:
        """The database. Raises SourceError where it is no file."""
        if not self.url.database or self.url.database == ":memory:":
            raise SourceError(
                f"the connection `{self.name}` names no file",
                code="K0601",
                hint='write `url = "sqlite:///shop.db"`; four slashes begin a whole path',
            )
        found = self.folder / Path(self.url.database).expanduser()
        if not found.is_file():
            raise SourceError(
                f"there is no file {self.url.database} (connection `{self.name}`)",
                code="K0601",
                hint="a path in `url` starts at kpidsl.toml; four slashes begin a whole path: sqlite:////srv/shop.db",
            )
        return found

    def options(self) -> dict[str, Any]:
        file = self.file
        address = f"file:{quote(str(file))}?mode=ro"
        wait = self.limits.connect_timeout

        def connected() -> sqlite3.Connection:
            one = sqlite3.connect(address, uri=True, timeout=wait, check_same_thread=False, isolation_level=None)
            self._limited(one)
            one.create_function("kpidsl_micros", 1, micros, deterministic=True)
            return one

        return {"creator": connected}

    def _limited(self, connection: sqlite3.Connection) -> None:
        """Have what a connection does from now on end in time."""
        end = time.monotonic() + self.limits.timeout
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)

    def begin(self, connection: sa.Connection) -> None:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        check_whole(raw, self.file, self.place)
        connection.exec_driver_sql("PRAGMA query_only = on")
        connection.exec_driver_sql("BEGIN")  # one state for all that is read

    def fields(self, connection: sa.Connection, table: str, schema: str | None) -> tuple[Field, ...]:
        c = sa.func.pragma_table_xinfo(table, schema or "main").table_valued("name", "type", "hidden")
        query = sa.select(c.c.name, c.c.type).where(c.c.hidden != 1)
        return tuple(
            Field(name, DataType.TEXT if (kind := declared_type(declared or "")) is None else kind, declared or "")
            for name, declared in connection.execute(query)
        )

    def picked(self, field: Field) -> Selected:
        return sa.column(field.name)

    def in_time(self, request: ScanRequest, fields: dict[str, Field]) -> Selected | None:
        """Days written as ISO 8601 sort as texts; what is not written so is kept, and told when it is read."""
        found = super().in_time(request, fields)
        if found is None:
            return None
        return sa.or_(found, sa.not_(sa.column(request.time_column or "").op("GLOB")(_ISO)))

    def bound(self, moment: datetime, wider: int, kind: DataType) -> object:  # noqa: ARG002 — texts all
        """A day, one wider than asked: the rest of the text has many forms, and an offset moves it by hours."""
        civil = super().bound(moment, wider, DataType.DATE)
        return sa.literal(str(civil), sa.String())

    # ------------------------------------------------------------ queries
    def begin_asking(self, connection: sa.Connection) -> None:
        """Functions that the dialect calls; each query has the time limit for itself."""
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        register(raw)

    def asked(self, field: Field) -> exp.Expr:
        """Names are qualified: one that is not there would otherwise be taken for a text."""
        column = exp.column(exp.to_identifier(field.name, quoted=True), table="q", quoted=True)
        match field.kind:
            case DataType.TEXT:
                return exp.Collate(this=column, expression=exp.var("BINARY"))
            case DataType.FLOAT:
                return exp.cast(column, "REAL", dialect="sqlite")
            case DataType.BOOLEAN:
                yes, no = (
                    exp.In(this=column.copy(), expressions=[_one(n), exp.Literal.string(text)])
                    for n, text in ((1, "true"), (0, "false"))
                )
                return exp.Case().when(yes, _one(1)).when(no, _one(0))
            case DataType.DATE:
                return _call("SUBSTR", column, _one(1), _one(10))
            case DataType.TIMESTAMP:
                return _civil(column)
            case DataType.INSTANT:
                return _call("kpidsl_micros", column)
            case _:
                return column

    def kept_apart(self, query: exp.Select) -> exp.Select:
        """With a limit SQLite does not put a time's expression into each of a hundred comparisons."""
        return query.limit(exp.Neg(this=_one(1)))

    def doubtful(self, field: Field) -> Selected | None:
        """What is stored as something else than its column says, or written in an unusual way."""
        column: Selected = sa.column(field.name)
        stored = _STORED.get(field.kind)
        if stored is None:
            return None
        odd: Selected = sa.func.typeof(column).not_in((*stored, "null"))
        if field.kind is DataType.BOOLEAN:
            odd = sa.or_(odd, column.not_in((0, 1)))
        elif field.kind in (DataType.DATE, DataType.TIMESTAMP):
            day = sa.func.substr(column, 1, 10)
            lengths = (10,) if field.kind is DataType.DATE else (10, 16, 19, *range(21, 27))
            odd = sa.or_(
                odd,
                sa.not_(column.op("GLOB")(_ISO)),
                sa.func.date(day).is_distinct_from(day),
                sa.func.length(column).not_in(lengths),
                sa.func.substr(column, 11).op("GLOB")("*[-+Zz]*"),
                sa.and_(sa.func.length(column) > 10, sa.func.time(sa.func.substr(column, 1, 19)).is_(None)),
            )
        elif field.kind is DataType.INSTANT:
            odd = sa.or_(odd, sa.func.kpidsl_micros(column).is_(None))
        return sa.and_(column.is_not(None), odd)

    def warned(self, cursor: Any) -> str | None:  # noqa: ARG002 — SQLite has no warnings
        return None

    def handle(self, connection: Any) -> Any:
        self._limited(connection)
        return connection

    def stop(self, running: sqlite3.Connection) -> None:
        running.interrupt()


_STORED = {
    DataType.INTEGER: ("integer",), DataType.FLOAT: ("integer", "real"), DataType.TEXT: ("text",),
    DataType.BOOLEAN: ("integer",), DataType.DATE: ("text",), DataType.TIMESTAMP: ("text",),
    DataType.INSTANT: ("text",),
}  # fmt: skip


def _one(number: int) -> exp.Expr:
    return exp.Literal.number(number)


def _call(name: str, *given: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(given))


def _civil(column: exp.Expr) -> exp.Expr:
    """A civil time as microseconds since 1970: its seconds, and what is written behind the point."""
    whole = _call("STRFTIME", exp.Literal.string("%s"), _call("SUBSTR", column, _one(1), _one(19)))
    padded = exp.DPipe(this=_call("SUBSTR", column.copy(), _one(21)), expression=exp.Literal.string("000000"))
    part = _call("SUBSTR", exp.paren(padded), _one(1), _one(6))
    seconds, micros = (exp.cast(one, "INTEGER", dialect="sqlite") for one in (whole, part))
    return exp.paren(exp.Add(this=exp.Mul(this=seconds, expression=_one(1_000_000)), expression=micros))
