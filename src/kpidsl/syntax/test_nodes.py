"""The `test` declaration: inline tables and what is expected of them."""

from __future__ import annotations

from datetime import date, datetime

from kpidsl.records import dataclass
from kpidsl.syntax.expr_nodes import Boolean, DateLiteral, Expr, InstantLiteral, Null, Quantity
from kpidsl.syntax.node import Name, Node, Text, Word

Cell = Text | Quantity | DateLiteral | InstantLiteral | Boolean | Null


@dataclass(frozen=True, slots=True)
class GivenRow(Node):
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class GivenProp(Node):
    """An inline table for a source: column names and rows."""

    source: Name
    columns: tuple[Name, ...]
    rows: tuple[GivenRow, ...]


@dataclass(frozen=True, slots=True)
class AsOfProp(Node):
    """`as of 2026-03-31`: the end of that day, or an instant."""

    at: date | datetime


@dataclass(frozen=True, slots=True)
class ExpectProp(Node):
    """`expect revenue over last month == 10 EUR`: any condition."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class ExpectAboutProp(Node):
    """`expect m ~ 0.333 within 0.001`."""

    value: Expr
    about: Expr
    within: Expr | None


@dataclass(frozen=True, slots=True)
class ExpectStateProp(Node):
    """`expect monthly_revenue is red`."""

    value: Expr
    state: Word


@dataclass(frozen=True, slots=True)
class ExpectUndefinedProp(Node):
    """`expect m undefined zero_denominator`; without a word, for any reason."""

    value: Expr
    reason: Word | None


@dataclass(frozen=True, slots=True)
class ExpectSignalProp(Node):
    """`expect late_share signals concern`."""

    value: Expr
    word: Word


@dataclass(frozen=True, slots=True)
class ExpectErrorProp(Node):
    """`expect error K0601`."""

    code: Word


TestProp = (
    AsOfProp
    | GivenProp
    | ExpectProp
    | ExpectAboutProp
    | ExpectStateProp
    | ExpectUndefinedProp
    | ExpectSignalProp
    | ExpectErrorProp
)


@dataclass(frozen=True, slots=True)
class TestDecl(Node):
    title: Text
    properties: tuple[TestProp, ...]
    doc: str | None
