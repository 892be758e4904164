"""Parts of a time, such as `weekday(at)`, that are compared with numbers they never are."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction

from kpidsl.diagnostics import Problems
from kpidsl.semantic import rows as r
from kpidsl.syntax.expr_nodes import Expr

_RANGES: Mapping[str, tuple[int, int, str]] = {
    "weekday": (1, 7, "from 1 (Monday) to 7 (Sunday)"),
    "month": (1, 12, "from 1 (January) to 12 (December)"),
    "quarter": (1, 4, "from 1 to 4"),
    "day": (1, 31, "from 1 to 31"),
    "hour": (0, 23, "from 0 to 23"),
}
_SIGNS: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def counts_from(row: r.Row) -> str | None:
    """How the part of a time is counted that a row is."""
    known = _RANGES.get(row.name) if isinstance(row, r.Function) else None
    return f"`{row.name}` counts {known[2]}" if isinstance(row, r.Function) and known is not None else None


def check_calendar(sign: str, sides: tuple[r.Row, r.Row], written: tuple[Expr, Expr], problems: Problems) -> None:
    """Warn of a comparison of a part of a time with a number that comes out alike for every time."""
    for at, row in enumerate(sides):
        other = sides[1 - at]
        if not isinstance(row, r.Function) or not isinstance(other, r.Constant) or row.name not in _RANGES:
            continue
        number = other.value
        if not isinstance(number, Fraction):
            continue
        low, high, _ = _RANGES[row.name]
        every = [Fraction(one) for one in range(low, high + 1)]
        found = {_SIGNS[sign](*((one, number) if at == 0 else (number, one))) for one in every}
        if len(found) == 1:
            problems.warning(
                "K0369",
                f"this is {'always' if found.pop() else 'never'} true, whatever the time",
                written[1 - at].span,
                hint=counts_from(row),
            )
