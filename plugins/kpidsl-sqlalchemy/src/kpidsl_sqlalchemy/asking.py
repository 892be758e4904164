"""A table whose engine is asked: what it is called there, and the session that the queries of a run go through."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from threading import Lock
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlglot import exp

from kpidsl.diagnostics import SourceError, Unanswerable
from kpidsl.hookspecs import Context, ScanRequest
from kpidsl.semantic.types import Schema
from kpidsl_sqlalchemy import SqlOptions, faults
from kpidsl_sqlalchemy.backend import Asked
from kpidsl_sqlalchemy.fields import MOST_DIGITS, Column, Field
from kpidsl_sqlalchemy.reading import BATCH, SqlTable


class AskedTable(SqlTable):
    """A table or view of MariaDB or SQLite. Rows are read by connections of their own; queries have one that lasts as
    long as the run, and sees one state of the data.
    """

    def __init__(self, options: SqlOptions, context: Context) -> None:
        super().__init__(options, context)
        self._known: tuple[Field, ...] | None = None
        self._session_of_run: _Session | None = None
        backend = self._backend()
        assert isinstance(backend, Asked)
        self._asked = backend
        self.dialect = backend.dialect

    @property
    def engine(self) -> Hashable:
        return ("sqlalchemy", self._context.connection, self._asked.folder)

    def schema(self) -> Schema:
        """The columns; those of types that kpidsl does not know are OTHER. Raises SourceError."""
        with self._session(self._asked) as connection:
            self._known = self._fields(self._asked, connection)
        return self._schema(self._known)

    def table(self, request: ScanRequest) -> str:
        """The table as a sub-select with the requested columns. Raises SourceError, also for a value that is none of
        its column's kind, which the engine would count all the same.
        """
        if self._known is None:
            self.schema()
        fields = {one.name: one for one in self._known or ()}
        wanted = [self._wanted(column, fields) for column in request.columns]
        self._check_values(wanted)
        picked = [exp.alias_(self._asked.asked(one), exp.to_identifier(one.name, quoted=True)) for one in wanted]
        named = exp.Table(this=_quoted(self._options.table), db=_quoted(self._options.schema))
        table = exp.alias_(named, "q", table=True)
        query = exp.select(*picked or [exp.alias_(exp.Literal.number(1), "present")]).from_(table)
        return self._asked.kept_apart(query).subquery().sql(dialect=self.dialect)

    def query(self, sql: str) -> pa.Table:
        """The rows of a SELECT, seen as they were at the run's first query. Raises SourceError; Unanswerable for what
        the engine computes only with a warning.
        """
        if self._session_of_run is None:
            self._session_of_run = _Session(self._asked, self._context)
        return self._session_of_run.query(sql)

    def cancel(self) -> None:
        if self._session_of_run is not None:
            self._session_of_run.cancel()

    def close(self) -> None:
        if self._session_of_run is not None:
            self._session_of_run.close()

    def _check_values(self, wanted: Sequence[Field]) -> None:
        """Look for values that reading the rows would stumble over."""
        doubtful = [(one, found) for one in wanted if (found := self._asked.doubtful(one)) is not None]
        if not doubtful:
            return
        looked = [one for one, _ in doubtful]
        query = sa.select(*map(self._asked.picked, looked)).where(sa.or_(*(found for _, found in doubtful)))
        query = query.select_from(sa.table(self._options.table, schema=self._options.schema))
        with self._session(self._asked) as connection:
            columns = [Column(one, self._label) for one in looked]
            for rows in connection.execution_options(yield_per=BATCH).execute(query).partitions():
                for column, values in zip(columns, zip(*rows, strict=True), strict=True):
                    column.add(values)


class _Session:
    """The queries of a run, in one transaction."""

    def __init__(self, backend: Asked, context: Context) -> None:
        self._backend = backend
        self._context = context
        self._label = f"the connection `{context.connection_name}`"
        self._connection: sa.Connection | None = None
        self._running: Any = None
        self._lock = Lock()

    def query(self, sql: str) -> pa.Table:
        seconds = self._context.limits.timeout
        if self._connection is None:
            self._connection = self._opened()
        raw = self._connection.connection.driver_connection
        assert raw is not None
        try:
            with self._lock:
                self._running = self._backend.handle(raw)
            try:
                cursor = raw.cursor()
                try:
                    cursor.execute(sql)
                    names = [one[0] for one in cursor.description]
                    rows = cursor.fetchall()
                    warned = self._backend.warned(cursor)
                finally:
                    with suppress(Exception):
                        cursor.close()
            finally:
                with self._lock:
                    self._running = None
        except self._connection.dialect.loaded_dbapi.Error as error:
            told = DBAPIError(None, None, error)
            if faults.is_lost(told):
                self.close()
            raise faults.not_answered(told, self._label, seconds) from error
        if warned is not None:
            raise Unanswerable(f"the database says: {warned}", code="K0600")
        return _arrow(names, list(zip(*rows, strict=True)) or [()] * len(names))

    def cancel(self) -> None:
        """Ask the engine to stop what it does; from another thread."""
        with self._lock:
            running = self._running
        if running is not None:
            with suppress(DBAPIError, SourceError):
                self._backend.stop(running)

    def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(DBAPIError):
                connection.close()

    def _opened(self) -> sa.Connection:
        engine = self._backend.engine()
        try:
            connection = engine.connect()
        except DBAPIError as error:
            raise faults.unreachable(error, self._backend.place) from error
        try:
            self._backend.begin(connection)
            self._backend.begin_asking(connection)
        except SourceError:
            connection.close()
            raise
        except DBAPIError as error:
            connection.close()
            raise faults.failed(error, self._label, self._context.limits.timeout) from error
        return connection


def _quoted(name: str | None) -> exp.Identifier | None:
    return exp.to_identifier(name, quoted=True) if name is not None else None


def _arrow(names: Sequence[str], columns: Sequence[Sequence[object]]) -> pa.Table:
    """The columns of an answer; names need not be different."""
    arrays = [_array(values) for values in columns]
    return pa.table(arrays, names=[f"{place} {name}" for place, name in enumerate(names)])


def _array(values: Sequence[object]) -> pa.Array:
    kinds = {type(one) for one in values if one is not None}
    if kinds <= {int, Decimal} and kinds:
        return _numbers([None if one is None else Decimal(one) for one in values])  # type: ignore[arg-type]
    for kind, arrow in (
        (int, pa.int64()),
        (float, pa.float64()),
        (str, pa.string()),
        (date, pa.date32()),
        (datetime, pa.timestamp("us")),
    ):
        if kinds == {kind}:
            return pa.array(values, arrow)
    if not kinds:
        return pa.nulls(len(values))
    if kinds == {int, float}:
        return pa.array([one if one is None else float(one) for one in values], pa.float64())  # type: ignore[arg-type]
    if kinds <= {bytes, str}:
        raise Unanswerable("the database answers with binary data", code="K0600")
    what = " and ".join(sorted(kind.__name__ for kind in kinds))
    raise Unanswerable(f"the database answers with {what} in one column", code="K0600")


def _numbers(values: Sequence[Decimal | None]) -> pa.Array:
    """Exact numbers: whole ones in eight bytes where they fit; the digits behind the point as they were given, unless
    that makes them too long.
    """
    texts = [None if one is None else format(one, "f") for one in values]
    scale = max(_places(text) for text in texts if text is not None)
    if not scale and all(one is None or abs(one) < 2**63 for one in values):
        return pa.array([None if one is None else int(one) for one in values], pa.int64())
    whole = max(len(text.partition(".")[0].lstrip("-")) for text in texts if text is not None)
    if whole + scale > MOST_DIGITS:
        texts = [text.rstrip("0").rstrip(".") if text is not None and "." in text else text for text in texts]
        scale = max(_places(text) for text in texts if text is not None)
    if whole + scale > MOST_DIGITS:
        raise Unanswerable(f"a number has more than {MOST_DIGITS} digits", code="K0610")
    return pa.array(texts, pa.string()).cast(pa.decimal128(MOST_DIGITS, scale))


def _places(text: str) -> int:
    return len(text.partition(".")[2])
