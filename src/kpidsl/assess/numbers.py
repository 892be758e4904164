"""Numbers as a document writes them, and as a sentence says them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Context, Decimal
from fractions import Fraction
from math import gcd, isinf

from kpidsl.calendar import Calendar
from kpidsl.engine.parts import Known
from kpidsl.semantic.decimals import finite_ratio, trimmed
from kpidsl.sql.times import OUTERMOST

_FIFTEEN = Context(prec=15)
_SHORT = Context(prec=6)
_SIX_DIGITS = 10**6
_MOST_WRITTEN = 12
_INFINITE = {day: word for days in OUTERMOST.values() for word, day in days.items()}


def written(value: Fraction, exact: bool) -> Decimal:
    """A number as written: all digits of an exact decimal, 15 significant ones (half to even) of a quotient."""
    return _written(*value.as_integer_ratio(), exact)


def ratio_written(top: int, below: int, exact: bool) -> Decimal:
    """The same of a quotient, in lowest terms or not."""
    if exact:
        common = gcd(top, below)
        return _written(top // common, below // common, exact)
    return quotient(top, below)


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


def said(value: Fraction | Decimal | None, unit: str | None, *edges: Fraction) -> str:
    """A number in a sentence, at six significant digits; more where it would read as on another side of an edge."""
    if value is None:
        return "nothing"
    top, below = value.as_integer_ratio()
    scale = 100 if unit in ("%", "pp") else 1
    top *= scale
    if below == 1 and abs(top) < _SIX_DIGITS:
        return _with_unit(f"{top:,}", unit)
    short = _SHORT.divide(Decimal(top), Decimal(below))
    for edge in edges:
        if _are_near(top, below, edge, scale):
            short = _on_its_side(Decimal(top), Decimal(below), short, edge * scale)
    return _with_unit(f"{trimmed(short):,f}", unit)


def bound_said(value: Fraction, unit: str | None) -> str:
    """A bound in a sentence: with all digits, where they are so few that somebody may have written them."""
    top, below = value.as_integer_ratio()
    whole, rest = divmod(100 * top if unit in ("%", "pp") else top, below)
    if not rest and abs(whole) < 10**_MOST_WRITTEN:
        return _with_unit(f"{whole:,}", unit)
    full = finite_ratio(top, below)
    if full is None or len(full.as_tuple().digits) > _MOST_WRITTEN:
        return said(value, unit)
    return _with_unit(f"{trimmed(full * 100 if unit in ('%', 'pp') else full):,f}", unit)


def _are_near(top: int, below: int, edge: Fraction, scale: int) -> bool:
    """Whether a quotient is so near `scale` edges that six digits may read as on another side."""
    high, low = edge.as_integer_ratio()
    return abs(top * low - scale * high * below) * _SIX_DIGITS < abs(top) * low * 10


def _on_its_side(top: Decimal, below: Decimal, short: Decimal, edge: Fraction) -> Decimal:
    """A quotient with as many digits as it takes not to read as on another side of an edge."""
    digits, side = _SHORT.prec, _side(Fraction(top) / Fraction(below), edge)
    while digits < _FIFTEEN.prec and _side(Fraction(short), edge) != side:
        digits += 1
        short = Context(prec=digits).divide(top, below)
    return short


def _side(value: Fraction, edge: Fraction) -> int:
    return (value > edge) - (value < edge)


def _with_unit(text: str, unit: str | None) -> str:
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
        case str():
            return _INFINITE.get(value, value)
        case None | bool() | Decimal():
            return value
        case int():
            return Decimal(value)
        case float() if isinf(value):
            return repr(value)  # neither JSON nor TOML has such a number
        case float():
            return Decimal(repr(value or 0.0))
        case _:
            return str(value)
