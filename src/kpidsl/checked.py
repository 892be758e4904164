"""A spec set opened and checked: its sources bound, what it means, and what is to be said of it.

What was found before for the same text and columns is taken from what is kept (`kept_model`); the trees of the files
are then not made at all, unless somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from kpidsl.diagnostics import Diagnostic, KpidslError, Label, Problems, Severity, UsageError
from kpidsl.kept_model import KeptModel
from kpidsl.records import dataclass
from kpidsl.semantic.of_data import is_of_data
from kpidsl.spec_files import SpecFiles

if TYPE_CHECKING:
    from kpidsl.binding import Bound, Learn
    from kpidsl.configuration import Wanted
    from kpidsl.plan import Plan
    from kpidsl.plugins import Registry
    from kpidsl.semantic.model import Model
    from kpidsl.semantic.scope import Names
    from kpidsl.semantic.types import Schema
    from kpidsl.syntax.setting_nodes import HolidaysProp, UnitDecl


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

    @classmethod
    def of(cls, found: Iterable[Diagnostic]) -> CheckReport:
        """The report of these problems."""
        problems = Problems()
        for diagnostic in found:
            problems.add(diagnostic)
        diagnostics = tuple(problems)
        of_spec = any(one.severity is Severity.ERROR and not _failed_source(one) for one in diagnostics)
        return cls(diagnostics, 4 if of_spec else 3 if problems.has_errors else 0)

    @property
    def ok(self) -> bool:
        return self.exit_code == 0


class Opened:
    """A spec set whose sources are bound to their providers. `problems`: of plugins and of the sources' options."""

    def __init__(
        self, files: SpecFiles, registry: Registry, bound: Bound, problems: Problems, kept: KeptModel, *, sound: bool
    ) -> None:
        self.files = files
        self.registry = registry
        self.bound = bound
        self.problems = problems
        self.kept = kept
        self._is_sound = sound

    def name(self, params: Mapping[str, str]) -> str:
        """Under which name what follows from this is kept; empty where it is not kept."""
        functions = {name: repr(one) for name, one in self.registry.functions.items()}
        return self.kept.of(self.bound.schemas, {**params, **functions}) if self._is_sound else ""

    @cached_property
    def resolved(self) -> tuple[Names, Problems]:
        """The names of the set, and what is wrong with its text and names."""
        from kpidsl.semantic.scope import resolve

        problems = self.files.problems
        names = resolve(self.files.specs, problems)
        names.functions = self.registry.functions
        return names, problems


class Checked:
    """What the stages up to the check made of a spec set."""

    def __init__(self, opened: Opened, model: Model, problems: Problems) -> None:
        self.opened = opened
        self.model = model
        self.problems = problems

    @property
    def bound(self) -> Bound:
        return self.opened.bound

    @property
    def names(self) -> Names:
        return self.opened.resolved[0]

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What stands beside values: the warnings, and where data is not as declared though no value hangs on it."""
        costly = {(one.code, one.message) for failed in self.model.failed.values() for one in failed.problems}
        return tuple(
            replace(one, severity=Severity.WARNING)
            for one in self.problems
            if one.severity is Severity.WARNING or (is_of_data(one) and (one.code, one.message) not in costly)
        )

    def complete(self) -> tuple[Diagnostic, ...]:
        """What was found, the sources that could not be opened and what is unused included."""
        from kpidsl.semantic.lints import tidy

        tidy(self.names, self.model, self.problems)
        for name, error in self.bound.failed.items():
            span = self.names.sources[name].node.name.span
            self.problems.add(
                Diagnostic(error.code, Severity.ERROR, error.message, (Label(span),), hint=error.hint, affects=(name,))
            )
        return tuple(self.problems)

    def report(self) -> CheckReport:
        return CheckReport.of(self.complete())


def opened(
    files: SpecFiles,
    frames: Mapping[str, object],
    wanted: Wanted,
    *,
    untrusted: bool,
    no_plugins: bool,
    learn: Learn,
) -> Opened:
    """Bind the sources of a set to their providers; `learn` their columns.

    Raises `UsageError` where nothing is declared, for a configuration or profile that there is none of, and for a table
    of `frames` that nothing asks for and whose name is nearly that of a source.
    """
    from kpidsl import plugins
    from kpidsl.binding import bind
    from kpidsl.configuration import EMPTY, find
    from kpidsl.opening import Frames, Opener

    kept = KeptModel(files)
    declared, checkins = kept.declared(), kept.checkins()
    holidays = None
    if declared is None or checkins is None:
        from kpidsl.checkins import checkins_of
        from kpidsl.semantic.scope import resolve

        names = resolve(files.specs, Problems())
        declared, holidays, checkins = names.sources, _holidays(names), checkins_of(names)
        if not files.problems.has_errors:
            if not any(spec.declarations or spec.broken for spec in files.specs):
                raise UsageError(
                    "there are no declarations in the spec",
                    hint='a first line: `source orders { from csv("orders.csv") }`',
                )
            if holidays is None:  # those of a country change with the library that knows them
                kept.save_declared(declared, checkins)
    registry = plugins.load(no_plugins=no_plugins)
    problems = Problems()
    for warning in registry.warnings:
        problems.add(warning)
    said = len(problems)
    file = find(files.root, wanted, problems, untrusted=untrusted)
    if file is None and wanted.profile is not None:
        raise UsageError(
            f"there is no kpidsl.toml that could have a profile `{wanted.profile}`", hint="`--config FILE`"
        )
    configuration = EMPTY
    if file is not None:
        from kpidsl.configuration.read import read

        configuration = read(file, wanted.profile, problems)
    opener = Opener(registry, files.root, configuration, untrusted, learn == "all")
    given = Frames(frames)
    bound = bind(declared, holidays, opener, problems, frames=given, learn=learn)
    if checkins:
        from kpidsl.checkins import bind_checkins

        bound.checkins = bind_checkins(checkins, opener, problems, frames=given, learn=learn)
    if not problems.has_errors:
        given.require_asked(declared)
    is_sound = kept.is_on and holidays is None and not bound.failed and len(problems) == said
    return Opened(files, registry, bound, problems, kept, sound=is_sound)


def modelled(
    opened: Opened, params: Mapping[str, str], library: Callable[[], Iterable[UnitDecl]], *, keep: bool
) -> Checked:
    """The model of a set, and all that is wrong with its files; `keep` it for the next run.

    Raises `UsageError` for a param that the spec does not declare.
    """
    name = opened.name(params)
    found = opened.kept.model(name)
    problems = Problems()
    if found is not None:
        for diagnostic in found[1]:
            problems.add(diagnostic)
        return Checked(opened, found[0], problems)
    from kpidsl.matching import check_patterns
    from kpidsl.semantic.check import check

    names, said = opened.resolved
    for diagnostic in said:
        problems.add(diagnostic)
    problems.hush(names.broken)
    schemas = by_use(names, opened.bound.schemas, params, library)
    model = check(names, problems, schemas=schemas, params=params, library=library)
    if any(spec.half_read for spec in names.specs):
        from kpidsl.semantic.half_read import check_half_read

        check_half_read(names, problems, schemas=schemas, params=params, library=library)
    check_patterns(opened.files, problems)
    if keep:
        opened.kept.save_model(name, model, problems)
    return Checked(opened, model, problems)


def by_use(
    names: Names,
    schemas: Mapping[str, Schema | None],
    params: Mapping[str, str],
    library: Callable[[], Iterable[UnitDecl]],
) -> Mapping[str, Schema | None]:
    """The columns of the sources, those without a single value of the types that their use implies: a sum over a file
    that has no rows yet is one of numbers.
    """
    blank = {
        name: schema
        for name, schema in schemas.items()
        if schema is not None and any(column.is_blank for column in schema.columns)
    }
    if not blank:
        return schemas
    from kpidsl.plan.known_columns import known_columns
    from kpidsl.semantic.check import check
    from kpidsl.semantic.types import Schema, UntypedColumn

    untyped = {
        name: Schema(tuple(UntypedColumn(one.name) if one.is_blank else one for one in schema.columns))
        for name, schema in blank.items()
    }
    known = known_columns(check(names, Problems(), schemas={**schemas, **untyped}, params=params, library=library))
    return {
        **schemas,
        **{
            name: Schema(
                tuple(
                    replace(one, type=known.get(name, {}).get(one.name) or one.type) if one.is_blank else one
                    for one in schema.columns
                )
            )
            for name, schema in blank.items()
        },
    }


def _holidays(names: Names) -> HolidaysProp | None:
    from kpidsl.syntax.setting_nodes import HolidaysProp

    found = [prop for calendar in names.calendars[:1] for prop in calendar.properties if isinstance(prop, HolidaysProp)]
    return found[0] if found else None


def _failed_source(diagnostic: Diagnostic) -> bool:
    """Whether data could not be had at all, rather than not being as the spec says."""
    return diagnostic.code in ("K0601", "K0602", "K0603", "K0606", "K0607", "K0608", "K0609")


def planned(
    checked: Checked, as_of: str | date | datetime | None, select: Sequence[str]
) -> tuple[tuple[str, ...], Plan, bool]:
    """What is selected, the plan for it, and whether the anchor is now.

    Raises `UsageError` for a wrong as-of or selection, `SpecError` for what no plan can be made of.
    """
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
