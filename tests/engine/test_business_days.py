"""Business days: weekends, the holidays of a country, and those a file lists."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

import kpidsl
from engine.evaluating import days, evaluate, value
from kpidsl.calendar import holidays_of
from kpidsl.checked import SpecError

EASTER = 'calendar { holidays arrow("free") }'
FREE = days("2026-04-03", "2026-04-06", "2026-04-04", "2026-04-06")  # Friday, Monday, a Saturday, Monday again


def between(start: str, end: str, free: list[date] | None = None) -> object:
    rows = {"at": days("2026-04-01"), "start": days(start), "end": days(end)}
    calendar = EASTER if free is not None else ""
    source = f'{calendar}\nsource o {{ from arrow("o"); time at }}\n'
    spec = f"{source}metric m = sum(business_days_between(start, end)) from o over 2026-04"
    results = evaluate(spec, "2026-04-30", o=rows, free={"date": free or []})
    assert not results.errors
    return results.metrics[0].value


@pytest.mark.parametrize(
    ("start", "end", "plain", "easter"),
    [
        ("2026-04-02", "2026-04-02", 0, 0),
        ("2026-04-02", "2026-04-03", 1, 0),
        ("2026-04-02", "2026-04-07", 3, 1),
        ("2026-04-07", "2026-04-02", -3, -1),
        ("2026-04-03", "2026-04-06", 1, 0),
        ("2026-04-04", "2026-04-05", 0, 0),
        ("2026-03-30", "2026-04-30", 23, 21),
        ("2020-01-01", "2026-04-02", 1631, 1631),
        ("2026-04-07", "2030-01-01", 975, 975),
        ("1999-12-31", "2030-01-01", 7827, 7825),
    ],
)
def test_the_start_day_is_day_0(start: str, end: str, plain: int, easter: int) -> None:
    assert between(start, end) == plain
    assert between(start, end, FREE) == easter


def test_unknown_days_have_no_days_between() -> None:
    rows = {"at": days("2026-04-01", "2026-04-01"), "end": [None, date(2026, 4, 2)]}
    assert value("count(business_days_between(at, end)) from o over 2026-04", "2026-04-30", rows) == 1


def test_holidays_of_a_country_and_of_a_part_of_it() -> None:
    assert date(2026, 1, 6) in holidays_of("DE-BY")
    assert date(2026, 1, 6) not in holidays_of("DE")
    rows = {"at": days("2026-01-05"), "end": days("2026-01-07")}
    expression = "sum(business_days_between(at, end)) from o over 2026-01"
    for name, count in (("DE", 2), ("DE-BY", 1), ("NYSE", 2)):
        assert value(expression, "2026-01-31", rows, calendar=f'calendar {{ holidays "{name}" }}') == count


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("Germny", "there are no holidays of `Germny`", None),
        ("DE-BAY", "there are no holidays of `BAY` in DE", "did you mean `DE-BY`?"),
        ("DE-", "there are no holidays of `` in DE", "did you mean `DE-BE`?"),
    ],
)
def test_a_name_that_is_none_is_told(name: str, message: str, hint: str | None) -> None:
    (found,) = kpidsl.load("-", stdin_text=f'calendar {{ holidays "{name}" }}').check().diagnostics
    assert (found.code, found.message) == ("K0334", message)
    assert hint is None or found.hint is not None


def test_without_the_library_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    holidays_of.cache_clear()
    spec = kpidsl.load("-", stdin_text='calendar { holidays "DE" }')
    (found,) = spec.check().diagnostics
    assert found.code == "K0334"
    assert found.hint is not None
    assert "pip install 'kpidsl[holidays]'" in found.hint
    with pytest.raises(SpecError):
        spec.evaluate(as_of="2026-01-01")


SPEC = """
calendar { holidays csv("free.csv") }
source o { from arrow("o"); time at }
metric m = sum(business_days_between(at, end)) from o over 2026-04
metric rows_there = count() from o over 2026-04
"""
ROWS = {"o": pa.table({"at": days("2026-04-02"), "end": days("2026-04-07")})}


def listed(folder: Path, text: str | None) -> kpidsl.Results:
    if text is not None:
        (folder / "free.csv").write_text(text, "utf-8")
    (folder / "spec.kpi").write_text(SPEC, "utf-8")
    return kpidsl.load(folder / "spec.kpi").evaluate(as_of="2026-04-30", sources=ROWS)


@pytest.mark.parametrize(
    "text",
    [
        "day,name\n2026-04-03,Good Friday\n2026-04-06,Easter Monday\n",
        "name,Date\nGood Friday,2026-04-03\nEaster Monday,2026-04-06\nunknown,\n",
    ],
)
def test_a_file_lists_holidays_in_its_column_date_or_in_its_first(tmp_path: Path, text: str) -> None:
    assert [metric.value for metric in listed(tmp_path, text).metrics] == [1, 1]


@pytest.mark.parametrize(("text", "code"), [(None, "K0601"), ("date\n2026-04-03\nEaster\n", "K0604")])
def test_a_file_that_cannot_be_read_costs_only_what_counts_business_days(
    tmp_path: Path, text: str | None, code: str
) -> None:
    results = listed(tmp_path, text)
    assert [error.code for error in results.errors] == [code]
    assert results.errors[0].affects == ("m",)
    assert [(metric.value, metric.value_undefined) for metric in results.metrics] == [(None, "source_error"), (1, None)]


def test_a_test_reads_no_file_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "spec.kpi").write_text(
        'calendar { holidays csv("free.csv") }\nsource o { from csv("o.csv"); time at }\n'
        'test "days" {\n  as of 2026-04-30\n  given o {\n    at, end\n    2026-04-02, 2026-04-07\n  }\n'
        "  expect sum(business_days_between(at, end)) from o over 2026-04 == 1 day\n}\n",
        "utf-8",
    )
    (outcome,) = kpidsl.load(tmp_path / "spec.kpi").test().outcomes
    assert "the file that lists the holidays is not read here" in str(outcome)
