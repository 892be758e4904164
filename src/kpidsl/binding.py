"""Sources bound to their providers: options checked, datasets opened, columns learned, rows brought into the engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpidsl.diagnostics import KpidslError, OptionError, Problems, SourceError
from kpidsl.engine.duck import is_interruption
from kpidsl.hookspecs import ColumnRequest, Context, Dataset, ScanRequest
from kpidsl.plan import Plan
from kpidsl.plan.columns import columns, columns_in, columns_of_conversion
from kpidsl.plugins import PluginError, Registry
from kpidsl.records import dataclass
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.row_scope import column_type
from kpidsl.semantic.rows import ColumnValue, Row
from kpidsl.semantic.scope import Declared
from kpidsl.semantic.types import DataType, Schema
from kpidsl.sources.materialize import into_duckdb
from kpidsl.sources.options import build_options
from kpidsl.sources.schema_cache import SchemaCache
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import shared_nodes as p
from kpidsl.syntax.node import Name, Text
from kpidsl.syntax.setting_nodes import HolidaysProp

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

IN_PROCESS = "arrow"


@dataclass(slots=True)
class Bound:
    """The datasets of a spec set by source, their columns where known, and what failed on the way."""

    datasets: dict[str, Dataset] = field(default_factory=dict)
    schemas: dict[str, Schema | None] = field(default_factory=dict)
    failed: dict[str, KpidslError] = field(default_factory=dict)
    holidays: Dataset | KpidslError | None = None
    checkins: dict[str, Dataset | KpidslError] = field(default_factory=dict)


def bind(
    sources: Mapping[str, Declared[d.SourceDecl]],
    holidays: HolidaysProp | None,
    registry: Registry,
    root: Path,
    problems: Problems,
    *,
    frames: Mapping[str, object],
    untrusted: bool,
    learn: bool,
) -> Bound:
    """Check every source's provider and options; `learn` its columns. A wrong option is a problem of the spec."""
    bound = Bound()
    cache = SchemaCache()
    if holidays is not None and isinstance(holidays.days, p.ProviderCall):
        base = holidays.span.source.file
        context = Context(base.parent if base is not None else root, root, untrusted, frames)
        bound.holidays = dataset_beside(holidays.days, registry, context, problems, "holidays", learn=learn)
    for name, declared in sources.items():
        written = next((prop.provider for prop in declared.node.properties if isinstance(prop, d.FromProp)), None)
        if written is None:
            continue
        file = declared.node.span.source.file
        context = Context(file.parent if file is not None else root, root, untrusted, frames)
        try:
            provider_name, options = _options(written, registry, name, frames)
            dataset = registry.provider(provider_name).open(options, context)
        except (OptionError, PluginError) as error:
            problems.error(error.code, error.message, _place(written, error), hint=error.hint)
            continue
        except KpidslError as error:
            if learn:
                bound.failed[name] = error
            bound.schemas[name] = None
            continue
        bound.datasets[name] = dataset
        bound.schemas[name] = None
        if learn:
            try:
                bound.schemas[name] = cache.schema(provider_name, options, dataset)
            except KpidslError as error:
                bound.failed[name] = error
            except Exception as error:  # noqa: BLE001 — a provider may be anyone's
                bound.failed[name] = foreign(name, provider_name, error)
    return bound


def dataset_beside(
    written: p.ProviderCall, registry: Registry, context: Context, problems: Problems, what: str, *, learn: bool
) -> Dataset | KpidslError | None:
    """Data that is no source: a list of holidays, check-ins. A wrong option is a problem of the spec, data that cannot
    be had one of what needs it.
    """
    try:
        name, options = _options(written, registry, "", {})
        dataset = registry.provider(name).open(options, context)
        if learn:
            SchemaCache().schema(name, options, dataset)
    except (OptionError, PluginError) as error:
        problems.error(error.code, error.message, _place(written, error), hint=error.hint)
        return None
    except KpidslError as error:
        problems.error(error.code, error.message, written.span, hint=error.hint)
        return error
    except Exception as error:  # noqa: BLE001 — a provider may be anyone's
        failed = foreign(what, written.provider.text, error)
        problems.error(failed.code, failed.message, written.span, hint=failed.hint)
        return failed
    return dataset


def read_holidays(bound: Bound, connection: DuckDBPyConnection) -> frozenset[date] | KpidslError | None:
    """The holidays that a file lists in its column `date`, or else in its first; or why they cannot be had. None where
    no file lists them.
    """
    from kpidsl.sql import queries as q

    dataset = bound.holidays
    if dataset is None or isinstance(dataset, KpidslError):
        return dataset
    name = "holidays of the calendar"
    try:
        names = dataset.schema().names
        column = next((one for one in names if one.lower() == "date"), names[0])
        into_duckdb(connection, name, dataset, ScanRequest((ColumnRequest(column, DataType.DATE),)))
        found = connection.execute(q.text(q.distinct(name, column))).fetchall()
    except KpidslError as error:
        return error
    except Exception as error:  # noqa: BLE001 — a provider may be anyone's
        return foreign("holidays", "holidays", error)
    return frozenset(day for (day,) in found if day is not None)


def _options(written: p.ProviderCall, registry: Registry, source: str, frames: Mapping[str, object]) -> tuple[str, Any]:
    if source in frames:
        return IN_PROCESS, build_options(registry.provider(IN_PROCESS), [source], {})
    positional = [_value(one.value) for one in written.arguments if one.name is None]
    named: dict[str, object] = {}
    for one in written.arguments:
        if one.name is not None:
            if one.name.text in named:
                raise OptionError(f"`{one.name.text}` is given twice", option=one.name.text, hint="keep one")
            named[one.name.text] = _value(one.value)
    provider = registry.provider(written.provider.text)
    return provider.name, build_options(provider, positional, named)


def _value(option: p.OptionValue) -> object:
    match option:
        case Text(value=text):
            return text
        case Name(text=text):
            return text
        case p.OptionBoolean(value=truth):
            return truth
        case p.OptionNumber(value=number):
            return int(number) if number == int(number) else float(number)
        case p.OptionList(items=items):
            return tuple(_value(item) for item in items)


def _place(written: p.ProviderCall, error: KpidslError) -> Any:
    option = getattr(error, "option", None)
    for one in written.arguments:
        if one.name is not None and one.name.text == option:
            return one.name.span
    return written.provider.span


def foreign(source: str, provider: str, error: Exception) -> SourceError:
    """An exception of a provider that is none of ours: named, and kept from the other sources.

    Raises KeyboardInterrupt where it only says that a query was stopped.
    """
    if is_interruption(error):
        raise KeyboardInterrupt from error
    return SourceError(
        f"the provider `{provider}` of `{source}` failed: {type(error).__name__}: {error}",
        code="K0602",
        hint="this is a fault of the provider: tell its authors, with `--debug` for the details",
    )


def files_behind(bound: Bound, names: Iterable[str]) -> list[str]:
    """The files that the datasets of these sources are read from."""
    return [path for name in names for path, _, _ in bound.datasets[name].fingerprint() or ()]


# ---------------------------------------------------------------- rows for a run
def requests(plan: Plan) -> dict[str, ScanRequest]:
    """What a plan needs of each source: the columns its cells read, keys and joins, each once and in order."""
    needed: dict[str, dict[str, DataType | None]] = {}

    def need(row: Row | None) -> None:
        if isinstance(row, ColumnValue):
            needed.setdefault(row.source, {}).setdefault(row.name, row.type)

    def walk(name: str, path: tuple[str, ...]) -> None:
        model = plan.sources[name]
        for step in path:
            join = model.joins[step]
            other = plan.sources[join.source]
            for left, right in join.keys:
                needed.setdefault(model.name, {}).setdefault(left, _type(model, left))
                needed.setdefault(other.name, {}).setdefault(right, _type(other, right))
            model = other

    def own(source: SourceModel) -> None:
        for key in source.key:
            needed.setdefault(source.name, {}).setdefault(key, _type(source, key))
        times = (source.time, *((source.holds.start, source.holds.end) if source.holds is not None else ()))
        for row in times:
            if row is not None:
                for column in columns_in(row):
                    need(column)

    for cell in plan.cells:
        source = plan.sources[cell.source]
        needed.setdefault(source.name, {})
        for column in columns(cell):
            need(column)
            walk(cell.source, column.path)
        own(source)
        if cell.conversion is not None:
            for column in columns_of_conversion(cell.conversion):
                need(column)
                walk(cell.conversion.source, column.path)
            own(plan.sources[cell.conversion.source])
    return {
        name: ScanRequest(tuple(_request(plan.sources[name], column, kind) for column, kind in wanted.items()))
        for name, wanted in needed.items()
    }


def _type(source: SourceModel, name: str) -> DataType | None:
    given = source.schema.get(name) if source.schema is not None else None
    declared = source.columns.get(name)
    provided = given.type if given is not None else None
    return provided if declared is None else column_type(declared, provided)


def _request(source: SourceModel, name: str, kind: DataType | None) -> ColumnRequest:
    declared = source.columns.get(name)
    given = source.schema.get(name) if source.schema is not None else None
    form = declared.format if declared is not None else None
    same = given is not None and given.type is kind and declared is None
    return ColumnRequest(name, None if same else kind, form)


def bring_in(
    plan: Plan,
    bound: Bound,
    connection: DuckDBPyConnection,
    told: Callable[[str], None],
) -> tuple[dict[str, str], dict[str, KpidslError]]:
    """Make every source the plan needs a relation inside the connection; what fails costs only that source."""
    tables = Tables(plan, bound, connection, told)
    tables.bring_all()
    return tables, tables.failed


class Tables(dict[str, str]):
    """The relation of each source inside the connection, made when it is first asked for; what fails is in `failed`.

    Raises KpidslError for a source that failed.
    """

    def __init__(
        self, plan: Plan, bound: Bound, connection: DuckDBPyConnection, told: Callable[[str], None]
    ) -> None:  # fmt: skip
        super().__init__()
        self.failed: dict[str, KpidslError] = dict(bound.failed)
        self._plan = plan
        self._bound = bound
        self._connection = connection
        self._told = told
        self._requests = requests(plan)

    def bring_all(self, but: Collection[str] = ()) -> None:
        """Make every source the plan needs a relation."""
        for name in self._requests:
            if name not in but:
                self.bring(name)

    def bring(self, name: str) -> None:
        """Make a source a relation, unless it is one or failed to be."""
        if name in self or name in self.failed:
            return
        self._told(name)
        try:
            self[name] = into_duckdb(
                self._connection, f"source {name}", self._bound.datasets[name], self._requests[name]
            )
        except KpidslError as error:
            self.failed[name] = error
        except Exception as error:  # noqa: BLE001 — a provider may be anyone's
            self.failed[name] = foreign(name, self._plan.sources[name].provider.provider.text, error)

    def __missing__(self, name: str) -> str:
        self.bring(name)
        if name in self.failed:
            raise self.failed[name]
        return self[name]
