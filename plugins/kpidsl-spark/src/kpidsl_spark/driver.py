"""A session of our own at a standalone master: its driver is a JVM beside this process and ends with it."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from kpidsl import leftovers
from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import Limits
from kpidsl_spark import FIXED, SparkConnection

LEAST_PATIENCE: Final = 60.0
"""Seconds that a master gets to take us in, at least: the driver's own start is among them."""
_AT_LAUNCH: Final = (
    "spark.driver.memory",
    "spark.driver.extraJavaOptions",
    "spark.driver.extraClassPath",
    "spark.jars",
)
_OURS: Final = {
    "spark.app.name": "kpidsl",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.pyspark.jvmStacktrace.enabled": "false",
}
_NEEDED: Final = 'install Java 17 or newer, or use Spark Connect, which needs none here: `remote = "sc://…"`'
_TURNED_AWAY: Final = "SaslException"
_launched: list[tuple[Any, Any]] = []
"""The gateway to the one JVM of this process, and the file with what it says."""
_contexts: list[Any] = []
"""The contexts that were made here, rather than by a program that calls kpidsl."""


def started(connection: SparkConnection, what: str, limits: Limits) -> tuple[Any, Callable[[], None]]:
    """A session, and what closes it. A program that has a context for the same master shares it.

    Raises SourceError.
    """
    try:
        from pyspark import SparkContext
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SourceError(f"Spark cannot be used: {error}", hint="pip install 'pyspark>=4,<5'") from error
    there = SparkContext._active_spark_context
    if there is None:
        warehouse = tempfile.TemporaryDirectory(prefix="kpidsl-spark-")
        leftovers.add(Path(warehouse.name))
        context = _context(connection, what, limits, warehouse.name)
        _contexts.append(context)
        made = SparkSession(context)

        def close() -> None:
            context.stop()
            warehouse.cleanup()

    elif there.master != connection.master or there in _contexts:
        # One of ours was made for another connection: the settings of this one would not hold.
        raise SourceError(
            f"{what} cannot be reached: this process has a session at {there.master}, and there is one for a process",
            hint='write one connection for all of them, or reach the others by Spark Connect: `remote = "sc://…"`',
        )
    else:
        made, close = SparkSession(there).newSession(), _nothing
    for key, value in {**FIXED, **{k: v for k, v in connection.settings.items() if k.startswith("spark.sql.")}}.items():
        if made.conf.isModifiable(key):
            made.conf.set(key, value)
    return made, close


def _nothing() -> None:
    """The session belongs to a program that calls kpidsl."""


def _context(connection: SparkConnection, what: str, limits: Limits, warehouse: str) -> Any:
    from pyspark import SparkConf, SparkContext

    settings = {
        **_OURS,
        "spark.sql.warehouse.dir": Path(warehouse).as_uri(),
        **FIXED,
        **connection.settings,
    }
    gateway = _gateway({name: settings[name] for name in _AT_LAUNCH if name in settings})
    conf = SparkConf(loadDefaults=True, _jvm=gateway.jvm)
    conf.setMaster(connection.master)
    for name, value in settings.items():
        conf.set(name, value)
    if connection.secret is not None:  # not at launch: the list of processes shows that to everybody
        conf.set("spark.authenticate", "true")
        conf.set("spark.authenticate.secret", connection.secret.reveal())
    found: list[Any] = []

    def make() -> None:
        try:
            found.append(SparkContext(conf=conf, gateway=gateway))
        except BaseException as error:  # noqa: BLE001 — raised by whoever waits
            found.append(error)

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    end = time.monotonic() + max(limits.connect_timeout, LEAST_PATIENCE)
    while thread.is_alive() and time.monotonic() < end and _TURNED_AWAY not in _said():
        thread.join(0.2)
    if found and not isinstance(found[0], BaseException):
        return found[0]
    said = _said()
    _end()
    if _TURNED_AWAY in said:
        raise SourceError(
            f"{what} turned us away: the secret is missing or wrong",
            hint="is `secret` of the connection in kpidsl.toml the cluster's spark.authenticate.secret?",
        )
    reason = " ".join(str(found[0]).split())[:300] if found else "it does not take us in"
    raise SourceError(
        f"cannot connect to {what}: {reason}",
        hint="does the master run the same version of Spark as `pip show pyspark`, and can it reach this machine"
        ' (`conf = ["spark.driver.host=…"]`)?',
        transient=True,
    )


def _gateway(settings: dict[str, str]) -> Any:
    """The JVM of this process, started where there is none. What it says goes into a file, not to our own streams."""
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    if SparkContext._gateway is not None:
        process = getattr(SparkContext._gateway, "proc", None)
        if process is None or process.poll() is None:
            return SparkContext._gateway
        _end()
    home = os.environ.get("JAVA_HOME")
    if shutil.which(str(Path(home, "bin", "java")) if home else "java") is None:
        raise SourceError("Spark's driver needs Java, and there is none", hint=_NEEDED)
    said = tempfile.TemporaryFile("w+b")  # noqa: SIM115 — it lives as long as the JVM
    conf = SparkConf(loadDefaults=False)
    for name, value in settings.items():
        conf.set(name, value)
    try:
        gateway = launch_gateway(conf, popen_kwargs={"stdout": said, "stderr": said})
    except (PySparkRuntimeError, OSError) as error:
        said.seek(0)
        lines = said.read().decode("utf-8", "replace").split("\n")
        said.close()
        why = next((line.strip() for line in lines if "rror" in line or "JAVA_HOME" in line), "it ended at once")
        raise SourceError(f"Spark's driver did not start: {why}", hint=_NEEDED) from error
    _launched.append((gateway, said))
    return gateway


def _said() -> str:
    """The end of what the JVM said."""
    if not _launched:
        return ""
    file = _launched[-1][1]
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - 100_000))
    return str(file.read().decode("utf-8", "replace"))


def executors(spark: Any) -> int | None:
    """How many executors a session of our own has; None for one of Spark Connect, which does not tell."""
    context = getattr(spark, "_sc", None)
    if context is None:
        return None
    return int(context._jsc.sc().getExecutorMemoryStatus().size()) - 1  # the driver is counted, too


def tag(spark: Any, name: str) -> None:
    """Give a name to what this thread runs in a session. In one of our own, looking at files is no query, but a job."""
    spark.addTag(name)
    if (context := getattr(spark, "_sc", None)) is not None:
        context.addJobTag(name)


def untag(spark: Any, name: str) -> None:
    """Take the name away; without effect where the session is gone."""
    with suppress(Exception):
        spark.removeTag(name)
        if (context := getattr(spark, "_sc", None)) is not None:
            context.removeJobTag(name)


def interrupt(spark: Any, name: str) -> None:
    """Cancel what runs by a name."""
    spark.interruptTag(name)
    if (context := getattr(spark, "_sc", None)) is not None:
        context.cancelJobsWithTag(name)


def _end() -> None:
    """End the JVM, so that the next try begins anew."""
    from pyspark import SparkContext

    while _launched:
        gateway, said = _launched.pop()
        process = getattr(gateway, "proc", None)
        if process is not None:
            process.kill()
            process.wait()
            process.stdin.close()
        said.close()
    SparkContext._gateway = None
    SparkContext._jvm = None
    SparkContext._active_spark_context = None
