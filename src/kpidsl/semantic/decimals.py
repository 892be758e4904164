"""Exact decimals of fractions."""

from __future__ import annotations

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from fractions import Fraction
from functools import lru_cache

_ALL_DIGITS = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
_UNIT = Decimal(1)


def finite(value: Fraction) -> Decimal | None:
    """The decimal of a fraction, if it ends: without trailing zeros, since the fraction is in lowest terms."""
    return finite_ratio(*value.as_integer_ratio())


def finite_ratio(top: int, below: int) -> Decimal | None:
    """The same of two numbers in lowest terms."""
    if below == 1:
        return Decimal(top)
    found = _places(below)
    if found is None:
        return None
    places, factor = found
    return _ALL_DIGITS.scaleb(Decimal(top * factor), -places)


@lru_cache(maxsize=1024)
def _places(denominator: int) -> tuple[int, int] | None:
    """How many digits behind the point a fraction over this denominator has, and what makes it 10 to that power."""
    rest, places = denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest //= prime
            power += 1
        places = max(places, power)
    return (places, 10**places // denominator) if rest == 1 else None


def trimmed(value: Decimal) -> Decimal:
    """Without trailing zeros behind the point, and never −0."""
    if not value:
        return Decimal(0)
    if value == value.to_integral_value():
        return _ALL_DIGITS.quantize(value, _UNIT)
    return _ALL_DIGITS.normalize(value)
