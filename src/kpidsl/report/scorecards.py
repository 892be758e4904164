"""Scorecards and overdue actions as tables for people."""

from __future__ import annotations

from collections.abc import Iterable

from kpidsl.assess.results import ActionResult, Results, ScorecardResult, ShownResult
from kpidsl.diagnostics.glyphs import visible
from kpidsl.report.figures import Figure, bound, figure
from kpidsl.report.statuses import STATUSES
from kpidsl.report.table import Column, Table, TableRow

COLUMNS = (
    Column("value", "Value"),
    Column("target", "Target", leaves=2, said="target"),
    Column("window", "Window", leaves=1, dim=True),
)
OVERDUE_COLUMNS = (
    Column("due", "Due"),
    Column("owner", "Owner", leaves=1, said="owner"),
    Column("of", "Of", leaves=2, said="of"),
)
LATE = "1;31"


def scorecard_table(found: ScorecardResult, *, width: int, colour: bool) -> list[str]:
    """A scorecard under its title: sections in their order, KPIs with their status, values without."""
    rows = [row for section in found.sections for row in _section(section.title, section.items)]
    return Table(visible(found.title or found.name), COLUMNS, rows, width=width, colour=colour).lines() if rows else []


def _section(title: str | None, items: Iterable[ShownResult]) -> Iterable[TableRow]:
    if title is not None:
        yield TableRow(title=visible(title), cells={})
    for item in items:
        status = STATUSES[item.status] if item.status is not None else None
        cells: dict[str, Figure | str] = {
            "value": Figure("–") if item.value is None else figure(item.value, item.unit, item.target)
        }
        if item.target is not None:
            cells["target"] = bound(item.target, item.unit)
        if item.window is not None:
            cells["window"] = visible(item.window.label)
        yield TableRow(
            title=visible(item.title or item.text),
            cells=cells,
            status=str(status) if status is not None else "",
            colour=status.colour if status is not None else "",
            depth=0 if title is None else 1,
            aside=(item.reason or (item.value_undefined or "").replace("_", " ")) if item.value is None else "",
        )


def overdue(results: Results) -> Iterable[tuple[str, ActionResult]]:
    """The actions that are late, each with what it is of, those that were due first before the others."""
    of: list[tuple[str, tuple[ActionResult, ...]]] = [(kpi.title or kpi.name, kpi.actions) for kpi in results.kpis]
    for objective in results.objectives:
        of.append((objective.title or objective.name, objective.actions))
        of.extend((one.title or one.name, one.actions) for one in objective.key_results)
    found = [(title, action) for title, actions in of for action in actions if action.overdue]
    return sorted(found, key=lambda one: str(one[1].due))


def overdue_table(results: Results, *, width: int, colour: bool) -> list[str]:
    rows = [
        TableRow(
            title=visible(action.title),
            cells={"due": str(action.due), "owner": visible(action.owner or ""), "of": visible(of)},
            status="! overdue",
            colour=LATE,
        )
        for of, action in overdue(results)
    ]
    return Table("Overdue", OVERDUE_COLUMNS, rows, width=width, colour=colour).lines() if rows else []


def said_of(action: ActionResult) -> str:
    """An action on one line: what, who, and by when."""
    due = f"{'overdue since' if action.overdue else 'due'} {action.due}" if action.due else None
    said = [part for part in (action.owner, due) if part]
    return action.title + (f" ({', '.join(said)})" if said else "")
