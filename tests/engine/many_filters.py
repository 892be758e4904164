"""A spec of many filters and some groupings, and rows for it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from kpidsl.semantic.rows import ColumnValue
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import NUMBER

FILTERS = (
    'country == "DE"', 'country != "DE"', 'country in ["FR", "IT"]', "country is null", "country is not null",
    'country matches "^[DF]"', 'lower(country) == "de"', 'country == "DE" and size > 3', "size <= 2 or size is null",
    "not (size > 3)", "paid", "not paid", "size / 2 > 1", 'country == "nowhere"', 'shops.region == "north"',
    'shops.region == "south" and paid', "amount > 100",
)  # fmt: skip
MEASURES = (
    "count()", "sum(amount)", "avg(weight)", "sum(weight)", "min(amount)", "max(weight)", "share(amount > 20)",
    "count(size)", "stddev(weight)", "nps(size)", "count_distinct(country)", "median(amount)", "first(amount)",
    "last(size)",
)  # fmt: skip
WINDOWS = ("last month", "trailing 10 days", "2026-01-01..2026-03-15", "last 3 months")


def spec() -> str:
    lines = [
        'source shops { from arrow("shops"); key shop }',
        'source sales { from arrow("sales"); time at in "UTC"; join shops on shop }',
    ]
    number = 0
    for filter_ in FILTERS:
        for place, measure in enumerate(MEASURES):
            window = WINDOWS[number % len(WINDOWS)]
            by = "; by country" if place % 3 == 0 else "; by shops.region" if place % 3 == 1 else ""
            lines.append(f"metric m{number} = {measure} from sales where {filter_}")
            lines.append(
                f"kpi k{number} {{ value m{number} over {window}; target >= 1{'%' if 'share' in measure else ''}{by} }}"
            )
            number += 1
    return "\n".join(lines)


def tables() -> dict[str, pa.Table]:
    chance = random.Random(11)
    start = datetime(2025, 12, 15)  # noqa: DTZ001 -- a civil time
    count = 900
    rows: dict[str, Sequence[Any]] = {
        "at": [start + timedelta(minutes=chance.randrange(110 * 24 * 60)) for _ in range(count)],
        "country": [chance.choice(["DE", "FR", "IT", "ES", None]) for _ in range(count)],
        "size": [chance.choice([0, 1, 2, 3, 4, 7, 9, 10, None]) for _ in range(count)],
        "paid": [chance.choice([True, False, None]) for _ in range(count)],
        "amount": [chance.choice([None, Decimal(chance.randrange(5_000)) / 100]) for _ in range(count)],
        "weight": [
            chance.choice([None, float("nan"), chance.uniform(-1, 1) * 10 ** chance.randrange(-9, 9)])
            for _ in range(count)
        ],
        "shop": [chance.choice([1, 2, 3, None]) for _ in range(count)],
    }
    types = {"at": pa.timestamp("us"), "amount": pa.decimal128(10, 2), "weight": pa.float64(), "size": pa.int32()}
    sales = pa.table({name: pa.array(values, types.get(name)) for name, values in rows.items()})
    return {"sales": sales, "shops": pa.table({"shop": [1, 2, 3], "region": ["north", "south", None]})}


def column(name: str) -> ColumnValue:
    return ColumnValue(DataType.TEXT, NUMBER, (), "sales", name)
