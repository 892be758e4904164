"""Objectives, outcomes, policies and scorecards of a spec set checked, and how they hang together."""

from __future__ import annotations

from dataclasses import field

from kpidsl.diagnostics import Problems, Severity
from kpidsl.records import dataclass
from kpidsl.semantic import goal_model as g
from kpidsl.semantic import model as m
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.objective_check import ObjectiveChecker
from kpidsl.semantic.of_data import is_of_data
from kpidsl.semantic.outcome_check import OutcomeChecker
from kpidsl.semantic.outcome_model import OutcomeModel
from kpidsl.semantic.policy_check import PolicyChecker
from kpidsl.semantic.properties import about
from kpidsl.semantic.scope import Names
from kpidsl.semantic.scorecard_check import ScorecardChecker
from kpidsl.semantic.value_check import ValueChecker
from kpidsl.syntax.goal_nodes import ObjectiveDecl, OutcomeDecl, ParentProp, PolicyDecl, ScorecardDecl

Goal = g.ObjectiveModel | OutcomeModel | g.PolicyModel | g.ScorecardModel


@dataclass(slots=True)
class Goals:
    """What was found sound, and what only data makes impossible; everything else is reported."""

    objectives: dict[str, g.ObjectiveModel] = field(default_factory=dict)
    outcomes: dict[str, OutcomeModel] = field(default_factory=dict)
    policies: dict[str, g.PolicyModel] = field(default_factory=dict)
    scorecards: dict[str, g.ScorecardModel] = field(default_factory=dict)
    failed: dict[str, m.Failed] = field(default_factory=dict)

    def keep(self, model: Goal) -> None:
        match model:
            case g.ObjectiveModel():
                self.objectives[model.name] = model
            case OutcomeModel():
                self.outcomes[model.name] = model
            case g.PolicyModel():
                self.policies[model.name] = model
            case g.ScorecardModel():
                self.scorecards[model.name] = model


def check_goals(names: Names, values: ValueChecker, problems: Problems) -> Goals:
    """Every objective, outcome, policy and scorecard, in the order they are written."""
    found = Goals()
    parents = _parents(names)
    _report_rings(parents, problems)
    above = frozenset(parent for ones in parents.values() for parent, prop in ones if _adds(prop))
    for name, declared in names.named.items():
        node = declared.node
        values.problems = own = Problems()
        model: Goal | None
        match node:
            case ObjectiveDecl():
                kind = "objective"
                model = ObjectiveChecker(Declared(name, declared.namespace, node), values, above).check()
            case OutcomeDecl():
                kind = "outcome"
                model = OutcomeChecker(Declared(name, declared.namespace, node), values).check()
            case PolicyDecl():
                kind = "policy"
                model = PolicyChecker(Declared(name, declared.namespace, node), values).check()
            case ScorecardDecl():
                kind = "scorecard"
                model = ScorecardChecker(Declared(name, declared.namespace, node), values).check()
            case _:
                continue
        errors = tuple(one for one in own if one.severity is Severity.ERROR)
        # What the data makes impossible is a part of it: the rest is told.
        if model is not None and all(map(is_of_data, errors)):
            found.keep(model)
        if model is None or errors:
            contributes = tuple(parent for parent, prop in parents.get(name, ()) if _adds(prop))
            found.failed[name] = m.Failed(kind, name, about(node), errors, node.name.span, contributes=contributes)
        for diagnostic in own:
            problems.add(diagnostic)
    return found


def _parents(names: Names) -> dict[str, list[tuple[str, ParentProp]]]:
    """The objectives above each objective, by full name."""
    found: dict[str, list[tuple[str, ParentProp]]] = {}
    for name, declared in names.named.items():
        if isinstance(declared.node, ObjectiveDecl):
            for prop in declared.node.properties:
                parent = names.find(prop.parent.text, declared.namespace) if isinstance(prop, ParentProp) else None
                if isinstance(prop, ParentProp) and parent is not None and isinstance(parent.node, ObjectiveDecl):
                    found.setdefault(name, []).append((parent.name, prop))
    return found


def contributions(names: Names) -> dict[str, tuple[str, ...]]:
    """The objectives that each objective contributes to."""
    return {name: tuple(parent for parent, prop in found if _adds(prop)) for name, found in _parents(names).items()}


def _adds(prop: ParentProp) -> bool:
    return prop.relation is not None and prop.relation.text == "contributes"


def _report_rings(parents: dict[str, list[tuple[str, ParentProp]]], problems: Problems) -> None:
    """Say of every ring of parents, once, how it goes round."""
    done: set[str] = set()
    for start, first in parents.items():
        # Depth first without recursion: a chain of objectives may be long.
        path: list[tuple[str, ParentProp | None]] = [(start, None)]
        left = [iter(first)]
        on_path = {start: 0}
        while path:
            name = path[-1][0]
            following = next(left[-1], None) if name not in done else None
            if following is None:
                done.add(name)
                on_path.pop(name)
                path.pop()
                left.pop()
                continue
            parent, prop = following
            if parent in on_path:
                _report_ring([*path[on_path[parent] :], (parent, prop)], problems)
            elif parent not in done:
                on_path[parent] = len(path)
                path.append((parent, prop))
                left.append(iter(parents.get(parent, ())))


def _report_ring(ring: list[tuple[str, ParentProp | None]], problems: Problems) -> None:
    places = [(name, prop) for name, prop in ring[1:] if prop is not None]
    name, last = places[-1]
    shown = " → ".join(one for one, _ in ring)
    problems.error(
        "K0208",
        f"`{name}` is above itself: {shown}" if len(places) > 1 else f"`{name}` is its own parent",
        last.span,
        also=[(prop.span, f"`{one}` is a parent here") for one, prop in places[:-1]],
        hint="an objective has parents that are not below it: leave one of these out",
    )
