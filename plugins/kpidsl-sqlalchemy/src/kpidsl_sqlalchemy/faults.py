"""What databases and their drivers say, as errors that say what to do."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, NoSuchModuleError

from kpidsl.diagnostics import SourceError, Unanswerable

# MariaDB's and MySQL's numbers (mariadb.com/kb/en/mariadb-error-code-reference, and CR_… of the client's library).
_TOO_LONG: Final = {1969, 3024}
_NO_TABLE: Final = {1146, 1051}
_NO_COLUMN: Final = {1054}
_FORBIDDEN: Final = {1142, 1143, 1370, 1356}
_REFUSED: Final = {1045, 1044, 1049, 1698, 1130, 1251, 2059}
_LOST: Final = {2006, 2013, 2055, 1053, 1317, 1927}
_PASSING: Final = {1040, 1203, 1205, 1213, 1226, 2002, 2003, 2005}
# No such function, a number out of range, collations, a syntax, no room: a table, a packet, a stack, sort memory.
_CANNOT: Final = {1038, 1064, 1114, 1116, 1139, 1153, 1242, 1267, 1271, 1305, 1436, 1690}
_CANNOT_SAID: Final = (
    "no such function",
    "integer overflow",
    "syntax error",
    "too many",
    "too large",
    "too complex",
    "user-defined function",
    "parser stack overflow",
    "malformed JSON",
)

_SETTINGS: Final = "are `user`, `password` and `url` of the connection in kpidsl.toml right?"
_LOOK: Final = "is the server up, and are `url` and the `ssl…` settings of the connection in kpidsl.toml right?"
_MORE_TIME: Final = "give it more time: `timeout = …` under its connection in kpidsl.toml; or read less of it"


def number_of(error: DBAPIError) -> int | None:
    """The number that a driver of MySQL gives first; of another driver's error None."""
    arguments: tuple[object, ...] = getattr(error.orig, "args", ())
    return arguments[0] if len(arguments) > 1 and isinstance(arguments[0], int) else None


def said(error: DBAPIError) -> str:
    """What the driver says, without the statement and without SQLAlchemy's own words."""
    arguments: tuple[object, ...] = getattr(error.orig, "args", ())
    text = arguments[1] if number_of(error) is not None else error.orig
    return " ".join(str(text).split())


def unreachable(error: DBAPIError, place: str) -> SourceError:
    """A connection that was not made."""
    number = number_of(error)
    refused = number in _REFUSED
    hint = _SETTINGS if refused else _LOOK
    return SourceError(f"cannot connect to {place}: {said(error)}", code="K0600", hint=hint, transient=not refused)


def failed(error: DBAPIError, label: str, seconds: float) -> SourceError:
    """A query that failed."""
    number, text = number_of(error), said(error)
    if number in _TOO_LONG or text == "interrupted":
        return SourceError(
            f"{label} was not read within {seconds:g} seconds, and the database stopped", code="K0617", hint=_MORE_TIME
        )
    if number in _NO_TABLE or text.startswith("no such table"):
        return missing_table(label)
    if number in _NO_COLUMN or text.startswith("no such column"):
        return SourceError(f"{label}: {text}", code="K0605", hint="was the column renamed or dropped?")
    if number in _FORBIDDEN:
        return SourceError(f"{label}: {text}", code="K0600", hint="grant its user SELECT on the table")
    lost = is_lost(error)
    passing = lost or number in _PASSING or text == "database is locked"
    hint = "the connection was lost: is the server up?" if lost else "mend it in the database"
    if text == "database is locked":
        hint = "another program writes to it: try again when it has finished"
    return SourceError(f"{label} cannot be read: {text}", code="K0600", hint=hint, transient=passing)


def is_lost(error: DBAPIError) -> bool:
    """Whether the connection is gone."""
    return number_of(error) in _LOST - {1317} or error.connection_invalidated


def not_answered(error: DBAPIError, label: str, seconds: float) -> SourceError:
    """A query of a run that failed: what the database cannot compute is no fault of the data."""
    text = said(error)
    if number_of(error) in _CANNOT or any(part in text for part in _CANNOT_SAID):
        return Unanswerable(f"the database says: {text}", code="K0600")
    return failed(error, label, seconds)


def missing_table(label: str) -> SourceError:
    return SourceError(
        f"{label} is not there, or its user may not see it",
        code="K0608",
        hint="names are as the database has them, capitals included; `schema` names another database",
    )


def no_driver(error: Exception, url: sa.URL, name: str) -> SourceError:
    """A dialect or driver that is not installed."""
    if isinstance(error, NoSuchModuleError):
        message, hint = f"SQLAlchemy knows no `{url.drivername}`", "is the package with its dialect installed?"
    else:
        missing = getattr(error, "name", None) or url.drivername
        message, hint = f"the driver `{missing}` is not installed", "pip install the driver that the URL names"
        if missing == "pymysql":
            hint = "pip install 'kpidsl-sqlalchemy[mysql]'"
    return SourceError(f"the connection `{name}`: {message}", code="K0600", hint=hint)
