"""What statistics say of a KPI's trend: records, beside its status and never in it.

Numbers in the unit of the value have as many digits as other quotients (15) where they are exact, 12 where roots enter;
numbers without a unit (z, p, τ, probabilities) have six. What could not be had is None, and `undefined` says why.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from kpidsl.records import dataclass

if TYPE_CHECKING:
    from kpidsl.assess.results import BoundResult, WindowResult


@dataclass(frozen=True, slots=True)
class Absent:
    """How many points of a trend have no value, and why."""

    reason: str
    points: int


@dataclass(frozen=True, slots=True)
class FindingResult:
    """A rule that holds for `points` of a trend; `side` is above, below, rising or falling, or None.

    `start` is where the first of them begins (None for a level at an instant), `end` where the last ends.
    """

    rule: str
    side: str | None
    points: int
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Limits:
    """Centre and limits, of `n` values; `provisional` while there are fewer than twelve.

    `mean_range` is the mean moving range, `upper_range` the limit of ranges; `screened` ranges were left out.
    """

    n: int
    centre: Decimal
    lower: Decimal
    upper: Decimal
    mean_range: Decimal
    upper_range: Decimal
    screened: int
    provisional: bool


@dataclass(frozen=True, slots=True)
class Phase:
    """What a chart said before it was rebased; `since` and `reason` are of the rebase it begins with."""

    since: date | None
    reason: str | None
    limits: Limits | None
    findings: tuple[FindingResult, ...]


@dataclass(frozen=True, slots=True)
class SignalResult:
    """A signal on a trend.

    Of a chart (`method` xmr): `variation` is of the newest value: common_cause, improvement, concern, or special_cause
    where no target says which side is better. `assurance` is capable, failing or hit_and_miss. Of a test (`method`
    trend): `direction` is rising, falling or no_trend at 5 %; `slope` is per `slope_per`, with its 95 % interval.
    """

    method: str
    rules: str | None
    seasons: int | None
    n: int
    absent: tuple[Absent, ...]
    reason: str
    undefined: str | None = None
    variation: str | None = None
    assurance: str | None = None
    limits: Limits | None = None
    baseline: WindowResult | None = None
    since: date | None = None
    rebased: str | None = None
    findings: tuple[FindingResult, ...] = ()
    earlier: tuple[Phase, ...] = ()
    direction: str | None = None
    s: int | None = None
    variance: Decimal | None = None
    z: Decimal | None = None
    p: Decimal | None = None
    tau: Decimal | None = None
    slope: Decimal | None = None
    slope_low: Decimal | None = None
    slope_high: Decimal | None = None
    slope_per: str | None = None
    covariance: bool = False


@dataclass(frozen=True, slots=True)
class ForecastResult:
    """Where the value lands by the end of the day `until`, `steps` of the trend ahead.

    `low` and `high` are the 80 % interval, `probability` that of meeting `target`, the one in force by then.
    """

    method: str
    until: date
    steps: int
    n: int
    absent: tuple[Absent, ...]
    reason: str
    undefined: str | None = None
    landing: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    target: BoundResult | None = None
    probability: Decimal | None = None
