"""What is said about a value that is not what its column is to be."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final

from kpidsl.diagnostics import SourceError
from kpidsl.patterns import regex
from kpidsl.semantic.types import DataType
from kpidsl.sources.convert import Digits
from kpidsl.sources.numerals import DIGITS, EXAMPLES, NOTHING

_FORMATS: Final = tuple(
    day + clock
    for day in (
        "%d.%m.%Y",
        "%Y-%m-%d",
        "%Y/%m/%d",
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%d-%m-%Y",
        "%Y%m%d",
        "%d.%m.%y",
        "%d %b %Y",
        "%d-%b-%Y",
        "%d-%b-%y",
        "%b %d, %Y",
        "%b %d %Y",
        "%d %B %Y",
        "%B %d, %Y",
        "%Y-%m",
        "%YM%m",
        "%m/%Y",
        "%b %Y",
        "%B %Y",
        "%b-%y",
        "%b-%Y",
    )
    for clock in ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S %z")
)
_DRESSED: Final = regex(r"([^\d\s.,+-]{0,4}\s?)([+-]?\d[\d.,]*)(\s?[^\d\s.,+-]{0,4})")
_PERIODS: Final = (
    (r"[12]\d{3}([-/ ]?[Qq])[1-4]", "%Y{}%q"),
    (r"([Qq])[1-4]([-/ ]?)[12]\d{3}", "{}%q{}%Y"),
    (r"[12]\d{3}(-?W)(?:0[1-9]|[1-4]\d|5[0-3])", "%G{}%V"),
)


def bad_value(
    place: str, column: str, text: str, wanted: DataType, form: str | None, declared: bool, provider: str
) -> SourceError:
    """K0604: the value at `place` (`file:line`, `table, row 7`) is not of the type that was declared, or that the
    rows before it have.
    """
    what = EXAMPLES.get(wanted, wanted.value)
    if form is not None:
        what = f'a time as "{form}" says'
    one_line = text.replace("\r", "\\r").replace("\n", "\\n")
    shown = one_line if len(one_line) <= 60 else one_line[:57] + "…"
    others = "the others are" if text.strip().casefold() in NOTHING else "the rows before it are"
    known = "its provider says" if provider == "stream" else others
    why = "" if declared else f", as {known}"
    return SourceError(
        f'{place}: "{shown}" in column `{column}` is not {what}{why}',
        code="K0604",
        hint=_remedy(column, text, wanted, provider),
        column=column,
    )


def too_many_digits(place: str, column: str, digits: Digits) -> SourceError:
    """K0604: an exact number that does not fit."""
    return SourceError(
        f"{place}: the numbers in column `{column}` need {digits.whole} digits before the point and {digits.scale} "
        f"after it, and an exact number holds {DIGITS} in all",
        code="K0604",
        hint=f"write `column {column}: float` if they need not be exact, or `column {column}: text`",
        column=column,
    )


def too_wide(place: str, column: str, digits: int) -> SourceError:
    """K0604: a column of exact numbers that no type here has room for."""
    return SourceError(
        f"{place}: column `{column}` is declared with {digits} digits, and an exact number holds {DIGITS}",
        code="K0604",
        hint=f"write `column {column}: float` if they need not be exact, or write the file with fewer digits",
        column=column,
    )


def becomes_a_float(place: str, column: str, exact: str, rounded: str) -> SourceError:
    """K0604: exact numbers of one file that would be rounded to stand in a column with the floats of another."""
    return SourceError(
        f"{place}: column `{column}` holds exact numbers in one file and floating-point numbers in another, and"
        f" {exact} would become {rounded}",
        code="K0604",
        hint=f"write it with one type in all files, or `column {column}: float` if numbers need not be exact",
        column=column,
    )


def _remedy(column: str, text: str, wanted: DataType, provider: str) -> str:
    if text.strip().casefold() in NOTHING and provider == "csv":
        missing = f'{provider}("…", null: "{text.strip()}")'
        return f"if that means no value, write `{missing}`; `column {column}: text` takes it as it is"
    if wanted.is_time:
        if re.match(r"\d{4}-\d\d-\d\d", text.strip()) and not _is_day(text.strip()[:10]):
            return f"there is no day {text.strip()[:10]}: mend the value"
        form = _guess(text.strip())
        if form is not None:
            kind = "timestamp" if "%H" in form or "%I" in form or wanted is not DataType.DATE else "date"
            other = form.replace("%d/%m", "%m/%d").replace("%d-%m-", "%m-%d-")
            months_first = (
                f', or `"{other}"` where the month comes first' if other != form and _fits(text.strip(), other) else ""
            )
            said = f'say how times are written: `column {column}: {kind} "{form}"`'
            return f"mend the value, or {said}{months_first}"
        return f'mend the value, or say how times are written: `column {column}: timestamp "%d.%m.%Y"`'
    dressed = _dressed(column, text.strip(), provider) if wanted.is_number else None
    if dressed is not None:
        return dressed
    if wanted.is_number and "," in text and provider == "csv":
        marks = 'say how numbers are written: `decimal: ","` or `thousands: ","`'
        return f"mend the value, or {marks}; `column {column}: text` takes it as it is"
    if wanted is DataType.TEXT:
        return "bytes are a text where they are UTF-8: mend the value"
    return f"mend the value, or take the column as text: `column {column}: text`"


def _dressed(column: str, text: str, provider: str) -> str | None:
    """What to do about a number with a sign of its unit, as spreadsheets show it; None for all else."""
    found = _DRESSED.fullmatch(text)
    if found is None:
        return None
    before, number, after = found.groups()
    if (before, after) == ("(", ")"):
        return f"write a minus for what stands in brackets: -{number}"
    sign = (before or after).strip()
    if (before.strip() and after.strip()) or not sign:
        return None
    option = ""
    if "," in number and provider == "csv":
        mark = "thousands" if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", number) else "decimal"
        option = f', and say `{mark}: ","` in its source'
    if sign == "%":
        return f"take the `%` out of the data{option}, and write `column {column}: % as 0..100`"
    from kpidsl.syntax.slips import CURRENCIES

    unit = CURRENCIES.get(sign, sign)
    return f"take `{sign}` out of the data{option}: the unit stands in the spec, `column {column}: {unit}`"


def _guess(text: str) -> str | None:
    for pattern, form in _PERIODS:
        found = re.fullmatch(pattern, text)
        if found is not None:
            return form.format(*found.groups())
    return next((form for form in _FORMATS if _fits(text, form)), None)


def _fits(text: str, form: str) -> bool:
    try:
        return datetime.strptime(text, form).year >= 1900  # noqa: DTZ007 - only whether it fits is asked
    except ValueError:
        return False


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
