"""Decimals whose columns have more places than their numbers need: DECIMAL(38, 18), as Spark makes of every number."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kpidsl
from engine.evaluating import Table, days, evaluate, money

PRICES = ("12.50", "123456.78", "0.3", "2.00")
PIECES = ("10", "3.5", "3", "0")
SPEC = """
source goods { from arrow("goods"); key id }
source o { from arrow("o"); time at; column price: EUR; join goods on good == id }
"""


def rows(scale: int = 18) -> Table:
    price, pieces = (money(*texts, precision=38, scale=scale) for texts in (PRICES, PIECES))
    return {"at": days(*["2026-03-02"] * 4), "price": price, "pieces": pieces, "good": [1, 1, 2, 2]}


def goods(scale: int = 18) -> Table:
    return {"id": [1, 2], "weight": money("2.5", "40", precision=38, scale=scale)}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("sum(price * pieces) from o", Decimal("432224.63")),
        ("sum(price * pieces * goods.weight) from o", Decimal("1080595.325")),
        ("max(price * pieces) from o", Decimal("432098.73")),
        ("median(price * pieces) from o", Decimal("62.95")),
        ("count() from o where price * pieces >= 125 EUR", 2),
        ("count() from o where price / pieces >= goods.weight / 400 * 1 EUR", 3),
        ("sum(price) from o where pieces * goods.weight > 100", Decimal("0.3")),
        ("count_distinct(price * pieces) from o", 4),
        ("variance(price * pieces / 1 EUR) from o", None),
        ("sum(price) from o", Decimal("123471.58")),
    ],
)
@pytest.mark.parametrize("scale", [18, 22])
def test_numbers_have_room_beside_the_places_they_do_not_need(
    expression: str, expected: Decimal | int | None, scale: int
) -> None:
    """As they have where their columns have two places."""
    spec = f"{SPEC}metric m = {expression} over last month"
    results = evaluate(spec, "2026-03-31", o=rows(scale), goods=goods(scale))
    (narrow,) = evaluate(spec, "2026-03-31", o=rows(2), goods=goods(2)).metrics
    assert not results.errors
    (found,) = results.metrics
    assert found.value == narrow.value
    if expected is not None:
        assert found.value == expected


def test_segments_and_earlier_windows_have_it_too(tmp_path: Path) -> None:
    spec = """
    source o {{ from {}; time at }}
    kpi k {{ value sum(price * pieces) from o over last month; by good; compare previous; trend 3 months }}
    kpi all {{ value count() from o over last month }}
    """
    price = pa.array([Decimal(n % 900) / 4 for n in range(3000)], pa.decimal128(38, 18))
    table = pa.table(
        {
            "at": days(*[f"2026-0{1 + n % 3}-1{n % 10}" for n in range(3000)]),
            "price": price,
            "pieces": price,
            "good": [n % 7 for n in range(3000)],
        }
    )
    pq.write_table(table, tmp_path / "o.parquet", row_group_size=500)
    found = []
    for precision, scale in ((38, 18), (18, 2)):
        kind = pa.decimal128(precision, scale)
        columns = {
            name: table[name].cast(kind) if name.startswith("pri") else table[name] for name in table.column_names
        }
        columns["pieces"] = columns["price"]
        pq.write_table(pa.table(columns), tmp_path / "o.parquet", row_group_size=500)
        file = tmp_path / "s.kpi"
        file.write_text(spec.format('parquet("o.parquet")'), "utf-8")
        results = kpidsl.load(file).evaluate(as_of="2026-03-31")
        assert not results.errors
        found.append([one.assessment for one in results.kpis] + [one for kpi in results.kpis for one in kpi.segments])
    assert found[0] == found[1]


def test_a_number_that_needs_its_places_is_told_and_costs_no_other() -> None:
    spec = (
        f"{SPEC}metric m = sum(price * pieces) from o over last month\nmetric n_all = sum(price) from o over last month"
    )
    many = {**rows(), "price": money("1.000000000000000001", *PRICES[1:], precision=38, scale=18)}
    many["pieces"] = money("100.00000000000000001", *PIECES[1:], precision=38, scale=18)
    results = evaluate(spec, "2026-03-31", o=many, goods=goods())
    assert [(error.code, error.affects) for error in results.errors] == [("K0610", ("m",))]
    assert {one.name: one.value for one in results.metrics}["n_all"] == Decimal("123460.080000000000000001")
