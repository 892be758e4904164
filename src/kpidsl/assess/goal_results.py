"""What an evaluation found of objectives and their key results: frozen records, in the order of the document.

Numbers are finite decimals, already at the digits they are written with; parts of the way, of the time and of weights
are fractions (0.85). What could not be had is None, and `undefined` pairs its name with the reason; what a kind of key
result does not have is None without a reason.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from kpidsl.assess.results import (
    ActionResult,
    BoundResult,
    CheckinResult,
    Input,
    Member,
    TrendPoint,
    Value,
    WindowResult,
)
from kpidsl.assess.signal_results import ForecastResult
from kpidsl.records import dataclass

WORST_FIRST = (
    "off_track", "missed", "error", "no_data", "stale", "at_risk", "too_early", "not_started", "on_track", "achieved",
    "abandoned",
)  # fmt: skip
"""The states of key results and objectives."""


@dataclass(frozen=True, slots=True)
class ConfidenceResult:
    """What a person said last, `value` of `of`; it enters nothing."""

    value: Decimal
    of: Decimal
    by: str | None
    on: date | None


@dataclass(frozen=True, slots=True)
class RestatedResult:
    """The baseline is one that was restated on a day."""

    on: date
    why: str | None


@dataclass(frozen=True, slots=True)
class ItemResult:
    """A thing to deliver. `state`: done, open, or overdue."""

    title: str
    state: str
    done: date | None
    due: date | None
    weight: Decimal


@dataclass(frozen=True, slots=True)
class CheckpointResult:
    """A value where reaching the target counts; `reached` is None where there is no value."""

    label: str
    end: datetime
    value: Decimal | None
    value_undefined: str | None
    reached: bool | None


@dataclass(frozen=True, slots=True)
class Offender:
    """A member (or period) that keeps a bound over all of them from holding, or is left out of a share; `value` is
    None where it has none or is a condition.
    """

    member: Member
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class KeyResultResult:
    """`name` is full (`objective.key_result`). `type`: increase, reduce, reach, keep, deliver; `aim` as written.

    `expected` is g(τ) and `elapsed` τ, by the end of the value's own window; rates are in the unit a day.
    """

    name: str
    title: str | None
    description: str | None
    type: str
    aim: str
    unit: str | None
    start: date
    due: date
    weight: Decimal
    value: Value | None
    n: int | None
    window: WindowResult | None
    baseline: Decimal | None
    restated: RestatedResult | None
    target: BoundResult | None
    gap: Decimal | None
    attainment: Decimal | None
    progress: Decimal | None
    progress_raw: Decimal | None
    elapsed: Decimal | None
    expected: Decimal | None
    expected_value: Decimal | None
    pace_index: Decimal | None
    pace_gap: Decimal | None
    landing: Decimal | None
    required_rate: Decimal | None
    actual_rate: Decimal | None
    undefined: tuple[tuple[str, str], ...]
    status: str
    reason: str
    policy: str
    achieve: str
    checkpoints: tuple[CheckpointResult, ...]
    items: tuple[ItemResult, ...]
    offenders: tuple[Offender, ...]
    confidence: ConfidenceResult | None
    inputs: tuple[Input, ...]
    owner: str | None
    review: str | None
    tags: tuple[str, ...]
    at: str
    actions: tuple[ActionResult, ...] = ()
    checkin: CheckinResult | None = None
    trend: tuple[TrendPoint, ...] = ()
    forecast: ForecastResult | None = None

    def why(self, figure: str) -> str | None:
        """Why a figure is undefined; None where it is not, or where this kind of key result has none."""
        return dict(self.undefined).get(figure)


@dataclass(frozen=True, slots=True)
class ParentResult:
    """`relation`: contributes or supports."""

    objective: str
    relation: str


@dataclass(frozen=True, slots=True)
class ObjectiveResult:
    """`score` is over its key results and those of the objectives that contribute to it (`contributors`, at any depth,
    each once); `coverage` the part of the weight that has a progress. `start`, `due` and what follows are None where
    the data makes the objective impossible. `grade`: green, amber or red, at the end, of one with an ambition.
    """

    name: str
    title: str | None
    description: str | None
    period: str | None
    start: date | None
    due: date | None
    ambition: str | None
    score: Decimal | None
    score_undefined: str | None
    coverage: Decimal | None
    elapsed: Decimal | None
    expected: Decimal | None
    expected_undefined: str | None
    status: str
    reason: str
    policy: str
    grade: str | None
    grade_policy: str | None
    parents: tuple[ParentResult, ...]
    contributors: tuple[str, ...]
    key_results: tuple[KeyResultResult, ...]
    supports: tuple[str, ...]
    owner: str | None
    review: str | None
    tags: tuple[str, ...]
    at: str
    actions: tuple[ActionResult, ...] = ()
