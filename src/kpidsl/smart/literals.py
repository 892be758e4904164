"""Numbers as a spec writes them: with the unit of a value, rounded so that they stay on their side."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

from kpidsl.semantic.decimals import trimmed
from kpidsl.semantic.units import Unit

DIGITS = 3
MOST_DIGITS = 15
_WRITABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*")


def literal(value: Fraction, unit: Unit) -> str | None:
    """An exact number in a unit, as a spec writes it; None for a unit that has no literal, such as `EUR·m^2`."""
    number = value * 100 if unit.label in ("%", "pp") else value
    text = f"{trimmed(Context(prec=MOST_DIGITS).divide(*_pair(number))):,f}".replace(",", "_")
    match unit.label:
        case None:
            return text
        case "%" | "pp":
            return f"{text}{unit.label}"
        case label if _WRITABLE.fullmatch(label):
            return f"{text} {label}"
        case _:
            return None


def rounded(value: Fraction, unit: Unit, *, up: bool, beyond: Fraction | None = None) -> Fraction:
    """A value with three significant digits as its unit shows it, more only where it takes them to stay beyond
    another: above it where it is rounded down, below it where it is rounded up.
    """
    scale = 100 if unit.label in ("%", "pp") else 1
    for digits in range(DIGITS, MOST_DIGITS + 1):
        context = Context(prec=digits, rounding=ROUND_CEILING if up else ROUND_FLOOR)
        near = Fraction(context.divide(*_pair(value * scale))) / scale
        if beyond is None or (near < beyond if up else near > beyond):
            return near
    return value


def _pair(number: Fraction) -> tuple[Decimal, Decimal]:
    return Decimal(number.numerator), Decimal(number.denominator)
