"""The stages composed: the only module that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kpidsl import __version__, leftovers
from kpidsl.checked import Checked, CheckReport, Opened, SpecError, modelled, opened, planned
from kpidsl.clock import Clock
from kpidsl.configuration.find import Wanted
from kpidsl.diagnostics import Diagnostic, KpidslError, Problems, Severity
from kpidsl.library import library_units
from kpidsl.spec_files import SpecFiles, read

if TYPE_CHECKING:
    from kpidsl.binding import Learn
    from kpidsl.engine.answers import Answers
    from kpidsl.engine.kept import KeptSource
    from kpidsl.graph.records import Graph
    from kpidsl.plan import Plan
    from kpidsl.plugins import Registry
    from kpidsl.report.explanation import Explanation
    from kpidsl.report.results import Results
    from kpidsl.smart.records import SmartReport
    from kpidsl.testing.outcomes import SuiteReport

Stage = Literal["ast", "model", "plan", "sql"]


class SpecSet:
    """Parsed files that belong together. Made by `load`."""

    def __init__(self, files: SpecFiles, wanted: Wanted) -> None:
        self._files = files
        self._wanted = wanted
        self._registry: Registry | None = None

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Problems of syntax, found when the files were read."""
        return tuple(self._files.problems)

    def check(
        self,
        *,
        schemas: bool = True,
        params: Mapping[str, str] | None = None,
        sources: Mapping[str, object] | None = None,
        untrusted: bool = False,
        no_plugins: bool = False,
        connect: bool = False,
    ) -> CheckReport:
        """Everything that can be known without reading rows, `test` blocks included. `schemas=False` stays with the
        text alone; `connect` also asks databases and servers for their columns.

        Raises `UsageError` for a param that the spec does not declare.

        >>> import kpidsl
        >>> report = kpidsl.load("-", stdin_text="metric answer = 6 * sevn").check()
        >>> report.ok, [(one.code, one.place) for one in report.diagnostics]
        (False, [('K0204', '<stdin>:1')])
        """
        given = dict(params or {})
        opened = self._open(sources or {}, untrusted, no_plugins, learn=_learned(schemas, connect))
        name = opened.name(given)
        said = opened.kept.report(name)
        if said is None:
            said = self._said(opened, given)
            opened.kept.save_report(name, said)
        return CheckReport.of((*opened.problems, *said))

    def _said(self, opened: Opened, params: Mapping[str, str]) -> tuple[Diagnostic, ...]:
        """What a check says of the files themselves and of their sources."""
        found = modelled(opened, params, library_units, keep=False)
        names = found.names
        if names.tests or any(spec.half_read for spec in self._files.specs):
            from kpidsl.testing.suite import test_problems

            test_problems(
                self._files.specs,
                library_units,
                params=params,
                problems=found.problems,
                functions=opened.registry.functions,
            )
        return found.complete()

    def smart(
        self,
        *,
        as_of: str | date | datetime | None = None,
        schemas: bool = True,
        params: Mapping[str, str] | None = None,
        sources: Mapping[str, object] | None = None,
        untrusted: bool = False,
        no_plugins: bool = False,
    ) -> SmartReport:
        """What `check` finds, and whether each KPI and key result is specific, measurable, achievable, relevant and
        time-bound. Unless `schemas` is False, the data says what was achieved at the anchor and twelve earlier ones.

        Raises `UsageError` for a wrong as-of or param.
        """
        from kpidsl.selection import anchor_of
        from kpidsl.smart import judge

        found = self._check(params or {}, sources or {}, untrusted, no_plugins, learn="all" if schemas else "nothing")
        anchor = anchor_of(as_of, found.model) if schemas or as_of is not None else None
        return judge(found, anchor if schemas else None, library_units(), untrusted=self._files.untrusted)

    def evaluate(
        self,
        *,
        as_of: str | date | datetime | None = None,
        select: Sequence[str] = (),
        params: Mapping[str, str] | None = None,
        sources: Mapping[str, object] | None = None,
        threads: int | None = None,
        memory: str | None = None,
        jobs: int | None = None,
        explain: bool = False,
        untrusted: bool = False,
        no_plugins: bool = False,
        timings: bool = False,
        progress: Callable[[str], None] | None = None,
        state: str | Path | None = None,
        unsaved: Callable[[OSError], None] | None = None,
    ) -> Results:
        """Evaluate at an anchor: a date means its end, nothing means now, to the second.

        `sources` are in-process tables (anything with `__arrow_c_stream__`) that stand for the sources of their names.
        `select` takes names, patterns such as `sales_*`, `tag:board` and `owner:finance`. `memory` (`512MB`) is all
        that the engine may take; what is more goes to a temporary folder. So many `jobs` sources that are not on this
        machine are read side by side. `progress` hears which source is read, then an empty text. `state` is a folder
        for what is known of files: the next run reads only new ones; `unsaved` hears why that could not be written.
        Raises `SpecError` where the spec has errors, `UsageError` for a wrong as-of, selection, param, size or folder.

        >>> import kpidsl, pyarrow as pa
        >>> from datetime import date
        >>> spec = kpidsl.load("-", stdin_text='''
        ...     source orders { from arrow("orders"); time at }
        ...     kpi sold { value count() from orders over last month; target >= 2 }
        ... ''')
        >>> orders = pa.table({"at": [date(2026, 3, 1), date(2026, 3, 31)]})
        >>> spec.evaluate(as_of="2026-03-31", sources={"orders": orders}).kpis[0].assessment.reason
        '2 meets the target of >= 2'
        """
        from kpidsl.assess.build import assess
        from kpidsl.assess.results import SpecIdentity
        from kpidsl.binding import SIDE_BY_SIDE, Tables, read_holidays
        from kpidsl.engine.duck import connect, restrict
        from kpidsl.plan import plan as lower
        from kpidsl.report.results import Results

        clock = Clock()
        given = dict(params or {})
        untrusted = untrusted or self._files.untrusted
        checked = self._checked(given, sources or {}, untrusted, no_plugins)
        selected, plan, is_now = planned(checked, as_of, select)
        clock.lap("plan")
        told = progress or (lambda _: None)
        with (
            leftovers.closing(connect(threads, memory)) as connection,
            closing(Tables(plan, checked.bound, connection, told, jobs or SIDE_BY_SIDE)) as tables,
        ):
            keeps = state is not None and not explain and not untrusted
            if not keeps:
                tables.bring_all(spare=True)
            holidays = read_holidays(checked.bound, connection)
            if isinstance(holidays, frozenset):
                plan = replace(plan, calendar=replace(plan.calendar, holidays=holidays))
            checkins = None
            if checked.bound.checkins:
                from kpidsl.checkins import read_checkins

                checkins = read_checkins(checked.bound, connection, filter(checked.model.objectives.get, selected))
            kept: Mapping[str, KeptSource] = {}
            if state is not None and keeps:
                from kpidsl.state import Keeping, keep, on_demand

                kept = keep(Keeping(plan, checked.bound, connection, Path(state), tables.__getitem__, told, unsaved))
                clock.lap("state")
                tables.bring_all(but=on_demand(plan, kept), spare=True)
            if untrusted:
                restrict(connection, tables.files())
            no_holidays = holidays if isinstance(holidays, KpidslError) else None
            clock.lap("sources")

            def again(anchor: datetime, outcome: str) -> tuple[Plan, Answers]:
                earlier = replace(lower(checked.model, anchor, (outcome,), Problems()), calendar=plan.calendar)
                return earlier, tables.answers(earlier, no_holidays)

            answers = tables.answers(plan, no_holidays, kept, explain=explain, told=told)
            told("")
            clock.lap("queries")
            identity = SpecIdentity(len(self._files.sources), self._files.sha256)
            found = assess(
                checked.model,
                plan,
                answers,
                selected,
                version=__version__,
                as_of_is_now=is_now,
                spec=identity,
                params=given,
                warnings=checked.warnings,
                checkins=checkins,
                again=again,
            )
            clock.lap("assess")
            if timings:
                found = replace(found, timings=clock.laps, traffic=tables.traffic())
        return Results.of(found)

    def test(
        self, *, params: Mapping[str, str] | None = None, only: str | None = None, no_plugins: bool = False
    ) -> SuiteReport:
        """Run the `test` blocks over the rows that stand in them; no data is opened.

        `only` keeps the tests whose title holds or matches it. Raises `SpecError` where the spec or a test has errors,
        `UsageError` where there is no test.
        """
        from kpidsl import plugins
        from kpidsl.testing.suite import prepare

        functions = plugins.load(no_plugins=no_plugins).functions
        suite = prepare(
            self._files.specs, self._files.problems, library_units, params=params or {}, only=only, functions=functions
        )
        if suite.problems.has_errors:
            raise SpecError(tuple(suite.problems))
        return suite.run()

    def show(
        self,
        what: Stage,
        *,
        select: Sequence[str] = (),
        as_of: str | date | datetime | None = None,
        params: Mapping[str, str] | None = None,
        sources: Mapping[str, object] | None = None,
    ) -> str:
        """A stage as stable text: the syntax tree, the model, the plan, or the SQL."""
        from kpidsl.report.explained import queries
        from kpidsl.report.tree import tree

        if what == "ast":
            return "\n".join(tree(spec) for spec in self._files.specs)
        checked = self._checked(params or {}, sources or {}, False, False)
        selected, plan, _ = planned(checked, as_of, select)
        model = checked.model
        if what == "model":
            every = (model.metrics, model.kpis, model.objectives, model.outcomes, model.policies, model.scorecards)
            shown = {name: next((kind[name] for kind in every if name in kind), None) for name in selected}
            return "\n".join(f"{name}\n{tree(one, 1)}" for name, one in shown.items() if one is not None)
        if what == "plan":
            from kpidsl.engine.outline import outline
            from kpidsl.remote import placed

            told = outline(plan, placed(checked.bound, plan))
            return "\n\n".join(filter(None, (told, "\n".join(tree(cell) for cell in plan.cells))))
        results = self.evaluate(as_of=as_of, select=select, params=params, sources=sources, explain=True)
        return ";\n\n".join(queries(results))

    def explain(
        self,
        name: str,
        *,
        as_of: str | date | datetime | None = None,
        params: Mapping[str, str] | None = None,
        sources: Mapping[str, object] | None = None,
        untrusted: bool = False,
        no_plugins: bool = False,
    ) -> tuple[Explanation, ...]:
        """Everything that is to be known of the declarations of a name, at an anchor, without reading rows.

        A name has one declaration, or several of different kinds. What is wrong with a declaration is among its
        `problems`. Raises `UsageError` for a name there is none of, a wrong as-of or param.
        """
        from kpidsl.lookup.build import Looked, explain
        from kpidsl.selection import anchor_of

        given = dict(params or {})
        checked = self._check(given, sources or {}, untrusted, no_plugins, learn="all")
        model = checked.model
        problems = tuple(checked.problems)
        anchor = anchor_of(as_of, model)
        looked = Looked(checked.names, model, checked.bound, library_units, anchor, as_of is None, given, problems)
        return explain(name, looked)

    def graph(
        self,
        *,
        as_of: str | date | datetime | None = None,
        states: bool = True,
        params: Mapping[str, str] | None = None,
        sources: Mapping[str, object] | None = None,
        untrusted: bool = False,
        no_plugins: bool = False,
        progress: Callable[[str], None] | None = None,
    ) -> tuple[Graph, Results | None]:
        """The map of what supports what, and the evaluation its `states` are from; without them no data is opened.

        Raises `SpecError` where the spec has errors, `UsageError` for a wrong as-of or param.
        """
        from kpidsl.graph import gather, with_states
        from kpidsl.report.text import anchor_said

        if not states:
            checked = self._checked(params or {}, sources or {}, untrusted, no_plugins, learn="nothing")
            return gather(checked.names), None
        results = self.evaluate(
            as_of=as_of,
            params=params,
            sources=sources,
            untrusted=untrusted,
            no_plugins=no_plugins,
            progress=progress,
        )
        drawn = gather(self._open(sources or {}, untrusted, no_plugins, learn="nothing").resolved[0])
        return with_states(drawn, results, anchor_said(results)), results

    def tell(self, results: object) -> tuple[Diagnostic, ...]:
        """Tell plugins of results that were written; what they raise comes back as warnings."""
        return self._registry.after_eval(results) if self._registry is not None else ()

    # ------------------------------------------------------------ stages
    def _open(self, frames: Mapping[str, object], untrusted: bool, no_plugins: bool, *, learn: Learn) -> Opened:
        if untrusted:
            self._files.distrust()
        found = opened(
            self._files, frames, self._wanted, untrusted=self._files.untrusted, no_plugins=no_plugins, learn=learn
        )
        self._registry = found.registry
        return found

    def _check(
        self,
        params: Mapping[str, str],
        frames: Mapping[str, object],
        untrusted: bool,
        no_plugins: bool,
        *,
        learn: Learn,
    ) -> Checked:
        """The checked spec, whatever is wrong with it."""
        opened = self._open(frames, untrusted, no_plugins, learn=learn)
        found = modelled(opened, params, library_units, keep=learn != "nothing")
        for diagnostic in found.opened.problems:
            found.problems.add(diagnostic)
        return found

    def _checked(
        self,
        params: Mapping[str, str],
        frames: Mapping[str, object],
        untrusted: bool,
        no_plugins: bool,
        *,
        learn: Learn = "all",
    ) -> Checked:
        """The checked spec; raises `SpecError` where anything but the data is wrong."""
        from kpidsl.semantic.of_data import is_of_data

        checked = self._check(params, frames, untrusted, no_plugins, learn=learn)
        if any(one.severity is Severity.ERROR and not is_of_data(one) for one in checked.problems):
            raise SpecError(tuple(checked.problems))
        return checked


def _learned(schemas: bool, connect: bool) -> Learn:
    return "nothing" if not schemas else "all" if connect else "local"


def load(
    paths: str | Path | Iterable[str | Path],
    *,
    stdin_text: str | None = None,
    texts: Mapping[Path, str] | None = None,
    config: str | Path | None = None,
    profile: str | None = None,
    untrusted: bool = False,
) -> SpecSet:
    """Read and parse spec files, folders (recursively) and `-` (then `stdin_text`).

    `texts` stand for what is in the files of those paths. `config` names a kpidsl.toml other than the one beside the
    specs or above, `profile` one of its profiles. `untrusted` specs import nothing from outside the folder that the
    paths have in common, and are evaluated as such. Raises `UsageError` for a path that does not exist and where
    there is no .kpi file.

    >>> load("-", stdin_text="metric answer = 6 * 7").diagnostics
    ()
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    files = read(given, stdin_text, texts, untrusted=untrusted)
    return SpecSet(files, Wanted(Path(config) if config is not None else None, profile))
