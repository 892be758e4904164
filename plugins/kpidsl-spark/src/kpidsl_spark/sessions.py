"""Sessions of Spark: one for each connection and process, opened when it is first needed."""

from __future__ import annotations

import atexit
import dataclasses
import logging
import os
import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final
from urllib.parse import quote, urlsplit

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import Limits
from kpidsl_spark import FIXED, SparkConnection, driver

CONNECT_PORT: Final = 15002
_QUIET: Final = {
    "spark.sql.pyspark.jvmStacktrace.enabled": "false",
    "spark.sql.connect.serverStacktrace.enabled": "false",
}
_OURS: Final = threading.local()
_lock = threading.RLock()
_open: dict[SparkConnection, tuple[Any, Callable[[], None]]] = {}


def session(connection: SparkConnection, name: str, limits: Limits) -> Any:
    """The session of a connection, a `SparkSession` of either kind; `name` is what kpidsl.toml calls it.

    Raises SourceError where there is no Java, nobody answers or we are turned away.
    """
    with _lock, quiet():
        if connection in _open:
            return _open[connection][0]
        what = f"{connection.place} (connection `{name}`)"
        _knock(connection, what, limits.connect_timeout)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what pyspark thinks of the versions of other packages
            make = _remote if connection.remote is not None else driver.started
            made, close = make(connection, what, limits)
            _hush()
        _open[connection] = (made, close)
        return made


def forget(connection: SparkConnection) -> None:
    """Close the session of a connection that is lost: who asks next gets a new one."""
    with _lock:
        found = _open.pop(connection, None)
    if found is not None:
        with suppress(Exception), quiet(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found[1]()


def close_all() -> None:
    """Close every session: what still runs there is cancelled."""
    for connection in tuple(_open):
        forget(connection)


atexit.register(close_all)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what pyspark writes to standard error about errors that it also raises from coming out of this thread."""
    before = getattr(_OURS, "quiet", False)
    _OURS.quiet = True
    try:
        yield
    finally:
        _OURS.quiet = before


def _hush() -> None:
    """Have `quiet` obeyed: loggers are of pyspark's own kind, so it has to make them."""
    with suppress(ImportError):
        from pyspark.logger import PySparkLogger

        for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
            PySparkLogger.getLogger(name).addFilter(_is_not_ours)


def _is_not_ours(_: logging.LogRecord) -> bool:
    return not getattr(_OURS, "quiet", False)


warnings.filterwarnings("ignore", r"\[RETRIES_EXCEEDED\]")  # it is raised, too


# ---------------------------------------------------------------- asking
def rows(spark: Any, sql: str) -> Any:
    """The rows of a SELECT, as a table of Arrow."""
    found = _frame(spark, sql)
    is_remote = type(found).__module__.startswith("pyspark.sql.connect.") and hasattr(found, "_to_table")
    return found._to_table()[0] if is_remote else found.toArrow()


def fields(spark: Any, sql: str) -> Any:
    """The columns of a SELECT."""
    return _frame(spark, sql).schema.fields


def _frame(spark: Any, sql: str) -> Any:
    """A SELECT that is not looked at yet. `sql` of Spark Connect asks the server first whether it is a command, and
    `toArrow` for its columns: of a long query each takes as long as counting.
    """
    if type(spark).__module__.startswith("pyspark.sql.connect."):
        with suppress(ImportError, TypeError):
            from pyspark.sql.connect.dataframe import DataFrame
            from pyspark.sql.connect.plan import SQL

            return DataFrame(SQL(sql), spark)
    return spark.sql(sql)


# ---------------------------------------------------------------- Spark Connect
def _remote(connection: SparkConnection, what: str, limits: Limits) -> tuple[Any, Callable[[], None]]:
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        from pyspark.sql.connect.client.core import DefaultChannelBuilder
        from pyspark.sql.connect.client.retries import DefaultPolicy
        from pyspark.sql.connect.session import SparkSession
    except ImportError as error:
        raise SourceError(
            f"Spark Connect cannot be used: {error}", hint="pip install 'pyspark[connect]>=4,<5'"
        ) from error
    assert connection.remote is not None
    address = connection.remote.rstrip("/") + "/;user_agent=kpidsl"
    if connection.tls:
        address += ";use_ssl=true"
    if connection.token is not None:
        address += f";token={quote(connection.token.reveal(), safe='')}"
    made = SparkSession.builder.channelBuilder(DefaultChannelBuilder(address)).create()
    client = made.client
    # Its own habit is to try for ten minutes; what may pass is tried again by kpidsl.
    client.set_retry_policies([DefaultPolicy(max_retries=2, initial_backoff=100, max_backoff=1000, jitter=0)])
    atexit.unregister(client._on_exit)  # it may take ten minutes where the server is gone: `close` does what is needed
    if hasattr(client, "_rpc_deadlines"):  # since 4.3
        client._rpc_deadlines = dataclasses.replace(
            client._rpc_deadlines, config=limits.connect_timeout, interrupt=5.0, release_session=5.0
        )

    def close() -> None:
        with suppress(Exception):
            made.interruptAll()
        made.stop()

    try:
        for key, value in {**_QUIET, **FIXED, **connection.settings}.items():
            with suppress(*([] if key not in _QUIET else [Exception])):
                made.conf.set(key, value)
    except Exception as error:
        with suppress(Exception):
            client.close()
        raise refused(error, what) from error
    return made, close


def refused(error: Exception, what: str) -> SourceError:
    """A server that answers, and does not let us in."""
    text = str(error)
    if "UNAUTHENTICATED" in text or "PERMISSION_DENIED" in text or "Unauthenticated" in text:
        return SourceError(
            f"{what} turned us away: the token is missing or wrong",
            hint="is `token` of the connection in kpidsl.toml the one that the server wants?",
        )
    brief = " ".join(text.split())[:300]
    return SourceError(
        f"cannot connect to {what}: {brief}",
        hint="is it a server of Spark Connect (4.0 or newer), and does it speak TLS or not as `tls` says?",
        transient="UNAVAILABLE" in text or "DEADLINE" in text,
    )


def _knock(connection: SparkConnection, what: str, seconds: float) -> None:
    """Whether anybody listens: pyspark would try for a minute, and not say that nobody does."""
    addresses = _addresses(connection)
    last: OSError | None = None
    for host, port in addresses:
        try:
            socket.create_connection((host, port), seconds).close()
            return
        except OSError as error:
            last = error
    if addresses:
        raise SourceError(
            f"cannot connect to {what}: {last.strerror or last if last is not None else ''}",
            hint="is it up, and is its address in kpidsl.toml right?",
            transient=True,
        ) from last


def _addresses(connection: SparkConnection) -> list[tuple[str, int]]:
    """Host and port of every server behind an address; none where Spark runs in this process."""
    scheme, _, rest = connection.place.partition("://")
    parts = [urlsplit(f"//{one}") for one in rest.rstrip("/").split(",") if rest]
    default = CONNECT_PORT if scheme == "sc" else 7077
    return [(part.hostname or "", part.port or default) for part in parts]
