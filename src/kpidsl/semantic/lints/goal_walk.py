"""The expressions of objectives, outcomes and scorecards beside their meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from kpidsl.semantic import goal_model as m
from kpidsl.semantic import outcome_model as o
from kpidsl.semantic.model import BoundModel, Model
from kpidsl.semantic.scope import Names
from kpidsl.semantic.values import Value
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax import shared_nodes as p
from kpidsl.syntax.expr_nodes import Expr

Pair = tuple[Expr, Value]
AIMS = (g.ChangeProp, g.ReachProp, g.KeepProp, g.DeliverProp)


def goal_expressions(names: Names, model: Model) -> Iterator[Pair]:
    """Every sound expression of key results, evidence and scorecards: values, bounds, baselines, what is shown."""
    for name, objective in model.objectives.items():
        node = names.named[name].node
        assert isinstance(node, g.ObjectiveDecl)
        results = {f"{name}.{one.name.text}": one for one in node.properties if isinstance(one, g.KeyResultDecl)}
        for result in objective.key_results:
            yield from _key_result(results[result.name], result)
    for name, outcome in model.outcomes.items():
        node = names.named[name].node
        assert isinstance(node, g.OutcomeDecl)
        items = {f"{name}.{one.name.text}": one for one in node.properties if isinstance(one, g.EvidenceDecl)}
        for evidence in outcome.evidence:
            yield from _evidence(items[evidence.name], evidence)
    for name, scorecard in model.scorecards.items():
        node = names.named[name].node
        assert isinstance(node, g.ScorecardDecl)
        yield from _shown(node, scorecard)


def _key_result(node: g.KeyResultDecl, result: m.KeyResultModel) -> Iterator[Pair]:
    written = next(one for one in node.properties if isinstance(one, AIMS))
    match written, result.aim:
        case g.ChangeProp(value=value, baseline=start, to=end), m.ChangeModel() as aim:
            yield value, aim.value
            yield from _where_written(start, aim.baseline)
            yield from _where_written(end, aim.target)
        case g.ReachProp(value=value, bound=bound, baseline=start), m.ReachModel() as aim:
            yield value, aim.value
            yield from _bound(bound, aim.bound)
            yield from _where_written(start, aim.baseline)
        case g.KeepProp(value=value, bound=bound), m.KeepModel() as aim:
            yield value, aim.value
            yield from _bound(bound, aim.bound)
        case _:
            return


def _evidence(node: g.EvidenceDecl, evidence: o.EvidenceModel) -> Iterator[Pair]:
    if not isinstance(evidence.finding, o.MeasuredModel):
        return
    lines = {one.level.text: one.bound for one in node.properties if isinstance(one, g.LevelProp)}
    for prop in node.properties:
        if isinstance(prop, g.MeasureProp):
            yield prop.value, evidence.finding.value
    for level in evidence.finding.levels:
        yield from _bound(lines[level.level], level.bound)


def _shown(node: g.ScorecardDecl, scorecard: m.ScorecardModel) -> Iterator[Pair]:
    shows = [
        show
        for prop in node.properties
        for show in (prop.properties if isinstance(prop, g.SectionDecl) else (prop,))
        if isinstance(show, g.ShowProp)
    ]
    written = [item for show in shows for item in show.items]
    meant = [item.value for section in scorecard.sections for item in section.items]
    yield from zip(written, meant, strict=True)


def _bound(written: p.Bound, bound: BoundModel) -> Iterator[Pair]:
    match written:
        case p.CompareBound(value=edge):
            yield edge, bound.low
        case p.RangeBound(low=low, high=high):
            yield low, bound.low
            yield from _where_written(high, bound.high)
        case _:
            assert_never(written)


def _where_written(node: Expr | None, value: Value | None) -> Iterator[Pair]:
    if node is not None and value is not None:
        yield node, value
