"""A scan is shared at an engine where it costs less than asking each grouping."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.many_filters import column
from kpidsl.engine.costs import is_much, worthwhile
from kpidsl.engine.shared_scan import Scan
from kpidsl.plan.nodes import Cell
from kpidsl.semantic.rows import ColumnValue

A, B, C = (column(name) for name in "abc")
TIME, AT = column("at"), datetime(2026, 1, 1, tzinfo=UTC)
FUNCTIONS = ("count", "sum", "avg", "max")


def cells(filters: int, members: tuple[ColumnValue, ...] = ()) -> tuple[Cell, ...]:
    """Four aggregations under each of so many filters."""
    by = tuple(one.name for one in members)
    return tuple(
        Cell(function, None, "s", TIME, where, None, AT, AT, None, (), by, members, None, None, None)
        for where in ((column(f"f{number}"),) for number in range(filters))
        for function in FUNCTIONS
    )


def test_many_filters_are_worth_groups_and_few_are_not() -> None:
    few, many = Scan((A, B, C), cells(3)), Scan((A, B, C), cells(12))
    assert worthwhile([few], ()) == []
    assert worthwhile([many], ()) == [many]


def test_groupings_are_worth_a_scan_where_it_replaces_theirs() -> None:
    both = Scan((A, B), (*cells(1, (A,)), *cells(1, (B,))))
    assert worthwhile([both], ()) == [both]
    one, other = (Scan((A, B, C), cells(1, (member,))) for member in (A, B))
    assert worthwhile([one, other], ()) == []  # as many scans, of more columns


def test_a_scan_for_what_is_asked_anyway_is_left_out() -> None:
    members = (A,)
    left, shared = cells(6, members), Scan((A, B), (*cells(6), *cells(6, (B,))))
    beside = Scan((A, C), cells(1, members))
    assert worthwhile([beside, shared], left) == [shared]


def test_a_little_is_asked_at_once() -> None:
    assert not is_much(cells(1))
    assert is_much(cells(6))
    assert is_much((*cells(1), *cells(1, (A,))))
