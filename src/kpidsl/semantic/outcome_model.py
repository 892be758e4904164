"""Outcomes as they are meant: evidence, and how it becomes one judgement; no syntax left but places.

Levels are texts, the worst first; a percentage is a fraction (85 % is 0.85). Days are civil days of the calendar.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Literal

from kpidsl.calendar import Unit as PeriodUnit
from kpidsl.records import dataclass
from kpidsl.semantic.goal_model import PeriodModel
from kpidsl.semantic.model import BoundModel, Descriptive, RequireModel
from kpidsl.semantic.values import Interval, Value
from kpidsl.source_text import Span

CLAIMS = ("none", "plausible", "probable", "established")


@dataclass(frozen=True, slots=True)
class LevelModel:
    level: str
    bound: BoundModel


@dataclass(frozen=True, slots=True)
class CriterionModel:
    """A criterion of a rubric: a member of its dimension, what it counts for, and its own value."""

    member: str
    weight: Fraction
    value: Value


@dataclass(frozen=True, slots=True)
class MeasuredModel:
    """`levels` stand best first: the first one whose bound the value meets is its level; none met is the lowest.

    Of a rubric, `value` is the weighted mean of its `criteria`, each of which must have a value.
    """

    value: Value
    levels: tuple[LevelModel, ...]
    criteria: tuple[CriterionModel, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedModel:
    level: str
    by: str
    on: date
    see: str | None


@dataclass(frozen=True, slots=True)
class StrengthModel:
    """On the Nesta Standards of Evidence or the Maryland Scientific Methods Scale, 1 (weak) to 5."""

    scale: Literal["nesta", "maryland"]
    value: int


@dataclass(frozen=True, slots=True)
class EvidenceModel:
    """One item of evidence; `name` is full: `outcome.evidence`. `expires` runs from its newest row or its date.

    `invited` is how many were asked, `agreement` how far coders agree: values of their own. `kpis` are the KPIs whose
    value is measured.
    """

    name: str
    about: Descriptive
    finding: MeasuredModel | JudgedModel
    requires: tuple[RequireModel, ...]
    expires: tuple[int, PeriodUnit] | None
    method: str | None
    stakeholder: str | None
    strength: StrengthModel | None
    span: Span
    weight: Fraction = Fraction(1)
    invited: Value | None = None
    agreement: Value | None = None
    kpis: tuple[str, ...] = ()
    interval: Interval | None = None

    @property
    def short(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class CapModel:
    """The outcome is not judged better than `level` while `subject` – an item of evidence, or the strength of the
    strongest usable one where it is None – compares so with a level or a number.
    """

    level: str
    subject: str | None
    operator: str
    against: str | int
    text: str


@dataclass(frozen=True, slots=True)
class HurdleModel:
    """An item has to reach a level; where it does not, the outcome has the lowest."""

    subject: str
    level: str


@dataclass(frozen=True, slots=True)
class JudgeModel:
    """How much is enough – so many usable items, methods, stakeholders – and how levels are brought together.

    `share`, with the rule `share`: the best level that so much of the items' weight reaches. `spread`: levels between
    the best and the worst item from which on the outcome is contested; None: never.
    """

    evidence: int = 1
    methods: int = 0
    stakeholders: int = 0
    level: Literal["median", "lowest", "share"] = "median"
    spread: int | None = None
    share: Fraction | None = None
    caps: tuple[CapModel, ...] = ()
    hurdles: tuple[HurdleModel, ...] = ()


@dataclass(frozen=True, slots=True)
class OverrideModel:
    """What a person decided, on a day; it stands beside the judgement."""

    level: str
    by: str
    on: date
    why: str | None


@dataclass(frozen=True, slots=True)
class ContributionModel:
    """What a person claims of the part that the work had in the change."""

    claim: str
    by: str
    on: date
    see: str | None


@dataclass(frozen=True, slots=True)
class OutcomeModel:
    """`levels` stand worst first. `observable` is None where it may be seen from the start of its horizon."""

    name: str
    about: Descriptive
    for_whom: tuple[str, ...]
    supports: tuple[str, ...]
    horizon: PeriodModel | None
    observable: date | None
    levels: tuple[str, ...]
    success: str
    evidence: tuple[EvidenceModel, ...]
    judge: JudgeModel
    span: Span
    overrides: tuple[OverrideModel, ...] = ()
    contributions: tuple[ContributionModel, ...] = ()
