"""States on the map: what was found, and how it looks – a colour, and always a sign and a word beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kpidsl.assess.results import Results
from kpidsl.graph.records import Graph, GraphNode
from kpidsl.records import dataclass
from kpidsl.report.statuses import STATES, STATUSES


@dataclass(frozen=True, slots=True)
class Look:
    """Colours in hexadecimal. On each `fill` a title has a contrast of at least 7 to 1, the word, in `line`, of 4.5."""

    fill: str
    line: str


GOOD, WARN, BAD, UNSURE, PLAIN = (
    Look("#e2f3e4", "#1b7837"),
    Look("#fff0cc", "#985400"),
    Look("#fde0dc", "#b2182b"),
    Look("#eceff1", "#546e7a"),
    Look("#ffffff", "#5c6b7a"),
)
LOOKS = {
    "green": GOOD, "on_track": GOOD, "achieved": GOOD,
    "amber": WARN, "at_risk": WARN, "partly": WARN, "contested": WARN,
    "red": BAD, "off_track": BAD, "missed": BAD, "error": BAD, "not_achieved": BAD,
}  # fmt: skip


def look(node: GraphNode) -> Look:
    return PLAIN if node.status is None else LOOKS.get(node.status, UNSURE)


def words(status: str) -> str:
    """A status as it is read: `✗ off track`."""
    found = STATUSES.get(status) or STATES.get(status)
    return str(found) if found is not None else f"- {status.replace('_', ' ')}"


def with_states(graph: Graph, results: Results, as_of: str) -> Graph:
    """The map with the statuses and states of an evaluation."""
    found: dict[str, str] = {kpi.name: kpi.assessment.status for kpi in results.kpis}
    for objective in results.objectives:
        found[objective.name] = objective.status
        found.update({f"key result {one.name}": one.status for one in objective.key_results})
    found.update({outcome.name: outcome.state for outcome in results.outcomes})
    return replace(graph, nodes=tuple(_with(node, found) for node in graph.nodes), as_of=as_of)


def _with(node: GraphNode, found: Mapping[str, str]) -> GraphNode:
    status = found.get(node.key)
    return node if status is None else replace(node, status=status)
