"""The plan of a run: everything that is asked for, gathered before anything is read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from kpidsl.diagnostics import Problems
from kpidsl.plan.lower import Lowering
from kpidsl.plan.nodes import Plan
from kpidsl.semantic.model import Model

if TYPE_CHECKING:
    from kpidsl.plan.evidence import EvidencePlan
    from kpidsl.plan.key_results import KeyResultPlan


def plan(model: Model, anchor: datetime, selected: Collection[str] | None, problems: Problems) -> Plan:
    """The plan for the selected metrics, KPIs, objectives, key results and outcomes (None: all) at an anchor (UTC)."""
    lowering = Lowering(model, anchor, problems)
    chosen = None if selected is None else frozenset(selected)
    wanted = [name for name in model.order if chosen is None or name in chosen]
    metrics = {
        name: lowering.metric(model.metrics[name])
        for name in wanted
        if name in model.metrics and model.metrics[name].standalone
    }
    kpis = {name: lowering.kpi(model.kpis[name]) for name in wanted if name in model.kpis}
    key_results: dict[str, KeyResultPlan] = {}
    if model.objectives:
        from kpidsl.plan.key_results import plan_key_results

        key_results = plan_key_results(model, lowering, selected)
    scorecards = {name: lowering.scorecard(model.scorecards[name]) for name in wanted if name in model.scorecards}
    evidence: dict[str, EvidencePlan] = {}
    if model.outcomes:
        from kpidsl.plan.evidence import plan_evidence

        evidence = plan_evidence(model, lowering, chosen)
    cells, moments = tuple(lowering.cells.kept), frozenset(lowering.judged_at)
    return Plan(model.calendar, anchor, model.sources, metrics, kpis, cells, moments, key_results, scorecards, evidence)
