"""What a run is asked for: the anchor it looks from, and the names it looks at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase

from kpidsl.calendar import parse_as_of
from kpidsl.diagnostics import UsageError, did_you_mean
from kpidsl.semantic.model import Model


def anchor_of(as_of: object, model: Model) -> datetime:
    match as_of:
        case None:
            return datetime.now(UTC).replace(microsecond=0)
        case datetime():
            return as_of.astimezone(UTC) if as_of.tzinfo is not None else model.calendar.instant(as_of)
        case date():
            text = as_of.isoformat()
        case str():
            text = as_of
        case _:
            message = f"`as_of` is of type {type(as_of).__name__}"
            raise UsageError(message, hint='give a date, a datetime or a text such as "2026-03-31"')
    try:
        return parse_as_of(text, model.calendar)
    except ValueError as error:
        raise UsageError(f"--as-of {text}: {error}") from error


def selected_names(model: Model, select: Sequence[str]) -> tuple[str, ...]:
    """The names that are evaluated, in the order of the spec; `select` may be one word alone.

    Raises `UsageError` for a selection that matches nothing.
    """
    if not select:
        return model.order
    if isinstance(select, str):
        select = (select,)
    chosen: set[str] = set()
    key_results = {one.name for objective in model.objectives.values() for one in objective.key_results}
    for pattern in select:
        found = {name for name in model.order if _matches(model, name, pattern)}
        found |= {name for name in key_results if ":" not in pattern and fnmatchcase(name, pattern)}
        if not found:
            kind, _, rest = pattern.rpartition(":")
            known = _known(model, kind)
            raise UsageError(
                f"--select {pattern} matches nothing",
                hint=did_you_mean(rest, known) or (f"there are {', '.join(sorted(known)[:8])}" if known else None),
            )
        useless = [name for name in found if name in model.metrics and not model.metrics[name].standalone]
        if useless == [pattern]:
            raise UsageError(
                f"--select {pattern}: this metric has no window, so it has no value by itself",
                hint=f"a KPI gives it one: `kpi … {{ value {pattern} over last month }}`",
            )
        chosen |= found | {kpi for name in found for kpi in _beside(model, name)}
    return tuple(name for name in model.order if name in chosen) + tuple(
        sorted(name for name in chosen if name not in model.order)
    )


def _beside(model: Model, name: str) -> set[str]:
    """The KPIs that a scorecard of this name shows, or that say something of an outcome of this name."""
    outcome = model.outcomes.get(name)
    if outcome is not None:
        measured = {kpi for one in outcome.evidence for kpi in one.kpis}
        return measured | {kpi.name for kpi in model.kpis.values() if name in kpi.supports}
    scorecard = model.scorecards.get(name)
    items = (item for section in scorecard.sections for item in section.items) if scorecard is not None else ()
    return {item.kpi for item in items if item.kpi is not None}


def _matches(model: Model, name: str, pattern: str) -> bool:
    kinds = (model.metrics, model.kpis, model.objectives, model.outcomes, model.scorecards)
    one = next((kind[name] for kind in (*kinds, model.failed) if name in kind), None)
    if pattern.startswith("tag:"):
        return one is not None and any(fnmatchcase(tag, pattern[4:]) for tag in one.about.tags)
    if pattern.startswith("owner:"):
        return one is not None and one.about.owner is not None and fnmatchcase(one.about.owner, pattern[6:])
    return fnmatchcase(name, pattern) and one is not None


def _known(model: Model, kind: str) -> list[str]:
    kinds = (
        model.metrics.values(),
        model.kpis.values(),
        model.objectives.values(),
        model.outcomes.values(),
        model.scorecards.values(),
        model.failed.values(),
    )
    every = [one.about for kind in kinds for one in kind]
    match kind:
        case "tag":
            return sorted({tag for about in every for tag in about.tags})
        case "owner":
            return sorted({about.owner for about in every if about.owner is not None})
        case _:
            shown = (name for name, one in model.metrics.items() if one.standalone)
            return [*model.kpis, *model.objectives, *model.outcomes, *model.scorecards, *shown]
