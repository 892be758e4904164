"""Hand-made signals and forecasts, one of every thing they can hold."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from kpidsl.assess.results import BoundResult, WindowResult
from kpidsl.assess.signal_results import Absent, FindingResult, ForecastResult, Limits, Phase, SignalResult

BERLIN = ZoneInfo("Europe/Berlin")
ABSENT = (Absent("no_rows", 1),)


def month(number: int) -> datetime:
    return datetime(2026, number, 1, tzinfo=BERLIN)


def limits(centre: str, **fields: object) -> Limits:
    middle = Decimal(centre)
    return Limits(
        **{  # type: ignore[arg-type]
            "n": 9,
            "centre": middle,
            "lower": middle - 2660,
            "upper": middle + 2660,
            "mean_range": Decimal(1000),
            "upper_range": Decimal(3268),
            "screened": 0,
            "provisional": False,
            **fields,
        }
    )


def signals() -> tuple[SignalResult, ...]:
    """A rebased chart, a seasonal trend, and a chart that is refused."""
    run = FindingResult("run_of_eight", "above", 8, month(1), month(4))
    return (
        SignalResult(
            "xmr",
            "wheeler",
            None,
            17,
            ABSENT,
            "special cause (improvement): 8 points above the centre since 2026-01; meets and misses its target by chance",
            variation="improvement",
            assurance="hit_and_miss",
            limits=limits("116000", screened=1, provisional=True),
            baseline=WindowResult("2025", month(1), month(4)),
            since=date(2025, 9, 1),
            rebased="a second shop",
            findings=(run, FindingResult("moving_range", None, 2, None, month(4))),
            earlier=(Phase(None, None, None, ()), Phase(date(2025, 3, 1), "new prices", limits("99000"), (run,))),
        ),
        SignalResult(
            "trend",
            None,
            12,
            36,
            (),
            "rising by 4,200 EUR per year (95%: 1,100 EUR to 7,300 EUR), p = 0.012",
            variation="improvement",
            direction="rising",
            s=58,
            variance=Decimal("514.666666666667"),
            z=Decimal("2.51251"),
            p=Decimal("0.0119874"),
            tau=Decimal("0.537037"),
            slope=Decimal(4200),
            slope_low=Decimal(1100),
            slope_high=Decimal(7300),
            slope_per="year",
            covariance=True,
        ),
        SignalResult(
            "xmr",
            "nhs",
            None,
            5,
            ABSENT,
            "too few values for limits: 5 of the 8 values that this needs",
            undefined="insufficient_history",
        ),
    )


def forecast() -> ForecastResult:
    return ForecastResult(
        "drift",
        date(2026, 12, 31),
        9,
        17,
        ABSENT,
        "121,400 EUR by 2026-12-31 (80%: 102,300 EUR to 140,500 EUR), 54% likely to meet its target",
        landing=Decimal("121400.25"),
        low=Decimal("102300.123456"),
        high=Decimal("140500.376544"),
        target=BoundResult(">=", Decimal(120000)),
        probability=Decimal("0.537412"),
    )
