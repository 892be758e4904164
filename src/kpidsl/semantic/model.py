"""The model: what a spec set means. Typed, unit-checked, no syntax left but places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from kpidsl.calendar import Calendar, WindowSpec
from kpidsl.calendar import Unit as PeriodUnit
from kpidsl.diagnostics import Diagnostic
from kpidsl.records import dataclass
from kpidsl.semantic.rows import Literal, Row
from kpidsl.semantic.types import DataType, Schema
from kpidsl.semantic.units import Unit
from kpidsl.semantic.values import Info, Interval, Kind, Value
from kpidsl.source_text import Span
from kpidsl.syntax.shared_nodes import ProviderCall

if TYPE_CHECKING:
    from kpidsl.semantic.goal_model import ObjectiveModel, PolicyModel, ScorecardModel
    from kpidsl.semantic.outcome_model import OutcomeModel


@dataclass(frozen=True, slots=True)
class DeclaredColumn:
    """A column as the spec declares it. `type` is what the provider is asked for; `scale` the range that means 0…1."""

    name: str
    type: DataType | None
    unit: Unit
    format: str | None
    scale: tuple[Decimal, Decimal] | None
    span: Span


@dataclass(frozen=True, slots=True)
class JoinModel:
    """A left join, many to one: `source` is brought in under its name by equal keys (left, right)."""

    source: str
    keys: tuple[tuple[str, str], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class HoldsModel:
    """Rows hold over [start, end), or up to and including `end`."""

    start: Row
    end: Row
    inclusive: bool


@dataclass(frozen=True, slots=True)
class SourceModel:
    """`zone` is how timestamps without one are meant. `schema` is None where it is not known. Texts in the columns
    `times` are read as times.
    """

    name: str
    title: str | None
    provider: ProviderCall
    base: Path | None
    schema: Schema | None
    columns: Mapping[str, DeclaredColumn]
    lets: Mapping[str, Row]
    joins: Mapping[str, JoinModel]
    zone: str
    time: Row | None
    holds: HoldsModel | None
    key: tuple[str, ...]
    fresh: tuple[int, PeriodUnit] | None
    lag: tuple[int, PeriodUnit] | None
    ahead: bool
    span: Span
    times: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Descriptive:
    """What people are told of a declaration."""

    title: str | None
    description: str | None
    owner: str | None
    review: str | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MetricModel:
    """`standalone`: it carries its own windows, so it has a value by itself."""

    name: str
    about: Descriptive
    value: Value
    unit: Unit
    dimensions: tuple[str, ...]
    indicator: str | None
    limits: tuple[Value | None, Value | None]
    changed: tuple[tuple[date, str], ...]
    standalone: bool
    span: Span


@dataclass(frozen=True, slots=True)
class BoundModel:
    """`operator` and `low`, or both edges (`low`, `high`) of a two-sided bound."""

    operator: str | None
    low: Value
    high: Value | None
    starting: date | None
    whole: bool
    span: Span


@dataclass(frozen=True, slots=True)
class ComparisonModel:
    label: str
    value: Value


@dataclass(frozen=True, slots=True)
class GuardModel:
    colour: str
    condition: Value
    text: str


@dataclass(frozen=True, slots=True)
class RequireModel:
    condition: Value
    text: str


@dataclass(frozen=True, slots=True)
class ActionModel:
    """`due` is a date, or a length of time after the evaluation."""

    title: str
    owner: str | None
    due: date | tuple[int, PeriodUnit] | None
    when: str | None
    done: date | None


@dataclass(frozen=True, slots=True)
class Rebase:
    """The day from which a chart has a new centre and new limits, and why."""

    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class SignalModel:
    """`method` is xmr or trend; `rules` those of a chart; `seasons` how many steps of the trend a cycle has."""

    method: str
    rules: str
    seasons: int | None
    baseline: WindowSpec | None
    rebases: tuple[Rebase, ...]
    screened: bool
    span: Span


@dataclass(frozen=True, slots=True)
class ForecastModel:
    """`method` is run_rate, drift or seasonal_naive. Where there is no day `until` which, it is the end of what is
    totalled: of the unit of `total`.
    """

    method: str
    until: date | None
    total: WindowSpec | None
    seasons: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class KpiModel:
    """`slices` are the `by` lines: each a combination of dimensions that makes segments."""

    name: str
    about: Descriptive
    value: Value
    unit: Unit
    targets: tuple[BoundModel, ...]
    amber: BoundModel | None
    guards: tuple[GuardModel, ...]
    requires: tuple[RequireModel, ...]
    comparisons: tuple[ComparisonModel, ...]
    slices: tuple[tuple[str, ...], ...]
    trend: tuple[int, PeriodUnit] | None
    worst_segment: bool
    actions: tuple[ActionModel, ...]
    supports: tuple[str, ...]
    span: Span
    signals: tuple[SignalModel, ...] = ()
    forecast: ForecastModel | None = None
    interval: Interval | None = None
    suppress: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A metric, KPI, objective … that data makes impossible: a column its source lacks, of a wrong type.

    `standalone`: a metric that seems to carry its own windows. `contributes` names the objectives that an objective
    would add to. `info` is what the spec alone says of its value.
    """

    kind: str
    name: str
    about: Descriptive
    problems: tuple[Diagnostic, ...]
    span: Span
    standalone: bool = False
    contributes: tuple[str, ...] = ()
    info: Info | None = None

    @property
    def value_kind(self) -> Kind:
        """How values of it may be combined, as far as that is known."""
        return "ratio" if self.info is None or self.info.kind == "constant" else self.info.kind

    @property
    def unit(self) -> str | None:
        return None if self.info is None else self.info.unit.label


@dataclass(frozen=True, slots=True)
class Model:
    """Everything of a spec set, in the order it is written."""

    calendar: Calendar
    params: Mapping[str, Literal]
    sources: Mapping[str, SourceModel]
    metrics: Mapping[str, MetricModel]
    kpis: Mapping[str, KpiModel]
    order: tuple[str, ...]
    failed: Mapping[str, Failed] = field(default_factory=dict)
    objectives: Mapping[str, ObjectiveModel] = field(default_factory=dict)
    outcomes: Mapping[str, OutcomeModel] = field(default_factory=dict)
    policies: Mapping[str, PolicyModel] = field(default_factory=dict)
    scorecards: Mapping[str, ScorecardModel] = field(default_factory=dict)
    as_of: datetime | None = None
