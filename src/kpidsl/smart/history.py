"""What a KPI was at the anchor and at twelve earlier ones, and what of that its target would have held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from kpidsl.calendar import Grain, Unit
from kpidsl.engine.algebra import Evaluation, compare
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.plan import nodes as n
from kpidsl.records import dataclass
from kpidsl.semantic import model as m
from kpidsl.semantic import values as v
from kpidsl.smart.reading import periods, step_of

ANCHORS = 12
FEW = 4  # anchors for a value that is made of many periods, each of which costs as much as a value
MANY = 100  # periods in a window
REACH_YEARS = 100  # of steps as long as a century fewer are looked at
BASELINE = "baseline"  # a comparison a KPI already has under this name is kept
_LOW, _HIGH = "low", "high"


@dataclass(frozen=True, slots=True)
class Point:
    """A value at one anchor and the edges of the target it is held against: `low` alone for a one-sided one."""

    value: Fraction
    low: Fraction
    high: Fraction | None
    operator: str | None

    @property
    def holds(self) -> bool:
        if self.operator is not None:
            return compare(self.operator, self.value, self.low)
        assert self.high is not None
        return self.low <= self.value <= self.high


@dataclass(frozen=True, slots=True)
class History:
    """`now` is None where there is no value now. `earlier` are the earlier anchors with a value, `asked` how many
    were asked for, `apart` how far one from the next. `starting` tells which dated target is in force.

    `missing` says why there is no value at any anchor, or no target. `values` are the earlier ones, with a target or
    without; `baseline` is what a key result starts from.
    """

    now: Point | None
    earlier: tuple[Point, ...]
    asked: int
    apart: str
    starting: object = None
    missing: str | None = None
    value_now: Fraction | None = None
    values: tuple[Fraction, ...] = ()
    baseline: Fraction | None = None


def steps(kpi: m.KpiModel) -> tuple[int, int, Unit]:
    """How many earlier anchors are asked for, and how far apart they are: as the trend's, or as long as the window."""
    count, unit = (1, kpi.trend[1]) if kpi.trend is not None else step_of(kpi.value)
    years = REACH_YEARS * Grain.YEAR.nominal_seconds
    most = FEW if periods(kpi.value) > MANY else ANCHORS
    return min(most, years // (count * unit.grain.nominal_seconds)), count, unit


def with_history(model: m.Model, asked: Mapping[str, m.KpiModel]) -> m.Model:
    """A model of these KPIs alone, each with its value and target at the earlier anchors as comparisons.

    Segments, trends and what else a KPI says are left out. A target without data is the same at every anchor.
    """
    kpis = {name: _with_history(kpi) for name, kpi in asked.items()}
    return replace(model, metrics={}, kpis=kpis, objectives={}, order=tuple(kpis))


def _with_history(kpi: m.KpiModel) -> m.KpiModel:
    most, count, unit = steps(kpi)
    asked = [one for one in kpi.comparisons if one.label == BASELINE]
    for step in range(1, most + 1):
        asked.append(m.ComparisonModel(str(step), _earlier(kpi.value, step * count, unit)))
        for number, target in enumerate(kpi.targets):
            for side, edge in ((_LOW, target.low), (_HIGH, target.high)):
                if edge is not None and v.aggregates(edge):
                    label = f"{step} {number} {side}"
                    asked.append(m.ComparisonModel(label, _earlier(edge, step * count, unit)))
    bare = replace(kpi, slices=(), trend=None, amber=None, guards=(), requires=(), actions=(), interval=None)
    return replace(bare, comparisons=tuple(asked))


def _earlier(value: v.Value, count: int, unit: Unit) -> v.Value:
    return v.Shifted(value.info, value, count, unit)


def history(kpi: m.KpiModel, plan: n.SlicePlan, evaluation: Evaluation) -> History:
    """The history of a KPI, from the plan of what `with_history` made of it."""
    most, count, unit = steps(kpi)
    apart = unit.counted(count) if count > 1 else f"a {unit.singular}"
    found: Mapping[str, n.Question] = dict(plan.comparisons)
    now, value = _point(plan.value.step, plan.target, plan.target, evaluation, kpi.suppress)
    starting = plan.target.starting if plan.target is not None else None
    number = next((place for place, one in enumerate(kpi.targets) if one.starting == starting), None)
    earlier: list[Point] = []
    values: list[Fraction] = []
    for step in range(1, most + 1):
        low, high = (found.get(f"{step} {number} {side}") for side in (_LOW, _HIGH))
        target = plan.target
        if target is not None and low is not None:
            target = replace(target, low=low.step)
        if target is not None and high is not None:
            target = replace(target, high=high.step)
        point, then = _point(found[str(step)].step, target, plan.target, evaluation, kpi.suppress)
        if point is not None:
            earlier.append(point)
        if then is not None:
            values.append(then)
    missing = _why(plan.value.step, evaluation) if value is None and not values else None
    if missing is None and plan.target is not None and now is None and not earlier:
        missing = _why(plan.target.low, evaluation, "its target has no value")
    if plan.target is None:
        earlier = [Point(one, one, one, None) for one in values]
    baseline = _number(found[BASELINE].step, evaluation, kpi.suppress) if BASELINE in found else None
    return History(now, tuple(earlier), most, apart, starting, missing, value, tuple(values), baseline)


def _point(
    step: n.Step, target: n.BoundPlan | None, shape: n.BoundPlan | None, evaluation: Evaluation, below: int | None
) -> tuple[Point | None, Fraction | None]:
    """The value of a step with the target's edges, where both are known; and the value alone. What is of fewer rows
    than `below` is kept back.
    """
    value = _number(step, evaluation, below)
    if value is None or target is None or shape is None:
        return None, value
    low = _number(target.low, evaluation, below)
    high = _number(target.high, evaluation, below) if target.high is not None else None
    if low is None or (target.high is not None and high is None):
        return None, value
    return Point(value, low, high, shape.operator), value


def _number(step: n.Step, evaluation: Evaluation, below: int | None) -> Fraction | None:
    found = evaluation.single(step, {})
    if below is not None and found.n is not None and 0 < found.n < below:
        return None
    return found.value if isinstance(found, Scalar) and isinstance(found.value, Fraction) else None


def _why(step: n.Step, evaluation: Evaluation, otherwise: str = "there is no data at these anchors") -> str:
    """Why a step has no value, in words."""
    found = evaluation.single(step, {})
    for error in found.errors if isinstance(found, Missing) else ():
        return str(getattr(error, "message", "its data could not be had"))
    return "its data could not be had" if isinstance(found, Missing) and found.reason == "source_error" else otherwise
