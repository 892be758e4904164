"""Declarations of sources, metrics and KPIs. Properties keep the order they are written in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from kpidsl.records import dataclass
from kpidsl.syntax.expr_nodes import Expr, Quantity, UnitExpr, Window, WindowUnit
from kpidsl.syntax.node import Name, Node, Text, Word
from kpidsl.syntax.shared_nodes import (
    Bound,
    ByProp,
    IntervalProp,
    Meta,
    ProviderCall,
    RequireProp,
    SupportsProp,
    ValueProp,
)


# ---------------------------------------------------------------- source
@dataclass(frozen=True, slots=True)
class FromProp(Node):
    provider: ProviderCall


@dataclass(frozen=True, slots=True)
class TimeProp(Node):
    column: Name
    zone: Text | None


@dataclass(frozen=True, slots=True)
class HoldsProp(Node):
    start: Name
    end: Name
    inclusive: bool


@dataclass(frozen=True, slots=True)
class KeyProp(Node):
    columns: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class ColumnProp(Node):
    """`amount: EUR`, `at: timestamp "%d.%m.%Y"`, `rate: % as 0..100`. `type` is a type word or a unit."""

    name: Name
    type: UnitExpr
    format: Text | None
    scale: tuple[Decimal, Decimal] | None


@dataclass(frozen=True, slots=True)
class LetProp(Node):
    name: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class JoinKey(Node):
    """`on customer_id`, or `on buyer == customer_id` where the columns are called differently."""

    left: Name
    right: Name


@dataclass(frozen=True, slots=True)
class JoinProp(Node):
    source: Name
    keys: tuple[JoinKey, ...]


@dataclass(frozen=True, slots=True)
class FreshProp(Node):
    within: Quantity


@dataclass(frozen=True, slots=True)
class CompleteProp(Node):
    after: Quantity


@dataclass(frozen=True, slots=True)
class AheadProp(Node):
    """Rows at or after the anchor may be read: plans, pipelines."""


SourceProp = (
    FromProp
    | TimeProp
    | HoldsProp
    | KeyProp
    | ColumnProp
    | LetProp
    | JoinProp
    | FreshProp
    | CompleteProp
    | AheadProp
    | Meta
)


@dataclass(frozen=True, slots=True)
class SourceDecl(Node):
    name: Name
    title: Text | None
    properties: tuple[SourceProp, ...]
    doc: str | None


# ---------------------------------------------------------------- metric
@dataclass(frozen=True, slots=True)
class UnitProp(Node):
    unit: UnitExpr


@dataclass(frozen=True, slots=True)
class IndicatorProp(Node):
    kind: Word


@dataclass(frozen=True, slots=True)
class LimitsProp(Node):
    low: Expr | None
    high: Expr | None


@dataclass(frozen=True, slots=True)
class ChangedProp(Node):
    on: date
    note: Text


MetricProp = ValueProp | UnitProp | ByProp | IndicatorProp | LimitsProp | ChangedProp | Meta


@dataclass(frozen=True, slots=True)
class MetricDecl(Node):
    """Both spellings: `metric m = …` has the one property `value`."""

    name: Name
    title: Text | None
    properties: tuple[MetricProp, ...]
    doc: str | None


# ---------------------------------------------------------------- kpi
@dataclass(frozen=True, slots=True)
class TargetProp(Node):
    bound: Bound
    whole: bool
    starting: date | None


@dataclass(frozen=True, slots=True)
class AmberProp(Node):
    bound: Bound


@dataclass(frozen=True, slots=True)
class GuardProp(Node):
    """`red when …`, `amber when …`, `green when …`."""

    colour: str
    condition: Expr


@dataclass(frozen=True, slots=True)
class PreviousItem(Node):
    pass


@dataclass(frozen=True, slots=True)
class EarlierItem(Node):
    count: int
    unit: WindowUnit


@dataclass(frozen=True, slots=True)
class CompareProp(Node):
    items: tuple[PreviousItem | EarlierItem, ...]


@dataclass(frozen=True, slots=True)
class TrendProp(Node):
    count: int
    unit: WindowUnit


@dataclass(frozen=True, slots=True)
class ActionProp(Node):
    """`due` is a date or a length of time after the evaluation; `trigger` the status it is for; `done` when it was."""

    title: Text
    owner: Text | None
    due: date | Quantity | None
    trigger: Word | None
    done: date | None


@dataclass(frozen=True, slots=True)
class WorstSegmentProp(Node):
    """`status worst of segments`."""


@dataclass(frozen=True, slots=True)
class BaselinePart(Node):
    """`baseline 2025`: the limits of a chart are drawn of the values of this time."""

    window: Window


@dataclass(frozen=True, slots=True)
class RebasePart(Node):
    """`rebase 2026-03-01 "new triage"`: from here on the chart has a centre and limits of its own."""

    on: date
    reason: Text


@dataclass(frozen=True, slots=True)
class ScreenPart(Node):
    """`screen ranges`: moving ranges above their limit do not enter the mean range."""


SignalPart = BaselinePart | RebasePart | ScreenPart


@dataclass(frozen=True, slots=True)
class SuppressProp(Node):
    """`suppress below 10`."""

    below: int


@dataclass(frozen=True, slots=True)
class SignalProp(Node):
    """`signal xmr rules nhs { … }`, `signal trend seasonal`."""

    method: Word
    seasonal: bool
    rules: Word | None
    parts: tuple[SignalPart, ...]


@dataclass(frozen=True, slots=True)
class ForecastProp(Node):
    """`forecast drift until 2026-12-31`: the end of that day."""

    method: Word
    until: date | None


KpiProp = (
    ValueProp
    | UnitProp
    | TargetProp
    | AmberProp
    | GuardProp
    | CompareProp
    | ByProp
    | TrendProp
    | RequireProp
    | SupportsProp
    | ActionProp
    | WorstSegmentProp
    | IntervalProp
    | SuppressProp
    | SignalProp
    | ForecastProp
    | Meta
)


@dataclass(frozen=True, slots=True)
class KpiDecl(Node):
    name: Name
    title: Text | None
    properties: tuple[KpiProp, ...]
    doc: str | None
