"""Objectives as an evaluation could find them, for the tests of reports."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from kpidsl.assess.goal_results import (
    CheckpointResult,
    ConfidenceResult,
    ItemResult,
    KeyResultResult,
    ObjectiveResult,
    Offender,
    ParentResult,
    RestatedResult,
)
from kpidsl.assess.results import ActionResult, BoundResult, CheckinResult, WindowResult


def instant(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Berlin"))  # type: ignore[misc,arg-type]


def key_result(name: str, status: str, reason: str, **fields: object) -> KeyResultResult:
    """A key result of a quarter; figures are given as texts."""
    first: dict[str, object] = {
        "title": None, "description": None, "type": "increase", "aim": "increase active_users over last 28 days by 20%",
        "unit": None, "start": date(2026, 4, 1), "due": date(2026, 6, 30), "weight": Decimal(1), "value": None, "n": None,
        "window": WindowResult("last 28 days", instant(2026, 4, 19), instant(2026, 5, 17)), "baseline": None,
        "restated": None, "target": None, "gap": None, "attainment": None, "progress": None, "progress_raw": None,
        "elapsed": Decimal("0.505494505494505"), "expected": Decimal("0.505494505494505"), "expected_value": None,
        "pace_index": None, "pace_gap": None, "landing": None, "required_rate": None, "actual_rate": None,
        "undefined": (), "policy": "pace", "achieve": "at end", "checkpoints": (), "items": (), "offenders": (),
        "confidence": None, "inputs": (), "owner": None, "review": None, "tags": (), "at": "specs/okrs.kpi:9",
    }  # fmt: skip
    given = {key: Decimal(value) if key in _NUMBERS else value for key, value in fields.items()}  # type: ignore[arg-type]
    return KeyResultResult(name=name, status=status, reason=reason, **{**first, **given})  # type: ignore[arg-type]


_NUMBERS = (
    "weight", "value", "baseline", "gap", "attainment", "progress", "progress_raw", "expected", "expected_value",
    "pace_index", "pace_gap", "landing", "required_rate", "actual_rate",
)  # fmt: skip
NOTHING = (
    "value", "baseline", "gap", "attainment", "progress", "expected", "expected_value", "pace_index", "landing",
    "required_rate", "actual_rate",
)  # fmt: skip


def goals() -> tuple[ObjectiveResult, ...]:
    """An objective with every kind of key result, one that cannot be had, and one that is over."""
    active = key_result(
        "engagement.active", "on_track", "50% of the way, 50.5% expected; on track from 95% of expected",
        title="20% more active users", description="Who came at all", unit="user", value="55000", n=812,
        baseline="50000", restated=RestatedResult(date(2026, 5, 1), "robots left out"),
        target=BoundResult(">=", Decimal(60000)), gap="-5000", attainment="0.916666666666667", progress="0.5",
        progress_raw="0.5", expected_value="55054.9450549451", pace_index="0.989130434782609",
        pace_gap="-0.00549450549450549", landing="59891.3043478261", required_rate="111.111111111111",
        actual_rate="108.695652173913", achieve="every month",
        checkpoints=(
            CheckpointResult("2026-04", instant(2026, 5, 1), Decimal(60100), None, True),
            CheckpointResult("2026-05", instant(2026, 6, 1), None, "no_rows", None),
        ),
        confidence=ConfidenceResult(Decimal(4), Decimal(10), "Ana", date(2026, 4, 16)), owner="product",
        review="weekly", tags=("growth",),
        checkin=CheckinResult("active", date(2026, 4, 30), Decimal("0.6"), "slow", "Ana", True, "older than 1 week"),
        actions=(ActionResult("Ask those who left", "Ana", date(2026, 5, 1), "on_track", None, True),),
    )  # fmt: skip
    errors = key_result(
        "engagement.errors", "off_track", "6% misses the target of 1% to 5%", type="keep", unit="%", value="0.06",
        aim="keep max(errors each country) in 1%..5%", target=BoundResult(None, None, Decimal("0.01"), Decimal("0.05")),
        gap="0.01", progress="0", progress_raw="0", expected="1", pace_index="0", pace_gap="-1",
        offenders=(Offender("DE", Decimal("0.06")), Offender(None, Decimal("0.055"))),
    )  # fmt: skip
    launch = key_result(
        "engagement.launch", "at_risk", "33.3% of the way, 50.5% expected; at risk from 75% of expected", type="deliver",
        title="Ship the programme", aim='deliver "Beta", "Papers"', window=None, progress="0.333333333333333",
        progress_raw="0.333333333333333", pace_index="0.66", pace_gap="-0.17",
        items=(
            ItemResult("Beta", "done", date(2026, 4, 20), None, Decimal(1)),
            ItemResult("Papers", "overdue", None, date(2026, 5, 1), Decimal(2)),
        ),
    )  # fmt: skip
    unknown = key_result(
        "engagement.visits", "error", "a source could not be read", weight="2",
        target=BoundResult(">=", None, undefined="baseline_missing"),
        undefined=tuple((name, "source_error") for name in NOTHING),
    )  # fmt: skip
    return (
        ObjectiveResult(
            "engagement", "Increase customer engagement", "Because they stay", "2026-Q2", date(2026, 4, 1),
            date(2026, 6, 30), "aspirational", Decimal("0.277777777777778"), None, Decimal("0.6"),
            Decimal("0.505494505494505"), Decimal("0.67032967032967"), None, "off_track",
            "errors: 6% misses the target of 1% to 5%", "pace", None, None,
            (ParentResult("company_growth", "contributes"),), ("team",), (active, errors, launch, unknown),
            ("safer_homes",), "product", "monthly", ("board",), "specs/okrs.kpi:3",
            (ActionResult("Tell the team", None, None, None, None),),
        ),
        ObjectiveResult(
            "broken", None, None, None, None, None, None, None, "source_error", None, None, None, "source_error",
            "error", "orders has no column `amuont`", "pace", None, None, (), (), (), (), None, None, (),
            "specs/okrs.kpi:40",
        ),
        ObjectiveResult(
            "last_quarter", "Last quarter", None, "2026-Q1", date(2026, 1, 1), date(2026, 3, 31), "committed",
            Decimal("0.92"), None, Decimal(1), Decimal(1), Decimal(1), None, "missed", "sales: 92% of the way", "viva",
            "amber", "google", (), (), (), (), None, None, (), "specs/okrs.kpi:50",
        ),
    )  # fmt: skip
