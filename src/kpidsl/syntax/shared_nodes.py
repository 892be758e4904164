"""Properties and parts that several declarations have."""

from __future__ import annotations

from decimal import Decimal

from kpidsl.records import dataclass
from kpidsl.syntax.expr_nodes import Expr, Quantity
from kpidsl.syntax.node import Name, Node, Text, Word


# ---------------------------------------------------------------- shared by several
@dataclass(frozen=True, slots=True)
class OwnerProp(Node):
    owner: Text


@dataclass(frozen=True, slots=True)
class DescriptionProp(Node):
    text: Text


@dataclass(frozen=True, slots=True)
class TagsProp(Node):
    tags: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class ReviewProp(Node):
    """`review monthly`."""

    rhythm: Word


@dataclass(frozen=True, slots=True)
class SupportsProp(Node):
    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class IntervalProp(Node):
    """`interval 95%`, `interval wilson 95%`, `interval ratio 95% each week`."""

    method: Word | None
    level: Quantity
    each: Word | None


Meta = OwnerProp | DescriptionProp | TagsProp | ReviewProp


@dataclass(frozen=True, slots=True)
class ValueProp(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class ByProp(Node):
    dimensions: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class CompareBound(Node):
    """`>= 120_000 EUR`."""

    operator: str
    value: Expr


@dataclass(frozen=True, slots=True)
class RangeBound(Node):
    """`18..22 degC`: both edges included."""

    low: Expr
    high: Expr


Bound = CompareBound | RangeBound


@dataclass(frozen=True, slots=True)
class RequireProp(Node):
    conditions: tuple[Expr, ...]


# ---------------------------------------------------------------- providers
@dataclass(frozen=True, slots=True)
class ProviderArgument(Node):
    """`"data/orders.csv"` or `delimiter: ";"`. A tuple is a list; a Name is a bare word such as a connection's."""

    name: Name | None
    value: OptionValue


@dataclass(frozen=True, slots=True)
class ProviderCall(Node):
    """`csv("data/orders.csv", delimiter: ";")`."""

    provider: Name
    arguments: tuple[ProviderArgument, ...]


@dataclass(frozen=True, slots=True)
class OptionList(Node):
    items: tuple[OptionValue, ...]


@dataclass(frozen=True, slots=True)
class OptionNumber(Node):
    value: Decimal


@dataclass(frozen=True, slots=True)
class OptionBoolean(Node):
    value: bool


OptionValue = Text | Name | OptionNumber | OptionBoolean | OptionList
