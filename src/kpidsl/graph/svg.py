"""The map as a picture: SVG 1.1 without scripts, fonts or links, so that it may be shown anywhere."""

from __future__ import annotations

import itertools
from xml.sax.saxutils import escape

from kpidsl.diagnostics.glyphs import columns, encodable, visible, wrapped
from kpidsl.graph.layout import Layout, Route, lay_out
from kpidsl.graph.records import PLURALS, Graph, GraphNode
from kpidsl.graph.states import PLAIN, look, words

BOX, AISLE, GAP, MARGIN = 208, 72, 14.0, 20  # widths of boxes and between columns, the least height between boxes
HEADING = 34
PAD, SMALL, LINE, LETTER = 9, 14, 17, 7.2  # inside a box; heights of lines, the width of a letter in pixels
ROOM = int((BOX - 2 * PAD) / LETTER)  # columns of text
MOST_LINES = 4
TEXT, FAINT, WIRE = "#1c2733", "#52606d", "#7b8794"
FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"


def to_svg(graph: Graph) -> str:
    """The map, ended by a line end: what is wanted on the left, lines from what serves to what is served."""
    nodes = {node.key: node for node in graph.nodes}
    layout = lay_out(graph, {key: _height(node) for key, node in nodes.items()}, GAP)
    place = {key: number for number, column in enumerate(layout.columns) for key in column}
    width = 2 * MARGIN + len(layout.columns) * (BOX + AISLE) - (AISLE if layout.columns else 0)
    width = max(width, 2 * MARGIN + BOX)
    foot = _foot(graph)
    height = 2 * MARGIN + HEADING + layout.height + LINE * len(foot) + (GAP if foot else 0)
    title = "What supports what" + (f", as of {visible(graph.as_of)}" if graph.as_of is not None else "")
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_n(height)}" '
            f'viewBox="0 0 {width} {_n(height)}" role="img" font-family="{FONT}">'
        ),
        f"<title>{escape(title)}</title>",
        (
            "<defs>"
            f'<marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            f'<path d="M0 0.5 L8 4 L0 7.5 z" fill="{WIRE}"/></marker></defs>'
        ),
        f'<rect width="{width}" height="{_n(height)}" fill="#ffffff"/>',
        *_headings(layout, nodes),
        *(_route(route, layout, place) for route in layout.routes),
        *(_box(node, place[node.key], layout.centres[node.key]) for node in graph.nodes),
    ]
    top = MARGIN + HEADING + layout.height + GAP
    parts += (_text(MARGIN, top + LINE * (number + 1), line, FAINT, 12) for number, line in enumerate(foot))
    return encodable("\n".join([*parts, "</svg>"])) + "\n"


def _headings(layout: Layout, nodes: dict[str, GraphNode]) -> list[str]:
    """The kind of what stands in a column, above the first column of each kind."""
    said: list[str] = []
    found: list[str] = []
    for number, column in enumerate(layout.columns):
        heading = PLURALS[nodes[column[0]].kind]
        if heading not in said:
            said.append(heading)
            found.append(_text(_left(number), MARGIN + LINE, heading, FAINT, 14, weight="600"))
    return found


def _foot(graph: Graph) -> list[str]:
    """What the lines mean, where there are some, and from when the states are."""
    found = []
    if graph.edges:
        found.append("solid: enters the value · bold: its score counts there · dashed: is meant for it")
    if graph.as_of is not None:
        found.append(f"as of {visible(graph.as_of)}")
    return found


# ---------------------------------------------------------------- boxes
def _lines(node: GraphNode) -> list[str]:
    """The title, broken to the width of a box; of a longer one its beginning."""
    found: list[str] = []
    for line in wrapped(node.title or node.name, ROOM):
        while columns(line) > ROOM:
            cut = len(line)
            while columns(line[:cut]) > ROOM:
                cut -= 1
            found.append(line[:cut])
            line = line[cut:]
        found.append(line)
    return found if len(found) <= MOST_LINES else [*found[: MOST_LINES - 1], f"{found[MOST_LINES - 1][: ROOM - 1]}…"]


def _height(node: GraphNode) -> float:
    return 2 * PAD + SMALL + LINE * (len(_lines(node)) + (node.status is not None))


def _left(column: int) -> int:
    return MARGIN + column * (BOX + AISLE)


def _box(node: GraphNode, column: int, centre: float) -> str:
    left, height, found = _left(column), _height(node), look(node)
    top = MARGIN + HEADING + centre - height / 2
    title = f"{node.word} {node.name}" + (f": {node.title}" if node.title else "")
    radius = 3 if node.kind == "source" else 8
    parts = [
        (
            f"<g><title>{escape(visible(title))}</title>"
            f'<rect x="{left}" y="{_n(top)}" width="{BOX}" height="{_n(height)}" rx="{radius}" fill="{found.fill}" '
            f'stroke="{found.line}" stroke-width="{1 if found == PLAIN else 1.6}"/>'
        ),
        _text(left + PAD, top + PAD + SMALL - 4, node.word, FAINT, 11),
    ]
    at = top + PAD + SMALL
    for line in _lines(node):
        at += LINE
        parts.append(_text(left + PAD, at - 4, line, TEXT, 13))
    if node.status is not None:
        parts.append(_text(left + PAD, at + LINE - 4, words(node.status), found.line, 13, weight="600"))
    return "\n".join(parts) + "</g>"


def _text(x: float, y: float, text: str, colour: str, size: int, weight: str = "") -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" font-size="{size}" fill="{colour}"{bold}>{escape(visible(text))}</text>'


# ---------------------------------------------------------------- lines
def _route(route: Route, layout: Layout, place: dict[str, int]) -> str:
    """A line from what serves to what is served, through the places where it passes columns."""
    edge = route.edge
    upper, lower = place[edge.upper], place[edge.lower]
    down = MARGIN + HEADING
    start, end = down + layout.centres[edge.lower], down + layout.centres[edge.upper]
    if upper == lower:
        right = _left(lower) + BOX
        bow = right + AISLE / 2
        path = f"M{right} {_n(start)} C{_n(bow)} {_n(start)} {_n(bow)} {_n(end)} {right} {_n(end)}"
    else:
        leftwards = lower > upper
        points = [(float(_left(lower) + (0 if leftwards else BOX)), start)]
        for column, centre in reversed(route.passes):
            sides = (float(_left(column)), float(_left(column) + BOX))
            first, second = reversed(sides) if leftwards else sides
            points += ((first, down + centre), (second, down + centre))
        points.append((float(_left(upper) + (BOX if leftwards else 0)), end))
        path = f"M{_n(points[0][0])} {_n(points[0][1])}"
        for number, ((x, y), (to_x, to_y)) in enumerate(itertools.pairwise(points)):
            half = (x + to_x) / 2
            curve = f" C{_n(half)} {_n(y)} {_n(half)} {_n(to_y)} {_n(to_x)} {_n(to_y)}"
            path += f" L{_n(to_x)} {_n(to_y)}" if number % 2 else curve
    width = 2.6 if edge.relation == "contributes" else 1.3
    dashes = ' stroke-dasharray="5 4"' if edge.is_drawn_only else ""
    return f'<path d="{path}" fill="none" stroke="{WIRE}" stroke-width="{width}"{dashes} marker-end="url(#arrow)"/>'


def _n(number: float) -> str:
    """A length with a tenth of a pixel."""
    return f"{number:.1f}".removesuffix(".0")
