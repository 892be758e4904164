"""What is asked of every row it reads is asked of no more rows than its windows have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import kpidsl
from engine.many_filters import tables
from kpidsl.engine.stretches import MOST, by_stretch
from kpidsl.plan.nodes import Cell
from kpidsl.report.explained import queries

FIRST, END = datetime(2023, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)


def cell(days: int | None, end: datetime = END) -> Cell:
    start = None if days is None else end - timedelta(days=days)
    return Cell("sum", None, "s", None, (), start, end, END, None, (), (), (), None, None, None)


def sizes(*states: list[Cell]) -> list[int]:
    return [len(some) for some in by_stretch(states, FIRST)]


def test_many_conditions_about_a_month_are_not_asked_of_three_years() -> None:
    months = [[cell(28)] for _ in range(40)]
    years = [[cell(None)] for _ in range(20)]
    assert sizes(*months, *years) == [40, 20]
    assert sorted(len(some) for some in by_stretch([*years, *months, [cell(27)]], FIRST)) == [20, 41]


def test_few_conditions_are_one_query() -> None:
    assert sizes([cell(28)], [cell(None)], [cell(365)]) == [3]
    assert sizes([cell(28), cell(None)]) == [1]


def test_what_is_asked_of_two_stretches_is_asked_of_both_at_once() -> None:
    before = END - timedelta(days=700)
    both = [[cell(28), cell(28, before)] for _ in range(30)]
    assert sizes(*both, *([cell(28)] for _ in range(30))) == [30, 30]


def test_there_are_never_many_queries_of_few() -> None:
    found = by_stretch([[cell(days)] for days in range(1, 500)], FIRST)
    assert sum(map(len, found)) == 499
    assert len(found) <= MOST
    assert len({id(same) for some in found for same in some}) == 499


def test_a_window_that_ends_before_the_rows_begin_costs_nothing() -> None:
    assert sum(sizes([cell(10, FIRST - timedelta(days=30))], [cell(28)])) == 2


def test_queries_read_the_stretch_they_are_asked_about() -> None:
    lines = ['source sales { from arrow("sales"); time at in "UTC" }']
    for number in range(60):
        window = "2026-03-29..2026-03-31" if number < 40 else "all time"
        lines.append(f"kpi k{number} {{ value (sum(amount * {number + 1}) from sales) over {window} }}")
    found = kpidsl.load("-", stdin_text="\n".join(lines)).evaluate(as_of="2026-03-31", sources=tables(), explain=True)
    asked = sorted(set(queries(found)), key=lambda text: "2026-03-29" in text)
    assert len(asked) == 2
    assert "2026-03-29" not in asked[0]
    assert "NOT" in asked[1] or ">=" in asked[1]
    assert {kpi.assessment.n for kpi in found.kpis[:40]} < {kpi.assessment.n for kpi in found.kpis}
