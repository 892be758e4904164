"""One item of evidence at an anchor: what it says, and whether it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from kpidsl import calendar as c
from kpidsl.assess.bounds import Bound
from kpidsl.assess.inputs import Inputs
from kpidsl.assess.interval_results import Certainty, IntervalResult
from kpidsl.assess.intervals import estimate, interval_result
from kpidsl.assess.judgement import Usable
from kpidsl.assess.numbers import value_of, written
from kpidsl.assess.outcome_results import CriterionResult, EvidenceResult, SaidResult
from kpidsl.assess.results import Input, Value
from kpidsl.assess.status import why
from kpidsl.assess.trends import window_result
from kpidsl.assess.way import Figure, calc, constant
from kpidsl.calendar import Calendar, Window, shift_anchor
from kpidsl.calendar.zone import instant_of
from kpidsl.engine.algebra import Evaluation
from kpidsl.engine.answers import Answers
from kpidsl.engine.parts import Known
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.plan import nodes as n
from kpidsl.plan.evidence import EvidencePlan
from kpidsl.records import dataclass
from kpidsl.semantic import outcome_model as o
from kpidsl.semantic import values as v
from kpidsl.stats.intervals import Interval

Stale = Callable[[v.Value, datetime], str | None]


@dataclass(frozen=True, slots=True)
class Item:
    """An item as found: `level` is its place among the levels; `excluded` and `reason` say why it does not count.
    `as_of` is there where it was measured at an earlier anchor, while it had rows.
    """

    model: o.EvidenceModel
    level: int | None
    excluded: str | None
    reason: str | None
    figure: Figure | None = None
    invited: Figure | None = None
    agreement: Figure | None = None
    criteria: tuple[Figure, ...] = ()
    newest: datetime | None = None
    valid_until: datetime | None = None
    as_of: datetime | None = None
    window: Window | None = None
    inputs: tuple[Input, ...] = ()
    interval: IntervalResult | None = None
    certainty: Certainty | None = None

    @property
    def usable(self) -> Usable | None:
        """The item as it counts in the judgement."""
        if self.excluded is not None or self.level is None:
            return None
        one = self.model
        strength = one.strength.value if one.strength is not None else None
        return Usable(one.short, self.level, one.weight, one.method, one.stakeholder, strength)


@dataclass(slots=True)
class ItemReader:
    """Reads the items of one outcome off one run; `success` is the place of that level. `again` asks about it at an
    earlier anchor.
    """

    plan: n.Plan
    evaluation: Evaluation
    levels: tuple[str, ...]
    success: int
    stale: Callable[[Answers], Stale]
    again: Callable[[datetime], tuple[n.Plan, Answers]] | None
    errors: dict[object, None] = field(default_factory=dict)

    @property
    def calendar(self) -> Calendar:
        return self.plan.calendar

    def item(self, model: o.EvidenceModel) -> Item:
        match model.finding:
            case o.JudgedModel() as finding:
                return self.judged(model, finding)
            case o.MeasuredModel() as finding:
                return self.measured(model, finding, self.plan.evidence[model.name])

    # ------------------------------------------------------------ judged
    def judged(self, model: o.EvidenceModel, finding: o.JudgedModel) -> Item:
        """A judgement is known from the end of nothing: from its day on, as a date given as as-of means its end."""
        start = self.calendar.day_start(finding.on)
        level = self.levels.index(finding.level)
        if start >= self.plan.anchor:
            return Item(model, level, "not_yet", f"judged on {finding.on}, which is after the as-of", newest=start)
        until = self.until(model, start)
        excluded, reason = self.expired(until, f"it was judged on {finding.on}")
        return Item(model, level, excluded, reason, newest=start, valid_until=until)

    def until(self, model: o.EvidenceModel, newest: datetime | None) -> datetime | None:
        """The instant from which on it no longer counts."""
        if model.expires is None or newest is None:
            return None
        count, unit = model.expires
        return shift_anchor(newest, -count, unit, self.calendar)

    def expired(self, until: datetime | None, since: str) -> tuple[str | None, str | None]:
        if until is None or until > self.plan.anchor:
            return None, None
        return "expired", f"expired on {self.calendar.civil(until).date()}: {since}"

    # ------------------------------------------------------------ measured
    def measured(self, model: o.EvidenceModel, finding: o.MeasuredModel, plan: EvidencePlan) -> Item:
        figure = self.asked(plan.value.step)
        invited, agreement = (self.asked(one) if one is not None else None for one in (plan.invited, plan.agreement))
        newest = self.newest(plan)
        until = self.until(model, newest)
        if isinstance(figure, Missing) and figure.reason == "no_rows" and newest is not None:
            earlier = self.earlier(model, finding, newest, until)
            if earlier is not None:
                return earlier
        level: int | None = None
        day = self.calendar.civil(newest).date() if newest is not None else None
        excluded, reason = self.expired(until, f"its newest row is from {day}")
        if isinstance(figure, Scalar):
            level, missing = self.level(plan, figure)
            if missing is not None and excluded is None:
                excluded, reason = missing.reason, f"a bound: {why(missing)}"
        if excluded is None:
            excluded, reason = self.gate(finding, plan, figure)
        criteria = tuple(self.asked(one) for _, _, one in plan.criteria)
        return Item(
            model, level, excluded, reason, figure, invited, agreement, criteria, newest, until, None,
            plan.value.window, Inputs(self.evaluation, self.calendar).of(plan.value.step),
            interval_result(estimate(plan.interval, figure, self.evaluation, {})), self.certainty(plan, figure),
        )  # fmt: skip

    def earlier(
        self, model: o.EvidenceModel, finding: o.MeasuredModel, newest: datetime, until: datetime | None
    ) -> Item | None:
        """An item whose rows have left its window and that has not expired: as it was measured last. None where it
        expires or never had a value.
        """
        if until is None or until <= self.plan.anchor or self.again is None:
            return None
        lags = [self.plan.sources[name].lag for one in v.aggregates(finding.value) for name in one.sources]
        anchor = min(last_measured(finding.value, newest, lags, self.calendar), self.plan.anchor)
        plan, answers = self.again(anchor)
        reader = ItemReader(plan, Evaluation(answers), self.levels, self.success, self.stale, None)
        found = reader.measured(model, finding, plan.evidence[model.name])
        self.errors.update(reader.errors)
        if isinstance(found.figure, Missing):
            return None
        return replace(found, newest=newest, valid_until=until, as_of=anchor)

    def gate(self, finding: o.MeasuredModel, plan: EvidencePlan, figure: Figure) -> tuple[str | None, str | None]:
        """Why a measured item does not count; nothing where it does."""
        if isinstance(figure, Missing):
            return figure.reason, self.without(plan, figure)
        old = self.stale(self.evaluation.answers)(finding.value, self.plan.anchor)
        if old is not None:
            return "stale", old
        for condition, text in plan.requires:
            found = self.evaluation.single(condition, {}, figure.n if figure.n is not None else 0)
            if isinstance(found, Missing):
                self.errors.update(dict.fromkeys(found.errors))
                return found.reason, f"`{text}` cannot be told: {why(found)}"
            if found.value is not True:
                rows = f", and n is {figure.n}" if figure.n is not None else ""
                return "insufficient_sample", f"`{text}` does not hold{rows}"
        return None, None

    def without(self, plan: EvidencePlan, figure: Missing) -> str:
        """Why there is no value; of a rubric, which criterion has none."""
        for name, _, step in plan.criteria:
            found = self.evaluation.single(step, {})
            if isinstance(found, Missing):
                return f"the criterion {name}: {why(found)}"
        return why(figure)

    def level(self, plan: EvidencePlan, figure: Scalar) -> tuple[int | None, Missing | None]:
        """The best level whose bound the value meets, or the lowest; or what could not be had."""
        assert isinstance(figure.value, Fraction)
        for level, one in plan.levels:
            low = self.asked(one.low)
            high = self.asked(one.high) if one.high is not None else None
            missing = next((edge for edge in (low, high) if isinstance(edge, Missing)), None)
            if missing is not None:
                return None, missing
            assert isinstance(low, Scalar)
            if Bound(one.operator, low, high if isinstance(high, Scalar) else None, None, one).holds(figure.value):
                return self.levels.index(level), None
        return 0, None

    def certainty(self, plan: EvidencePlan, figure: Figure) -> Certainty | None:
        """Whether the item says success, or not, wherever in its interval the truth is."""
        one = estimate(plan.interval, figure, self.evaluation, {})
        found = one.interval() if one is not None else None
        if one is None or not isinstance(found, Interval) or not isinstance(figure, Scalar):
            return None
        low, high = one.placed(found)
        said = [self.level(plan, Scalar(edge, None, None, False))[0] for edge in (low, figure.value, high)]
        if any(level is None for level in said):
            return None
        reached = {level is not None and level >= self.success for level in said}
        if len(reached) > 1:
            return "not_distinguishable"
        return "met_certain" if True in reached else "missed_certain"

    def newest(self, plan: EvidencePlan) -> datetime | None:
        """When the newest row that enters is from."""
        found = [plan.standing] if plan.standing is not None else []
        for ask in plan.newest:
            value = self.asked(ask)
            if isinstance(value, Scalar):
                found.append(self.moment(value.value, self.plan.sources[ask.cell.source].zone))
        return max(found, default=None)

    def moment(self, value: Known, zone: str) -> datetime:
        match value:
            case datetime():
                return value if value.tzinfo is not None else instant_of(value, zone)
            case date():
                return self.calendar.day_start(value)
            case _:
                raise AssertionError(value)

    def asked(self, step: n.Step) -> Figure:
        found = self.evaluation.single(step, {})
        if isinstance(found, Missing):
            self.errors.update(dict.fromkeys(found.errors))
        return found

    # ------------------------------------------------------------ results
    def result(self, item: Item) -> EvidenceResult:
        model, finding, figure = item.model, item.model.finding, item.figure
        unit = finding.value.info.unit.label if isinstance(finding, o.MeasuredModel) else None
        value, undefined = self.shown(figure)
        newest = self.calendar.civil(item.newest).date() if item.newest is not None else None
        return EvidenceResult(
            model.short,
            model.about.title,
            model.about.description,
            item.usable is not None,
            item.excluded,
            item.reason,
            self.levels[item.level] if item.level is not None else None,
            written(model.weight, True),
            value,
            undefined,
            unit,
            figure.n if figure is not None else None,
            self.calendar.local(item.as_of) if item.as_of is not None else None,
            window_result(item.window, self.calendar),
            self.shown(item.invited)[0],
            self.response_rate(item),
            self.shown(item.agreement)[0],
            self.criteria(finding, item) if isinstance(finding, o.MeasuredModel) else (),
            SaidResult(finding.level, finding.by, finding.on, finding.see)
            if isinstance(finding, o.JudgedModel)
            else None,
            newest,
            self.calendar.local(item.valid_until) if item.valid_until is not None else None,
            model.method,
            model.stakeholder,
            (model.strength.scale, model.strength.value) if model.strength is not None else None,
            model.kpis,
            item.inputs,
            model.about.owner,
            model.span.place,
            item.interval,
            item.certainty,
        )

    def shown(self, figure: Figure | None) -> tuple[Value | None, str | None]:
        if isinstance(figure, Scalar):
            return value_of(figure.value, figure.exact, self.calendar), None
        return None, figure.reason if figure is not None else None

    def response_rate(self, item: Item) -> Decimal | None:
        if item.invited is None or item.figure is None or item.figure.n is None:
            return None
        found = calc("/", constant(item.figure.n), item.invited)
        return written(found.value, False) if isinstance(found, Scalar) and isinstance(found.value, Fraction) else None

    def criteria(self, finding: o.MeasuredModel, item: Item) -> tuple[CriterionResult, ...]:
        return tuple(
            CriterionResult(one.member, written(one.weight, True), *self.shown(figure), figure.n)
            for one, figure in zip(finding.criteria, item.criteria, strict=True)
        )


def last_measured(
    value: v.Value, newest: datetime, lags: Sequence[tuple[int, c.Unit] | None], calendar: Calendar
) -> datetime:
    """The first anchor from which a row is in the windows of a value: the end of the unit that holds it where they are
    complete units, else of the day, and the longest publication lag after that.
    """
    units = [c.Unit(c.Grain.DAY), *(window.unit for window in _windows(value) if isinstance(window, c.Last))]
    seen = max(calendar.step(calendar.start_of(unit, newest), unit, 1) for unit in units)
    return max((shift_anchor(seen, -lag[0], lag[1], calendar) for lag in lags if lag is not None), default=seen)


def _windows(value: v.Value) -> Iterator[c.WindowSpec]:
    if isinstance(value, v.Windowed):
        yield value.window
    for part in v.parts(value):
        yield from _windows(part)
