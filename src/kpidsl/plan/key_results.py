"""Key results in the plan: their values at the moments that tell how far they have come."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta

from kpidsl import calendar as c
from kpidsl.calendar import Calendar
from kpidsl.plan import nodes as n
from kpidsl.plan.eras import mixed
from kpidsl.plan.lower import MOST_PERIODS, Lowering
from kpidsl.plan.signals import forecast_plan
from kpidsl.records import dataclass
from kpidsl.semantic import goal_model as g
from kpidsl.semantic import values as v
from kpidsl.semantic.model import BoundModel, Model


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A moment at which reaching the target counts, with the value and the target there."""

    label: str
    at: datetime
    value: n.Step
    target: n.BoundPlan | None


@dataclass(frozen=True, slots=True)
class KeyResultPlan:
    """A key result from `start` to `end`, looked at `at`: the anchor, or the end where that is over.

    `known` is the end of the value's own window, never after `at`; days after it are not the value's to know. `value`
    is None for things to deliver, `baseline` where the way begins at 0 or there is none; `target` is None where it
    follows from the baseline. The `checkpoints` are those before `at`, oldest first.
    """

    start: datetime
    end: datetime
    at: datetime
    known: datetime
    value: n.Question | None = None
    baseline: n.Step | None = None
    target: n.BoundPlan | None = None
    checkpoints: tuple[Checkpoint, ...] = ()
    trend: tuple[n.Question, ...] = ()
    forecast: n.ForecastPlan | None = None


def plan_key_results(model: Model, lowering: Lowering, selected: Collection[str] | None) -> dict[str, KeyResultPlan]:
    """The plans of all key results that the selected objectives and key results (None: all) need, by full name."""
    found: dict[str, KeyResultPlan] = {}
    for name in needed(model, selected):
        for one in model.objectives[name].key_results:
            lowering.around = one.span
            found[one.name] = plan_key_result(one, lowering)
    return found


def needed(model: Model, selected: Collection[str] | None) -> tuple[str, ...]:
    """The objectives whose key results enter what is selected: themselves, and those that contribute to them."""
    if selected is None or not model.objectives:
        return tuple(model.objectives)
    left = [name for name, one in model.objectives.items() if is_selected(one, selected)]
    found = set(left)
    below = contributors(model)
    while left:
        for child in below.get(left.pop(), ()):
            if child not in found and child in model.objectives:
                found.add(child)
                left.append(child)
    return tuple(name for name in model.objectives if name in found)


def is_selected(objective: g.ObjectiveModel, selected: Collection[str] | None) -> bool:
    """Whether an objective, or a key result of it, is selected."""
    return selected is None or objective.name in selected or any(one.name in selected for one in objective.key_results)


def contributors(model: Model) -> Mapping[str, tuple[str, ...]]:
    """The objectives that contribute to each objective, in the order of the spec; what data made impossible too."""
    found: dict[str, tuple[str, ...]] = {}
    for name in model.order:
        objective, failed = model.objectives.get(name), model.failed.get(name)
        above: Iterable[str] = ()
        if objective is not None:
            above = (one.objective for one in objective.parents if one.relation == "contributes")
        elif failed is not None:
            above = failed.contributes
        for parent in above:
            found[parent] = (*found.get(parent, ()), name)
    return found


def plan_key_result(model: g.KeyResultModel, lowering: Lowering) -> KeyResultPlan:
    calendar = lowering.calendar
    start, end = calendar.day_start(model.first), calendar.day_start(model.last + timedelta(days=1))
    at = min(lowering.anchor, end)
    # What is said of a source's freshness is said as of then.
    lowering.judged_at.add(at)
    aim = model.aim
    if isinstance(aim, g.DeliverModel):
        return KeyResultPlan(start, end, at, at)
    moment = lowering.moment(aim.value, at)
    value = lowering.lower(aim.value, moment, ())
    window = lowering.window(aim.value, moment)
    known = min(window.end, at) if window is not None else at
    baseline = _baseline(model, lowering)
    step: n.Step | None = None
    if baseline is not None:
        if at <= start and not isinstance(baseline, v.Number):
            step = n.Undefined("not_started")
        else:
            moment = lowering.moment(baseline, min(start, at))
            lowered = lowering.lower(baseline, moment, ())
            is_mixed = mixed(value.eras, lowered.eras)
            step = n.Undefined("definition_changed") if is_mixed else lowered.step
    moment = lowering.moment(aim.value, at)
    ahead: n.ForecastPlan | None = None
    if model.forecast is not None and model.trend is not None:
        ends = lowering.ends(aim.value, window, at, end)
        ahead = forecast_plan(model.forecast, aim.value, window, end, ends, model.trend[1], None, calendar)
    return KeyResultPlan(
        start, end, at, known, n.Question(value.step, window), step, _target(aim, lowering, at),
        tuple(_checkpoints(model, aim, lowering, start, at)),
        lowering.series_of(aim.value, model.trend, moment, ()) if model.trend is not None else (),
        ahead,
    )  # fmt: skip


def restatement(model: g.KeyResultModel, at: datetime, calendar: Calendar) -> g.RestatedModel | None:
    """The restated baseline in force before a moment."""
    found = [one for one in model.restated if calendar.day_start(one.on) < at]
    return found[-1] if found else None


def _baseline(model: g.KeyResultModel, lowering: Lowering) -> v.Value | None:
    """The value that the way begins at; None where that is 0, or nothing begins."""
    aim = model.aim
    if not isinstance(aim, g.ChangeModel | g.ReachModel):
        return None
    later = restatement(model, lowering.anchor, lowering.calendar)
    if later is not None:
        return later.baseline
    if isinstance(aim, g.ChangeModel):
        return aim.baseline if aim.baseline is not None else aim.value
    return aim.baseline


def _target(aim: g.ChangeModel | g.ReachModel | g.KeepModel, lowering: Lowering, at: datetime) -> n.BoundPlan | None:
    if not isinstance(aim, g.ChangeModel):
        return _bound(aim.bound, lowering, at)
    # A target that was worked out from `from` and `by` follows the baseline, which may be restated.
    if aim.target is None or "to" not in aim.given:
        return None
    sign = ">" if aim.direction == "increase" else "<"
    low = lowering.lower(aim.target, lowering.moment(aim.target, at), ()).step
    return n.BoundPlan(sign if aim.strict else f"{sign}=", low, None, None)


def _bound(bound: BoundModel, lowering: Lowering, at: datetime) -> n.BoundPlan:
    low, high = (
        None if edge is None else lowering.lower(edge, lowering.moment(edge, at), ()).step
        for edge in (bound.low, bound.high)
    )
    assert low is not None
    return n.BoundPlan(bound.operator, low, high, None)


def _checkpoints(
    model: g.KeyResultModel,
    aim: g.ChangeModel | g.ReachModel | g.KeepModel,
    lowering: Lowering,
    start: datetime,
    at: datetime,
) -> Iterable[Checkpoint]:
    mode = model.achieve
    if mode.unit is None or at <= start:
        return
    if (at - start).days > MOST_PERIODS * mode.unit.grain.nominal_seconds // 86_400:
        lowering.problems.error(
            "K0401", f"`achieve` looks at more than {MOST_PERIODS:_} {mode.unit.plural}", model.span,
            hint="look at longer periods: `achieve every year`",
        )  # fmt: skip
        return
    for label, moment in checkpoint_times(mode.unit, start, at, model.last, lowering.calendar):
        value = lowering.lower(aim.value, lowering.moment(aim.value, moment), ()).step
        yield Checkpoint(label, moment, value, _target(aim, lowering, moment))


def checkpoint_times(
    unit: c.Unit, start: datetime, at: datetime, last: date, calendar: Calendar
) -> Iterable[tuple[str, datetime]]:
    """The ends of units between two moments with the units' names, and the end of the last day itself."""
    end = calendar.day_start(last + timedelta(days=1))
    begin = calendar.start_of(unit, start)
    while True:
        following = min(calendar.step(begin, unit, 1), end)
        if following > at:
            return
        yield calendar.name_of(unit, begin), following
        if following == end:
            return
        begin = following
