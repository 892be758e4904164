"""Declarations of objectives, outcomes, policies and scorecards."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from kpidsl.records import dataclass
from kpidsl.syntax import outcome_nodes as o
from kpidsl.syntax.decl_nodes import ActionProp, ForecastProp, TrendProp
from kpidsl.syntax.expr_nodes import Expr, Quantity, Quotient, Window
from kpidsl.syntax.node import Name, Node, Text, Word
from kpidsl.syntax.shared_nodes import Bound, IntervalProp, Meta, ProviderCall, RequireProp, SupportsProp


# ---------------------------------------------------------------- objective
@dataclass(frozen=True, slots=True)
class PeriodProp(Node):
    period: Window


@dataclass(frozen=True, slots=True)
class AmbitionProp(Node):
    ambition: Word


@dataclass(frozen=True, slots=True)
class ParentProp(Node):
    """`parent company_growth contributes`; without the word it supports."""

    parent: Name
    relation: Word | None


@dataclass(frozen=True, slots=True)
class PolicyProp(Node):
    policy: Name


@dataclass(frozen=True, slots=True)
class CheckinsProp(Node):
    provider: ProviderCall


@dataclass(frozen=True, slots=True)
class MissingProp(Node):
    """`missing as zero`: what a key result without progress counts as."""

    rule: Word


@dataclass(frozen=True, slots=True)
class AbandonedProp(Node):
    """`abandoned on 2026-05-01 "why"`."""

    on: date
    why: Text | None


@dataclass(frozen=True, slots=True)
class ChangeProp(Node):
    """`increase M from B by p to T`: any two of `from`, `by` and `to` fix the third. `direction`: increase, reduce."""

    direction: str
    value: Expr
    baseline: Expr | None
    by: Quantity | Quotient | None
    relative: bool
    operator: str | None
    to: Expr | None


@dataclass(frozen=True, slots=True)
class ReachProp(Node):
    """`reach M <= 6 from 12`."""

    value: Expr
    bound: Bound
    baseline: Expr | None


@dataclass(frozen=True, slots=True)
class KeepProp(Node):
    value: Expr
    bound: Bound


@dataclass(frozen=True, slots=True)
class DeliverItem(Node):
    title: Text
    done: date | None
    due: date | None
    weight: Decimal | None


@dataclass(frozen=True, slots=True)
class DeliverProp(Node):
    items: tuple[DeliverItem, ...]


@dataclass(frozen=True, slots=True)
class WeightProp(Node):
    weight: Decimal


@dataclass(frozen=True, slots=True)
class DueProp(Node):
    due: date


@dataclass(frozen=True, slots=True)
class StartProp(Node):
    start: date


@dataclass(frozen=True, slots=True)
class PathStep(Node):
    """`2026-04-30 at 20%`; `part` is the percentage."""

    on: date
    part: Quantity


@dataclass(frozen=True, slots=True)
class PathProp(Node):
    shape: Word
    steps: tuple[PathStep, ...]


@dataclass(frozen=True, slots=True)
class AchieveProp(Node):
    """`achieve at end`, `achieve ever`, `achieve every month`, `achieve average`: `words` are those behind."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class RestatedProp(Node):
    """`restated from 55_000 on 2026-05-01 "why"`."""

    baseline: Expr
    on: date
    why: Text | None


@dataclass(frozen=True, slots=True)
class ConfidenceProp(Node):
    """`confidence 4 of 10 by "Ana" on 2026-04-16`."""

    value: Decimal
    scale: Decimal
    by: Text | None
    on: date | None


KeyResultProp = (
    ChangeProp
    | ReachProp
    | KeepProp
    | DeliverProp
    | WeightProp
    | DueProp
    | StartProp
    | PathProp
    | AchieveProp
    | RestatedProp
    | AbandonedProp
    | PolicyProp
    | ConfidenceProp
    | TrendProp
    | ForecastProp
    | ActionProp
    | Meta
)


@dataclass(frozen=True, slots=True)
class KeyResultDecl(Node):
    name: Name
    title: Text | None
    properties: tuple[KeyResultProp, ...]
    doc: str | None


ObjectiveProp = (
    PeriodProp
    | AmbitionProp
    | ParentProp
    | PolicyProp
    | SupportsProp
    | CheckinsProp
    | ActionProp
    | MissingProp
    | AbandonedProp
    | KeyResultDecl
    | Meta
)


@dataclass(frozen=True, slots=True)
class ObjectiveDecl(Node):
    name: Name
    title: Text | None
    properties: tuple[ObjectiveProp, ...]
    doc: str | None


# ---------------------------------------------------------------- outcome
@dataclass(frozen=True, slots=True)
class ForProp(Node):
    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class HorizonProp(Node):
    horizon: Window


@dataclass(frozen=True, slots=True)
class ObservableProp(Node):
    start: date


@dataclass(frozen=True, slots=True)
class LevelsProp(Node):
    """Worst first: `levels poor < adequate < good`."""

    levels: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class SuccessProp(Node):
    level: Name


@dataclass(frozen=True, slots=True)
class MeasureProp(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class LevelProp(Node):
    level: Name
    bound: Bound


@dataclass(frozen=True, slots=True)
class ExpiresProp(Node):
    after: Quantity


@dataclass(frozen=True, slots=True)
class MethodProp(Node):
    method: Name


@dataclass(frozen=True, slots=True)
class StakeholderProp(Node):
    stakeholder: Name


@dataclass(frozen=True, slots=True)
class StrengthProp(Node):
    """`strength nesta 2`."""

    scale: Word
    value: int


@dataclass(frozen=True, slots=True)
class JudgedProp(Node):
    """`judged good by "research team" on 2026-02-01 see "studies/elm.md"`."""

    level: Name
    by: Text
    on: date
    see: Text | None


EvidenceProp = (
    MeasureProp | LevelProp | RequireProp | ExpiresProp | MethodProp | StakeholderProp | StrengthProp | JudgedProp
    | WeightProp | o.RubricProp | o.CriterionProp | o.InvitedProp | o.AgreementProp | IntervalProp | Meta
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EvidenceDecl(Node):
    name: Name
    title: Text | None
    properties: tuple[EvidenceProp, ...]
    doc: str | None


@dataclass(frozen=True, slots=True)
class Need(Node):
    """`3 evidence`, `all evidence` (`count` is None)."""

    count: int | None
    what: Word


@dataclass(frozen=True, slots=True)
class NeedProp(Node):
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class JudgeLevelProp(Node):
    """`level median`; `level 2 of 3` (`share`)."""

    rule: Word | None
    share: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class ContestedProp(Node):
    """`contested when spread >= 2 levels`."""

    operator: str
    levels: int


@dataclass(frozen=True, slots=True)
class JudgeProp(Node):
    rules: tuple[NeedProp | JudgeLevelProp | ContestedProp | o.CapProp | o.HurdleProp, ...]


OutcomeProp = (
    ForProp | SupportsProp | HorizonProp | ObservableProp | LevelsProp | SuccessProp | EvidenceDecl | JudgeProp
    | o.OverrideProp | o.ContributionProp | Meta
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OutcomeDecl(Node):
    name: Name
    title: Text | None
    properties: tuple[OutcomeProp, ...]
    doc: str | None


# ---------------------------------------------------------------- policy, scorecard
@dataclass(frozen=True, slots=True)
class TooEarlyProp(Node):
    """`too_early before 10% elapsed`."""

    before: Quantity


@dataclass(frozen=True, slots=True)
class PolicyRule(Node):
    """`on_track progress >= 95% of expected`."""

    state: Word
    condition: Expr


@dataclass(frozen=True, slots=True)
class PolicyDecl(Node):
    name: Name
    title: Text | None
    properties: tuple[TooEarlyProp | PolicyRule | Meta, ...]
    doc: str | None


@dataclass(frozen=True, slots=True)
class ShowProp(Node):
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class SectionDecl(Node):
    title: Text
    properties: tuple[ShowProp, ...]


@dataclass(frozen=True, slots=True)
class ScorecardDecl(Node):
    name: Name
    title: Text | None
    properties: tuple[SectionDecl | ShowProp | Meta, ...]
    doc: str | None
