"""Rows with what engines differ about, and a spec over them: their values are the same from Parquet and from a server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from kpidsl import load

COUNT = 3_000
SPEC = """
calendar { timezone "Europe/Berlin" }
source s { from SOURCE; time TIME }
metric rows = count() from s over last month
metric total = sum(amount) from s over last month
metric mean = avg(amount) from s over last quarter
metric middle = median(amount) from s over last month
metric high = percentile(amount, 95%) from s over last month
metric low = min(amount) from s over last month
metric people = count_distinct(who) from s over last month
metric halves = sum(n / 2) from s over last month
metric weeks = count() from s over last week
metric matching = count() from s where who matches "^[éÅ].*7$" over last month
metric empty = count() from s where who == "" over last month
metric after = count() from s where who > "Z" over last month
metric floats = sum(f) from s over last month
metric quotients = count() from s where amount / 3 >= 0.1 or amount / (n - 9_007_199_254_740_000) <= -0.3 over last month
metric rounded = sum(round(amount / 2, 2)) from s over last month
metric whole = sum(floor(amount / 0.1) + ceil(1 - amount / 4)) from s over last month
metric known = count(amount) from s over last month
"""


def rows() -> pa.Table:
    """Rows around month ends, both changes of summer time, with NULLs, large numbers and letters of all sorts."""
    begin = datetime(2025, 10, 1, 22, tzinfo=UTC)
    moments = [begin + timedelta(hours=n * 1.53) for n in range(COUNT)]
    names = ["", "ada", "Zoë", "éva7", "Ångström 7", "東京", None]
    amounts = [None if n % 11 == 0 else Decimal(n * 7919 % 100_003 - 50_000) / 100 for n in range(COUNT)]
    return pa.table(
        {
            "z": pa.array(moments, pa.timestamp("us", "UTC")),
            "t": pa.array([one.replace(tzinfo=None) for one in moments], pa.timestamp("us")),
            "d": pa.array([date(one.year, one.month, one.day) for one in moments], pa.date32()),
            "amount": pa.array(amounts, pa.decimal128(18, 2)),
            "who": pa.array([names[n % len(names)] for n in range(COUNT)]),
            "n": pa.array([9_007_199_254_740_993 - n for n in range(COUNT)], pa.int64()),
            "f": pa.array([n * 0.1 - 77 for n in range(COUNT)], pa.float64()),
        }
    )


def values(folder: Path, source: str, time: str) -> dict[str, object]:
    (folder / "spec.kpi").write_text(SPEC.replace("SOURCE", source).replace("TIME", time), "utf-8")
    found = load([folder / "spec.kpi"]).evaluate(as_of="2026-03-31")
    assert not found.errors, found.errors
    return {one.name: one.value if one.value_undefined is None else one.value_undefined for one in found.metrics}


def hold(folder: Path, time: str, fill: Callable[[pa.Table], str]) -> None:
    """`fill` puts the rows into a table of a server, and says what a spec calls it."""
    table = rows()
    pq.write_table(table, folder / "rows.parquet")
    expected = values(folder, 'parquet("rows.parquet")', time)
    assert expected["rows"] and expected["matching"] and expected["empty"]
    assert values(folder, fill(table), time) == expected
