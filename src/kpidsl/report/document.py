"""The document of an evaluation as plain values, in the order in which every format writes it.

Its published description is results.schema.json beside this file.
"""

from __future__ import annotations

from kpidsl.assess.results import (
    ErrorResult,
    MetricResult,
    Results,
    ScorecardResult,
    ShownResult,
    SourceTraffic,
)
from kpidsl.report.fields import Once, approximation, bound, given, input_, instant, records, window
from kpidsl.report.kpis import kpis
from kpidsl.report.parts import Fields

SCHEMA = "kpidsl/results/1"


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


def error(found: ErrorResult) -> Fields:
    return given(
        code=found.code,
        message=found.message,
        hint=found.hint,
        at=found.at or None,
        affects=found.affects or None,
    )
