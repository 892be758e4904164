"""Numbers as a document writes them, and as a sentence says them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Context, Decimal
from fractions import Fraction
from math import gcd, isinf

from kpidsl.calendar import Calendar
from kpidsl.engine.parts import Known
from kpidsl.semantic.decimals import finite_ratio, trimmed

_FIFTEEN = Context(prec=15)
_SHORT = Context(prec=6)
_SIX_DIGITS = 10**6


def written(value: Fraction, exact: bool) -> Decimal:
    """A number as written: all digits of an exact decimal, 15 significant ones (half to even) of a quotient."""
    return _written(*value.as_integer_ratio(), exact)


def difference(value: Fraction, other: Fraction, exact: bool) -> Decimal:
    """`value - other` as written."""
    top, below = value.as_integer_ratio()
    other_top, other_below = other.as_integer_ratio()
    top, below = top * other_below - other_top * below, below * other_below
    common = gcd(top, below)
    return _written(top // common, below // common, exact)


def _written(top: int, below: int, exact: bool) -> Decimal:
    """A number in lowest terms."""
    if exact:
        full = finite_ratio(top, below)
        if full is not None:
            return full
    return quotient(top, below)


def quotient(top: int, below: int) -> Decimal:
    """The quotient of two numbers at 15 significant digits (half to even), in lowest terms or not."""
    return trimmed(_FIFTEEN.divide(Decimal(top), Decimal(below)))


def value_of(value: Known, exact: bool, calendar: Calendar) -> Decimal | str | bool:
    """Any value as a document holds it; instants in the calendar's zone."""
    if type(value) is Fraction:  # nearly always: a class pattern asks its abstract class first
        return written(value, exact)
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
    top, below = value.as_integer_ratio()
    if unit in ("%", "pp"):
        top *= 100
    if below == 1 and abs(top) < _SIX_DIGITS:
        text = f"{top:,}"
    else:
        text = f"{trimmed(_SHORT.divide(Decimal(top), Decimal(below))):,f}"
    return f"{text}%" if unit == "%" else f"{text} {unit}" if unit else text


def share_said(value: Fraction | None) -> str:
    """A part of a whole in a sentence, to a tenth of a percent; more digits only where it would read as none of it or
    all of it.
    """
    if value is None:
        return "nothing"
    short = round(value * 1000)
    is_told = value in (0, 1) or short not in (0, 1000)
    return f"{trimmed(Decimal(short).scaleb(-1)):f}%" if is_told else said(value, "%")


def member(value: object) -> str | Decimal | bool | None:
    """A member of a dimension as a document holds it."""
    match value:
        case None | bool() | str() | Decimal():
            return value
        case int():
            return Decimal(value)
        case float() if isinf(value):
            return repr(value)  # neither JSON nor TOML has such a number
        case float():
            return Decimal(repr(value or 0.0))
        case _:
            return str(value)
