"""What an evaluation stands on: the world of a spec set, and where in it an expression is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.shared_nodes import ValueProp
from oracle.civil import Almanac, Span, Unit, grain
from oracle.tables import Table
from oracle.values import Outcome

PERIODS = ("second", "minute", "hour", "day", "week", "month", "quarter", "half", "year")
COUNTING = ("count", "count_distinct", "sum")
DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "half": 184, "year": 366}
Lag = tuple[int, Unit]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's expression and the days its definition changed."""

    value: x.Expr
    changed: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class World:
    """What every evaluation of a spec set shares; sources are known up to the `as_of`."""

    almanac: Almanac
    tables: Mapping[str, Table]
    metrics: Mapping[str, Metric]
    params: Mapping[str, object]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Env:
    """Where an expression is evaluated.

    `window` is a window as written, or a period of a series, with the number of `earlier` shifts it already has.
    `origin` is the anchor before these; `before`: the window before is meant. `members` is the segment, `key` the member of the series around, `names` what a guard may name. `series` is where
    the outermost series stands.
    """

    anchor: datetime
    lag: Lag | None = None
    window: tuple[x.Window | Span, int] | None = None
    earlier: tuple[Lag, ...] = ()
    previous: bool = False
    filters: tuple[x.Expr, ...] = ()
    members: tuple[tuple[str, object], ...] = ()
    series: Env | None = None
    changed: tuple[date, ...] = ()
    key: tuple[tuple[str, object], ...] = ()
    names: tuple[tuple[str, Outcome], ...] = ()
    origin: datetime | None = None
    before: bool = False


def unit_of(unit: x.WindowUnit) -> Unit:
    return Unit(grain(unit.word), unit.fiscal)


def length_of(length: x.Quantity) -> Lag:
    assert length.unit is not None
    return int(length.number), Unit(grain(length.unit))


def metric_of(decl: d.MetricDecl) -> Metric:
    (value,) = (prop.value for prop in decl.properties if isinstance(prop, ValueProp))
    return Metric(value, tuple(prop.on for prop in decl.properties if isinstance(prop, d.ChangedProp)))
