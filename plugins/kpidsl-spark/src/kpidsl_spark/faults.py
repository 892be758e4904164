"""What Spark says, as errors that say what to do."""

from __future__ import annotations

import re
from typing import Any, Final

from kpidsl.diagnostics import SourceError, Unanswerable
from kpidsl_spark import sessions

_NO_TABLE: Final = (
    "TABLE_OR_VIEW_NOT_FOUND",
    "SCHEMA_NOT_FOUND",
    "CATALOG_NOT_FOUND",
    "REQUIRES_SINGLE_PART_NAMESPACE",
)
_LOST: Final = (
    "ExecutorLostFailure", "Connection refused", "Connection reset", "UNAVAILABLE", "INVALID_HANDLE", "Socket closed",
    "stopped SparkContext", "SparkContext was shut down", "Answer from Java side is empty", "Broken pipe",
    "Error while sending or receiving", "Master removed our application", "SESSION_CLOSED", "SESSION_NOT_FOUND",
    "Stream removed", "All masters are unresponsive", "NO_ACTIVE_SESSION",
)  # fmt: skip
_UNANSWERED: Final = ("USER_RAISED_EXCEPTION",)
_NAMED: Final = re.compile(r"\[([A-Z][A-Z_]{3,}(?:\.[A-Z_]+)*)\] *")
_DAMAGED: Final = ("CANNOT_READ_FILE", "FAILED_READ_FILE", "CANNOT_MERGE_SCHEMAS", "CANNOT_READ_SCHEMA")
_MANGLED: Final = re.compile(
    r"not a Parquet file|corrupted file|is not a valid Parquet|[Ee]xpected magic number|Could not read footer"
)


def is_lost(error: BaseException) -> bool:
    """Whether the session itself is gone, so that only a new one will do."""
    kind = type(error).__name__
    return kind in ("Py4JNetworkError", "ConnectionRefusedError", "ConnectionResetError", "BrokenPipeError") or any(
        part in str(error) for part in _LOST
    )


def late(label: str, seconds: float, executors: int | None, place: str) -> SourceError:
    """A query that was cancelled since its time was over."""
    if executors == 0:
        return SourceError(
            f"{label}: no worker of {place} took the job within {seconds:g} seconds",
            code="K0617",
            hint="are there workers with free cores and memory (see the master's page)? Ask for less, or wait longer,"
            ' in kpidsl.toml: `conf = ["spark.executor.memory=512m", "spark.cores.max=2"]`, `timeout = …`',
        )
    return SourceError(
        f"{label} was not read within {seconds:g} seconds, and the job was cancelled",
        code="K0617",
        hint="give it more time: `timeout = …` under its connection in kpidsl.toml; is the cluster busy, or without"
        " workers?",
    )


def failed(error: Exception, label: str, place: str) -> SourceError:
    """A query that failed."""
    condition = _condition(error)
    text = str(error)
    if condition.startswith(_NO_TABLE):
        return SourceError(
            f"{label} is not there", code="K0608", hint="see `SHOW TABLES`; `schema` and `catalog` say where it is"
        )
    if condition.startswith("PATH_NOT_FOUND") or (
        "FileNotFoundException" in text and not condition.startswith("FAILED")
    ):
        return SourceError(
            f"{label}: nothing is there", code="K0601", hint="the path has to be one that every worker sees"
        )
    if condition.startswith("UNABLE_TO_INFER_SCHEMA"):
        return SourceError(f"{label} has no Parquet file", code="K0606", hint="is it the right folder, or pattern?")
    if condition.startswith(("UNRESOLVED_COLUMN", "AMBIGUOUS_REFERENCE", "MISSING_ATTRIBUTES")):
        return SourceError(
            f"{label}: {_plain(text)}",
            code="K0605",
            hint="was the column renamed or dropped? Spark takes A and a as one",
        )
    if condition.startswith(_DAMAGED) or _MANGLED.search(text):
        return SourceError(
            f"{label} cannot be read: {_file(text) or _plain(text)}", code="K0602", hint="write the file anew"
        )
    if "UNAUTHENTICATED" in text or "Unauthenticated" in text:
        return sessions.refused(error, place)
    if "maxResultSize" in text:
        return SourceError(
            f"{label} is more than Spark hands out at once", code="K0602",
            hint='read less of it, or raise spark.driver.maxResultSize: `conf = ["spark.driver.maxResultSize=4g"]`',
        )  # fmt: skip
    if is_lost(error):
        return SourceError(
            f"{label} cannot be read: the connection to {place} or its workers was lost: {_plain(text)}",
            hint="are the master, its workers and the server of Spark Connect up?",
            transient=True,
        )
    return SourceError(
        f"{label} cannot be read: {_plain(text)}", hint="mend it there: the same query fails in spark-sql, too"
    )


def not_answered(error: Exception, label: str, place: str) -> SourceError:
    """A query of the engine's that failed. Where Spark has no such function, or a number does not fit its types, the
    rows may still be read.
    """
    if is_lost(error):
        return failed(error, label, place)
    condition, state = _condition(error), _state(error)
    is_missing = condition.startswith((*_NO_TABLE, "PATH_NOT_FOUND", "UNRESOLVED_COLUMN"))
    is_unsayable = type(error).__name__ in ("AnalysisException", "ParseException") and not is_missing
    if is_unsayable or condition in _UNANSWERED or state.startswith("22"):
        return Unanswerable(f"Spark cannot: {_plain(str(error))}")
    return failed(error, label, place)


def _state(error: Exception) -> str:
    found = re.search(r"SQLSTATE: (\w{5})", str(error))
    return found[1] if found else ""


def _condition(error: Any) -> str:
    """Spark's name for an error; where it is wrapped in others, the first name that is told."""
    get = getattr(error, "getCondition", None)
    try:
        told = get() if get is not None else None
    except Exception:  # noqa: BLE001 — a driver that is gone cannot be asked
        told = None
    if told:
        return str(told)
    found = _NAMED.search(str(error))
    return found[1] if found else ""


def _file(text: str) -> str | None:
    found = re.search(r"((?:\w+:/)?/[^\s,;:'\"]+\.parquet)[^\n]{0,40}", text)
    return f"{found[1]} is damaged, or no Parquet" if found else None


def _plain(text: str) -> str:
    """The first sentences, without traces and plans."""
    named = _NAMED.search(text)
    if named:
        text = text[named.end() :]
    text = re.split(
        r"\n\s*(?:JVM stacktrace|at [\w.$]+\()|\n'|\nDriver stacktrace|; line \d+ pos \d+|\n==|SQLSTATE: ", text
    )[0]
    text = re.sub(r"^An error occurred while calling [\w.]+\s*:*\s*|^\([\w.]+\)\s*", "", text.strip())
    return " ".join(text.split())[:400]
