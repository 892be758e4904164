"""How far a source reaches before an anchor decides whether nothing is 0 or unknown, however long it was silent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pyarrow as pa
import pytest

import kpidsl
from kpidsl.engine import extents
from kpidsl.engine.answers import Answers, Extent
from kpidsl.report.json import to_json
from kpidsl.sql import queries

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


WINDOWS = (
    "trailing 7 days",
    "last month",
    "last month 1 month earlier",
    "trailing 10 days 40 days earlier",
    "last year",
)
MANY = 'source orders { from arrow("orders"); time at }\n' + "\n".join(
    f'kpi k{place} {{ value count() from orders where country == "C{place}" over {WINDOWS[place % 5]}; target >= 1 }}'
    for place in range(15)
)


def document(days: list[date], text: str) -> str:
    orders = pa.table({"at": pa.array(days, pa.date32()), "country": pa.array(["C1"] * len(days), pa.string())})
    return to_json(kpidsl.load("-", stdin_text=text).evaluate(as_of="2025-12-31", sources={"orders": orders}))


@pytest.mark.parametrize(
    ("days", "is_told"),
    [
        ([date(2025, 12, 30), date(2025, 11, 29), date(2025, 10, 31), date(2024, 12, 30), date(2023, 1, 1)], True),
        ([date(2025, 12, 30), date(2025, 11, 29), date(2025, 10, 1), date(2024, 6, 30)], True),
        ([date(2025, 12, 30), date(2023, 5, 1)], False),  # before all windows
    ],
)
def test_what_the_newest_rows_are_is_told_by_a_scan_that_is_made_anyway(
    days: list[date], is_told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    within = queries.newest_within
    monkeypatch.setattr(queries, "newest_within", lambda *given: (asked.append(given), within(*given))[1])
    found = document(days, MANY)
    assert (not asked) is is_told
    monkeypatch.setattr("kpidsl.engine.run.Run.is_unmet", lambda *_: False)
    assert document(days, MANY) == found


def test_a_pane_that_reaches_beyond_an_anchor_tells_nothing_of_it() -> None:
    jan, feb, mar, apr = (datetime(2025, month, 1, tzinfo=UTC) for month in range(1, 5))
    run = SimpleNamespace(
        unmet={("orders", None): extents.Unmet(None, (jan, feb, mar, apr))},
        answers=Answers(extents={("orders", None): Extent(jan, {})}),
    )
    micros = {0: feb - timedelta(days=3), 1: mar + timedelta(days=3)}
    newest = {pane: (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) for pane, at in micros.items()}
    extents.meet(run, "orders", None, (None, feb, apr), newest)
    assert run.answers.extents["orders", None].newest == {feb: micros[0], apr: micros[1]}
    assert run.unmet["orders", None].anchors == (jan, mar)
