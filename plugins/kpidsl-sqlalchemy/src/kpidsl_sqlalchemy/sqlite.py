"""SQLite: a file, opened so that it cannot be written to."""

from __future__ import annotations

import sqlite3
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ScanRequest
from kpidsl.semantic.types import DataType
from kpidsl.sources.sqlite_files import declared_type
from kpidsl_sqlalchemy.backend import Backend, Selected
from kpidsl_sqlalchemy.fields import Field

_STEPS = 100_000
"""Of SQLite's machine between two looks at the clock: some milliseconds."""
_ISO = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*"


class Sqlite(Backend):
    """SQLite keeps what it is given, whatever the column says: each value is looked at. Its times are texts."""

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
            end = time.monotonic() + self.limits.timeout
            one.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
            return one

        return {"creator": connected}

    def begin(self, connection: sa.Connection) -> None:
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
