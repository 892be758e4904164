"""A unit said beside a name or a value – `metric fees in EUR = …`, `column amount (EUR)` – and where it is written."""

from __future__ import annotations

import re

from kpidsl.records import dataclass
from kpidsl.syntax.recovery import open_marks
from kpidsl.syntax.slip_model import Slip
from kpidsl.syntax.slips import CURRENCIES

_SIGNS = "".join(CURRENCIES)
_UNIT = rf"(?P<unit>%|[{re.escape(_SIGNS)}]|\"[^\"\s]+\"|[A-Za-z]\w*(?:[ \t]*/[ \t]*[A-Za-z]\w*)*)"
# `in`, `(`, `:` … say that a unit follows; without them only a sign and the code of a currency are taken for one.
_SAID = r"(?P<said>(?:in|as|unit|:)[ \t]*:?[ \t]*|[(\[][ \t]*|)"
_TITLED = r'[ \t]*(?P<word>metric|kpi)[ \t]+(?P<name>\w+)(?P<title>(?:[ \t]+"[^"\n]*")?)'
_HEAD = re.compile(rf"{_TITLED}[ \t]*{_SAID}{_UNIT}[ \t]*[)\]]?[ \t]*(?P<next>[={{])(?!=)[ \t]*(?P<rest>[^\n]*)")
_TAIL = re.compile(rf"(?P<gap>[ \t]*)(?:(?<![\w.])|(?=:)){_SAID}{_UNIT}[ \t]*[)\]]?[ \t]*(?P<end>[;}}#]|$)")
_COLUMN = re.compile(
    rf"[ \t]*column[ \t]+(?P<name>\w+|`[^`\n]+`)[ \t]*(?P<said>(?:in|as|is|unit|type|=)[ \t]+|=|[(\[][ \t]*|)"
    rf"{_UNIT}[ \t]*[)\]]?[ \t]*(?P<end>\"[^\"\n]*\"|as\b[^;#\n]*|)[ \t]*(?=[;}}#]|$)"
)
_PROPERTY = re.compile(rf"[ \t]*unit[ \t]+{_UNIT}")
_INSIDE = re.compile(rf"\b(?P<name>[A-Za-z_]\w*)[ \t]*\)?[ \t]+(?P<said>){_UNIT}(?=[ \t]*\)|[ \t]+from\b)")
_SHORT = re.compile(rf"{_TITLED}[ \t]*=[ \t]*(?P<value>[^\n]*)")
_DECLARED = re.compile(
    r"^[ \t]*(metric|kpi|source|objective|outcome|scorecard|test|key[ \t]+result|evidence)\b", re.MULTILINE
)
_REACH = 20_000  # characters in which the head of the block is looked for
_GOES_ON = re.compile(r"\n[ \t]*(?:(?:where|over|on|per|each|default|and|or)\b|[+*/-][ \t])")
_COLUMNS = re.compile(
    r"[ \t]*(?P<all>column[ \t]+(?P<names>(?P<first>\w+|`[^`\n]+`)(?:[ \t]*,[ \t]*(?:\w+|`[^`\n]+`))+)[ \t]*:"
    r"(?P<unit>[^;}#\n]*[^;}#\s]))"
)
_DERIVED = re.compile(r"[ \t]*(?P<word>column)[ \t]+(?P<name>\w+)[ \t]*=[ \t]*(?P<value>[^;}#\n]*[^;}#\s])")
# Words of small letters that are units everywhere: others, such as `in germany`, may belong to the name.
_UNITS = frozenset([
    "percent", "percentage", "s", "ms", "sec", "secs", "second", "seconds", "min", "mins", "minute", "minutes", "h",
    "hour", "hours", "d", "day", "days", "week", "weeks", "kg", "g", "t", "l", "km", "m", "cm", "mm", "bytes", "eur",
    "usd", "gbp", "chf", "jpy", "euro", "euros", "dollar", "dollars",
])  # fmt: skip
_CODES = frozenset(CURRENCIES.values()) | frozenset([
    "CHF", "JPY", "CNY", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "CAD", "AUD", "NZD", "BRL", "MXN", "ZAR",
    "SGD", "HKD",
])  # fmt: skip
# Behind these words something else is missing.
_OPEN_END = re.compile(
    r"(?:\b(?:over|is|not|and|or|where|by|in|matches|than|per|each|on|from|default)|[=<>+*/(,-])[ \t]*$"
)
_SPELT = {
    "percent": "%", "percentage": "%", "sec": "s", "secs": "s", "mins": "min", "eur": "EUR", "usd": "USD",
    "gbp": "GBP", "chf": "CHF", "jpy": "JPY", "euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a file: the text, and where the line begins and ends."""

    text: str
    start: int
    end: int

    @property
    def written(self) -> str:
        return self.text[self.start : self.end]

    @property
    def is_whole(self) -> bool:
        """Whether its statement ends with it, without a comment or a bracket that stays open."""
        alone = _GOES_ON.match(self.text, self.end) is None and "#" not in self.written
        return alone and not open_marks(self.text, self.start, self.end)


def unit_said(text: str, offset: int) -> Slip | None:
    """The unit that stopped the parser at an offset because it stands where none is said; None for all else."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = _Line(text, start, len(text) if end < 0 else end)
    if line.end - line.start > 500:
        return None
    for look in (_beside_a_name, _of_a_column, _of_a_property, _within, _behind):
        found = look(line, offset)
        if found is not None:
            return found
    return None


def _beside_a_name(line: _Line, offset: int) -> Slip | None:
    """`metric fees in EUR = …`, `kpi fees "Fees" (EUR) {`."""
    found = _HEAD.match(line.text, line.start, line.end)
    if found is None or not found.end("title") <= offset <= found.start("next") or not _is_unit(found):
        return None
    unit, head, rest = _name(found), f"{found['word']} {found['name']}{found['title']}", found["rest"].rstrip()
    start, said = found.end("title"), f"{head} {{ value …; unit {unit} }}"
    if found["next"] == "{":
        opened = f" {{ unit {unit};" if rest and not rest.startswith("#") else f" {{\n  unit {unit}"
        return _moved(found, start, found.start("next") + 1, f"{head} {{ unit {unit}; … }}", opened)
    if not line.is_whole or not rest or set("{};") & set(rest) or found["word"] == "kpi":
        return _moved(found, start, line.end, said, None)
    meant = f" {{ value {rest}; unit {unit} }}"
    return _moved(found, start, line.end, f"{head}{meant}", meant)


def _behind(line: _Line, offset: int) -> Slip | None:
    """`metric fees = sum(amount) from orders in EUR`, `value sum(amount) from orders as EUR`."""
    for found in _TAIL.finditer(line.text, line.start, line.end):
        end = line.end if found["end"] == "#" else found.end()
        before = line.text[line.start : found.start("gap")]
        if before.count("(") > before.count(")") + found["said"].count("("):
            continue
        if _OPEN_END.search(before) or (not found["said"] and before[-1:].isdigit()):
            continue  # `2 EUR` is a number
        if not found.start("said") <= offset <= end or not _is_unit(found):
            continue
        short = _SHORT.match(line.text, line.start, found.start("gap"))
        if short is not None and short["word"] == "metric":
            return _behind_a_short_one(line, found, short)
        above = [one[1] for one in _DECLARED.finditer(line.text, max(0, line.end - _REACH), line.end)]
        if not above or above[-1] not in ("metric", "kpi"):
            return None
        unit = _name(found)
        if re.search(r"(^|[{;])[ \t]*$", before) and found["said"].strip() in ("in", "as"):
            start = found.start("said")
            return _moved(found, start, found.end("unit"), f"unit {unit}", f"unit {unit}")
        if re.search(r"(^|[{;])[ \t]*value\b[^;{}]*[^\s;{}]$", before):
            instead = f"; unit {unit}{'' if found['end'] in ('', ';') else ' '}"
            return _moved(found, found.start("gap"), found.start("end"), f"unit {unit}", instead)
    return None


def _behind_a_short_one(line: _Line, found: re.Match[str], short: re.Match[str]) -> Slip:
    unit, value, head = _name(found), short["value"].strip(), f"metric {short['name']}{short['title']}"
    if not line.is_whole or found["end"] or set("{};") & set(value):
        return _moved(found, found.start("gap"), found.end("unit"), f"{head} {{ value …; unit {unit} }}", None)
    meant = f" {{ value {value}; unit {unit} }}"
    return _moved(found, short.end("title"), line.end, f"{head}{meant}", meant)


def _within(line: _Line, offset: int) -> Slip | None:
    """`sum(amount EUR) from orders`, `sum(amount) EUR from orders`."""
    found = _INSIDE.search(line.text, max(line.start, offset - 100), line.end)
    if found is None or found.start("unit") != offset or not _is_unit(found):
        return None
    unit = _name(found)
    hint = f"a unit is said where the column comes from: `column {found['name']}: {unit}` in its source"
    return Slip(found.start("unit"), found.end("unit"), "K0101", f"the unit {unit} cannot stand here", hint)


def _of_a_column(line: _Line, offset: int) -> Slip | None:
    """`column amount in EUR`, `column done "date"`; `column late = a > b`, which is a `let`."""
    before = max(line.start, *(line.text.rfind(mark, line.start, offset) + 1 for mark in "{;"))
    found = _COLUMN.match(line.text, before, line.end)
    if found is not None and found.end("name") <= offset <= found.end("unit"):
        end = f" {found['end'].strip()}" if found["end"] else ""
        meant = f": {_name(found)}{end}"
        said = f"write `column {found['name']}{meant}`"
        return Slip(found.end("name"), found.end(), "K0101", "what a column is stands behind a colon", said, meant)
    several = _COLUMNS.match(line.text, before, line.end)
    if several is not None and several.end("first") <= offset <= several.end("names"):
        names = [one.strip() for one in several["names"].split(",")]
        meant = "; ".join(f"column {one}: {several['unit'].strip()}" for one in names)
        said = f"one column a line: `column {names[0]}: {several['unit'].strip()}`, then the next"
        return Slip(*several.span("all"), "K0101", "a `column` line is about one column", said, meant)
    derived = _DERIVED.match(line.text, before, line.end)
    if derived is not None and derived.end("name") <= offset <= derived.start("value"):
        said = f"write `let {derived['name']} = {derived['value']}`"
        return Slip(*derived.span("word"), "K0101", "a column that is worked out is a `let`", said, "let")
    return None


def _of_a_property(line: _Line, offset: int) -> Slip | None:
    """`unit "EUR"`, `unit €`."""
    before = max(line.start, *(line.text.rfind(mark, line.start, offset) + 1 for mark in "{;"))
    found = _PROPERTY.match(line.text, before, line.end)
    if found is None or not found.start("unit") <= offset < found.end("unit"):
        return None
    unit = _name(found)
    if unit == found["unit"]:
        return None
    said = f"`{found['unit']}` is not the name of a unit"
    return Slip(*found.span("unit"), "K0101", said, f"write `unit {unit}`", unit)


def _is_unit(found: re.Match[str]) -> bool:
    """Whether a word is meant as a unit: signs and the codes of currencies are, others behind `in` and the like."""
    word = found["unit"]
    if word == "%" or word in CURRENCIES or word in _CODES:
        return True
    return (
        word[0].isalpha()
        and bool(found["said"].strip())
        and (word.lower() in _UNITS or not word.islower() or "/" in word)
    )


def _name(found: re.Match[str]) -> str:
    word = re.sub(r"[ \t]", "", found["unit"].strip('"'))
    return CURRENCIES.get(word) or _SPELT.get(word.lower()) or word


def _moved(found: re.Match[str], start: int, end: int, said: str, instead: str | None) -> Slip:
    at = (found.start("said"), found.end("unit"))
    message = f"the unit {_name(found)} is a property of its own"
    return Slip(start, end, "K0101", message, f"write `{said}`", instead, at)
