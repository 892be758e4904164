"""Objectives, policies and scorecards as they are meant: typed, in one unit, no syntax left but places.

Constants are in the unit of the value they are held against; a percentage is a fraction (85 % is 0.85). Days are civil
days of the calendar, first and last both included: in `docs` and formulas s is the start of the first, e the end of the
last.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Literal

from kpidsl.calendar import Days, Period
from kpidsl.calendar import Unit as PeriodUnit
from kpidsl.records import dataclass
from kpidsl.semantic.model import ActionModel, BoundModel, Descriptive, ForecastModel
from kpidsl.semantic.values import Value
from kpidsl.source_text import Span
from kpidsl.syntax.shared_nodes import ProviderCall

Direction = Literal["increase", "reduce"]
PRESETS = ("pace", "viva", "upraise", "oboard", "engagedly", "planview")
"""Policies that need no declaration; one that is declared under the same name takes its place."""


@dataclass(frozen=True, slots=True)
class PeriodModel:
    """A period that is the same at every anchor."""

    spec: Period | Days
    first: date
    last: date


# ---------------------------------------------------------------- key results
@dataclass(frozen=True, slots=True)
class DeltaModel:
    """How much a change is. `relative`: a fraction of the baseline's amount; `points` and `units`: in the value's
    unit, points of a percentage as a fraction.
    """

    size: Fraction
    measure: Literal["relative", "points", "units"]


@dataclass(frozen=True, slots=True)
class ChangeModel:
    """`increase M from B by p to T`.

    `given` says which of `from`, `by` and `to` are written. `baseline` is None where it is the value with the anchor at
    the start of the period; `target` is None where it follows from baseline and `delta` once the baseline is known:
    B ± p·|B|, or B ± n. What follows from two constants is filled in. `strict`: reaching T itself is not enough.
    """

    direction: Direction
    value: Value
    baseline: Value | None
    delta: DeltaModel | None
    target: Value | None
    strict: bool
    given: tuple[Literal["from", "by", "to"], ...]


@dataclass(frozen=True, slots=True)
class ReachModel:
    """`reach M >= T`. The way is measured from `baseline`, from 0 where it is None (only for `>=` and `>`).

    A two-sided bound is reached at the edge nearer to the baseline, which lies outside.
    """

    value: Value
    bound: BoundModel
    baseline: Value | None


@dataclass(frozen=True, slots=True)
class KeepModel:
    """`keep M >= T`, `keep M in L..U`."""

    value: Value
    bound: BoundModel


@dataclass(frozen=True, slots=True)
class DeliverItemModel:
    """One thing to finish; it is done where the day `done` begins before the anchor."""

    title: str
    done: date | None
    due: date | None
    weight: Fraction


@dataclass(frozen=True, slots=True)
class DeliverModel:
    items: tuple[DeliverItemModel, ...]


AimModel = ChangeModel | ReachModel | KeepModel | DeliverModel


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """What a person says, as a fraction of its scale; it never enters progress."""

    value: Fraction
    scale: Fraction
    by: str | None
    on: date | None


@dataclass(frozen=True, slots=True)
class StepModel:
    """So much (a fraction of the way) is expected from the end of the day `on`."""

    on: date
    part: Fraction


@dataclass(frozen=True, slots=True)
class AchieveModel:
    """When reaching the target counts: at the end, at the end of any day, at the end of every `unit`, or where the
    average over the ends of all months reaches it.
    """

    mode: Literal["end", "ever", "every", "average"] = "end"
    unit: PeriodUnit | None = None


@dataclass(frozen=True, slots=True)
class RestatedModel:
    """A baseline that takes the place of the one before, from the day `on`; in the value's unit."""

    baseline: Value
    on: date
    why: str | None


@dataclass(frozen=True, slots=True)
class AbandonedModel:
    on: date
    why: str | None


@dataclass(frozen=True, slots=True)
class KeyResultModel:
    """`first` and `last` are its own `start` and `due`, else the days of its objective's period.

    `name` is full: `objective.key_result`. `policy` is None where the objective's holds. `text` is the aim as written.
    `steps` are those of the path `steps`, `restated` in the order of their days.
    """

    name: str
    about: Descriptive
    aim: AimModel
    text: str
    first: date
    last: date
    weight: Fraction
    path: Literal["linear", "geometric", "steps"]
    policy: str | None
    confidences: tuple[ConfidenceModel, ...]
    actions: tuple[ActionModel, ...]
    span: Span
    steps: tuple[StepModel, ...] = ()
    achieve: AchieveModel = AchieveModel()
    restated: tuple[RestatedModel, ...] = ()
    abandoned: AbandonedModel | None = None
    trend: tuple[int, PeriodUnit] | None = None
    forecast: ForecastModel | None = None


# ---------------------------------------------------------------- objective
@dataclass(frozen=True, slots=True)
class ParentModel:
    """`contributes` adds to the parent's score, `supports` only draws the line."""

    objective: str
    relation: Literal["contributes", "supports"]


@dataclass(frozen=True, slots=True)
class ObjectiveModel:
    """`policy` is the name of a declared policy or of one of `PRESETS`; None stands for `pace` and the worst key
    result's status.
    """

    name: str
    about: Descriptive
    period: PeriodModel
    ambition: Literal["committed", "aspirational"] | None
    parents: tuple[ParentModel, ...]
    policy: str | None
    supports: tuple[str, ...]
    checkins: ProviderCall | None
    key_results: tuple[KeyResultModel, ...]
    actions: tuple[ActionModel, ...]
    span: Span
    missing_as_zero: bool = False
    abandoned: AbandonedModel | None = None


# ---------------------------------------------------------------- policy, scorecard
@dataclass(frozen=True, slots=True)
class Standing(Value):
    """What a policy judges by, under its name in a rule.

    `progress` is limited to 0…1, `expected` is g(τ), `elapsed` τ, `attainment` X/T or T/X, `pace` progress / expected.
    """

    name: Literal["progress", "expected", "elapsed", "attainment", "pace"]


@dataclass(frozen=True, slots=True)
class PolicyRuleModel:
    state: Literal["on_track", "at_risk", "off_track"]
    condition: Value
    text: str


@dataclass(frozen=True, slots=True)
class PolicyModel:
    """`too_early`: before this fraction of the time has passed nothing is said. Then the first rule that holds
    decides, best state first; where none does, it is `off_track`.
    """

    name: str
    about: Descriptive
    too_early: Fraction
    rules: tuple[PolicyRuleModel, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ShownModel:
    """What a scorecard shows: a KPI by its name, with its status, or a value alone. `title` is that of the metric it
    is, where it is one metric in a window. Neither a KPI nor a value: what it names is made impossible by the data.
    """

    text: str
    kpi: str | None
    title: str | None
    value: Value | None
    span: Span


@dataclass(frozen=True, slots=True)
class SectionModel:
    title: str | None
    items: tuple[ShownModel, ...]


@dataclass(frozen=True, slots=True)
class ScorecardModel:
    """Sections in the order they are written; what stands outside of one is in a section without a title."""

    name: str
    about: Descriptive
    sections: tuple[SectionModel, ...]
    span: Span
