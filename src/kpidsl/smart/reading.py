"""What a value says of itself: its sources, scope, unit and windows, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kpidsl import calendar as c
from kpidsl.calendar import Grain, Unit
from kpidsl.calendar.names import period_unit
from kpidsl.plan.columns import columns_in
from kpidsl.semantic import model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.terms import DISTINCT
from kpidsl.semantic.windowing import windows

COUNTS = frozenset({"count", *DISTINCT, "conversions", "nps"})
MONTH = Unit(Grain.MONTH)


def first_window(value: v.Value) -> c.WindowSpec | None:
    """The first window that is written in a value; None for a level at the anchor."""
    return next(iter(windows(value)), None)


def step_of(value: v.Value) -> tuple[int, Unit]:
    """How far apart the windows of a value are that tell different things: their own length."""
    match first_window(value):
        case c.Last(count=count, unit=unit) | c.Next(count=count, unit=unit) | c.Trailing(count=count, unit=unit):
            return count, unit
        case c.ToDate(unit=unit) | c.This(unit=unit):
            return 1, unit
        case c.Period(text=text):
            return 1, period_unit(text)
        case c.Days(first=first, last=last):
            return (last - first).days + 1, Unit(Grain.DAY)
        case _:
            return 1, MONTH


def periods(value: v.Value) -> int:
    """About how many periods the series in a value have in one window of it."""
    count, unit = step_of(value)
    length = count * unit.grain.nominal_seconds
    return sum(length // one.unit.grain.nominal_seconds for one in _series(value))


def _series(value: v.Value) -> Iterator[v.EachPeriod]:
    if isinstance(value, v.EachPeriod):
        yield value
    for part in v.parts(value):
        yield from _series(part)


def span_of_time(value: v.Value) -> str:
    """When a value looks, in words."""
    found = dict.fromkeys(window.label for window in windows(value))
    return " and ".join(found) if found else "as it stands at the anchor"


def review_of(value: v.Value) -> str:
    """A rhythm of review that goes with the windows of a value."""
    count, unit = step_of(value)
    days = count * unit.grain.nominal_seconds / Grain.DAY.nominal_seconds
    return "weekly" if days <= 14 else "monthly" if days <= 62 else "quarterly" if days <= 200 else "yearly"


def sources(value: v.Value) -> tuple[str, ...]:
    """The sources a value reads, in the order they are written."""
    return tuple(dict.fromkeys(aggregate.source for aggregate in v.aggregates(value)))


def formula(value: v.Value) -> str:
    """The aggregations of a value with their sources and filters, each once."""
    found: dict[str, None] = {}
    for one in v.aggregates(value):
        where = " and ".join(" ".join(filter_.text.split()) for filter_ in one.where)
        found[f"{' '.join(one.text.split())} from {one.source}{f' where {where}' if where else ''}"] = None
    shown = list(found)
    more = f" and {len(shown) - 2} more" if len(shown) > 2 else ""
    return " and ".join(shown[:2]) if not more else ", ".join(shown[:2]) + more


def unit_said(value: v.Value, label: str | None) -> str | None:
    """The unit of a value in words; None where nothing says what its number counts."""
    if label is not None:
        return f"in {label}"
    functions = {aggregate.function for aggregate in v.aggregates(value)}
    if functions == {"nps"}:
        return "a score from -100 to 100"
    if value.info.kind == "ratio":
        return "a plain ratio"
    if functions and functions <= DISTINCT:
        return "a number of different values"
    return "a number of rows" if functions <= COUNTS else None


def is_constant(value: v.Value) -> bool:
    """Whether a value is the same whatever the data."""
    inside = v.parts(value)
    return all(is_constant(part) for part in inside) if inside else isinstance(value, v.Number)


def bare_column(value: v.Value) -> str | None:
    """The column without a unit that a value comes from."""
    for aggregate in v.aggregates(value):
        for row in columns_in(aggregate.argument) if aggregate.argument is not None else ():
            if row.unit.label is None:
                return row.name
    return None


def looks_back(values: Iterable[v.Value | None]) -> bool:
    """Whether some of these values look at an earlier time."""
    return any(
        value is not None and (isinstance(value, v.Preceding | v.Shifted) or looks_back(v.parts(value)))
        for value in values
    )


def edges(kpi: m.KpiModel) -> tuple[v.Value, ...]:
    """The values a KPI is held against."""
    bounds = (*kpi.targets, *((kpi.amber,) if kpi.amber is not None else ()))
    found = [edge for bound in bounds for edge in (bound.low, bound.high) if edge is not None]
    return (*found, *(guard.condition for guard in kpi.guards))
