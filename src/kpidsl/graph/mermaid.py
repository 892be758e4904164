"""The map as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html)."""

from __future__ import annotations

from kpidsl.diagnostics.glyphs import encodable, visible
from kpidsl.graph.records import KINDS, PLURALS, Edge, Graph, GraphNode
from kpidsl.graph.states import BAD, GOOD, PLAIN, UNSURE, WARN, look, words

CLASSES = {"good": GOOD, "warn": WARN, "bad": BAD, "unsure": UNSURE, "plain": PLAIN}
ARROWS = {"supports": "-.->", "contributes": "==>"}
PLAIN_SIGNS = frozenset(" ,.-_–—…·()/+%=≥≤→:;?!'✓✗‼∅~€£$")


def to_mermaid(graph: Graph) -> str:
    """The map, ended by a line end; what stands in one column is a subgraph."""
    numbers = {node.key: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart RL"]
    if graph.as_of is not None:
        lines.insert(0, f"%% as of {visible(graph.as_of)}")
    for kind in KINDS:
        found = [node for node in graph.nodes if node.kind == kind]
        if found:
            lines.append(f'  subgraph {kind}s["{PLURALS[kind]}"]')
            lines.extend(f"    {numbers[node.key]}{_shape(node)}" for node in found)
            lines.append("  end")
    lines.extend(f"  {numbers[edge.lower]} {_arrow(edge)} {numbers[edge.upper]}" for edge in graph.edges)
    for name, one in CLASSES.items():
        members = [numbers[node.key] for node in graph.nodes if look(node) == one]
        if members:
            lines.append(f"  classDef {name} fill:{one.fill},stroke:{one.line},color:#1c2733")
            lines.append(f"  class {','.join(members)} {name}")
    return encodable("\n".join(lines)) + "\n"


def _shape(node: GraphNode) -> str:
    label = escaped(node.title or node.name)
    if node.status is not None:
        label += f"<br/>{escaped(words(node.status))}"
    return f'[("{label}")]' if node.kind == "source" else f'["{label}"]'


def _arrow(edge: Edge) -> str:
    return ARROWS.get(edge.relation, "-->")


def escaped(text: str) -> str:
    """A text as a label takes it: signs that could mean something there are written by their number (`#34;`).

    An ordered list, as `1. ` begins one, is no label either.
    """
    shown = "".join(
        sign if sign.isalnum() or sign in PLAIN_SIGNS else f"#{ord(sign)};" for sign in encodable(visible(text))
    )
    head, dot, rest = shown.partition(". ")
    return f"{head}#46; {rest}" if dot and head.isdigit() else shown
