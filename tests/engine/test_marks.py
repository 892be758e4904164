"""Distinct counts that share a scan by marks are what each says alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import kpidsl
from engine.many_filters import FILTERS, WINDOWS, tables
from kpidsl.engine import marks
from kpidsl.report.explained import queries


def spec(what: str) -> str:
    lines = [
        'source shops { from arrow("shops"); key shop }',
        'source sales { from arrow("sales"); time at in "UTC"; join shops on shop }',
    ]
    for number, filter_ in enumerate((*FILTERS, f"{FILTERS[0]} and {FILTERS[10]}")):
        for place, by in enumerate(("", "; by country", "; by shops.region")):
            window = WINDOWS[(number + place) % len(WINDOWS)]
            value = f"count_distinct({what}) from sales where {filter_}"
            lines.append(f"kpi k{number}_{place} {{ value {value} over {window}; target >= 1{by} }}")
    return "\n".join(lines)


def document(what: str, **options: bool) -> Any:
    return kpidsl.load("-", stdin_text=spec(what)).evaluate(as_of="2026-03-31", sources=tables(), **options)


@pytest.mark.parametrize("what", ["size", "amount", "weight", "shops.region", "lower(country)"])
def test_marks_count_as_each_count_alone_does(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(marks, "pays", lambda *_: False)
        alone = document(what).to_json()
    asked: list[int] = []
    inner = marks._counted

    def counted(run: Any, rows: Any, cells: Any, *others: Any) -> Any:
        asked.append(len(cells))
        return inner(run, rows, cells, *others)

    monkeypatch.setattr(marks, "pays", lambda *_: True)
    monkeypatch.setattr(marks, "_counted", counted)
    assert document(what).to_json() == alone
    assert len(asked) == 3  # by country, by region, and by neither, which the others ask for, too
    assert sum(asked) > 80
    monkeypatch.setattr(marks, "MOST", 7)
    assert document(what).to_json() == alone
    assert max(asked[3:]) == 7


def test_the_sql_that_marks_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "pays", lambda *_: True)
    assert any("BIT_OR" in one.upper() for one in queries(document("size", explain=True)))


class Window:
    def __init__(self, start: int | None, end: int, where: tuple[object, ...] = (), by: tuple[str, ...] = ()) -> None:
        first = datetime(2026, 1, 1, tzinfo=UTC)
        self.start = first + timedelta(days=start) if start is not None else None
        self.end = first + timedelta(days=end)
        self.where, self.members = where, by


FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("windows", "times"),
    [
        ([(0, 10)], 1),
        ([(0, 10), (0, 10), (0, 10)], 3),
        ([(0, 10), (10, 20)], 1),
        ([(0, 10), (20, 30)], 1),
        ([(0, 10), (5, 15)], 20 / 15),
        ([(None, 10), (5, 10)], 1.5),
        ([(-50, 10), (0, 10)], 2),
    ],
)
def test_how_often_time_is_looked_at(windows: list[tuple[int | None, int]], times: float) -> None:
    cells: Any = [Window(*one) for one in windows]
    assert marks.overlap(cells, FIRST) == pytest.approx(times)


def test_a_scan_for_all_is_made_where_each_would_look_at_the_same_time_often() -> None:
    one, other = (1,), (2,)
    few: Any = [Window(0, 10, one), *(Window(0, 10, other) for _ in range(4))]
    many: Any = [Window(0, 10, one), *(Window(0, 10, other) for _ in range(6))]
    assert not marks.pays(few, FIRST)
    assert marks.pays(many, FIRST)
    assert not marks.pays(many[1:], FIRST)  # one filter is what windows of one shape are for
    by: Any = [Window(0, 10, one.where, ("country",)) for one in few]
    assert marks.pays(by, FIRST)
