"""What tests expect of objectives and key results: their states, and the figures behind a dot."""

from __future__ import annotations

from decimal import Decimal

from kpidsl.assess.goal_results import WORST_FIRST, KeyResultResult, ObjectiveResult
from kpidsl.assess.results import Results
from kpidsl.records import dataclass
from kpidsl.semantic.scope import Names
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.goal_nodes import KeyResultDecl, ObjectiveDecl

STATES = tuple(reversed(WORST_FIRST))
PARTS = ("progress", "progress_raw", "expected", "elapsed", "pace_gap", "score", "coverage", "attainment")
OBJECTIVE_FIGURES = ("score", "coverage", "expected", "elapsed")
FIGURES = (
    "progress", "progress_raw", "expected", "elapsed", "pace_index", "pace_gap", "attainment", "value", "baseline",
    "target", "gap", "expected_value", "landing", "required_rate", "actual_rate",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GoalAsked:
    """An objective, or a key result of it (`key_result` is its full name), or a `figure` of either."""

    objective: str
    key_result: str | None
    figure: str | None

    @property
    def name(self) -> str:
        return self.key_result or self.objective

    @property
    def figures(self) -> tuple[str, ...]:
        return OBJECTIVE_FIGURES if self.key_result is None else FIGURES


def goal_asked(node: x.Expr, namespace: str, names: Names) -> GoalAsked | None:
    """What an expression asks of a goal: `engagement`, `engagement.active`, `engagement.active.progress`; None where it
    names none. A figure that there is none of is kept as it is written.
    """
    if not isinstance(node, x.NameRef):
        return None
    parts = node.name.split(".")
    for count in range(len(parts), 0, -1):
        found = names.find(".".join(parts[:count]), namespace)
        if found is None or not isinstance(found.node, ObjectiveDecl):
            continue
        rest = parts[count:]
        inside = [prop.name.text for prop in found.node.properties if isinstance(prop, KeyResultDecl)]
        key_result = None
        if rest and rest[0] in inside:
            key_result = f"{found.name}.{rest.pop(0)}"
        return GoalAsked(found.name, key_result, ".".join(rest) or None)
    return None


def goal_found(asked: GoalAsked, results: Results) -> ObjectiveResult | KeyResultResult | None:
    """The result of an objective or a key result."""
    for objective in results.objectives:
        if objective.name == asked.objective:
            if asked.key_result is None:
                return objective
            return next((one for one in objective.key_results if one.name == asked.key_result), None)
    return None


def figure_found(asked: GoalAsked, found: ObjectiveResult | KeyResultResult) -> tuple[Decimal | None, str | None]:
    """A figure, or why it is undefined."""
    assert asked.figure is not None
    if isinstance(found, ObjectiveResult):
        value = getattr(found, asked.figure)
        return value, None if value is not None else getattr(found, f"{asked.figure}_undefined", "not_started")
    if asked.figure == "target":
        target = found.target
        value = target.value if target is not None else None
        return value, target.undefined if target is not None else None
    value = getattr(found, asked.figure)
    shared = {"progress_raw": "progress", "pace_gap": "progress"}.get(asked.figure, asked.figure)
    return value if isinstance(value, Decimal) else None, found.why(shared)


def unit_of(asked: GoalAsked, found: ObjectiveResult | KeyResultResult) -> str | None:
    """The unit of a figure; rates are in it a day."""
    if asked.figure in PARTS or isinstance(found, ObjectiveResult):
        return "%"
    return None if asked.figure == "pace_index" else found.unit
