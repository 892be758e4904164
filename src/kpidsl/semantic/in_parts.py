"""What the data makes impossible: what the spec alone says of it holds, of key results and evidence each by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from kpidsl.diagnostics import Diagnostic, Problems, Severity
from kpidsl.semantic import goal_model as g
from kpidsl.semantic import outcome_model as o
from kpidsl.semantic import values as v
from kpidsl.semantic.model import BoundModel
from kpidsl.semantic.of_data import is_of_data
from kpidsl.semantic.sources import Sources
from kpidsl.semantic.value_check import ValueChecker

Part = TypeVar("Part", g.KeyResultModel, o.EvidenceModel)


def part(check: Callable[[ValueChecker], Part | None], values: ValueChecker) -> Part | None:
    """What `check` finds; where the data alone makes it impossible, what it is with values that cannot be had.

    What is wrong with it is reported either way; None where more is wrong than the data.
    """
    around, values.problems = values.problems, Problems()
    found = check(values)
    own, values.problems = values.problems, around
    for diagnostic in own:
        around.add(diagnostic)
    errors = tuple(one for one in own if one.severity is Severity.ERROR)
    if found is not None and not errors:
        return found
    if not errors or not all(map(is_of_data, errors)):
        return None
    alone = of_text(values)
    bare = check(alone)
    return None if bare is None or alone.problems.has_errors else _lacking(bare, errors)


def of_text(values: ValueChecker) -> ValueChecker:
    """A checker that knows no columns of any data, with no problems found yet."""
    if values.bare is None:
        sources = values.sources
        known = Sources(values.names, sources.units, sources.calendar, sources.params, {}, Problems())
        values.bare = ValueChecker(values.names, known, Problems())
    values.bare.problems = Problems()
    return values.bare


def _lacking(found: Part, errors: tuple[Diagnostic, ...]) -> Part:
    def gone(value: v.Value) -> v.Value:
        return value if isinstance(value, v.Number) else v.Unavailable(value.info, errors)

    def bound(one: BoundModel) -> BoundModel:
        return replace(one, low=gone(one.low), high=gone(one.high) if one.high is not None else None)

    def whole(value: v.Value) -> v.Value:
        return v.Windowed(value.info, gone(value), value.window) if isinstance(value, v.Windowed) else gone(value)

    if isinstance(found, g.KeyResultModel):
        restated = tuple(replace(one, baseline=gone(one.baseline)) for one in found.restated)
        aim: g.AimModel = found.aim
        match aim:
            case g.ChangeModel(baseline=baseline, target=target) as change:
                aim = replace(
                    change, value=whole(change.value), baseline=gone(baseline) if baseline is not None else None,
                    target=gone(target) if target is not None else None,
                )  # fmt: skip
            case g.ReachModel(baseline=baseline) as reach:
                start = gone(baseline) if baseline is not None else None
                aim = replace(reach, value=whole(reach.value), bound=bound(reach.bound), baseline=start)
            case g.KeepModel() as keep:
                aim = replace(keep, value=whole(keep.value), bound=bound(keep.bound))
            case g.DeliverModel():
                pass
        return replace(found, aim=aim, restated=restated)
    if not isinstance(found.finding, o.MeasuredModel):
        return found
    finding = replace(
        found.finding,
        value=whole(found.finding.value),
        levels=tuple(replace(one, bound=bound(one.bound)) for one in found.finding.levels),
        criteria=tuple(replace(one, value=gone(one.value)) for one in found.finding.criteria),
    )
    return replace(found, finding=finding, requires=(), invited=None, agreement=None, interval=None)
