"""From the model and what the data answered to the results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from kpidsl.assess.actions import actions_at, unattended
from kpidsl.assess.alike import Alike, ManyAlike
from kpidsl.assess.inputs import Inputs
from kpidsl.assess.numbers import value_of
from kpidsl.assess.packed import FEW, TOGETHER, Packing
from kpidsl.assess.results import (
    Assessment,
    ErrorResult,
    KpiResult,
    MetricResult,
    Results,
    ScorecardResult,
    Segment,
    SpecIdentity,
)
from kpidsl.assess.segments import Members, Named, Worst, told_by
from kpidsl.assess.status import Judge, is_plain
from kpidsl.assess.suppress import SHOWN, Group, Hidden, hidden
from kpidsl.assess.trends import window_result
from kpidsl.calendar import Calendar, shift_anchor
from kpidsl.diagnostics import Diagnostic, KpidslError, Severity
from kpidsl.engine.algebra import Evaluation
from kpidsl.engine.answers import Answers
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.plan import nodes as n
from kpidsl.records import dataclass
from kpidsl.semantic import model as m
from kpidsl.semantic import values as v

if TYPE_CHECKING:
    from kpidsl.assess.bounds import Bound
    from kpidsl.assess.checkins import Checkin
    from kpidsl.assess.evidence import Stale
    from kpidsl.assess.goal_results import ObjectiveResult
    from kpidsl.assess.outcome_results import OutcomeResult
    from kpidsl.assess.outcomes import Again


@dataclass(slots=True)
class Errors:
    """What could not be had, each once, with all that it affects."""

    found: dict[tuple[str, str, str], tuple[str | None, dict[str, None]]] = field(default_factory=dict)

    def add(self, code: str, message: str, hint: str | None, at: str, affects: Iterable[str]) -> None:
        _, names = self.found.setdefault((code, message, at), (hint, {}))
        names.update(dict.fromkeys(affects))

    def results(self) -> tuple[ErrorResult, ...]:
        return tuple(
            ErrorResult(code, message, hint, at, tuple(names))
            for (code, message, at), (hint, names) in self.found.items()
        )


@dataclass(frozen=True, slots=True)
class Assessor:
    """Assesses the results of one run."""

    model: m.Model
    plan: n.Plan
    evaluation: Evaluation
    errors: Errors
    staleness: Stale
    inputs: Inputs
    named: Named
    fixed: dict[tuple[object, ...], Bound]

    @property
    def answers(self) -> Answers:
        return self.evaluation.answers

    # ------------------------------------------------------------ metrics
    def metric(self, metric: m.MetricModel, question: n.Question) -> MetricResult:
        found = self.evaluation.single(question.step, {})
        calendar = self.plan.calendar
        if isinstance(found, Missing):
            self.met(metric.name, found.errors)
        return MetricResult(
            metric.name,
            metric.about.title,
            metric.about.description,
            value_of(found.value, found.exact, calendar) if isinstance(found, Scalar) else None,
            found.reason if isinstance(found, Missing) else None,
            metric.unit.label,
            metric.value.info.kind,
            found.n,
            found.n_unknown,
            window_result(question.window, calendar),
            self.inputs.of(question.step),
            metric.indicator,
            metric.about.owner,
            metric.about.tags,
            metric.span.place,
            found.n_open,
            question.partial,
        )

    # ------------------------------------------------------------ KPIs
    def kpi(self, kpi: m.KpiModel, slices: tuple[n.SlicePlan, ...]) -> KpiResult:
        calendar = self.plan.calendar
        judge = Judge(self.evaluation, calendar, kpi.unit.label, self.stale(kpi.value), self.fixed)
        keys = {plan.by: self.keys(plan) for plan in slices} if len(slices) > 1 or kpi.suppress is not None else {}
        kept_back: dict[Group, Hidden] = {}
        if kpi.suppress is not None:
            kept_back = hidden(kpi.suppress, self.evaluation, ((plan, keys[plan.by]) for plan in slices))
        shown = kept_back.get(((), ()), SHOWN) if kept_back else SHOWN
        whole, errors = judge.assess(slices[0], {}, shown)
        self.met(kpi.name, errors)
        segments: Sequence[Segment] = ()
        gravest = Worst()
        if len(slices) > 1:
            if len(slices) == 2 and not (kept_back or kpi.worst_segment) and is_plain(slices[1]):
                segments = self.alike(kpi.name, judge, slices[1], keys[slices[1].by])
            else:
                segments, gravest = self.segments(kpi.name, judge, slices[1:], keys, kept_back)
            if kpi.worst_segment and whole.value_undefined != "suppressed":
                whole = gravest.given_to(whole)
        return KpiResult(
            kpi.name,
            kpi.about.title,
            kpi.about.description,
            kpi.unit.label,
            kpi.value.info.kind,
            window_result(slices[0].value.window, calendar),
            whole,
            segments,
            self.inputs.of(slices[0].value.step, shown),
            actions_at(kpi.actions, whole.status, self.plan.anchor, calendar),
            kpi.supports,
            kpi.about.owner,
            kpi.about.review,
            kpi.about.tags,
            kpi.span.place,
        )

    def alike(
        self, name: str, judge: Judge, plan: n.SlicePlan, keys: Sequence[tuple[object, ...]]
    ) -> Sequence[Segment]:  # fmt: skip
        """The segments of a slice that are held against a target alone."""
        errors: list[object] = []

        def some(keys: Sequence[tuple[object, ...]], members: Sequence[Members]) -> Alike:
            rows, target, amber = judge.rows(plan, keys, errors)
            return Alike(members, rows, target, amber, partial=plan.value.partial)

        found: Sequence[Segment] = ()
        if len(keys) > FEW:
            parts = (keys[at : at + TOGETHER] for at in range(0, len(keys), TOGETHER))
            named = self.named.members
            found = ManyAlike((some(part, [named(plan.by, key) for key in part]) for part in parts), TOGETHER)
        elif keys:
            found = some(keys, self.named.all_of(plan.by, keys))
        self.met(name, errors)
        self.met_by_slice(name, plan)
        return found

    def segments(
        self,
        name: str,
        judge: Judge,
        slices: Iterable[n.SlicePlan],
        keys: Mapping[tuple[str, ...], Iterable[tuple[object, ...]]],
        kept_back: Mapping[Group, Hidden],
    ) -> tuple[Sequence[Segment], Worst]:
        """The segments of a KPI, and the worst of them."""
        segments: Packing[Segment] = Packing()
        gravest = Worst()
        for plan in slices:
            found = keys[plan.by]
            for key, (assessment, errors) in zip(found, judge.segments(plan, found, kept_back), strict=True):
                if errors:
                    self.met(name, errors)
                segment = Segment(self.named.members(plan.by, key), assessment)
                gravest.look_at(segment)
                segments.append(segment)
            self.met_by_slice(name, plan)
        return segments.done(), gravest

    def met_by_slice(self, name: str, plan: n.SlicePlan) -> None:
        """A segment that could not be asked for leaves no member behind that would tell of it."""
        self.met(name, (self.answers.error(ask.cell) for step in told_by(plan) for ask in n.asked(step)))

    def keys(self, plan: n.SlicePlan) -> Sequence[tuple[object, ...]]:
        """The segments of a slice; of the whole there is one."""
        return self.evaluation.segments(told_by(plan), plan.by) if plan.by else [()]

    def stale(self, value: v.Value, at: datetime | None = None) -> str | None:
        """Why a value is stale, seen from the anchor, or from `at`."""
        return self.staleness(value, self.plan.anchor if at is None else at)

    # ------------------------------------------------------------ objectives
    def objectives(self, selected: tuple[str, ...]) -> tuple[ObjectiveResult, ...]:
        """The objectives that are selected, or a key result of which is."""
        if not (self.model.objectives or self.model.failed):
            return ()
        from kpidsl.assess.objectives import Goals, failed_objective
        from kpidsl.plan.key_results import is_selected

        goals = Goals(self.model, self.plan, self.evaluation, self.stale)
        wanted = frozenset(selected)
        found: list[ObjectiveResult] = []
        for name in self.model.order:
            objective, failed = self.model.objectives.get(name), self.model.failed.get(name)
            if objective is not None and is_selected(objective, wanted):
                found.append(goals.objective(name, wanted))
            elif failed is not None and failed.kind == "objective" and name in wanted:
                found.append(failed_objective(failed))
        for name, standing in goals.standings.items():
            self.met(name, standing.errors)
        return tuple(found)

    # ------------------------------------------------------------ outcomes
    def outcomes(
        self, selected: tuple[str, ...], kpis: Mapping[str, KpiResult], again: Again
    ) -> tuple[OutcomeResult, ...]:
        if not (self.model.outcomes or self.model.failed):
            return ()
        from kpidsl.assess.outcomes import Outcomes, failed_outcome

        found: list[OutcomeResult] = []
        stale = partial(staleness, self.model, self.plan.calendar)
        outcomes = Outcomes(self.model, self.plan, self.evaluation, stale, kpis, again)
        for name in selected:
            failed = self.model.failed.get(name)
            if name in self.model.outcomes:
                found.append(outcomes.outcome(name))
                self.met(name, outcomes.errors[name])
            elif failed is not None and failed.kind == "outcome":
                found.append(failed_outcome(failed))
        return tuple(found)

    # ------------------------------------------------------------ what could not be had
    def met(self, name: str, errors: Iterable[object]) -> None:
        for error in errors:
            if isinstance(error, KpidslError):
                self.errors.add(error.code, error.message, error.hint, self.place(error), (name,))
            elif isinstance(error, Diagnostic):
                self.errors.add(error.code, error.message, error.remedy, error.place, (name,))

    def place(self, error: KpidslError) -> str:
        for name, failed in (*self.answers.failed_sources.items(), *self.answers.infinite.items()):
            if failed is error:
                return self.model.sources[name].span.place
        for cell, failed in self.answers.failed_cells.items():
            if failed is error:
                return self.model.sources[cell.source].span.place
        return ""

    def failed(self, selected: Iterable[str]) -> None:
        if not self.model.failed:
            return
        told_in_parts = self.model.objectives.keys() | self.model.outcomes.keys()
        for name in selected:
            failed = self.model.failed.get(name) if name not in told_in_parts else None
            for problem in failed.problems if failed is not None else ():
                self.errors.add(problem.code, problem.message, problem.remedy, problem.place, (name,))

    def failed_metric(self, failed: m.Failed) -> MetricResult:
        """A metric that the data makes impossible: present, without a value."""
        about = failed.about
        return MetricResult(
            failed.name, about.title, about.description, None, "source_error", failed.unit, failed.value_kind, None,
            None, None, (), None, about.owner, about.tags, failed.span.place,
        )  # fmt: skip

    def failed_kpi(self, failed: m.Failed) -> KpiResult:
        """A KPI that the data makes impossible: present, with the status error."""
        first = failed.problems[0].message if failed.problems else "its data could not be had"
        assessment = Assessment(None, "source_error", None, None, "error", first, None, None, None, None, (), ())
        about = failed.about
        return KpiResult(
            failed.name, about.title, about.description, failed.unit, failed.value_kind, None, assessment, (), (), (),
            (), about.owner, about.review, about.tags, failed.span.place,
        )  # fmt: skip


def staleness(model: m.Model, calendar: Calendar, answers: Answers) -> Stale:
    """Says why a value is stale at an anchor: the newest row of one of its sources is older than the source says it may
    be, seen from there.
    """

    if all(source.fresh is None for source in model.sources.values()):
        return lambda _value, _anchor: None

    def stale(value: v.Value, anchor: datetime) -> str | None:
        for name in dict.fromkeys(name for aggregate in v.aggregates(value) for name in aggregate.sources):
            source = model.sources[name]
            if source.fresh is None:
                continue
            extent = answers.extents.get((name, source.time))
            newest = extent.newest.get(anchor) if extent is not None else None
            count, unit = source.fresh
            if newest is not None and newest < shift_anchor(anchor, count, unit, calendar):
                day = calendar.civil(newest)
                return f"the newest row of {name} is from {day:%Y-%m-%d %H:%M}, older than {unit.counted(count)}"
        return None

    return stale


def assess(
    model: m.Model,
    plan: n.Plan,
    answers: Answers,
    selected: Iterable[str],
    *,
    version: str,
    as_of_is_now: bool,
    spec: SpecIdentity,
    params: Mapping[str, str],
    warnings: Iterable[Diagnostic] = (),
    checkins: Mapping[str, tuple[Checkin, ...] | KpidslError] | None = None,
    again: Again,
) -> Results:
    """The results of a run, in the order of the spec.

    `again` asks the data about an outcome at an earlier anchor: when evidence expires is known only from the data.
    """
    errors = Errors()
    evaluation = Evaluation(answers)
    is_stale = staleness(model, plan.calendar, answers)
    inputs = Inputs(evaluation, plan.calendar)
    assessor = Assessor(model, plan, evaluation, errors, is_stale, inputs, Named({}, {}), {})
    metrics: list[MetricResult] = []
    kpis: list[KpiResult] = []
    names = tuple(selected)
    for name in names:
        failed = model.failed.get(name)
        if name in plan.metrics:
            metrics.append(assessor.metric(model.metrics[name], plan.metrics[name]))
        elif name in plan.kpis:
            kpis.append(assessor.kpi(model.kpis[name], plan.kpis[name]))
        elif failed is not None and failed.kind == "kpi":
            kpis.append(assessor.failed_kpi(failed))
        elif failed is not None and failed.standalone:
            metrics.append(assessor.failed_metric(failed))
    said = {name: rows for name, rows in (checkins or {}).items() if not isinstance(rows, KpidslError)}
    objectives = assessor.objectives(names)
    told_of: list[ErrorResult] = []
    if objectives or said:
        from kpidsl.assess.attending import attended
        from kpidsl.assess.checkins import unusable

        objectives = attended(objectives, model.objectives, said, plan.anchor, plan.calendar)
        told_of.extend(unusable(model.objectives, said))
    for name, failure in (checkins or {}).items():
        if isinstance(failure, KpidslError):
            errors.add(failure.code, failure.message, failure.hint, model.objectives[name].span.place, (name,))
    scorecards: list[ScorecardResult] = []
    if plan.scorecards:
        from kpidsl.assess.scorecards import ScorecardReader

        reader = ScorecardReader(assessor.evaluation, plan.calendar, {kpi.name: kpi for kpi in kpis})
        for name, shown in plan.scorecards.items():
            scorecard, met = reader.read(model.scorecards[name], shown)
            assessor.met(name, met)
            scorecards.append(scorecard)
    outcomes = assessor.outcomes(names, {kpi.name: kpi for kpi in kpis}, again)
    assessor.failed(names)
    if (idle := unattended(kpis)) is not None:
        told_of.append(idle)
    if outcomes:
        from kpidsl.assess.outcomes import diverging

        told_of.extend(diverging(outcomes))
    return Results(
        version,
        plan.calendar.local(plan.anchor),
        as_of_is_now,
        plan.calendar.timezone,
        spec,
        tuple(metrics),
        tuple(kpis),
        errors.results(),
        (
            *(told(warning) for warning in (*warnings, *answers.warnings) if warning.severity is not Severity.ERROR),
            *told_of,
        ),
        tuple(sorted(params.items())),
        objectives=objectives,
        scorecards=tuple(scorecards),
        outcomes=outcomes,
    )


def told(diagnostic: Diagnostic) -> ErrorResult:
    return ErrorResult(diagnostic.code, diagnostic.message, diagnostic.hint, diagnostic.place, diagnostic.affects)
