"""Conversions: from the counts of one query to the answers of every window and anchor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from kpidsl.calendar import Calendar, date_threshold
from kpidsl.engine.answers import Answer
from kpidsl.engine.groups import Key, plain
from kpidsl.engine.parts import Part
from kpidsl.plan.nodes import Cell
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
        seconds = sorted(edge for edge in anchors if start is None or edge > start)
        if not seconds:
            return None
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


@dataclass(slots=True)
class _Counts:
    """What one pane of first events has, for one filter: first events, those converted, and conversions by pane."""

    firsts: int = 0
    converted: int = 0
    seen: dict[int, int] | None = None


def found(
    cells: Sequence[Cell], horizon: Horizon, fetched: Iterable[Sequence[Any]], sql: str | None
) -> dict[Cell, Answer]:  # fmt: skip
    """The answer of each cell, from the rows of the query."""
    wheres = {where: place for place, where in enumerate(q.filters(cells))}
    members = len(cells[0].members)
    counted: list[dict[Key, dict[int, _Counts]]] = [{} for _ in wheres]
    for row in fetched:
        key = tuple(plain(value) for value in row[2 : 2 + members])
        for place, of_where in enumerate(counted):
            firsts, converted, conversions = row[2 + members + 3 * place :][:3]
            if not firsts and not conversions:
                continue
            one = of_where.setdefault(key, {}).setdefault(row[0], _Counts())
            one.firsts += firsts
            one.converted += converted
            if conversions:
                one.seen = one.seen or {}
                one.seen[row[1]] = one.seen.get(row[1], 0) + int(conversions)
    panes = {edge: place for place, edge in enumerate(horizon.firsts)}
    anchors = {edge: place for place, edge in enumerate(horizon.seconds)}
    answers: dict[Cell, Answer] = {}
    for cell in cells:
        answer = answers[cell] = Answer(sql=sql)
        if cell not in horizon.closed:
            continue
        known = len(anchors) if horizon.is_ahead else anchors.get(cell.anchor, 0)
        spans = (panes[cell.start], panes[horizon.closed[cell]], panes[cell.end])
        for key, by_pane in counted[wheres[cell.where]].items():
            part = _part(cell.function, by_pane, spans, known)
            if part is not None:
                answer.parts[key] = part
                answer.seen.add(key)
    return answers


def _part(function: str, by_pane: Mapping[int, _Counts], spans: tuple[int, int, int], known: int) -> Part | None:
    """The value over the panes of a window; None where it has no first event.

    `spans` are the panes at which the window starts, its open part begins, and it ends; `known` is the first pane of
    second events that is not read.
    """
    start, opened, end = spans
    inside = {pane: one for pane, one in by_pane.items() if start <= pane < end}
    if not any(one.firsts for one in inside.values()):
        return None
    still = sum(one.firsts for pane, one in inside.items() if pane >= opened)
    if function == "conversions":
        number = sum(n for one in inside.values() for seen, n in (one.seen or {}).items() if seen < known)
        return Part(Fraction(number), number, n_open=still)
    over = [one for pane, one in inside.items() if pane < opened]
    firsts = sum(one.firsts for one in over)
    if not firsts:
        return Part(None, 0, reason="too_early", n_open=still)
    return Part(Fraction(sum(one.converted for one in over), firsts), firsts, exact=False, n_open=still)
