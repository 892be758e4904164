"""Decimals as documents write them: every digit, nothing more."""

from __future__ import annotations

from decimal import Decimal

LONGEST_FRACTION = 20  # zeros behind the point, after which an exponent reads better
LONGEST_WHOLE = 40  # digits before the point; a 38-digit decimal is written out


def plain(number: Decimal) -> str:
    """The digits of a finite decimal without trailing zeros; zero has no sign.

    Written out, or as `1.5e+60` where more than 40 digits would stand before the point or more than 20 zeros behind it.
    Raises ValueError for NaN and infinities, which no document can hold.
    """
    text = str(number)
    if "." in text and "E" not in text and len(text) <= LONGEST_WHOLE:  # nearly always, and neither NaN nor infinite
        short = text.rstrip("0").rstrip(".")
        return short if short != "-0" else "0"
    if not number.is_finite():
        raise ValueError(f"{number} is no value of a document")
    if not number:
        return "0"
    if "E" not in text and len(text) <= LONGEST_WHOLE:
        return text
    exponent = number.adjusted()
    if -LONGEST_FRACTION <= exponent < LONGEST_WHOLE:
        text = format(number, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    sign, written, _ = number.as_tuple()
    digits = "".join(map(str, written)).rstrip("0")
    fraction = f".{digits[1:]}" if digits[1:] else ""
    return f"{'-' if sign else ''}{digits[0]}{fraction}e{exponent:+d}"
