"""The map of a spec set: goals, what serves them, what that is measured by, and the data it all comes from."""

from kpidsl.graph.dot import to_dot
from kpidsl.graph.gather import gather
from kpidsl.graph.mermaid import to_mermaid
from kpidsl.graph.records import Edge, Graph, GraphNode
from kpidsl.graph.states import with_states
from kpidsl.graph.svg import to_svg

__all__ = ["Edge", "Graph", "GraphNode", "gather", "to_dot", "to_mermaid", "to_svg", "with_states"]
