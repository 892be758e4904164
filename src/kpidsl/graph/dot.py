"""The map in the DOT language of Graphviz (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

from kpidsl.diagnostics.glyphs import encodable, visible, wrapped
from kpidsl.graph.records import KINDS, PLURALS, Edge, Graph, GraphNode
from kpidsl.graph.states import look, words

TITLE = 30  # columns of a line


def to_dot(graph: Graph) -> str:
    """The map, ended by a line end: what is wanted on the left, arrows from what serves to what is served."""
    numbers = {node.key: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = [
        "digraph goals {",
        "  rankdir=RL",
        '  node [shape=box style="rounded,filled" fontname="sans-serif" fontsize=11]',
        '  edge [color="#5c6b7a" arrowsize=0.7]',
    ]
    if graph.as_of is not None:
        lines.append(f"  label={quoted([f'as of {graph.as_of}'])}")
    for kind in KINDS:
        found = [node for node in graph.nodes if node.kind == kind]
        if found:
            lines.append(f"  // {PLURALS[kind]}")
            lines.extend(f"  {numbers[node.key]} {_look(node)}" for node in found)
    lines.extend(f"  {numbers[edge.lower]} -> {numbers[edge.upper]}{_line(edge)}" for edge in graph.edges)
    return encodable("\n".join([*lines, "}"])) + "\n"


def _look(node: GraphNode) -> str:
    label = [node.word, *wrapped(node.title or node.name, TITLE)]
    if node.status is not None:
        label.append(words(node.status))
    shape = " shape=cylinder style=filled" if node.kind == "source" else ""
    found = look(node)
    return f'[label={quoted(label)} fillcolor="{found.fill}" color="{found.line}"{shape}]'


def _line(edge: Edge) -> str:
    return " [style=dashed]" if edge.is_drawn_only else " [penwidth=2]" if edge.relation == "contributes" else ""


def quoted(lines: list[str]) -> str:
    r"""A string of lines. A backslash would begin an escape such as `\N`, the name of the node."""
    texts = (visible(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(texts) + '"'
