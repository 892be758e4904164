"""Cells sorted into the queries that answer them, and the edges and panes of their windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from kpidsl.engine.parts import width
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.terms import AGREEMENT
from kpidsl.sql import queries as q
from kpidsl.sql.aggregates import IN_ORDER, MERGEABLE
from kpidsl.sql.classes import shape_of

Key = tuple[object, ...]
State = Sequence[Any]
PANES = ("panes",)
"""What is merged from panes."""
ORDERED = ("panes in order",)
"""What is merged from panes one after the other."""
WINDOWS = ("windows",)
"""What is asked of each window."""
BATCH = 100
"""So many different things are asked of a row by one query."""


@dataclass(frozen=True, slots=True)
class Group:
    """Cells that one query can answer: same source, time column, dimensions (both by identity), and edge."""

    source: str
    time: int
    members: int
    edge: tuple[object, ...]


def group_of(cell: Cell) -> Group:
    """Which query a cell goes to."""
    if cell.conversion is not None:
        edge: tuple[object, ...] = ("conversion", id(cell.conversion), id(cell.per))
    elif cell.at is not None:
        edge = ("edge", cell.at, id(cell.per))
    elif cell.function in MERGEABLE:
        edge = PANES
    elif cell.function in IN_ORDER:
        edge = ORDERED
    elif cell.function in AGREEMENT:
        edge = ("agreement", cell.function == "cohen_kappa", id(cell.argument), id(cell.per), id(cell.where))
    elif cell.function == "count_distinct":
        edge = ("distinct", id(cell.argument), shape_of(cell.where)[0])
    else:
        edge = WINDOWS
    return Group(cell.source, id(cell.time), id(cell.members), edge)


def state_of(cell: Cell) -> tuple[object, ...]:
    """What is asked of a row, whatever the window."""
    return (cell.function, id(cell.argument), id(cell.where), id(cell.per), cell.level, cell.k, cell.n, cell.way)


def unfiltered(cell: Cell) -> tuple[object, ...]:
    """What is asked of a row, whatever the window and the filter; of what is merged from panes."""
    return (cell.function, id(cell.argument), cell.level, cell.k, cell.n)


def by_state(cells: Sequence[Cell]) -> dict[tuple[object, ...], list[Cell]]:
    """The cells of each thing asked of a row."""
    found: dict[tuple[object, ...], list[Cell]] = {}
    for cell in cells:
        found.setdefault(state_of(cell), []).append(cell)
    return found


def edges_of(cells: Sequence[Cell]) -> q.Edges | None:
    """The distinct window edges, in order; None where every window is empty.

    A window without a start opens the first pane.
    """
    edges: set[datetime] = set()
    open_start = False
    for cell in cells:
        if cell.start is not None and cell.start >= cell.end:
            continue
        edges.add(cell.end)
        if cell.start is None:
            open_start = True
        else:
            edges.add(cell.start)
    if not edges:
        return None
    return (None, *sorted(edges)) if open_start else tuple(sorted(edges))


def panes_inside(cell: Cell, places: Mapping[datetime | None, int]) -> range:
    """The numbers of the panes that make a cell's window; `places` numbers the edges."""
    if cell.start is not None and cell.start >= cell.end:
        return range(0)
    return range(places[cell.start], places[cell.end])


class Layout:
    """Where the columns of a query's row are: `lead` of its own, the members, each cell's state, and, where there are
    members, how many rows each of `filters` keeps.
    """

    def __init__(self, lead: int, members: int, cells: tuple[Cell, ...]) -> None:
        self.lead = lead
        self.members = members
        self.cells = cells
        self.filters = q.filters(cells) if members else ()
        ends = list(accumulate(map(width, cells), initial=lead + members))
        self._states = list(map(slice, ends, ends[1:]))
        numbers = {where: number for number, where in enumerate(self.filters)}
        # By identity: a filter's hash is that of all its parts, and rows are many.
        self._filter_of = {id(cell.where): numbers[cell.where] for cell in cells} if members else {}

    def key(self, row: Sequence[Any]) -> Key:
        return tuple(plain(value) for value in row[self.lead : self.lead + self.members])

    def states(self, row: Sequence[Any]) -> list[State]:
        """The states of the cells, in their order."""
        return [row[place] for place in self._states]

    def kept(self, row: Sequence[Any]) -> Sequence[int]:
        """How many rows each of `filters` keeps."""
        return row[len(row) - len(self.filters) :]

    def filter_of(self, cell: Cell) -> int | None:
        """The place of a cell's filter in `filters`; None without members."""
        return self._filter_of[id(cell.where)] if self.members else None


def plain(value: Any) -> object:
    """A member as it is written in a document."""
    return value.isoformat() if hasattr(value, "isoformat") else value
