"""What tests expect of objectives, key results, outcomes and evidence: states, levels, and the figures behind a dot."""

from __future__ import annotations

from decimal import Decimal

from kpidsl.assess.goal_results import WORST_FIRST, KeyResultResult, ObjectiveResult
from kpidsl.assess.outcome_results import STATES as OUTCOME_STATES
from kpidsl.assess.outcome_results import EvidenceResult, OutcomeResult
from kpidsl.assess.results import Results
from kpidsl.records import dataclass
from kpidsl.semantic.scope import Names
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.goal_nodes import EvidenceDecl, KeyResultDecl, LevelsProp, ObjectiveDecl, OutcomeDecl

STATES = tuple(reversed(WORST_FIRST))
PARTS = ("progress", "progress_raw", "expected", "elapsed", "pace_gap", "score", "coverage", "attainment")
OBJECTIVE_FIGURES = ("score", "coverage", "expected", "elapsed")
FIGURES = (
    "progress", "progress_raw", "expected", "elapsed", "pace_index", "pace_gap", "attainment", "value", "baseline",
    "target", "gap", "expected_value", "landing", "required_rate", "actual_rate",
)  # fmt: skip


EVIDENCE_FIGURES = ("value", "n", "response_rate", "agreement")
USABLE = "usable"
EXCLUDED = ("expired", "not_yet", "no_rows", "insufficient_sample", "stale", "zero_denominator", "source_error")
Found = ObjectiveResult | KeyResultResult | OutcomeResult | EvidenceResult


@dataclass(frozen=True, slots=True)
class GoalAsked:
    """An objective or outcome (`goal`), or a key result or item of evidence of it (`part` is its full name), or a
    `figure` of one. `levels` are an outcome's; None for an objective.
    """

    goal: str
    part: str | None
    figure: str | None
    levels: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        return self.part or self.goal

    @property
    def figures(self) -> tuple[str, ...]:
        if self.levels is not None:
            return EVIDENCE_FIGURES if self.part is not None else ()
        return OBJECTIVE_FIGURES if self.part is None else FIGURES

    @property
    def states(self) -> tuple[str, ...]:
        """What it may be expected to be."""
        if self.levels is None:
            return STATES
        return (*self.levels, *(OUTCOME_STATES if self.part is None else (USABLE, *EXCLUDED)))

    @property
    def what(self) -> str:
        if self.levels is None:
            return "state of an objective"
        return "state or level of this outcome" if self.part is None else "level of this outcome, nor a reason"


def goal_asked(node: x.Expr, namespace: str, names: Names) -> GoalAsked | None:
    """What an expression asks of a goal: `engagement`, `engagement.active`, `engagement.active.progress`; None where it
    names none. A figure that there is none of is kept as it is written.
    """
    if not isinstance(node, x.NameRef):
        return None
    parts = node.name.split(".")
    for count in range(len(parts), 0, -1):
        found = names.find(".".join(parts[:count]), namespace)
        if found is None or not isinstance(found.node, ObjectiveDecl | OutcomeDecl):
            continue
        rest = parts[count:]
        inside = [prop.name.text for prop in found.node.properties if isinstance(prop, KeyResultDecl | EvidenceDecl)]
        part = f"{found.name}.{rest.pop(0)}" if rest and rest[0] in inside else None
        levels: tuple[str, ...] | None = None
        if isinstance(found.node, OutcomeDecl):
            declared = next((prop for prop in found.node.properties if isinstance(prop, LevelsProp)), None)
            levels = tuple(one.text for one in declared.levels) if declared is not None else ()
        return GoalAsked(found.name, part, ".".join(rest) or None, levels)
    return None


def goal_found(asked: GoalAsked, results: Results) -> Found | None:
    """The result of an objective, a key result, an outcome or an item of evidence."""
    for objective in results.objectives:
        if objective.name == asked.goal:
            if asked.part is None:
                return objective
            return next((one for one in objective.key_results if one.name == asked.part), None)
    for outcome in results.outcomes:
        if outcome.name == asked.goal:
            if asked.part is None:
                return outcome
            return next((one for one in outcome.evidence if f"{outcome.name}.{one.name}" == asked.part), None)
    return None


def is_in(state: str, found: Found) -> bool:
    """Whether a result is in a state, or an outcome or usable evidence has a level of that name."""
    match found:
        case OutcomeResult():
            return state in (found.state, found.level)
        case EvidenceResult():
            return state in ((USABLE, found.level) if found.usable else (found.excluded,))
        case _:
            return found.status == state


def stands(found: Found) -> str:
    """How a result stands, in the words of an expectation."""
    match found:
        case OutcomeResult():
            return found.state if found.level is None else f"{found.state}, {found.level}"
        case EvidenceResult():
            return (found.level or USABLE) if found.usable else str(found.excluded)
        case _:
            return found.status


def why(found: Found) -> str:
    return found.reason or ""


def figure_found(asked: GoalAsked, found: Found) -> tuple[Decimal | None, str | None]:
    """A figure, or why it is undefined."""
    assert asked.figure is not None
    if isinstance(found, OutcomeResult):
        return None, None
    if isinstance(found, EvidenceResult):
        known = getattr(found, asked.figure)
        number = Decimal(known) if isinstance(known, int) and not isinstance(known, bool) else known
        if isinstance(number, Decimal):
            return number, None
        return None, found.value_undefined or ("no_rows" if asked.figure == "n" else None)
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


def unit_of(asked: GoalAsked, found: Found) -> str | None:
    """The unit of a figure; rates are in it a day."""
    if isinstance(found, EvidenceResult):
        return {"value": found.unit, "response_rate": "%"}.get(asked.figure or "")
    if isinstance(found, OutcomeResult):
        return None
    if asked.figure in PARTS or isinstance(found, ObjectiveResult):
        return "%"
    return None if asked.figure == "pace_index" else found.unit
