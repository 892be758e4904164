"""Relevant: what a KPI is for, as the spec says it, and what it could be for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field, fields

from kpidsl.records import dataclass
from kpidsl.semantic import model as m
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.scope import Named, Names, in_namespace
from kpidsl.smart.additions import declaration_line, property_line
from kpidsl.smart.records import Addition, Finding, Letter, State
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.decl_nodes import KpiDecl, MetricDecl
from kpidsl.syntax.node import Node
from kpidsl.syntax.setting_nodes import GoalDecl

GOALS = (GoalDecl, g.ObjectiveDecl, g.OutcomeDecl)


@dataclass(frozen=True, slots=True)
class Use:
    """A place where a KPI or metric is named: `what` it is, and the objective or outcome it belongs to."""

    what: str
    aim: str


@dataclass(slots=True)
class Links:
    """What uses what, over a whole spec set."""

    names: Names
    uses: dict[str, list[Use]] = field(default_factory=dict)
    shown: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, names: Names) -> Links:
        """Every name in a key result, an evidence or a scorecard, found."""
        links = cls(names)
        for name, declared in names.named.items():
            match declared.node:
                case g.ObjectiveDecl(properties=properties):
                    for prop in properties:
                        if isinstance(prop, g.KeyResultDecl):
                            use = Use(f"key result `{prop.name.text}` of objective `{name}`", name)
                            links.add(prop, declared.namespace, use)
                case g.OutcomeDecl(properties=outcome):
                    for each in outcome:
                        if isinstance(each, g.EvidenceDecl):
                            use = Use(f"evidence `{each.name.text}` of outcome `{name}`", name)
                            links.add(each, declared.namespace, use)
                case g.ScorecardDecl():
                    for reference in references(declared.node):
                        for full in in_namespace(reference.name, declared.namespace):
                            links.shown.setdefault(full, []).append(name)
                case _:
                    pass
        return links

    def add(self, node: Node, namespace: str, use: Use) -> None:
        for reference in references(node):
            for full in in_namespace(reference.name, namespace):
                if full in self.names.named:
                    self.uses.setdefault(full, []).append(use)
                    break

    def relevant(self, kpi: m.KpiModel, declared: Declared[KpiDecl], others: Iterable[m.KpiModel]) -> Finding:
        """Whether a KPI says what it is for, or something that has a goal uses it."""
        if kpi.supports:
            named = " and ".join(f"{_kind(self.names, name)} `{name}`" for name in kpi.supports)
            return Finding(Letter.RELEVANT, State.YES, f"it supports {named}")
        used = self.uses.get(kpi.name)
        if used:
            return Finding(Letter.RELEVANT, State.YES, f"it is in {used[0].what}")
        cards = self.shown.get(kpi.name)
        said = "it supports no goal, objective or outcome"
        if cards:
            said += f"; scorecard `{cards[0]}` shows it, which is no goal"
        return Finding(Letter.RELEVANT, State.MISSING, said, self.additions(kpi, declared, others))

    def additions(
        self, kpi: m.KpiModel, declared: Declared[KpiDecl], others: Iterable[m.KpiModel]
    ) -> tuple[Addition, ...]:
        node = declared.node
        found = self.candidate(kpi, declared, others)
        if found is not None:
            name, why = found
            return (property_line(node.span, node.properties, f"supports {_written(name, declared.namespace)}", why),)
        taken = self.names.named
        goal = next(
            one
            for one in ("purpose", *(f"purpose_{number}" for number in range(2, 1000)))
            if not any(full in taken for full in in_namespace(one, declared.namespace))
        )
        goal_line = f'goal {goal} "What this is for" {{ kind goal }}'
        return (
            declaration_line(node.span, goal_line),
            property_line(node.span, node.properties, f"supports {goal}"),
        )

    def candidate(
        self, kpi: m.KpiModel, declared: Declared[KpiDecl], others: Iterable[m.KpiModel]
    ) -> tuple[str, str] | None:
        """The goal, objective or outcome that a KPI most likely serves, and why: one that looks at the same metric,
        one that KPIs like it serve, else the first of its file or of the set.
        """
        measured = metrics_of(declared.node, declared.namespace, self.names)
        for metric in measured:
            for use in self.uses.get(metric, ()):
                return use.aim, f"{use.what} looks at `{metric}`"
        best: tuple[int, str, str] | None = None
        for other in others:
            shared = _alike(kpi, other, measured, self.names)
            if other.supports and shared and (best is None or shared > best[0]):
                best = (shared, other.supports[0], f"as `{other.name}` does")
        if best is not None:
            return best[1], best[2]
        aims = [one for one in self.names.named.values() if isinstance(one.node, GOALS)]
        here = [one for one in aims if one.node.span.source is declared.node.span.source]
        first = next(iter((*here, *aims)), None)
        return (first.name, "or another goal, objective or outcome") if first is not None else None


def _alike(kpi: m.KpiModel, other: m.KpiModel, measured: tuple[str, ...], names: Names) -> int:
    """How much two KPIs have in common: the metric most, then tags, then the file."""
    declared = names.named[other.name]
    assert isinstance(declared.node, KpiDecl)
    same = len(set(measured) & set(metrics_of(declared.node, declared.namespace, names)))
    return 100 * same + 10 * len(set(kpi.about.tags) & set(other.about.tags)) + (kpi.span.source is other.span.source)


def metrics_of(node: Node, namespace: str, names: Names) -> tuple[str, ...]:
    """The metrics and KPIs a declaration names, by their full names."""
    found: dict[str, None] = {}
    for reference in references(node):
        for full in in_namespace(reference.name, namespace):
            declared = names.named.get(full)
            if declared is not None and isinstance(declared.node, MetricDecl | KpiDecl):
                found[full] = None
                break
    return tuple(found)


def references(node: object) -> Iterator[x.NameRef]:
    """Every name in an expression inside a node."""
    left = [node]
    while left:
        one = left.pop()
        if isinstance(one, x.NameRef):
            yield one
        elif isinstance(one, Node):
            left.extend(getattr(one, part.name) for part in reversed(fields(one)) if part.name != "span")
        elif isinstance(one, tuple):
            left.extend(reversed(one))


def _kind(names: Names, name: str) -> str:
    node: Named = names.named[name].node
    match node:
        case g.ObjectiveDecl():
            return "objective"
        case g.OutcomeDecl():
            return "outcome"
        case GoalDecl(kind=kind) if kind is not None:
            return kind.text
        case _:
            return "goal"


def _written(name: str, namespace: str) -> str:
    return name.removeprefix(f"{namespace}.") if namespace else name
