"""Columns without a single value: a file that has no rows yet is data, and what it is used as says what it holds."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kpidsl

SPEC = """
source orders {{ from {from_}; time at; let later = closed + 1 day; join shops on shop == id }}
source shops {{ from csv("shops.csv"); key id }}
kpi revenue   {{ value sum(amount) from orders over last month; target >= 1 }}
kpi days      {{ value avg(days_between(at, closed)) from orders over last month; target <= 1 day }}
kpi large     {{ value share(amount * 2 > 10) from orders over last month; target >= 1 }}
kpi german    {{ value count() from orders where country == "DE" over last month; target >= 1 whole; by country }}
kpi customers {{ value count_distinct(customer) from orders over last month; target >= 1 }}
kpi latest    {{ value max(amount) from orders over last month; target >= 1 }}
kpi middle    {{ value median(amount) from orders over last month; target >= 1 }}
kpi ended     {{ value count() from orders where later > at over last month; target >= 1 }}
kpi near      {{ value sum(amount) from orders where shops.area == "north" over last month; target >= 1 }}
"""
NAMES = "at,closed,amount,country,customer,shop"


def statuses(folder: Path) -> dict[str, str]:
    found = kpidsl.load(folder).evaluate(as_of="2026-03-31")
    assert [(one.code, one.message) for one in found.errors] == []
    return {one.name: one.assessment.status for one in found.kpis}


@pytest.mark.parametrize("rows", ["", "2026-03-01,,,,,\n2026-03-02,,,,,\n"])
def test_a_csv_file_without_values(tmp_path: Path, rows: str) -> None:
    (tmp_path / "orders.csv").write_text(f"{NAMES}\n{rows}")
    (tmp_path / "shops.csv").write_text("id,area\n")
    (tmp_path / "a.kpi").write_text(SPEC.format(from_='csv("orders.csv")'))
    assert kpidsl.load(tmp_path).check().exit_code == 0
    found = statuses(tmp_path)
    expected = {"no_data"} if not rows else {"no_data", "red"}  # a sum over rows without amounts is 0
    assert set(found.values()) == expected, found


def test_records_of_json_without_values(tmp_path: Path) -> None:
    record = dict.fromkeys(NAMES.split(",")) | {"at": "2026-03-01"}
    (tmp_path / "orders.json").write_text(json.dumps([record]))
    (tmp_path / "shops.csv").write_text("id,area\n")
    (tmp_path / "a.kpi").write_text(SPEC.format(from_='json("orders.json")'))
    assert kpidsl.load(tmp_path).check().exit_code == 0
    assert set(statuses(tmp_path).values()) == {"no_data", "red"}


def test_what_comes_later_is_what_it_is(tmp_path: Path) -> None:
    """Kept columns and kept states of the empty file do not outlive it."""
    (tmp_path / "a.csv").write_text("t,x\n")
    (tmp_path / "a.kpi").write_text(
        'source a { from csv("a.csv"); time t }\nkpi k { value sum(x) from a over last month; target >= 1 }\n'
    )
    kept = tmp_path / "kept"
    spec = kpidsl.load(tmp_path)
    assert spec.evaluate(as_of="2026-03-31", state=kept).kpis[0].assessment.status == "no_data"
    (tmp_path / "a.csv").write_text("t,x\n2026-03-01,2.50\n")
    assert kpidsl.load(tmp_path).evaluate(as_of="2026-03-31", state=kept).kpis[0].assessment.value == 2.5
    (tmp_path / "a.csv").write_text("t,x\n2026-03-01,many\n")
    found = kpidsl.load(tmp_path).evaluate(as_of="2026-03-31", state=kept)
    assert [one.code for one in found.errors] == ["K0604"]


def test_a_blank_key_is_as_the_one_it_is_joined_with(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("t,shop\n2026-03-01,7\n")
    (tmp_path / "shops.csv").write_text("id,area\n")
    (tmp_path / "a.kpi").write_text("""
    source orders { from csv("orders.csv"); time t; join shops on shop == id }
    source shops { from csv("shops.csv"); key id }
    kpi north { value count() from orders where shops.area == "north" over last month; target >= 1 }
    kpi all { value count() from orders over last month; target >= 1 whole; by shops.area }
    """)
    assert statuses(tmp_path) == {"north": "red", "all": "green"}


USES = """
count() from o where x > 5 · count() from o where x in [1, 2] · count() from o where -x > 3 · share(x) from o
count() from o where x · count() from o where not x or k > 5 · count() from o where k > 5 and x · sum(if x then 1 else 0) from o
max(if x > 3 then 1 else 0) from o · count() from o where x >= 50% · sum(x - y) from o · prevalence(x per k) from o
count() from o where x - ts <= 3 days · avg(ts - x) from o · share(y - x <= 3 days) from o · avg(hour(x)) from o
count() from o where x == "a" · count() from o where lower(x) in ["a"] · count() from o where x > y · count_distinct(x) from o
conversion_rate(o where x to o where y > 3 per k within 3 days) · count() from o where x == true · median(x) from o
"""


@pytest.mark.parametrize(
    "expression", [one.strip() for line in USES.split("\n") for one in line.split("·") if one.strip()]
)
@pytest.mark.parametrize("provider", ["csv", "parquet"])
def test_each_use_of_a_column_tells_what_it_holds(tmp_path: Path, provider: str, expression: str) -> None:
    """A column that is compared with numbers, or is a condition, was a text, and so was each of a Parquet file that
    pandas wrote of nothing but None.
    """
    moments = [datetime.fromisoformat(f"2026-03-0{day}T10:00") for day in (1, 2)]
    if provider == "csv":
        (tmp_path / "o.csv").write_text("ts,k,x,y\n" + "".join(f"{at.isoformat()},1,,\n" for at in moments))
    else:
        blank = pa.nulls(2)
        pq.write_table(pa.table({"ts": moments, "k": [1, 1], "x": blank, "y": blank}), tmp_path / "o.parquet")
    (tmp_path / "a.kpi").write_text(
        f'source o {{ from {provider}("o.{provider}"); time ts }}\nmetric m = ({expression}) over last month\n'
    )
    (found,) = (results := kpidsl.load(tmp_path).evaluate(as_of="2026-03-31")).metrics
    assert [error.message for error in results.errors] == []
    assert found.value in (None, 0)
    assert found.value is not None or found.value_undefined in ("no_rows", "too_early", "zero_denominator")
