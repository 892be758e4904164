"""How far a key result has come: figures between exact numbers, its state, and why (docs/language/07-objectives.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction

from kpidsl.assess.bounds import Bound
from kpidsl.assess.goal_results import ItemResult, Offender
from kpidsl.assess.numbers import member, written
from kpidsl.assess.policies import Policy, geometric
from kpidsl.assess.reaching import Reaching
from kpidsl.assess.signal_results import ForecastResult
from kpidsl.assess.signals import forecast_result
from kpidsl.assess.situation import Situation
from kpidsl.assess.trends import Trend, point_of
from kpidsl.assess.way import DAY, Figure, Point, calc, constant, days_between, elapsed, number, within
from kpidsl.calendar import Calendar
from kpidsl.engine.algebra import Evaluation, compare
from kpidsl.engine.scalars import Missing, Scalar, Vector
from kpidsl.plan import nodes as n
from kpidsl.plan.key_results import Checkpoint, KeyResultPlan
from kpidsl.records import dataclass
from kpidsl.semantic import goal_model as g

RATES = ("required_rate", "actual_rate")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a key result stands: everything that is computed of it, and its state.

    `figures` are by the names of the document; one that this kind of key result does not have is not among them.
    `target` is the bound that is to be reached; `progress` is limited to 0…1, `expected` g(τ).
    """

    model: g.KeyResultModel
    plan: KeyResultPlan
    figures: Mapping[str, Figure]
    target: Bound | None
    state: str
    reason: str
    policy: str
    points: tuple[Point, ...]
    items: tuple[ItemResult, ...]
    offenders: tuple[Offender, ...]
    errors: tuple[object, ...]
    trend: Trend = ()
    forecast: ForecastResult | None = None

    def number(self, name: str) -> Fraction | None:
        """A figure as a number, or None."""
        return number(self.figures.get(name))


class KeyResultJudge:
    """Judges one key result. `stale` says which of its sources have not been heard of for too long, `abandoned` why it,
    or its objective, was given up.
    """

    def __init__(
        self,
        model: g.KeyResultModel,
        plan: KeyResultPlan,
        evaluation: Evaluation,
        calendar: Calendar,
        policy: Policy,
        *,
        anchor: datetime,
        stale: str | None,
        abandoned: str | None,
    ) -> None:
        self.model = model
        self.plan = plan
        self.evaluation = evaluation
        self.calendar = calendar
        self.policy = policy
        self.anchor = anchor
        self.stale = stale
        self.abandoned = abandoned
        self.errors: dict[object, None] = {}
        aim = model.aim
        self.unit = None if isinstance(aim, g.DeliverModel) else aim.value.info.unit.label
        self.is_begun = anchor > plan.start

    def standing(self) -> Standing:
        model, aim = self.model, self.model.aim
        target: Bound | None = None
        figures: dict[str, Figure]
        items: tuple[ItemResult, ...] = ()
        offenders: tuple[Offender, ...] = ()
        if isinstance(aim, g.DeliverModel):
            items = tuple(self.item(item) for item in aim.items)
            figures = self.delivered(aim)
        else:
            assert self.plan.value is not None
            value = self.asked(self.plan.value.step)
            if isinstance(aim, g.KeepModel):
                target = self.bound(self.plan.target)
                figures = self.kept(value, target)
            else:
                baseline = self.baseline()
                target = self.target(aim, baseline)
                figures = self.moved(value, baseline, target)
            offenders = self.offenders(target)
        points = tuple(self.checkpoint(point, figures) for point in self.plan.checkpoints)
        self.paced(figures)
        reaching = Reaching(model, self.plan, figures, target, points, items, self.unit)
        state, reason = Situation(reaching, self.policy, self.is_begun, self.stale, self.abandoned).state()
        trend = tuple((question, self.asked(question.step)) for question in self.plan.trend)
        ahead = self.plan.forecast
        forecast: ForecastResult | None = None
        if ahead is not None:
            series = [point_of(question, one) for question, one in trend]
            forecast = forecast_result(ahead, series, target, self.unit, self.calendar)
        return Standing(
            model, self.plan, figures, target, state, reason, self.policy.name, points, items, offenders,
            tuple(self.errors), trend, forecast,
        )  # fmt: skip

    # ------------------------------------------------------------ values
    def asked(self, step: n.Step) -> Figure:
        found = self.evaluation.single(step, {})
        if isinstance(found, Missing):
            self.errors.update(dict.fromkeys(found.errors))
        return found

    def bound(self, plan: n.BoundPlan | None) -> Bound | None:
        if plan is None:
            return None
        low = self.asked(plan.low)
        high = self.asked(plan.high) if plan.high is not None else None
        missing = next((edge for edge in (low, high) if isinstance(edge, Missing)), None)
        return Bound(
            plan.operator,
            low if isinstance(low, Scalar) else None,
            high if isinstance(high, Scalar) else None,
            missing,
            plan,
        )

    def baseline(self) -> Figure:
        """B; 0 for `reach … >= T` without a stated one."""
        return constant(0) if self.plan.baseline is None else self.asked(self.plan.baseline)

    def target(self, aim: g.ChangeModel | g.ReachModel, baseline: Figure) -> Bound:
        """The bound as evaluated; T = B ± p·|B|, or B ± n, where it follows from the baseline."""
        found = self.bound(self.plan.target)
        if found is not None:
            return found
        assert isinstance(aim, g.ChangeModel) and aim.delta is not None
        sign = 1 if aim.direction == "increase" else -1
        size: Figure = constant(sign * aim.delta.size)
        if aim.delta.measure == "relative":
            amount = baseline
            if (known := number(baseline)) is not None and known < 0:
                amount = calc("-", constant(0), baseline)
            size = calc("*", size, amount)
        edge = calc("+", baseline, size)
        operator = (">" if sign > 0 else "<") + ("" if aim.strict else "=")
        missing = Missing("baseline_missing", errors=edge.errors) if isinstance(edge, Missing) else None
        if missing is not None and isinstance(edge, Missing) and edge.reason in ("source_error", "not_started"):
            missing = edge
        low = edge if isinstance(edge, Scalar) else None
        plan = n.BoundPlan(operator, n.Undefined("baseline_missing"), None, None)
        return Bound(operator, low, None, missing, plan)

    # ------------------------------------------------------------ figures
    def moved(self, value: Figure, baseline: Figure, target: Bound) -> dict[str, Figure]:
        """The figures of a way from B to T."""
        edge = self.edge(target, baseline)
        figures: dict[str, Figure] = {"value": value, "baseline": baseline}
        figures["gap"] = self.gap(value, target)
        if target.operator is not None:
            figures["attainment"] = self.attainment(value, target)
        start = self.start(baseline)
        raw = calc("/", calc("-", value, start), calc("-", edge, start))
        if isinstance(raw, Scalar) and not self.leads(target, baseline):
            raw = Missing("already_met")
        if not self.is_begun:
            raw = Missing("not_started")
        figures["progress_raw"] = raw
        tau = elapsed(self.plan.start, self.plan.end, self.plan.known, self.calendar)
        figures["expected"] = self.expected(tau, number(start), number(edge))
        way = calc("-", edge, start)
        figures["expected_value"] = calc("+", start, calc("*", figures["expected"], way))
        done = calc("-", value, start)
        is_early = not tau and isinstance(done, Scalar)
        early = Missing("too_early")
        figures["landing"] = early if is_early else calc("+", start, calc("/", done, constant(tau)))
        left = days_between(self.plan.at, self.plan.end, self.calendar)
        figures["required_rate"] = calc("/", calc("-", edge, value), constant(left))
        passed = days_between(self.plan.start, self.plan.known, self.calendar)
        figures["actual_rate"] = early if is_early else calc("/", done, constant(max(passed, Fraction(0))))
        if not self.is_begun:
            names = ("expected_value", "landing", *RATES)
            figures.update(dict.fromkeys(names, Missing("not_started")))
        return figures

    def kept(self, value: Figure, target: Bound | None) -> dict[str, Figure]:
        """1 while it holds, else 0; all of that is due at any time."""
        assert target is not None
        figures: dict[str, Figure] = {"value": value, "gap": self.gap(value, target)}
        if target.operator is not None:
            figures["attainment"] = self.attainment(value, target)
        held = self.holds(value, target)
        figures["progress_raw"] = held if isinstance(held, Missing) else constant(int(held))
        if not self.is_begun:
            figures["progress_raw"] = Missing("not_started")
        figures["expected"] = constant(1) if self.is_begun else Missing("not_started")
        return figures

    def delivered(self, aim: g.DeliverModel) -> dict[str, Figure]:
        """Done weight / all weight."""
        done = sum((item.weight for item in aim.items if self.is_done(item)), Fraction(0))
        raw = calc("/", constant(done), constant(sum((item.weight for item in aim.items), Fraction(0))))
        tau = elapsed(self.plan.start, self.plan.end, self.plan.at, self.calendar)
        figures: dict[str, Figure] = {"progress_raw": raw if self.is_begun else Missing("not_started")}
        figures["expected"] = self.expected(tau, None, None)
        return figures

    def paced(self, figures: dict[str, Figure]) -> None:
        """Progress within 0…1, and how it compares with what is expected."""
        raw, expected = figures["progress_raw"], figures["expected"]
        limited = number(raw)
        figures["progress"] = raw
        if limited is not None and not 0 <= limited <= 1:
            figures["progress"] = constant(within(limited))
        tau = elapsed(self.plan.start, self.plan.end, self.plan.known, self.calendar)
        figures["elapsed"] = constant(tau)
        nothing = number(expected) == 0 and isinstance(raw, Scalar)
        figures["pace_index"] = Missing("too_early") if nothing else calc("/", raw, expected)
        figures["pace_gap"] = calc("-", raw, expected)

    def expected(self, tau: Fraction, baseline: Fraction | None, target: Fraction | None) -> Figure:
        """g(τ) of the path."""
        if not self.is_begun:
            return Missing("not_started")
        match self.model.path:
            case "linear":
                return constant(tau)
            case "steps":
                if tau == 1:
                    return constant(1)
                over = [
                    step.part for step in self.model.steps if self.calendar.day_start(step.on + DAY) <= self.plan.known
                ]
                return constant(over[-1] if over else 0)
            case "geometric":
                if baseline is None or target is None:
                    return Missing("baseline_missing")
                found = geometric(baseline, target, tau)
                return Missing("zero_denominator") if found is None else Scalar(found, None, None, False)

    def start(self, baseline: Figure) -> Figure:
        """The baseline, as what is computed from it sees it."""
        graver = ("source_error", "not_started", "definition_changed")
        if isinstance(baseline, Missing) and baseline.reason not in graver:
            return Missing("baseline_missing")
        return baseline

    def edge(self, target: Bound, baseline: Figure) -> Figure:
        """T: of a two-sided bound the edge nearer to the baseline."""
        if target.missing is not None:
            return target.missing
        assert target.low is not None
        start, low = number(baseline), number(target.low)
        if target.operator is None and target.high is not None and start is not None and low is not None:
            return target.low if start < low else target.high
        return target.low

    def leads(self, target: Bound, baseline: Figure) -> bool:
        """Whether there is a way left from the baseline: it does not meet the bound already."""
        start = number(baseline)
        if start is None or target.missing is not None:
            return True
        assert target.low is not None
        if target.operator is not None:
            low = number(target.low)
            assert low is not None
            return start < low if target.operator[0] == ">" else start > low
        return not target.holds(start)

    def holds(self, value: Figure, target: Bound) -> bool | Missing:
        """Whether a value reaches the target."""
        if isinstance(value, Missing):
            return value
        if target.missing is not None:
            return target.missing
        assert isinstance(value.value, Fraction)
        return target.holds(value.value)

    def gap(self, value: Figure, target: Bound) -> Figure:
        """X − T; for a two-sided target the distance to the nearer edge, 0 inside."""
        if isinstance(value, Missing):
            return value
        if target.missing is not None or target.low is None:
            return target.missing or Missing("no_target")
        if target.operator is not None:
            return calc("-", value, target.low)
        assert target.high is not None
        if compare("<", value.value, target.low.value):
            return calc("-", value, target.low)
        return calc("-", value, target.high) if compare(">", value.value, target.high.value) else constant(0)

    def attainment(self, value: Figure, target: Bound) -> Figure:
        """X/T where higher is better, T/X where lower is; undefined for T ≤ 0 or X ≤ 0."""
        if isinstance(value, Missing):
            return value
        if target.missing is not None or target.low is None or target.operator is None:
            return target.missing or Missing("no_target")
        x, t = number(value), number(target.low)
        if x is None or t is None or x <= 0 or t <= 0:
            return Missing("zero_denominator")
        return Scalar(x / t if target.operator[0] == ">" else t / x, None, None, False)

    # ------------------------------------------------------------ parts
    def is_done(self, item: g.DeliverItemModel) -> bool:
        return item.done is not None and self.calendar.day_start(item.done) < self.plan.at

    def item(self, item: g.DeliverItemModel) -> ItemResult:
        state = "done" if self.is_done(item) else "open"
        if state == "open" and item.due is not None and self.calendar.day_start(item.due + DAY) <= self.anchor:
            state = "overdue"
        return ItemResult(item.title, state, item.done, item.due, written(item.weight, True))

    def checkpoint(self, point: Checkpoint, figures: Mapping[str, Figure]) -> Point:
        value = self.asked(point.value)
        target = self.bound(point.target)
        if target is None:
            aim = self.model.aim
            assert isinstance(aim, g.ChangeModel)
            target = self.target(aim, figures["baseline"])
        return Point(point.label, point.at, value, self.holds(value, target))

    def offenders(self, target: Bound | None) -> tuple[Offender, ...]:
        """The members that break a bound on the greatest or the least of them, or that a share leaves out."""
        assert self.plan.value is not None
        step, factor = self.plan.value.step, Fraction(1)
        while isinstance(step, n.Scale):
            factor *= step.factor
            step = step.operand
        if not isinstance(step, n.Reduce) or target is None or target.missing is not None:
            return ()
        if step.function not in ("max", "min", "share"):
            return ()
        found = self.evaluation.step(step.operand, (), None)
        if not isinstance(found, Vector) or any(isinstance(inner, Vector) for _, inner in found.items):
            return ()
        offending: list[Offender] = []
        for label, inner in found.items:
            if not isinstance(inner, Scalar):
                continue
            if step.function == "share":
                if inner.value is False:
                    offending.append(Offender(member(label), None))
            elif isinstance(inner.value, Fraction) and not target.holds(inner.value * factor):
                offending.append(Offender(member(label), written(inner.value * factor, inner.exact)))
        return tuple(offending)


def abandonment(one: g.AbandonedModel | None, anchor: datetime, calendar: Calendar) -> str | None:
    """Why something is given up, from the day it was."""
    if one is None or not calendar.day_start(one.on) < anchor:
        return None
    return f"abandoned on {one.on}" + (f": {one.why}" if one.why else "")
