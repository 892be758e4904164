"""What is to be done: which actions a status calls for, which are late, and what is red while nobody does anything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from kpidsl.assess.results import ActionResult, ErrorResult, KpiResult
from kpidsl.calendar import Calendar, shift_anchor
from kpidsl.semantic.model import ActionModel

NAMED = 3


def actions_at(
    actions: Iterable[ActionModel], status: str, anchor: datetime, calendar: Calendar
) -> tuple[ActionResult, ...]:
    """The actions that a status calls for, in the order they are written.

    What is done or due on a day is so at its end: an action done after the anchor is open at it. One that is due a
    length of time after the evaluation is never late.
    """
    if not actions:
        return ()
    return tuple(
        ActionResult(
            action.title,
            action.owner,
            _due(action, anchor, calendar),
            action.when,
            action.done if _is_over(action.done, anchor, calendar) else None,
            isinstance(action.due, date)
            and _is_over(action.due, anchor, calendar)
            and not _is_over(action.done, anchor, calendar),
        )
        for action in actions
        if action.when in (None, status)
    )


def _is_over(day: date | None, anchor: datetime, calendar: Calendar) -> bool:
    """Whether a civil day has ended at the anchor."""
    return day is not None and calendar.civil(anchor).date() > day


def _due(action: ActionModel, anchor: datetime, calendar: Calendar) -> date | None:
    if isinstance(action.due, tuple):
        count, unit = action.due
        return calendar.civil(shift_anchor(anchor, -count, unit, calendar)).date()
    return action.due


def unattended(kpis: Iterable[KpiResult]) -> ErrorResult | None:
    """K0701, where KPIs are red and none of their actions is still to be done."""
    found = [kpi for kpi in kpis if kpi.assessment.status == "red" and all(one.done for one in kpi.actions)]
    if not found:
        return None
    names = [f"`{kpi.name}`" for kpi in found[:NAMED]]
    more = len(found) - len(names)
    listed = ", ".join(names) + (f" and {more} more" if more else "")
    return ErrorResult(
        "K0701",
        f"{listed} {'is' if len(found) == 1 else 'are'} red, and no action says what is done about it",
        'add `action "WHAT" { owner "WHO"; due 5 days; when red }`',
        found[0].at,
        tuple(kpi.name for kpi in found),
    )
