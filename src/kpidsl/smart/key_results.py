"""The five findings of a key result, as far as its text tells them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from kpidsl.semantic import model as m
from kpidsl.semantic.bands import known
from kpidsl.semantic.scope import Declared
from kpidsl.smart.additions import property_line
from kpidsl.smart.kpis import OWNER, Evidence, finding, quoted
from kpidsl.smart.links import metrics_of, references
from kpidsl.smart.reading import formula, sources, unit_said
from kpidsl.smart.records import Addition, Finding, Judgement, Letter, State
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.shared_nodes import CompareBound, OwnerProp, ReviewProp, SupportsProp

Aim = g.ChangeProp | g.ReachProp | g.KeepProp | g.DeliverProp


@dataclass(frozen=True, slots=True)
class KeyResult:
    """A key result with its objective, and the metrics and KPIs it looks at, where they could be checked."""

    node: g.KeyResultDecl
    objective: Declared[g.ObjectiveDecl]
    aim: Aim | None
    inside: tuple[m.MetricModel | m.KpiModel, ...]

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


def key_result_judgements(declared: Declared[g.ObjectiveDecl], evidence: Evidence) -> Iterator[Judgement]:
    """The judgements of an objective's key results, in their order."""
    for node in declared.node.properties:
        if isinstance(node, g.KeyResultDecl):
            yield _judgement(node, declared, evidence)


def _judgement(node: g.KeyResultDecl, declared: Declared[g.ObjectiveDecl], evidence: Evidence) -> Judgement:
    aim = next((prop for prop in node.properties if isinstance(prop, Aim)), None)
    model = evidence.model
    named = metrics_of(aim, declared.namespace, evidence.names) if aim is not None else ()
    inside = tuple(one for name in named if (one := model.metrics.get(name) or model.kpis.get(name)) is not None)
    key_result = KeyResult(node, declared, aim, inside)
    return Judgement(
        "key result",
        f"{declared.name}.{node.name.text}",
        node.title.value if node.title is not None else None,
        (
            _specific(key_result),
            _measurable(key_result, evidence),
            _achievable(key_result),
            _relevant(key_result),
            _time_bound(key_result),
        ),
        node.name.span,
    )


# ---------------------------------------------------------------- specific
def _specific(one: KeyResult) -> Finding:
    fine: list[str] = []
    missing: list[str] = []
    additions: list[Addition] = []
    match one.aim:
        case None:
            missing.append("it says no change")
            additions.append(one.line('deliver "What will be done"', "or increase, reduce, reach, keep"))
        case g.DeliverProp(items=items):
            fine.append(f"{len(items)} thing{'s' if len(items) != 1 else ''} to deliver")
        case aim:
            fine.append(" ".join(aim.span.text.split()))
            fine.extend(_scope(one.inside))
    owner = one.own(OwnerProp)
    if isinstance(owner, OwnerProp):
        fine.append(f"owned by {owner.owner.value}")
    else:
        missing.append("nobody owns it")
        known_owner = next((part.about.owner for part in one.inside if part.about.owner is not None), None)
        shown, note = (OWNER, "one person") if known_owner is None else (quoted(known_owner), "who owns its metric")
        additions.append(one.line(f'owner "{shown}"', note))
    return finding(Letter.SPECIFIC, fine, missing, additions)


def _scope(inside: Iterable[m.MetricModel | m.KpiModel]) -> Iterator[str]:
    for part in inside:
        unit = unit_said(part.value, part.unit.label)
        yield f"`{part.name}` is {formula(part.value)}{f', {unit}' if unit else ''}"


# ---------------------------------------------------------------- measurable
def _measurable(one: KeyResult, evidence: Evidence) -> Finding:
    fine: list[str] = []
    missing: list[str] = []
    additions: list[Addition] = []
    match one.aim:
        case None:
            missing.append("there is nothing to measure")
        case g.DeliverProp(items=items):
            fine.append("each thing is done or not")
            if not any(item.done is not None or item.due is not None for item in items):
                missing.append("nothing in it has a date")
        case aim:
            read = list(dict.fromkeys(name for part in one.inside for name in sources(part.value)))
            for name in read:
                failed = evidence.failed.get(name)
                if failed is not None:
                    missing.append(f"`{name}` cannot be read: {failed.message}")
            bound = f"bound to {', '.join(read)}" if read else "its aggregation names its source"
            fine.append(bound + ("" if evidence.opened else ", which was not opened"))
            if isinstance(aim, g.ChangeProp):
                fine.append(_baseline(aim, one))
    return finding(Letter.MEASURABLE, fine, missing, additions)


def _baseline(aim: g.ChangeProp, one: KeyResult) -> str:
    if aim.baseline is not None:
        return f"from {aim.baseline.span.text}"
    if aim.by is not None and aim.to is not None:
        return "what it starts from follows from `by` and `to`"
    return f"from where it stood when {_period(one) or 'the period'} began"


# ---------------------------------------------------------------- achievable
def _achievable(one: KeyResult) -> Finding:
    """Whether the aim is within the limits of its metric; what the data says of it is not asked."""
    match one.aim:
        case None:
            return Finding(Letter.ACHIEVABLE, State.UNKNOWN, "there is nothing to achieve")
        case g.DeliverProp(items=items):
            done = sum(item.done is not None for item in items)
            return Finding(Letter.ACHIEVABLE, State.YES, f"{done} of {len(items)} done")
        case aim:
            pass
    for part in one.inside:
        if not isinstance(part, m.MetricModel) or part.limits == (None, None):
            continue
        low, high = (known(edge) for edge in part.limits)
        edge = _edge(aim, part)
        if edge is None:
            continue
        if (high is not None and edge > high) or (low is not None and edge < low):
            return Finding(
                Letter.ACHIEVABLE, State.MISSING, f"no value of `{part.name}` can be there: its limits end before"
            )
        return Finding(Letter.ACHIEVABLE, State.YES, f"within the limits of `{part.name}`")
    return Finding(Letter.ACHIEVABLE, State.UNKNOWN, "what its data was is not looked at")


def _edge(aim: Aim, metric: m.MetricModel) -> Fraction | None:
    """The number a key result is to come to, where it is a literal in the metric's own unit."""
    written: x.Expr | None = None
    match aim:
        case g.ChangeProp(to=to):
            written = to
        case g.ReachProp(bound=CompareBound(value=value)) | g.KeepProp(bound=CompareBound(value=value)):
            written = value
        case _:
            pass
    if not isinstance(written, x.Quantity) or list(references(written)):
        return None
    if written.unit != metric.unit.label:
        return None
    return Fraction(written.number) / (100 if written.unit in ("%", "pp") else 1)


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
