"""A cell as a sheet keeps it, and what the formats of Excel make of its numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import IntEnum
from typing import Final, NamedTuple


class Kind(IntEnum):
    """What a cell holds, and the Python type of `Cell.value`."""

    NUMBER = 1  # str: the numeral of the file
    TEXT = 2  # str
    BOOLEAN = 3  # bool
    DAY = 4  # date
    MOMENT = 5  # datetime, without a zone
    SPAN = 6  # str: days, a numeral; a time of day or a time that passed
    ERROR = 7  # str: `#N/A`
    UNKNOWN = 8  # str: why a formula has no value


class Cell(NamedTuple):
    kind: Kind
    value: object


@dataclass(slots=True)
class Row:
    """A row of a sheet: its number, its cells by the number of their column. `sums`: the column of a cell that adds up
    cells above it.
    """

    number: int
    hidden: bool = False
    cells: dict[int, Cell] = field(default_factory=dict)
    sums: int | None = None


class Shown(IntEnum):
    """What a number's format makes of it."""

    NUMBER = 0
    DATE = 1
    CLOCK = 2  # hours and minutes of a day
    SPAN = 3  # `[h]:mm`: more than a day is possible


# ECMA-376 part 1, 18.8.30: the formats that have a number and no text in the file.
BUILT_IN: Final[Mapping[int, Shown]] = {
    **dict.fromkeys((14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)), Shown.DATE),
    **dict.fromkeys((18, 19, 20, 21, 45, 47), Shown.CLOCK),
    46: Shown.SPAN,
}
_LITERAL: Final = re.compile(r'"[^"]*"?|\\.|_.|\*.')
_ELAPSED: Final = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_BRACKET: Final = re.compile(r"\[[^\]]*\]")
_NOON: Final = re.compile(r"am/pm|a/p", re.IGNORECASE)
_DAYS_1900: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a civil time
_DAYS_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001
_LAST_SERIAL: Final = 2_958_466  # 1 January 10000
DIGITS: Final = 15
_FIFTEEN: Final = Context(prec=DIGITS, rounding=ROUND_HALF_UP)
SHORT: Final = 16
"""Characters up to which a numeral has no more than fifteen digits, or no fraction."""


def shown(code: str) -> Shown:
    """What a format's code makes of a number: only its section for positive numbers tells."""
    text = _LITERAL.sub("", code).split(";")[0]
    if _ELAPSED.search(text):
        return Shown.SPAN
    text = _NOON.sub("h", _BRACKET.sub("", text)).lower()
    if text.strip() in ("general", "standard", "@"):
        return Shown.NUMBER
    has_clock = "h" in text or "s" in text
    if "y" in text or "d" in text or ("m" in text and not has_clock) or ("e" in text and "g" in text):
        return Shown.DATE
    return Shown.CLOCK if has_clock else Shown.NUMBER


def dated(text: str, how: Shown, since_1904: bool) -> Cell:
    """A number as the time that it is shown as. What is no time of the calendar stays a number.

    Serials are counted in days and rounded to the millisecond, as Excel does. In the 1900 system the day 60 is 29
    February 1900, which never was, and the days before it count from one day later.
    """
    serial = float(text)
    if how is Shown.SPAN or (how is Shown.CLOCK and 0 <= serial < 1):
        return Cell(Kind.SPAN, text)
    if not 0 <= serial < _LAST_SERIAL or (not since_1904 and (serial < 1 or 60 <= serial < 61)):
        return Cell(Kind.NUMBER, text)
    days = int(serial)
    milliseconds = round((serial - days) * 86_400_000)
    base = _DAYS_1904 if since_1904 else _DAYS_1900
    if not since_1904 and days < 60:
        days += 1
    try:
        moment = base + timedelta(days=days, milliseconds=milliseconds)
    except OverflowError:
        return Cell(Kind.NUMBER, text)
    return of_moment(moment)


def of_moment(moment: datetime) -> Cell:
    """A time as a cell: midnight is a day."""
    if moment.hour or moment.minute or moment.second or moment.microsecond:
        return Cell(Kind.MOMENT, moment)
    return Cell(Kind.DAY, moment.date())


def exact(numeral: str) -> Decimal:
    """The decimal that a sheet shows for a number that it keeps in binary: of fifteen digits, as Excel shows it. Whole
    numbers are taken as they are written.
    """
    number = Decimal(numeral)
    if len(numeral) <= SHORT or len(number.as_tuple().digits) <= DIGITS or numeral.lstrip("-").isdigit():
        return number
    return _FIFTEEN.plus(number)


def plain(number: Decimal) -> str:
    """A decimal without an exponent and without zeros that say nothing."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def written(cell: Cell) -> str:
    """A cell as text: what a column of texts holds for it, and what messages show."""
    value = cell.value
    match cell.kind:
        case Kind.NUMBER:
            return plain(exact(str(value)))
        case Kind.SPAN:
            return clock(exact(str(value)))
        case Kind.BOOLEAN:
            return "true" if value else "false"
        case Kind.DAY if isinstance(value, date):
            return value.isoformat()
        case Kind.MOMENT if isinstance(value, datetime):
            return value.isoformat(sep=" ")
        case _:
            return str(value)


def microseconds(days: Decimal) -> int:
    """A span of days, to the millisecond."""
    return int((days * 86_400_000).to_integral_value(ROUND_HALF_UP)) * 1000


def clock(days: Decimal) -> str:
    """A span as hours, minutes and seconds."""
    total = microseconds(days) // 1000
    sign, total = ("-", -total) if total < 0 else ("", total)
    seconds, thousandths = divmod(total, 1000)
    text = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{thousandths:03}" if thousandths else text
