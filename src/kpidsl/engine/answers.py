"""What the data answered."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, MutableSet
from dataclasses import field
from datetime import datetime
from fractions import Fraction

from kpidsl.diagnostics import Diagnostic, KpidslError
from kpidsl.engine.parts import Part
from kpidsl.plan.nodes import Cell, Reach
from kpidsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Extent:
    """The first time of a source (UTC), and the newest before each anchor, or at all where it is read ahead; None
    where there are no rows.
    """

    first: datetime | None
    newest: Mapping[datetime, datetime | None]


@dataclass(slots=True)
class Answer:
    """The parts of a cell by member of its dimensions, and the members that its filters keep a row of (whether or not
    there is a value). `found` tells whether there were rows at an edge at all.
    """

    parts: MutableMapping[tuple[object, ...], Part] = field(default_factory=dict)
    seen: MutableSet[tuple[object, ...]] = field(default_factory=set)
    found: bool = True
    sql: str | None = None


@dataclass(slots=True)
class Answers:
    """Everything a run learned. A source that failed, or a cell that did, is told by its error; `as_of` is the moment
    up to which sources are known.
    """

    as_of: datetime
    cells: dict[Cell, Answer] = field(default_factory=dict)
    failed_cells: dict[Cell, KpidslError] = field(default_factory=dict)
    failed_sources: dict[str, KpidslError] = field(default_factory=dict)
    infinite: dict[str, KpidslError] = field(default_factory=dict)
    extents: dict[tuple[str, object], Extent] = field(default_factory=dict)
    warnings: list[Diagnostic] = field(default_factory=list)
    joins: dict[tuple[str, tuple[object, ...]], KpidslError | None] = field(default_factory=dict)

    def error(self, cell: Cell) -> KpidslError | None:
        return self.failed_cells.get(cell) or self.failed_sources.get(cell.source)

    def part(self, cell: Cell, around: Reach | None, member: tuple[object, ...]) -> Part:
        """The answer for a member; nothing is 0 only where the source has rows about it (or about the series it is
        in), and only for counts and sums.
        """
        answer = self.cells[cell]
        part = answer.parts.get(member)
        if part is not None and (part.n or part.n_open is not None or part.reason not in (None, "no_rows")):
            return part
        if cell.counts_nothing_as_zero and self.covers(cell, around):
            return Part(Fraction(0), 0)
        return Part(None, 0, part.n_unknown if part is not None else None, reason="no_rows")

    def covers(self, cell: Cell, around: Reach | None) -> bool:
        """Whether a cell's window, or that of the series it is in, meets the time from the source's first row to its
        newest one before the as-of, wherever the cell's own anchor is: a week in which nothing happened is known to
        have been quiet once there are rows after it.
        """
        if cell.at is not None and cell.time is not None:
            return self.cells[cell].found
        own = Reach(cell.start, cell.end, cell.anchor)
        return any(self.meets(cell, reach) for reach in (own, around) if reach is not None)

    def meets(self, cell: Cell, reach: Reach) -> bool:
        extent = self.extents.get((cell.source, cell.time))
        if extent is None or extent.first is None or (reach.start is not None and reach.start >= reach.end):
            return False
        if cell.time is None:
            return extent.first <= reach.start if cell.at == "start" and reach.start else extent.first < reach.end
        newest = extent.newest.get(self.as_of)
        if newest is None:
            return False
        return extent.first < reach.end and (reach.start is None or reach.start <= newest)
