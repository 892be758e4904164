"""The five findings of a key result."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kpidsl.records import dataclass
from kpidsl.semantic import values as v
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.goal_model import DeliverModel, KeyResultModel, ObjectiveModel
from kpidsl.semantic.kpi_check import measures
from kpidsl.smart.additions import changed_line, property_line
from kpidsl.smart.aims import achievable_key_result, key
from kpidsl.smart.kpis import OWNER, Evidence, finding, quoted
from kpidsl.smart.reading import formula, is_constant, sources, unit_said
from kpidsl.smart.records import Addition, Finding, Judgement, Letter, State
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.shared_nodes import OwnerProp, ReviewProp, SupportsProp

Aim = g.ChangeProp | g.ReachProp | g.KeepProp | g.DeliverProp


@dataclass(frozen=True, slots=True)
class KeyResult:
    """A key result as written and as meant, with its objective; `value` is None for things to deliver."""

    node: g.KeyResultDecl
    model: KeyResultModel
    objective: Declared[g.ObjectiveDecl]
    aim: Aim
    value: v.Value | None
    is_aspirational: bool

    def own(self, kind: type[OwnerProp | ReviewProp]) -> OwnerProp | ReviewProp | None:
        """A property of the key result, or of its objective."""
        for node in (self.node, self.objective.node):
            for prop in node.properties:
                if isinstance(prop, kind):
                    return prop
        return None

    def line(self, shown: str, note: str = "") -> Addition:
        return property_line(self.node.span, self.node.properties, shown, note)

    def objective_line(self, shown: str, note: str = "") -> Addition:
        node = self.objective.node
        return property_line(node.span, node.properties, shown, note)


def key_result_judgements(
    declared: Declared[g.ObjectiveDecl], objective: ObjectiveModel, evidence: Evidence
) -> Iterator[Judgement]:
    """The judgements of an objective's key results, in their order."""
    models = {one.span: one for one in objective.key_results}
    for node in declared.node.properties:
        if isinstance(node, g.KeyResultDecl) and (model := models.get(node.name.span)) is not None:
            aim = next(prop for prop in node.properties if isinstance(prop, Aim))
            value = None if isinstance(model.aim, DeliverModel) else model.aim.value
            yield _judgement(
                KeyResult(node, model, declared, aim, value, objective.ambition == "aspirational"), evidence
            )


def _judgement(one: KeyResult, evidence: Evidence) -> Judgement:
    return Judgement(
        "key result",
        one.model.name,
        one.model.about.title,
        (
            _specific(one, evidence),
            _measurable(one, evidence),
            _achievable(one, evidence),
            _relevant(one),
            _time_bound(one),
        ),
        one.node.name.span,
    )


# ---------------------------------------------------------------- specific
def _specific(one: KeyResult, evidence: Evidence) -> Finding:
    fine: list[str] = []
    missing: list[str] = []
    additions: list[Addition] = []
    match one.aim:
        case g.DeliverProp(items=items):
            fine.append(f"{len(items)} thing{'s' if len(items) != 1 else ''} to deliver")
        case aim:
            fine.append(" ".join(aim.span.text.split()))
    if one.value is not None:
        fine.append(formula(one.value))
        fine.append(unit_said(one.value, one.value.info.unit.label) or "a number without a unit")
    owner = one.own(OwnerProp)
    if isinstance(owner, OwnerProp):
        fine.append(f"owned by {owner.owner.value}")
    else:
        missing.append("nobody owns it")
        named = (evidence.model.metrics.get(part.metric) for part in (measures(one.value) if one.value else ()))
        owned_by = next((part.about.owner for part in named if part is not None and part.about.owner), None)
        shown, note = (OWNER, "one person") if owned_by is None else (quoted(owned_by), "who owns its metric")
        additions.append(one.line(f'owner "{shown}"', note))
    return finding(Letter.SPECIFIC, fine, missing, additions)


# ---------------------------------------------------------------- measurable
def _measurable(one: KeyResult, evidence: Evidence) -> Finding:
    fine: list[str] = []
    missing: list[str] = []
    if one.value is None:
        return finding(Letter.MEASURABLE, ["each thing is done or not"], [], [])
    read = sources(one.value)
    if lacking := v.impossible(one.value):
        return finding(Letter.MEASURABLE, [], [lacking[0].message], [])
    if is_constant(one.value):
        missing.append("it reads no source")
    for name in read:
        failed = evidence.failed.get(name)
        if failed is not None:
            missing.append(f"`{name}` cannot be read: {failed.message}")
    fine.append(f"bound to {', '.join(read)}" + ("" if evidence.opened else ", which was not opened"))
    if isinstance(one.aim, g.ChangeProp):
        fine.append(_baseline(one.aim, one))
    return finding(Letter.MEASURABLE, fine, missing, [])


def _baseline(aim: g.ChangeProp, one: KeyResult) -> str:
    if aim.baseline is not None:
        return f"from {aim.baseline.span.text}"
    if aim.by is not None and aim.to is not None:
        return "what it starts from follows from `by` and `to`"
    return f"from where it stood when {_period(one) or 'the period'} began"


# ---------------------------------------------------------------- achievable
def _achievable(one: KeyResult, evidence: Evidence) -> Finding:
    """What the data says of where it is to come to."""
    if isinstance(one.aim, g.DeliverProp):
        done = sum(item.done is not None for item in one.aim.items)
        return Finding(Letter.ACHIEVABLE, State.YES, f"{done} of {len(one.aim.items)} done")
    past, aim = evidence.histories.get(key(one.model.name)), evidence.aims.get(one.model.name)
    if past is None or aim is None:
        return Finding(Letter.ACHIEVABLE, State.UNKNOWN, evidence.unlooked)
    ambition = None if one.is_aspirational else _ambition(one.objective.node)
    return achievable_key_result(aim, one.model, one.aim, past, ambition)


def _ambition(node: g.ObjectiveDecl) -> Addition:
    """The line that says that more than was ever seen is meant."""
    note = "more than was ever seen is meant"
    for prop in node.properties:
        if isinstance(prop, g.AmbitionProp):
            return changed_line(prop.span, prop.ambition.span, "aspirational", note)
    return property_line(node.span, node.properties, "ambition aspirational", note)


# ---------------------------------------------------------------- relevant
def _relevant(one: KeyResult) -> Finding:
    """A key result belongs to an objective; what that is for, is said with it."""
    served = [
        name.text for prop in one.objective.node.properties if isinstance(prop, SupportsProp) for name in prop.names
    ]
    served += [prop.parent.text for prop in one.objective.node.properties if isinstance(prop, g.ParentProp)]
    behind = f", which is for {' and '.join(f'`{name}`' for name in served)}" if served else ""
    return Finding(Letter.RELEVANT, State.YES, f"it belongs to objective `{one.objective.name}`{behind}")


# ---------------------------------------------------------------- time-bound
def _time_bound(one: KeyResult) -> Finding:
    fine: list[str] = []
    missing: list[str] = []
    additions: list[Addition] = []
    due = next((prop.due for prop in one.node.properties if isinstance(prop, g.DueProp)), None)
    period = _period(one)
    if due is not None:
        fine.append(f"due {due.isoformat()}")
    elif isinstance(one.aim, g.DeliverProp) and (last := _last_due(one.aim)) is not None:
        fine.append(f"due {last.isoformat()}")
    elif period is not None:
        fine.append(f"due at the end of {period}")
    else:
        missing.append("it is never due")
        additions.append(one.line("due 2026-12-31", "the last day it counts"))
    review = one.own(ReviewProp)
    if isinstance(review, ReviewProp):
        fine.append(f"reviewed {review.rhythm.text}")
    elif any(isinstance(prop, g.CheckinsProp) for prop in one.objective.node.properties):
        fine.append("reviewed at each check-in")
    else:
        missing.append("nobody reviews it")
        additions.append(one.objective_line("review weekly", "of all its key results"))
    return finding(Letter.TIME_BOUND, fine, missing, additions)


def _period(one: KeyResult) -> str | None:
    """The period of the objective as it is written."""
    return next(
        (prop.period.span.text for prop in one.objective.node.properties if isinstance(prop, g.PeriodProp)), None
    )


def _last_due(aim: g.DeliverProp) -> date | None:
    found = [day for item in aim.items for day in (item.due or item.done,) if day is not None]
    return max(found, default=None) if len(found) == len(aim.items) else None
