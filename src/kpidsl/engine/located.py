"""What the statistics of a Parquet file tell of the times of its rows: in which pane they are, without reading them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

from kpidsl.records import dataclass
from kpidsl.semantic.rows import Row
from kpidsl.sql.source_rows import RowsOf
from kpidsl.sql.spans import Span
from kpidsl.sql.times import micros, threshold

MOST_SPANS = 12  # of rows in one pane; what is between them is read as it is
FEWEST_ROWS = 250_000  # of a span: what fewer spare, the scan of their own costs
SPOTS = 6
ROWS_OF_A_SPOT = 4_096
_NEVER = -(2**63)
_OUTSIDE = -1


@dataclass(frozen=True, slots=True)
class RowGroup:
    """The rows from `start` up to `end`, and the bounds of their times in microseconds since 1970 on the column's own
    clock; None where they are not known, or rows have no time.
    """

    start: int
    end: int
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Located:
    """A relation that has the columns of a source, and where each row stands in the file (`sql.spans`); the file's row
    groups in order. Floating-point numbers that are NaN are not NULL there: row expressions make them so.
    """

    table: str
    groups: tuple[RowGroup, ...]

    def rows(self, rows: RowsOf) -> RowsOf:
        """The same rows, of which it is known where they stand."""
        tables = {**rows.tables, rows.source.name: self.table}
        return RowsOf(rows.source, rows.sources, rows.calendar, tables, is_here=rows.is_here)

    def spots(self) -> list[Span]:
        """A few rows here and there."""
        step = -(-len(self.groups) // SPOTS)
        return [Span(one.start, min(one.end, one.start + ROWS_OF_A_SPOT)) for one in self.groups[::step]]

    def spans(self, rows: RowsOf, time: Row, edges: Sequence[datetime | None]) -> list[Span]:
        """The rows that windows look at, in spans of which most are in one pane as a whole; nothing where this spares
        too little.
        """
        zone = rows.sql.zone(time)
        bounds = [_NEVER if edge is None else micros(threshold(time.type, zone, edge, rows.calendar)) for edge in edges]
        return self.spans_between(bounds)

    def spans_between(self, bounds: Sequence[int]) -> list[Span]:
        """As `spans`, between edges in the units of the row groups' bounds."""
        runs: list[Span] = []
        for group in self.groups:
            pane = _pane(group, bounds)
            start = runs.pop().start if runs and runs[-1].pane == pane else group.start
            runs.append(Span(start, group.end, pane))
        inside = [run for run in runs if run.pane != _OUTSIDE]
        whole = [run for run in inside if run.pane is not None and run.rows >= FEWEST_ROWS]
        whole = sorted(whole, key=lambda run: -run.rows)[:MOST_SPANS]
        if not whole or 2 * sum(run.rows for run in whole) < sum(run.rows for run in inside):
            return []
        found: list[Span] = []
        for run in inside:
            if run in whole:
                found.append(run)
            elif found and found[-1].pane is None:
                found.append(Span(found.pop().start, run.end))  # with what is outside of all windows between them
            else:
                found.append(Span(run.start, run.end))
        return found


def _pane(group: RowGroup, bounds: Sequence[int]) -> int | None:
    """The pane that all rows of a group are in; None where they are in several, or it is not known."""
    if group.first is None or group.last is None:
        return None
    low, high = (bisect_right(bounds, at) - 1 for at in (group.first, group.last))
    if low != high:
        return None
    return low if low < len(bounds) - 1 else _OUTSIDE
