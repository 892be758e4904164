"""What the parser expected and what it found, in the words of the language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from lark import Token
from lark.lexer import PatternRE

from kpidsl.diagnostics import closest
from kpidsl.syntax.grammar import parser

_WORDS = {
    "NAME": "a name",
    "QUOTED_NAME": "a name",
    "STRING": 'a text in "quotes"',
    "LONG_STRING": 'a text in "quotes"',
    "NUMBER": "a number",
    "PERCENT": "a percentage",
    "POINTS": "percentage points",
    "DATE": "a date",
    "INSTANT": "a date",
    "PERIOD": "a period such as `2026-Q1`",
    "YEAR": "a period such as `2026-Q1`",
    "COMPARISON": "a comparison such as `>=`",
    "COLOUR_WHEN": "`red when`",
    "DIRECTION": "`increase` or `reduce`",
    "EDGE": "`end` or `start`",
    "FISCAL_UNIT": "`fiscal`",
    "FROM_NUMBER": "`from`",
    "CONVERSION": "`conversion_rate`",
    "CODED": "`prevalence`",
    "APPROXIMATE": "a name",
    "PER_NUMBER": "`per 100_000`",
    "MONTH_DAY": "a day such as `01-31`",
    "PATTERN": "`4-4-5`",
    "GIVEN": "`given`",
    "PERCENT_SIGN": "`%`",
    "SIGN": "`+` or `-`",
    "SEMICOLON": "`;`",
    "$END": "the end of the file",
    "_NL": "the end of the line",
}
_VALUE_STARTS = frozenset({"NAME", "NUMBER", "LPAR", "PERCENT", "CONVERSION", "TRUE"})
_VALUE_ALL = frozenset(
    [
        "NAME",
        "QUOTED_NAME",
        "NUMBER",
        "PERCENT",
        "POINTS",
        "STRING",
        "LONG_STRING",
        "DATE",
        "INSTANT",
        "LPAR",
        "SIGN",
        "TRUE",
        "FALSE",
        "NULL",
        "IF",
        "NOT",
        "CONVERSION",
        "CODED",
        "APPROXIMATE",
    ]
)
_WINDOW_STARTS = frozenset({"LAST", "TRAILING", "THIS"})
_WINDOW_ALL = frozenset(
    [
        "LAST",
        "NEXT",
        "TRAILING",
        "THIS",
        "PERIOD",
        "PERIOD_",
        "YEAR",
        "DATE",
        "SINCE",
        "ALL",
        "NAME",
        "FISCAL",
    ]
)
_CONTINUES = frozenset(
    [
        "OVER",
        "WHERE",
        "EACH",
        "DEFAULT",
        "AT",
        "ON",
        "PER",
        "NUMBER",
        "SIGN",
        "STAR",
        "SLASH",
        "COMPARISON",
        "AND",
        "OR",
        "IN",
        "IS",
        "MATCHES",
        "NOT",
        "PER_NUMBER",
    ]
)
SHOWN = 6

# Words that people try, and the word of the language.
SYNONYMS = {
    "lower": "reduce",
    "decrease": "reduce",
    "cut": "reduce",
    "improve": "increase",
    "raise": "increase",
    "grow": "increase",
    "boost": "increase",
    "drop": "reduce",
    "shrink": "reduce",
    "achieve": "reach",
    "attain": "reach",
    "maintain": "keep",
    "goal": "target",
    "threshold": "target",
    "aim": "target",
    "yellow": "amber",
    "warn": "amber",
    "warning": "amber",
    "formula": "value",
    "measure": "value",
    "window": "over",
    "group": "by",
    "okr": "objective",
    "table": "source",
    "dataset": "source",
    "measurement": "metric",
    "indicator": "kpi",
    "responsible": "owner",
    "currency": "unit",
    "deadline": "due",
    "audience": "for",
    "who": "for",
    "quarter": "period",
    "type": "ambition",
    "milestone": "deliver",
    "actions": "action",
    "tag": "tags",
    "frequency": "review",
    "filter": "where",
    "filters": "where",
    "previous": "last",
    "past": "last",
    "rolling": "trailing",
    "current": "this",
    "field": "column",
    "define": "let",
    "timestamp": "time",
    "id": "key",
}
WINDOW_SYNONYMS = {
    "MTD": "month to date",
    "QTD": "quarter to date",
    "YTD": "year to date",
    "WTD": "week to date",
    "FYTD": "fiscal year to date",
    "FQTD": "fiscal quarter to date",
    "TTM": "last 12 months",
    "LTM": "last 12 months",
    "today": "day to date",
    "yesterday": "last day",
}


_LAST_N = re.compile(r"[LT](\d{1,4})([DWMQY])", re.IGNORECASE)
_UNITS = {"D": "days", "W": "weeks", "M": "months", "Q": "quarters", "Y": "years"}


def window_meant(word: str) -> str | None:
    """The window that a word of dashboards stands for: `MTD`, `L28D`, `T12M`, `yesterday`."""
    counted = _LAST_N.fullmatch(word)
    if counted is not None:
        return f"last {counted[1]} {_UNITS[counted[2].upper()]}"
    return WINDOW_SYNONYMS.get(word.upper()) or WINDOW_SYNONYMS.get(word.lower())


@cache
def spellings() -> dict[str, str]:
    """How each terminal is written: keywords and signs as they stand, the rest in words."""
    found: dict[str, str] = {}
    for terminal in parser().terminals:
        pattern = terminal.pattern
        if terminal.name in _WORDS:
            found[terminal.name] = _WORDS[terminal.name]
        elif isinstance(pattern, PatternRE):
            found[terminal.name] = f"`{pattern.value.split('(?!')[0]}`"
        else:
            found[terminal.name] = f"`{pattern.value}`"
    found["$END"] = _WORDS["$END"]
    return found


def keywords(accepted: Iterable[str]) -> list[str]:
    """The keywords among the accepted terminals."""
    words = (spellings().get(name, "").strip("`") for name in accepted if name not in _WORDS)
    return sorted(word for word in words if word.isidentifier())


def phrase(accepted: Iterable[str]) -> str:
    """`a value`, `a window such as …`, or the few things that may stand here."""
    names = set(accepted)
    if names == {"FISCAL", "NAME"}:
        return "a unit of time such as `months`"
    parts: list[str] = []
    if names >= _VALUE_STARTS:
        parts.append("a value")
        names -= _VALUE_ALL
    elif names >= _WINDOW_STARTS:
        parts.append("a window such as `last month` or `2026-Q1`")
        names -= _WINDOW_ALL
    ends = bool(names & {"_NL", "RBRACE", "$END"}) and len(names) > 2
    if ends:
        names -= _CONTINUES
        names -= {"SEMICOLON"}
    words = sorted({spellings().get(name, name) for name in names})
    if len(words) > SHOWN:
        return ", ".join([*parts, *words[:SHOWN]]) + ", …"
    parts.extend(words)
    return " or ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def found_phrase(token: Token) -> str:
    """What stands there instead."""
    if token.type == "$END":
        return "the end of the file"
    if token.type == "_NL":
        return "the end of the line"
    text = str(token.value)
    return f"`{text if len(text) <= 40 else text[:37] + '…'}`"


def word_meant(token: Token, accepted: Iterable[str]) -> str | None:
    """The keyword that a misspelt or foreign word stands for."""
    text = str(token.value)
    if not text.replace("_", "a").isalnum():
        return None
    possible = keywords(accepted)
    window = window_meant(text)
    if window is not None and "last" in possible:
        return window
    if "DIRECTION" in set(accepted):
        possible.extend(("increase", "reduce"))
    synonym = SYNONYMS.get(text.lower())
    if synonym in possible:
        return synonym
    return closest(text, possible)
