"""Where queries are asked: at the engine that a source lives in, or here, of its rows in DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeVar

from kpidsl.diagnostics import KpidslError, SourceError, Unanswerable
from kpidsl.engine.duck import failures, identifier, is_interruption, relation, source_of
from kpidsl.engine.faults import CellError, query_error
from kpidsl.records import dataclass
from kpidsl.semantic.types import DataType
from kpidsl.sql import exp
from kpidsl.sql import queries as q
from kpidsl.sql.aggregates import LIMB
from kpidsl.sql.dialects import Statement, Untranslatable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from kpidsl.engine.brought import Brought
    from kpidsl.sql.dialects.base import Dialect

T = TypeVar("T")
Rows = list[tuple[Any, ...]]
AT_ONCE = 2_048
"""Rows of a stream that are fetched together: as many as DuckDB computes together."""
OF_A_VALUE = frozenset({"K0604", "K0610"})
"""What is wrong with a value, and not with the source: other values are not affected."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A source whose queries are asked where it lives. `table` stands behind FROM, `kinds` is what its columns are;
    what has one `engine` may be joined; `ask` gives the rows of a statement as DuckDB would, `bring` puts them into a
    table here.
    """

    dialect: Dialect
    engine: Hashable
    table: str
    ask: Callable[[str], Rows]
    bring: Callable[[str], Brought]
    kinds: Mapping[str, DataType] = field(default_factory=dict)


@dataclass(slots=True)
class Traffic:
    """How many queries a source was asked where it lives, and how many rows those had."""

    dialect: str | None = None
    queries: int = 0
    rows: int = 0


class Places:
    """Where each source of a run is asked. `here` has the reason for each that is read although it lives elsewhere;
    `bring` reads a source's rows.
    """

    def __init__(
        self, remotes: Mapping[str, Remote], here: Mapping[str, str], bring: Callable[[str], object]
    ) -> None:  # fmt: skip
        self.remotes = dict(remotes)
        self.here = dict(here)
        self.traffic: dict[str, Traffic] = {
            **{name: Traffic(remote.dialect.name) for name, remote in remotes.items()},
            **{name: Traffic() for name in here},
        }
        self._bring = bring

    def limb_bits(self, source: str) -> int:
        """How many bits at a time floating-point numbers of a source are added up by."""
        remote = self.remotes.get(source)
        return remote.dialect.limb_bits if remote is not None else LIMB

    def statement(self, query: Any, *, pretty: bool = False) -> tuple[Remote, Statement] | None:
        """A query as it is asked of an engine; None where it is asked here.

        Raises Untranslatable.
        """
        remotes = [self.remotes[name] for name in self._sources(query) if name in self.remotes]
        if not remotes:
            return None
        if len(remotes) < len(self._sources(query)):
            raise Untranslatable("it is joined with what is read here")
        if len({remote.engine for remote in remotes}) > 1:
            raise Untranslatable("it is joined with what another engine has")
        tables = {relation(name): self.remotes[name].table for name in self._sources(query)}
        kinds = {relation(name): self.remotes[name].kinds for name in self._sources(query)}
        from kpidsl.sql.glot import as_sqlglot

        return remotes[0], remotes[0].dialect.text(as_sqlglot(query), tables, kinds, pretty=pretty)

    def ask(self, query: Any, source: str) -> Rows | None:
        """The rows that an engine answers; None where the query is to be asked here, of rows that were read."""

        def asked(remote: Remote, statement: Statement) -> Rows:
            found = remote.ask(statement.sql)
            if found:
                statement.check(len(found[0]))
            return [statement.folded(row) for row in found]

        rows = self._answered(query, source, asked)
        if rows is not None:
            self.traffic[source].rows += len(rows)
        return rows

    def bring(self, query: exp.Select, source: str) -> tuple[Brought, str] | None:
        """A table of the rows that an engine answers, and the SELECT that has its columns as the query names them;
        None where the query is to be asked here.
        """

        def brought(remote: Remote, statement: Statement) -> tuple[Brought, str]:
            found = remote.bring(statement.sql)
            statement.check(len(found.types))
            return found, found.selected(query.named_selects, statement.kinds)

        table = self._answered(query, source, brought)
        if table is not None:
            self.traffic[source].rows += table[0].rows
        return table

    def _answered(self, query: Any, source: str, how: Callable[[Remote, Statement], T]) -> T | None:
        """What an engine answers to a query; None where it is to be asked here, of rows that were read."""
        try:
            found = self.statement(query)
            if found is None:
                return None
            answer = how(*found)
        except Untranslatable as reason:
            self._read(query, str(reason))
            return None
        except Unanswerable as error:
            self._read(query, error.message)
            return None
        except SourceError as error:
            raise _told(error, source) from error
        self.traffic[source].queries += 1
        return answer

    def said(self, query: Any, text: str) -> str:
        """A query as it is asked, with where, for people; `text` is what DuckDB would be asked."""
        reason = next((self.here[name] for name in self._sources(query) if name in self.here), None)
        try:
            found = self.statement(query, pretty=True)
        except Untranslatable as untranslatable:
            found, reason = None, str(untranslatable)
        if found is not None:
            return f"-- asked of {found[0].dialect.name}\n{found[1].sql}"
        return text if reason is None else f"-- asked here, of rows that were read: {_one_line(reason)}\n{text}"

    def is_remote(self, query: Any) -> bool:
        """Whether a query reads a source that is asked where it lives."""
        return any(name in self.remotes for name in self._sources(query))

    def _read(self, query: Any, reason: str) -> None:
        """Read the rows of all sources of a query, and ask them here from now on."""
        for name in self._sources(query):
            if name in self.remotes:
                del self.remotes[name]
                self.here[name] = reason
                self._bring(name)

    def _sources(self, query: Any) -> list[str]:
        return [source for name in q.relations(query) if (source := source_of(name)) is not None]


class Door:
    """Where all queries of a run go through."""

    def __init__(self, connection: DuckDBPyConnection, places: Places | None) -> None:
        self.connection = connection
        self.places = places

    def fetch(self, query: Any, source: str) -> Rows:
        """The rows of a query about a source. Raises KpidslError: a CellError where a value is at fault."""
        if self.places is not None:
            found = self.places.ask(query, source)
            if found is not None:
                return found
        with _told_as(source):
            return self.connection.execute(q.text(query)).fetchall()

    def stream(self, query: Any, source: str, order: Sequence[int] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows one after the other, in the order of the columns at these places, few of them in memory at a time.
        Nothing else may be asked meanwhile. Raises as `fetch` does, also between rows.
        """
        if self.places is not None:
            found = self.places.ask(query, source)
            if found is not None:
                # Engines differ in what they take for equal texts, so the order is not asked of them.
                yield from sorted(found, key=lambda row: [(row[at] is None, row[at]) for at in order])
                return
        with _told_as(source):
            running = self.connection.execute(q.text(q.in_order(query, order) if order else query))
            while rows := running.fetchmany(AT_ONCE):
                yield from rows

    def is_here(self, query: Any) -> bool:
        """Whether a query is asked here."""
        return self.places is None or not self.places.is_remote(query)

    @contextmanager
    def table(self, query: exp.Select, name: str, source: str) -> Iterator[int]:
        """The rows of a query as a table of this name, and how many these are. Raises as `fetch` does."""
        table = identifier(name)
        brought = self.places.bring(query, source) if self.places is not None else None
        text = q.text(query) if brought is None else brought[1]
        with _told_as(source):
            made = self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {text}")
            (rows,) = made.fetchall()[0]
            if brought is not None:
                self.connection.execute(f"DROP TABLE {identifier(brought[0].table)}")
        try:
            yield rows
        finally:
            self.connection.execute(f"DROP TABLE IF EXISTS {table}")

    def types(self, table: str) -> list[str]:
        """The types of the columns of a table here."""
        query = exp.select(exp.Star(), copy=False).from_(exp.to_table(table), copy=False).limit(0, copy=False)
        return [str(column[1]) for column in self.connection.execute(q.text(query)).description or ()]

    def said(self, query: Any) -> str:
        """The SQL of a query, for people: as an engine is asked it, or as DuckDB is."""
        text = q.text(query, pretty=True)
        return text if self.places is None else self.places.said(query, text)


@contextmanager
def _told_as(source: str) -> Iterator[None]:
    """What DuckDB raises as failures of a source; an interruption as KeyboardInterrupt."""
    try:
        yield
    except failures() as error:
        raise query_error(error, source) from error
    except RuntimeError as error:
        if is_interruption(error):
            raise KeyboardInterrupt from error
        raise


@contextmanager
def usable_answers(source: str, *, is_here: bool) -> Iterator[None]:
    """What cannot be computed with, of the answers of an engine that a plugin asks, as SourceError K0602."""
    try:
        yield
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
        if is_here:
            raise
        raise SourceError(
            f"the answers of the engine of `{source}` cannot be computed with: {type(error).__name__}: {error}",
            code="K0602",
            hint="this is most likely a fault of its provider: tell its authors which rows its `query` gives",
        ) from error


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _told(error: SourceError, source: str) -> KpidslError:
    """A failure at an engine, by the source that was asked for."""
    message = error.message if f"`{source}`" in error.message else f"`{source}` could not be asked: {error.message}"
    kind = CellError if error.code in OF_A_VALUE else SourceError
    return kind(message, code=error.code, hint=error.hint)
