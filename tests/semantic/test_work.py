"""An expression of twice as many parts costs about twice the work to check: what is asked twice of each part is asked a
million times of the innermost of twenty.
"""

from __future__ import annotations

import sys
from types import FrameType

import pytest

import kpidsl

ROWS = """source rows { from csv("rows.csv"); time at; column size: integer }
metric total = sum(size) from rows
metric many = count() from rows
metric half = share(size > 3) from rows
"""
FEW, TWICE = 9, 18


def nested(operator: str, leaf: str, count: int) -> str:
    return "(" * count + leaf + "".join(f" {operator} {leaf})" for _ in range(count))


def nested_right(operator: str, leaf: str, count: int) -> str:
    return "".join(f"({leaf} {operator} " for _ in range(count)) + leaf + ")" * count


def kpi(value: str, target: str = "") -> str:
    return f"{ROWS}kpi k {{\n  value ({value}) over last month\n  {target}\n}}\n"


SHAPES = {
    **{
        f"{side.__name__} {operator} {leaf}": lambda count, operator=operator, leaf=leaf, side=side: kpi(
            side(operator, leaf, count), "target >= 20%"
        )
        for side in (nested, nested_right)
        for operator in ("+", "-", "*", "/")
        for leaf in (("total", "many") if operator == "-" else ("total", "many", "half", "2"))
    },
    "or": lambda count: kpi(f"sum(if {nested('or', '(size > 2)', count)} then 1 else 0) from rows", "target >= 20%"),
    "minus": lambda count: kpi("(-" * count + "total" + ")" * count, "target >= 20%"),
    "default": lambda count: kpi("(" * count + "total" + " default 0)" * count, "target >= 20%"),
    "where": lambda count: kpi("(" * count + "total" + " where size > 1)" * count, "target >= 20%"),
    "of": lambda count: kpi("(90% of " * count + "total" + ")" * count, "target >= 20%"),
    "each": lambda count: kpi(nested("+", "avg(total each day)", count), "target >= 20%"),
    "rows": lambda count: kpi(f"sum({nested('+', 'size', count)}) from rows", "target >= 20%"),
    "rows of a quotient": lambda count: kpi(f"sum({nested('/', 'size', count)}) from rows", "target >= 20%"),
    "conditions": lambda count: kpi(f"sum(size) from rows where {nested('or', '(size > 2)', count)}"),
    "not": lambda count: kpi("sum(size) from rows where " + "(not " * count + "(size > 2)" + ")" * count),
    "if": lambda count: kpi("sum(" + "if size > 2 then 1 else (" * count + "0" + ")" * count + ") from rows"),
    "metrics": lambda count: (
        kpi(f"m{count}", "target >= 20%")
        + "metric m0 = total\n"
        + "".join(f"metric m{number} = m{number - 1} + total\n" for number in range(1, count + 1))
    ),
    "target": lambda count: kpi("total", f"target >= {nested('+', 'many', count)} over last month"),
    "key results": lambda count: (
        ROWS + f"objective o {{\n  period 2026\n  key result a {{ reach ({nested('+', 'total', count)}) over last month >= 20% }}\n}}\n"
    ),
}  # fmt: skip


def work(text: str) -> int:
    """How many functions are called to check a spec."""
    calls = 0

    def count(_frame: FrameType, event: str, _of: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        report = kpidsl.load("-", stdin_text=text).check(schemas=False)
    finally:
        sys.setprofile(before)
    assert report.ok, report.diagnostics
    return calls


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_as_many_parts_are_about_twice_the_work(shape: str) -> None:
    make = SHAPES[shape]
    few = work(make(FEW))
    assert work(make(TWICE)) < 4 * few
