"""Exact decimals of fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def finite(value: Fraction) -> Decimal | None:
    """The decimal of a fraction, if it ends."""
    rest, scale = value.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest //= prime
            power += 1
        scale = max(scale, power)
    if rest != 1:
        return None
    digits = abs(value.numerator) * 10**scale // value.denominator
    return trimmed(Decimal((int(value < 0), tuple(int(one) for one in str(digits)), -scale)))


def trimmed(value: Decimal) -> Decimal:
    """Without trailing zeros behind the point, and never −0."""
    if not value:
        return Decimal(0)
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    while exponent < 0 and digits[-1] == 0:
        digits, exponent = digits[:-1], exponent + 1
    if exponent > 0:
        digits, exponent = digits + (0,) * exponent, 0
    return Decimal((sign, digits, exponent))
