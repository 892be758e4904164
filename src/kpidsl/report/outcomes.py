"""The part of the document that is about outcomes and their evidence."""

from __future__ import annotations

from kpidsl.assess.outcome_results import (
    ContributionResult,
    CriterionResult,
    EvidenceResult,
    OutcomeResult,
    OverrideResult,
    SaidResult,
)
from kpidsl.report.fields import given, input_, interval, records, window
from kpidsl.report.parts import Fields


def outcome(found: OutcomeResult) -> Fields:
    earlier, divergence = found.earlier, found.divergence
    return given(
        name=found.name,
        title=found.title,
        description=found.description,
        **{"for": found.for_whom or None},
        horizon=found.horizon,
        start=found.start,
        end=found.end,
        observable_from=found.observable_from,
        levels=found.levels or None,
        success=found.success,
        state=found.state,
        reason=found.reason,
        level=found.level,
        cap=found.cap,
        needs={what: {"have": one.have, "need": one.need} for what, one in found.needs} or None,
        sides=records(lambda one: {"level": one.level, "evidence": list(one.evidence)}, found.sides),
        before_expiry=given(
            as_of=earlier.as_of,
            expired=earlier.expired,
            state=earlier.state,
            level=earlier.level,
            reason=earlier.reason,
        )
        if earlier is not None
        else None,
        override=override(found.override) if found.override is not None else None,
        contribution=contribution(found.contribution) if found.contribution is not None else None,
        divergence={
            "kpis": [{"name": name, "status": status} for name, status in divergence.kpis],
            "reason": divergence.reason,
        }
        if divergence is not None
        else None,
        evidence=[evidence(one) for one in found.evidence],
        supports=found.supports or None,
        owner=found.owner,
        review=found.review,
        tags=found.tags or None,
        at=found.at,
    )


def evidence(found: EvidenceResult) -> Fields:
    return given(
        name=found.name,
        title=found.title,
        description=found.description,
        level=found.level,
        usable=found.usable,
        excluded=found.excluded,
        reason=found.reason,
        weight=found.weight,
        value=found.value,
        value_undefined=found.value_undefined,
        unit=found.unit,
        n=found.n,
        interval=interval(found.interval),
        certainty=found.certainty,
        measured_as_of=found.measured_as_of,
        window=window(found.window),
        invited=found.invited,
        response_rate=found.response_rate,
        agreement=found.agreement,
        criteria=records(criterion, found.criteria),
        judged=said(found.judged, "level") if found.judged is not None else None,
        newest=found.newest,
        valid_until=found.valid_until,
        method=found.method,
        stakeholder=found.stakeholder,
        strength=given(scale=found.strength[0], level=found.strength[1]) if found.strength is not None else None,
        kpis=found.kpis or None,
        inputs=records(input_, found.inputs),
        owner=found.owner,
        at=found.at,
    )


def criterion(found: CriterionResult) -> Fields:
    return given(
        name=found.name, weight=found.weight, value=found.value, value_undefined=found.value_undefined, n=found.n
    )


def said(found: SaidResult, what: str) -> Fields:
    return given(**{what: found.said}, by=found.by, on=found.on, see=found.see, why=found.why)


def override(found: OverrideResult) -> Fields:
    return {**said(found.decided, "level"), "state": found.state}


def contribution(found: ContributionResult) -> Fields:
    return {
        **given(level=found.level, ceiling=found.ceiling, reason=found.reason),
        "claim": said(found.claim, "level"),
    }
