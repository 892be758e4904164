"""The document of an evaluation as plain values, in the order in which every format writes it.

Its published description is results.schema.json beside this file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from kpidsl.assess.alike import Alike
from kpidsl.assess.results import (
    ActionResult,
    Approximation,
    Assessment,
    BoundResult,
    Comparison,
    ErrorResult,
    Input,
    KpiResult,
    MetricResult,
    Results,
    ScorecardResult,
    Segment,
    ShownResult,
    SourceTraffic,
    TrendPoint,
    WindowResult,
)
from kpidsl.report.parts import Fields, Many, Plain, Repeated, Shared, Table

if TYPE_CHECKING:
    from kpidsl.assess.interval_results import IntervalResult

T = TypeVar("T")

SCHEMA = "kpidsl/results/1"

MANY = 1_000


def document(results: Results, *, lazily: bool = False, tables: bool = False) -> Fields:
    """The document as dicts with a fixed order of keys, lists, texts, booleans, decimals, and integers for counts.

    What could not be had is left out, as is an empty list inside a record. The one None is the member of a segment
    whose dimension is NULL. Instants are ISO 8601 with an offset, in the calendar's zone. `lazily`, a long list of
    segments is a `Many`; with `tables`, KPIs and segments that are alike are a `Table`.
    """
    once = Once(tables)
    every = kpis(results.kpis, once, lazily=lazily)
    return {
        "schema": SCHEMA,
        "tool": {"name": "kpidsl", "version": results.version},
        "as_of": instant(results.as_of),
        "as_of_is_now": results.as_of_is_now,
        "timezone": results.timezone,
        **given(params=dict(results.params) or None),
        "spec": {"files": results.spec.files, "sha256": results.spec.sha256},
        "summary": {
            "kpis": dict(results.summary),
            **given(
                objectives=dict(results.objectives_summary) or None, outcomes=dict(results.outcomes_summary) or None
            ),
        },
        "metrics": [metric(each, once) for each in results.metrics],
        "kpis": every if tables else every.records(),
        **_aims(results),
        **given(scorecards=records(scorecard, results.scorecards)),
        "errors": [error(each) for each in results.errors],
        "warnings": [error(each) for each in results.warnings],
        **given(
            timings=dict(results.timings) or None,
            traffic=records(traffic, results.traffic),
        ),
    }


def _aims(results: Results) -> Fields:
    if not (results.objectives or results.outcomes):
        return {"objectives": [], "outcomes": []}
    from kpidsl.report.goals import objective
    from kpidsl.report.outcomes import outcome

    return {"objectives": list(map(objective, results.objectives)), "outcomes": list(map(outcome, results.outcomes))}


def given(**fields: object) -> Fields:
    """The fields that are there, in the order given."""
    return {
        name: value if (kind := type(value)) in _AS_THEY_ARE else _PLAIN.get(kind, _no_value)(value)  # type: ignore[misc]
        for name, value in fields.items()
        if value is not None
    }


def _no_value(value: object) -> Plain:
    """What is none of a document's values is a fault of ours."""
    raise TypeError(f"no value of a document: {value!r}")


def instant(moment: datetime) -> str:
    """ISO 8601 with the offset from UTC; a fraction of a second only where there is one."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no zone")
    return _iso(moment, moment.tzinfo, moment.fold)


@lru_cache(maxsize=1024)
def _iso(moment: datetime, _zone: tzinfo, _fold: int) -> str:
    """Zone and fold are there to tell moments apart: equal ones may be written with different offsets."""
    return moment.isoformat()


_AS_THEY_ARE = frozenset({str, bool, int, Decimal, dict, list, Many, Shared, Table, type(None)})
_PLAIN: dict[type, Callable[[Any], Plain]] = {
    datetime: instant,
    date: date.isoformat,
    tuple: list,
}
"""How a field's value becomes one of a document. Tuples are of texts."""


def records(written: Callable[[T], Fields], found: Sequence[T]) -> list[Fields] | None:
    """A list inside a record, or None where it is empty."""
    return [written(one) for one in found] if found else None


def window(found: WindowResult | None) -> Fields | None:
    if found is None:
        return None
    start, end = found.start, found.end
    return _window(found.label, start, start.fold if start is not None else 0, end, end.fold, end.tzinfo)


@lru_cache(maxsize=1024)  # thousands of values share a dozen windows
def _window(
    label: str, start: datetime | None, _first: int, end: datetime, _second: int, _zone: tzinfo | None
) -> Fields:  # fmt: skip
    """Zone and folds are there for the same reason."""
    return Shared(given(label=label, start=start, end=end))


class Once:
    """Parts that stand in many places of a document: what entered its values, and the members of its segments. With
    `tables`, segments that are alike are written as one.
    """

    def __init__(self, tables: bool) -> None:
        self.input = Repeated(input_)
        self.members = Repeated(dict)
        self.tables = tables


def metric(found: MetricResult, once: Once) -> Fields:
    return given(
        name=found.name,
        title=found.title,
        description=found.description,
        value=found.value,
        value_undefined=found.value_undefined,
        unit=found.unit,
        kind=found.kind,
        n=found.n,
        n_unknown=found.n_unknown,
        n_open=found.n_open,
        approximate=approximation(found.approximate),
        partial=found.partial or None,
        window=window(found.window),
        inputs=records(once.input, found.inputs),
        indicator=found.indicator,
        owner=found.owner,
        tags=found.tags or None,
        at=found.at,
    )


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
        target=[bound(one.target) for one in judged],
        amber=[bound(one.amber) for one in judged],
        attainment=[one.attainment for one in judged],
        gap=[one.gap for one in judged],
        interval=[interval(one.interval) for one in judged],
        certainty=[one.certainty for one in judged],
        status=[one.status for one in judged],
        reason=[one.reason for one in judged],
        comparisons=[records(comparison, one.comparisons) for one in judged],
        segments=[
            Many(segment, one.segments) if lazily and len(one.segments) > MANY else segments(one.segments, once)
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


def signals(found: Assessment) -> list[Fields] | None:
    if not found.signals:
        return None
    from kpidsl.report.signals import signal

    return records(signal, found.signals)


def forecast(found: Assessment) -> Fields | None:
    if found.forecast is None:
        return None
    from kpidsl.report.signals import forecast as written

    return written(found.forecast)


def bound(found: BoundResult | None) -> Fields | None:
    return _bound(found) if found is not None else None


def _bound(found: BoundResult) -> Fields:
    return given(
        op=found.operator,
        value=found.value,
        low=found.low,
        high=found.high,
        value_undefined=found.undefined,
        starting=found.starting,
    )


def comparison(found: Comparison) -> Fields:
    return given(
        label=found.label,
        value=found.value,
        value_undefined=found.value_undefined,
        change=found.change,
        change_relative=found.change_relative,
        change_undefined=found.change_undefined,
        change_interval=interval(found.interval),
        n=found.n,
        partial=found.partial or None,
        window=window(found.window),
    )


def interval(found: IntervalResult | None) -> Fields | None:
    if found is None:
        return None
    return given(
        method=found.method,
        level=found.level,
        low=found.low,
        high=found.high,
        undefined=found.undefined,
        standard_error=found.standard_error,
    )


def trend_point(found: TrendPoint) -> Fields:
    """The window's label is the one of the KPI at another anchor, so only its edges are said."""
    edges = found.window
    return given(
        start=edges.start if edges else None,
        end=edges.end if edges else None,
        value=found.value,
        value_undefined=found.value_undefined,
        n=found.n,
        partial=found.partial or None,
    )


def segments(found: Sequence[Segment], once: Once) -> list[Fields] | Table | None:
    """The segments of a KPI: its bounds are the same for many, as are its members for many KPIs."""
    if once.tables and isinstance(found, Alike):
        return _table(found, once)
    bounds = Repeated(_bound)
    return [{"by": once.members(one.by), **assessment(one.assessment, bounds)} for one in found] or None


def _table(found: Alike, once: Once) -> Table:
    """Segments as `assessment` writes each."""
    count = len(found)
    value, undefined, n, unknown, still_open, attainment, gap, status, reason = zip(*found.rows, strict=True)
    return Table(
        by=list(map(once.members, found.members)),
        value=value,
        value_undefined=undefined,
        n=n,
        n_unknown=unknown,
        n_open=still_open,
        partial=[found.partial or None] * count,
        target=[_shared(found.target)] * count,
        amber=[_shared(found.amber)] * count,
        attainment=attainment,
        gap=gap,
        status=status,
        reason=reason,
    )


def _shared(found: BoundResult | None) -> Shared | None:
    return Shared(_bound(found)) if found is not None else None


def segment(found: Segment) -> Fields:
    return {"by": dict(found.by), **assessment(found.assessment, _bound)}


def input_(found: Input) -> Fields:
    return given(
        aggregation=found.aggregation,
        source=found.source,
        where=found.where or None,
        series=found.series or None,
        window=window(found.window),
        value=found.value,
        value_undefined=found.value_undefined,
        n=found.n,
        approximate=approximation(found.approximate),
        sql=found.sql,
    )


def approximation(found: Approximation | None) -> Fields | None:
    return None if found is None else given(method=found.method, error=found.error)


def traffic(found: SourceTraffic) -> Fields:
    return given(
        source=found.source, engine=found.engine, queries=found.queries, rows=found.rows, reason=found.reason
    )  # fmt: skip


def scorecard(found: ScorecardResult) -> Fields:
    return given(
        name=found.name,
        title=found.title,
        description=found.description,
        sections=[given(title=each.title, items=[shown(item) for item in each.items]) for each in found.sections],
        owner=found.owner,
        tags=found.tags or None,
        at=found.at,
    )


def shown(found: ShownResult) -> Fields:
    return given(
        kpi=found.kpi,
        text=found.text,
        title=found.title,
        value=found.value,
        value_undefined=found.value_undefined,
        unit=found.unit,
        kind=found.kind,
        n=found.n,
        window=window(found.window),
        target=bound(found.target),
        status=found.status,
        reason=found.reason,
        inputs=records(input_, found.inputs),
    )


def action(found: ActionResult) -> Fields:
    fields = given(title=found.title, owner=found.owner, due=found.due, when=found.when, done=found.done)
    return {**fields, "overdue": True} if found.overdue else fields


def error(found: ErrorResult) -> Fields:
    return given(
        code=found.code,
        message=found.message,
        hint=found.hint,
        at=found.at or None,
        affects=found.affects or None,
    )
