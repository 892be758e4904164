"""The map of a spec set, from its names alone."""

from __future__ import annotations

from kpidsl.graph.records import KINDS, Edge, Graph, GraphNode, Kind, Relation
from kpidsl.semantic.scope import Names
from kpidsl.semantic.uses import Key, uses
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.node import Node
from kpidsl.syntax.setting_nodes import GoalDecl

_KINDS: dict[type, Kind] = {
    GoalDecl: "goal",
    g.OutcomeDecl: "outcome",
    g.ObjectiveDecl: "objective",
    d.KpiDecl: "kpi",
    d.MetricDecl: "metric",
}


def gather(names: Names) -> Graph:
    """Everything there is of the kinds a map shows, and what serves what, each line once."""
    found: list[GraphNode] = []
    edges: dict[tuple[str, str], Edge] = {}
    shown = {name: kind for name, one in names.named.items() if (kind := _KINDS.get(type(one.node))) is not None}

    def draw(lower: str, upper: str, relation: Relation) -> None:
        if lower != upper:
            edges.setdefault((lower, upper), Edge(lower, upper, relation))

    def read(node: object, namespace: str, key: str) -> None:
        """The lines of a declaration or of a part of it."""
        for use in uses(node, namespace, names):
            other = _key(use.key, shown)
            if other is None:
                continue
            if use.for_it:
                draw(key, other, "supports")
            else:
                draw(other, key, "reads" if use.key.sort == "source" else "measures")

    for name, declared in names.named.items():
        node, namespace = declared.node, declared.namespace
        if name not in shown:
            continue
        found.append(_node(name, shown[name], name, node))
        if not isinstance(node, g.ObjectiveDecl):
            read(node, namespace, name)
            continue
        for prop in node.properties:
            if isinstance(prop, g.KeyResultDecl):
                full = f"{name}.{prop.name.text}"
                found.append(_node(f"key result {full}", "key_result", full, prop))
                draw(f"key result {full}", name, "part")
                read(prop, namespace, f"key result {full}")
            elif isinstance(prop, g.ParentProp):
                parent = names.find(prop.parent.text, namespace)
                if parent is not None and parent.name in shown:
                    counts = prop.relation is not None and prop.relation.text == "contributes"
                    draw(name, parent.name, "contributes" if counts else "supports")
            else:
                read(prop, namespace, name)
    for name, source in names.sources.items():
        found.append(_node(f"source {name}", "source", name, source.node))
        read(source.node, source.namespace, f"source {name}")
    found.sort(key=lambda node: KINDS.index(node.kind))
    return Graph(tuple(found), tuple(edges.values()))


def _key(key: Key, shown: dict[str, Kind]) -> str | None:
    if key.sort == "source":
        return f"source {key.name}"
    return key.name if key.sort == "name" and key.name in shown else None


def _node(key: str, kind: Kind, name: str, node: Node) -> GraphNode:
    title = getattr(node, "title", None)
    return GraphNode(key, kind, name, title.value if title is not None else None)
