"""Cells sorted into the queries that answer them, and the edges and panes of their windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kpidsl.engine.parts import width
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.rows import Row
from kpidsl.semantic.terms import AGREEMENT
from kpidsl.sql import queries as q
from kpidsl.sql.aggregates import MERGEABLE
from kpidsl.sql.classes import shape_of

Key = tuple[object, ...]
State = Sequence[Any]
PANES = ("panes",)
"""What is merged from panes."""
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
    elif cell.function in AGREEMENT:
        edge = ("agreement", cell.function == "cohen_kappa", id(cell.argument), id(cell.per), id(cell.where))
    elif cell.function == "count_distinct":
        edge = ("distinct", id(cell.argument), shape_of(cell.where)[0])
    else:
        edge = ("windows",)
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


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of a query's row are: `lead` of its own, the members, each cell's state, and, where there are
    members, how many rows each filter keeps.
    """

    lead: int
    members: int
    cells: tuple[Cell, ...]

    def key(self, row: Sequence[Any]) -> Key:
        return tuple(plain(value) for value in row[self.lead : self.lead + self.members])

    def states(self, row: Sequence[Any]) -> list[State]:
        """The states of the cells, in their order."""
        found: list[State] = []
        at = self.lead + self.members
        for cell in self.cells:
            found.append(row[at : at + width(cell)])
            at += width(cell)
        return found

    def kept(self, row: Sequence[Any]) -> dict[tuple[Row, ...], int]:
        """How many rows each filter keeps."""
        filters = q.filters(self.cells) if self.members else ()
        return dict(zip(filters, row[len(row) - len(filters) :], strict=True))


def plain(value: Any) -> object:
    """A member as it is written in a document."""
    return value.isoformat() if hasattr(value, "isoformat") else value
