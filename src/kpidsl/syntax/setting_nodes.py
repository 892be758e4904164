"""Declarations that set the scene: calendar, unit, param, goal, namespace, import."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from kpidsl.records import dataclass
from kpidsl.syntax.expr_nodes import Expr, UnitExpr
from kpidsl.syntax.node import Name, Node, Text, Word
from kpidsl.syntax.shared_nodes import ProviderCall


# ---------------------------------------------------------------- calendar, unit, param, goal
@dataclass(frozen=True, slots=True)
class TimezoneProp(Node):
    zone: Text


@dataclass(frozen=True, slots=True)
class WeekStartsProp(Node):
    day: Word


@dataclass(frozen=True, slots=True)
class Week53Prop(Node):
    """`week 53 compares blank`, `week 53 compares week 1`, `week 53 compares restated`."""

    week: int
    way: Word
    number: int | None


@dataclass(frozen=True, slots=True)
class YearStartsProp(Node):
    month: Word
    named_by: Word | None


@dataclass(frozen=True, slots=True)
class YearEndsLastProp(Node):
    """`year ends last saturday of january`."""

    weekday: Word
    month: Word
    named_by: Word | None


@dataclass(frozen=True, slots=True)
class YearEndsNearestProp(Node):
    """`year ends saturday nearest 01-31`."""

    weekday: Word
    month: int
    day: int
    named_by: Word | None


@dataclass(frozen=True, slots=True)
class PatternProp(Node):
    pattern: Literal["4-4-5", "4-5-4", "5-4-4"]


@dataclass(frozen=True, slots=True)
class HolidaysProp(Node):
    """`holidays "DE"` or `holidays csv("holidays.csv")`."""

    days: Text | ProviderCall


CalendarProp = (
    TimezoneProp
    | WeekStartsProp
    | Week53Prop
    | YearStartsProp
    | YearEndsLastProp
    | YearEndsNearestProp
    | PatternProp
    | HolidaysProp
)


@dataclass(frozen=True, slots=True)
class CalendarDecl(Node):
    properties: tuple[CalendarProp, ...]
    doc: str | None


@dataclass(frozen=True, slots=True)
class UnitDecl(Node):
    """`unit order`, `unit kWh = 3.6 MJ`, `unit EUR "Euro" { kind currency }`."""

    name: Name
    title: Text | None
    factor: Decimal | None
    base: UnitExpr | None
    kind: Word | None
    doc: str | None


@dataclass(frozen=True, slots=True)
class ParamDecl(Node):
    name: Name
    default: Expr
    doc: str | None


@dataclass(frozen=True, slots=True)
class GoalDecl(Node):
    name: Name
    title: Text
    kind: Word | None
    doc: str | None


@dataclass(frozen=True, slots=True)
class NamespaceDecl(Node):
    name: Name


@dataclass(frozen=True, slots=True)
class ImportDecl(Node):
    path: Text
