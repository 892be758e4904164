"""How far a source reaches before an anchor decides whether nothing is 0 or unknown, however long it was silent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

import kpidsl

SPEC = """
source orders { from arrow("orders"); time at }
kpi lately { value count() from orders where country == "FR" over last month; target >= 1 }
kpi a_year_ago { value count() from orders where country == "FR" over last month 1 year earlier; target >= 1 }
"""


@pytest.mark.parametrize(
    ("days", "lately", "a_year_ago"),
    [
        ([date(2025, 12, 30), date(2024, 12, 30)], 0, 0),
        ([date(2025, 12, 1), date(2024, 12, 1)], 0, 0),  # silent for weeks before either anchor
        ([date(2025, 12, 1), date(2024, 11, 30)], 0, None),
        ([date(2025, 12, 1)], 0, None),
        ([date(2024, 12, 1)], None, 0),
        ([date(2024, 11, 30)], None, None),
        ([date(2026, 1, 5)], None, None),
        ([], None, None),
    ],
)
def test_nothing_is_zero_where_there_are_rows_around_it(
    days: list[date], lately: int | None, a_year_ago: int | None
) -> None:
    orders = pa.table({"at": pa.array(days, pa.date32()), "country": pa.array(["DE"] * len(days), pa.string())})
    spec = kpidsl.load("-", stdin_text=SPEC)
    found = spec.evaluate(as_of="2025-12-31", sources={"orders": orders})
    values = [kpi.assessment.value for kpi in found.kpis]
    assert values == [None if one is None else Decimal(one) for one in (lately, a_year_ago)]


def test_each_of_many_anchors_has_its_own_newest_row() -> None:
    months = {"2025-10": 0, "2025-08": None, "2025-05": 0, "2025-02": None}
    windows = [f"trailing 7 days {count} months earlier" for count in (2, 4, 7, 10)]
    days = [date(2025, 12, 20), date(2025, 10, 30), date(2025, 5, 25), date(2025, 5, 3)]
    text = 'source orders { from arrow("orders"); time at }\n' + "\n".join(
        f'kpi k{place} {{ value count() from orders where country == "FR" over {window}; target >= 1 }}'
        for place, window in enumerate(windows)
    )
    orders = pa.table({"at": pa.array(days, pa.date32()), "country": pa.array(["DE"] * len(days), pa.string())})
    found = kpidsl.load("-", stdin_text=text).evaluate(as_of="2025-12-31", sources={"orders": orders})
    assert [kpi.assessment.value for kpi in found.kpis] == list(months.values())
