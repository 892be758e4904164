"""Whether nothing is 0 or unknown follows from how far a source reaches before the as-of, however long it was silent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

import kpidsl
from kpidsl.engine import extents

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
        ([date(2025, 12, 1), date(2024, 11, 30)], 0, 0),  # the rows after December are later than its end
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


def test_a_quiet_week_is_0_whichever_way_it_is_asked_for() -> None:
    text = """
    source incidents { from arrow("incidents"); time at }
    metric incidents_a_week = count() from incidents over last week
    kpi weekly {
      value   incidents_a_week
      compare previous, 1 week earlier
      trend   4 weeks
    }
    kpi summed { value sum((count() from incidents over trailing 7 days) each week) over trailing 28 days; target >= 1 }
    """
    days = [date(2026, 1, 20), date(2026, 2, 4), date(2026, 2, 26)]
    incidents = pa.table({"at": pa.array(days, pa.date32())})
    weekly, summed = (
        kpidsl.load("-", stdin_text=text).evaluate(as_of="2026-03-01", sources={"incidents": incidents}).kpis
    )
    assert [one.value for one in weekly.assessment.comparisons] == [0, 0]
    assert [point.value for point in weekly.assessment.trend] == [1, 0, 0, 1]
    assert (summed.assessment.value, summed.assessment.n) == (2, 4)


def test_a_window_that_its_own_anchor_cuts_to_nothing_is_not_known() -> None:
    text = 'source o { from arrow("o"); time at }\nkpi k { value count() from o over next month 1 month earlier; target >= 1 }'
    rows = pa.table({"at": pa.array([date(2026, 1, 2), date(2026, 3, 30)], pa.date32())})
    (found,) = kpidsl.load("-", stdin_text=text).evaluate(as_of="2026-03-31", sources={"o": rows}).kpis
    assert (found.assessment.value, found.assessment.value_undefined) == (None, "no_rows")


STALE = """
source orders { from arrow("orders"); time at; fresh within 10 days }
""" + "\n".join(
    f"objective o{month} {{ period 2025-{month:02}; key result r {{ reach count() from orders over all time >= 9 }} }}"
    for month in range(1, 13)
)


@pytest.mark.parametrize("few", [0, 3, 8])
def test_each_end_of_a_key_result_has_its_own_newest_row(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extents, "FEW_ANCHORS", few)
    text = STALE if few != 8 else "\n".join(STALE.splitlines()[:9])
    days = [date(2025, 1, 28), date(2025, 3, 21), date(2025, 4, 22), date(2025, 4, 30), date(2025, 8, 5)]
    orders = pa.table({"at": pa.array(days, pa.date32())})
    found = kpidsl.load("-", stdin_text=text).evaluate(as_of="2025-12-31", sources={"orders": orders})
    stale = [one.key_results[0].status == "stale" for one in found.objectives]
    assert stale == [False, True, True, False, True, True, True, True, True, True, True, True][: len(stale)]
