"""Intervals as results hold them."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from kpidsl.records import dataclass

Certainty = Literal["met_certain", "not_distinguishable", "missed_certain"]
"""Whether a target is met wherever in the interval the truth is, nowhere in it, or in a part of it."""


@dataclass(frozen=True, slots=True)
class IntervalResult:
    """`low` and `high` are in the value's unit (of a change in its), `level` is a fraction; `undefined` says why there
    is no interval. The standard error is told of means and net scores.
    """

    method: str
    level: Decimal
    low: Decimal | None
    high: Decimal | None
    undefined: str | None = None
    standard_error: Decimal | None = None
