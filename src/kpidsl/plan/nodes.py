"""The plan: what is asked of the data (cells), and how answers are put together (steps).

No SQL, no units, no names of metrics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from kpidsl.calendar import Calendar, Unit, Window
from kpidsl.records import dataclass
from kpidsl.semantic.model import Rebase, SourceModel
from kpidsl.semantic.rows import Row
from kpidsl.semantic.values import Conversion, Filter

if TYPE_CHECKING:
    from kpidsl.plan.evidence import EvidencePlan
    from kpidsl.plan.key_results import KeyResultPlan


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One aggregation over one stretch of one source, for every member of `by`. A plan has each once (`Cells`), so
    cells, and the row expressions in them, are told apart by identity.

    Rows count whose `time` is in `[start, end)` (UTC; `start` None: from the first row); `end` is never after the
    anchor, unless the source is read ahead. `time` is None for rows that hold, which are counted as they stand at an
    edge. `anchor` tells up to when the source is known; `ahead` that it is known beyond.
    """

    function: str
    argument: Row | None
    source: str
    time: Row | None
    where: tuple[Row, ...]
    start: datetime | None
    end: datetime
    anchor: datetime
    at: Literal["end", "start"] | None
    per: tuple[Row, ...]
    by: tuple[str, ...]
    members: tuple[Row, ...]
    level: Fraction | None
    k: int | None
    n: int | None
    conversion: Conversion | None = None
    way: str | None = None

    @property
    def counts_nothing_as_zero(self) -> bool:
        """Whether nothing is 0 here while the source has rows before and after."""
        return self.function in ("count", "count_distinct", "count_distinct~", "sum", "conversions")


@dataclass(frozen=True, slots=True)
class Reach:
    """A window as far as it is read, and its anchor: of a cell, or of the outermost series a cell stands in."""

    start: datetime | None
    end: datetime
    anchor: datetime


# ---------------------------------------------------------------- steps
@dataclass(frozen=True, slots=True)
class Ask:
    """The answer of a cell, for the member that is looked at. In a series whose own window (`around`) the source has
    rows about, nothing is 0. `text`, `filters` and `window` are for people.
    """

    cell: Cell
    around: Reach | None
    text: str
    filters: tuple[Filter, ...]
    window: Window


@dataclass(frozen=True, slots=True)
class Constant:
    value: Fraction | str | bool


@dataclass(frozen=True, slots=True)
class Undefined:
    """A value that cannot be had, whatever the rows; `errors` are what failed where the reason is `source_error`."""

    reason: str
    errors: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class CountOfRows:
    """`n` of the value that is judged."""


@dataclass(frozen=True, slots=True)
class Combine:
    """`+ - * /`, comparisons, `and`, `or`."""

    operator: str
    left: Step
    right: Step


@dataclass(frozen=True, slots=True)
class Oppose:
    operand: Step


@dataclass(frozen=True, slots=True)
class Scale:
    operand: Step
    factor: Fraction


@dataclass(frozen=True, slots=True)
class Default:
    operand: Step
    number: Fraction


@dataclass(frozen=True, slots=True)
class Series:
    """A value for each period, in order; `unit` is the period's name. `partial`: the last one is not over."""

    unit: str
    periods: tuple[tuple[Window, Step], ...]
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Members:
    """A value for each member of a dimension: those that any cell inside has."""

    operand: Step
    dimension: str


@dataclass(frozen=True, slots=True)
class Reduce:
    """A vector brought back to one value."""

    function: str
    operand: Step
    level: Fraction | None


@dataclass(frozen=True, slots=True)
class IntervalPlan:
    """An interval of factor·X + offset; `parts` are asked besides the value, for the method."""

    method: str
    level: Fraction
    parts: tuple[Step, ...]
    factor: Fraction
    offset: Fraction


@dataclass(frozen=True, slots=True)
class IntervalEnd:
    """An end of the interval of a value."""

    operand: Step
    end: Literal["low", "high"]
    interval: IntervalPlan


@dataclass(frozen=True, slots=True)
class Discreet:
    """The value of a KPI where something else reads it: none where it is of 1 to `below` − 1 rows."""

    operand: Step
    below: int


Step = (
    Ask | Constant | Undefined | CountOfRows | Combine | Oppose | Scale | Default | Series | Members | Reduce
    | IntervalEnd | Discreet
)  # fmt: skip


# ---------------------------------------------------------------- what is asked for
@dataclass(frozen=True, slots=True)
class Question:
    """A value and the window it is about; `partial` where a period that is not over enters it. `redefined`: of a trend,
    a metric meant something else then than it does at the newest anchor.
    """

    step: Step
    window: Window | None
    partial: bool = False
    redefined: bool = False


@dataclass(frozen=True, slots=True)
class BoundPlan:
    operator: str | None
    low: Step
    high: Step | None
    starting: date | None


@dataclass(frozen=True, slots=True)
class GuardPlan:
    colour: str
    condition: Step
    text: str


@dataclass(frozen=True, slots=True)
class SignalPlan:
    """A signal on the trend; `rebases` pairs the instant from which a chart begins anew with what is said of it."""

    method: str
    rules: str
    seasons: int | None
    baseline: Window | None
    rebases: tuple[tuple[datetime, Rebase], ...]
    screened: bool
    step: Unit


@dataclass(frozen=True, slots=True)
class ForecastPlan:
    """A forecast for the anchor `until`: the value's window, or its instant, ends at `end` then, `steps` of the trend
    from where it ends now. `target` is the one in force by then; `undefined` says why there is none.
    """

    method: str
    until: datetime
    end: datetime
    steps: int
    seasons: int | None
    target: BoundPlan | None
    step: Unit
    undefined: str | None


@dataclass(frozen=True, slots=True)
class SlicePlan:
    """Everything about a KPI, for the whole (`by` empty) or for each segment of some dimensions. `changes` are what the
    interval asks of each compared value.
    """

    by: tuple[str, ...]
    value: Question
    target: BoundPlan | None
    amber: BoundPlan | None
    guards: tuple[GuardPlan, ...]
    requires: tuple[tuple[Step, str], ...]
    comparisons: tuple[tuple[str, Question], ...]
    trend: tuple[Question, ...]
    signals: tuple[SignalPlan, ...] = ()
    forecast: ForecastPlan | None = None
    interval: IntervalPlan | None = None
    changes: tuple[IntervalPlan | None, ...] = ()


Shown = tuple[tuple[Question | None, ...], ...]
"""What a scorecard shows, by section; None where it is a KPI, or nothing that can be had."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All questions of a run; `cells` are the distinct ones, in the order they are first asked, `judged_at` the
    moments as of which key results are judged. `key_results` and `evidence` (what is measured) are by their full
    names.
    """

    calendar: Calendar
    anchor: datetime
    sources: Mapping[str, SourceModel]
    metrics: Mapping[str, Question]
    kpis: Mapping[str, tuple[SlicePlan, ...]]
    cells: tuple[Cell, ...]
    judged_at: frozenset[datetime]
    key_results: Mapping[str, KeyResultPlan] = field(default_factory=dict)
    scorecards: Mapping[str, Shown] = field(default_factory=dict)
    evidence: Mapping[str, EvidencePlan] = field(default_factory=dict)


def inside(step: Step) -> tuple[Step, ...]:
    """The steps directly inside a step."""
    match step:
        case Combine(left=left, right=right):
            return (left, right)
        case Oppose(operand=operand) | Scale(operand=operand) | Default(operand=operand):
            return (operand,)
        case Members(operand=operand) | Reduce(operand=operand) | Discreet(operand=operand):
            return (operand,)
        case Series(periods=periods):
            return tuple(inner for _, inner in periods)
        case IntervalEnd(operand=operand, interval=interval):
            return (operand, *interval.parts)
        case _:
            return ()


def is_partial(step: Step) -> bool:
    """Whether a period that is not over enters a value."""
    return (isinstance(step, Series) and step.partial) or any(map(is_partial, inside(step)))


def asked(step: Step) -> tuple[Ask, ...]:
    """The questions to data inside a step, in order."""
    found: list[Ask] = []
    left = [step]
    while left:
        one = left.pop()
        if isinstance(one, Ask):
            found.append(one)
        left.extend(reversed(inside(one)))
    return tuple(found)
