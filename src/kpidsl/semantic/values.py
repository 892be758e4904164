"""Typed metric expressions: what is computed from whole sources.

Metrics are inlined, filters pushed to the aggregations.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Literal

from kpidsl.calendar import Unit as PeriodUnit
from kpidsl.calendar import WindowSpec
from kpidsl.diagnostics import Diagnostic
from kpidsl.records import dataclass
from kpidsl.semantic.rows import Row
from kpidsl.semantic.units import Unit
from kpidsl.source_text import Span

Kind = Literal["flow", "stock", "ratio", "mean", "distinct", "quantile", "constant"]
Sort = Literal["number", "boolean", "text", "time"]
Partial = Literal["exclude", "to date", "prorate"]


@dataclass(frozen=True, slots=True)
class Info:
    """What is known of a value without data. `depth` counts the `each` it is a vector over."""

    unit: Unit
    kind: Kind
    sort: Sort = "number"
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Value:
    info: Info


@dataclass(frozen=True, slots=True)
class Filter:
    """A predicate, and how it was written."""

    row: Row
    text: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """What makes a row of an aggregation's source a first event (`first`, with the aggregation's `per` as its keys),
    and which rows of `source` convert it: those that `where` keeps, with the same `keys`, at most `within` seconds on.
    """

    first: tuple[Row, ...]
    source: str
    time: Row
    where: tuple[Row, ...]
    keys: tuple[Row, ...]
    within: Fraction


@dataclass(frozen=True, slots=True)
class Aggregate(Value):
    """One aggregation of one source.

    `time` is None for a source without one; `level` is a percentile's; `k`, `n` a top box's. Of a `conversion`,
    `source` and `time` are the first event's, and `where` is what is around it. What is coded has its unit (and coder)
    in `per`, and in `way` the level of measurement or the weights of an agreement. `span` is None once it is checked.
    """

    function: str
    argument: Row | None
    source: str
    time: Row | None
    where: tuple[Filter, ...]
    at: Literal["end", "start"] | None
    per: tuple[Row, ...]
    level: Fraction | None
    k: int | None
    n: int | None
    text: str
    span: Span | None
    conversion: Conversion | None = None
    way: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources whose rows enter."""
        return (self.source,) if self.conversion is None else (self.source, self.conversion.source)


@dataclass(frozen=True, slots=True)
class Number(Value):
    number: Fraction


@dataclass(frozen=True, slots=True)
class TextValue(Value):
    text: str


@dataclass(frozen=True, slots=True)
class BooleanValue(Value):
    truth: bool


@dataclass(frozen=True, slots=True)
class TargetValue(Value):
    """`target` in an amber bound or a guard: the bound of the target in force."""


@dataclass(frozen=True, slots=True)
class RowCount(Value):
    """`n`, in `require` and `when`: the rows that entered the value."""


@dataclass(frozen=True, slots=True)
class Operation(Value):
    """`+ - * /`; a comparison; `and`, `or`."""

    operator: str
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Opposite(Value):
    """`not` of a condition, minus of a number."""

    operand: Value


@dataclass(frozen=True, slots=True)
class Converted(Value):
    """Times an exact factor: another unit of the same dimension, `90% of …`."""

    operand: Value
    factor: Fraction


@dataclass(frozen=True, slots=True)
class Windowed(Value):
    operand: Value
    window: WindowSpec


@dataclass(frozen=True, slots=True)
class Shifted(Value):
    """The anchor moved back: `1 year earlier`."""

    operand: Value
    count: int
    unit: PeriodUnit


@dataclass(frozen=True, slots=True)
class Preceding(Value):
    """The operand in the windows just before its own: `previous`."""

    operand: Value


@dataclass(frozen=True, slots=True)
class Defaulted(Value):
    """A value for "no rows"."""

    operand: Value
    number: Fraction


@dataclass(frozen=True, slots=True)
class EachPeriod(Value):
    """A value for each complete period; `partial` says what becomes of one that is not over: left out, taken as far
    as it has come, or so and scaled up to its whole length.
    """

    operand: Value
    unit: PeriodUnit
    partial: Partial = "exclude"


@dataclass(frozen=True, slots=True)
class EachMember(Value):
    operand: Value
    dimension: str


@dataclass(frozen=True, slots=True)
class Reduced(Value):
    """A vector brought back to one value: `avg(… each day)`."""

    function: str
    operand: Value
    level: Fraction | None


@dataclass(frozen=True, slots=True)
class Measure(Value):
    """A metric where it is used; `changed` are the dates its definition changed."""

    metric: str
    operand: Value
    changed: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval of a value that is factor·X + offset, of an X drawn from a sample; `parts` are asked besides it at
    the same moment, as the method needs: a variance, two order statistics, counts, sums of each period.
    """

    method: str
    level: Fraction
    parts: tuple[Value, ...]
    factor: Fraction
    offset: Fraction
    each: PeriodUnit


@dataclass(frozen=True, slots=True)
class IntervalEnd(Value):
    """`lower_bound`, `upper_bound`: an end of the interval of the value that is judged."""

    operand: Value
    end: Literal["low", "high"]
    interval: Interval


@dataclass(frozen=True, slots=True)
class Unavailable(Value):
    """What the data makes impossible: it has no column, or not the type, that is asked for."""

    problems: tuple[Diagnostic, ...]


def parts(value: Value) -> tuple[Value, ...]:
    """The values directly inside a value."""
    if type(value) in _WITH_OPERAND:
        operand: Value = value.operand  # type: ignore[attr-defined]
        return (operand,)
    return (value.left, value.right) if isinstance(value, Operation) else ()


_WITH_OPERAND = frozenset(
    {
        Opposite, Converted, Windowed, Shifted, Preceding, Defaulted, EachPeriod, EachMember, Reduced, Measure,
        IntervalEnd,
    }
)  # fmt: skip


def aggregates(value: Value) -> tuple[Aggregate, ...]:
    """All aggregations inside a value, in the order they are written."""
    if isinstance(value, Aggregate):
        return (value,)
    return tuple(found for part in parts(value) for found in aggregates(part))


def impossible(value: Value) -> tuple[Diagnostic, ...]:
    """What of the data makes a value impossible."""
    if isinstance(value, Unavailable):
        return value.problems
    return tuple(found for part in parts(value) for found in impossible(part))


def axes(value: Value) -> tuple[str, ...]:
    """What a vector is over, outermost first."""
    match value:
        case EachPeriod(operand=operand, unit=unit, partial=partial):
            return (unit.singular if partial == "exclude" else f"{unit.singular} partial {partial}", *axes(operand))
        case EachMember(operand=operand, dimension=dimension):
            return (dimension, *axes(operand))
        case Reduced(operand=operand):
            return axes(operand)[:-1]
        case _:
            return max((axes(part) for part in parts(value)), key=len, default=())
