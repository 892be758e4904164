"""Results as an Arrow table: a row for every KPI, segment, metric, objective, key result, outcome and evidence."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from kpidsl.assess.goal_results import KeyResultResult, ObjectiveResult
from kpidsl.assess.outcome_results import EvidenceResult, OutcomeResult
from kpidsl.assess.results import (
    Assessment,
    BoundResult,
    Comparison,
    Member,
    MetricResult,
    Results,
    Value,
    WindowResult,
)
from kpidsl.diagnostics.errors import KpidslError
from kpidsl.report.numbers import plain

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, object]


def to_arrow(results: Results) -> pa.Table:
    """A `pyarrow.Table`, in the order of the document; the segments of a KPI follow it.

    `record` is `kpi`, `segment`, `metric`, `objective`, `key_result`, `outcome` or `evidence`; an objective's
    `progress` is its score, and its key results follow it, as an outcome's evidence does, whose `status` is `usable` or
    why it is not. `by` maps the dimensions of a segment to their members. Numbers are
    doubles for calculating with; `value_exact` is the value with every digit, as the JSON writes it (or a text, or a
    boolean as `true` or `false`, whose `value` is null). Instants are in the calendar's zone.
    Raises `KpidslError` where pyarrow is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise KpidslError(
            "an Arrow table needs pyarrow, which is not installed", hint="pip install 'kpidsl[arrow]'"
        ) from error
    instant = pa.timestamp("us", tz=results.timezone)
    schema = pa.schema(
        [
            pa.field("record", pa.string(), nullable=False),
            pa.field("name", pa.string(), nullable=False),
            pa.field("title", pa.string()),
            pa.field("by", pa.map_(pa.string(), pa.string())),
            pa.field("value", pa.float64()),
            pa.field("value_exact", pa.string()),
            pa.field("value_undefined", pa.string()),
            pa.field("unit", pa.string()),
            pa.field("kind", pa.string()),
            pa.field("n", pa.int64()),
            pa.field("n_unknown", pa.int64()),
            pa.field("n_open", pa.int64()),
            pa.field("window", pa.string()),
            pa.field("window_start", instant),
            pa.field("window_end", instant),
            pa.field("status", pa.string()),
            pa.field("level", pa.string()),
            pa.field("reason", pa.string()),
            pa.field("target_op", pa.string()),
            pa.field("target", pa.float64()),
            pa.field("target_low", pa.float64()),
            pa.field("target_high", pa.float64()),
            pa.field("attainment", pa.float64()),
            pa.field("gap", pa.float64()),
            pa.field("interval_low", pa.float64()),
            pa.field("interval_high", pa.float64()),
            pa.field("certainty", pa.string()),
            pa.field("baseline", pa.float64()),
            pa.field("progress", pa.float64()),
            pa.field("expected", pa.float64()),
            pa.field("coverage", pa.float64()),
            pa.field("policy", pa.string()),
            pa.field("due", pa.date32()),
            pa.field("compared_with", pa.string()),
            pa.field("change", pa.float64()),
            pa.field("change_relative", pa.float64()),
            pa.field("owner", pa.string()),
            pa.field("tags", pa.list_(pa.string())),
            pa.field("at", pa.string()),
            pa.field("as_of", instant, nullable=False),
        ]
    )
    rows = [row | {"as_of": results.as_of} for row in _rows(results)]
    return pa.Table.from_pylist(rows, schema=schema)


def _rows(results: Results) -> list[Row]:
    rows: list[Row] = []
    for kpi in results.kpis:
        shared: Row = {"name": kpi.name, "title": kpi.title, "unit": kpi.unit, "kind": kpi.kind} | _window(kpi.window)
        shared |= {"owner": kpi.owner, "tags": list(kpi.tags), "at": kpi.at}
        rows.append({"record": "kpi"} | shared | _assessment(kpi.assessment))
        for segment in kpi.segments:
            by = [(dimension, _member(member)) for dimension, member in segment.by]
            rows.append({"record": "segment", "by": by} | shared | _assessment(segment.assessment))
    rows.extend(map(_metric, results.metrics))
    for objective in results.objectives:
        rows.append(_objective(objective))
        rows.extend(map(_key_result, objective.key_results))
    for outcome in results.outcomes:
        rows.append(_outcome(outcome))
        rows.extend(_evidence(outcome.name, one) for one in outcome.evidence)
    return rows


def _metric(found: MetricResult) -> Row:
    return {
        "record": "metric",
        "name": found.name,
        "title": found.title,
        "unit": found.unit,
        "kind": found.kind,
        **_value(found.value, found.value_undefined),
        **_window(found.window),
        "n": found.n,
        "n_unknown": found.n_unknown,
        "n_open": found.n_open,
        "owner": found.owner,
        "tags": list(found.tags),
        "at": found.at,
    }


def _objective(found: ObjectiveResult) -> Row:
    return {
        "record": "objective",
        "name": found.name,
        "title": found.title,
        "status": found.status,
        "reason": found.reason,
        "progress": _double(found.score),
        "expected": _double(found.expected),
        "coverage": _double(found.coverage),
        "policy": found.policy,
        "due": found.due,
        "owner": found.owner,
        "tags": list(found.tags),
        "at": found.at,
    }


def _outcome(found: OutcomeResult) -> Row:
    return {
        "record": "outcome",
        "name": found.name,
        "title": found.title,
        "status": found.state,
        "level": found.level,
        "reason": found.reason,
        "due": found.end,
        "owner": found.owner,
        "tags": list(found.tags),
        "at": found.at,
    }


def _evidence(outcome: str, found: EvidenceResult) -> Row:
    return {
        "record": "evidence",
        "name": f"{outcome}.{found.name}",
        "title": found.title,
        "unit": found.unit,
        **_value(found.value, found.value_undefined),
        **_window(found.window),
        "n": found.n,
        "status": "usable" if found.usable else found.excluded,
        "level": found.level,
        "reason": found.reason,
        "owner": found.owner,
        "at": found.at,
    }


def _key_result(found: KeyResultResult) -> Row:
    return {
        "record": "key_result",
        "name": found.name,
        "title": found.title,
        "unit": found.unit,
        **_value(found.value, found.why("value")),
        **_window(found.window),
        **_bound(found.target),
        "n": found.n,
        "status": found.status,
        "reason": found.reason,
        "attainment": _double(found.attainment),
        "gap": _double(found.gap),
        "baseline": _double(found.baseline),
        "progress": _double(found.progress),
        "expected": _double(found.expected),
        "policy": found.policy,
        "due": found.due,
        "owner": found.owner,
        "tags": list(found.tags),
        "at": found.at,
    }


def _assessment(found: Assessment) -> Row:
    row: Row = {**_value(found.value, found.value_undefined), **_bound(found.target)}
    row |= {"n": found.n, "n_unknown": found.n_unknown, "n_open": found.n_open}
    row |= {"status": found.status, "reason": found.reason}
    row |= {"attainment": _double(found.attainment), "gap": _double(found.gap), "certainty": found.certainty}
    if found.interval is not None:
        row |= {"interval_low": _double(found.interval.low), "interval_high": _double(found.interval.high)}
    return row | (_comparison(found.comparisons[0]) if found.comparisons else {})


def _value(value: Value | None, undefined: str | None) -> Row:
    return {
        "value": _double(value) if isinstance(value, Decimal) else None,
        "value_exact": _member(value),
        "value_undefined": undefined,
    }


def _window(found: WindowResult | None) -> Row:
    return {} if found is None else {"window": found.label, "window_start": found.start, "window_end": found.end}


def _bound(found: BoundResult | None) -> Row:
    if found is None:
        return {}
    return {
        "target_op": found.operator,
        "target": _double(found.value),
        "target_low": _double(found.low),
        "target_high": _double(found.high),
    }


def _comparison(found: Comparison) -> Row:
    return {
        "compared_with": found.label,
        "change": _double(found.change),
        "change_relative": _double(found.change_relative),
    }


def _member(member: Member) -> str | None:
    match member:
        case bool():
            return "true" if member else "false"
        case Decimal():
            return plain(member)
        case str() | None:
            return member


def _double(number: Decimal | None) -> float | None:
    return None if number is None else float(number)
