"""Signs, numbers, dates and quotes as they are written elsewhere, and how the same is written here.

Each is recognised by the text around the place where the parser stopped.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import date

from kpidsl.syntax.slip_model import Place, Slip, cannot, foreign
from kpidsl.syntax.sql_slips import sql

SIGNS = {
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "×": "*",
    "·": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "—": "-",
    "∧": "and",
    "∨": "or",
    "¬": "not ",
}
CURRENCIES = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₩": "KRW",
    "₺": "TRY",
    "₽": "RUB",
    "₴": "UAH",
    "₪": "ILS",
}
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d[\d_]*(?:\.\d[\d_]*)?"
_QUOTED = re.compile(r"'([^'\"\n]*)'|[‘’‚]([^‘’\"\n]*)[‘’]|[“”„‟«»]([^“”«»\"\n]*)[“”«»]|`{2}([^`\"\n]*)'{2}")
_BOUND = re.compile(r"(^|[{;])[ \t]*(target|amber)[ \t]+[\d_.%]+[ \t]*$")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_COMPARING = {
    "=>": (">=", "at least is written `>=`"),
    "=<": ("<=", "at most is written `<=`"),
    "<>": ("!=", "inequality is written `!=`"),
    "===": ("==", "equality is written `==`"),
    "!==": ("!=", "inequality is written `!=`"),
    "> =": (">=", "write `>=` without a space"),
    "< =": ("<=", "write `<=` without a space"),
    "= =": ("==", "write `==` without a space"),
    "! =": ("!=", "write `!=` without a space"),
    "=!": ("!=", "inequality is written `!=`"),
    ":=": ("=", "write `=`"),
}


def slip(text: str, offset: int, accepted: AbstractSet[str]) -> Slip | None:
    """What is written otherwise here, if that is what stopped the parser at an offset."""
    line_start = text.rfind("\n", 0, offset) + 1
    line_end = text.find("\n", offset)
    line_end = len(text) if line_end < 0 else line_end
    if line_end - line_start > 2_000:  # no line that a person wrote
        line_start, line_end = max(line_start, offset - 200), min(line_end, offset + 200)
    place = Place(text, offset, line_start, line_end, accepted)
    for look in _LOOKS:
        found = look(place)
        if found is not None:
            return found
    return None


def _comparison(place: Place) -> Slip | None:
    for back in (0, 1, 2):
        start = place.offset - back
        if start < place.line_start:
            break
        for written, (meant, said) in _COMPARING.items():
            if back < len(written) and place.text.startswith(written, start):
                if written[0] == "=" and written != "===" and (back or "COMPARISON" not in place.accepted):
                    continue  # a `=` that was accepted defines something
                return cannot(start, start + len(written), written, said, meant)
    return None


def _sign(place: Place) -> Slip | None:
    character = place.text[place.offset : place.offset + 1]
    if character in "–—" and (ranged := _dash_of_a_range(place)) is not None:
        return ranged
    if character in SIGNS:
        meant = SIGNS[character]
        return foreign(place.offset, place.offset + 1, character, f"write `{meant.strip()}`", meant)
    for written, word in (("&&", "and"), ("||", "or"), ("&", "and"), ("|", "or")):
        if place.text.startswith(written, place.offset):
            end = place.offset + len(written)
            left = "" if place.before.endswith((" ", "\t")) else " "
            right = "" if place.text[end : end + 1] in (" ", "\t", "\n") else " "
            return foreign(place.offset, end, written, f"write `{word}`", f"{left}{word}{right}")
    if re.match(r"![\w(]", place.after):
        return foreign(place.offset, place.offset + 1, "!", "write `not`", "not ")
    return None


def _dash_of_a_range(place: Place) -> Slip | None:
    """`target 18–22 degC`, `over 2026-01-01 – 2026-03-31`: a dash that is no minus."""
    low = re.search(r"(?<![\w.])(\d[\d_.-]*%?)([ \t]*)$", place.before)
    high = re.match(r".([ \t]*)(\d[\d_.-]*%?)", place.after)
    if low is None or high is None:
        return None
    apart = bool(low[2] or high[1])
    is_range = bool(_DATE.fullmatch(low[1]) and _DATE.fullmatch(high[2])) or _BOUND.search(place.before) is not None
    if apart and not is_range:
        return None  # `5 – 3` is a difference
    start, end = place.line_start + low.start(2), place.offset + 1 + len(high[1])
    hint = f"from one to the other is written `{low[1]}..{high[2]}`"
    return foreign(start, end, place.after[0], hint, "..")


def _quotes(place: Place) -> Slip | None:
    grouped = re.match(r"['’]\d{3}(?![\w.])", place.after)
    if grouped is not None and re.search(r"\d$", place.before):
        return cannot(place.offset, place.offset + 1, place.after[0], "digits are grouped by `_`: `1_000`", "_")
    found = _QUOTED.match(place.text, place.offset, place.line_end)
    if found is not None:
        inside = next(group for group in found.groups() if group is not None)
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", inside):
            said = f"dates stand without quotes: {inside}"
            return Slip(found.start(), found.end(), "K0103", f"`{found[0][0]}` is no quote here", said, inside)
        meant = f'"{inside}"'
        return Slip(
            found.start(), found.end(), "K0103", f"`{found[0][0]}` is no quote here",
            f"texts stand in straight double quotes: {meant}", meant if "\\" not in inside else None,
        )  # fmt: skip
    opened = re.match(r'"([^"“”„]*)[”“]', place.after)
    if opened is not None and '"' not in place.after[1:]:
        meant = f'"{opened[1]}"'
        return Slip(
            place.offset, place.offset + opened.end(), "K0103", "this text is closed by another quote",
            f"texts stand in straight double quotes: {meant}", meant,
        )  # fmt: skip
    return None


def _currency(place: Place) -> Slip | None:
    for sign, code in CURRENCIES.items():
        if not place.text.startswith(sign, place.offset):
            continue
        whole, part = re.search(r"\d[\d_]*$", place.before), re.match(r".(\d+)", place.after)
        if whole is not None and part is not None:  # `4€50`
            meant = f"{whole[0]}.{part[1]} {code}"
            start, end = place.line_start + whole.start(), place.offset + part.end()
            sure = meant if len(part[1]) == 2 and not re.match(r"[\w.%]", place.text[end : end + 1]) else None
            return foreign(start, end, sign, f"write `{meant}`", sure)
        ahead = re.match(rf"{re.escape(sign)}[ \t]*({_NUMBER})([kM]\b)?(?![\d.,]*\d)", place.after)
        if ahead is not None:
            meant = f"{ahead[1].replace(',', '_')}{ahead[2] or ''} {code}"
            return foreign(place.offset, place.offset + ahead.end(), sign, f"write `{meant}`", meant)
        behind = re.search(r"\d[\d_.]*[kM]?([ \t]*)$", place.before)
        if behind is not None:
            start = place.line_start + behind.start(1)
            shown = f"{behind[0].strip()} {code}"
            return foreign(start, place.offset + 1, sign, f"write `{shown}`", f" {code}")
        column = re.search(r"\bcolumn[ \t]+(\w+|`[^`]+`)[ \t]*:[ \t]*$", place.before)
        if column is not None:
            return foreign(place.offset, place.offset + 1, sign, f"write `column {column[1]}: {code}`", code)
        named = re.match(r"\$(?:(\w+(?:\.\w+)*)|\{(\w+(?:\.\w+)*)\})", place.after)
        if named is not None:
            name = named[1] or named[2]
            end = place.offset + named.end()
            return foreign(place.offset, end, sign, f"names are written as they are: `{name}`", name)
        return foreign(place.offset, place.offset + 1, sign, f"write the currency behind the number: `10 {code}`", None)
    return None


def _percentage(place: Place) -> Slip | None:
    spaced = re.search(r"\d([ \t]+)$", place.before)
    if spaced is not None and place.after.startswith("%"):
        number = re.search(r"[\d_.]+[ \t]+$", place.before)
        shown = f"{number[0].strip()}%" if number else "85%"
        start = place.line_start + spaced.start(1)
        return cannot(start, place.offset + 1, "%", f"a percentage is written without a space: `{shown}`", "%")
    return None


def _number(place: Place) -> Slip | None:
    comma = re.match(r",(\d+)(?![\d,.])(%|pp)?", place.after)
    if comma is not None and re.search(r"(?<![\d.,])\d+$", place.before) and len(comma[1]) != 3:
        whole = re.search(r"\d+$", place.before)
        shown = f"{whole[0] if whole else ''}.{comma[1]}{comma[2] or ''}"
        return cannot(place.offset, place.offset + 1, ",", f"a decimal point is written `.`: `{shown}`", ".")
    point = re.match(r"\.(\d+)", place.after)
    if point is not None and not re.search(r"[\w.]$", place.before):
        return cannot(place.offset, place.offset + 1, ".", f"write the zero: `0.{point[1]}`", "0.")
    return None


def _date(place: Place) -> Slip | None:
    start = place.offset - len(place.before) + len(place.before.rstrip("0123456789./-"))
    run = re.match(r"[\d./-]+", place.text[start : place.line_end])
    if run is None:
        return None
    written = run[0].rstrip(".-/")
    year_first = re.fullmatch(r"(\d{4})([-./])(\d{1,2})\2(\d{1,2})", written)
    day_first = re.fullmatch(r"(\d{1,2})([-./])(\d{1,2})\2(\d{4})", written)
    if year_first:
        year, month, day = int(year_first[1]), int(year_first[3]), int(year_first[4])
    elif day_first:
        one, two, year = int(day_first[1]), int(day_first[3]), int(day_first[4])
        day, month = (two, one) if two > 12 and day_first[2] != "." else (one, two)
    else:
        return None
    sure = year_first or (day_first and (day_first[2] == "." or int(day_first[1]) > 12 or int(day_first[3]) > 12))
    try:
        meant = date(year, month, day).isoformat()
    except ValueError:
        return _no_such_day(start, written, year, month)
    if meant == written:
        return None
    said = f"dates are written year, month, day: `{meant}`"
    return cannot(start, start + len(written), written, said, meant if sure else None)


def _no_such_day(start: int, written: str, year: int, month: int) -> Slip:
    if 1 <= month <= 12 and year:
        last = calendar.monthrange(year, month)[1]
        said = f"{year:04}-{month:02} ends with day {last}: `{year:04}-{month:02}-{last}`"
    else:
        said = "dates are written year, month, day: `2026-03-31`"
    return Slip(start, start + len(written), "K0104", f"there is no day {written}", said)


_PERIODS = re.compile(
    r"(?<!\w)(?:(?P<y1>(?:19|20)\d\d)[ /-]?(?P<k1>[QH])(?P<n1>\d)|(?P<k2>[QH])(?P<n2>\d)[ /-]?(?P<y2>(?:19|20)\d\d)|"
    r"(?P<month>[a-z]{3,9})\.?,?[ -](?P<y3>(?:19|20)\d\d))(?![\w-])",
    re.IGNORECASE,
)
_MONTHS = tuple(month.lower() for month in calendar.month_name)


def _period(place: Place) -> Slip | None:
    """`Q2 2026`, `2026Q2`, `March 2026`, and quarters that there are not."""
    for found in _PERIODS.finditer(place.text, place.line_start, place.line_end):
        if not found.start() <= place.offset < found.end():
            continue
        year = found["y1"] or found["y2"] or found["y3"]
        kind, number = (found["k1"] or found["k2"] or "").upper(), int(found["n1"] or found["n2"] or 0)
        if found["month"]:
            month = next((n for n, one in enumerate(_MONTHS) if n and one.startswith(found["month"].lower())), None)
            if month is None:
                return None
            meant = f"{year}-{month:02}"
        elif not 1 <= number <= (4 if kind == "Q" else 2):
            what = "a year has the quarters Q1 to Q4" if kind == "Q" else "a year has the halves H1 and H2"
            return Slip(found.start(), found.end(), "K0104", f"there is no {found[0]}", f"{what}: `{year}-{kind}1`")
        else:
            meant = f"{year}-{kind}{number}"
        return cannot(found.start(), found.end(), found[0], f"a period is written `{meant}`", meant)
    return None


def _path(place: Place) -> Slip | None:
    """A file that is named without quotes: `csv(data/orders.csv)`."""
    opened = re.search(r"\bfrom[ \t]+\w+\(([\w./\\-]*)$", place.before)
    if opened is None:
        return None
    start = place.line_start + opened.start(1)
    written = re.match(r"[\w./\\ -]+\.\w+", place.text[start : place.line_end])
    if written is None or start + written.end() <= place.offset:
        return None
    meant = '"' + written[0].replace("\\", "/") + '"'
    return Slip(
        start, start + written.end(), "K0103", "a path is a text", f"texts stand in straight double quotes: {meant}",
        meant,
    )  # fmt: skip


def _comment(place: Place) -> Slip | None:
    for back in (0, 1):
        start = place.offset - back
        if start >= place.line_start and place.text.startswith("//", start):
            return cannot(start, start + 2, "//", "a comment begins with `#`", "#")
    if place.text.startswith("--", place.offset) and not place.before.strip():
        return cannot(place.offset, place.offset + 2, "--", "a comment begins with `#`", "#")
    if place.text.startswith("/*", place.offset):
        return cannot(place.offset, place.offset + 2, "/*", "a comment begins with `#` and ends with the line", None)
    return None


def _assignment(place: Place) -> Slip | None:
    if place.after.startswith(":") and "EQUAL" in place.accepted:
        return cannot(place.offset, place.offset + 1, ":", "write `=`", "=")
    if re.match(r"==(?!=)", place.after) and "EQUAL" in place.accepted:
        return cannot(place.offset, place.offset + 2, "==", "one `=` defines", "=")
    word = re.match(r"[ \t]*([a-z_]+)[ \t]*$", place.before.rsplit(";", 1)[-1].rsplit("{", 1)[-1])
    if re.match(r"=(?![=<>])", place.after) and word is not None and "EQUAL" not in place.accepted:
        if word[1] in ("target", "amber"):
            return cannot(
                place.offset, place.offset + 1, "=",
                f"say which way is better: `{word[1]} >= …` or `{word[1]} <= …`", None,
            )  # fmt: skip
        return cannot(place.offset, place.offset + 1, "=", "a property is written without `=`", "")
    return None


_LOOKS: tuple[Callable[[Place], Slip | None], ...] = (
    _sign,
    _quotes,
    _currency,
    _date,
    _period,
    _path,
    _assignment,
    _comparison,
    _percentage,
    _number,
    _comment,
    sql,
)
