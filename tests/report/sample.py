"""Hand-made results, one of every thing a document can hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from kpidsl.assess.interval_results import IntervalResult
from kpidsl.assess.results import (
    ActionResult,
    Assessment,
    BoundResult,
    Comparison,
    ErrorResult,
    Input,
    KpiResult,
    MetricResult,
    Results,
    ScorecardResult,
    SectionResult,
    Segment,
    ShownResult,
    SourceTraffic,
    SpecIdentity,
    TrendPoint,
    Value,
    WindowResult,
)
from report.sample_goals import goals
from report.sample_outcomes import outcomes
from report.sample_signals import forecast, signals

UNKNOWN = IntervalResult("normal", Decimal("0.9"), None, None, "insufficient_sample")
BERLIN = ZoneInfo("Europe/Berlin")


def instant(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)  # type: ignore[arg-type,misc]


MARCH = WindowResult("last month", instant(2026, 3, 1), instant(2026, 4, 1))


def trend(*values: str | None) -> tuple[TrendPoint, ...]:
    """Months that end with March 2026."""
    points = []
    for number, value in enumerate(reversed(values)):
        ends = 2026 * 12 + 3 - number
        start, end = (instant(each // 12, each % 12 + 1, 1) for each in (ends - 1, ends))
        known = None if value is None else Decimal(value)
        window = WindowResult("last month", start, end)
        points.append(TrendPoint(window, known, "no_rows" if known is None else None, 100))
    return tuple(reversed(points))


def compared(label: str, value: str | None, change: str | None = None, relative: str | None = None) -> Comparison:
    return Comparison(
        label=label,
        window=WindowResult("last month", instant(2026, 2, 1), instant(2026, 3, 1)),
        value=None if value is None else Decimal(value),
        value_undefined="no_rows" if value is None else None,
        n=10,
        change=None if change is None else Decimal(change),
        change_relative=None if relative is None else Decimal(relative),
        change_undefined=None if change is not None and relative is not None else "zero_denominator",
    )


def assessment(
    value: Value | str | None = "1", status: str = "green", reason: str = "target met", **fields: object
) -> Assessment:
    """An assessment; a text that reads as a number is one."""
    return Assessment(
        **{  # type: ignore[arg-type]
            "value": number(value),
            "value_undefined": "no_rows" if value is None else None,
            "n": 100,
            "n_unknown": None,
            "status": status,
            "reason": reason,
            "target": None,
            "amber": None,
            "attainment": None,
            "gap": None,
            "comparisons": (),
            "trend": (),
            **fields,
        }
    )


def number(value: Value | None) -> Value | None:
    if not isinstance(value, str):
        return value
    try:
        return Decimal(value)
    except ArithmeticError:
        return value


def at_least(value: str) -> BoundResult:
    return BoundResult(">=", Decimal(value))


def kpi(name: str = "k", judged: Assessment | None = None, **fields: object) -> KpiResult:
    return KpiResult(
        **{  # type: ignore[arg-type]
            "name": name,
            "title": None,
            "description": None,
            "unit": None,
            "kind": "flow",
            "window": MARCH,
            "assessment": judged or assessment(),
            "segments": (),
            "inputs": (),
            "actions": (),
            "supports": (),
            "owner": None,
            "review": None,
            "tags": (),
            "at": "shop.kpi:1",
            **fields,
        }
    )


def metric(name: str = "m", value: Value | str | None = "1", **fields: object) -> MetricResult:
    return MetricResult(
        **{  # type: ignore[arg-type]
            "name": name,
            "title": None,
            "description": None,
            "value": number(value),
            "value_undefined": "no_rows" if value is None else None,
            "unit": None,
            "kind": "flow",
            "n": 10,
            "n_unknown": None,
            "window": MARCH,
            "inputs": (),
            "indicator": None,
            "owner": None,
            "tags": (),
            "at": "shop.kpi:2",
            **fields,
        }
    )


def results(*kpis: KpiResult, **fields: object) -> Results:
    return Results(
        **{  # type: ignore[arg-type]
            "version": "0.1.0",
            "as_of": instant(2026, 4, 1),
            "as_of_is_now": False,
            "timezone": "Europe/Berlin",
            "spec": SpecIdentity(3, "0" * 64),
            "metrics": (),
            "kpis": kpis,
            "errors": (),
            **fields,
        }
    )


def shop() -> Results:
    """A month of a shop: every status, every unit, every field."""
    revenue = kpi(
        "monthly_revenue",
        assessment(
            "118250.5",
            "amber",
            "98.5% of target; amber from 90%",
            target=at_least("120000"),
            amber=at_least("108000"),
            attainment=Decimal("0.985420833333333"),
            gap=Decimal("-1749.5"),
            n=2210,
            comparisons=(
                compared("previous", "104300", "13950.5", "0.133753595397891"),
                compared("1 year earlier", None),
            ),
            trend=trend("99000", "101500.25", None, "97000", "104300", "118250.5"),
            signals=signals(),
            forecast=forecast(),
        ),
        title="Monthly revenue",
        description="What was paid, without tax.",
        unit="EUR",
        segments=(
            Segment(
                (("country", "AT"),), assessment("21250.5", "green", target=at_least("20000"), gap=Decimal("1250.5"))
            ),
            Segment((("country", "DE"),), assessment("61000", "red", target=at_least("80000"), gap=Decimal(-19000))),
            Segment(
                (("country", None),),
                assessment(None, "no_data", "2 of 30 rows", value_undefined="insufficient_sample"),
            ),
        ),
        inputs=(
            Input(
                "sum(amount)",
                "orders",
                ('status == "paid"',),
                MARCH,
                (),
                Decimal("118250.5"),
                None,
                2210,
                "SELECT sum(amount)\nFROM orders",
            ),
        ),
        actions=(
            ActionResult("Call the ten largest accounts", "sales", date(2026, 4, 6), "red", None),
            ActionResult("Check the price list", None, date(2026, 4, 8), "amber", None),
        ),
        supports=("profitable_growth",),
        owner="finance@example.com",
        review="monthly",
        tags=("finance", "board"),
        at="specs/shop.kpi:31",
    )
    satisfied = kpi(
        "satisfaction",
        assessment(
            "0.7996",
            "red",
            "target missed by 0.04 pp",
            target=at_least("0.8"),
            gap=Decimal("-0.0004"),
            interval=IntervalResult("wilson", Decimal("0.95"), Decimal("0.710987"), Decimal("0.86623")),
            certainty="not_distinguishable",
            comparisons=(
                replace(
                    compared("previous", "0.82", "-0.0204", "-0.0248780487804878"),
                    interval=IntervalResult("newcombe", Decimal("0.95"), Decimal("-0.21"), Decimal("0.17")),
                ),
            ),
            n_unknown=12,
            n_open=30,
        ),
        title="Satisfied customers (顧客満足度)",
        unit="%",
        kind="ratio",
    )
    warm = kpi(
        "cold_store",
        assessment(
            "4.25",
            target=BoundResult(None, None, Decimal(2), Decimal("6.5")),
            gap=Decimal(0),
            interval=IntervalResult("t", Decimal("0.95"), Decimal("4.1"), Decimal("4.4"), None, Decimal("0.0756")),
            certainty="met_certain",
        ),
        title="Temperature of the cold store",
        unit="degC",
        kind="mean",
    )
    stale = kpi(
        "stock",
        assessment("3912", "stale", "newest row is 3 days older than allowed", target=at_least("3200")),
        title="Units in stock",
        unit="item",
        kind="stock",
        window=None,
    )
    broken = kpi(
        "visits",
        assessment(None, "error", "source visits: no such file", value_undefined="source_error", n=None),
        unit="visit",
    )
    free = kpi(
        "month_so_far",
        assessment(
            "12", "no_target", "no target", interval=UNKNOWN, comparisons=(compared("1 month earlier", "0", "12"),)
        ),
        title="Orders, month to date",
    )
    return results(
        revenue,
        satisfied,
        warm,
        stale,
        broken,
        free,
        metrics=(
            metric(
                "revenue", "118250.5", title="Net revenue", unit="EUR", n=2210, indicator="lagging", tags=("finance",)
            ),
            metric("waiting", "12.4", unit="min", kind="quantile"),
            metric(
                "first_order", "2026-03-01", kind="flow", window=WindowResult("all time", None, instant(2026, 4, 1))
            ),
            metric("conversion", None, value_undefined="too_early", n=0, n_open=14, unit="%", kind="ratio"),
        ),
        errors=(
            ErrorResult(
                "K0601",
                "cannot read data/visits.csv: no such file",
                "paths start at the folder of the spec that writes them",
                "specs/shop.kpi:4",
                ("visits",),
            ),
        ),
        warnings=(ErrorResult("K0412", "a Sunday is missing", None, "specs/shop.kpi:7", ()),),
        params=(("region", "EU"),),
        timings=(("parse", Decimal("0.0123")), ("run", Decimal("1.5"))),
        traffic=(
            SourceTraffic("orders", "postgres", 12, 340),
            SourceTraffic("visits", "postgres", 2, 10_003, "a pattern has a flag"),
            SourceTraffic("load", None, 0, 480),
        ),
        objectives=goals(),
        outcomes=outcomes(),
        scorecards=(board(revenue),),
    )


def board(revenue: KpiResult) -> ScorecardResult:
    """A KPI with its status, and values without, one of which cannot be had."""
    found = revenue.assessment
    shown = ShownResult(
        "monthly_revenue", revenue.name, revenue.title, found.value, None, "EUR", "flow", found.n, MARCH,
        found.target, found.status, found.reason, (),
    )  # fmt: skip
    orders = ShownResult(
        "orders over last month", None, "Orders", Decimal(2210), None, None, "flow", 2210, MARCH, None, None, None,
        revenue.inputs,
    )  # fmt: skip
    lost = ShownResult(
        "visits / orders", None, None, None, "source_error", None, "ratio", None, None, None, None, None, ()
    )
    sections = (SectionResult("Money", (shown, orders)), SectionResult(None, (lost,)))
    return ScorecardResult("board", "The board", "Once a month", sections, "board", ("monthly",), "specs/board.kpi:1")
