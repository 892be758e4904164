"""Sources as the oracle sees them: a declaration and its rows in Python values.

A number of a row is an `int` or `Fraction` where it is exact and a `float` where it is not; NaN is NULL. A time is an
aware UTC datetime; a DATE stays a civil day.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import expr_nodes as x
from oracle.civil import Almanac

Row = dict[str, object]


@dataclass(slots=True)
class Table:
    """A source: what its declaration says and its rows. `span` names the time columns of a `holds` source."""

    name: str
    decl: d.SourceDecl
    rows: list[Row] = field(default_factory=list)
    time: str | None = None
    zone: str | None = None
    holds: tuple[str, str, bool] | None = None
    key: tuple[str, ...] = ()
    lets: dict[str, x.Expr] = field(default_factory=dict)
    joins: list[d.JoinProp] = field(default_factory=list)
    fresh: x.Quantity | None = None
    complete: x.Quantity | None = None
    ahead: bool = False
    columns: dict[str, d.ColumnProp] = field(default_factory=dict)


def table(name: str, decl: d.SourceDecl, rows: Iterable[Mapping[str, object]], almanac: Almanac) -> Table:
    found = Table(name, decl)
    for prop in decl.properties:
        match prop:
            case d.TimeProp():
                found.time = prop.column.text
                found.zone = prop.zone.value if prop.zone else None
            case d.HoldsProp():
                found.holds = (prop.start.text, prop.end.text, prop.inclusive)
            case d.KeyProp():
                found.key = tuple(column.text for column in prop.columns)
            case d.ColumnProp():
                found.columns[prop.name.text] = prop
            case d.LetProp():
                found.lets[prop.name.text] = prop.value
            case d.JoinProp():
                found.joins.append(prop)
            case d.FreshProp():
                found.fresh = prop.within
            case d.CompleteProp():
                found.complete = prop.after
            case d.AheadProp():
                found.ahead = True
            case _:
                pass
    zone = found.zone or almanac.timezone
    found.rows = [
        {column: cell(value, found.columns.get(column), zone, almanac) for column, value in row.items()} for row in rows
    ]
    return found


def cell(value: object, column: d.ColumnProp | None, zone: str, almanac: Almanac) -> object:
    """A value as the declaration of its column has it."""
    if isinstance(value, str) and column is not None:
        value = timed(value, column)
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, Decimal):
        value = None if value.is_nan() else Fraction(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else almanac.instant(value, zone)
    if column is not None and column.scale is not None and isinstance(value, int | Fraction | float):
        low, high = column.scale
        if isinstance(value, float):
            return (value - float(low)) / float(high - low)
        return (Fraction(value) - Fraction(low)) / Fraction(high - low)
    return value


def timed(text: str, column: d.ColumnProp) -> object:
    """Text that is declared a time: by its format, or ISO 8601."""
    kind = column.type.text
    if kind == "timestamp":
        return datetime.strptime(text, column.format.value) if column.format else datetime.fromisoformat(text)  # noqa: DTZ007
    if kind == "date":
        return datetime.strptime(text, column.format.value).date() if column.format else date.fromisoformat(text)  # noqa: DTZ007
    return text


def instant(value: object, almanac: Almanac) -> datetime | None:
    """The instant a time value stands at: a civil day at its beginning."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return almanac.day(value)
    return None


def joined(rows: Sequence[Row], columns: tuple[str, ...], values: tuple[object, ...]) -> Row | None:
    """The one row of a many-to-one join whose key columns have these values; a NULL matches nothing."""
    if any(value is None for value in values):
        return None
    found = [row for row in rows if all(row.get(c) == v for c, v in zip(columns, values, strict=True))]
    assert len(found) <= 1, f"the key {values} is there {len(found)} times"
    return found[0] if found else None
