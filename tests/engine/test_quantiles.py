"""Quantiles of many values are counted, and are the same numbers as of values that are listed and sorted."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import inf, nan
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kpidsl
from kpidsl.engine import quantiles, run
from kpidsl.engine.faults import TooLarge
from kpidsl.engine.quantiles import first_bins, pass_by

ROWS = 3_000
WAYS = {
    "as it is": {},
    "little is left": {"LEFT": 0},
    "few bins": {"LEFT": 0, "MOST_COUNTS": 1},
    "all is read": {"LEFT": 10**9},
    "one filter at a time": {"BATCH": 1},
    "no cuts": {"LEFT": 0, "MOST_CUTS": 0, "MOST_COUNTS": 1},
}


def columns(chance: random.Random) -> dict[str, pa.Array]:
    """Numbers of many sorts: spread out, in heaps, far apart, infinite, at the ends of what a type holds."""
    floats = {
        "even": [chance.uniform(-1e3, 1e3) for _ in range(ROWS)],
        "skewed": [chance.lognormvariate(0, 5) for _ in range(ROWS)],
        "heaps": [chance.choice([0.0, -0.0, 0.1, 0.1, 0.1, 7.5, -3e-9]) for _ in range(ROWS)],
        "sparse": [chance.choice([None, nan, 1.5, chance.random()]) for _ in range(ROWS)],
        "infinite": [chance.choice([inf, -inf, chance.random(), chance.random()]) for _ in range(ROWS)],
        "apart": [chance.choice([1e308, -1e308, 1e-308, 5e-324, chance.random()]) for _ in range(ROWS)],
        "near": [1e15 + chance.randrange(40) / 8 for _ in range(ROWS)],
        "tiny": [chance.randrange(9) * 5e-324 for _ in range(ROWS)],
        "one": [2.5] * ROWS,
        "none": [None] * ROWS,
    }
    return {
        **{name: pa.array(values, pa.float64()) for name, values in floats.items()},
        "whole": pa.array([chance.randrange(-(10**6), 10**6) for _ in range(ROWS)], pa.int64()),
        "large": pa.array([2**62 + chance.randrange(50) for _ in range(ROWS)], pa.int64()),
        "money": pa.array([Decimal(chance.randrange(-(10**7), 10**7)) / 100 for _ in range(ROWS)], pa.decimal128(18, 2)),
        "digits": pa.array(
            [Decimal(chance.randrange(10**37)).scaleb(-10) for _ in range(ROWS)], pa.decimal128(38, 10)
        ),
    }  # fmt: skip


def spec(path: Path, names: list[str]) -> str:
    lines = [f'source o {{ from parquet("{path}"); time at }}']
    for name in names:
        lines += [
            f"metric {name}_middle = median({name}) from o over 2026",
            f'metric {name}_part = percentile({name}, 99.9%) from o where land == "a" over last 3 months',
            f'metric {name}_low = percentile({name}, 1%) from o where land == "b" or land is null over all time',
            f'metric {name}_nothing = median({name}) from o where land == "nowhere" over all time',
            f"kpi {name}_each {{ value percentile({name} * 2, 95%) from o over last month",
            "  compare previous; trend 6 months; interval 90%; target >= 1 whole; by land }",
            f'kpi {name}_both {{ value median({name}) from o where land != "b" over all time; target >= 1 whole;',
            "  by land, day; by day }",
        ]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = random.Random(7)
    table: dict[str, Any] = {
        "at": [datetime(2026, 1, 1) + timedelta(minutes=chance.randrange(525_600)) for _ in range(ROWS)],  # noqa: DTZ001
        "land": [chance.choice(["a", "a", "b", None]) for _ in range(ROWS)],
        "day": [chance.choice([date(2026, 5, 1), date(9999, 12, 31), None]) for _ in range(ROWS)],
        **columns(chance),
    }
    file = tmp_path_factory.mktemp("data") / "o.parquet"
    pq.write_table(pa.table(table), file)
    return file


def document(data: Path) -> str:
    names = list(columns(random.Random(7)))
    return kpidsl.load("-", stdin_text=spec(data, names)).evaluate(as_of="2026-12-31").to_json()


@pytest.fixture(scope="module")
def listed(data: Path) -> str:
    return document(data)


@pytest.mark.parametrize("way", WAYS)
def test_counted_and_listed_are_the_same(
    data: Path, listed: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    counted: list[int] = []

    def look(rows: Any, looking: Any, bin_of: Any) -> None:
        counted.append(len(looking))
        pass_by(rows, looking, bin_of)

    monkeypatch.setattr(quantiles, "MANY", 0)
    monkeypatch.setattr(quantiles, "EACH", 0)
    monkeypatch.setattr(quantiles, "pass_by", look)
    for name, value in WAYS[way].items():
        monkeypatch.setattr(quantiles, name, value)
    assert document(data) == listed
    assert len(counted) >= 80, "they were listed again"


def test_a_column_that_is_two_dimensions_beside_another(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        f'source o {{ from parquet("{data}"); time at; let also = land }}\n'
        "kpi k { value median(even) from o over all time; by land, also; by land, day, also; by also, day }"
    )
    monkeypatch.setattr(quantiles, "MANY", 10**12)
    listed = kpidsl.load("-", stdin_text=text).evaluate(as_of="2026-12-31").to_json()
    monkeypatch.setattr(quantiles, "MANY", 0)
    monkeypatch.setattr(quantiles, "EACH", 0)
    assert kpidsl.load("-", stdin_text=text).evaluate(as_of="2026-12-31").to_json() == listed


def test_how_many_values_there_are_is_asked_for_many_expressions_at_once(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    asked: list[int] = []
    sizes = quantiles.q.sizes

    def look(rows: Any, time: Any, edges: Any, wanted: Any, members: Any) -> Any:
        asked.append(len(wanted))
        return sizes(rows, time, edges, wanted, members)

    monkeypatch.setattr(quantiles.q, "sizes", look)
    kpis = [f"kpi k{k} {{ value median(even + {k}) from o over all time; by land }}" for k in range(30)]
    text = "\n".join((f'source o {{ from parquet("{data}"); time at }}', *kpis))
    kpidsl.load("-", stdin_text=text).evaluate(as_of="2026-12-31")
    assert asked == [30] * 3, "once together, then of the whole and by members"


def test_numbered_and_listed_are_the_same(data: Path, listed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done where a list does not fit."""

    def too_large(*_: object) -> None:
        raise TooLarge("the list does not fit")

    monkeypatch.setattr(quantiles, "MANY", 10**12)
    monkeypatch.setattr(run.Run, "fill", too_large)
    assert document(data) == listed


@pytest.mark.parametrize(
    ("low", "high", "divides"),
    [
        (0.0, 1.0, True), (-1e300, 1e300, True), (-1.7e308, 1.7e308, False), (0.0, 5e-324, False), (1, 2**53, True),
        (1, 2**53 + 1, False), (Decimal("0.01"), Decimal("90071992547409.92"), True),
        (Decimal("0.01"), Decimal("90071992547409.93"), False), (3, 3, False), (None, None, False),
    ],
)  # fmt: skip
def test_what_doubles_keep_in_order(low: Any, high: Any, divides: bool) -> None:
    assert (first_bins(low, high, 64) is not None) is divides


@pytest.mark.slow
def test_medians_of_members_that_do_not_fit_as_lists(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT DATE '2026-01-01' AS at, hash(i)::DOUBLE AS x, i % 5 AS k FROM range(4000000) AS n(i)) "
            f"TO '{tmp_path / 'o.parquet'}'"
        )
    text = f'source o {{ from parquet("{tmp_path / "o.parquet"}"); time at }}\n'
    text += "kpi each { value median(x) from o over 2026-01; by k; target >= 1 whole }"
    found = [
        kpidsl.load("-", stdin_text=text).evaluate(as_of="2026-01-31", memory=memory, threads=2)
        for memory in ("60MB", "4GB")
    ]
    assert not found[0].errors
    assert found[0].to_json() == found[1].to_json()


@pytest.mark.slow
def test_a_median_needs_no_more_memory_than_is_allowed(tmp_path: Path) -> None:
    """Six million different values: as a list 46 MiB, sorted twice that."""
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT DATE '2026-01-01' AS at, hash(i)::DOUBLE AS x FROM range(6000000) AS n(i)) "
            f"TO '{tmp_path / 'o.parquet'}'"
        )
        ((expected,),) = connection.execute(
            f"SELECT quantile_disc(x, 0.5) FROM (SELECT x FROM '{tmp_path / 'o.parquet'}' UNION ALL SELECT -1)"
        ).fetchall()
    text = f'source o {{ from parquet("{tmp_path / "o.parquet"}"); time at }}\n'
    text += "metric middle = percentile(x, 50%) from o over 2026-01"
    (found,) = kpidsl.load("-", stdin_text=text).evaluate(as_of="2026-01-31", memory="40MB", threads=2).metrics
    assert found.value is not None
    assert abs(float(found.value) / expected - 1) < 1e-6  # type: ignore[arg-type]
    assert found.n == 6_000_000
