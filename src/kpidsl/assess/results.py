"""What an evaluation found: the document as frozen records, in its order. Reports only write it down.

Numbers are finite decimals, already at the digits they are written with; percentages are fractions (0.85); durations
are in the unit named beside them. What could not be had is None, and a sibling says why (`value_undefined`). `partial`
stands where a period that is not over enters a series.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from kpidsl.records import dataclass

if TYPE_CHECKING:
    from kpidsl.assess.goal_results import ObjectiveResult
    from kpidsl.assess.interval_results import Certainty, IntervalResult
    from kpidsl.assess.outcome_results import OutcomeResult
    from kpidsl.assess.signal_results import ForecastResult, SignalResult

Value = Decimal | str | bool
"""A number; for `min`, `max`, `first`, `last` of other columns a text, an ISO date or instant; for conditions a
boolean.
"""

Member = str | Decimal | bool | None
"""A member of a dimension; None for rows whose dimension is NULL."""


@dataclass(frozen=True, slots=True)
class WindowResult:
    """A half-open window in the calendar's zone; `start` is None for all time."""

    label: str
    start: datetime | None
    end: datetime


@dataclass(frozen=True, slots=True)
class Approximation:
    """How a number was estimated, and its standard error as a fraction of it: two in three are nearer, 95 in 100 are
    within twice as much.
    """

    method: str
    error: Decimal


@dataclass(frozen=True, slots=True)
class Input:
    """One aggregation that entered a value, so that the value can be recomputed.

    `where` are the filters as written; `series` is the period or dimension of a vector, whose members are not listed.
    `sql` is there with `--explain`.
    """

    aggregation: str
    source: str
    where: tuple[str, ...]
    window: WindowResult | None
    series: tuple[str, ...] = ()
    value: Value | None = None
    value_undefined: str | None = None
    n: int | None = None
    sql: str | None = None
    approximate: Approximation | None = None


@dataclass(frozen=True, slots=True)
class BoundResult:
    """A bound as evaluated: `operator` and `value`, or `low` and `high` (both included)."""

    operator: str | None
    value: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None
    undefined: str | None = None
    starting: date | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`change` is absolute, in the value's unit; `change_relative` a fraction of the compared value's size; `interval`
    is that of the change.
    """

    label: str
    window: WindowResult | None
    value: Value | None
    value_undefined: str | None
    n: int | None
    change: Decimal | None
    change_relative: Decimal | None
    change_undefined: str | None
    partial: bool = False
    interval: IntervalResult | None = None


@dataclass(frozen=True, slots=True)
class TrendPoint:
    window: WindowResult | None
    value: Value | None
    value_undefined: str | None
    n: int | None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """A value against its bounds: of a KPI, or of one of its segments."""

    value: Value | None
    value_undefined: str | None
    n: int | None
    n_unknown: int | None
    status: str
    reason: str
    target: BoundResult | None
    amber: BoundResult | None
    attainment: Decimal | None
    gap: Decimal | None
    comparisons: tuple[Comparison, ...]
    trend: tuple[TrendPoint, ...]
    n_open: int | None = None
    partial: bool = False
    signals: tuple[SignalResult, ...] = ()
    forecast: ForecastResult | None = None
    interval: IntervalResult | None = None
    certainty: Certainty | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """`by` pairs each dimension with its member."""

    by: tuple[tuple[str, Member], ...]
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class ActionResult:
    """`due` is the date it is due; `when` the status it is for; `done` the date before the anchor on which it was
    done. `overdue`: not done, and the day it was due is over at the anchor.
    """

    title: str
    owner: str | None
    due: date | None
    when: str | None
    done: date | None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class CheckinResult:
    """The newest check-in of a key result before the anchor; `on` is None where there is none.

    `confidence` is a fraction. `stale` says that it is older than it should be, `reason` why, or that there is none.
    """

    key_result: str
    on: date | None
    confidence: Decimal | None
    note: str | None
    by: str | None
    stale: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class MetricResult:
    """A metric that carries its own window (or holds at an instant).

    `kind`: flow, stock, ratio, mean, distinct, quantile.
    """

    name: str
    title: str | None
    description: str | None
    value: Value | None
    value_undefined: str | None
    unit: str | None
    kind: str
    n: int | None
    n_unknown: int | None
    window: WindowResult | None
    inputs: tuple[Input, ...]
    indicator: str | None
    owner: str | None
    tags: tuple[str, ...]
    at: str
    n_open: int | None = None
    partial: bool = False

    @property
    def approximate(self) -> Approximation | None:
        """What is to be known where an input is an estimate."""
        return next((one.approximate for one in self.inputs if one.approximate is not None), None)


@dataclass(frozen=True, slots=True)
class KpiResult:
    """`status`: green, amber, red, no_data, stale, error, or no_target for a KPI without one.

    `segments` are a tuple; of more than a thousand, and of those that are held against a target alone, a sequence that
    makes each anew when it is looked at.
    """

    name: str
    title: str | None
    description: str | None
    unit: str | None
    kind: str
    window: WindowResult | None
    assessment: Assessment
    segments: Sequence[Segment]
    inputs: tuple[Input, ...]
    actions: tuple[ActionResult, ...]
    supports: tuple[str, ...]
    owner: str | None
    review: str | None
    tags: tuple[str, ...]
    at: str

    @property
    def approximate(self) -> Approximation | None:
        """What is to be known where an input is an estimate."""
        return next((one.approximate for one in self.inputs if one.approximate is not None), None)


@dataclass(frozen=True, slots=True)
class ShownResult:
    """What stands on a scorecard: a KPI by its name, with its status and reason, or a value with its window.

    `text` is it as written.
    """

    text: str
    kpi: str | None
    title: str | None
    value: Value | None
    value_undefined: str | None
    unit: str | None
    kind: str | None
    n: int | None
    window: WindowResult | None
    target: BoundResult | None
    status: str | None
    reason: str | None
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class SectionResult:
    title: str | None
    items: tuple[ShownResult, ...]


@dataclass(frozen=True, slots=True)
class ScorecardResult:
    """A scorecard in the order it is written; it shows and never scores."""

    name: str
    title: str | None
    description: str | None
    sections: tuple[SectionResult, ...]
    owner: str | None
    tags: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True)
class ErrorResult:
    """Something that could not be had, and the declarations that miss it."""

    code: str
    message: str
    hint: str | None
    at: str
    affects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpecIdentity:
    """How many files, and the SHA-256 over their paths and contents."""

    files: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SourceTraffic:
    """How a source that lives elsewhere was asked: by so many queries of its engine's, and so many rows crossed the
    wire. `engine` is the dialect; None where only rows were read. `reason` is why rows were read of one that has an
    engine.
    """

    source: str
    engine: str | None
    queries: int
    rows: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """The document. `errors` make the exit code 3; `warnings` do not."""

    version: str
    as_of: datetime
    as_of_is_now: bool
    timezone: str
    spec: SpecIdentity
    metrics: tuple[MetricResult, ...]
    kpis: tuple[KpiResult, ...]
    errors: tuple[ErrorResult, ...]
    warnings: tuple[ErrorResult, ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    timings: tuple[tuple[str, Decimal], ...] = field(default=(), compare=False)
    traffic: tuple[SourceTraffic, ...] = field(default=(), compare=False)
    scorecards: tuple[ScorecardResult, ...] = ()
    objectives: tuple[ObjectiveResult, ...] = ()
    outcomes: tuple[OutcomeResult, ...] = ()

    @property
    def summary(self) -> dict[str, int]:
        """How many KPIs have each status, every status present, worst last."""
        counts = dict.fromkeys(("green", "amber", "red", "no_data", "stale", "error", "no_target"), 0)
        for kpi in self.kpis:
            counts[kpi.assessment.status] += 1
        return counts

    @property
    def objectives_summary(self) -> dict[str, int]:
        """How many objectives have each state that occurs, best first."""
        if not self.objectives:
            return {}
        from kpidsl.assess.goal_results import WORST_FIRST

        found = [one.status for one in self.objectives]
        return {state: found.count(state) for state in reversed(WORST_FIRST) if state in found}

    @property
    def outcomes_summary(self) -> dict[str, int]:
        """How many outcomes have each state that occurs, best first."""
        if not self.outcomes:
            return {}
        from kpidsl.assess.outcome_results import STATES

        found = [one.state for one in self.outcomes]
        return {state: found.count(state) for state in STATES if state in found}
