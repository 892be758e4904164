"""Results as a table for people: what stands well, what does not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal

from kpidsl.assess.results import (
    Assessment,
    Comparison,
    KpiResult,
    Member,
    MetricResult,
    Results,
    Segment,
    SourceTraffic,
    WindowResult,
)
from kpidsl.diagnostics.glyphs import columns, encodable, visible
from kpidsl.report.explained import explained
from kpidsl.report.figures import (
    OF_A_HUNDRED,
    Figure,
    between,
    bound,
    difference,
    distance,
    figure,
    ratio,
    sparkline,
)
from kpidsl.report.goal_table import counted, objective_table
from kpidsl.report.notes import notes
from kpidsl.report.numbers import plain
from kpidsl.report.outcome_table import counted as counted_outcomes
from kpidsl.report.outcome_table import outcome_table
from kpidsl.report.scorecards import overdue_table, said_of, scorecard_table
from kpidsl.report.signals import lines
from kpidsl.report.statuses import STATUSES, WORST_FIRST
from kpidsl.report.table import WIDTH, Column, Table, TableRow, paint

NARROWEST = 40
SEGMENTS = 12  # of a KPI; of more, the worst ones
TREND = 24  # values, the newest ones
INTERVALS = {
    "insufficient_sample": "there are too few rows",
    "no_variation": "in the sample nothing varies",
    "uncovered_periods": "whole periods do not make up the window",
}
CERTAINTIES = {"met_certain": "met", "missed_certain": "missed", "not_distinguishable": "neither"}


COLUMNS = (
    Column("value", "Value"),
    Column("target", "Target", leaves=7, said="target"),
    Column("gap", "Gap", leaves=3, said="gap"),
    Column("interval", "Interval", leaves=4, said="interval"),
    Column("certainty", "Certainly", leaves=5, said="certainly"),
    Column("change", "Change", leaves=6, said="vs previous"),
    Column("trend", "Trend", leaves=2),
    Column("window", "Window", leaves=1, dim=True),
)
METRIC_COLUMNS = (
    Column("value", "Value"),
    Column("n", "n", leaves=1, said="n"),
    Column("window", "Window", leaves=2, dim=True),
)


def to_text(results: Results, *, width: int = WIDTH, colour: bool = False) -> str:
    """The table, `width` columns wide, ended by a line end; `colour` writes ANSI escapes.

    Values are rounded for reading, but never so far that one reads like the target it missed.
    """
    width = max(width, NARROWEST)
    blocks = [
        kpi_table(results.kpis, width=width, colour=colour),
        metric_table(results.metrics, width=width, colour=colour),
        objective_table(results.objectives, width=width, colour=colour),
        outcome_table(results.outcomes, width=width, colour=colour),
        *(scorecard_table(each, width=width, colour=colour) for each in results.scorecards),
        overdue_table(results, width=width, colour=colour),
        notes(results.errors, "error", width=width, colour=colour),
        notes(results.warnings, "warning", width=width, colour=colour),
        explained(results, width=width, colour=colour),
        timings(results.timings, width=width, colour=colour),
        traffic(results.traffic, width=width, colour=colour),
        closing(results, width=width, colour=colour),
    ]
    return encodable("\n\n".join("\n".join(lines) for lines in blocks if lines)) + "\n"


def kpi_table(kpis: Sequence[KpiResult], *, width: int, colour: bool) -> list[str]:
    label = _usual_comparison(kpis)
    said = f"vs {label}"
    shown = [replace(each, heading=said, said=said) if each.key == "change" else each for each in COLUMNS]
    rows = [row for kpi in kpis for row in kpi_rows(kpi, label)]
    return Table("KPI", shown, rows, width=width, colour=colour).lines() if rows else []


def kpi_rows(kpi: KpiResult, label: str) -> Iterable[TableRow]:
    """The KPI, the segments that are shown, and how many are not. `label` is the comparison that has a column."""
    found = kpi.assessment
    yield TableRow(
        title=visible(kpi.title or kpi.name),
        cells=_cells(found, kpi.unit, label) | {"window": _window(kpi.window)},
        status=str(STATUSES[found.status]),
        colour=STATUSES[found.status].colour,
        remarks=(
            " · ".join((*_nearness(kpi), *_remarks(found, kpi.unit, label))),
            *map(visible, lines(found)),
            *_actions(kpi),
        ),
    )
    shown = worst(kpi.segments)
    for segment in shown:
        judged = segment.assessment
        cells = _cells(judged, kpi.unit, label)
        if judged.target == found.target:
            cells.pop("target", None)
        has_status = judged.status != "no_target"
        yield TableRow(
            title=_members(segment),
            cells=cells,
            status=str(STATUSES[judged.status]) if has_status else "",
            colour=STATUSES[judged.status].colour,
            depth=1,
            aside=(judged.reason or _undefined(judged)) if judged.value is None else "",
        )
    hidden = Counter(each.assessment.status for each in kpi.segments)
    hidden.subtract(each.assessment.status for each in shown)
    if hidden.total():
        yield TableRow(title=f"… {hidden.total()} more: {_counted(hidden)}", cells={}, depth=1)


def _nearness(found: KpiResult | MetricResult) -> Iterable[str]:
    """The standard error of a value that is an estimate."""
    if found.approximate is not None:
        yield f"approximate, ±{found.approximate.error:.2%}"


def _remarks(found: Assessment, unit: str | None, label: str) -> Iterable[str]:
    """Why a KPI is not green, and its change where the column is about another comparison."""
    if found.value is None or found.status not in ("green", "no_target"):
        yield found.reason or _undefined(found)
    if found.interval is not None and found.interval.undefined is not None:
        yield f"no interval: {INTERVALS.get(found.interval.undefined, found.interval.undefined)}"
    if found.n_open:
        yield f"{found.n_open:,} still open"
    if found.partial:
        yield "its last period is not over"
    first = found.comparisons[0] if found.comparisons else None
    if first is not None and first.label != label and first.change is not None:
        yield f"vs {first.label} {_change(first, unit)}"


def _actions(kpi: KpiResult) -> Iterable[str]:
    """What is still to be done at this status."""
    for action in kpi.actions:
        if action.done is None and action.when in (None, kpi.assessment.status):
            yield f"→ {said_of(action)}"


def worst(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """The segments to show: all of a few, the worst of many, in the order they had."""
    if len(segments) <= SEGMENTS + 1:
        return tuple(segments)
    ranked = sorted(range(len(segments)), key=lambda each: WORST_FIRST.index(segments[each].assessment.status))
    return tuple(segments[each] for each in sorted(ranked[:SEGMENTS]))


def metric_table(metrics: Sequence[MetricResult], *, width: int, colour: bool) -> list[str]:
    rows = [
        TableRow(
            title=visible(each.title or each.name),
            cells={
                "value": Figure("–") if each.value is None else figure(each.value, each.unit),
                "n": Figure("" if each.n is None else f"{each.n:,}"),
                "window": _window(each.window),
            },
            aside=" · ".join(_of_metric(each)),
        )
        for each in metrics
    ]
    return Table("Metric", METRIC_COLUMNS, rows, width=width, colour=colour).lines() if rows else []


def _of_metric(found: MetricResult) -> Iterable[str]:
    """Why there is no value, how near an estimate is, and how much is still open."""
    if found.value is None:
        yield (found.value_undefined or "").replace("_", " ")
    yield from _nearness(found)
    if found.n_open:
        yield f"{found.n_open:,} still open"
    if found.partial:
        yield "its last period is not over"


def timings(found: Sequence[tuple[str, Decimal]], *, width: int, colour: bool) -> list[str]:
    rows = [TableRow(title=visible(stage), cells={"value": Figure(f"{seconds:.3f}", "s")}) for stage, seconds in found]
    return Table("Stage", (Column("value", "Time"),), rows, width=width, colour=colour).lines() if rows else []


def traffic(found: Sequence[SourceTraffic], *, width: int, colour: bool) -> list[str]:
    """What crossed the wire, source by source."""
    rows = [
        TableRow(
            title=visible(one.source),
            cells={"queries": Figure(f"{one.queries:,}"), "rows": Figure(f"{one.rows:,}")},
            remarks=(f"its rows were read: {visible(one.reason)}",) if one.reason is not None else (),
        )
        for one in found
    ]
    columns = (Column("queries", "Queries there"), Column("rows", "Rows from there"))
    return Table("Source", columns, rows, width=width, colour=colour).lines() if rows else []


def closing(results: Results, *, width: int, colour: bool) -> list[str]:
    """How many of what, and the anchor: on one line where it fits."""
    bare, shown = _counts(results, colour=False), _counts(results, colour=colour)
    if columns(" · ".join(bare)) <= width:
        return [" · ".join(shown)]
    lines: list[list[int]] = [[]]
    for number in range(len(bare)):
        longer = " · ".join(bare[each] for each in [*lines[-1], number])
        if lines[-1] and (columns(longer) > width or (number == 1 and results.kpis)):
            lines.append([])
        lines[-1].append(number)
    return [" · ".join(shown[each] for each in line) for line in lines]


def _counts(results: Results, *, colour: bool) -> list[str]:
    """The parts of the closing line, the KPIs first."""
    parts = []
    if results.kpis:
        parts.append(f"{_many(len(results.kpis), 'KPI')}: {_counted(results.summary, colour=colour)}")
    if results.metrics:
        parts.append(_many(len(results.metrics), "metric"))
    if results.objectives:
        counts = counted(results.objectives_summary, colour=colour)
        parts.append(f"{_many(len(results.objectives), 'objective')}: {counts}")
    if results.outcomes:
        counts = counted_outcomes(results.outcomes_summary, colour=colour)
        parts.append(f"{_many(len(results.outcomes), 'outcome')}: {counts}")
    if results.errors:
        parts.append(paint(_many(len(results.errors), "error"), STATUSES["error"].colour, on=colour))
    if results.warnings:
        parts.append(_many(len(results.warnings), "warning"))
    return [*(parts or ["nothing to show"]), f"as of {anchor_said(results)}"]


def anchor_said(results: Results) -> str:
    """The as-of as a person gives it: a day means its end."""
    moment, zone = results.as_of, visible(results.timezone)
    if results.as_of_is_now:
        return f"now, {moment:%Y-%m-%d %H:%M:%S} ({zone})"
    if moment.replace(tzinfo=None).time() == time():
        return f"the end of {moment.date() - timedelta(days=1)} ({zone})"
    return f"{moment.replace(tzinfo=None).isoformat(' ')} ({zone})"


def _cells(found: Assessment, unit: str | None, label: str) -> dict[str, Figure | str]:
    shown = {"value": Figure("–") if found.value is None else figure(found.value, unit, found.target)}
    if found.target:
        shown["target"] = bound(found.target, unit)
    cells: dict[str, Figure | str] = {**shown}
    if found.gap is not None:
        cells["gap"] = distance(found.gap, unit, tuple(shown.values()))
    if found.interval is not None:
        cells["interval"] = between(found.interval, unit)
    if found.certainty is not None:
        cells["certainty"] = CERTAINTIES[found.certainty]
    if found.comparisons and found.comparisons[0].label == label and found.comparisons[0].change is not None:
        cells["change"] = _change(found.comparisons[0], unit)
    if found.trend:
        cells["trend"] = sparkline([each.value for each in found.trend[-TREND:]])
    return {key: cell for key, cell in cells.items() if cell not in ("", Figure(""))}


def _change(found: Comparison, unit: str | None) -> Figure:
    """Against the compared value: in percentage points for a percentage, else relative where that is defined."""
    if unit not in OF_A_HUNDRED and found.change_relative is not None:
        return ratio(found.change_relative)
    return Figure("") if found.change is None else difference(found.change, unit)


def _usual_comparison(kpis: Sequence[KpiResult]) -> str:
    """The comparison most KPIs name first: it has a column. Empty where none compares anything."""
    named = Counter(kpi.assessment.comparisons[0].label for kpi in kpis if kpi.assessment.comparisons)
    return named.most_common(1)[0][0] if named else ""


def _window(found: WindowResult | None) -> str:
    return visible(found.label) if found else ""


def _undefined(found: Assessment) -> str:
    return (found.value_undefined or "").replace("_", " ")


def _members(segment: Segment) -> str:
    return " / ".join(_member(dimension, member) for dimension, member in segment.by)


def _member(dimension: str, member: Member) -> str:
    match member:
        case None:
            return f"(no {visible(dimension)})"
        case bool():
            return f"{visible(dimension)} {'true' if member else 'false'}"
        case Decimal():
            return f"{visible(dimension)} {plain(member)}"
        case str():
            return visible(member) if columns(member.strip()) else '""'


def _many(count: int, name: str) -> str:
    return f"{count:,} {name}" + ("" if count == 1 else "s")


def _counted(counts: dict[str, int] | Counter[str], *, colour: bool = False) -> str:
    """`3 green, 1 amber`, the best first."""
    order = ("green", "amber", "red", "no_data", "stale", "error", "no_target")
    return ", ".join(
        paint(f"{counts[each]:,} {STATUSES[each].word}", STATUSES[each].colour, on=colour)
        for each in order
        if counts.get(each)
    )
