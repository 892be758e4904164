"""Where things stand on the map: columns from what is wanted to what is read, few crossings, short lines.

A layered drawing after Sugiyama, Tagawa and Toda (1981): columns by kind and by how deep a thing hangs within its kind,
lines over several columns led through free places, orders by barycentres, heights by least squares under the order
(pool adjacent violators). Everything is decided by the order of the spec, so the same spec has the same picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import field

from kpidsl.graph.records import KINDS, Edge, Graph
from kpidsl.records import dataclass

SWEEPS = 12
BEND = 14.0  # the height a line that passes a column takes there


@dataclass(frozen=True, slots=True)
class Route:
    """A line and the heights at which it passes the columns between its ends, from the upper end to the lower one."""

    edge: Edge
    passes: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """`columns` are keys of nodes from top to bottom; `centres` their heights, from 0 at the top; `height` of all."""

    columns: tuple[tuple[str, ...], ...]
    centres: Mapping[str, float]
    routes: tuple[Route, ...]
    height: float


@dataclass(slots=True)
class _Board:
    """Places in columns, those of nodes and those where a line passes; `near` are the places a line joins to each."""

    columns: list[list[str]]
    sizes: dict[str, float]
    near: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def lay_out(graph: Graph, sizes: Mapping[str, float], gap: float) -> Layout:
    """The places of nodes of these heights, at least `gap` apart."""
    at = _columns(graph)
    board = _Board([[] for _ in range(max(at.values(), default=-1) + 1)], dict(sizes))
    for node in graph.nodes:
        board.columns[at[node.key]].append(node.key)
    chains = [_chain(edge, number, at, board) for number, edge in enumerate(graph.edges)]
    _order(board)
    centres = _heights(board, gap)
    top = min((centres[key] - board.sizes[key] / 2 for key in board.sizes), default=0.0)
    centres = {key: centre - top for key, centre in centres.items()}
    bottom = max((centres[key] + board.sizes[key] / 2 for key in board.sizes), default=0.0)
    routes = tuple(
        Route(edge, tuple((column, centres[key]) for column, key in chain))
        for edge, chain in zip(graph.edges, chains, strict=True)
    )
    known = {node.key for node in graph.nodes}
    shown = tuple(tuple(key for key in column if key in known) for column in board.columns)
    return Layout(shown, {key: centres[key] for key in known}, routes, bottom)


# ---------------------------------------------------------------- columns
def _columns(graph: Graph) -> dict[str, int]:
    """The column of each node: kinds one after the other, and within a kind what serves another behind it."""
    kinds = {node.key: KINDS.index(node.kind) for node in graph.nodes}
    above: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        if kinds[edge.lower] == kinds[edge.upper]:
            above[edge.lower].append(edge.upper)
    levels: dict[str, int] = {}
    for node in graph.nodes:
        _level(node.key, above, levels)
    places = sorted({(kinds[key], levels[key]) for key in kinds})
    return {key: places.index((kinds[key], levels[key])) for key in kinds}


def _level(start: str, above: Mapping[str, Sequence[str]], levels: dict[str, int]) -> None:
    """How far a node stands behind the first of its kind: the longest way. A ring is cut where it closes."""
    path = [start] if start not in levels else []
    on_path = set(path)
    while path:
        key = path[-1]
        left = next((one for one in above.get(key, ()) if one not in levels and one not in on_path), None)
        if left is not None:
            path.append(left)
            on_path.add(left)
            continue
        levels[key] = max((levels[one] + 1 for one in above.get(key, ()) if one in levels), default=0)
        on_path.discard(path.pop())


def _chain(edge: Edge, number: int, at: Mapping[str, int], board: _Board) -> list[tuple[int, str]]:
    """The places where a line passes a column, from its upper end on."""
    first, last = at[edge.upper], at[edge.lower]
    chain: list[tuple[int, str]] = []
    before = edge.upper
    step = 1 if last > first else -1
    for column in range(first + step, last, step):
        key = f"\0{number} {column}"
        board.columns[column].append(key)
        board.sizes[key] = BEND
        _join(before, key, board)
        chain.append((column, key))
        before = key
    if first != last:
        _join(before, edge.lower, board)
    return chain


def _join(one: str, other: str, board: _Board) -> None:
    board.near[one].append(other)
    board.near[other].append(one)


# ---------------------------------------------------------------- orders and heights
def _order(board: _Board) -> None:
    """Columns put in the order of the mean places of what they are joined to; the best of all sweeps is kept."""
    best, least = [list(column) for column in board.columns], _crossings(board)
    for sweep in range(SWEEPS):
        numbers = range(len(board.columns))
        for number in numbers if sweep % 2 == 0 else reversed(numbers):
            beside = number - 1 if sweep % 2 == 0 else number + 1
            if not 0 <= beside < len(board.columns):
                continue
            there = {key: place for place, key in enumerate(board.columns[beside])}
            column = board.columns[number]
            wanted: dict[str, float] = {}
            for place, key in enumerate(column):
                found = [there[one] for one in board.near[key] if one in there]
                wanted[key] = sum(found) / len(found) if found else place * len(there) / len(column)
            column.sort(key=lambda key: wanted[key])
        crossings = _crossings(board)
        if crossings < least:
            best, least = [list(column) for column in board.columns], crossings
    board.columns = best


def _crossings(board: _Board) -> int:
    """How many pairs of lines between neighbouring columns cross: inversions, counted by merging."""
    total = 0
    for left, right in zip(board.columns, board.columns[1:], strict=False):
        there = {key: place for place, key in enumerate(right)}
        ends = [place for key in left for place in sorted(there[one] for one in board.near[key] if one in there)]
        total += _inversions(ends)[1]
    return total


def _inversions(ends: list[int]) -> tuple[list[int], int]:
    if len(ends) < 2:
        return ends, 0
    middle = len(ends) // 2
    (left, one), (right, other) = _inversions(ends[:middle]), _inversions(ends[middle:])
    merged: list[int] = []
    count, place = one + other, 0
    for end in left:
        while place < len(right) and right[place] < end:
            merged.append(right[place])
            place += 1
        count += place
        merged.append(end)
    return [*merged, *right[place:]], count


def _heights(board: _Board, gap: float) -> dict[str, float]:
    """The centre of each place: as near to the mean of what it is joined to as the order and the sizes allow."""
    centres: dict[str, float] = {}
    for column in board.columns:
        centres.update(_apart(column, dict.fromkeys(column, 0.0), board.sizes, gap))
    for sweep in range(SWEEPS):
        for column in board.columns if sweep % 2 == 0 else reversed(board.columns):
            wanted = {}
            for key in column:
                near = [centres[one] for one in board.near[key]]
                wanted[key] = sum(near) / len(near) if near else centres[key]
            centres.update(_apart(column, wanted, board.sizes, gap))
    return centres


def _apart(
    column: Sequence[str], wanted: Mapping[str, float], sizes: Mapping[str, float], gap: float
) -> dict[str, float]:
    """The centres nearest to those that are wanted (in squares), in this order and a gap apart."""
    offsets: list[float] = []
    reach = 0.0
    for number, key in enumerate(column):
        between = gap if number and not (_passes(key) and _passes(column[number - 1])) else 0.0
        reach += between + sizes[key] / 2
        offsets.append(reach)
        reach += sizes[key] / 2
    blocks: list[tuple[float, int]] = []  # the mean of a run that is pushed together, and how many are in it
    for key, offset in zip(column, offsets, strict=True):
        mean, count = wanted[key] - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, many = blocks.pop()
            mean, count = (mean * count + other * many) / (count + many), count + many
        blocks.append((mean, count))
    starts = [mean for mean, count in blocks for _ in range(count)]
    return {key: start + offset for key, start, offset in zip(column, starts, offsets, strict=True)}


def _passes(key: str) -> bool:
    return key.startswith("\0")
