"""The tests of a spec set: checked all together, then run one by one on a database in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from kpidsl.diagnostics import Diagnostic, Problems, Severity, UsageError, did_you_mean
from kpidsl.plan.known_columns import known_columns
from kpidsl.records import dataclass
from kpidsl.semantic.check import check
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.goals import contributions
from kpidsl.semantic.model import Model
from kpidsl.semantic.of_data import is_of_data
from kpidsl.semantic.scope import Named, Names, resolve
from kpidsl.semantic.terms import GivenFunction, GivenTwice
from kpidsl.semantic.types import Schema
from kpidsl.semantic.units import UnitTable
from kpidsl.semantic.uses import Key, Use, closure, uses
from kpidsl.semantic.windowing import check_windows
from kpidsl.semantic.windows import Invalid
from kpidsl.source_text import Source, Span
from kpidsl.syntax import test_nodes as t
from kpidsl.syntax.nodes import Spec
from kpidsl.syntax.setting_nodes import UnitDecl
from kpidsl.testing.blocks import Block, Expectation, Reader, as_metrics
from kpidsl.testing.unread import check_unread

if TYPE_CHECKING:
    from kpidsl.testing.outcomes import SuiteReport

# What is wrong in a line of a test whatever its other lines say.
_OF_A_LINE = frozenset([
    "K0201", "K0203", "K0204", "K0207", "K0303", "K0304", "K0308", "K0309", "K0310", "K0311", "K0312", "K0321", "K0604",
    "K0605",
])  # fmt: skip
_LINTS = frozenset({"K0360", "K0361", "K0365", "K0369", "K0378"})
Library = Callable[[], Iterable[UnitDecl]]


@dataclass(frozen=True, slots=True)
class Ready:
    """A test, the spec as it is over the test's tables, and what those tables make impossible."""

    block: Block
    model: Model
    of_data: tuple[Diagnostic, ...]


@dataclass(slots=True)
class Suite:
    """Tests in the order they are written, and every problem of the spec and of them."""

    tests: list[Ready] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)

    def run(self) -> SuiteReport:
        """Run every test. Nothing is read but the tables that stand in them."""
        from kpidsl.engine.duck import connect
        from kpidsl.testing.judge import judge
        from kpidsl.testing.outcomes import SuiteReport
        from kpidsl.testing.run import run

        outcomes = []
        connection = connect(1)
        try:
            for ready in self.tests:
                started = time.perf_counter()
                outcome = judge(run(ready.block, ready.model, ready.of_data, connection))
                outcomes.append(replace(outcome, seconds=time.perf_counter() - started))
        finally:
            connection.close()
        return SuiteReport(tuple(outcomes))


def prepare(
    specs: tuple[Spec, ...],
    syntax: Iterable[Diagnostic],
    library: Library,
    *,
    params: Mapping[str, str],
    only: str | None = None,
    functions: Mapping[str, GivenFunction | GivenTwice] | None = None,
) -> Suite:
    """Check a spec set and its tests without its data. `only` keeps the tests whose title holds or matches it.

    Raises `UsageError` where there is no test, and for a param that the spec does not declare.
    """
    suite = Suite()
    for diagnostic in syntax:
        suite.problems.add(diagnostic)
    names = resolve(specs, suite.problems)
    names.functions = functions or {}
    if not names.tests and not suite.problems.has_errors:
        raise UsageError(
            "there are no tests in the spec",
            hint='write one: `test "…" { as of 2026-03-31; given orders { … }; expect revenue over last month == 1 }`',
        )
    model, found = check_unread(names, params, library)
    _take(suite.problems, found)
    wanted = names.tests if only is None else [one for one in names.tests if _is_meant(one.name, only)]
    reader = Reader(names, model, known_columns(model), UnitTable(names.units, library()), suite.problems)
    blocks = [reader.block(declared) for declared in wanted]
    if only is not None and not wanted and not suite.problems.has_errors:
        titles = [one.name for one in names.tests]
        raise UsageError(f"-k {only} matches no test", hint=did_you_mean(only, titles) or f"there is `{titles[0]}`")
    checked: dict[int, Ready] = {}
    needs = _Needs(names)
    for places in _alike(blocks):
        same = [blocks[place] for place in places]
        checked.update(zip(places, _checked(suite, needs, same, params, library), strict=True))
    suite.tests = [checked[place] for place in sorted(checked)]
    return suite


def test_problems(
    specs: tuple[Spec, ...],
    library: Library,
    *,
    params: Mapping[str, str],
    problems: Problems,
    functions: Mapping[str, GivenFunction | GivenTwice],
) -> None:
    """Tell what is wrong with the `test` blocks of a spec set, as running them would; what is wrong with the spec
    around them is not told again. Of a block that could not be read whole, what is wrong whatever is missing from it.
    """
    half_read = [one.node for spec in specs for one in spec.half_read if isinstance(one.node, t.TestDecl)]
    if half_read:
        specs = tuple(map(_with_half_read, specs))
    names = resolve(specs, Problems())
    inside: dict[Source, list[Span]] = {}
    for one in names.tests:
        inside.setdefault(one.node.span.source, []).append(one.node.span)
    slipped = any(one.code == "K0605" and one.severity is Severity.ERROR for one in problems)
    for found in prepare(specs, (), library, params=params, functions=functions).problems if names.tests else ():
        if slipped and found.code == "K0310":
            continue  # a unit that is declared for a misspelt column is missing from the right one
        span = found.span
        if span is None or not any(one.start <= span.start < one.end for one in inside.get(span.source, ())):
            continue
        if found.code not in _OF_A_LINE and any(_holds(one.span, span) for one in half_read):
            continue
        problems.add(found)


def _with_half_read(spec: Spec) -> Spec:
    """A spec with the tests of which something could be read among its declarations."""
    tests = [one.node for one in spec.half_read if isinstance(one.node, t.TestDecl)]
    ordered = sorted([*spec.declarations, *tests], key=lambda node: node.span.start)
    return replace(spec, declarations=tuple(ordered)) if tests else spec


def _is_meant(title: str, only: str) -> bool:
    return only.casefold() in title.casefold() or fnmatchcase(title.casefold(), only.casefold())


def _take(problems: Problems, found: Iterable[Diagnostic]) -> None:
    """Keep the errors that no data could mend."""
    for diagnostic in found:
        if diagnostic.severity is Severity.ERROR and not is_of_data(diagnostic):
            problems.add(diagnostic)


def _alike(blocks: Sequence[Block]) -> Iterable[list[int]]:
    """The places of blocks whose tables have the same columns: for them the spec is checked once. One that expects an
    error looks at the whole spec, and is alone with its like.
    """
    found: dict[object, list[int]] = {}
    for place, block in enumerate(blocks):
        columns = tuple(
            (name, tuple((column.name, column.type) for column in table.schema().columns))
            for name, table in block.tables.items()
        )
        key = (block.expects_error, columns)
        found.setdefault(key, []).append(place)
    return found.values()


def _checked(
    suite: Suite, needs: _Needs, blocks: Sequence[Block], params: Mapping[str, str], library: Library
) -> list[Ready]:
    """Blocks with one model: the spec, and every expression of their expectations as a metric of its own."""
    names = needs.names
    probes: dict[str, Declared[Named]] = {}
    for block in blocks:
        probes.update(as_metrics(block))
        names.values(block.declared.namespace)  # kept by all below: what is meant may be a name that no test uses
    schemas: dict[str, Schema | None] = dict.fromkeys(names.sources)
    schemas.update((name, table.schema()) for name, table in blocks[0].tables.items())
    found = Problems()
    named = replace(names, named={**needs.of(blocks), **probes})
    model = check(named, found, schemas=schemas, params=params, library=library)
    _take(suite.problems, found)
    for warning in found:
        # Types of given rows are read off the rows: what is said of days and keys is said of the data, not here.
        if warning.code in _LINTS and any(_holds(block.span, warning.span) for block in blocks):
            suite.problems.add(warning)
    for block in blocks:
        own = Problems()
        for expectation in block.expectations:
            _check_subject(expectation, model, own)
            for probe in expectation.probes:
                metric = model.metrics.get(probe.name)
                if metric is not None:
                    try:
                        check_windows(metric.value, probe.node, own)
                    except Invalid:
                        break
        _take(suite.problems, own)
    metrics = {
        name: replace(metric, standalone=True) if name in probes else metric for name, metric in model.metrics.items()
    }
    whole = replace(model, metrics=metrics)
    of_data = [one for one in found if one.severity is Severity.ERROR and is_of_data(one)]
    return [
        Ready(block, whole, tuple(one for one in of_data if _concerns(one, block, names.tests))) for block in blocks
    ]


class _Needs:
    """What tests look at, and what that is built on. A declaration is looked into when a test first needs it."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._used: dict[Key, tuple[Use, ...]] = {}

    def of(self, blocks: Sequence[Block]) -> dict[str, Declared[Named]]:
        """What some tests need of the spec; everything where an error is expected."""
        if any(block.expects_error for block in blocks):
            return self.names.named
        asked = [use.key for block in blocks for use in uses(block.declared.node, block.declared.namespace, self.names)]
        kept = {key.name for key in closure(asked, self._uses) if key.sort == "name"}
        while below := self._contributing(kept):
            kept |= {key.name for key in closure([Key("name", one) for one in below], self._uses) if key.sort == "name"}
        return {name: one for name, one in self.names.named.items() if name in kept}

    def _contributing(self, kept: set[str]) -> set[str]:
        """The objectives, not kept yet, that contribute to one that is."""
        return {
            name for name, above in contributions(self.names).items() if name not in kept and not kept.isdisjoint(above)
        }

    def _uses(self, key: Key) -> tuple[Use, ...]:
        if key not in self._used:
            one = self.names.named.get(key.name) if key.sort == "name" else None
            self._used[key] = tuple(uses(one.node, one.namespace, self.names)) if one is not None else ()
        return self._used[key]


def _check_subject(one: Expectation, model: Model, problems: Problems) -> None:
    """What is expected to be true is a condition; what is near to a number is one, and so is how near."""
    metric = model.metrics.get(one.subject.name) if one.subject is not None else None
    if metric is None:
        return
    info = metric.value.info
    match one.node:
        case t.ExpectProp(condition=condition):
            if info.sort != "boolean":
                problems.error(
                    "K0304", f"a condition is expected, not a {info.sort}", condition.span,
                    hint=f"say what it must be: `expect {condition.span.text} == …`",
                )  # fmt: skip
            elif info.depth:
                _many(condition.span, problems)
        case t.ExpectAboutProp(value=value):
            if info.depth:
                _many(value.span, problems)
            _check_within(one, model, problems)
        case t.ExpectUndefinedProp(value=value):
            if info.depth:
                _many(value.span, problems)
        case _:
            pass


def _check_within(one: Expectation, model: Model, problems: Problems) -> None:
    """How near is a number in the unit of the value; between percentages, points or a fraction."""
    assert one.within is not None and one.difference is not None
    within, difference = model.metrics.get(one.within.name), model.metrics.get(one.difference.name)
    if within is None or difference is None:
        return
    span = one.within.node.span
    if within.value.info.sort != "number" or within.value.info.depth:
        problems.error("K0304", "how near is one number", span, hint="write `within 0.001`")
    elif not within.unit.fits(difference.unit):
        problems.error(
            "K0310",
            f"the units do not fit: the value is in {difference.unit}, and how near in {within.unit}",
            span,
            hint=f"write `within 0.01 {difference.unit.label}`" if difference.unit.label else "write `within 0.001`",
        )


def _many(span: Span, problems: Problems) -> None:
    problems.error(
        "K0312", "`each` makes many values of this one", span, hint="bring them back to one: `avg(… each day)`"
    )


def _concerns(diagnostic: Diagnostic, block: Block, tests: Sequence[Declared[t.TestDecl]]) -> bool:
    """Whether a problem stands in this block, or in none."""
    span = diagnostic.span
    return span is None or _holds(block.span, span) or not any(_holds(one.node.span, span) for one in tests)


def _holds(outer: Span, span: Span | None) -> bool:
    return span is not None and outer.source is span.source and outer.start <= span.start < outer.end
