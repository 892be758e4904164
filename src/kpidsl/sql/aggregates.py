"""Aggregations as SQL: for each, the columns of state that are asked of the engine.

Their meaning is in `engine.parts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.rows import Row
from kpidsl.semantic.types import DataType
from kpidsl.sql import exp
from kpidsl.sql.halves import Cut, above
from kpidsl.sql.row_sql import with_room
from kpidsl.sql.times import cast, function
from kpidsl.stats.distributions import normal_quantile, square_root

MERGEABLE = frozenset({"count", "sum", "avg", "min", "max", "share", "nps", "top_box", "ces_net", "stddev", "variance"})
IN_ORDER = frozenset({"first", "last"})
"""What is merged from panes, and from groups of rows, where they are in order or say what is first in them."""


RANKS = 8
"""How far from where the normal distribution has them the ranks of a quantile's interval are looked for."""
LIMB = 88
"""Bits of one limb: 2^37 rows of three such limbs add up within the 127 bits of a HUGEINT."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How numbers are added up without rounding, so that neither their order nor other rows show.

    Floating-point ones, none of which reaches 2^exponent, are cut into `limbs` of `bits` from there downwards, their
    squares into `square_limbs` from 2^(2·exponent). Of exact ones only the squares need a scale: they are taken of
    what is left when `origin` is taken away, in the type `exact`. Where no type can hold the squares, what is left is
    `cut` in two parts that are multiplied. Where there is nothing of all this, the values themselves are fetched.

    What is `assumed` was seen in a sample alone: numbers that the limbs do not hold are left out, and counted.
    """

    exponent: int
    limbs: int
    square_limbs: int
    origin: Fraction | None = None
    exact: str | None = None
    cut: Cut | None = None
    bits: int = LIMB
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Operands:
    """The columns of one cell in a query: its filter (None: all rows), argument, time and tie-breaking key, the unit
    that is coded, and the argument's two parts with their products.
    """

    keep: exp.Expr | None
    argument: exp.Expr | None
    time: exp.Expr | None
    key: tuple[exp.Expr, ...]
    scale: Scale | None
    unit: exp.Expr | None = None
    halves: tuple[exp.Expr, ...] = ()


def states(cell: Cell, at: Operands) -> list[exp.Expr]:
    """The expressions of a cell's state, in the order `engine.parts` reads them."""
    kept = _Kept(at.keep)
    x = at.argument
    if cell.function == "count":
        return [kept.count(x)]
    assert x is not None and cell.argument is not None
    match cell.function:
        case "sum" | "avg":
            left_out = infinite(kept, x, cell.argument)
            if at.scale is not None and at.scale.assumed:
                left_out = [exp.Sub(this=kept.count(x), expression=kept.count(_fitting(x, at.scale)))]
            return [_sum(kept, x, cell.argument, at.scale), kept.count(x), *left_out]
        case "min" | "max":
            return [kept.of(cell.function, readable(x, cell.argument)), kept.count(x)]
        case "share":
            return [kept.count_if(x), kept.count(x), kept.count_if(exp.Is(this=x.copy(), expression=exp.null()))]
        case "nps":
            return [
                kept.count_if(_between(x, 9, 10)),
                kept.count_if(exp.and_(_at_least(x, 0), exp.LT(this=x.copy(), expression=exp.Literal.number(7)))),
                kept.count_if(_between(x, 0, 10)),
            ]
        case "top_box":
            assert cell.k is not None and cell.n is not None
            return [kept.count_if(_between(x, cell.n - cell.k + 1, cell.n)), kept.count_if(_between(x, 1, cell.n))]
        case "ces_net":
            assert cell.k is not None and cell.n is not None
            top, bottom = _between(x, cell.n - cell.k + 1, cell.n), _between(x, 1, cell.k)
            return [kept.count_if(top), kept.count_if(bottom), kept.count_if(_between(x, 1, cell.n))]
        case "prevalence":
            assert at.unit is not None
            known = exp.not_(exp.Is(this=x.copy(), expression=exp.null()))
            return [kept.different(at.unit, x), kept.different(at.unit, known), kept.different(at.unit, None)]
        case "count_distinct":
            return [exp.Count(this=exp.Distinct(expressions=[kept.when(x)])), kept.count(x)]
        case "count_distinct~":
            return [kept.of("approx_count_distinct", x), kept.count(x)]
        case "median" | "percentile":
            return _order_statistics(kept, x, cell.level if cell.level is not None else Fraction(1, 2))
        case "ranks":
            return _around_ranks(kept, x, cell)
        case "stddev" | "variance":
            return [*_squares(kept, x, cell.argument, at), kept.count(x), *infinite(kept, x, cell.argument)]
        case "first" | "last":
            assert at.time is not None
            return [_edge_value(kept, x, cell, at), kept.count(x)]
        case _:
            raise AssertionError(cell.function)


def count_kept(keep: exp.Expr | None) -> exp.Expr:
    """How many rows a filter keeps."""
    return _Kept(keep).count(None)


class _Kept:
    """Aggregates over the rows a filter keeps: a CASE, which costs a third of FILTER."""

    def __init__(self, keep: exp.Expr | None) -> None:
        self.keep = keep

    def when(self, value: exp.Expr) -> exp.Expr:
        return value.copy() if self.keep is None else exp.Case().when(self.keep.copy(), value.copy(), copy=False)

    def of(self, name: str, value: exp.Expr) -> exp.Expr:
        return function(name, self.when(value))

    def count(self, value: exp.Expr | None) -> exp.Expr:
        if value is None:
            return exp.Count(this=exp.Star() if self.keep is None else self.when(exp.Literal.number(1)))
        return exp.Count(this=self.when(value))

    def count_if(self, condition: exp.Expr) -> exp.Expr:
        both = condition.copy() if self.keep is None else exp.and_(self.keep.copy(), exp.paren(condition.copy()))
        return exp.Count(this=exp.Case().when(both, exp.Literal.number(1), copy=False))

    def different(self, value: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
        """How many different values there are in rows that meet a condition, too."""
        parts = [part for part in (self.keep, condition) if part is not None]
        if parts:
            value = exp.Case().when(exp.and_(*(exp.paren(part.copy()) for part in parts)), value.copy(), copy=False)
        return exp.Count(this=exp.Distinct(expressions=[value.copy()]))


def _at_least(x: exp.Expr, low: int) -> exp.Expr:
    return exp.GTE(this=x.copy(), expression=exp.Literal.number(low))


def _between(x: exp.Expr, low: int, high: int) -> exp.Expr:
    return exp.and_(_at_least(x, low), exp.LTE(this=x.copy(), expression=exp.Literal.number(high)))


def _sum(kept: _Kept, x: exp.Expr, row: Row, scale: Scale | None) -> exp.Expr:
    if row.type is DataType.FLOAT:
        assert scale is not None
        if scale.assumed and scale.limbs == 1:
            return function("list_value", kept.of("sum", cast(_fitting(x, scale), "HUGEINT")))
        return _limbs(kept, (_below_one(x, scale),), scale.limbs, scale.bits) if scale.limbs else _values(kept, x)
    return kept.of("sum", x)


def _fitting(x: exp.Expr, scale: Scale) -> exp.Expr:
    """A number in units of the last bit that the limbs hold, where it is a whole number of them, and not too large."""
    below = scale.bits * scale.limbs
    units = exp.paren(exp.Mul(this=x.copy(), expression=_power(below - scale.exponent)))
    fits = exp.and_(
        exp.LT(this=function("abs", units), expression=_power(below)),
        exp.EQ(this=function("trunc", units.copy()), expression=units.copy()),
    )
    return exp.Case().when(fits, units.copy(), copy=False)


def _values(kept: _Kept, x: exp.Expr) -> exp.Expr:
    """The values themselves, where nothing else can hold their sum: rare."""
    present = exp.not_(exp.Is(this=x.copy(), expression=exp.null()))
    keep = present if kept.keep is None else exp.and_(kept.keep.copy(), present)
    return exp.Filter(this=function("list", x), expression=exp.Where(this=keep))


def _below_one(x: exp.Expr, scale: Scale) -> exp.Expr:
    """A finite number divided by the power of two that none reaches: exact but for what is too small to count."""
    if scale.assumed:
        return exp.paren(exp.Mul(this=_fitting(x, scale), expression=_power(-scale.bits * scale.limbs)))
    finite = exp.Case().when(function("isfinite", x), x.copy(), copy=False)
    return exp.paren(exp.Mul(this=finite, expression=_power(-scale.exponent)))


def _limbs(kept: _Kept, parts: Sequence[exp.Expr], count: int, bits: int) -> exp.Expr:
    """The sums of each limb of some numbers of at most 1, as a list."""
    sums: list[exp.Expr] = []
    for place in range(count):
        limbs = [_limb(part, place, bits) for part in parts]
        total = limbs[0]
        for limb in limbs[1:]:
            total = exp.Add(this=total, expression=limb)
        sums.append(kept.of("sum", total))
    return function("list_value", *sums)


def _limb(x: exp.Expr, place: int, bits: int) -> exp.Expr:
    """The bits of a number from 2^-(bits·place) down to 2^-(bits·(place + 1)), as a whole number with its sign."""
    rest: exp.Expr = x.copy()
    if place:
        moved = exp.paren(exp.Mul(this=x.copy(), expression=_power(bits * place)))
        rest = exp.paren(exp.Sub(this=moved, expression=function("trunc", moved)))
    return cast(function("trunc", exp.Mul(this=rest, expression=_power(bits))), "HUGEINT")


def _power(exponent: int) -> exp.Expr:
    return cast(exp.Literal.string(repr(2.0**exponent)), "DOUBLE")


def _squared(x: exp.Expr) -> tuple[exp.Expr, ...]:
    """Three numbers whose sum is the square of a number, each without an error of rounding (Veltkamp, Dekker 1971)."""
    wide = exp.paren(exp.Mul(this=x.copy(), expression=cast(exp.Literal.string("134217729"), "DOUBLE")))
    high = exp.paren(exp.Sub(this=wide, expression=exp.paren(exp.Sub(this=wide.copy(), expression=x.copy()))))
    low = exp.paren(exp.Sub(this=x.copy(), expression=high.copy()))
    twice = exp.paren(exp.Mul(this=high.copy(), expression=cast(exp.Literal.string("2"), "DOUBLE")))
    return (
        exp.paren(exp.Mul(this=high.copy(), expression=high.copy())),
        exp.paren(exp.Mul(this=twice, expression=low.copy())),
        exp.paren(exp.Mul(this=low.copy(), expression=low.copy())),
    )


def infinite(kept: _Kept, x: exp.Expr, row: Row) -> list[exp.Expr]:
    """How many of floating-point numbers are infinite: with them no sum can be had."""
    return [kept.count_if(function("isinf", x))] if row.type is DataType.FLOAT else []


def _squares(kept: _Kept, x: exp.Expr, row: Row, at: Operands) -> list[exp.Expr]:
    """Sums of numbers and of their squares (about a common origin, which a variance does not depend on)."""
    scale = at.scale
    assert scale is not None
    if at.halves:
        high, low, *products = (kept.of("sum", one) for one in at.halves)
        return [function("row", high, low), function("row", *products)]
    if scale.exact is not None:
        assert scale.origin is not None
        centred = cast(above(x, row, scale.origin), scale.exact)
        root = centred.copy() if scale.exact == "HUGEINT" else with_room(centred.copy())
        return [kept.of("sum", centred), kept.of("sum", exp.Mul(this=root, expression=centred.copy()))]
    if row.type is not DataType.FLOAT or not scale.limbs:
        return [_values(kept, x), exp.null()]
    below = _below_one(x, scale)
    return [
        _limbs(kept, (below,), scale.limbs, scale.bits),
        _limbs(kept, _squared(below), scale.square_limbs, scale.bits),
    ]


def _order_statistics(kept: _Kept, x: exp.Expr, level: Fraction) -> list[exp.Expr]:
    """How many values there are, and the two order statistics around the quantile (R's type 7, which SQL calls
    continuous).
    """
    present: exp.Expr = exp.Is(this=x.copy(), expression=exp.null())
    keep = exp.not_(present) if kept.keep is None else exp.and_(kept.keep.copy(), exp.not_(present))
    values = exp.Filter(this=function("list", x), expression=exp.Where(this=keep))
    ordered = function("list_sort", values)
    length = exp.Count(this=exp.Case().when(keep.copy(), exp.Literal.number(1), copy=False))
    below = ranks_below(length, level)
    first = exp.paren(exp.Add(this=exp.paren(below), expression=exp.Literal.number(1)))
    second = exp.paren(exp.Add(this=exp.paren(below.copy()), expression=exp.Literal.number(2)))
    return [function("list_extract", ordered, first), function("list_extract", ordered, second), length]


def ranks_below(length: exp.Expr, level: Fraction) -> exp.Expr:
    """How many order statistics of so many values are below the two around a quantile."""
    return exp.IntDiv(
        this=exp.paren(
            exp.Mul(
                this=exp.paren(exp.Sub(this=length.copy(), expression=exp.Literal.number(1))),
                expression=exp.Literal.number(level.numerator),
            )
        ),
        expression=exp.Literal.number(level.denominator),
    )


def _around_ranks(kept: _Kept, x: exp.Expr, cell: Cell) -> list[exp.Expr]:
    """The order statistics around the one that ends a quantile's interval, the rank of the first of them, and how many
    values there are.
    """
    present = exp.not_(exp.Is(this=x.copy(), expression=exp.null()))
    keep = present if kept.keep is None else exp.and_(kept.keep.copy(), present)
    values = function("list_sort", exp.Filter(this=function("list", x), expression=exp.Where(this=keep)))
    length = exp.Count(this=exp.Case().when(keep.copy(), exp.Literal.number(1), copy=False))
    first, last = ranks_near(cell, length)
    return [function("list_slice", values, first, last), first.copy(), length.copy()]


def ranks_near(cell: Cell, length: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    """The first and the last of the ranks, of so many values, that one may be which ends a quantile's interval.

    By the normal distribution it is n·p ± z·√(n·p(1 − p)), and the exact one is near that.
    """
    assert cell.level is not None and cell.way is not None
    end, _, confidence = cell.way.partition(" ")
    z = normal_quantile(Fraction(confidence)) * (-1 if end == "low" else 1)
    p, spread = (_double(one) for one in (cell.level, square_root(cell.level * (1 - cell.level)) * z))
    away = exp.Add(
        this=exp.Mul(this=length.copy(), expression=p),
        expression=exp.Mul(this=function("sqrt", length), expression=spread),
    )
    near = cast(function("floor", away), "BIGINT")
    first = function("greatest", exp.Literal.number(1), exp.Sub(this=near, expression=exp.Literal.number(RANKS)))
    return first, exp.Add(this=first.copy(), expression=exp.Literal.number(2 * RANKS + 1))


def _double(number: Fraction) -> exp.Expr:
    return cast(exp.Literal.string(repr(float(number))), "DOUBLE")


def _edge_value(kept: _Kept, x: exp.Expr, cell: Cell, at: Operands) -> exp.Expr:
    """The value of the earliest or latest row that has one; among rows of one time by key, then by value."""
    assert at.time is not None and cell.argument is not None
    order = function("row", at.time, *at.key, x)
    present = exp.not_(exp.Is(this=x.copy(), expression=exp.null()))
    keep = present if kept.keep is None else exp.and_(kept.keep.copy(), present)
    pick = "arg_min" if cell.function == "first" else "arg_max"
    return function(
        pick,
        exp.Case().when(keep, readable(x, cell.argument), copy=False),
        exp.Case().when(keep.copy(), order, copy=False),
    )


def readable(x: exp.Expr, row: Row) -> exp.Expr:
    """A value as it can be fetched everywhere: instants as microseconds."""
    return function("epoch_us", x) if row.type in (DataType.INSTANT, DataType.TIMESTAMP) else x
