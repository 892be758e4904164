"""What people add to objectives: what is to be done, and what was said of key results. No number moves by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from kpidsl.assess.actions import actions_at
from kpidsl.assess.checkins import Checkin, checkins_at
from kpidsl.assess.goal_results import ObjectiveResult
from kpidsl.calendar import Calendar
from kpidsl.semantic import goal_model as g


def attended(
    found: Iterable[ObjectiveResult],
    models: Mapping[str, g.ObjectiveModel],
    checkins: Mapping[str, Sequence[Checkin]],
    anchor: datetime,
    calendar: Calendar,
) -> tuple[ObjectiveResult, ...]:
    """Objectives and key results with the actions their states call for, and their newest check-ins."""
    return tuple(
        _attended(one, models[one.name], checkins.get(one.name), anchor, calendar) if one.name in models else one
        for one in found
    )


def _attended(
    found: ObjectiveResult, model: g.ObjectiveModel, rows: Sequence[Checkin] | None, anchor: datetime,
    calendar: Calendar,
) -> ObjectiveResult:  # fmt: skip
    said = {} if rows is None else {one.key_result: one for one in checkins_at(model, rows, anchor, calendar)}
    actions = {one.name: one.actions for one in model.key_results}
    return replace(
        found,
        actions=actions_at(model.actions, found.status, anchor, calendar),
        key_results=tuple(
            replace(
                one,
                actions=actions_at(actions[one.name], one.status, anchor, calendar),
                checkin=said.get(one.name.removeprefix(f"{model.name}.")),
            )
            for one in found.key_results
        ),
    )
