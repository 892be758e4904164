"""The Arrow table: a row for every KPI, segment and metric."""

from __future__ import annotations

import sys
from decimal import Decimal

import pyarrow as pa
import pytest

from kpidsl.diagnostics import KpidslError
from kpidsl.report import to_arrow
from report.sample import instant, results, shop


def test_there_is_a_row_for_everything_in_the_order_of_the_document() -> None:
    table = to_arrow(shop())
    rows = [(row["record"], row["name"]) for row in table.to_pylist()]
    assert rows[:5] == [
        ("kpi", "monthly_revenue"),
        ("segment", "monthly_revenue"),
        ("segment", "monthly_revenue"),
        ("segment", "monthly_revenue"),
        ("kpi", "satisfaction"),
    ]
    assert rows[12:15] == [
        ("metric", "conversion"),
        ("objective", "engagement"),
        ("key_result", "engagement.active"),
    ]
    assert rows[20:23] == [
        ("outcome", "community_trust"),
        ("evidence", "community_trust.survey"),
        ("evidence", "community_trust.panel"),
    ]
    assert len(rows) == 6 + 3 + 4 + 3 + 4 + 3 + 5


def test_a_row_carries_what_the_record_does() -> None:
    first, second, *_ = to_arrow(shop()).to_pylist()
    assert first["value"] == 118250.5
    assert first["value_exact"] == "118250.5"
    assert first["target_op"] == ">="
    assert first["target"] == 120000.0
    assert first["status"] == "amber"
    assert first["compared_with"] == "previous"
    assert first["tags"] == ["finance", "board"]
    assert first["window_start"] == instant(2026, 3, 1)
    assert first["as_of"] == instant(2026, 4, 1)
    assert first["by"] is None
    assert second["by"] == [("country", "AT")]


def test_a_member_that_is_null_is_there_without_a_name() -> None:
    unknown = to_arrow(shop()).to_pylist()[3]
    assert unknown["by"] == [("country", None)]
    assert (unknown["value"], unknown["value_undefined"]) == (None, "insufficient_sample")


def test_what_is_no_number_is_in_the_exact_value_only() -> None:
    date = next(row for row in to_arrow(shop()).to_pylist() if row["name"] == "first_order")
    assert (date["value"], date["value_exact"]) == (None, "2026-03-01")


def test_the_columns_are_the_same_without_rows() -> None:
    assert to_arrow(results()).schema == to_arrow(shop()).schema
    assert to_arrow(results()).num_rows == 0
    assert to_arrow(results()).schema.field("as_of").type == pa.timestamp("us", tz="Europe/Berlin")


def test_numbers_beyond_a_double_keep_their_digits_as_text() -> None:
    from report.sample import metric

    digits = "12345678901234567890123456789012345.678"
    (row,) = to_arrow(results(metrics=(metric(value=digits),))).to_pylist()
    assert row["value_exact"] == digits
    assert row["value"] == float(Decimal(digits))


def test_without_pyarrow_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(KpidslError, match="needs pyarrow") as caught:
        to_arrow(shop())
    assert caught.value.hint == "pip install 'kpidsl[arrow]'"
