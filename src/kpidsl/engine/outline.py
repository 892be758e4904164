"""How a plan is answered, in words: which scans a source costs, what shares them, and what is asked by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from kpidsl.engine.costs import is_much
from kpidsl.engine.dry import refused
from kpidsl.engine.groups import ORDERED, PANES, Group, by_state, edges_of, group_of
from kpidsl.engine.place import Places
from kpidsl.engine.shared_scan import measured, pays
from kpidsl.plan import nodes as n
from kpidsl.semantic.rows import ColumnValue
from kpidsl.sql.queries import filters


def outline(plan: n.Plan, places: Places | None = None) -> str:
    """A block of lines for each source, in the order of the plan; where it is asked, if it has an engine."""
    refusals = refused(plan, places) if places is not None else ({}, {})
    asked = Counter(ask.cell for step in _steps(plan) for ask in n.asked(step))
    by_source: dict[str, list[n.Cell]] = {}
    for cell in plan.cells:
        by_source.setdefault(cell.source, []).append(cell)
    blocks: list[str] = []
    for source, cells in by_source.items():
        wanted = sum(asked[cell] for cell in cells)
        lines = [f"source {source}: {_counted(wanted, 'value')} asked for, {len(cells):_} of them different"]
        if places is not None and source in places.traffic:
            lines.append(f"  {_place(source, places, *(found.get(source) for found in refusals))}")
        groups: dict[Group, list[n.Cell]] = {}
        for cell in cells:
            groups.setdefault(group_of(cell), []).append(cell)
        is_here = places is None or source not in places.remotes
        scans = _scans(groups, is_here=is_here)
        for group, members in groups.items():
            lines.extend(f"  {line}" for line in _group(group, members))
            if group in scans:
                which = "in scans that share what they can" if is_here else "where that pays, in scans that are shared"
                lines.append(f"    {which}, grouped by {', '.join(scans[group])}")
        blocks.append("\n".join(lines))
    return "\n".join(blocks)


def _place(source: str, places: Places, refusal: str | None, by_conditions: str | None) -> str:
    remote = places.remotes.get(source)
    if remote is None:
        return f"its rows are read: {places.here[source]}"
    if refusal is not None:
        return f"asked of {remote.dialect.name}, until its rows are read: {refusal}"
    if by_conditions is not None:
        where = "where filters are not asked of groups"
        return f"asked of {remote.dialect.name}; its rows are read {where}: {by_conditions}"
    return f"asked of {remote.dialect.name}, where it lives: what crosses the wire are answers"


def _scans(groups: Mapping[Group, Sequence[n.Cell]], *, is_here: bool) -> dict[Group, list[str]]:
    """What rows are grouped by in scans that several groupings or many filters share, with the last of these."""
    by_time: dict[int, list[Group]] = {}
    for group in groups:
        if group.edge == PANES or (is_here and group.edge == ORDERED):
            by_time.setdefault(group.time, []).append(group)
    found: dict[Group, list[str]] = {}
    for same in by_time.values():
        cells = [cell for group in same for cell in groups[group]]
        if pays(cells) if is_here else is_much(cells):
            members = (name for cell in cells for name in cell.by)
            read = (column.name for column in measured(cells) if isinstance(column, ColumnValue))
            found[same[-1]] = list(dict.fromkeys((*members, *read)))
    return found


def _group(group: Group, cells: Sequence[n.Cell]) -> Iterator[str]:
    by = f", each {' and '.join(cells[0].by)}," if cells[0].by else ""
    functions = ", ".join(dict.fromkeys(cell.function for cell in cells))
    number = _counted(len(cells), "value")
    edges = edges_of(cells)
    spans = _counted(max(0, len(edges) - 1) if edges is not None else 0, "pane")
    asked = _counted(len(by_state(cells)), "aggregation")
    if group.edge in (PANES, ORDERED):
        conditions = sum(bool(where) for where in filters(cells))
        under = f" under {_counted(conditions, 'filter')}" if conditions else ""
        yield f"{number}{by} from {spans}: {asked} ({functions}){under}"
    elif group.edge[0] == "edge":
        yield f"{number}{by} of the rows at {cells[0].at} of a window, by a query of their own: {functions}"
    elif group.edge[0] == "conversion":
        yield f"{number}{by} of one conversion, found once for all windows"
    else:
        windows = _counted(len({(cell.start, cell.end) for cell in cells}), "window")
        yield f"{number}{by} over {windows}, from {spans}: {functions} cannot be merged from panes"


def _steps(plan: n.Plan) -> Iterator[n.Step]:
    for question in plan.metrics.values():
        yield question.step
    for slices in plan.kpis.values():
        for one in slices:
            yield one.value.step
            for bound in (one.target, one.amber, one.forecast.target if one.forecast is not None else None):
                if bound is not None:
                    yield bound.low
                    if bound.high is not None:
                        yield bound.high
            yield from (guard.condition for guard in one.guards)
            yield from (step for step, _ in one.requires)
            yield from (question.step for _, question in one.comparisons)
            yield from (question.step for question in one.trend)
            for interval in (one.interval, *one.changes):
                yield from interval.parts if interval is not None else ()


def _counted(number: int, noun: str) -> str:
    return f"{number:_} {noun}{'s' if number != 1 else ''}"
