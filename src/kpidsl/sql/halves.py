"""Decimals whose squares no type can hold, cut in two: products of the parts can be added up exactly.

Of numbers such as 161.80140000000003, as programs write floating-point ones: a square has twice as many digits, and a
sum of squares some more, where 38 are all that a type has.
"""

from __future__ import annotations

from fractions import Fraction

from kpidsl.records import dataclass
from kpidsl.semantic.rows import Row
from kpidsl.semantic.types import DataType
from kpidsl.sql import exp
from kpidsl.sql.row_sql import number
from kpidsl.sql.times import cast, function

_DIGITS = 38
_PRODUCT = _DIGITS // 2


@dataclass(frozen=True, slots=True)
class Cut:
    """Where numbers are cut: the high part has `width` digits, of which `places` are behind the point; the low part is
    what is left of all `behind` digits behind the point.
    """

    width: int
    places: int
    behind: int


def cut_of(digits: int, behind: int, rows: int) -> Cut | None:
    """Where so many numbers of at most `digits` digits, some of them `behind` the point, are cut so that no product of
    their parts and no sum of products has more than 38 digits; None where there is no such place.
    """
    before, counted = digits - behind, len(str(rows))
    places = max(0, -(-(counted + 2 * behind - _DIGITS) // 2))  # for the sum of low squares
    width = before + places + 1  # a digit more where the high part is rounded up
    is_room = width <= _PRODUCT and 2 * width + counted <= _DIGITS + 1 and digits + counted <= _DIGITS
    return Cut(width, places, behind) if is_room and places < behind <= _PRODUCT else None


def halves(x: exp.Expr, row: Row, origin: Fraction, cut: Cut) -> tuple[exp.Expr, ...]:
    """Of a number from `origin` on its high and its low part, and the products of high with high, high with low and low
    with low. What is beyond the numbers that the cut was made for has none.
    """
    whole = above(x, row, origin)
    high = function("try", cast(whole, f"DECIMAL({cut.width}, {cut.places})"))
    rest = exp.paren(exp.Sub(this=whole.copy(), expression=high.copy()))
    low = function("try", cast(rest, f"DECIMAL({cut.behind}, {cut.behind})"))
    pairs = ((high, high), (high, low), (low, low))
    return (high, low, *(exp.Mul(this=one.copy(), expression=other.copy()) for one, other in pairs))


def above(x: exp.Expr, row: Row, origin: Fraction) -> exp.Expr:
    """How far a number is above another."""
    wide = cast(x.copy(), "HUGEINT") if row.type is DataType.INTEGER else x.copy()
    return exp.paren(exp.Sub(this=wide, expression=number(origin)))
