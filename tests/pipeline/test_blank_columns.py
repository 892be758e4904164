"""Columns without a single value: a file that has no rows yet is data, and what it is used as says what it holds."""

from __future__ import annotations

import json
from datetime import date
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


@pytest.mark.parametrize(
    "condition",
    [
        "closed + 1 day >= at",
        "at <= 1 day + closed",
        "closed - 1 day <= at",
        "closed - at <= 1 day",
        "at - closed <= 1 day",
        "closed - sent <= 1 day",
        "closed + waits * 1 hour >= at",
        "closed + (at - sent) >= at",
    ],
)
def test_what_lies_a_length_of_time_from_another_is_a_time(tmp_path: Path, condition: str) -> None:
    (tmp_path / "orders.csv").write_text("at,closed,sent,waits\n2026-03-01,,,\n2026-03-02,,,\n")
    (tmp_path / "a.kpi").write_text(f"""
    source orders {{ from csv("orders.csv"); time at }}
    kpi soon {{ value share({condition}) from orders over last month; target >= 50% }}
    """)
    assert kpidsl.load(tmp_path).check().exit_code == 0
    assert statuses(tmp_path) == {"soon": "no_data"}


def test_a_mean_time_between_one_that_is_known_and_one_that_is_not_yet(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("at,closed\n2026-03-01,\n")
    (tmp_path / "a.kpi").write_text("""
    source orders { from csv("orders.csv"); time at }
    kpi waiting { value avg(closed - at) from orders over last month; target <= 5 hours }
    """)
    assert statuses(tmp_path) == {"waiting": "no_data"}


@pytest.mark.parametrize(
    "value",
    [
        "share(flag) from orders",
        "share(not flag) from orders",
        "share(flag or x > 2) from orders",
        "avg(if flag then 1 else 0) from orders",
        "sum(x) from orders where flag",
        "count() from orders where flag == true",
        "prevalence(flag per name) from orders",
        "share(5 <= x) from orders",
        "share(x > 50%) from orders",
        "share(x not in [1, 2]) from orders",
        'share(name in ["a", other]) from orders',
        'share(name matches "^a") from orders',
        "avg(-x) from orders",
        "avg(x + y) from orders",
        "share(x / y > 2) from orders",
        "conversion_rate(orders where flag to orders where x > 2 per name within 3 days)",
    ],
)
def test_conditions_and_numbers_are_told_by_where_they_stand(tmp_path: Path, value: str) -> None:
    """What the spec says of a file is the same before it has its first values."""
    (tmp_path / "orders.csv").write_text("at,flag,x,y,name,other\n2026-03-01,,,,,\n")
    (tmp_path / "a.kpi").write_text(f"""
    source orders {{ from csv("orders.csv"); time at; key at }}
    metric m = {value} over last month
    """)
    assert kpidsl.load(tmp_path).check(schemas=False).exit_code == 0
    assert kpidsl.load(tmp_path).check().exit_code == 0
    assert kpidsl.load(tmp_path).evaluate(as_of="2026-03-31").errors == ()


@pytest.mark.parametrize("kind", ["csv", "parquet", "arrow"])
@pytest.mark.parametrize(
    "declared",
    [
        "objective o { period 2026-Q1; key result k { keep (share(flag) from orders) over last month >= 10% } }",
        "objective o { period 2026-Q1; key result k { increase x over last month from 1 to (max(y) from orders over 2025) } }",
        "outcome o { levels bad < good; success good; evidence e { measure share(flag) from orders over last month; level good >= 50% } }",
        "outcome o { levels bad < good; success good; evidence e { measure x over last month; level good >= 5; require (count() from orders where flag over last month) >= 1 } }",
        "kpi k { value share(flag) from orders over last month; target >= 1%; by flag, x }",
        "kpi k { value max(y) from orders over last month; target >= 1 }",
        "metric top = max(y) from orders\n kpi k { value (top over last month) - (top over 2025); target >= 1 }",
        "scorecard board { show share(flag) from orders over last month }",
    ],
)
def test_what_only_a_goal_or_a_page_reads_has_the_type_that_they_imply(
    tmp_path: Path, kind: str, declared: str
) -> None:
    """pandas writes a column of which nothing is known yet as one of nulls, to Parquet and to Arrow."""
    table = pa.table({"at": [date(2026, 3, 1)], "flag": pa.nulls(1), "x": pa.nulls(1), "y": pa.nulls(1)})
    pq.write_table(table, tmp_path / "orders.parquet")
    (tmp_path / "orders.csv").write_text("at,flag,x,y\n2026-03-01,,,\n")
    given = "orders" if kind == "arrow" else f"orders.{kind}"
    (tmp_path / "a.kpi").write_text(f"""
    source orders {{ from {kind}("{given}"); time at }}
    metric x = sum(x) from orders
    {declared}
    """)
    sources = {"orders": table} if kind == "arrow" else None
    spec = kpidsl.load(tmp_path)
    report = spec.check(sources=sources)
    assert report.exit_code == 0, [(one.code, one.message) for one in report.diagnostics]
    assert spec.evaluate(as_of="2026-03-31", sources=sources).errors == ()
