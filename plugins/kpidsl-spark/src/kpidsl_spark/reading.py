"""A table or Parquet files of Spark: the columns, and the rows as Arrow."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Final, TypeVar

import pyarrow as pa
from sqlglot import exp

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import Context, ScanRequest
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl_spark import SparkConnection, SparkOptions, driver, faults, sessions, statement

T = TypeVar("T")
_TYPES: Final = {
    "byte": DataType.INTEGER, "short": DataType.INTEGER, "integer": DataType.INTEGER, "long": DataType.INTEGER,
    "decimal": DataType.DECIMAL, "float": DataType.FLOAT, "double": DataType.FLOAT,
    "string": DataType.TEXT, "varchar": DataType.TEXT, "char": DataType.TEXT, "boolean": DataType.BOOLEAN,
    "date": DataType.DATE, "timestamp_ntz": DataType.TIMESTAMP, "timestamp": DataType.INSTANT,
}  # fmt: skip
_PATTERN: Final = re.compile(r"[*?{}\[\]\\]")
_SOONER: Final = 2.0
"""Seconds that a query gets less than there are, a fifth of them at most: who waits is to hear why it was late."""


class SparkRows:
    """Rows in Spark. All of a process share one session for each connection; every query is a job that can be
    cancelled by itself.
    """

    dialect = "spark"

    def __init__(self, options: SparkOptions, context: Context) -> None:
        self._options = options
        self._context = context
        self._connection: SparkConnection = context.connection
        self._name = context.connection_name or ""
        self._running: dict[str, Any] = {}
        if options.path is not None:
            self._path: str | None = _path(options.path, self._connection.root, context)
            self._view = f"kpidsl_{uuid.uuid5(uuid.NAMESPACE_URL, self._path).hex}"
            self._viewed: Any = None
            self._label = f"`{options.path}` of the connection `{self._name}`"
        else:
            shown = ".".join(part for part in (options.catalog, options.schema, options.table) if part is not None)
            self._path = None
            self._label = f"table `{shown}` of the connection `{self._name}`"

    def fingerprint(self) -> None:
        """Nothing tells whether a table is still the same."""
        return

    def schema(self) -> Schema:
        """The columns; those of types that kpidsl does not know are OTHER. Raises SourceError."""
        types = self._asked(self._types)
        return Schema(tuple(Column(name, kind) for name, kind in types.items()))

    def scan(self, request: ScanRequest) -> pa.Table:
        """The rows, all of them read before it returns: a worker lost half-way is then an error of the source, and can
        be tried again. Raises SourceError.
        """

        def read(spark: Any) -> pa.Table:
            types = self._types(spark)
            for column in request.columns:
                self._check(column.name, types)
            sql = statement.rows(self._from(spark), request, types, self._context.timezone)
            return sessions.rows(spark, sql)

        return self._asked(read)

    # ------------------------------------------------------------ queries in Spark
    @property
    def engine(self) -> Hashable:
        return ("spark", self._connection)

    def table(self, request: ScanRequest) -> str:
        """The requested columns of the table as a subquery. Raises SourceError."""

        def written(spark: Any) -> str:
            fields = self._fields(spark)
            for column in request.columns:
                self._check(column.name, {field.name: _kind(field) for field in fields})
            named = {field.name: field for field in fields}
            return statement.asked(self._from(spark), [named[column.name] for column in request.columns])

        return self._asked(written)

    def query(self, sql: str) -> pa.Table:
        """The rows of a SELECT. Raises Unanswerable for what Spark cannot compute, SourceError for what failed."""
        return self._asked(lambda spark: sessions.rows(spark, sql), faults.not_answered)

    def close(self) -> None:
        """The session lasts as long as the process: other sources use it, too."""

    def cancel(self) -> None:
        """Cancel what runs for this source."""
        for tag, spark in tuple(self._running.items()):
            _cancel(spark, tag)

    # ------------------------------------------------------------ asking
    def _asked(self, call: Callable[[Any], T], told: Callable[[Exception, str, str], SourceError] = faults.failed) -> T:
        """What a call with the session returns. Its jobs are cancelled where it takes too long, or is interrupted."""
        limits = self._context.limits
        spark = sessions.session(self._connection, self._name, limits)
        tag = f"kpidsl-{uuid.uuid4().hex}"
        late: list[int | None] = []

        def stop() -> None:
            late.append(_executors(spark))
            _cancel(spark, tag)

        timer = threading.Timer(max(limits.timeout * 0.8, limits.timeout - _SOONER), stop)
        timer.daemon = True
        place = f"{self._connection.place} (connection `{self._name}`)"
        with sessions.quiet():
            self._running[tag] = spark
            driver.tag(spark, tag)
            timer.start()
            try:
                return call(spark)
            except SourceError:
                raise
            except Exception as error:
                if late:
                    raise faults.late(self._label, limits.timeout, late[0], self._connection.place) from error
                if faults.is_lost(error):
                    sessions.forget(self._connection)
                raise told(error, self._label, place) from error
            except BaseException:
                _cancel(spark, tag)
                raise
            finally:
                timer.cancel()
                self._running.pop(tag, None)
                driver.untag(spark, tag)

    def _types(self, spark: Any) -> dict[str, DataType]:
        return {field.name: _kind(field) for field in self._fields(spark)}

    def _fields(self, spark: Any) -> Any:
        return sessions.fields(spark, statement.everything(self._from(spark)))

    def _from(self, spark: Any) -> exp.Table:
        """What stands behind FROM. Files are a view of the session, their list and columns found once."""
        if self._path is not None:
            if self._viewed is not spark:
                spark.read.parquet(self._path).createOrReplaceTempView(self._view)
                self._viewed = spark
            return statement.of_view(self._view)
        options = self._options
        assert options.table is not None
        catalog = options.catalog or spark.catalog.currentCatalog()
        return statement.of_table(options.table, options.schema or spark.catalog.currentDatabase(), catalog)

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


def _kind(field: Any) -> DataType:
    return _TYPES.get(field.dataType.typeName(), DataType.OTHER)


def _cancel(spark: Any, tag: str) -> None:
    with sessions.quiet():
        try:
            driver.interrupt(spark, tag)
        except Exception:  # noqa: BLE001 — what cannot be reached cannot be stopped
            return


def _executors(spark: Any) -> int | None:
    try:
        return driver.executors(spark)
    except Exception:  # noqa: BLE001 — a driver that is gone cannot be asked
        return None


def _path(written: str, root: str | None, context: Context) -> str:
    """Where files are for Spark: below `root` of the connection; without one as written, and what is no address and
    begins with no slash lies beside the spec. Raises SourceError for what a stranger's spec may not read.
    """
    is_address = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", written) is not None
    if root is not None or context.untrusted:
        if root is None:
            raise SourceError(
                f"`{written}` may not be read: the spec is not trusted",
                code="K0607",
                hint="say with `root = …` under the connection below which folder it may",
            )
        if is_address or written.startswith("/") or ".." in written or "\\" in written:
            raise SourceError(
                f"`{written}` is not below the root of the connection",
                code="K0607",
                hint=f"write it as seen from `{root}`, without `..`",
            )
        return f"{root.rstrip('/')}/{written}"
    if is_address or written.startswith("/"):
        return written
    return f"file://{_PATTERN.sub(lambda found: chr(92) + found[0], str(Path(context.base).absolute()))}/{written}"
