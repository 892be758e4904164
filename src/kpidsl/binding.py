"""Sources bound to their providers: options checked, datasets opened, columns learned, rows brought into the engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import field, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Literal

from kpidsl.diagnostics import KpidslError, OptionError, Problems, SourceError, foreign_errors
from kpidsl.engine.duck import failures, identifier, relation
from kpidsl.engine.lacking import Lacking
from kpidsl.hookspecs import ColumnRequest, Dataset, Limits, Queryable, ScanRequest
from kpidsl.needed import essential, requests
from kpidsl.opening import Chosen, Misplaced, Opener, limits_of, report
from kpidsl.patience import patiently, side_by_side
from kpidsl.plan import Plan
from kpidsl.plugins import PluginError
from kpidsl.records import dataclass
from kpidsl.remote import Engines, checked_schema, foreign, places
from kpidsl.semantic.types import DataType, Schema
from kpidsl.sources.materialize import fetch, into_duckdb, is_streamed
from kpidsl.sources.schema_cache import SchemaCache
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import shared_nodes as p

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from kpidsl.assess.results import SourceTraffic
    from kpidsl.engine.answers import Answers
    from kpidsl.engine.kept import KeptSource
    from kpidsl.engine.located import Located
    from kpidsl.semantic.declared import Declared
    from kpidsl.syntax.setting_nodes import HolidaysProp

Learn = Literal["nothing", "local", "all"]
"""Whose columns are looked up: nobody's, those of what lies on this machine, or everything's."""
SIDE_BY_SIDE = 4


@dataclass(slots=True)
class Bound:
    """The datasets of a spec set by source, their columns where known, what failed on the way, and how long reading
    what is not on this machine may take.
    """

    datasets: dict[str, Dataset] = field(default_factory=dict)
    schemas: dict[str, Schema | None] = field(default_factory=dict)
    failed: dict[str, KpidslError] = field(default_factory=dict)
    holidays: Dataset | KpidslError | None = None
    checkins: dict[str, Dataset | KpidslError] = field(default_factory=dict)
    limits: dict[str, Limits] = field(default_factory=dict)


def bind(
    sources: Mapping[str, Declared[d.SourceDecl]],
    holidays: HolidaysProp | None,
    opener: Opener,
    problems: Problems,
    *,
    frames: Mapping[str, object],
    learn: Learn,
) -> Bound:
    """Check every source's provider and options; `learn` its columns. A wrong option is a problem of the spec."""
    bound = Bound()
    cache = SchemaCache()
    if holidays is not None and isinstance(holidays.days, p.ProviderCall):
        bound.holidays = dataset_beside(holidays.days, opener, problems, "holidays", frames=frames, learn=learn)
    looks: dict[str, Callable[[], Schema]] = {}
    for name, declared in sources.items():
        written = next((prop.provider for prop in declared.node.properties if isinstance(prop, d.FromProp)), None)
        if written is None:
            continue
        try:
            chosen = opener.chosen(written, name, frames)
            dataset = chosen.open()
        except Misplaced as error:
            report(error, problems, written.span)
            continue
        except (OptionError, PluginError) as error:
            report(error, problems, written.provider.span)
            continue
        except KpidslError as error:
            if learn != "nothing":
                bound.failed[name] = error
            bound.schemas[name] = None
            continue
        except foreign_errors() as error:
            bound.failed[name] = foreign(name, written.provider.text, error)
            bound.schemas[name] = None
            continue
        bound.datasets[name] = dataset
        bound.schemas[name] = None
        limits = limits_of(chosen)
        if limits is not None:
            bound.limits[name] = limits
        if learn == "all" or (learn == "local" and limits is None):
            looks[name] = partial(_look, cache, chosen, dataset, limits, name)
    _learn(bound, looks)
    return bound


def _look(cache: SchemaCache, chosen: Chosen, dataset: Dataset, limits: Limits | None, name: str) -> Schema:
    what = f"the source `{name}`"
    try:
        found = patiently(lambda: cache.schema(chosen.provider.name, chosen.options, dataset), limits, what)
        checked_schema(found)
        return found
    except KpidslError:
        raise
    except foreign_errors() as error:
        raise foreign(name, chosen.provider.name, error) from error


def _learn(bound: Bound, looks: Mapping[str, Callable[[], Schema]]) -> None:
    """The columns of sources: of those on this machine one after the other, of the others side by side."""
    far = {name: look for name, look in looks.items() if name in bound.limits}
    found: dict[str, Schema | BaseException] = side_by_side(far, SIDE_BY_SIDE, lambda _: None) if far else {}
    for name, look in looks.items():
        try:
            result = found[name] if name in found else look()
        except KpidslError as error:
            result = error
        if isinstance(result, KpidslError):
            bound.failed[name] = result
        elif isinstance(result, BaseException):
            raise result
        else:
            bound.schemas[name] = result


def dataset_beside(
    written: p.ProviderCall,
    opener: Opener,
    problems: Problems,
    what: str,
    *,
    frames: Mapping[str, object],
    learn: Learn,
) -> Dataset | KpidslError | None:
    """Data that is no source: a list of holidays, check-ins. A wrong option is a problem of the spec, data that cannot
    be had one of what needs it.
    """
    try:
        chosen = opener.chosen(written, "", frames)
        dataset = chosen.open()
        limits = limits_of(chosen)
        if learn == "all" or (learn == "local" and limits is None):
            _look(SchemaCache(), chosen, dataset, limits, what)
    except (Misplaced, OptionError, PluginError) as error:
        report(error, problems, written.provider.span)
        return None
    except KpidslError as error:
        problems.error(error.code, error.message, written.span, hint=error.hint)
        return error
    except foreign_errors() as error:
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
    except foreign_errors() as error:
        return foreign("holidays", "holidays", error)
    return frozenset(day for (day,) in found if day is not None)


# ---------------------------------------------------------------- rows for a run
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
        self,
        plan: Plan,
        bound: Bound,
        connection: DuckDBPyConnection,
        told: Callable[[str], None],
        jobs: int = SIDE_BY_SIDE,
    ) -> None:
        super().__init__()
        self._jobs = jobs
        self._fetched: dict[str, str] = {}
        self._located: dict[tuple[str, str], Located | None] = {}
        self._cursors: dict[str, DuckDBPyConnection] = {}
        self.failed: dict[str, KpidslError] = dict(bound.failed)
        self._broken: dict[str, dict[str, KpidslError]] = {}
        self._essential = essential(plan)
        self._plan = plan
        self._bound = bound
        self._connection = connection
        self._told = told
        self._requests = requests(plan)
        self._engines = Engines(connection)
        self.places, failed = places(bound, plan, self._requests, self._engines, self.read)
        self.failed.update(failed)

    def bring_all(self, but: Collection[str] = (), *, spare: bool = False) -> None:
        """Make every source the plan needs a relation, those that are elsewhere side by side; `spare` columns with a
        value that cannot be read: `answers` knows what that costs.
        """
        wanted = [name for name in self._requests if name not in but and not self.is_done(name)]
        calls = {
            name: partial(self._fetch, name, dataset)
            for name in wanted
            if name in self._bound.limits and is_streamed(dataset := self._bound.datasets[name])
        }
        for name, found in (side_by_side(calls, self._jobs, self._told, self._stop) if calls else {}).items():
            if spare and isinstance(found, SourceError) and self._spare(name, found):
                continue  # read again, without the column
            if isinstance(found, foreign_errors()):
                self._fail(name, found)
            elif isinstance(found, BaseException):
                raise found
            else:
                self._fetched[name] = found
        for name in wanted:
            self.bring(name, spare=spare)

    def is_done(self, name: str) -> bool:
        return name in self or name in self.failed or name in self.places.remotes

    def read(self, name: str) -> None:
        """Read the rows of a source that cannot be asked where it lives. Raises KpidslError where that fails."""
        self[name]

    def answers(
        self,
        plan: Plan,
        no_holidays: KpidslError | None = None,
        kept: Mapping[str, KeptSource] | None = None,
        *,
        explain: bool = False,
        told: Callable[[str], None] | None = None,
    ) -> Answers:
        """What the sources answer to a plan: that of this run, or one that asks for no other columns."""
        from kpidsl.engine.run import Run

        return Run(
            plan,
            self._connection,
            self,
            self.failed,
            explain=explain,
            lacking=Lacking(no_holidays, self._broken),
            told=told,
            kept=kept,
            places=self.places,
            located=self.located,
        ).run()

    def located(self, name: str, time: str) -> Located | None:
        """The rows of a source with where they stand in its files, and what these tell of a time column."""
        from kpidsl.sources.parquet_files import ParquetDataset

        if (name, time) not in self._located:
            dataset = self._bound.datasets[name]
            found = None
            if isinstance(dataset, ParquetDataset) and name in self:
                try:
                    found = dataset.located(self._connection, self._requests[name], time)
                except (KpidslError, OSError, failures()):  # whatever it is, to read the rows will tell
                    found = None
            self._located[name, time] = found
        return self._located[name, time]

    def traffic(self) -> tuple[SourceTraffic, ...]:
        """How much each source that lives elsewhere was asked, and how many of its rows were read."""
        from kpidsl.assess.results import SourceTraffic

        found: list[SourceTraffic] = []
        for name in self._requests:
            asked, table = self.places.traffic.get(name), self._fetched.get(name)
            if asked is None and table is None:
                continue
            size = f"SELECT count(*) FROM {identifier(table)}" if table is not None else "SELECT 0"  # noqa: S608
            ((read,),) = self._connection.execute(size).fetchall()
            dialect, queries, rows = (asked.dialect, asked.queries, asked.rows) if asked is not None else (None, 0, 0)
            found.append(SourceTraffic(name, dialect, queries, rows + read, self.places.here.get(name)))
        return tuple(found)

    def close(self) -> None:
        """The run is over."""
        self._engines.close()

    def _fetch(self, name: str, dataset: Dataset) -> str:
        """The rows of a source that is elsewhere, in a table of the engine."""
        cursor = self._cursors[name] = self._connection.cursor()
        try:
            return patiently(
                lambda: fetch(cursor, relation(name), dataset, self._requests[name]),
                self._bound.limits[name],
                f"the source `{name}`",
                partial(self._stop, name),
            )
        finally:
            del self._cursors[name]
            cursor.close()

    def _stop(self, name: str) -> None:
        """End the reading of a source, here and where it lives."""
        dataset, cursor = self._bound.datasets[name], self._cursors.get(name)
        if cursor is not None:
            cursor.interrupt()
        if isinstance(dataset, Queryable):
            dataset.cancel()

    def bring(self, name: str, *, spare: bool = False) -> None:
        """Make a source a relation, unless it is one or failed to be; `spare` as for `bring_all`."""
        if self.is_done(name):
            return
        self._told(name)
        dataset = self._bound.datasets[name]
        try:
            while True:
                try:
                    if name in self._bound.limits and name not in self._fetched and is_streamed(dataset):
                        self._fetched[name] = self._fetch(name, dataset)
                    self[name] = into_duckdb(
                        self._connection,
                        relation(name),
                        dataset,
                        self._requests[name],
                        self._fetched.get(name),
                        self._bound.schemas.get(name),
                    )
                    return
                except SourceError as error:
                    if not (spare and self._spare(name, error)):
                        raise
        except foreign_errors() as error:
            self._fail(name, error)

    def _spare(self, name: str, error: SourceError) -> bool:
        """Leave out a column with a value that cannot be read, if there is one: it costs only what needs it."""
        asked = self._requests[name].columns
        left = tuple(one for one in asked if one.name != error.column)
        if error.column is None or left == asked or error.column in self._essential[name]:
            return False
        self._broken.setdefault(name, {})[error.column] = error
        self._requests[name] = replace(self._requests[name], columns=left)
        return True

    def _fail(self, name: str, error: BaseException) -> None:
        if isinstance(error, KpidslError):
            self.failed[name] = error
        else:
            self.failed[name] = foreign(name, self._plan.sources[name].provider.provider.text, error)

    def files(self) -> list[str]:
        """The files behind what was brought in; a source that cannot tell fails."""
        found: list[str] = []
        for name in tuple(self):
            try:
                found += (path for path, _, _ in self._bound.datasets[name].fingerprint() or ())
            except foreign_errors() as error:
                self._fail(name, error)
                del self[name]
        return found

    def __missing__(self, name: str) -> str:
        if name in self.places.remotes:
            return relation(name)
        self.bring(name)
        if name in self.failed:
            raise self.failed[name]
        return self[name]
