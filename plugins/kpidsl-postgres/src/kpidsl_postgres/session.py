"""Connections to a server: settings in full, and a session for the queries of a run."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from threading import Lock, RLock
from typing import Any, Final
from urllib.parse import quote, urlencode

import adbc_driver_postgresql.dbapi as driver  # type: ignore[import-untyped]
import pyarrow as pa
from adbc_driver_manager import Error

from kpidsl.hookspecs import Context
from kpidsl_postgres import PostgresConnection, faults

BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
PLANNED: Final = {"jit": "off", "work_mem": "64MB", "enable_sort": "off"}
"""Compiling a hundred aggregates takes longer than they do; and how few groups there are of computed columns the server
does not know, so that it would rather sort all rows than group them in memory.
"""

ENDING: Final = 1.0
"""Seconds that a query which was stopped is waited for."""


def connect(context: Context, more: Mapping[str, str] | None = None, *, autocommit: bool = False) -> Any:
    """A connection, in whose transactions nothing can be changed. Raises SourceError."""
    one: PostgresConnection = context.connection
    try:
        return driver.connect(_address(one, context, more or {}), autocommit=autocommit)
    except Error as error:
        place = f"{one.host}:{one.port} (connection `{context.connection_name}`)"
        raise faults.unreachable(error, place) from error


class Session:
    """The queries of a run, in one transaction that sees the data as it was at the first of them."""

    def __init__(self, context: Context, label: str) -> None:
        self._context = context
        self._label = label
        self._connection: Any = None
        self._cursor: Any = None
        self._lock = Lock()
        self._busy = RLock()

    def query(self, sql: str) -> pa.Table:
        """The rows of a SELECT. One that fails leaves the transaction as it was. Raises SourceError."""
        with self._busy:
            return self._answer(sql)

    def _answer(self, sql: str) -> pa.Table:
        is_new = self._connection is None
        if is_new:
            # The driver's own transactions know no savepoints.
            self._connection = connect(self._context, PLANNED, autocommit=True)
        try:
            with self._connection.cursor() as beside:
                if is_new:
                    beside.execute(BEGIN)
                beside.execute("SAVEPOINT query")
                try:
                    with self._connection.cursor() as cursor:
                        with self._lock:
                            self._cursor = cursor
                        try:
                            cursor.execute(sql)
                            return cursor.fetch_arrow_table()
                        finally:
                            with self._lock:
                                self._cursor = None
                except Error as error:
                    if not faults.is_lost(error):
                        beside.execute("ROLLBACK TO SAVEPOINT query")
                    raise
        except Error as error:
            if faults.is_lost(error):
                self.close()
            raise faults.not_answered(error, self._label, self._context.limits.timeout) from error

    def cancel(self) -> None:
        """Ask the server to stop what it does; from another thread."""
        with self._lock:
            if self._cursor is not None:
                self._cursor.adbc_cancel()

    def close(self) -> None:
        """End the session. A query that was stopped may still be on its way in another thread, and the driver does not
        live through losing its connection meanwhile: where it takes too long, both end with the process.
        """
        if not self._busy.acquire(timeout=ENDING):
            return
        try:
            if self._connection is not None:
                connection, self._connection = self._connection, None
                connection.close()
        finally:
            self._busy.release()


def _address(one: PostgresConnection, context: Context, more: Mapping[str, str]) -> str:
    """Who, where and how is said in full: the driver's library looks up in the environment and in a home folder
    what is missing here. An empty text counts as said; a file that cannot be is no file.
    """
    limits = context.limits
    settings = {
        "default_transaction_read_only": "on",
        "statement_timeout": str(max(1, math.ceil(limits.timeout * 1000))),
        "TimeZone": "UTC",
        **more,
        **({"role": one.role} if one.role is not None else {}),
    }
    parts = {
        "host": one.host,
        "hostaddr": "",
        "port": str(one.port),
        "dbname": one.database,
        "user": one.user,
        "password": one.password.reveal() if one.password is not None else "",
        "passfile": f"{os.devnull}/none",
        "connect_timeout": str(max(2, math.ceil(limits.connect_timeout))),
        "application_name": "kpidsl",
        "sslmode": one.sslmode,
        **{name: value for name in ("sslrootcert", "sslcert", "sslkey") if (value := getattr(one, name))},
        "options": " ".join(f"-c {name}={_escaped(value)}" for name, value in settings.items()),
    }
    return "postgresql://?" + urlencode(parts, quote_via=quote)


def _escaped(value: str) -> str:
    """A value inside libpq's `options`, where a space parts words and a backslash takes its meaning."""
    return "".join(f"\\{one}" if one.isspace() or one == "\\" else one for one in value)
