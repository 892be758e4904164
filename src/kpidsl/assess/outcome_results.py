"""Outcomes in the results: each item of evidence with what became of it, the judgement, and what people said.

Levels are texts; percentages fractions. What could not be had is None, and a sibling says why.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from kpidsl.assess.interval_results import Certainty, IntervalResult
from kpidsl.assess.results import Input, Value, WindowResult
from kpidsl.records import dataclass

STATES = ("achieved", "partly", "not_due", "stale", "insufficient_evidence", "contested", "not_achieved", "error")
"""Best first; `error`: the data makes the outcome impossible."""


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """A criterion of a rubric; `weight` is what it counts for beside the others."""

    name: str
    weight: Decimal
    value: Value | None
    value_undefined: str | None
    n: int | None


@dataclass(frozen=True, slots=True)
class SaidResult:
    """What a person said: a level or a claim, when, and where that can be read, or why."""

    said: str
    by: str
    on: date
    see: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class EvidenceResult:
    """An item of evidence. `usable`: it counts in the judgement; else `excluded` is a word for why not (expired,
    not_yet, insufficient_sample, stale, or why the value is undefined) and `reason` a sentence.

    `level` is also there for what is excluded, where it is known. `newest` is the day of its newest row, or of the
    judgement, `valid_until` the instant from which on it no longer counts: of items that expire. `measured_as_of` is
    there where its rows have left its window since: it then counts as it was measured last. `certainty` is whether it
    says at least the success level wherever in the interval the value is.
    """

    name: str
    title: str | None
    description: str | None
    usable: bool
    excluded: str | None
    reason: str | None
    level: str | None
    weight: Decimal
    value: Value | None
    value_undefined: str | None
    unit: str | None
    n: int | None
    measured_as_of: datetime | None
    window: WindowResult | None
    invited: Value | None
    response_rate: Decimal | None
    agreement: Value | None
    criteria: tuple[CriterionResult, ...]
    judged: SaidResult | None
    newest: date | None
    valid_until: datetime | None
    method: str | None
    stakeholder: str | None
    strength: tuple[str, int] | None
    kpis: tuple[str, ...]
    inputs: tuple[Input, ...]
    owner: str | None
    at: str
    interval: IntervalResult | None = None
    certainty: Certainty | None = None


@dataclass(frozen=True, slots=True)
class NeedResult:
    """How much of something is usable, and how much is needed."""

    have: int
    need: int


@dataclass(frozen=True, slots=True)
class SideResult:
    """The items at one end of what contradicts itself."""

    level: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EarlierResult:
    """The judgement as of just before the evidence expired."""

    as_of: datetime
    expired: datetime
    state: str
    level: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class OverrideResult:
    """What a person decided, beside the judgement; `state` is what that level means."""

    decided: SaidResult
    state: str


@dataclass(frozen=True, slots=True)
class ContributionResult:
    """A claim of the part that the work had: `level` is the claim as far as the `ceiling`, which the strength of the
    strongest usable evidence sets, allows it.
    """

    claim: SaidResult
    ceiling: str
    level: str
    reason: str


@dataclass(frozen=True, slots=True)
class DivergenceResult:
    """KPIs for an outcome that say something else than it does, with their statuses."""

    kpis: tuple[tuple[str, str], ...]
    reason: str


@dataclass(frozen=True, slots=True)
class OutcomeResult:
    """A judged outcome. `level` is None where there is no judgement; `cap` is the line that limits it."""

    name: str
    title: str | None
    description: str | None
    for_whom: tuple[str, ...]
    supports: tuple[str, ...]
    horizon: str | None
    start: date | None
    end: date | None
    observable_from: date | None
    levels: tuple[str, ...]
    success: str | None
    state: str
    reason: str
    level: str | None
    cap: str | None
    needs: tuple[tuple[str, NeedResult], ...]
    sides: tuple[SideResult, ...]
    earlier: EarlierResult | None
    override: OverrideResult | None
    contribution: ContributionResult | None
    divergence: DivergenceResult | None
    evidence: tuple[EvidenceResult, ...]
    owner: str | None
    review: str | None
    tags: tuple[str, ...]
    at: str
