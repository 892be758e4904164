"""Every hook of kpidsl on one page, and the records that pass through them.

A plugin is a distribution with an entry point in the group `kpidsl` that names a module (or an object) with functions
marked `@hookimpl`. Hooks return values; they never call back. `docs/plugins.md` is the guide.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

import pluggy

from kpidsl.diagnostics.secrets import remember
from kpidsl.records import dataclass
from kpidsl.semantic.types import DataType, Schema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PROJECT: Final = "kpidsl"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Secret:
    """A password or key. Never printed: `reveal()` is the only way to its text, and kpidsl takes it out of every
    message and traceback it shows.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        remember(text)

    def reveal(self) -> str:
        """The text, for the connection that needs it and for nothing else."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(("Secret", self._text))

    def __reduce__(self) -> str:
        raise TypeError("a Secret cannot be pickled")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a source may take, in seconds: `connect_timeout` to answer at all, `timeout` to hand out its rows;
    and how often it is tried again after a failure that may pass.
    """

    connect_timeout: float = 10.0
    timeout: float = 300.0
    retries: int = 2


@dataclass(frozen=True, slots=True)
class Context:
    """What a provider may know about the run that opens it.

    `base` is the folder of the spec file that wrote the source: relative paths start there. `root` is the folder of
    the spec set; with `untrusted`, files outside it (symbolic links resolved) may not be opened. `frames` are the
    in-process tables of the Python API. `timezone` is the calendar's, an IANA name. `connection` is what kpidsl.toml
    says of the connection that the spec names, as the provider's `connection` type; None where it names none. Relative
    paths in it start at `connection_folder`.
    """

    base: Path
    root: Path
    untrusted: bool = False
    frames: Mapping[str, object] = field(default_factory=dict)
    timezone: str = "UTC"
    connection: Any = None
    connection_name: str | None = None
    connection_folder: Path | None = None
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class ColumnRequest:
    """A column that is wanted, and as what. `as_type` None: as the provider gives it.

    `format` is a strptime format for text that is to be a DATE, a TIMESTAMP or (with `%z`) an INSTANT; without one
    the text is ISO 8601. Of a number it is `seconds since 1970` (or milliseconds, microseconds, nanoseconds).
    """

    name: str
    as_type: DataType | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What the engine needs of a dataset: these columns, and of `time_column` only `[start, end)` (aware; None:
    unbounded).

    A dataset may ignore the time range: the engine applies it again. It may not ignore the columns.
    """

    columns: tuple[ColumnRequest, ...]
    time_column: str | None = None
    start: datetime | None = None
    end: datetime | None = None


@runtime_checkable
class ArrowStream(Protocol):
    """Anything with the Arrow PyCapsule interface: pyarrow, polars, pandas, DuckDB, ADBC, …"""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A PyCapsule that holds an ArrowArrayStream."""
        ...


@runtime_checkable
class Dataset(Protocol):
    """One source, opened. It also offers at least one of `Scannable`, `Relational` and `Queryable`."""

    def schema(self) -> Schema:
        """The columns and their types. Raises `SourceError` where they cannot be had."""
        ...

    def fingerprint(self) -> tuple[tuple[str, int, int], ...] | None:
        """(path, size in bytes, modified in ns) of every file behind it; None where nothing tells whether the schema
        is still the same.
        """
        ...


@runtime_checkable
class Scannable(Protocol):
    """A dataset that hands out rows."""

    def scan(self, request: ScanRequest) -> ArrowStream:
        """The rows, with exactly the requested columns, as the dataset has them: kpidsl converts to `as_type`. Called
        once a run; may be lazy.
        """
        ...


@runtime_checkable
class Relational(Protocol):
    """A dataset that DuckDB itself can read."""

    def relation(self, connection: DuckDBPyConnection, request: ScanRequest) -> str:
        """Make a table or view inside `connection` with exactly the requested columns, under their names and of the
        requested types; return its name.
        """
        ...


@runtime_checkable
class Divisible(Protocol):
    """A dataset made of files that can be read one without another: `eval --state` reads those that are new.

    It does not apply the time range of a request: what is kept of its files is used at other anchors, too.
    """

    def files(self) -> tuple[Path, ...]:
        """The files, each once."""
        ...

    def part(self, connection: DuckDBPyConnection, request: ScanRequest, files: Sequence[Path], column: str) -> str:
        """As `Relational.relation`, with the rows of some of the files alone, and beside the requested columns one more
        that names each row's file. Values and types are those that the whole has. Raises `SourceError` where this
        cannot be had: the whole is read then.
        """
        ...


@runtime_checkable
class Recalling(Protocol):
    """A dataset that reads data to know its schema, and can be spared that."""

    def recall(self, schema: Schema) -> None:
        """Take the schema that an earlier run found when the fingerprint was the same."""
        ...


@runtime_checkable
class Queryable(Protocol):
    """A dataset that lives in a SQL engine, which is given the queries and returns what they count, not the rows.

    `dialect` is sqlglot's name of its SQL: one of those in `kpidsl.sql.dialects`, otherwise its rows are read. `engine`
    is anything hashable, equal for two datasets that one query may join: same server, database, user and role. All
    queries about them are asked of one of the datasets, so that they see one state of the data where the engine can.
    """

    dialect: str
    engine: Hashable

    def table(self, request: ScanRequest) -> str:
        """What stands behind FROM, in the dialect: a name, or a SELECT in parentheses. It has the requested columns
        under their names, their values as `scan` would give them, texts compared by their code points; names are
        quoted, and nothing in it is asked for yet.
        """
        ...

    def query(self, sql: str) -> ArrowStream:
        """The rows of one SELECT in the dialect. Exact numbers come as integers or decimals, texts as texts.

        Raises `kpidsl.diagnostics.Unanswerable` where the engine has no such function or type (the rows are read
        then); SourceError K0604 or K0610 for a value that cannot be computed with, any other for what ends the source.
        """
        ...

    def cancel(self) -> None:
        """Stop the query that runs, at the engine, too. Called from another thread; may come too late."""
        ...

    def close(self) -> None:
        """The run is over. Called once, whether or not anything was asked."""
        ...


@dataclass(frozen=True, slots=True)
class Provider:
    """A kind of source: `from NAME(option: value)` in a spec.

    `options` is a frozen dataclass whose fields are annotated str, int, bool, float, `tuple[str, ...]` or `Secret`
    (each `| None` allowed); a field with `metadata={"positional": True}` may be given without its name, in field
    order; `metadata={"help": "…"}` describes it. `open` gets an instance of it and opens nothing expensive: what
    costs time belongs into the dataset's methods.

    `connection` is a dataclass of the same kind for what kpidsl.toml may say of a connection, passwords included. A
    spec then names the connection first, without quotes: `from NAME(shop, table: "orders")`; with `needs_connection`
    False it may leave it out.
    """

    name: str
    options: type[Any]
    open: Callable[[Any, Context], Dataset]
    summary: str = ""
    connection: type[Any] | None = None
    needs_connection: bool = True


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """A way to write results: `kpidsl eval -f NAME`, or `-o report.SUFFIX`. `render` gets the results and returns the
    whole text.
    """

    name: str
    suffixes: tuple[str, ...]
    render: Callable[[Any], str]
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of row expressions.

    `sql` is an expression in DuckDB's dialect over `$1`, `$2`, …; it sees its arguments and nothing else.
    """

    name: str
    parameters: tuple[DataType, ...]
    returns: DataType
    sql: str
    summary: str = ""


@hookspec
def kpidsl_providers() -> Sequence[Provider]:
    """The kinds of source this plugin adds."""
    raise AssertionError("a specification is not called")


@hookspec
def kpidsl_report_formats() -> Sequence[ReportFormat]:
    """The report formats this plugin adds."""
    raise AssertionError("a specification is not called")


@hookspec
def kpidsl_functions() -> Sequence[Function]:
    """The functions of row expressions this plugin adds."""
    raise AssertionError("a specification is not called")


@hookspec
def kpidsl_after_eval(results: Any) -> None:
    """Called with the finished results, after they were written.

    What it returns is ignored; what it raises becomes a warning.
    """
