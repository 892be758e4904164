"""A value held against a bound: which part of it there is, and how far it is from it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

from kpidsl.assess.bounds import Bound
from kpidsl.assess.numbers import quotient, ratio_written, written
from kpidsl.semantic.decimals import trimmed

Held: TypeAlias = "tuple[Decimal | None, Decimal | None]"
"""Attainment and gap."""
_HUNDRED = Decimal(100)


def against(target: Bound | None) -> Callable[[Fraction, bool], Held]:
    """What tells attainment and gap of a value, given whether all its digits may be written.

    *Attainment* is X/T where higher is better and T/X where lower is; undefined for T ≤ 0 or X ≤ 0, and for two-sided
    targets. *Gap* is X − T; for a two-sided target the distance to the nearer edge, 0 inside.
    """
    if target is None or target.missing is not None or target.low is None:
        return _nothing
    low, is_exact = target.low.value, target.low.exact
    assert isinstance(low, Fraction)
    if target.operator is None:
        return _two_sided(target, low)
    goal, part = low.as_integer_ratio()
    higher = target.operator[0] == ">"

    def one_sided(value: Fraction, exact: bool) -> Held:
        top, below = value.as_integer_ratio()
        of = None
        mine, wanted = top * part, goal * below  # as value to target
        if goal > 0 and top > 0:
            of = quotient(mine, wanted) if higher else quotient(wanted, mine)
        return of, ratio_written(mine - wanted, below * part, exact and is_exact)

    return one_sided


def _nothing(_value: Fraction, _exact: bool) -> Held:
    return None, None


def _two_sided(target: Bound, low: Fraction) -> Callable[[Fraction, bool], Held]:
    assert target.low is not None
    assert target.high is not None
    high = target.high.value
    assert isinstance(high, Fraction)
    are_exact = target.low.exact and target.high.exact

    def two_sided(value: Fraction, exact: bool) -> Held:
        distance = value - low if value < low else value - high if value > high else Fraction(0)
        return None, written(distance, exact and are_exact)

    return two_sided


def part_of(share: Decimal) -> str:
    """A share of a target in a sentence, with as many digits as it takes not to read as all of it."""
    digits = 3
    short = _digits(digits).multiply(share, _HUNDRED)
    while short == _HUNDRED and digits < 15 and share != 1:
        digits += 1
        short = _digits(digits).multiply(share, _HUNDRED)
    return f"{trimmed(short):,f}%"


@lru_cache(maxsize=16)
def _digits(count: int) -> Context:
    return Context(prec=count)
