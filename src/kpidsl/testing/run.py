"""One test, run: its tables brought into DuckDB, its expectations asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from kpidsl.assess.build import assess
from kpidsl.assess.results import KpiResult, Results, SpecIdentity
from kpidsl.binding import Bound, Tables, bring_in
from kpidsl.calendar import Window, parse_as_of
from kpidsl.diagnostics import Diagnostic, KpidslError, Problems
from kpidsl.engine.algebra import Evaluation
from kpidsl.engine.answers import Answers
from kpidsl.engine.run import Run
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.plan import Plan, plan
from kpidsl.plan import nodes as n
from kpidsl.plan.columns import columns
from kpidsl.records import dataclass
from kpidsl.semantic.model import Model
from kpidsl.semantic.rows import ColumnValue
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import NUMBER
from kpidsl.testing.blocks import PROBE, Block
from kpidsl.testing.given import ROW_NUMBER
from kpidsl.testing.outcomes import LookedAt

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SHOWN = 10
MOST_ASKED = 500
"""Questions whose rows are looked up for a failure: a series over years has thousands."""


@dataclass(frozen=True, slots=True)
class Tested:
    """A test that ran: everything its expectations are judged by.

    `results` are those of the KPIs it names, and of the whole spec where it expects an error. `impossible` tells why
    nothing could be run.
    """

    block: Block
    model: Model
    of_data: tuple[Diagnostic, ...]
    connection: DuckDBPyConnection
    bound: Bound
    plan: Plan | None = None
    evaluation: Evaluation | None = None
    results: Results | None = None
    impossible: str | None = None

    def question(self, probe: str) -> n.Question | None:
        """What was asked for an expression; None where it could not be."""
        return self.plan.metrics.get(probe) if self.plan is not None else None

    def found(self, probe: str) -> Scalar | Missing | None:
        """What came out for an expression; None where it could not be asked."""
        question = self.question(probe)
        if question is None or self.evaluation is None:
            return None
        return self.evaluation.single(question.step, {})

    def unit(self, probe: str) -> str | None:
        metric = self.model.metrics.get(probe)
        return metric.unit.label if metric is not None else None

    def kpi(self, name: str) -> KpiResult | None:
        return next((one for one in self.results.kpis if one.name == name), None) if self.results is not None else None

    def problems_of(self, names: Iterable[str]) -> tuple[str, ...]:
        """Why the tables make some metrics or KPIs impossible, in words."""
        found: dict[str, None] = {}
        for name in names:
            failed = self.model.failed.get(name)
            problems = (failed.problems or self.of_data) if failed is not None else ()
            for problem in problems:
                hint = f"; {problem.hint}" if problem.hint is not None else ""
                found[f"{problem.code} {problem.message} ({problem.place}){hint}"] = None
        return tuple(found)

    @property
    def reported(self) -> dict[str, str]:
        """The code of everything that went wrong, by what is said of it."""
        found = {f"{one.code} {one.message}": one.code for one in self.of_data}
        failed = list(self.bound.failed.values())
        if self.evaluation is not None:
            answers = self.evaluation.answers
            failed += [*answers.failed_sources.values(), *answers.failed_cells.values()]
        found.update((f"{one.code} {one.message}", one.code) for one in failed)
        if self.results is not None:
            every = (*self.results.errors, *self.results.warnings)
            found.update((f"{one.code} {one.message}", one.code) for one in every)
        return found

    # ------------------------------------------------------------ rows
    def looked_at(self, probes: Iterable[str], kpi: str | None) -> tuple[LookedAt, ...]:
        """The given rows that some expressions, or a KPI, were computed from, source by source."""
        if self.plan is None:
            return ()
        questions = [question for probe in probes if (question := self.question(probe)) is not None]
        if kpi is not None and kpi in self.plan.kpis:
            questions.append(self.plan.kpis[kpi][0].value)
        windows: dict[n.Ask, Window | None] = {}
        for question in questions:
            for ask in n.asked(question.step)[:MOST_ASKED]:
                windows.setdefault(ask, ask.window if ask.around is None else question.window)
        asks = tuple(ask for ask in windows if ask.cell.source not in self.bound.failed)
        counted = {ask: (_by_row(ask.cell, kept=False), _by_row(ask.cell, kept=True)) for ask in asks}
        cells = tuple(dict.fromkeys(cell for pair in counted.values() for cell in pair))
        asked = replace(self.plan, cells=cells)
        tables, failed = bring_in(asked, self.bound, self.connection, lambda _: None)
        answers = Run(asked, self.connection, tables, failed, explain=False).run()

        def rows(cell: n.Cell) -> set[int]:
            answer = answers.cells.get(cell)
            return set() if answer is None else {int(str(key[0])) for key, part in answer.parts.items() if part.n}

        by_source: dict[str, list[n.Ask]] = {}
        for ask in asks:
            by_source.setdefault(ask.cell.source, []).append(ask)
        return tuple(
            self._looked_at(
                source,
                {ask: windows[ask] for ask in of_one},
                set[int]().union(*(rows(counted[ask][0]) for ask in of_one)),
                set[int]().union(*(rows(counted[ask][1]) for ask in of_one)),
            )
            for source, of_one in by_source.items()
        )

    def _looked_at(
        self, source: str, asks: Mapping[n.Ask, Window | None], inside: set[int], kept: set[int]
    ) -> LookedAt:
        table = self.block.tables[source]
        windows = dict.fromkeys(self._written(window) for window in asks.values())
        read = {column.name for ask in asks for column in columns(ask.cell) if column.source == source}
        nulls = tuple(name for name in table.absent if name in read and name not in table.headings)
        shown = tuple((table.written[number - 1], number in kept) for number in sorted(inside)[:SHOWN])
        return LookedAt(source, tuple(windows), table.headings, shown, len(inside), len(table.rows), nulls)

    def _written(self, window: Window | None) -> str:
        """A window as people read it: days where its edges are the starts of days."""
        if window is None:
            return "all time"
        end = self._edge(window.end)
        if window.start is None:
            return f"{window.label} (before {end})"
        if window.start == window.end:
            return f"{window.label} ({end})"
        return f"{window.label} ({self._edge(window.start)} up to, not including, {end})"

    def _edge(self, at: datetime) -> str:
        local = self.model.calendar.local(at)
        if at == self.model.calendar.day_start(local.date()):
            return local.date().isoformat()
        return local.isoformat(timespec="auto")


def _by_row(cell: n.Cell, *, kept: bool) -> n.Cell:
    """A cell that tells the rows of another: those in its window, or of these the ones its filters keep."""
    row = ColumnValue(DataType.INTEGER, NUMBER, (), cell.source, ROW_NUMBER)
    first = cell.conversion.first if cell.conversion is not None else ()
    return replace(
        cell, function="count", argument=None, where=(*first, *cell.where) if kept else (), by=(ROW_NUMBER,),
        members=(row,), level=None, k=None, n=None, conversion=None,
    )  # fmt: skip


def run(block: Block, model: Model, of_data: tuple[Diagnostic, ...], connection: DuckDBPyConnection) -> Tested:
    """Run one test. What goes wrong is part of what it found."""
    bound = Bound(datasets=dict(block.tables), schemas={name: one.schema() for name, one in block.tables.items()})
    tested = Tested(block, model, of_data, connection, bound)
    problems = Problems()
    try:
        anchor = parse_as_of(block.as_of.isoformat(), model.calendar)
        made = plan(model, anchor, _asked(block, model), problems)
    except ValueError as error:
        return replace(tested, impossible=str(error))
    if problems.has_errors:
        return replace(tested, impossible="; ".join(f"{one.code} {one.message}" for one in problems))
    tables = Tables(made, bound, connection, lambda _: None)
    tables.bring_all(spare=True)
    answers = tables.answers(made)
    bound.failed.update(tables.failed)
    bound.failed.update(answers.failed_sources)

    def again(anchor: datetime, outcome: str) -> tuple[n.Plan, Answers]:
        earlier = plan(model, anchor, (outcome,), Problems())
        return earlier, tables.answers(earlier)

    results = assess(
        model,
        made,
        answers,
        [name for name in _asked(block, model) if name not in _probes(block)],
        version="",
        as_of_is_now=False,
        spec=SpecIdentity(0, ""),
        params={},
        again=again,
    )
    return replace(tested, plan=made, evaluation=Evaluation(answers), results=results)


def _probes(block: Block) -> frozenset[str]:
    return frozenset(probe.name for one in block.expectations for probe in one.probes)


def _asked(block: Block, model: Model) -> tuple[str, ...]:
    """What a test computes: what it names; where it expects an error, everything in the spec."""
    own = _probes(block)
    if block.expects_error:
        return tuple(name for name in model.order if name in own or not name.startswith(PROBE))
    named = {one.kpi for one in block.expectations if one.kpi is not None}
    named |= {one.goal.goal for one in block.expectations if one.goal is not None}
    return tuple(name for name in model.order if name in own or name in named)


def error_text(error: object) -> str:
    """Something that failed, in words."""
    if isinstance(error, KpidslError):
        return f"{error.code} {error.message}"
    return str(error)
