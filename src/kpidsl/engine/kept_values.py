"""Columns of kept state: exact numbers as whole numbers with one common scale, which JSON holds without loss."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Context, Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any

from kpidsl.records import dataclass

_HUGE = 10**37
"""From here on DuckDB's own sum might overflow where that of the days does not: it is asked itself then."""
_WIDE = Context(prec=200)  # a DECIMAL(38) is moved without rounding
_PLAIN = frozenset({int, str, bool, float})


class Unkept(Exception):
    """Something that is not kept: it is read again whenever it is asked for."""


class TooMuch(Unkept):
    """There is more of it than is worth keeping, which is remembered."""


@dataclass(frozen=True, slots=True)
class Values:
    """What a column of state is in each row. `kind` is `sum` (whole numbers, over 10^scale), `binary` (over 2^scale),
    or `least` and `greatest` (of what stands there; None where nothing does; over 10^scale, or days as text).
    """

    kind: str
    scale: int
    is_date: bool
    items: list[Any]

    def merged(self, start: int, end: int, sums: list[int] | None) -> Any:
        """The state over some rows: a number as it is, or None where there is no least or greatest."""
        if sums is not None:
            total = sums[end] - sums[start]
            if not self.scale:
                return total
            return Fraction(total, 10**self.scale if self.kind == "sum" else 1 << self.scale)
        found = [one for one in self.items[start:end] if one is not None]
        if not found:
            return None
        best = min(found) if self.kind == "least" else max(found)
        if self.is_date:
            return date.fromisoformat(best)
        return Fraction(best, 10**self.scale) if self.scale else best

    def sums(self) -> list[int] | None:
        """The running totals of what is added."""
        return [0, *accumulate(self.items)] if self.kind in ("sum", "binary") else None

    def is_safe(self) -> bool:
        """Whether no sum of these rows can be too large for the engine."""
        if self.kind != "sum" or not self.items:
            return True
        return bool(max(*self.items, -min(self.items)) * len(self.items) < _HUGE)

    def and_more(self, other: Values) -> Values:
        """Both, one after the other. Raises Unkept where they do not fit."""
        if self.kind != other.kind:
            raise Unkept("two kinds")
        if self.is_date != other.is_date and not (self.is_void or other.is_void):
            raise Unkept("two types")
        scale = max(self.scale, other.scale)
        return Values(self.kind, scale, self.is_date or other.is_date, [*self.at(scale), *other.at(scale)])

    @property
    def is_void(self) -> bool:
        return all(one is None for one in self.items)

    def at(self, scale: int) -> list[Any]:
        """The items at a greater scale."""
        if scale == self.scale:
            return self.items
        more = scale - self.scale
        factor = 1 << more if self.kind == "binary" else 10**more
        return [None if one is None else one * factor for one in self.items]

    def some(self, rows: Sequence[int]) -> Values:
        """These rows alone, in this order."""
        return Values(self.kind, self.scale, self.is_date, [self.items[row] for row in rows])


def extreme(kind: str, raw: Sequence[Any]) -> Values:
    """A column of least or greatest values. Raises Unkept for a type that JSON cannot hold."""
    types = {type(one) for one in raw if one is not None}
    if len(types) > 1:
        raise Unkept("values of several types")
    if types == {Decimal}:
        known = added([Decimal(0) if one is None else one for one in raw])
        items = [None if one is None else item for one, item in zip(raw, known.items, strict=True)]
        return Values(kind, known.scale, False, items)
    if types == {date}:
        return Values(kind, 0, True, [None if one is None else one.isoformat() for one in raw])
    if not types <= _PLAIN:
        raise Unkept(f"values that are {types}")
    return Values(kind, 0, False, list(raw))


def added(raw: Sequence[Any]) -> Values:
    """A column of what is summed. Raises Unkept for numbers that are not exact."""
    types = {type(one) for one in raw if one is not None}
    if types <= {int}:
        return Values("sum", 0, False, [one or 0 for one in raw])
    if types != {Decimal}:
        raise Unkept(f"sums that are {types}")
    signed = [Decimal(0) if one is None else one for one in raw]
    if not all(one.is_finite() for one in signed):
        raise Unkept("a number that is not finite")
    scale = max(0, *(-int(one.as_tuple().exponent) for one in signed))
    return Values("sum", scale, False, [int(_WIDE.scaleb(one, scale)) for one in signed])


def binary(totals: Sequence[Fraction]) -> Values:
    """A column of sums of floating-point numbers."""
    scale = max((one.denominator.bit_length() - 1 for one in totals), default=0)
    return Values("binary", scale, False, [int(one * (1 << scale)) for one in totals])
