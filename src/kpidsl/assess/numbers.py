"""Numbers as a document writes them, and as a sentence says them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Context, Decimal
from fractions import Fraction

from kpidsl.calendar import Calendar
from kpidsl.engine.parts import Known

_FIFTEEN = Context(prec=15)
_SHORT = Context(prec=6)


def written(value: Fraction, exact: bool) -> Decimal:
    """A number as written: all digits of an exact decimal, 15 significant ones (half to even) of a quotient."""
    if exact:
        full = finite(value)
        if full is not None:
            return full
    return trimmed(_FIFTEEN.divide(Decimal(value.numerator), Decimal(value.denominator)))


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


def value_of(value: Known, exact: bool, calendar: Calendar) -> Decimal | str | bool:
    """Any value as a document holds it; instants in the calendar's zone."""
    match value:
        case bool() | str():
            return value
        case Fraction():
            return written(value, exact)
        case datetime():
            return (calendar.local(value) if value.tzinfo is not None else value).isoformat()
        case date():
            return value.isoformat()


def said(value: Fraction | Decimal | None, unit: str | None) -> str:
    """A number in a sentence, at six significant digits."""
    if value is None:
        return "nothing"
    number = Fraction(value) * (100 if unit in ("%", "pp") else 1)
    short = trimmed(_SHORT.divide(Decimal(number.numerator), Decimal(number.denominator)))
    text = f"{short:,f}"
    return f"{text}%" if unit == "%" else f"{text} {unit}" if unit else text
