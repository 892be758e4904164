"""Conversions: from the counts of one query to the answers of every window and anchor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from kpidsl.calendar import Calendar, date_threshold
from kpidsl.engine.answers import Answer
from kpidsl.engine.groups import Key, plain
from kpidsl.engine.parts import Part
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.model import SourceModel
from kpidsl.sql import queries as q
from kpidsl.sql.conversions import Edged, counts_days

_LATEST = datetime(9800, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Horizon(Edged):
    """How far cells of one conversion look: their edges, and where, in each, what is open begins."""

    then: str
    closed: Mapping[Cell, datetime]
    is_ahead: bool

    @classmethod
    def of(cls, cells: Sequence[Cell], sources: Mapping[str, SourceModel], calendar: Calendar) -> Horizon | None:
        """The horizon of some cells; None where every window is empty."""
        conversion = cells[0].conversion
        assert conversion is not None
        asked = [cell for cell in cells if cell.start is None or cell.start < cell.end]
        if not asked:
            return None
        is_ahead = sources[conversion.source].ahead
        closed = {cell: cell.end if is_ahead else _closed(cell, calendar) for cell in asked}
        edges = {edge for cell in asked for edge in (cell.start, closed[cell], cell.end) if edge is not None}
        read_ahead = is_ahead or sources[cells[0].source].ahead
        # First events up to the last anchor are read, whatever the windows: a later one may have the conversion.
        last = _LATEST if read_ahead else max(cell.anchor for cell in asked)
        start = None if any(cell.start is None for cell in asked) else min(edges)
        firsts = sorted({*edges, last})
        anchors = {last} if is_ahead else {cell.anchor for cell in asked}
        # A window ahead of every anchor has first events that nothing read yet could convert.
        seconds = sorted(edge for edge in anchors if start is None or edge > start) or [last]
        return cls(
            (None, *firsts) if start is None else tuple(firsts), (start, *seconds), conversion.source, closed, is_ahead
        )


def _closed(cell: Cell, calendar: Calendar) -> datetime:
    """Where first events begin whose time to convert is not over at the anchor, inside the cell's window.

    It is over when no row is to come that would still be in time.
    """
    assert cell.conversion is not None and cell.time is not None
    within = cell.conversion.within
    try:
        if counts_days(cell.time, cell.conversion.time):
            unread = date_threshold(cell.anchor, calendar)
            edge = calendar.day_start(unread - timedelta(days=int(within // 86_400)))
        else:
            edge = cell.anchor - timedelta(seconds=int(within))
    except (OverflowError, ValueError):
        edge = datetime.combine(date(1, 1, 2), datetime.min.time(), UTC)
    return max(min(edge, cell.end), cell.start) if cell.start is not None else min(edge, cell.end)


_Counts = dict[tuple[int, int | None], int]
"""How many first events there are by their pane and that of their earliest conversion (None: they have none)."""


def found(
    cells: Sequence[Cell], horizon: Horizon, fetched: Iterable[Sequence[Any]], sql: str | None
) -> dict[Cell, Answer]:  # fmt: skip
    """The answer of each cell, from the rows of the query."""
    wheres = {where: place for place, where in enumerate(q.filters(cells))}
    members = len(cells[0].members)
    counted: list[dict[Key, _Counts]] = [{} for _ in wheres]
    for row in fetched:
        key = tuple(plain(value) for value in row[2 : 2 + members])
        for of_where, count in zip(counted, row[2 + members :], strict=True):
            if count:
                of_where.setdefault(key, {})[row[0], row[1]] = count
    panes = {edge: place for place, edge in enumerate(horizon.firsts)}
    anchors = {edge: place for place, edge in enumerate(horizon.seconds)}
    answers: dict[Cell, Answer] = {}
    for cell in cells:
        answer = answers[cell] = Answer(sql=sql)
        if cell not in horizon.closed:
            continue
        known = len(anchors) if horizon.is_ahead else anchors.get(cell.anchor, 0)
        spans = (panes[cell.start], panes[horizon.closed[cell]], panes[cell.end])
        for key, counts in counted[wheres[cell.where]].items():
            part = _part(cell.function, counts, spans, known)
            if part is not None:
                answer.parts[key] = part
                answer.seen.add(key)
    return answers


def _part(function: str, counts: _Counts, spans: tuple[int, int, int], known: int) -> Part | None:
    """The value over the panes of a window; None where it has no first event.

    `spans` are the panes at which the window starts, its open part begins, and it ends; `known` is the first pane of
    second events that is not read.
    """
    start, opened, end = spans
    inside = {panes: count for panes, count in counts.items() if start <= panes[0] < end}
    if not inside:
        return None
    still = sum(count for (pane, _), count in inside.items() if pane >= opened)
    if function == "conversions":
        number = sum(count for (_, seen), count in inside.items() if seen is not None and seen < known)
        return Part(Fraction(number), number, n_open=still)
    over = {panes: count for panes, count in inside.items() if panes[0] < opened}
    if not over:
        return Part(None, 0, reason="too_early", n_open=still)
    firsts = sum(over.values())
    converted = sum(count for (_, seen), count in over.items() if seen is not None)
    return Part(Fraction(converted, firsts), firsts, exact=False, n_open=still)
