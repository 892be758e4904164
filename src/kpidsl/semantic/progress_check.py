"""What key results say of their progress beyond the aim: its path, when reaching counts, restated baselines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise

from kpidsl import calendar as c
from kpidsl.diagnostics import did_you_mean
from kpidsl.semantic import goal_model as m
from kpidsl.semantic.edges import edge_in_unit
from kpidsl.semantic.value_check import Around, ValueChecker
from kpidsl.semantic.windows import Invalid, period_unit
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.node import Name, Text

MODES = ("at end", "ever", "every month", "average")
PATHS = ("linear", "geometric", "steps")
Days = tuple[date, date]


def path_steps(prop: g.PathProp, days: Days | None, values: ValueChecker) -> tuple[m.StepModel, ...]:
    """The dated steps of a path, in their order; none for the other paths. Raises `Invalid`."""
    shape = prop.shape.text
    if shape not in PATHS:
        return ()
    if shape != "steps":
        if prop.steps:
            values.stop(
                "K0396", f"a {shape} path has no steps of its own", prop.span, "write `path steps 2026-04-30 at 20%`"
            )
        return ()
    if not prop.steps:
        values.stop("K0396", "this path has no step", prop.span, "write `path steps 2026-04-30 at 20%, …`")
    for step in prop.steps:
        if days is not None and not days[0] <= step.on <= days[1]:
            values.stop(
                "K0396", f"{step.on} is no day of this key result", step.span, f"it runs from {days[0]} to {days[1]}"
            )
        if step.part.number > 100:
            values.stop("K0396", "more than the whole way is never expected", step.span, "write at most `100%`")
    for one, other in pairwise(prop.steps):
        if other.on <= one.on:
            values.stop(
                "K0396", f"{other.on} does not come after {one.on}", other.span, "write the steps in their order"
            )
        if other.part.number < one.part.number:
            values.stop(
                "K0396", f"less is expected on {other.on} than on {one.on}", other.span,
                "a path never leads back: mend one of them",
            )  # fmt: skip
    return tuple(m.StepModel(step.on, Fraction(step.part.number) / 100) for step in prop.steps)


def achieve(prop: g.AchieveProp, aim: m.AimModel, values: ValueChecker) -> m.AchieveModel:
    """When reaching the target counts. Raises `Invalid`."""
    words = " ".join(word.text for word in prop.words)
    first, *rest = (word.text for word in prop.words)
    found: m.AchieveModel | None = None
    if first == "every" and rest:
        place = prop.words[1]
        unit = period_unit(x.WindowUnit(place.text, False, span=place.span), values.problems)
        if unit.grain.is_clock:
            values.stop("K0397", f"every {unit.singular} is too often to look", place.span, "write `achieve every day`")
        found = m.AchieveModel("every", unit)
    elif words in ("at end", "ever", "average"):
        found = {
            "at end": m.AchieveModel(),
            "ever": m.AchieveModel("ever", c.Unit(c.Grain.DAY)),
            "average": m.AchieveModel("average", c.Unit(c.Grain.MONTH)),
        }[words]
    if found is None:
        hint = (
            did_you_mean(f"achieve {words}", [f"achieve {mode}" for mode in MODES])
            or f"use {', '.join(f'`achieve {mode}`' for mode in MODES)}"
        )
        values.problems.error("K0303", f"`achieve {words}` says not when reaching counts", prop.span, hint=hint)
        raise Invalid
    if isinstance(aim, m.DeliverModel) and found.mode != "end":
        values.stop("K0397", "what is delivered stays delivered", prop.span, "leave `achieve` out")
    if isinstance(aim, m.KeepModel) and found.mode == "ever":
        values.stop(
            "K0397", "what is kept is to hold at all times, not at any one", prop.span,
            "write `achieve every month`, or `reach` instead of `keep`",
        )  # fmt: skip
    return found


def restated(
    props: Sequence[g.RestatedProp], aim: m.AimModel, around: Around, values: ValueChecker, place: Name
) -> tuple[m.RestatedModel, ...]:
    """The baselines that take the place of the first one, in the order of their days. Raises `Invalid`."""
    found: list[m.RestatedModel] = []
    for prop in props:
        if isinstance(aim, m.KeepModel | m.DeliverModel):
            values.stop("K0398", "there is no baseline here to restate", prop.span, "leave `restated` out")
        baseline = edge_in_unit(prop.baseline, aim.value, around, values, place)
        if any(one.on == prop.on for one in found):
            values.stop("K0398", f"the baseline is restated twice on {prop.on}", prop.span, "keep one")
        found.append(m.RestatedModel(baseline, prop.on, _text(prop.why)))
    return tuple(sorted(found, key=lambda one: one.on))


def abandoned(prop: g.AbandonedProp) -> m.AbandonedModel:
    return m.AbandonedModel(prop.on, _text(prop.why))


def _text(text: Text | None) -> str | None:
    return text.value if text is not None else None
