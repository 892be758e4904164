"""Windows, shifts and edges that read some days twice, some never, or ask of a day what only hours can tell."""

from __future__ import annotations

import re

from kpidsl import calendar as c
from kpidsl.diagnostics import Fix, Problems
from kpidsl.semantic import values as v
from kpidsl.semantic.lints.walk import Spot
from kpidsl.semantic.model import KpiModel, Model, SourceModel
from kpidsl.semantic.rows import ColumnValue
from kpidsl.semantic.scope import Names
from kpidsl.semantic.types import DataType
from kpidsl.semantic.windowing import windows
from kpidsl.semantic.windows import Invalid, counted_unit
from kpidsl.source_text import Span
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import expr_nodes as x

_MONTHS_A_YEAR = 12
_WEEKS_A_YEAR = 52
_ONE_MONTH = 28  # days: a shift of fewer stays near the window it starts from
_PERIODS = (c.Last, c.Next, c.This)


def lint_times(spot: Spot, model: Model, problems: Problems) -> None:
    """Warn of what one part of an expression says of time."""
    match spot.node, spot.value:
        case x.Earlier(operand=operand, unit=written), v.Shifted(operand=inner, count=count, unit=unit):
            place = _counted(operand.span, written.span)
            _shift(windows(inner), count, unit, place, model.calendar, problems)
            _hours(unit, inner, model, place, problems)
        case x.Over(window=window), v.Windowed(operand=inner, window=spec):
            if not isinstance(spec, c.Period | c.Days | c.Since | c.AllTime):
                _hours(spec.unit, inner, model, window.span, problems)
        case x.Each(by=by), v.EachPeriod(operand=inner, unit=unit):
            _hours(unit, inner, model, by.span, problems)
        case x.Aggregation(at=x.At() as at), v.Aggregate():
            _newest_only(at, spot.value, model, problems)
        case _:
            return


def lint_kpi_times(names: Names, model: Model, problems: Problems) -> None:
    """Warn of comparisons and trends that do not go with the windows of their KPI."""
    for name, kpi in model.kpis.items():
        node = names.named[name].node
        assert isinstance(node, d.KpiDecl)
        for prop in node.properties:
            match prop:
                case d.CompareProp(items=items):
                    for item in items:
                        if isinstance(item, d.EarlierItem):
                            unit = _unit(item.count, item.unit)
                            place = Span(item.span.source, item.span.start, item.unit.span.end)
                            _shift(windows(kpi.value), item.count, unit, place, model.calendar, problems)
                            _hours(unit, kpi.value, model, place, problems)
                case d.TrendProp(count=1, unit=written) if not kpi.signals and kpi.forecast is None:
                    unit = _unit(1, written)
                    problems.warning(
                        "K0474", f"`trend 1 {unit.singular}` is the value alone: nothing earlier is shown", prop.span,
                        hint=f"write `trend {_unit(12, written).counted(12)}`: this value and the 11 before it",
                    )  # fmt: skip
                case d.TrendProp(count=count, unit=written):
                    unit = _unit(count, written)
                    if not _hours(unit, kpi.value, model, prop.span, problems):
                        _trend(kpi, count, unit, prop.span, problems)
                case _:
                    pass


# ------------------------------------------------------------ shifts
def _shift(
    found: list[c.WindowSpec], count: int, unit: c.Unit, place: Span, calendar: c.Calendar, problems: Problems
) -> None:
    for window in found:
        better = _better_shift(window, count, unit)
        # Where fiscal years are made of weeks, a fiscal week meets a fiscal week.
        if better is None or c.counts_weeks(window, unit, calendar):
            continue
        problems.warning(
            "K0365",
            f"`{window.label}` moved by {unit.counted(count)} reads some days twice and some never",
            place,
            f"{_plural(window)} do not fit into {unit.grain.plural}"
            if not unit.grain.is_finer_than(window.unit.grain)  # type: ignore[union-attr]
            else f"{unit.grain.plural} do not fit into {_plural(window)}",
            hint=f"write `{better} earlier`",
            fix=Fix(f"write `{better}`", place, better),
        )
        return


def _better_shift(window: c.WindowSpec, count: int, unit: c.Unit) -> str | None:
    """The shift near the one written that moves a window by whole units of its own; None where the written one does."""
    if isinstance(window, c.Period | c.Days | c.Since | c.AllTime):
        return None
    grain = window.unit.grain
    months = unit.grain.months * count
    if months:
        whole_years = months % _MONTHS_A_YEAR == 0
        days = grain is c.Grain.DAY or grain.is_clock
        # The same days of another year are each read once; the weekdays differ, which may be meant.
        if grain is c.Grain.WEEK or (days and not whole_years and isinstance(window, c.Last | c.Trailing)):
            weeks = _WEEKS_A_YEAR * months // _MONTHS_A_YEAR if whole_years else round(months * 365.25 / 84)
            return c.Unit(c.Grain.WEEK).counted(weeks)
        return None
    days_moved = count * {c.Grain.WEEK: 7, c.Grain.DAY: 1}.get(unit.grain, 0)
    if not grain.months or window.unit.fiscal or days_moved < _ONE_MONTH or not isinstance(window, _PERIODS):
        return None
    months = max(1, round(days_moved * _MONTHS_A_YEAR / 365.25))
    for coarser in (c.Grain.YEAR, c.Grain.QUARTER):
        if months % coarser.months == 0 and not coarser.is_finer_than(grain):
            return c.Unit(coarser).counted(months // coarser.months)
    months = max(grain.months, months // grain.months * grain.months)
    return c.Unit(grain).counted(months // grain.months)


def _trend(kpi: KpiModel, count: int, unit: c.Unit, place: Span, problems: Problems) -> None:
    """A series that moves by less than the complete units its windows are made of repeats its values."""
    found = windows(kpi.value)
    whole = [one for one in found if isinstance(one, _PERIODS) and unit.grain.is_finer_than(one.unit.grain)]
    if not whole or len(whole) < len(found):
        return
    window = min(whole, key=lambda one: one.unit.grain.nominal_seconds)
    better = window.unit.counted(count)
    problems.warning(
        "K0366",
        f"a step of one {unit.singular} shows the same {window.unit.singular} several times",
        place,
        f"`{window.label}` changes once a {window.unit.singular}",
        hint=f"write `trend {better}`",
    )


# ------------------------------------------------------------ grains
def _hours(unit: c.Unit, value: v.Value, model: Model, place: Span, problems: Problems) -> bool:
    """Warn where hours are asked of rows that only know their day."""
    if not unit.grain.is_clock:
        return False
    for one in v.aggregates(value):
        source = model.sources.get(one.source)
        time = one.time if one.time is not None else source.holds.start if source is not None and source.holds else None
        if time is None or time.type is not DataType.DATE or source is None:
            continue
        column = f"`{time.name}`" if isinstance(time, ColumnValue) else "the time column"
        problems.warning(
            "K0367",
            f"{column} of `{source.name}` holds days, and {unit.grain.plural} are finer than that",
            place,
            "every row stands at the start of its day",
            also=[(source.span, "declared here")],
            hint="ask for days: `each day`, `last 2 days`, or take a column with the time of day",
        )
        return True
    return False


def _newest_only(at: x.At, value: v.Aggregate, model: Model, problems: Problems) -> None:
    """`at end` takes the rows of the newest instant alone: where each key has an instant of its own, most are lost."""
    source = model.sources.get(value.source)
    if at.per or source is None or source.holds is not None or not source.key:
        return
    if not isinstance(value.time, ColumnValue) or value.time.path:
        return
    keys = tuple(key for key in source.key if key != value.time.name)
    apart = value.time.name not in source.key
    if not keys or not (apart or _is_clock_time(value.time.name, source)):
        return
    shown = keys[0] if len(keys) == 1 else f"({', '.join(keys)})"
    edge = "newest" if at.edge == "end" else "oldest"
    problems.warning(
        "K0368",
        f"`at {at.edge}` takes the rows of the {edge} `{value.time.name}` alone: keys that report at another moment "
        "are left out",
        at.span,
        also=[(source.span, f"a row for each {', '.join(source.key)}")],
        hint=f"write `at {at.edge} per {shown}` for the {edge} row of each",
        fix=Fix(f"add `per {shown}`", Span(at.span.source, at.span.end, at.span.end), f" per {shown}")
        if apart
        else None,
    )


def _is_clock_time(name: str, source: SourceModel) -> bool:
    column = source.schema.get(name) if source.schema is not None else None
    return column is not None and column.type in (DataType.TIMESTAMP, DataType.INSTANT)


# ------------------------------------------------------------ words
def _counted(operand: Span, unit: Span) -> Span:
    """Where `1 year` of `… 1 year earlier` stands."""
    between = unit.source.text[operand.end : unit.start]
    number = re.search(r"\d[\d_]*\s*$", between)
    return Span(unit.source, operand.end + number.start() if number is not None else unit.start, unit.end)


def _unit(count: int, written: x.WindowUnit) -> c.Unit:
    """The unit of a property that is checked already."""
    try:
        return counted_unit(count, written, Problems())
    except Invalid as error:
        raise AssertionError(written.word) from error


def _plural(window: c.WindowSpec) -> str:
    return window.unit.grain.plural if not isinstance(window, c.Period | c.Days | c.Since | c.AllTime) else window.label
