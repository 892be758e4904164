"""What texts are: numerals, times, booleans. One set of patterns, for the decision about a column (here) and for its
conversion in SQL (`convert`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from kpidsl.records import dataclass
from kpidsl.semantic.types import DataType

DIGITS: Final = 38
"""The most digits an exact decimal can hold."""

# The same text serves Python's re and DuckDB's RE2.
INTEGER: Final = r"[+-]?(?:0|[1-9][0-9]*)"
DECIMAL: Final = r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)"
EXPONENT: Final = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+"
INFINITY: Final = r"[+-]?(?:[iI][nN][fF](?:[iI][nN][iI][tT][yY])?)"
NAN: Final = r"[+-]?[nN][aA][nN]"
PADDED: Final = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
"""A plain numeral, zeros in front allowed: what a column *declared* as a number may hold."""
BOOLEAN: Final = r"[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]"
DATE: Final = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
CLOCK: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?"
ZERO_OFFSET: Final = "[zZ]|UTC|GMT"
OFFSET: Final = rf" ?(?:{ZERO_OFFSET}|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)"
TIMESTAMP: Final = rf"{DATE}[T ]{CLOCK}"
INSTANT: Final = rf"{TIMESTAMP}{OFFSET}"

NOTHING: Final = frozenset({
    "na", "n/a", "n.a.", "#n/a", "null", "none", "nil", "missing", "unknown", "?", ".", "-", "--", "–", "—", "..",
    "...", "…", ":", "[x]", "[z]", "[c]", "[u]",
})  # fmt: skip
"""Words that people write where there is no value, in small letters; the World Bank writes `..`, Eurostat `:`, the
statistics of the United Kingdom letters in brackets.
"""

_NUMBERS: Final = {
    "integer": INTEGER,
    "decimal": DECIMAL,
    "float": f"{EXPONENT}|{INFINITY}",
    "nan": NAN,
    "boolean": BOOLEAN,
}
_TIMES: Final = {"instant": INSTANT, "timestamp": TIMESTAMP, "date": DATE}
_KINDS: Final = {kind.value: kind for kind in DataType}


@cache
def _one_of_all() -> re.Pattern[str]:
    return _one_of({**_NUMBERS, **_TIMES})


@cache
def _one_of_times() -> re.Pattern[str]:
    return _one_of(_TIMES)


def _one_of(kinds: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in kinds.items()))


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a file writes numbers: the decimal mark and, where there is one, the mark between groups of three digits."""

    decimal: str = "."
    thousands: str | None = None

    @property
    def plain(self) -> bool:
        return self.decimal == "." and self.thousands is None

    @property
    def grouped(self) -> str | None:
        """The pattern of a numeral with groups, in the file's own marks; None where there are no groups."""
        if self.thousands is None:
            return None
        mark = "[ \u00a0\u202f]" if self.thousands == " " else re.escape(self.thousands)
        return rf"[+-]?[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+(?:{re.escape(self.decimal)}[0-9]*)?"

    def normal(self, text: str) -> str:
        """A numeral with a point and without groups; a text that is no numeral in this style stays as it is, but is
        no numeral then either.
        """
        if self.plain:
            return text
        if self.grouped and re.fullmatch(self.grouped, text):
            for mark in (" ", "\u00a0", "\u202f") if self.thousands == " " else (self.thousands or "",):
                text = text.replace(mark, "")
        if self.decimal != ".":
            text = text.replace(".", "\0").replace(self.decimal, ".")
        return text


@dataclass(frozen=True, slots=True)
class Seen:
    """What the values of a column are (None: nothing tells), and the most digits that its plain numerals need before
    and after the point.
    """

    type: DataType | None
    whole: int = 0
    scale: int = 0


def kind_of(text: str, style: NumberStyle) -> DataType | None:
    """What one text is by itself.

    None says nothing about a column: blank, or NaN (which is NULL). A day that no calendar has is a text.
    """
    text = text.strip(" \t")
    if not text:
        return None
    match = _one_of_all().fullmatch(style.normal(text))
    if not style.plain and (match is None or match.lastgroup in _TIMES):
        match = _one_of_times().fullmatch(text)
    if match is None:
        return DataType.TEXT
    kind = match.lastgroup
    if kind == "nan":
        return None
    if kind in _TIMES and not _is_day(text[:10]):
        return DataType.TEXT
    return _KINDS[kind or ""]


@cache
def _counted() -> re.Pattern[str]:
    return re.compile(rf"[ \t]*(?:{INTEGER}|{DECIMAL})[ \t]*")


def most_digits(values: Iterable[str], style: NumberStyle) -> tuple[int, int]:
    """The most digits before and after the point that the plain numerals among texts need."""
    is_counted = _counted().fullmatch
    whole = scale = 0
    for text in values:
        normal = text if style.plain else style.normal(text.strip(" \t"))
        if is_counted(normal) and (style.plain or kind_of(text, style) in (DataType.INTEGER, DataType.DECIMAL)):
            before, after = digits(normal.strip(" \t"))
            whole, scale = max(whole, before), max(scale, after)
    return whole, scale


def column_type(values: Iterable[str], style: NumberStyle) -> DataType | None:
    """What a column is whose values are these texts, as `seen` finds it."""
    return seen(values, style).type


def seen(values: Iterable[str], style: NumberStyle) -> Seen:
    """What a column is whose values are these texts: the narrowest type that holds all of them, else text. None where
    nothing tells.

    Integer ⊂ decimal ⊂ float, date ⊂ timestamp. A numeral with a zero in front (00123) is a text, because the zero
    means something. An integer of more than 38 digits is a text (an identifier); a fraction that needs more is a
    float. Among numbers and times a word for nothing (`NA`) makes no text of them: reading it is an error that tells
    how to say what it means, wherever it stands.
    """
    kinds: set[DataType] = set()
    whole = scale = 0
    seen_nan = seen_nothing = False
    for text in values:
        kind = kind_of(text, style)
        if kind is None:
            seen_nan = seen_nan or bool(text.strip(" \t"))
            continue
        if kind is DataType.TEXT:
            if text.strip().casefold() not in NOTHING:
                return Seen(DataType.TEXT)
            seen_nothing = True
            continue
        kinds.add(kind)
        if kind is DataType.INTEGER or kind is DataType.DECIMAL:
            before, after = digits(style.normal(text.strip(" \t")))
            whole, scale = max(whole, before), max(scale, after)
    if not kinds:
        return Seen(DataType.TEXT if seen_nothing else DataType.FLOAT if seen_nan else None)
    found = widest(kinds, whole, scale)
    return Seen(found if not seen_nothing or found.is_number or found.is_time else DataType.TEXT, whole, scale)


def widest(kinds: Iterable[DataType], whole: int, scale: int) -> DataType:
    """The type of a column that holds these kinds, with at most so many digits before and after the point."""
    found = frozenset(kinds)
    if len(found) == 1 and not found & {DataType.INTEGER, DataType.DECIMAL}:
        return next(iter(found))
    if found == {DataType.INTEGER}:
        return DataType.INTEGER if whole <= DIGITS else DataType.TEXT
    if found <= {DataType.INTEGER, DataType.DECIMAL}:
        return DataType.DECIMAL if whole + scale <= DIGITS else DataType.FLOAT
    if found <= {DataType.INTEGER, DataType.DECIMAL, DataType.FLOAT}:
        return DataType.FLOAT
    if found == {DataType.DATE, DataType.TIMESTAMP}:
        return DataType.TIMESTAMP
    return DataType.TEXT


def digits(numeral: str) -> tuple[int, int]:
    """Digits before and after the point that a plain numeral needs: zeros at either end need none."""
    whole, _, fraction = numeral.lstrip("+-").partition(".")
    return len(whole.lstrip("0")), len(fraction.rstrip("0"))


def _is_day(text: str) -> bool:
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths: Mapping[int, int] = {2: 29 if leap else 28, 4: 30, 6: 30, 9: 30, 11: 30}
    return day <= lengths.get(month, 31)


EXAMPLES: Final[Mapping[DataType, str]] = {
    DataType.INTEGER: "a whole number",
    DataType.DECIMAL: "a number",
    DataType.FLOAT: "a number",
    DataType.BOOLEAN: "true or false",
    DataType.DATE: "a date such as 2026-03-31",
    DataType.TIMESTAMP: "a time such as 2026-03-31 18:00",
    DataType.INSTANT: "a time with an offset such as 2026-03-31T18:00:00+02:00",
}
"""What a value of a type looks like, in a message's words."""
