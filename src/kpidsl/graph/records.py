"""The map as records: what stands on it, and what supports what."""

from __future__ import annotations

from typing import Literal

from kpidsl.records import dataclass

Kind = Literal["goal", "outcome", "objective", "key_result", "kpi", "metric", "source"]
KINDS: tuple[Kind, ...] = ("goal", "outcome", "objective", "key_result", "kpi", "metric", "source")
"""From what is wanted to what is read."""
WORDS = {"key_result": "key result", "kpi": "KPI"}
PLURALS = {
    "goal": "Goals",
    "outcome": "Outcomes",
    "objective": "Objectives",
    "key_result": "Key results",
    "kpi": "KPIs",
    "metric": "Metrics",
    "source": "Sources",
}

Relation = Literal["contributes", "supports", "part", "measures", "reads"]
"""How the lower end serves the upper one: its score counts there, it is meant for it, it is one of its key results, it
is computed into it, its rows are read by it.
"""


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A declaration by its full name; a source may have the name of a metric, so `key` tells them apart.

    `status` is its status or state as the document writes it, None where it has none or nobody asked.
    """

    key: str
    kind: Kind
    name: str
    title: str | None
    status: str | None = None

    @property
    def word(self) -> str:
        return WORDS.get(self.kind, self.kind)


@dataclass(frozen=True, slots=True)
class Edge:
    """`lower` serves `upper`; both are keys of nodes."""

    lower: str
    upper: str
    relation: Relation

    @property
    def is_drawn_only(self) -> bool:
        """Whether it draws the line and changes no number."""
        return self.relation == "supports"


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in the order of the spec, by kind; `as_of` is the anchor of the states in words, None without states."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[Edge, ...]
    as_of: str | None = None
