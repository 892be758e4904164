"""Values of a type from what people keep in cells."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from kpidsl.diagnostics import SourceError
from kpidsl.semantic.types import DataType
from kpidsl_excel.cells import Cell, Kind, exact, microseconds, plain, written

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,6})?)?"
    r"(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?"
)
_CODE: Final = re.compile(r"(?P<before>[A-Z]{3})?\s*(?P<rest>.*?)\s*(?P<after>[A-Z]{3})?")
_DIRECTIVES: Final = frozenset("aAdbBmyYHIpMSfzZj%")
_YES: Final = frozenset({"true", "t", "yes", "y", "1"})
_NO: Final = frozenset({"false", "f", "no", "n", "0"})
_SAME: Final = {"EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_SPACES: Final = " \u00a0\u202f\u2009"


class Unfit(Exception):
    """A cell is not of the type that is wanted; `hint` says what to do where that is known."""

    def __init__(self, hint: str | None = None) -> None:
        super().__init__(hint)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Marks:
    """How numbers are written as text. `decimal` None: nobody says."""

    decimal: str | None = None
    thousands: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A number that was kept as text, and the currency beside it."""

    number: Decimal
    currency: str


@functools.lru_cache(maxsize=65_536)
def number(text: str, marks: Marks) -> Written:
    """The number of a text such as `€ 1.234,56`, `(12.5)`, `1,234.56-` or `12,5 %`. Raises Unfit."""
    body = text.strip().strip(_SPACES)
    negative = percent = False
    currency = ""
    if body.startswith("(") and body.endswith(")"):
        negative, body = True, body[1:-1].strip(_SPACES)
    for _ in range(3):  # a sign, a currency and a percent sign stand in any order
        body, sign, percent_sign, symbol = _peeled(body)
        if (sign and negative) or (percent_sign and percent) or (symbol and currency):
            raise Unfit
        negative, percent = negative or sign == "-", percent or percent_sign
        currency = currency or _SAME.get(symbol, symbol)
    if marks.decimal is None and marks.thousands is None and re.fullmatch("[1-9][0-9]{0,2}[.,][0-9]{3}", body):
        raise Unfit(
            f'"{text.strip()}" may be thousands or a fraction: say which mark it is, `decimal: ","` or `decimal: "."`'
        )
    match = _pattern(marks).fullmatch(body)
    if match is None:
        raise Unfit(_about_marks(body, marks))
    whole = re.sub("[^0-9]", "", match["whole"] or "") or "0"
    value = Decimal(f"{whole}.{match['fraction'] or '0'}{match['power'] or ''}")
    if percent:
        value = value.scaleb(-2)
    return Written(-value if negative else value, currency)


def _peeled(body: str) -> tuple[str, str, bool, str]:
    """A text without one mark at either end: what is left, the sign, whether it was per cent, the currency."""
    if body[:1] in ("-", "−", "+"):
        return body[1:].strip(_SPACES), "+" if body[0] == "+" else "-", False, ""
    if body[-1:] in ("-", "−"):
        return body[:-1].strip(_SPACES), "-", False, ""
    if body.endswith("%"):
        return body[:-1].strip(_SPACES), "", True, ""
    for end, rest in ((body[:1], body[1:]), (body[-1:], body[:-1])):
        if end and unicodedata.category(end) == "Sc":
            return rest.strip(_SPACES), "", False, end
    match = _CODE.fullmatch(body)
    if match is not None and (match["before"] is None) != (match["after"] is None):
        return match["rest"].strip(_SPACES), "", False, match["before"] or match["after"]
    return body, "", False, ""


@functools.lru_cache(maxsize=16)
def _pattern(marks: Marks) -> re.Pattern[str]:
    point = re.escape(marks.decimal or ".")
    grouped = ""
    if marks.thousands is not None:
        kinds = {" ": f"[{_SPACES}]", "'": "['’]"}
        grouped = rf"[0-9]{{1,3}}(?:{kinds.get(marks.thousands, re.escape(marks.thousands))}[0-9]{{3}})+|"
    return re.compile(
        rf"(?=[0-9]|{point}[0-9])(?P<whole>{grouped}[0-9]{{1,200}})?(?:{point}(?P<fraction>[0-9]{{0,200}}))?(?P<power>[eE][+-]?[0-9]{{1,2}})?"
    )


def _about_marks(body: str, marks: Marks) -> str | None:
    if not re.fullmatch(rf"[0-9.,'’{_SPACES}]*[0-9]", body):
        return None
    comma, point = body.rfind(","), body.rfind(".")
    if marks.decimal is None and marks.thousands is None:
        if comma > point:
            other = ', thousands: "."' if point >= 0 else ""
            return f'say how such numbers are written: `decimal: ","{other}`'
        other = "," if comma >= 0 else next((mark for mark in ("'", " ") if mark in body), ".")
        return f'say how such numbers are written: `thousands: "{other}"`'
    return "numbers of this column are written in more than one way: mend the cell"


def convert(cell: Cell, wanted: DataType, form: str | None, marks: Marks) -> object:
    """A cell's value as the Arrow type of `wanted` takes it; DECIMAL as a numeral. None for a blank text that is to be
    something else. Raises Unfit.
    """
    if wanted in (DataType.TEXT, DataType.OTHER):
        return written(cell)
    if cell.kind is Kind.TEXT and not str(cell.value).strip():
        return None
    return _CONVERSIONS[wanted](cell, form, marks)


def _numeric(cell: Cell, marks: Marks) -> Decimal:
    match cell.kind:
        case Kind.NUMBER:
            return exact(str(cell.value))
        case Kind.TEXT:
            return number(str(cell.value), marks).number
        case Kind.BOOLEAN:
            return Decimal(int(bool(cell.value)))
        case Kind.DAY | Kind.MOMENT:
            raise Unfit("its format makes it a date: give the cell the format of a number, if it is one")
        case _:
            raise Unfit


def _integer(cell: Cell, _: str | None, marks: Marks) -> int:
    found = _numeric(cell, marks)
    if found != found.to_integral_value():
        raise Unfit
    return int(found)


def _decimal(cell: Cell, _: str | None, marks: Marks) -> str:
    return plain(exact(str(cell.value)) if cell.kind is Kind.SPAN else _numeric(cell, marks))


def _float(cell: Cell, _: str | None, marks: Marks) -> float:
    if cell.kind in (Kind.NUMBER, Kind.SPAN):
        return float(str(cell.value))
    return float(_numeric(cell, marks))


def _boolean(cell: Cell, _: str | None, __: Marks) -> bool:
    if cell.kind is Kind.BOOLEAN:
        return bool(cell.value)
    text = written(cell).strip().casefold()
    if cell.kind in (Kind.NUMBER, Kind.TEXT) and text in _YES | _NO:
        return text in _YES
    raise Unfit


def _day(cell: Cell, form: str | None, _: Marks) -> date:
    if cell.kind is Kind.DAY and isinstance(cell.value, date):
        return cell.value
    if cell.kind is Kind.MOMENT:
        raise Unfit("it has a time of day: declare the column as `timestamp`")
    found = _parsed(cell, form)
    if found.tzinfo is not None or found.time() != datetime.min.time():
        raise Unfit("it has a time of day: declare the column as `timestamp`")
    return found.date()


def _moment(cell: Cell, form: str | None, _: Marks) -> datetime:
    if cell.kind is Kind.MOMENT and isinstance(cell.value, datetime):
        return cell.value
    if cell.kind is Kind.DAY and isinstance(cell.value, date):
        return datetime(cell.value.year, cell.value.month, cell.value.day)  # noqa: DTZ001 - a civil time
    found = _parsed(cell, form)
    if found.tzinfo is not None:
        raise Unfit("it has an offset from UTC, which a `timestamp` has not")
    return found


def _instant(cell: Cell, form: str | None, _: Marks) -> datetime:
    if cell.kind in (Kind.DAY, Kind.MOMENT):
        raise Unfit('a date of a sheet has no offset: declare it as `timestamp`, and say `time … in "UTC"`')
    found = _parsed(cell, form)
    if found.tzinfo is None:
        raise Unfit("it has no offset from UTC")
    return found


def _span(cell: Cell, _: str | None, __: Marks) -> int:
    if cell.kind is not Kind.SPAN:
        raise Unfit("give the cell the format [h]:mm, as the others have it")
    return microseconds(exact(str(cell.value)))


def _parsed(cell: Cell, form: str | None) -> datetime:
    """A text, or with a format also a number, as a time."""
    if cell.kind is not Kind.TEXT and (cell.kind is not Kind.NUMBER or form is None):
        why = "give its cells the format of a date" if cell.kind is Kind.NUMBER else None
        raise Unfit(why)
    text = written(cell).strip()
    try:
        if form is not None:
            return datetime.strptime(text, _format(form))  # noqa: DTZ007 - `%z` is what says a zone
        match = _TIME.fullmatch(text)
        if match is not None:
            return datetime.fromisoformat(text.replace(" ", "T", 1).replace(" ", "").replace(",", "."))
        if _DAY.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        raise Unfit from None
    raise Unfit('say how the column is written: `date "%d.%m.%Y"`')


@functools.lru_cache(maxsize=64)
def _format(form: str) -> str:
    found = re.sub("%-([dmyHIMSj])", r"%\1", form)
    unknown = next((mark for mark in re.findall("%(.?)", found) if mark not in _DIRECTIVES), None)
    if unknown is not None or "%" not in found:
        raise SourceError(
            f'the format "{form}" cannot be used for texts of a sheet', code="K0604",
            hint="use %Y %m %d for the date, %H %M %S %f for the clock, %b for Jan, %p for AM, %z for an offset",
        )  # fmt: skip
    return found


_CONVERSIONS: Final[dict[DataType, Callable[[Cell, str | None, Marks], object]]] = {
    DataType.INTEGER: _integer,
    DataType.DECIMAL: _decimal,
    DataType.FLOAT: _float,
    DataType.BOOLEAN: _boolean,
    DataType.DATE: _day,
    DataType.TIMESTAMP: _moment,
    DataType.INSTANT: _instant,
    DataType.DURATION: _span,
}
