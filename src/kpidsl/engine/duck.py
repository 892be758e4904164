"""DuckDB connections that behave the same on every machine, and the little SQL text that sources need to feed them."""

from __future__ import annotations

import importlib
import itertools
import os
import re
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from kpidsl.diagnostics import UsageError
from kpidsl.engine.spilling import spill_folder
from kpidsl.patterns import regex

if TYPE_CHECKING:
    import duckdb
    from duckdb import DuckDBPyConnection

_numbers = itertools.count(1)
_FOLDERS = regex(r"""(?<=[Ff]ile ["'])(?:[A-Za-z]:)?[/\\](?:[^"'/\\]+[/\\])*(?=[^"'/\\]+["'])""")
_MEMORY = regex(r"(\d+(?:\.\d+)?) ?([KMGT]i?B)", re.IGNORECASE)


def connect(threads: int | None = None, memory_limit: str | None = None) -> DuckDBPyConnection:
    """An empty in-memory database; what does not fit into memory spills to a folder that only this process can read.

    Nothing of the process shows in it: the time zone is UTC, rows keep their order, Python variables are not tables,
    and extensions are never downloaded (icu, json and parquet are part of the wheel). `memory_limit` is as
    `memory_size` takes it; where it is None, the environment variable KPIDSL_MEMORY may hold one. Raises UsageError.
    """
    memory_limit = memory_limit or os.environ.get("KPIDSL_MEMORY") or None
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "python_enable_replacements": False,
        "temp_directory": str(spill_folder(os.getpid()) / str(next(_numbers))),
    }
    if threads is not None:
        config["threads"] = threads
    if memory_limit is not None:
        config["memory_limit"] = memory_size(memory_limit)
    connection: DuckDBPyConnection = _core().connect(":memory:", config=config)
    _settle(connection)
    connection.execute("SET preserve_insertion_order = true")
    connection.execute("SET parquet_metadata_cache = true")  # a footer is parsed once, not by each query
    return connection


def _settle(connection: DuckDBPyConnection) -> None:
    """What holds for one connection, not for its database."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")


def settle_again(connection: DuckDBPyConnection) -> None:
    """What a plugin left in its connection: a transaction ends, what numbers depend on is as `connect` has it."""
    with suppress(failures()):  # there is no transaction
        connection.commit()
    with suppress(failures()):  # it was closed, as the next query tells
        _settle(connection)
        for setting in ("default_collation", "default_null_order", "default_order", "integer_division"):
            connection.execute(f"RESET {setting}")


_OF_ALL: Final = {
    "default_collation": "",
    "default_null_order": "NULLS_LAST",
    "default_order": "ASC",
    "integer_division": False,
    "ieee_floating_point_ops": True,
    "old_implicit_casting": False,
    "preserve_insertion_order": True,
}
"""Settings of the whole database that numbers depend on, as `connect` has them."""


def changed_for_all(connection: DuckDBPyConnection) -> list[str]:
    """The settings that somebody changed for all connections of a database, which are set back."""
    wanted = ", ".join(f"current_setting('{name}')" for name in _OF_ALL)
    values = connection.execute(f"SELECT {wanted}").fetchone() or ()
    # It calls the usual order by either name.
    found = [name for name, value in zip(_OF_ALL, values, strict=True) if value not in (_OF_ALL[name], "ASCENDING")]
    for name in found:
        with suppress(failures()):  # the configuration was locked, too
            connection.execute(f"RESET GLOBAL {name}")
    return found


@contextmanager
def looking() -> Iterator[DuckDBPyConnection]:
    """A connection for a look at what columns there are. Make nothing in it but what is temporary.

    All looks of a process share a database, which remembers nothing of files: to make one takes 20 ms. What fails might
    have harmed it, so the next look then has a new one. Raises UsageError as `connect` does.
    """
    connection = _looked_with(os.environ.get("KPIDSL_MEMORY")).cursor()
    try:
        _settle(connection)
        yield connection
    except BaseException:
        _looked_with.cache_clear()
        raise
    finally:
        connection.close()


@lru_cache(maxsize=1)
def _looked_with(memory_limit: str | None) -> DuckDBPyConnection:
    """The database that looks share."""
    connection = connect(memory_limit=memory_limit)
    connection.execute("SET parquet_metadata_cache = false")
    connection.execute("SET enable_external_file_cache = false")
    return connection


if hasattr(os, "register_at_fork"):
    # A fork has the database and none of its threads: it would wait for them forever.
    os.register_at_fork(before=_looked_with.cache_clear)


def memory_size(text: str) -> str:
    """An amount of memory such as `512MB` or `2GiB`, as DuckDB takes it. Raises UsageError."""
    found = _MEMORY.fullmatch(text.strip())
    if found is None or not float(found[1]):
        raise UsageError(f"`{text}` is no amount of memory", hint="write a number and KB, MB, GB or TB: 512MB")
    return f"{found[1]}{found[2]}"


def restrict(connection: DuckDBPyConnection, paths: Iterable[str]) -> None:
    """From here on the connection reads these files and no other, and its configuration cannot be changed."""
    listed = ", ".join(literal(path) for path in paths)
    connection.execute(f"SET allowed_paths = [{listed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


@cache
def _core() -> Any:
    """DuckDB's compiled module: all that is used here. The package around it, with what it offers to data frames, takes
    three times as long to import. Imported when it is used: it costs as much as checking a spec does.
    """
    with _undisturbed():
        try:
            return importlib.import_module("_duckdb")
        except ImportError:
            return importlib.import_module("duckdb")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals wait until this is over: of an exception while it is imported, compiled code makes the abrupt end of the
    process.
    """
    came: list[int] = []
    former: dict[int, Any] = {}
    try:
        with suppress(ValueError):  # not in the main thread, where signals raise nothing
            for one in (signal.SIGINT, signal.SIGTERM):
                former[one] = signal.signal(one, lambda number, _frame: came.append(number))
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        if came:
            signal.raise_signal(came[0])


def whole() -> None:
    """Import all of DuckDB, which gives connections the methods that its compiled module lacks."""
    with _undisturbed():
        importlib.import_module("duckdb")


def failures() -> type[duckdb.Error]:
    """The class of everything DuckDB raises, for an `except` outside the engine."""
    found: type[duckdb.Error] = _core().Error
    return found


def is_interruption(error: BaseException) -> bool:
    """Whether an exception says that a query was stopped from outside: DuckDB does not raise KeyboardInterrupt."""
    return type(error).__name__ in ("RuntimeError", "InterruptException") and "interrupted" in str(error).lower()


def words(error: BaseException) -> str:
    """The first line of what DuckDB says; of files it has the names alone, so that it is the same on each machine."""
    lines = str(error).strip().splitlines()
    return _FOLDERS.sub("", lines[0]) if lines else type(error).__name__


def version() -> str:
    """The version of DuckDB that runs."""
    found: str = _core().__version__
    return found


def identifier(name: str) -> str:
    """A name as an identifier of DuckDB's SQL, whatever characters it holds."""
    return '"' + _without_nul(name).replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a literal of DuckDB's SQL: there, a backslash means nothing inside quotes."""
    return "'" + _without_nul(text).replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """A list of texts as a literal."""
    return "[" + ", ".join(literal(value) for value in values) + "]"


def path_pattern(path: str) -> str:
    """A path as DuckDB's file functions take it: they read `*`, `?` and `[` as wildcards, so those are bracketed."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a name or text with a NUL character cannot be written in SQL")
    return text


def relation(source: str) -> str:
    """The name that a source has in queries."""
    return f"source {source}"


def source_of(relation: str) -> str | None:
    """The source that a relation is of; None for a part of a query."""
    return relation.removeprefix("source ") if relation.startswith("source ") else None


def number_of_file(column: str) -> str:
    """The column that numbers the file of each row beside one that names it."""
    return f"{column} number"


def fresh_name(kind: str) -> str:
    """A name for a temporary table or view that nothing else in the process has."""
    return f"kpidsl_{kind}_{next(_numbers)}"
