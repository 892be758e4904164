"""KPIs and their segments in a document, field after field for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kpidsl.assess.alike import Alike, ManyAlike
from kpidsl.assess.results import (
    Assessment,
    BoundResult,
    KpiResult,
    Segment,
)
from kpidsl.report.fields import (
    Once,
    action,
    approximation,
    bound_fields,
    comparison,
    forecast,
    given,
    interval,
    records,
    shared_bound,
    signals,
    trend_point,
    window,
)
from kpidsl.report.parts import Fields, Many, Shared, Table, Tables

MANY = 1_000
"""Of more segments each record is made when it is written."""


def kpis(found: Sequence[KpiResult], once: Once, *, lazily: bool = False) -> Table:
    judged = [one.assessment for one in found]
    return Table(
        name=[one.name for one in found],
        title=[one.title for one in found],
        description=[one.description for one in found],
        value=[one.value for one in judged],
        value_undefined=[one.value_undefined for one in judged],
        unit=[one.unit for one in found],
        kind=[one.kind for one in found],
        n=[one.n for one in judged],
        n_unknown=[one.n_unknown for one in judged],
        n_open=[one.n_open for one in judged],
        partial=[one.partial or None for one in judged],
        approximate=[approximation(one.approximate) for one in found],
        window=[window(one.window) for one in found],
        target=[once.bound(one.target) if one.target is not None else None for one in judged],
        amber=[once.bound(one.amber) if one.amber is not None else None for one in judged],
        attainment=[one.attainment for one in judged],
        gap=[one.gap for one in judged],
        interval=[interval(one.interval) for one in judged],
        certainty=[one.certainty for one in judged],
        status=[one.status for one in judged],
        reason=[one.reason for one in judged],
        comparisons=[records(comparison, one.comparisons) for one in judged],
        segments=[
            many(one.segments, once) if lazily and len(one.segments) > MANY else segments(one.segments, once)
            for one in found
        ],
        trend=[records(trend_point, one.trend) for one in judged],
        signals=[signals(one) for one in judged],
        forecast=[forecast(one) for one in judged],
        inputs=[records(once.input, one.inputs) for one in found],
        actions=[records(action, one.actions) for one in found],
        supports=[list(one.supports) or None for one in found],
        owner=[one.owner for one in found],
        review=[one.review for one in found],
        tags=[list(one.tags) or None for one in found],
        at=[one.at for one in found],
    )


def assessment(found: Assessment, bounds: Callable[[BoundResult], Fields]) -> Fields:
    return given(
        value=found.value,
        value_undefined=found.value_undefined,
        n=found.n,
        n_unknown=found.n_unknown,
        n_open=found.n_open,
        partial=found.partial or None,
        target=bounds(found.target) if found.target is not None else None,
        amber=bounds(found.amber) if found.amber is not None else None,
        attainment=found.attainment,
        gap=found.gap,
        interval=interval(found.interval),
        certainty=found.certainty,
        status=found.status,
        reason=found.reason,
        comparisons=records(comparison, found.comparisons),
        trend=records(trend_point, found.trend),
        signals=signals(found),
        forecast=forecast(found),
    )


def segments(found: Sequence[Segment], once: Once) -> list[Fields] | Table | None:
    """The segments of a KPI: its bounds are the same for many, as are its members for many KPIs."""
    if once.tables and isinstance(found, Alike):
        return _table(found, once.lists, once.bound)
    return [{"by": once.members(one.by), **assessment(one.assessment, once.bound)} for one in found] or None


def many(found: Sequence[Segment], once: Once) -> Many | Tables:
    """Segments that are made while they are written."""
    if once.tables and isinstance(found, ManyAlike):
        return Tables(lambda: (_table(one, _apart, shared_bound) for one in found.parts()))
    return Many(segment, found)


def _apart(members: Sequence[Any]) -> list[Fields]:
    return list(map(dict, members))


def _table(
    found: Alike, members: Callable[[Sequence[Any]], Sequence[Fields]], bound: Callable[[BoundResult], Shared]
) -> Table:  # fmt: skip
    """Segments as `assessment` writes each."""
    count = len(found)
    value, undefined, n, unknown, still_open, attainment, gap, status, reason = zip(*found.rows, strict=True)
    return Table(
        by=members(found.members),
        value=value,
        value_undefined=undefined,
        n=n,
        n_unknown=unknown,
        n_open=still_open,
        partial=[found.partial or None] * count,
        target=[bound(found.target) if found.target is not None else None] * count,
        amber=[bound(found.amber) if found.amber is not None else None] * count,
        attainment=attainment,
        gap=gap,
        status=status,
        reason=reason,
    )


def segment(found: Segment) -> Fields:
    return {"by": dict(found.by), **assessment(found.assessment, bound_fields)}
