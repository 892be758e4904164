"""Columns of kept state: exact numbers as whole numbers with one common scale, which JSON holds without loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import date
from decimal import Context, Decimal
from fractions import Fraction
from itertools import accumulate
from json import JSONEncoder
from typing import Any

from kpidsl.records import dataclass

_HUGE = 10**37
"""From here on DuckDB's own sum might overflow where that of the days does not: it is asked itself then."""
_WIDE = Context(prec=200)  # a DECIMAL(38) is moved without rounding
_PLAIN = frozenset({int, str, bool, float})


as_json = JSONEncoder(separators=(",", ":")).encode


def json_after(text: str, more: list[Any]) -> str:
    """How a list is written with more items behind those of a text."""
    if not more:
        return text
    return f"{text[:-1]}{',' if len(text) > 2 else ''}{as_json(more)[1:]}"


class Unkept(Exception):
    """Something that is not kept: it is read again whenever it is asked for."""


class TooMuch(Unkept):
    """There is more of it than is worth keeping, which is remembered."""


@dataclass(frozen=True, slots=True)
class Values:
    """What a column of state is in each row. `kind` is `sum` (whole numbers, over 10^scale), `binary` (over 2^scale),
    or `least` and `greatest` (of what stands there; None where nothing does; over 10^scale, or days as text).
    `text` is how the items are written in JSON, `farthest` what `reach` finds, where that is known already.
    """

    kind: str
    scale: int
    is_date: bool
    items: list[Any]
    text: str | None = field(default=None, compare=False, repr=False)
    farthest: int | None = field(default=None, compare=False, repr=False)

    @property
    def is_added(self) -> bool:
        """Whether the state of several rows is their sum."""
        return self.kind in ("sum", "binary")

    def of_total(self, total: int) -> int | Fraction:
        """What a sum of items stands for."""
        if not self.scale:
            return total
        return Fraction(total, 10**self.scale if self.kind == "sum" else 1 << self.scale)

    def best(self, start: int, end: int) -> Any:
        """The least or greatest of some rows; None where there is none."""
        found = [one for one in self.items[start:end] if one is not None]
        if not found:
            return None
        best = min(found) if self.kind == "least" else max(found)
        if self.is_date:
            return date.fromisoformat(best)
        return Fraction(best, 10**self.scale) if self.scale else best

    def sums(self) -> list[int]:
        """The running totals of what is added."""
        return [0, *accumulate(self.items)]

    def reach(self) -> int | None:
        """How far from 0 its items are; None where they are no numbers that are added."""
        if self.kind != "sum":
            return None
        if self.farthest is not None:
            return self.farthest
        return max(*self.items, -min(self.items)) if self.items else 0

    def is_safe(self) -> bool:
        """Whether no sum of these rows can be too large for the engine."""
        reach = self.reach()
        return reach is None or reach * len(self.items) < _HUGE

    def and_more(self, other: Values) -> Values:
        """Both, one after the other. Raises Unkept where they do not fit."""
        if self.kind != other.kind:
            raise Unkept("two kinds")
        if self.is_date != other.is_date and not (self.is_void or other.is_void):
            raise Unkept("two types")
        scale, is_date = max(self.scale, other.scale), self.is_date or other.is_date
        items = [*self.at(scale), *other.at(scale)]
        text = None
        if self.text is not None and scale == self.scale:  # there may be a hundred times as many of these
            text = json_after(self.text, other.at(scale))
        reaches = (self.reach(), other.reach()) if scale == self.scale == other.scale else (None, None)
        farthest = max((one for one in reaches if one is not None), default=None)
        return Values(self.kind, scale, is_date, items, text, farthest)

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
