"""The part of the document that is about objectives and key results."""

from __future__ import annotations

from kpidsl.assess.goal_results import CheckpointResult, ItemResult, KeyResultResult, ObjectiveResult, Offender
from kpidsl.assess.results import BoundResult, CheckinResult
from kpidsl.report.fields import action, given, input_, records, trend_point, window
from kpidsl.report.parts import Fields
from kpidsl.report.signals import forecast


def objective(found: ObjectiveResult) -> Fields:
    return given(
        name=found.name,
        title=found.title,
        description=found.description,
        period=found.period,
        start=found.start,
        due=found.due,
        ambition=found.ambition,
        score=found.score,
        score_undefined=found.score_undefined,
        coverage=found.coverage,
        elapsed=found.elapsed,
        expected=found.expected,
        expected_undefined=found.expected_undefined,
        status=found.status,
        reason=found.reason,
        policy=found.policy,
        grade=found.grade,
        grade_policy=found.grade_policy,
        parents=records(lambda one: {"objective": one.objective, "relation": one.relation}, found.parents),
        contributors=found.contributors or None,
        key_results=[key_result(one) for one in found.key_results],
        actions=records(action, found.actions),
        supports=found.supports or None,
        owner=found.owner,
        review=found.review,
        tags=found.tags or None,
        at=found.at,
    )


def key_result(found: KeyResultResult) -> Fields:
    why = dict(found.undefined)
    return given(
        name=found.name.rpartition(".")[2],
        title=found.title,
        description=found.description,
        type=found.type,
        aim=found.aim,
        unit=found.unit,
        start=found.start,
        due=found.due,
        weight=found.weight,
        value=found.value,
        value_undefined=why.get("value"),
        n=found.n,
        window=window(found.window),
        baseline=found.baseline,
        baseline_undefined=why.get("baseline"),
        restated=given(on=found.restated.on, why=found.restated.why) if found.restated is not None else None,
        **target(found.target),
        gap=found.gap,
        gap_undefined=why.get("gap"),
        attainment=found.attainment,
        attainment_undefined=why.get("attainment"),
        progress=found.progress,
        progress_raw=found.progress_raw,
        progress_undefined=why.get("progress"),
        elapsed=found.elapsed,
        expected=found.expected,
        expected_undefined=why.get("expected"),
        expected_value=found.expected_value,
        expected_value_undefined=why.get("expected_value"),
        pace_index=found.pace_index,
        pace_index_undefined=why.get("pace_index"),
        pace_gap=found.pace_gap,
        landing=found.landing,
        landing_undefined=why.get("landing"),
        required_rate=found.required_rate,
        required_rate_undefined=why.get("required_rate"),
        actual_rate=found.actual_rate,
        actual_rate_undefined=why.get("actual_rate"),
        status=found.status,
        reason=found.reason,
        policy=found.policy,
        achieve=found.achieve if found.achieve != "at end" else None,
        checkpoints=records(checkpoint, found.checkpoints),
        items=records(item, found.items),
        offenders=[offender(one) for one in found.offenders] or None,
        confidence=given(
            value=found.confidence.value, of=found.confidence.of, by=found.confidence.by, on=found.confidence.on
        )
        if found.confidence is not None
        else None,
        checkin=checkin(found.checkin) if found.checkin is not None else None,
        trend=records(trend_point, found.trend),
        forecast=forecast(found.forecast),
        inputs=records(input_, found.inputs),
        actions=records(action, found.actions),
        owner=found.owner,
        review=found.review,
        tags=found.tags or None,
        at=found.at,
    )


def target(found: BoundResult | None) -> dict[str, object]:
    """The target as numbers beside the value; of a range both ends."""
    if found is None:
        return {}
    return {
        "target_op": found.operator,
        "target": found.value,
        "target_low": found.low,
        "target_high": found.high,
        "target_undefined": found.undefined,
    }


def checkin(found: CheckinResult) -> Fields:
    fields = given(date=found.on, confidence=found.confidence, note=found.note, by=found.by)
    return {**fields, "stale": found.stale, **given(reason=found.reason)}


def checkpoint(found: CheckpointResult) -> Fields:
    return given(
        label=found.label,
        end=found.end,
        value=found.value,
        value_undefined=found.value_undefined,
        reached=found.reached,
    )


def item(found: ItemResult) -> Fields:
    return given(title=found.title, state=found.state, done=found.done, due=found.due, weight=found.weight)


def offender(found: Offender) -> Fields:
    """The member may be null: rows whose dimension is NULL."""
    return {"member": found.member, **given(value=found.value)}
