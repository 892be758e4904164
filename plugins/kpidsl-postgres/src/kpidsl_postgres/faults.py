"""What PostgreSQL and its driver say, as errors that say what to do."""

from __future__ import annotations

import re
from typing import Final

from adbc_driver_manager import Error

from kpidsl.diagnostics import SourceError, Unanswerable
from kpidsl.sql.dialects.postgres import BEYOND_ASCII

TIMEOUT: Final = "57014"
NO_TABLE: Final = ("42P01", "3F000")
NO_COLUMN: Final = "42703"
FORBIDDEN: Final = "42501"
NO_SUCH_DAY: Final = "22007"
PASSING: Final = ("08", "53", "57P", "40")
"""Beginnings of SQLSTATEs after which another try may do: connection, resources, shut down, serialization
(PostgreSQL documentation, appendix A).
"""
UNKNOWN: Final = ("42883", "42846", "42804", "42601", "42P18", "42P21", "42P22", "0A000")
"""No such function, conversion, operator or collation: the SQL is fine, but not for this server or these types."""
TOO_MUCH: Final = "54"
TOO_LARGE: Final = ("22003",)
_PASSING_AT_FIRST: Final = ("starting up", "shutting down", "too many clients", "remaining connection slots")
_LOST: Final = ("server closed the connection", "terminating connection", "no connection to the server", "SSL SYSCALL")


def unreachable(error: Error, place: str) -> SourceError:
    """A connection that was not made. There is no SQLSTATE here: what the server said is marked FATAL."""
    text = _plain(str(error))
    refused = "FATAL:" in text
    if refused:
        text = text.split("FATAL:", 1)[1].strip()
        hint = "are `user`, `password`, `database` and `role` of the connection in kpidsl.toml right?"
    else:
        hint = (
            "is the server up, and are `host`, `port` and the `ssl…` settings of the connection in kpidsl.toml right?"
        )
    passing = not refused or any(part in text for part in _PASSING_AT_FIRST)
    return SourceError(f"cannot connect to {place}: {text}", code="K0600", hint=hint, transient=passing)


def failed(error: Error, label: str, seconds: float) -> SourceError:
    """A query that failed."""
    text = _plain(str(error))
    state = error.sqlstate or ""
    if state == TIMEOUT:
        return SourceError(
            f"{label} was not read within {seconds:g} seconds, and the server stopped",
            code="K0617",
            hint="give it more time: `timeout = …` under its connection in kpidsl.toml; or read less of it",
        )
    if state in NO_TABLE:
        return SourceError(
            f"{label} is not there",
            code="K0608",
            hint="names are as the database has them, capitals included: see `\\d`",
        )
    if state == NO_COLUMN:
        return SourceError(f"{label}: {text}", code="K0605", hint="was the column renamed or dropped?")
    if state == FORBIDDEN:
        return SourceError(f"{label}: {text}", code="K0600", hint="grant its user (or role) SELECT on the table")
    if state == NO_SUCH_DAY and (found := re.search(r'"(column .* holds -?infinity)"', text)):
        return SourceError(
            f"{label}: {found[1]}", code="K0604", hint="make a view that has NULL or a far day in its place"
        )
    passing = state.startswith(PASSING) or any(part in text for part in _LOST)
    hint = "the connection was lost: is the server up?" if passing else "mend it in the database"
    return SourceError(f"{label} cannot be read: {text}", code="K0600", hint=hint, transient=passing)


def is_lost(error: Error) -> bool:
    """Whether the connection is gone."""
    text = str(error)
    return (error.sqlstate or "").startswith(("08", "57P")) or any(part in text for part in _LOST)


def not_answered(error: Error, label: str, seconds: float) -> SourceError:
    """A query of the engine's that failed."""
    text, state = _plain(str(error)), error.sqlstate or ""
    if BEYOND_ASCII in text:
        return Unanswerable("letters beyond ASCII change case by rules of the server's own")
    if state in UNKNOWN or state.startswith(TOO_MUCH):
        return Unanswerable(f"the server cannot: {text}")
    if state in TOO_LARGE:
        return SourceError(f"{label}: {text}", code="K0610", hint="make a view that rounds it, or turn it into `float`")
    if (found := re.search(r'"(column .* holds .*)"', text)) is not None:
        return SourceError(f"{label}: {found[1]}", code="K0604", hint="make a view that has NULL in its place")
    if state.startswith("22"):
        return SourceError(f"{label}: {text}", code="K0604", hint="mend the data, or make a view that leaves it out")
    if state in NO_TABLE:
        return SourceError(f"{label}: {text}", code="K0608", hint="was the table dropped or renamed?")
    if state == TIMEOUT:
        return SourceError(
            f"{label} did not answer within {seconds:g} seconds, and the server stopped",
            code="K0617",
            hint="give it more time: `timeout = …` under its connection in kpidsl.toml; or an index on the time",
        )
    return failed(error, label, seconds)


def _plain(text: str) -> str:
    """A driver's text without its own wrapping, the SQLSTATE and the query."""
    text = re.split(r"\s*\n?(?:Query was:|LINE \d+:)|\. SQLSTATE", text)[0]
    text = re.sub(r"^[A-Z_]+: (?:\[libpq\] )?", "", text)
    text = re.sub(r"^(?:Failed to connect|Failed to prepare query|Execution error \[\w+\]): ", "", text)
    return " ".join(re.sub(r"^ERROR: +", "", text).split())
