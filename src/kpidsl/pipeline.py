"""The stages composed: the only module that knows them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kpidsl.diagnostics import Diagnostic, KpidslError, Label, Problems, Severity, UsageError
from kpidsl.records import dataclass
from kpidsl.source_text import Source
from kpidsl.spec_files import SpecFiles, read

if TYPE_CHECKING:
    from kpidsl.binding import Bound
    from kpidsl.kept_model import KeptModel
    from kpidsl.plan import Plan
    from kpidsl.report.results import Results
    from kpidsl.semantic.model import Model
    from kpidsl.semantic.scope import Names
    from kpidsl.syntax.setting_nodes import UnitDecl
    from kpidsl.testing.outcomes import SuiteReport

Stage = Literal["ast", "model", "plan", "sql"]


class SpecError(KpidslError):
    """The spec has errors, and nothing was evaluated; `diagnostics` tells them."""

    exit_code = 4

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        errors = [one for one in diagnostics if one.severity is Severity.ERROR]
        first = f"{errors[0].place}: {errors[0].message}" if errors else ""
        super().__init__(f"the spec has {len(errors)} error{'s' if len(errors) != 1 else ''}: {first}", code="K0000")
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found, in file order. `ok`: no errors.

    `exit_code`: 4 for errors of the spec, 3 where only data fails.
    """

    diagnostics: tuple[Diagnostic, ...]
    exit_code: int

    @property
    def ok(self) -> bool:
        return self.exit_code == 0


@dataclass(frozen=True, slots=True)
class _Opened:
    """The sources of a set as they are opened, and the name under which what follows from them is kept, if at all."""

    bound: Bound
    problems: Problems
    kept: KeptModel
    name: str


@dataclass(frozen=True, slots=True)
class _Checked:
    model: Model
    bound: Bound
    problems: Problems


class SpecSet:
    """Parsed files that belong together. Made by `load`."""

    def __init__(self, files: SpecFiles) -> None:
        self._files = files

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
    ) -> CheckReport:
        """Everything that can be known without reading rows, `test` blocks included. `schemas=False` stays with the
        text alone.

        Raises `UsageError` for a param that the spec does not declare.

        >>> import kpidsl
        >>> report = kpidsl.load("-", stdin_text="metric answer = 6 * sevn").check()
        >>> report.ok, [(one.code, one.place) for one in report.diagnostics]
        (False, [('K0204', '<stdin>:1')])
        """
        given = dict(params or {})
        opened = self._open(given, sources or {}, untrusted, no_plugins, learn=schemas)
        said = opened.kept.report(opened.name) if opened.name else None
        if said is None:
            said = self._said(opened, given)
            if opened.name:
                opened.kept.save_report(opened.name, said)
        problems = Problems()
        for diagnostic in (*opened.problems, *said):
            problems.add(diagnostic)
        diagnostics = tuple(problems)
        of_spec = any(one.severity is Severity.ERROR and not _failed_source(one) for one in diagnostics)
        return CheckReport(diagnostics, 4 if of_spec else 3 if problems.has_errors else 0)

    def _said(self, opened: _Opened, params: Mapping[str, str]) -> tuple[Diagnostic, ...]:
        """What a check says of the files themselves and of their sources."""
        problems = self._model(opened, params, keep=False)[1]
        names = self._names
        if names.tests:
            from kpidsl.testing.suite import test_problems

            test_problems(self._files.specs, library_units, params=params, problems=problems)
        for name, error in opened.bound.failed.items():
            span = names.sources[name].node.name.span
            problems.add(
                Diagnostic(error.code, Severity.ERROR, error.message, (Label(span),), hint=error.hint, affects=(name,))
            )
        return tuple(problems)

    def evaluate(
        self,
        *,
        as_of: str | date | datetime | None = None,
        select: Sequence[str] = (),
        params: Mapping[str, str] | None = None,
        sources: Mapping[str, object] | None = None,
        threads: int | None = None,
        explain: bool = False,
        untrusted: bool = False,
        no_plugins: bool = False,
        timings: bool = False,
        progress: Callable[[str], None] | None = None,
    ) -> Results:
        """Evaluate at an anchor: a date means its end, nothing means now, to the second.

        `sources` are in-process tables (anything with `__arrow_c_stream__`) that stand for the sources of their names.
        `select` takes names, patterns such as `sales_*`, `tag:board` and `owner:finance`. Raises `SpecError` where the
        spec has errors, `UsageError` for a wrong as-of, selection or param.

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
        from kpidsl.binding import bring_in, files_behind
        from kpidsl.engine.duck import connect, restrict
        from kpidsl.engine.run import Run
        from kpidsl.report.results import Results

        clock = _Clock()
        given = dict(params or {})
        checked = self._checked(given, sources or {}, untrusted, no_plugins)
        selected, plan, is_now = self._plan(checked, as_of, select)
        clock.lap("plan")
        connection = connect(threads)
        try:
            tables, failed = bring_in(plan, checked.bound, connection, progress or (lambda _: None))
            if untrusted:
                restrict(connection, files_behind(checked.bound, tables))
            clock.lap("sources")
            answers = Run(plan, connection, tables, failed, explain=explain).run()
        finally:
            connection.close()
        clock.lap("queries")
        identity = SpecIdentity(len(self._files.sources), self._files.sha256)
        found = assess(
            checked.model,
            plan,
            answers,
            selected,
            version=version(),
            as_of_is_now=is_now,
            spec=identity,
            params=given,
            everything=not select,
            warnings=[one for one in checked.problems if one.severity is Severity.WARNING],
        )
        clock.lap("assess")
        return Results.of(replace(found, timings=clock.laps) if timings else found)

    def test(self, *, params: Mapping[str, str] | None = None, only: str | None = None) -> SuiteReport:
        """Run the `test` blocks over the rows that stand in them; no data is opened.

        `only` keeps the tests whose title holds or matches it. Raises `SpecError` where the spec or a test has errors,
        `UsageError` where there is no test.
        """
        from kpidsl.testing.suite import prepare

        suite = prepare(self._files.specs, self._files.problems, library_units, params=params or {}, only=only)
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
        from kpidsl.report.tree import tree

        if what == "ast":
            return "\n".join(tree(spec) for spec in self._files.specs)
        checked = self._checked(params or {}, sources or {}, False, False)
        selected, plan, _ = self._plan(checked, as_of, select)
        model = checked.model
        if what == "model":
            shown = {name: model.metrics.get(name) or model.kpis.get(name) for name in selected}
            return "\n".join(f"{name}\n{tree(one, 1)}" for name, one in shown.items() if one is not None)
        if what == "plan":
            return "\n".join(tree(cell) for cell in plan.cells)
        results = self.evaluate(as_of=as_of, select=select, params=params, sources=sources, explain=True)
        queries: dict[str, None] = {}
        for inputs in (*(one.inputs for one in results.metrics), *(one.inputs for one in results.kpis)):
            queries.update(dict.fromkeys(part.sql for part in inputs if part.sql is not None))
        return ";\n\n".join(queries)

    # ------------------------------------------------------------ stages
    @property
    def _names(self) -> Names:
        from kpidsl.semantic import resolve

        return resolve(self._files.specs, Problems())

    def _open(
        self, params: Mapping[str, str], frames: Mapping[str, object], untrusted: bool, no_plugins: bool, *, learn: bool
    ) -> _Opened:
        """The sources bound to their providers. The trees are only made where the sources were not kept."""
        from kpidsl import plugins
        from kpidsl.binding import bind
        from kpidsl.kept_model import KeptModel

        kept = KeptModel(self._files)
        declared = kept.declared()
        names = None
        if declared is None:
            names = self._names
            declared = names.sources
            problems = self._files.problems
            if not problems.has_errors:
                if not any(spec.declarations or spec.broken for spec in self._files.specs):
                    raise UsageError(
                        "there are no declarations in the spec",
                        hint='a first line: `source orders { from csv("orders.csv") }`',
                    )
                kept.save_declared(names)
        registry = plugins.load(no_plugins=no_plugins)
        found = Problems()
        for warning in registry.warnings:
            found.add(warning)
        said = len(found)
        bound = bind(declared, registry, self._files.root, found, frames=frames, untrusted=untrusted, learn=learn)
        is_sound = kept.is_on and not bound.failed and len(found) == said
        return _Opened(bound, found, kept, kept.of(bound.schemas, params) if is_sound else "")

    def _model(self, opened: _Opened, params: Mapping[str, str], *, keep: bool) -> tuple[Model, Problems]:
        """The model, and all that is wrong with the files themselves."""
        from kpidsl.semantic import check, resolve

        found = opened.kept.model(opened.name) if opened.name else None
        if found is not None:
            problems = Problems()
            for diagnostic in found[1]:
                problems.add(diagnostic)
            return found[0], problems
        problems = self._files.problems
        names = resolve(self._files.specs, problems)
        model = check(names, problems, schemas=opened.bound.schemas, params=params, library=library_units)
        if keep and opened.name:
            opened.kept.save_model(opened.name, model, problems)
        return model, problems

    def _checked(
        self, params: Mapping[str, str], frames: Mapping[str, object], untrusted: bool, no_plugins: bool
    ) -> _Checked:
        """The checked spec; raises `SpecError` where anything but the data is wrong."""
        from kpidsl.semantic import is_of_data

        opened = self._open(params, frames, untrusted, no_plugins, learn=True)
        model, problems = self._model(opened, params, keep=True)
        for diagnostic in opened.problems:
            problems.add(diagnostic)
        if any(one.severity is Severity.ERROR and not is_of_data(one) for one in problems):
            raise SpecError(tuple(problems))
        return _Checked(model, opened.bound, problems)

    def _plan(
        self, checked: _Checked, as_of: str | date | datetime | None, select: Sequence[str]
    ) -> tuple[tuple[str, ...], Plan, bool]:
        from kpidsl.plan import plan
        from kpidsl.selection import anchor_of, selected_names

        model = checked.model
        anchor = anchor_of(as_of, model)
        selected = selected_names(model, select)
        problems = Problems()
        try:
            made = plan(model, anchor, selected, problems)
        except ValueError as error:
            raise UsageError(f"as of {model.calendar.local(anchor).isoformat()}: {error}") from error
        if problems.has_errors:
            raise SpecError((*checked.problems, *problems))
        return selected, made, as_of is None


def load(paths: str | Path | Iterable[str | Path], *, stdin_text: str | None = None) -> SpecSet:
    """Read and parse spec files, folders (recursively) and `-` (then `stdin_text`).

    Raises `UsageError` for a path that does not exist and where there is no .kpi file.

    >>> load("-", stdin_text="metric answer = 6 * 7").diagnostics
    ()
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    return SpecSet(read(given, stdin_text))


def version() -> str:
    """The version of kpidsl that runs."""
    from kpidsl import __version__

    return __version__


@cache
def library_units() -> tuple[UnitDecl, ...]:
    """The units and currencies of the standard library, which is written in the language."""
    from kpidsl.syntax import parse
    from kpidsl.syntax.setting_nodes import UnitDecl

    found: list[UnitDecl] = []
    for file in sorted(resources.files("kpidsl.std").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".kpi"):
            problems = Problems()
            spec = parse(Source(f"std/{file.name}", file.read_text(encoding="utf-8")), problems)
            assert not problems.has_errors, [one.message for one in problems]
            found.extend(node for node in spec.declarations if isinstance(node, UnitDecl))
    return tuple(found)


def _failed_source(diagnostic: Diagnostic) -> bool:
    """Whether data could not be had at all, rather than not being as the spec says."""
    return diagnostic.code in ("K0601", "K0602", "K0603", "K0606", "K0607", "K0608", "K0609")


class _Clock:
    """How long each stage took, in seconds to the millisecond."""

    def __init__(self) -> None:
        self.laps: tuple[tuple[str, Decimal], ...] = ()
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps = (*self.laps, (name, Decimal(f"{now - self._last:.3f}")))
        self._last = now
