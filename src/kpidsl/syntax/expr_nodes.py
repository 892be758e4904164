"""Expressions, literals and windows: one superset of row and metric expressions; the checker separates them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from kpidsl.records import dataclass
from kpidsl.syntax.node import Name, Node, Text, Word


# ---------------------------------------------------------------- units
@dataclass(frozen=True, slots=True)
class UnitFactor(Node):
    """One factor of a unit: `EUR`, `%`, `m^2`; `per 100_000` is the number 100000 with power −1."""

    name: str
    power: int


@dataclass(frozen=True, slots=True)
class UnitExpr(Node):
    """A product of unit factors, as written: `EUR/order`."""

    factors: tuple[UnitFactor, ...]
    text: str


# ---------------------------------------------------------------- literals
@dataclass(frozen=True, slots=True)
class Quantity(Node):
    """A number as written (`85%` is 85 with unit `%`), with `k` and `M` multiplied out."""

    number: Decimal
    unit: str | None


@dataclass(frozen=True, slots=True)
class Quotient(Node):
    """`70 per 100_000`: exactly that quotient."""

    quantity: Quantity
    per: Decimal


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    value: bool


@dataclass(frozen=True, slots=True)
class Null(Node):
    pass


@dataclass(frozen=True, slots=True)
class DateLiteral(Node):
    value: date


@dataclass(frozen=True, slots=True)
class InstantLiteral(Node):
    """A civil time in the calendar's zone, unless it is written with an offset."""

    value: datetime


# ---------------------------------------------------------------- windows
@dataclass(frozen=True, slots=True)
class WindowUnit(Node):
    """`month`, `days`, `fiscal quarter`: the word as written."""

    word: str
    fiscal: bool


@dataclass(frozen=True, slots=True)
class LastWindow(Node):
    count: int
    unit: WindowUnit


@dataclass(frozen=True, slots=True)
class NextWindow(Node):
    count: int
    unit: WindowUnit


@dataclass(frozen=True, slots=True)
class TrailingWindow(Node):
    count: int
    unit: WindowUnit


@dataclass(frozen=True, slots=True)
class ToDateWindow(Node):
    unit: WindowUnit


@dataclass(frozen=True, slots=True)
class ThisWindow(Node):
    unit: WindowUnit


@dataclass(frozen=True, slots=True)
class PeriodToDateWindow(Node):
    """`period to date`: from the start of the objective's period."""


@dataclass(frozen=True, slots=True)
class PeriodWindow(Node):
    """A named period: `2026`, `2026-Q1`, `FY2026-Q2`, `2026-W05`."""

    text: str


@dataclass(frozen=True, slots=True)
class DateRangeWindow(Node):
    """Both days are included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class SinceWindow(Node):
    start: date


@dataclass(frozen=True, slots=True)
class AllTimeWindow(Node):
    pass


Window = (
    LastWindow
    | NextWindow
    | TrailingWindow
    | ToDateWindow
    | ThisWindow
    | PeriodToDateWindow
    | PeriodWindow
    | DateRangeWindow
    | SinceWindow
    | AllTimeWindow
)


# ---------------------------------------------------------------- expressions
@dataclass(frozen=True, slots=True)
class NameRef(Node):
    """A column, a metric, a param, `value`, `target`, `n`: what it is, the checker finds out."""

    name: str

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.name.split("."))


@dataclass(frozen=True, slots=True)
class KofN(Node):
    """`2 of 5`, an argument of `top_box`."""

    k: int
    n: int


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`sum(amount)` without a source, `avg(x each day)`, `lower(name)`."""

    function: Name
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Coded(Node):
    """`prevalence(theme == "trust" per interview)`, `krippendorff_alpha(code by coder per unit, level: ordinal)`: a
    measure of units, from the rows in which they are coded. There is one argument.
    """

    function: Name
    arguments: tuple[Expr, ...]
    by: Name | None
    per: Name
    option: Name | None
    word: Word | None


@dataclass(frozen=True, slots=True)
class At(Node):
    """`at end`, `at start`, `at end per account_id`."""

    edge: str
    per: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Aggregation(Node):
    """`sum(amount) from orders on paid_at where status == "paid" at end per account`."""

    call: Call | Coded
    source: Name
    on: Name | None
    where: Expr | None
    at: At | None


@dataclass(frozen=True, slots=True)
class ConversionStep(Node):
    source: Name
    where: Expr | None


@dataclass(frozen=True, slots=True)
class Conversion(Node):
    """`conversion_rate(visits to buys per user_id within 7 days)`; `function` may also be `conversions`."""

    function: str
    first: ConversionStep
    then: ConversionStep
    per: tuple[Name, ...]
    within: Quantity


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`+ - * /`."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`== != < <= > >=`."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`and`, `or`."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Not(Node):
    operand: Expr


@dataclass(frozen=True, slots=True)
class Negate(Node):
    operand: Expr


@dataclass(frozen=True, slots=True)
class InList(Node):
    operand: Expr
    items: tuple[Expr, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class InWindow(Node):
    """`closes_on in next fiscal quarter`."""

    operand: Expr
    window: Window
    negated: bool


@dataclass(frozen=True, slots=True)
class IsNull(Node):
    operand: Expr
    negated: bool


@dataclass(frozen=True, slots=True)
class Matches(Node):
    operand: Expr
    pattern: Text


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class PercentOf(Node):
    """`90% of target`: the fraction times the operand."""

    percent: Quantity
    operand: Expr


@dataclass(frozen=True, slots=True)
class Over(Node):
    operand: Expr
    window: Window


@dataclass(frozen=True, slots=True)
class Earlier(Node):
    """`… 1 year earlier`."""

    operand: Expr
    count: int
    unit: WindowUnit


@dataclass(frozen=True, slots=True)
class Filtered(Node):
    """`M where country == "DE"`: narrows every aggregation inside."""

    operand: Expr
    predicate: Expr


@dataclass(frozen=True, slots=True)
class Partial(Node):
    """`partial exclude`, `partial prorate`; without a word `partial to date`."""

    way: Word | None


@dataclass(frozen=True, slots=True)
class Each(Node):
    """`M each day`, `M each fiscal month partial to date`, `M each country`; a bare period word is the period,
    `flights.month` the column.
    """

    operand: Expr
    by: Name
    fiscal: bool = False
    partial: Partial | None = None


@dataclass(frozen=True, slots=True)
class Default(Node):
    operand: Expr
    value: Quantity


Expr = (
    Quantity
    | Quotient
    | Text
    | Boolean
    | Null
    | DateLiteral
    | InstantLiteral
    | NameRef
    | KofN
    | Call
    | Aggregation
    | Conversion
    | Binary
    | Compare
    | Logic
    | Not
    | Negate
    | InList
    | InWindow
    | IsNull
    | Matches
    | If
    | PercentOf
    | Over
    | Earlier
    | Filtered
    | Each
    | Default
)
