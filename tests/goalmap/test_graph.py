"""The map: what stands on it, what serves what, and how it is written and drawn."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import kpidsl
from goalmap.evaluating import written
from kpidsl.cli import kpidsl as commands
from kpidsl.graph import Edge, Graph, GraphNode, to_dot, to_mermaid, to_svg
from kpidsl.graph.layout import lay_out
from kpidsl.graph.records import KINDS

SPECS = Path(__file__).parents[2] / "specs"
NASTY = 'A "quoted" <b>&amp; `tick` \\N [x] {y} |#1; %% end -->\n2'
SPEC = """
goal good "Good" { kind mission }
outcome trust "Trust" { supports good; levels poor < fine; success fine
  evidence asked { measure sold over last month; level fine >= 2 } }
objective top "Top" { period 2026; supports good; key result a "A" { reach sold over last month >= 5 } }
objective team "Team" { period 2026-Q1; parent top contributes
  key result a "A again" { reach twice over last month >= 3 } }
objective friend "Friend" { period 2026-Q1; parent top; key result b { deliver "It" done 2026-03-01 } }
metric twice = 2 * sold
kpi enough "Enough" { value sold over last month; target >= 5; supports top, trust }
"""


def svg_of(graph: Graph) -> ET.Element:
    return ET.fromstring(to_svg(graph))


def test_what_serves_what(tmp_path: Path) -> None:
    graph, results = written(tmp_path, SPEC).graph(states=False)
    assert results is None
    assert {(edge.lower, edge.upper, edge.relation) for edge in graph.edges} == {
        ("trust", "good", "supports"), ("top", "good", "supports"), ("sold", "trust", "measures"),
        ("key result top.a", "top", "part"), ("key result team.a", "team", "part"),
        ("key result friend.b", "friend", "part"), ("team", "top", "contributes"), ("friend", "top", "supports"),
        ("sold", "key result top.a", "measures"), ("twice", "key result team.a", "measures"),
        ("sold", "twice", "measures"), ("sold", "enough", "measures"), ("enough", "top", "supports"),
        ("enough", "trust", "supports"), ("source orders", "sold", "reads"),
    }  # fmt: skip
    assert [KINDS.index(node.kind) for node in graph.nodes] == sorted(KINDS.index(node.kind) for node in graph.nodes)


def test_states_are_colours_and_words(tmp_path: Path) -> None:
    graph, results = written(tmp_path, SPEC).graph(as_of="2026-03-31")
    assert results is not None
    found = {node.key: node.status for node in graph.nodes if node.status is not None}
    assert found["enough"] == "red"
    assert found["key result friend.b"] == "achieved"
    assert {"top", "team", "friend", "key result top.a"} <= found.keys()
    for text in (to_dot(graph), to_mermaid(graph), to_svg(graph)):
        assert "✗ red" in text
        assert "✓ achieved" in text
        assert "2026-03-31" in text
        assert "#fde0dc" in text


def test_without_states_no_data_is_needed(tmp_path: Path) -> None:
    written(tmp_path, SPEC)
    (tmp_path / "orders.csv").unlink()
    done = CliRunner().invoke(commands, ["graph", str(tmp_path), "--no-states", "-f", "mermaid"], standalone_mode=False)
    assert done.return_value == 0
    assert done.output.startswith("flowchart RL\n")
    assert "✗" not in done.output


def test_a_ring_of_what_supports_what_is_drawn(tmp_path: Path) -> None:
    spec = """
    outcome a { supports b; levels poor < fine; success fine; evidence x { judged fine by "x" on 2026-01-01 } }
    outcome b { supports a; levels poor < fine; success fine; evidence x { judged fine by "x" on 2026-01-01 } }
    """
    graph, _ = written(tmp_path, spec).graph(states=False)
    assert len(svg_of(graph).findall(".//{*}path[@marker-end]")) == 3


# ---------------------------------------------------------------- titles
@given(st.text(max_size=60) | st.just(NASTY))
@settings(max_examples=60, deadline=None)
def test_any_title_survives(title: str) -> None:
    node = GraphNode("a", "kpi", "a", title or None, "red")
    graph = Graph((node, GraphNode("b", "goal", "b", None)), (Edge("a", "b", "supports"),))
    assert len(svg_of(graph).findall(".//{*}g")) == 2
    dot, mermaid = to_dot(graph), to_mermaid(graph)
    for text in (dot, mermaid):
        text.encode()
    (label,) = re.findall(
        r'^  n0 \[label="((?:[^"\\]|\\.)*)" fillcolor="#......" color="#......"\]$', dot, re.MULTILINE
    )
    assert not re.search(r'(?<!\\)(\\\\)*\\[^n"\\]', label)
    (label,) = re.findall(r'^    n0\["(.*)"\]$', mermaid, re.MULTILINE)
    assert not set(label.replace("<br/>", "")) & set('"<>`[]{}|&\\')


def test_an_escaped_title_reads_as_written() -> None:
    graph = Graph((GraphNode("a", "goal", "a", '1. "A" & B\\N'),), ())
    assert 'label="goal\\n1. \\"A\\" & B\\\\N"' in to_dot(graph)
    assert '["1#46; #34;A#34; #38; B#92;N"]' in to_mermaid(graph)
    assert '1. "A" & B\\N' in [one.text for one in svg_of(graph).iter("{http://www.w3.org/2000/svg}text")]


# ---------------------------------------------------------------- places
@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=14))
    nodes = tuple(GraphNode(f"n{i}", kind, f"n{i}", None) for i, kind in enumerate(kinds))
    ends = st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)).filter(lambda pair: pair[0] != pair[1])
    pairs = draw(st.lists(ends, max_size=30, unique=True))
    return Graph(nodes, tuple(Edge(one.key, other.key, "measures") for one, other in pairs))


@given(graphs(), st.integers(20, 90))
@settings(max_examples=100, deadline=None)
def test_boxes_never_overlap_and_everything_is_on_the_sheet(graph: Graph, size: int) -> None:
    sizes = {node.key: float(size + 7 * number % 30) for number, node in enumerate(graph.nodes)}
    layout = lay_out(graph, sizes, 10)
    assert sorted(key for column in layout.columns for key in column) == sorted(sizes)
    kinds = {node.key: KINDS.index(node.kind) for node in graph.nodes}
    for one, other in pairwise(layout.columns):
        assert {kinds[key] for key in one} <= {min(kinds[key] for key in other), *range(min(kinds[k] for k in other))}
    for column in layout.columns:
        assert len({kinds[key] for key in column}) == 1
        for one, other in combinations(column, 2):
            apart = abs(layout.centres[one] - layout.centres[other])
            assert apart >= (sizes[one] + sizes[other]) / 2 + 10 - 1e-6
    assert all(layout.centres[key] - sizes[key] / 2 >= -1e-6 for key in sizes)
    assert all(layout.centres[key] + sizes[key] / 2 <= layout.height + 1e-6 for key in sizes)
    assert [route.edge for route in layout.routes] == list(graph.edges)
    assert lay_out(graph, sizes, 10) == layout


def test_lines_cross_where_they_must_and_nowhere_else() -> None:
    nodes = (*(GraphNode(f"k{i}", "kpi", f"k{i}", None) for i in range(4)),
             *(GraphNode(f"m{i}", "metric", f"m{i}", None) for i in range(4)))  # fmt: skip
    edges = tuple(Edge(f"m{i}", f"k{3 - i}", "measures") for i in range(4))
    layout = lay_out(Graph(nodes, edges), dict.fromkeys((node.key for node in nodes), 40.0), 10)
    assert [key[1] for key in layout.columns[0]] == [str(3 - int(key[1])) for key in layout.columns[1]]
    assert all(layout.centres[edge.lower] == pytest.approx(layout.centres[edge.upper]) for edge in edges)


# ---------------------------------------------------------------- the command
def test_the_suffix_of_a_file_decides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, SPEC)
    for name, start in (("a.svg", "<svg "), ("a.mmd", "%% as of"), ("a.gv", "digraph")):
        target = tmp_path / name
        arguments = ["graph", str(tmp_path / "spec.kpi"), "--as-of", "2026-03-31", "-o", str(target)]
        commands.main(arguments, standalone_mode=False)
        assert capsys.readouterr().out == ""
        assert target.read_text("utf-8").startswith(start)


@pytest.mark.parametrize(
    "arguments", [("-o", "map.png"), ("--no-states", "--as-of", "2026-03-31"), ("-f", "png"), ("--as-of", "soon")]
)
def test_wrong_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    written(tmp_path, SPEC)
    done = CliRunner().invoke(commands, ["graph", str(tmp_path), *arguments], standalone_mode=False)
    assert done.exception is not None
    assert getattr(done.exception, "exit_code", None) == 2


@pytest.mark.parametrize("example", ["flights", "storefront", "okr"])
def test_the_examples_are_drawn_without_an_orphan_source(example: str) -> None:
    graph, _ = kpidsl.load(SPECS / example).graph(states=False)
    named = {end for edge in graph.edges for end in (edge.lower, edge.upper)}
    assert [node.key for node in graph.nodes if node.kind == "source" and node.key not in named] == []
    assert len(svg_of(graph).findall(".//{*}g")) == len(graph.nodes)
