"""Outcomes as an evaluation could find them, for the tests of reports."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from kpidsl.assess.interval_results import IntervalResult
from kpidsl.assess.outcome_results import (
    ContributionResult,
    CriterionResult,
    DivergenceResult,
    EarlierResult,
    EvidenceResult,
    NeedResult,
    OutcomeResult,
    OverrideResult,
    SaidResult,
    SideResult,
)
from kpidsl.assess.results import Input, WindowResult

LEVELS = ("poor", "adequate", "good", "excellent")


def instant(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Berlin"))  # type: ignore[misc,arg-type]


WINDOW = WindowResult("last 12 months", instant(2025, 5, 1), instant(2026, 5, 1))


def evidence(name: str, **fields: object) -> EvidenceResult:
    first: dict[str, object] = {
        "title": None, "description": None, "usable": True, "excluded": None, "reason": None, "level": "good",
        "weight": Decimal(1), "value": None, "value_undefined": None, "unit": None, "n": None, "measured_as_of": None,
        "window": None, "invited": None, "response_rate": None, "agreement": None, "criteria": (), "judged": None,
        "newest": None, "valid_until": None, "method": None, "stakeholder": None, "strength": None, "kpis": (),
        "inputs": (), "owner": None, "at": "specs/outcomes.kpi:12",
    }  # fmt: skip
    return EvidenceResult(name=name, **{**first, **fields})  # type: ignore[arg-type]


def outcome(name: str, state: str, reason: str, **fields: object) -> OutcomeResult:
    first: dict[str, object] = {
        "title": None, "description": None, "for_whom": (), "supports": (), "horizon": None, "start": None, "end": None,
        "observable_from": None, "levels": LEVELS, "success": "good", "level": None, "cap": None, "needs": (),
        "sides": (), "earlier": None, "override": None, "contribution": None, "divergence": None, "evidence": (),
        "owner": None, "review": None, "tags": (), "at": "specs/outcomes.kpi:3",
    }  # fmt: skip
    return OutcomeResult(name=name, state=state, reason=reason, **{**first, **fields})  # type: ignore[arg-type]


def outcomes() -> tuple[OutcomeResult, ...]:
    """One with everything that can be said, one that is stale, one that cannot be had."""
    survey = evidence(
        "survey", title="Resident survey", description="By post", value=Decimal("0.412"), unit="%", n=412,
        level="poor", window=WINDOW, invited=Decimal(1200), response_rate=Decimal("0.343333333333333"),
        newest=date(2026, 4, 30), valid_until=instant(2027, 10, 30), method="survey", stakeholder="residents",
        strength=("nesta", 2), owner="research",
        inputs=(Input("top_box(trust, 2 of 5)", "survey", (), WINDOW, (), Decimal("0.412"), None, 412),),
        interval=IntervalResult("wilson", Decimal("0.95"), Decimal("0.3655"), Decimal("0.4602")),
        certainty="not_distinguishable",
    )  # fmt: skip
    panel = evidence(
        "panel", title="What the panel finds", weight=Decimal(2), value=Decimal("3.66666666666667"), n=2,
        measured_as_of=instant(2026, 4, 1), window=WINDOW, agreement=Decimal("0.743"), method="rating",
        criteria=(
            CriterionResult("depth", Decimal(2), Decimal("3.5"), None, 2),
            CriterionResult("reach", Decimal(1), None, "no_rows", 0),
        ),
    )  # fmt: skip
    sales = evidence("sales", value=Decimal("118250.5"), unit="EUR", n=2210, level="excellent", kpis=("revenue",))
    study = evidence(
        "study", title="The Elm Street move", usable=False, excluded="not_yet", stakeholder="partners",
        reason="judged on 2026-06-01, which is after the as-of", newest=date(2026, 6, 1),
        judged=SaidResult("good", "research team", date(2026, 6, 1), "studies/elm.md"),
    )  # fmt: skip
    gone = evidence("gone", usable=False, excluded="no_rows", reason="there are no rows in the window", level=None,
                    value_undefined="no_rows", n=0, window=WINDOW)  # fmt: skip
    return (
        outcome(
            "community_trust", "contested", "survey says poor, sales excellent", title="Residents trust the service",
            description="And use it unprompted", for_whom=("residents", "carers"), supports=("safer_homes",),
            horizon="2025-04-01..2028-03-31", start=date(2025, 4, 1), end=date(2028, 3, 31),
            observable_from=date(2026, 4, 1), level="adequate", cap="cap adequate when survey < good",
            needs=(("evidence", NeedResult(3, 3)), ("methods", NeedResult(2, 2)), ("stakeholders", NeedResult(1, 1))),
            sides=(SideResult("poor", ("survey",)), SideResult("excellent", ("sales",))),
            override=OverrideResult(
                SaidResult("good", "steering group", date(2026, 5, 2), why="the winter is not in it"), "achieved"
            ),
            contribution=ContributionResult(
                SaidResult("established", "team", date(2026, 5, 2), "studies/claim.md"), "plausible", "plausible",
                "`survey` is of strength 2, which allows plausible",
            ),
            divergence=DivergenceResult(
                (("revenue", "green"),), "its KPI is green, and the outcome is contested"
            ),
            evidence=(survey, panel, sales, study, gone), owner="board", review="yearly", tags=("board",),
        ),
        outcome(
            "calm", "stale", "the evidence expired on 2026-05-01; just before, it was partly",
            earlier=EarlierResult(
                instant(2026, 4, 30, 23, 59, 59), instant(2026, 5, 1), "partly", "adequate",
                "adequate: the one item; success is good",
            ),
        ),
        outcome("broken", "error", "survey has no column `turst`", levels=(), success=None),
    )  # fmt: skip
