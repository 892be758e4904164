"""Where a value stands among constants, as SQL; and whether a condition holds, told by that alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from kpidsl.semantic import rows as r
from kpidsl.semantic.types import DataType
from kpidsl.sql import exp

if TYPE_CHECKING:
    from kpidsl.sql.row_sql import RowSql

_WAYS: Final = 16
"""So many branches a CASE has: measured, fewer are slower, as are more."""
_TURNED: Final[Mapping[str, str]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def turned(operator: str) -> str:
    """A comparison from the other side."""
    return _TURNED.get(operator, operator)


def is_alike(one: float, other: float) -> bool:
    """Whether two numbers are so near to each other that rounding may show."""
    return abs(one - other) <= 1e-12 * max(abs(one), abs(other))


def picked(sql: RowSql, row: r.Picked) -> exp.Expr:
    """A value that is one of some; the other constant for all others, NULL for none."""
    value = sql.sql(row.operand)
    found = exp.Case().when(sql.among(row.operand, row.values, False), value, copy=False)
    return found.when(exp.not_(exp.Is(this=value, expression=exp.null())), sql.sql(row.other), copy=False)


def place(sql: RowSql, row: r.Place) -> exp.Expr:
    """How many of the cuts a value is at or beyond; NULL for none."""
    value = sql.sql(row.operand)
    is_there = exp.not_(exp.Is(this=value, expression=exp.null()))
    raw = _bare(sql, row.operand)

    def is_beyond(cut: tuple[r.Constant, bool]) -> exp.Expr:
        constant, after = cut
        if raw is not None:  # whether it is NaN was looked at
            return (exp.GT if after else exp.GTE)(this=raw, expression=sql.sql(constant))
        return sql.comparison(">" if after else ">=", row.operand, constant)

    return exp.Case().when(is_there, _among(row.cuts, is_beyond, 0, len(row.cuts)), copy=False)


def _among(
    cuts: Sequence[tuple[r.Constant, bool]], is_beyond: Callable[[tuple[r.Constant, bool]], exp.Expr], low: int,
    high: int,
) -> exp.Expr:  # fmt: skip
    """How many cuts a value is beyond, where it is known to be beyond the first `low`, and not the one at `high`."""
    if low == high:
        return exp.Literal.number(low)
    ways = min(_WAYS, high - low + 1)
    found, top = exp.Case(), high
    for at in sorted({low + (high - low) * way // ways for way in range(1, ways)} or {low}, reverse=True):
        found = found.when(is_beyond(cuts[at]), _among(cuts, is_beyond, at + 1, top), copy=False)
        top = at
    return found.else_(_among(cuts, is_beyond, low, top), copy=False)


def told(sql: RowSql, condition: r.Row, leaf: r.Place | r.Picked, column: exp.Expr) -> exp.Expr:
    """A condition about rows as one about the column of the place or pick that tells it."""
    if isinstance(leaf, r.Picked):
        value = sql.sql(leaf.operand)
        return sql.sql(condition).transform(lambda node: column if node == value else node)
    beyond = {cut: number for number, cut in enumerate(leaf.cuts, 1)}
    match condition:
        case r.Comparison(operator=operator, left=left, right=right):
            if isinstance(left, r.Constant):
                right, operator = left, turned(operator)
            assert isinstance(right, r.Constant)
            kind: type[exp.Binary] = {">=": exp.GTE, ">": exp.GTE, "<": exp.LT, "<=": exp.LT, "==": exp.EQ}.get(
                operator, exp.NEQ
            )
            return exp.paren(kind(this=column, expression=_number(beyond[right, operator in (">", "<=")])))
        case r.Among(items=items, negated=negated):
            numbers = [_number(beyond[one, False]) for one in items if isinstance(one, r.Constant)]
            found: exp.Expr = exp.In(this=column, expressions=numbers)
        case r.Between(start=start, end=end, negated=negated):
            at = {cut[0].value: number for cut, number in beyond.items() if not cut[1]}
            found = exp.LT(this=column, expression=_number(at[end]))
            if start is not None:
                found = exp.and_(exp.GTE(this=column, expression=_number(at[start])), found)
        case _:
            raise AssertionError(type(condition).__name__)
    return exp.paren(exp.not_(exp.paren(found)) if negated else found)


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def _bare(sql: RowSql, row: r.Row) -> exp.Expr | None:
    """A column of floating-point numbers as it stands, NaN among them; None of all else."""
    if not isinstance(row, r.ColumnValue) or row.type is not DataType.FLOAT:
        return None
    return exp.column(exp.to_identifier(row.name, quoted=True), table=sql.table(row.path), quoted=True)
