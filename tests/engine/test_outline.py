"""`show plan` tells how values are answered before it lists them."""

from __future__ import annotations

import pyarrow as pa

import kpidsl

SPEC = """
source orders { from arrow("orders"); time at; column at: date }
metric sold  = count() from orders where country == "DE"
metric users = count_distinct(user) from orders
kpi a { value sold over last month; target >= 1 whole; compare previous, 1 year earlier; by country }
kpi b { value sold over last month; target >= 2 }
kpi c { value users over last month; target >= 2; trend 3 months }
kpi d { value count() from orders at end; target >= 1 }
"""


def test_what_is_shared_and_what_is_asked_by_itself_is_told() -> None:
    orders = pa.table({"at": ["2026-03-01"], "country": ["DE"], "user": [1]})
    shown = kpidsl.load("-", stdin_text=SPEC).show("plan", as_of="2026-03-31", sources={"orders": orders})
    assert shown.split("\n\n")[0].splitlines() == [
        "source orders: 12 values asked for, 10 of them different",
        "  3 values from 4 panes: 1 aggregation (count) under 1 filter",
        "  3 values, each country, from 4 panes: 1 aggregation (count) under 1 filter",
        "    in scans that share what they can, grouped by country",
        "  3 values over 3 windows, from 3 panes: count_distinct cannot be merged from panes",
        "  1 value of the rows at end of a window, by a query of their own: count",
    ]
