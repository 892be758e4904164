"""Evidence in the plan: what an item measures, what it is held against, and when its newest row is from."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from fractions import Fraction

from kpidsl.plan import nodes as n
from kpidsl.plan.intervals import interval_plan
from kpidsl.plan.lower import Lowering
from kpidsl.records import dataclass
from kpidsl.semantic import outcome_model as o
from kpidsl.semantic import values as v
from kpidsl.semantic.model import BoundModel, Model


@dataclass(frozen=True, slots=True)
class EvidencePlan:
    """A measured item: its value, a bound for each level (best first), what it requires with its text, and the
    criteria of a rubric with their weights.

    `newest` asks for the greatest time of the rows that enter; it is empty where the item does not expire. Rows that
    hold have no time of their own: they are known up to `standing`.
    """

    value: n.Question
    levels: tuple[tuple[str, n.BoundPlan], ...]
    requires: tuple[tuple[n.Step, str], ...]
    criteria: tuple[tuple[str, Fraction, n.Step], ...]
    invited: n.Step | None
    agreement: n.Step | None
    newest: tuple[n.Ask, ...]
    standing: datetime | None
    interval: n.IntervalPlan | None = None


def plan_evidence(model: Model, lowering: Lowering, selected: Collection[str] | None) -> dict[str, EvidencePlan]:
    """The plans of the measured evidence of the selected outcomes (None: all), by full name."""
    return {
        one.name: _plan(one, one.finding, lowering)
        for name, outcome in model.outcomes.items()
        if selected is None or name in selected
        for one in outcome.evidence
        if isinstance(one.finding, o.MeasuredModel)
    }


def _plan(model: o.EvidenceModel, finding: o.MeasuredModel, lowering: Lowering) -> EvidencePlan:
    lowering.around = model.span
    moment = lowering.moment(finding.value)

    def step(value: v.Value) -> n.Step:
        return lowering.lower(value, lowering.moment(value), ()).step

    def bound(one: BoundModel) -> n.BoundPlan:
        return n.BoundPlan(one.operator, step(one.low), step(one.high) if one.high is not None else None, None)

    value = lowering.question(finding.value, moment, ())
    asks = n.asked(value.step) if model.expires is not None else ()
    timed = tuple(dict.fromkeys(lowering.cells.newest(ask.cell) for ask in asks if ask.cell.time is not None))
    return EvidencePlan(
        value,
        tuple((one.level, bound(one.bound)) for one in finding.levels),
        tuple((lowering.lower(one.condition, moment, ()).step, one.text) for one in model.requires),
        tuple((one.member, one.weight, step(one.value)) for one in finding.criteria),
        step(model.invited) if model.invited is not None else None,
        step(model.agreement) if model.agreement is not None else None,
        tuple(n.Ask(cell, None, "newest row", (), asks[0].window) for cell in timed),
        max((ask.cell.end for ask in asks if ask.cell.time is None), default=None),
        interval_plan(model.interval, lambda part: lowering.lower(part, moment, ()).step),
    )
