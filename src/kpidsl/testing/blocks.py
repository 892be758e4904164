"""`test` blocks checked: their day, their tables, and what each expectation asks of the spec."""

from __future__ import annotations

from datetime import date, datetime

from kpidsl.diagnostics import Problems, closest, did_you_mean
from kpidsl.plan.known_columns import Known
from kpidsl.records import dataclass
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.model import Model
from kpidsl.semantic.scope import Named, Names
from kpidsl.semantic.units import UnitTable
from kpidsl.source_text import Span
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import test_nodes as t
from kpidsl.syntax.decl_nodes import KpiDecl, MetricDecl
from kpidsl.syntax.node import Name, Word
from kpidsl.syntax.shared_nodes import IntervalProp, ValueProp
from kpidsl.testing.cells import Columns, exponent
from kpidsl.testing.given import GivenColumn, GivenTable
from kpidsl.testing.goals import GoalAsked, goal_asked
from kpidsl.testing.signals import is_sound
from kpidsl.testing.walk import comparisons_in, names_in

STATUSES = ("green", "amber", "red", "no_data", "stale", "error", "no_target")
CERTAINTIES = ("met_certain", "not_distinguishable", "missed_certain")
REASONS = (
    "no_rows", "zero_denominator", "insufficient_sample", "stale", "definition_changed", "not_started", "too_early",
    "baseline_missing", "no_target", "source_error", "already_met", "no_variation", "unequal_coders", "not_two_coders",
    "uncovered_periods", "suppressed",
)  # fmt: skip
PROBE = "expectation "
"""How the names of probes begin: with a blank inside, so that no spec can write one."""
Expect = (
    t.ExpectProp
    | t.ExpectAboutProp
    | t.ExpectStateProp
    | t.ExpectUndefinedProp
    | t.ExpectSignalProp
    | t.ExpectErrorProp
)


@dataclass(frozen=True, slots=True)
class Probe:
    """An expression of an expectation, as a metric of its own: its name, and how it is written."""

    name: str
    node: x.Expr


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison inside a condition, and its two sides."""

    node: x.Compare
    left: Probe
    right: Probe


@dataclass(frozen=True, slots=True)
class Expectation:
    """One `expect` line.

    `subject` is what must be true, or the value that is looked at; `kpi` the KPI it names, if it names one;
    `about`, `within` and `difference` are those of `~`. `goal` is the objective, the key result, or a figure of one
    that is looked at instead of a subject; `about` is then what it is compared with.
    """

    node: Expect
    subject: Probe | None = None
    kpi: str | None = None
    comparisons: tuple[Comparison, ...] = ()
    about: Probe | None = None
    within: Probe | None = None
    difference: Probe | None = None
    goal: GoalAsked | None = None

    @property
    def probes(self) -> tuple[Probe, ...]:
        sides = tuple(side for one in self.comparisons for side in (one.left, one.right))
        return tuple(
            probe for probe in (*sides, self.subject, self.about, self.within, self.difference) if probe is not None
        )


@dataclass(frozen=True, slots=True)
class Block:
    """A `test` block that can be run: its tables by the source's full name, for every source of the spec."""

    declared: Declared[t.TestDecl]
    as_of: date | datetime
    tables: dict[str, GivenTable]
    expectations: tuple[Expectation, ...]

    @property
    def title(self) -> str:
        return self.declared.node.title.value

    @property
    def expects_error(self) -> bool:
        """Whether the whole spec is looked at, since the error may be anywhere in it."""
        return any(isinstance(one.node, t.ExpectErrorProp) for one in self.expectations)

    @property
    def span(self) -> Span:
        return self.declared.node.span


class Reader:
    """Reads test blocks. `known` are the columns the spec knows, `model` the spec as checked without its data."""

    def __init__(self, names: Names, model: Model, known: Known, units: UnitTable, problems: Problems) -> None:
        self.names = names
        self.model = model
        self.known = known
        self.problems = problems
        self.columns = Columns(units, problems)
        self._count = 0

    def block(self, declared: Declared[t.TestDecl]) -> Block:
        """The block, without what is wrong in it; that is told, and nothing is run then."""
        node = declared.node
        moments = [prop for prop in node.properties if isinstance(prop, t.AsOfProp)]
        for again in moments[1:]:
            self.problems.error(
                "K0201", "`as of` stands twice in one test", again.span, "again here",
                also=[(moments[0].span, "first here")], hint="write a test for each day",
            )  # fmt: skip
        if not moments:
            self.problems.error(
                "K0301",
                f"the test `{node.title.value}` does not say at which day it looks",
                node.title.span,
                hint="add a line such as `as of 2026-03-31`",
            )
        tables = self.tables(declared)
        expects = [prop for prop in node.properties if isinstance(prop, Expect)]
        if not expects:
            self.problems.error(
                "K0301",
                f"the test `{node.title.value}` expects nothing",
                node.title.span,
                hint="add a line such as `expect revenue over last month == 10 EUR`",
            )
        expectations = [self.expectation(prop, declared.namespace) for prop in expects]
        found = tuple(one for one in expectations if one is not None)
        return Block(declared, moments[0].at if moments else date.min, tables, found)

    # ------------------------------------------------------------ tables
    def tables(self, declared: Declared[t.TestDecl]) -> dict[str, GivenTable]:
        """The table of every source: as given, or empty."""
        found: dict[str, GivenTable] = {}
        places: dict[str, Span] = {}
        used = {part for prop in declared.node.properties for name in names_in(prop) for part in name.split(".")}
        for prop in declared.node.properties:
            if not isinstance(prop, t.GivenProp):
                continue
            source = self.names.source(prop.source, declared.namespace, self.problems)
            if source is None:
                continue
            if source.name in found:
                self.problems.error(
                    "K0201", f"`{prop.source.text}` is given twice", prop.source.span, "again here",
                    also=[(places[source.name], "first here")], hint="write all rows into one table",
                )  # fmt: skip
            else:
                places[source.name] = prop.source.span
                found[source.name] = self.table(source.name, prop, used)
        return {name: found.get(name) or self.empty(name) for name in self.model.sources}

    def empty(self, source: str) -> GivenTable:
        """A source without rows."""
        return GivenTable(source, (), self.known.get(source, {}), ())

    def table(self, source: str, prop: t.GivenProp, used: set[str]) -> GivenTable:
        known = self.known.get(source, {})
        model = self.model.sources.get(source)
        columns: list[GivenColumn] = []
        seen: dict[str, Span] = {}
        for place, name in enumerate(prop.columns):
            if name.text in seen:
                self.problems.error(
                    "K0201", f"the column `{name.text}` stands twice in one table", name.span, "again here",
                    also=[(seen[name.text], "first here")], hint="keep one",
                )  # fmt: skip
                continue
            seen[name.text] = name.span
            if model is not None and name.text in model.lets:
                self.problems.error(
                    "K0605",
                    f"`{name.text}` is derived by `{prop.source.text}` itself: rows do not hold it",
                    name.span,
                    hint="give the columns it is computed from",
                )
                continue
            declared = model.columns.get(name.text) if model is not None else None
            column = self.columns.column(name.text, [row.cells[place] for row in prop.rows], declared)
            if column is not None:
                columns.append(column)
        missing = [name for name in known if name not in seen]
        lets = model.lets if model is not None else {}
        for name in prop.columns:
            is_known = name.text in known or name.text in used or name.text in lets
            near = None if is_known else closest(name.text, missing)
            if near is not None:
                self.problems.error(
                    "K0605",
                    f"nothing in the spec reads a column `{name.text}` of `{prop.source.text}`",
                    name.span,
                    hint=f"did you mean `{near}`?",
                )
        held = {column.name for column in columns}
        absent = {name: known.get(name) for name in (*seen, *missing) if name not in held}
        written = tuple(tuple(cell.span.text for cell in row.cells) for row in prop.rows)
        headings = tuple(name.text for name in prop.columns)
        return GivenTable(source, tuple(columns), absent, tuple(row.span for row in prop.rows), headings, written)

    # ------------------------------------------------------------ expectations
    def expectation(self, node: Expect, namespace: str) -> Expectation | None:
        goal = self.goal(node, namespace)
        if goal is not None:
            return self.of_goal(node, goal)
        match node:
            case t.ExpectProp(condition=condition):
                sides = tuple(
                    Comparison(one, self.probe(one.left), self.probe(one.right)) for one in comparisons_in(condition)
                )
                return Expectation(node, self.probe(condition), comparisons=sides)
            case t.ExpectAboutProp(value=value, about=about, within=within):
                tolerance = within if within is not None else self.precision(about)
                if tolerance is None:
                    return None
                difference = x.Binary("-", value, about, span=node.value.span.to(about.span))
                return Expectation(
                    node,
                    self.probe(value),
                    about=self.probe(about),
                    within=self.probe(tolerance),
                    difference=self.probe(difference),
                )
            case t.ExpectStateProp(value=value, state=state):
                if isinstance(value, x.NameRef) and self.names.is_of_broken(value.name, namespace):
                    return None
                kpi = self.kpi(value, namespace)
                if kpi is None:
                    self.problems.error(
                        "K0303",
                        f"`{value.span.text}` is no KPI, and only a KPI has a status",
                        value.span,
                        hint=self.kpi_hint(value, namespace),
                    )
                known = self.is_state(state, value, kpi)
                return Expectation(node, kpi=kpi) if kpi is not None and known else None
            case t.ExpectUndefinedProp(value=value, reason=reason):
                if reason is not None and reason.text not in REASONS:
                    self.no_reason(reason)
                    return None
                return Expectation(node, self.probe(value), self.kpi(value, namespace))
            case t.ExpectSignalProp(value=value):
                kpi = self.kpi(value, namespace)
                fine = is_sound(node, self.names.named[kpi].node if kpi is not None else None, self.problems)
                return Expectation(node, kpi=kpi) if fine else None
            case t.ExpectErrorProp(code=code):
                if not (code.text.startswith("K") and code.text[1:].isdecimal() and len(code.text) == 5):
                    self.problems.error(
                        "K0303", f"`{code.text}` is no code of an error", code.span, hint="write `expect error K0604`"
                    )
                    return None
                return Expectation(node)

    def is_state(self, state: Word, value: x.Expr, kpi: str | None) -> bool:
        """Whether a KPI can be so: a status, or what its interval leaves certain."""
        if state.text in CERTAINTIES and kpi is not None:
            named = self.names.named[kpi].node
            properties = named.properties if isinstance(named, KpiDecl) else ()
            if any(isinstance(prop, IntervalProp) for prop in properties):
                return True
            self.problems.error(
                "K0303", f"`{kpi}` has no interval, so nothing is certain of it or not", value.span,
                hint="add `interval 95%` to it",
            )  # fmt: skip
            return False
        if state.text not in STATUSES:
            told = (*STATUSES, *CERTAINTIES)
            hint = did_you_mean(state.text, told) or f"a KPI is {', '.join(STATUSES)}"
            self.problems.error("K0303", f"`{state.text}` is no status", state.span, hint=hint)
        return state.text in STATUSES

    # ------------------------------------------------------------ goals
    def goal(self, node: Expect, namespace: str) -> GoalAsked | None:
        """The objective, key result or figure that stands on the left; None for everything else."""
        match node:
            case t.ExpectProp(condition=x.Compare(left=left)):
                return goal_asked(left, namespace, self.names)
            case t.ExpectAboutProp(value=value) | t.ExpectStateProp(value=value) | t.ExpectUndefinedProp(value=value):
                return goal_asked(value, namespace, self.names)
            case _:
                return None

    def of_goal(self, node: Expect, goal: GoalAsked) -> Expectation | None:
        match node:
            case t.ExpectStateProp(value=value, state=state):
                if goal.figure is not None:
                    self.no_figure(goal, value.span)
                    return None
                if state.text not in goal.states:
                    self.problems.error(
                        "K0303", f"`{state.text}` is no {goal.what}", state.span,
                        hint=did_you_mean(state.text, goal.states) or f"it is {', '.join(goal.states)}",
                    )  # fmt: skip
                    return None
                return Expectation(node, goal=goal)
            case t.ExpectProp(condition=x.Compare(left=left, right=right)):
                fine = self.is_figure(goal, left.span)
                return Expectation(node, about=self.probe(right), goal=goal) if fine else None
            case t.ExpectAboutProp(value=value, about=about, within=within):
                tolerance = within if within is not None else self.precision(about)
                if not self.is_figure(goal, value.span) or tolerance is None:
                    return None
                return Expectation(node, about=self.probe(about), within=self.probe(tolerance), goal=goal)
            case t.ExpectUndefinedProp(value=value, reason=reason):
                if not self.is_figure(goal, value.span):
                    return None
                if reason is not None and reason.text not in REASONS:
                    self.no_reason(reason)
                    return None
                return Expectation(node, goal=goal)
            case _:
                return None

    def is_figure(self, goal: GoalAsked, span: Span) -> bool:
        if goal.figure in goal.figures:
            return True
        self.no_figure(goal, span)
        return False

    def no_figure(self, goal: GoalAsked, span: Span) -> None:
        if goal.figure is None and not goal.figures:
            message, hint = f"`{span.text}` is no number", f"say how it is to stand: `expect {span.text} is achieved`"
        elif goal.figure is None:
            message, hint = f"`{span.text}` is no number", f"say which: `{span.text}.{goal.figures[0]}`"
        elif goal.figure in goal.figures:
            message, hint = f"`{span.text}` has no state", f"compare it: `expect {span.text} == …`"
        else:
            part = "evidence" if goal.levels is not None else "key result"
            message = f"`{goal.figure}` is no {part} and no figure of `{goal.name}`"
            known = ", ".join(goal.figures)
            hint = did_you_mean(goal.figure, goal.figures) or (f"there are {known}" if known else "name a part of it")
        self.problems.error("K0303", message, span, hint=hint)

    def no_reason(self, reason: Word) -> None:
        self.problems.error(
            "K0303", f"`{reason.text}` is no reason for a value to be undefined", reason.span,
            hint=did_you_mean(reason.text, REASONS) or f"reasons are {', '.join(REASONS)}",
        )  # fmt: skip

    def probe(self, node: x.Expr) -> Probe:
        """An expression under a name that no spec can write."""
        self._count += 1
        return Probe(f"{PROBE}{self._count}", node)

    def kpi(self, node: x.Expr, namespace: str) -> str | None:
        if not isinstance(node, x.NameRef):
            return None
        found = self.names.find(node.name, namespace)
        return found.name if found is not None and isinstance(found.node, KpiDecl) else None

    def kpi_hint(self, node: x.Expr, namespace: str) -> str:
        kpis = [name for name, one in self.names.named.items() if isinstance(one.node, KpiDecl)]
        near = did_you_mean(node.name, kpis) if isinstance(node, x.NameRef) else None
        is_metric = isinstance(node, x.NameRef) and self.names.find(node.name, namespace) is not None
        return near if near is not None and not is_metric else "compare its value: `expect … over last month == 10`"

    def precision(self, about: x.Expr) -> x.Quantity | None:
        """Half of the last digit that is written, where no `within` is."""
        inner = about.operand if isinstance(about, x.Negate) else about
        if isinstance(inner, x.Quantity):
            half = inner.number.__class__((0, (5,), min(exponent(inner.number), 0) - 1))
            return x.Quantity(half, inner.unit, span=about.span)
        self.problems.error(
            "K0301", "it is not said how near is near enough", about.span, hint=f"write `~ {about.span.text} within …`"
        )
        return None


def as_metrics(block: Block) -> dict[str, Declared[Named]]:
    """The expressions of a block's expectations as metrics, so that they are checked and computed like any."""
    found: dict[str, Declared[Named]] = {}
    for expectation in block.expectations:
        for probe in expectation.probes:
            span = probe.node.span
            value = ValueProp(probe.node, span=span)
            node = MetricDecl(Name(probe.name, span=span), None, (value,), None, span=span)
            found[probe.name] = Declared(probe.name, block.declared.namespace, node)
    return found
