"""States of aggregations: read from a query's row, merged over panes, finished to a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from functools import partial, reduce
from itertools import compress
from math import frexp, isinf
from typing import Any

from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.types import DataType
from kpidsl.sql.aggregates import LIMB, Scale
from kpidsl.sql.halves import cut_of
from kpidsl.stats.intervals import quantile_ranks

Known = Fraction | str | bool | date | datetime
_FIFTEEN = Context(prec=15)
_FIFTY = Context(prec=50)
_WIDE = Context(prec=200)  # sums of DECIMAL(38) never come near
_ANY = 28  # numbers of which nothing is known are below 2^28, and their last bits not below 2^-60
_SPARE = 6
_STEEPEST = 900  # more powers of two than this are not taken at one go


@dataclass(frozen=True, slots=True)
class Part:
    """A finished answer: `n` rows entered it, `n_unknown` were left out because a condition was unknown; `n_open` are
    first events whose time to convert is not over.

    `exact` tells that the value is a finite decimal to be written with all its digits. `reason` stands where there is
    no value: it is INFINITE where an infinite number is among what would have to be computed with.
    """

    value: Known | None
    n: int
    n_unknown: int | None = None
    exact: bool = True
    reason: str | None = None
    n_open: int | None = None


INFINITE = "infinite"
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEFT_OUT = "left out"
"""Numbers that what was assumed of them does not hold: ask again."""
_NO_ROWS = Part(None, 0, reason="no_rows")


def width(cell: Cell) -> int:
    """How many columns of state a cell has."""
    counted = int(is_float(cell))
    match cell.function:
        case "count":
            return 1
        case "stddev" | "variance":
            return 3 + counted
        case "sum" | "avg":
            return 2 + counted
        case "share" | "nps" | "ces_net" | "prevalence" | "median" | "percentile" | "ranks":
            return 3
        case _:
            return 2


def is_float(cell: Cell) -> bool:
    return cell.argument is not None and cell.argument.type is DataType.FLOAT


def merge(cell: Cell, columns: Sequence[Sequence[Any]]) -> list[Any]:
    """One state of many, for what can be merged; each column has a part of them, in the order of time."""
    match cell.function:
        case "min" | "max":
            values = [value for value in columns[0] if value is not None]
            best = _extreme(values, cell.function == "min") if values else None
            return [best, sum(columns[1])]
        case "first" | "last":
            known = list(compress(*columns))
            return [known[0 if cell.function == "first" else -1] if known else None, sum(columns[1])]
        case _:
            # Only floating-point numbers come in limbs; a list of exact ones is the numbers themselves.
            in_limbs = is_float(cell)
            return [_total(column, in_limbs=in_limbs) for column in columns]


def _total(column: Sequence[Any], *, in_limbs: bool) -> Any:
    if type(column[0]) is int and None not in column:
        return sum(column)
    values = [value for value in column if value is not None]
    if not values:
        return None
    if isinstance(values[0], list):
        if not in_limbs or any(isinstance(one, float) for value in values for one in value):
            return [one for value in values for one in value]
        return [_total(limb, in_limbs=False) for limb in zip(*values, strict=True)]
    if isinstance(values[0], tuple):
        return tuple([_total(half, in_limbs=False) for half in zip(*values, strict=True)])
    if isinstance(values[0], Decimal):
        return reduce(_WIDE.add, values)
    return sum(values)


def is_empty(state: Sequence[Any]) -> bool:
    """Whether a state counts nothing."""
    for one in state:  # noqa: SIM110 -- `any` over a generator takes four times as long, for each segment
        if one and type(one) is not list and type(one) is not tuple:
            return False
    return True


def finish(cell: Cell, state: Sequence[Any], scale: Scale | None) -> Part:
    """The value of a state. The last division is done here, between exact numbers."""
    return finisher(cell, scale)(state)


def finisher(cell: Cell, scale: Scale | None) -> Callable[[Sequence[Any]], Part]:
    """What gives the values of the states of a cell."""
    found = _finisher(cell, scale)
    if not is_float(cell):
        return found
    counts_left_out = cell.function in ("sum", "avg", "stddev", "variance")
    unusable = Part(None, 0, reason=LEFT_OUT if scale is not None and scale.assumed else INFINITE)

    def finite(state: Sequence[Any]) -> Part:
        if counts_left_out and state[-1]:
            return unusable
        for one in state:
            if type(one) is float and isinf(one):
                return unusable
        return found(state)

    return finite


def _finisher(cell: Cell, scale: Scale | None) -> Callable[[Sequence[Any]], Part]:
    floating = is_float(cell)
    kind = cell.argument.type if cell.argument is not None else None
    match cell.function:
        case "count":
            return lambda state: Part(Fraction(state[0]), state[0])
        case "count_distinct" | "count_distinct~":
            return lambda state: Part(Fraction(state[0]), state[1])
        case "sum":
            return partial(_summed, scale) if floating else _exact_sum
        case "avg":
            return partial(_mean, scale if floating else None, floating)
        case "min" | "max" | "first" | "last":
            return lambda state: _NO_ROWS if state[0] is None else _plain(state[0], state[1], kind)
        case "share":
            return lambda state: _quotient(state[0], state[1], state[2])
        case "top_box":
            return lambda state: _quotient(state[0], state[1], None)
        case "prevalence":
            return lambda state: _quotient(state[0], state[1], state[2] - state[1])
        case "nps" | "ces_net":
            return _net
        case "median" | "percentile":
            return lambda state: _quantile(cell, state, floating)
        case "ranks":
            return lambda state: _ranked(cell, state)
        case "variance" | "stddev":
            assert scale is not None
            return lambda state: _spread(cell, state, scale)
        case _:
            raise AssertionError(cell.function)


def _exact_sum(state: Sequence[Any]) -> Part:
    if not state[1]:
        return Part(Fraction(0), 0)
    return Part(_sum(state[0], None), state[1])


def _summed(scale: Scale | None, state: Sequence[Any]) -> Part:
    if not state[1]:
        return Part(Fraction(0), 0)
    return Part(fifteen(_sum(state[0], scale)), state[1])


def _mean(scale: Scale | None, floating: bool, state: Sequence[Any]) -> Part:
    if not state[1]:
        return _NO_ROWS
    total = _sum(state[0], scale)
    # As `sum` by `count`: a column that says 0.7 has a mean of 0.7, not of the binary number beside it.
    top, below = (fifteen(total) if floating else total).as_integer_ratio()
    return Part(Fraction(top, below * state[1]), state[1], exact=False)


def _net(state: Sequence[Any]) -> Part:
    if not state[2]:
        return _NO_ROWS
    return Part(Fraction(100 * (state[0] - state[1]), state[2]), state[2], exact=False)


def _quotient(top: int, below: int, unknown: int | None) -> Part:
    if not below:
        return Part(None, 0, unknown or None, reason="no_rows")
    return Part(Fraction(top, below), below, unknown or None, exact=False)


def _sum(total: Any, scale: Scale | None) -> Fraction:
    if scale is None:
        return total if type(total) is Fraction else Fraction(*total.as_integer_ratio())
    return whole(total, scale.exponent, scale.bits) if scale.limbs else sum(map(Fraction, total), Fraction(0))


def whole(limbs: Sequence[int | Decimal | None], exponent: int, bits: int) -> Fraction:
    """The number that sums of limbs of so many bits below 2^exponent stand for."""
    found = 0
    for limb in limbs:
        found = (found << bits) + int(limb or 0)  # PostgreSQL gives whole numbers as decimals
    power = exponent - bits * len(limbs)
    return Fraction(found << power) if power >= 0 else Fraction(found, 1 << -power)


def fifteen(value: Fraction) -> Fraction:
    """A floating-point result at 15 significant digits, half to even: the digits a double is good for."""
    top, below = value.as_integer_ratio()
    return Fraction(*_FIFTEEN.divide(Decimal(top), Decimal(below)).as_integer_ratio())


def _extreme(values: Sequence[Any], least: bool) -> Any:
    try:
        return min(values) if least else max(values)
    except TypeError:  # among days those that no calendar has, which DuckDB gives as texts

        def place(value: Any) -> tuple[int, Any]:
            return (0, value) if not isinstance(value, str) else (-1 if value.endswith("(BC)") else 1, value)

        return min(values, key=place) if least else max(values, key=place)


def moment(micros: int) -> datetime:
    """The instant so many microseconds after 1970 began; of one that no calendar has, the first or last there is."""
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return LATEST if micros > 0 else EARLIEST


def _plain(value: Any, n: int, kind: DataType | None) -> Part:
    match value:
        case str() if kind is DataType.DATE:  # as DuckDB gives a day before the year 1
            return Part(None, 0, reason=INFINITE)
        case bool() | str() | date():
            return Part(value, n)
        case float():
            return Part(fifteen(Fraction(value)), n)
        case _ if kind in (DataType.INSTANT, DataType.TIMESTAMP):
            at = moment(value)
            if at in (EARLIEST, LATEST):
                return Part(None, 0, reason=INFINITE)
            return Part(at if kind is DataType.INSTANT else at.replace(tzinfo=None), n)
        case _:
            return Part(Fraction(value), n)


def _quantile(cell: Cell, state: Sequence[Any], floating: bool) -> Part:
    """The continuous quantile: between the order statistics around (n − 1)·p, by its fraction (Hyndman and Fan's
    type 7).
    """
    low, high, n = state
    if not n:
        return Part(None, 0, reason="no_rows")
    level = cell.level if cell.level is not None else Fraction(1, 2)
    rest = (n - 1) * level % 1
    below = fifteen(Fraction(low)) if floating else Fraction(low)
    if rest == 0 or high is None:
        return Part(below, n)
    above = fifteen(Fraction(high)) if floating else Fraction(high)
    return Part(below + (above - below) * rest, n, exact=False)


def _ranked(cell: Cell, state: Sequence[Any]) -> Part:
    """One end of a quantile's interval: the order statistic of its rank, of those around where it is looked for."""
    values, first, n = state
    assert cell.level is not None and cell.way is not None
    end, _, confidence = cell.way.partition(" ")
    ranks = quantile_ranks(n, cell.level, Fraction(confidence))
    if ranks is None:
        return Part(None, n, reason="insufficient_sample" if n else "no_rows")
    value = values[ranks[0 if end == "low" else 1] - first]
    if isinstance(value, float):
        return Part(None, 0, reason=INFINITE) if isinf(value) else Part(fifteen(Fraction(value)), n)
    return Part(Fraction(value), n)


def _spread(cell: Cell, state: Sequence[Any], scale: Scale) -> Part:
    """The sample's variance (denominator n − 1) or its root."""
    total, squares, n = state[:3]
    if n < 2:
        return Part(None, n, reason="no_rows" if not n else "insufficient_sample")
    exact = not is_float(cell)
    if scale.limbs and not exact:
        first = whole(total, scale.exponent, scale.bits)
        second = whole(squares, 2 * scale.exponent, scale.bits)
    elif scale.cut is not None:
        high, both, low = map(Fraction, squares)
        first, second = sum(map(Fraction, total), Fraction(0)), high + 2 * both + low
    elif isinstance(total, list):
        values = [Fraction(one) for one in total]
        first, second = sum(values, Fraction(0)), sum((one * one for one in values), Fraction(0))
    else:
        first, second = Fraction(total), Fraction(squares)
    variance = max(Fraction(0), (second - first * first / n) / (n - 1))
    value = variance if cell.function == "variance" else root(variance)
    if not exact:
        places = _good_digits(second / n, variance, 2 if cell.function == "variance" else 1)
        value = Fraction(Context(prec=places).divide(Decimal(value.numerator), Decimal(value.denominator)))
    return Part(value, n, exact=False)


def _good_digits(mean_square: Fraction, variance: Fraction, times: int) -> int:
    """To how many significant digits, 12 to 15, the spread of floating-point numbers is that of what was meant by them.

    Each is off by up to four units of its 53rd bit, its last computation included; beside the spread that is as much
    larger as the numbers are. Of a variance it is double.
    """
    off = mean_square * times * times
    return max((digits for digits in (13, 14, 15) if off * 10 ** (2 * digits) <= variance * 2**102), default=12)


def root(value: Fraction) -> Fraction:
    """The square root to 50 digits."""
    return Fraction(_FIFTY.sqrt(_FIFTY.divide(Decimal(value.numerator), Decimal(value.denominator))))


def scale_for(low: float | None, high: float | None, least: float | None, limb: int = LIMB) -> Scale:
    """The limbs that hold every bit of numbers between `low` and `high`, the smallest of which but 0 is `least` in
    size; none where the numbers are so far apart (1e308 stands for nothing known, beside 0.1) that a double cannot
    hold the powers of two that would be needed. A `limb` has so many bits.
    """
    if low is None or high is None or not least:
        return Scale(0, 1, 1, bits=limb)
    top, bottom = frexp(max(abs(low), abs(high)))[1], frexp(least)[1] - 53
    bits = top - bottom
    if 2 * bits > 10 * LIMB or bottom <= -900 or top >= 900:
        return Scale(0, 0, 0)
    return Scale(top, -(-bits // limb), -(-2 * bits // limb), bits=limb)


def assumed_scale(low: float | None, high: float | None, least: float | None) -> Scale | None:
    """Limbs that numbers fit in if all are like some of them: room that is left is divided between larger and smaller
    ones, and there is room for six more powers of two at least. None where the numbers are better looked at.
    """
    if low is None or high is None or not least:
        return Scale(_ANY, 1, 0, assumed=True)
    seen = scale_for(low, high, least)
    if not seen.limbs:
        return None
    bits = seen.exponent - (frexp(least)[1] - 53)
    limbs = -(-(bits + _SPARE) // LIMB)
    top = seen.exponent + (limbs * LIMB - bits + 1) // 2
    if not 0 <= limbs * LIMB - top <= _STEEPEST:
        return None
    return Scale(top, limbs, 0, assumed=True)


def exact_scale(low: int | Decimal | None, high: int | Decimal | None, rows: int, *, halves: bool = True) -> Scale:
    """How exact numbers between `low` and `high` are squared: in one piece while that takes no more than 38 digits,
    else by `halves` where an engine can do so.
    """
    if low is None or high is None:
        return Scale(0, 1, 1, Fraction(0), "HUGEINT")
    origin, span = Fraction(low), Fraction(high) - Fraction(low)
    places = max((-int(one.as_tuple().exponent) for one in (low, high) if isinstance(one, Decimal)), default=0)
    digits = max(len(str(int(span * 10**places))), places)
    if 2 * digits + len(str(rows)) <= 38:
        return Scale(0, 1, 1, origin, f"DECIMAL({digits}, {places})" if places else "HUGEINT")
    cut = cut_of(digits, places, rows) if halves else None
    return Scale(0, 1, 1, origin if cut is not None else None, cut=cut)
