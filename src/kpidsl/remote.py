"""Sources that are asked where they live: which of a plan's are, and how a question gets there and back."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from kpidsl.diagnostics import KpidslError, SourceError, foreign_errors, told
from kpidsl.engine.duck import is_interruption
from kpidsl.hookspecs import ArrowStream, Dataset, Limits, Queryable, ScanRequest
from kpidsl.patience import patiently
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl.sources.materialize import rows_of, table_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from kpidsl.binding import Bound
    from kpidsl.engine.place import Places, Remote
    from kpidsl.plan import Plan

T = TypeVar("T")


class Asked(Protocol):
    """What gives the answer of an engine to a query, as `taken` takes it."""

    def __call__(self, sql: str, taken: Callable[[DuckDBPyConnection, ArrowStream, str], T]) -> T: ...


def checked_schema(found: object) -> None:
    """Raise TypeError for what a provider's `schema()` gives that is no Schema, or one without order."""
    if not isinstance(found, Schema):
        raise TypeError(f"schema() gives a {type(found).__name__}, not a Schema")
    names: set[str] = set()
    for column in found.columns:
        parts: tuple[tuple[object, type], ...] = ((column, Column), (column.name, str), (column.type, DataType))
        if not all(isinstance(value, kind) for value, kind in parts):
            raise TypeError(f"schema() gives {column!r}, not a Column with a name and a DataType")
        if column.name in names:
            raise TypeError(f"schema() names `{column.name}` twice")
        names.add(column.name)


def foreign(source: str, provider: str, error: BaseException) -> SourceError:
    """An exception of a provider that is none of ours: named, and kept from the other sources.

    Raises KeyboardInterrupt where it only says that a query was stopped.
    """
    if is_interruption(error):
        raise KeyboardInterrupt from error
    return SourceError(
        f"the provider `{provider}` of `{source}` failed: {told(error)}",
        code="K0602",
        hint="this is a fault of the provider: tell its authors, with `--debug` for the details",
    )


class Engines:
    """The engines of a run, each asked through one of its datasets, so that all sources there are seen in one state.
    Without a `connection`, which turns answers into Python's values, nothing can be asked.
    """

    def __init__(self, connection: DuckDBPyConnection | None) -> None:
        self._connection = connection
        self._asked: dict[Hashable, Asked] = {}
        self._opened: list[Queryable] = []

    def remote(
        self,
        dataset: Queryable,
        request: ScanRequest,
        schema: Schema,
        limits: Limits | None,
        source: str,
        provider: str,
    ) -> Remote:
        """How the dataset of a source is asked. Raises SourceError where it cannot say what it is called."""
        from kpidsl.engine.place import Remote
        from kpidsl.sql.dialects import dialect

        written = dialect(dataset.dialect)
        assert written is not None
        table = dataset.table(request)
        if not isinstance(table, str):
            raise TypeError(f"table() gives a {type(table).__name__}, not a text")
        engine = dataset.engine
        if engine not in self._asked:
            self._asked[engine] = self._asking(dataset, limits, source, provider)
            self._opened.append(dataset)
        kinds = {one.name: one.type for one in schema.columns}
        asked = self._asked[engine]
        return Remote(
            written, engine, table, lambda sql: asked(sql, rows_of), lambda sql: asked(sql, table_of), kinds
        )  # fmt: skip

    def close(self) -> None:
        """Nothing is asked any more; what fails at that is nobody's loss."""
        for dataset in self._opened:
            try:
                dataset.close()
            except Exception:  # noqa: BLE001, S112 — a provider may be anyone's, and the run is over
                continue

    def _asking(self, dataset: Queryable, limits: Limits | None, source: str, provider: str) -> Asked:
        has_answered = False
        what = f"the source `{source}`"

        def ask(sql: str, taken: Callable[[DuckDBPyConnection, ArrowStream, str], T]) -> T:
            nonlocal has_answered
            assert self._connection is not None
            # Another try would have a new connection, which may see other rows than those that were answered from.
            allowed = replace(limits, retries=0) if limits is not None and has_answered else limits
            cursor = self._connection.cursor()
            try:
                found = patiently(lambda: taken(cursor, dataset.query(sql), what), allowed, what, dataset.cancel)
            except KpidslError:
                raise
            except foreign_errors() as error:
                raise foreign(source, provider, error) from error
            finally:
                cursor.close()
            has_answered = True
            return found

        return ask


def why_here(dataset: Dataset, request: ScanRequest, schema: Schema | None) -> str | None:
    """Why the rows of a dataset that has an engine are read nevertheless; None where it can be asked."""
    from kpidsl.sql.dialects import dialect

    assert isinstance(dataset, Queryable)
    if dialect(dataset.dialect) is None:
        return f"there is no way to write {dataset.dialect}"
    if schema is None:
        return "its columns are not known"
    for column in request.columns:
        there = schema.get(column.name)
        if there is None or there.type is DataType.OTHER:
            return f"it has no column `{column.name}` that can be used"
        if column.as_type not in (None, there.type):
            assert column.as_type is not None
            return f"`{column.name}` is {there.type.value} there and has to become {column.as_type.value}"
    return None


def placed(bound: Bound, plan: Plan) -> Places:
    """Where the sources of a plan would be asked, without asking."""
    from kpidsl.needed import requests

    engines = Engines(None)
    try:
        return places(bound, plan, requests(plan), engines, lambda _: None)[0]
    finally:
        engines.close()


def places(
    bound: Bound, plan: Plan, wanted: Mapping[str, ScanRequest], engines: Engines, read: Callable[[str], object]
) -> tuple[Places, dict[str, KpidslError]]:  # fmt: skip
    """Where the sources of a plan are asked; `read` reads the rows of one. And what failed on the way."""
    from kpidsl.engine.place import Places

    found: dict[str, Remote] = {}
    here: dict[str, str] = {}
    failed: dict[str, KpidslError] = {}
    for name, request in wanted.items():
        dataset = bound.datasets.get(name)
        if dataset is None or name in bound.failed:
            continue
        provider = plan.sources[name].provider.provider.text
        try:
            if not isinstance(dataset, Queryable):  # which asks for its attributes
                continue
            schema = bound.schemas.get(name)
            reason = why_here(dataset, request, schema)
            if reason is not None or schema is None:
                here[name] = reason or "its columns are not known"
                continue
            found[name] = engines.remote(dataset, request, schema, bound.limits.get(name), name, provider)
        except KpidslError as error:
            failed[name] = error
        except foreign_errors() as error:
            failed[name] = foreign(name, provider, error)
    return Places(found, here, read), failed
