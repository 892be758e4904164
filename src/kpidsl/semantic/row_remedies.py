"""What is said of values in rows that do not go together, and what to type instead."""

from __future__ import annotations

import re
from fractions import Fraction

from kpidsl.semantic import counted_times
from kpidsl.semantic import rows as r
from kpidsl.semantic.parts_of_time import counts_from
from kpidsl.semantic.types import DataType
from kpidsl.syntax import expr_nodes as x

_LENGTHS = "times are subtracted from each other, and lengths such as `30 minutes` or `18 weeks` added to them"
_TRUTHS = ("true", "false")
_NAME = re.compile(r"(?=.*[^\W\d_])[^`\n]{1,60}")


def shown(row: r.Row) -> str:
    if row.type is None:
        return "a value of unknown type"
    words = {
        DataType.TEXT: "a text",
        DataType.BOOLEAN: "a condition",
        DataType.DURATION: "a length of time",
        DataType.OTHER: "a nested value",
    }
    return words.get(
        row.type,
        "a time" if row.type.is_time else f"a number in {row.unit.label}" if row.unit.label else "a number",
    )


def remedy(row: r.Row, wants: str) -> str | None:
    if wants == "time" and isinstance(row, r.ColumnValue) and row.type is not None and row.type.is_number:
        if row.type is DataType.INTEGER and "year" in row.name.lower():
            return f'if it holds years such as 2026, say so: `column {row.name}: date "%Y"`'
        formats = counted_times.formats()
        return f'say what it counts: `column {row.name}: timestamp {formats}`; days such as 20260331: `"%Y%m%d"`'
    if isinstance(row, r.Constant) and isinstance(row.value, str) and row.value.isidentifier():
        return f"a column is written without quotes: `{row.value}`"
    if isinstance(row, r.Constant) and isinstance(row.value, str) and wants == "number" and _NAME.fullmatch(row.value):
        return f"a column whose name is more than one word is written in backquotes: `{row.value}`"
    if isinstance(row, r.ColumnValue) and row.type is DataType.OTHER:
        return f"if these are bytes of a text, say so: `column {row.name}: text`; make nested ones plain before"
    if isinstance(row, r.ColumnValue) and row.type is DataType.TEXT:
        if wants == "time":
            return f'declare how it is written: `column {row.name}: timestamp "%d.%m.%Y"`'
        return f"declare it as a number: `column {row.name}: decimal`"
    return None


def beside(row: r.Row, wants: str, *sides: r.Row) -> str | None:
    """What to type where one of two sides does not go with the other: texts may be times that are not read as such."""
    texts = [one for one in sides if isinstance(one, r.ColumnValue) and one.type is DataType.TEXT]
    if wants == "length":
        return (remedy(texts[0], "time") if texts else None) or _LENGTHS
    if len(texts) == 2:
        return (
            f'declare both: times by `column {texts[0].name}: timestamp "%d.%m.%Y %H:%M"`, numbers by '
            f"`column {texts[0].name}: decimal`"
        )
    return remedy(row, wants)


def mixed(a: r.Row, b: r.Row, sides: tuple[x.Expr, x.Expr] | None) -> str | None:
    for row, other, at in ((a, b, 0), (b, a, 1)):
        if sides is not None and other.type is not None and other.type.is_time:
            parts = re.fullmatch(r"(\d{4})-(\d\d?)-(\d\d?)", sides[at].span.text)
            if parts is not None:
                return f"a date has two digits for month and day: {parts[1]}-{parts[2]:0>2}-{parts[3]:0>2}"
        if isinstance(row, r.Constant) and isinstance(row.value, str) and counts_from(other) is not None:
            return counts_from(other)
        if isinstance(row, r.Constant) and other.type is DataType.BOOLEAN and str(row.value).lower() in _TRUTHS:
            return f"a condition is true or false, without quotes: `== {str(row.value).lower()}`"
        if isinstance(row, r.Constant) and row.value in (0, 1) and other.type is DataType.BOOLEAN:
            return f"a condition is `true` or `false`: write `== {'true' if row.value else 'false'}`"
        if isinstance(row, r.Constant) and other.type is DataType.TEXT and isinstance(row.value, Fraction):
            return f'texts stand in quotes: "{row.value}"'
        if (
            isinstance(row, r.Constant)
            and isinstance(row.value, str)
            and other.type is not None
            and other.type.is_number
        ):
            digits = re.fullmatch(r"\s*(\d[\d_]*(?:\.\d+)?)\s*", row.value)
            if digits is not None:
                unit = f" {other.unit.label}" if other.unit.label else ""
                return f"numbers stand without quotes: {digits[1]}{unit}"
        is_text = isinstance(row, r.Constant) and isinstance(row.value, str)
        if is_text and other.type is not None and other.type.is_time:
            return "dates stand without quotes: 2026-03-31"
    wants = "time" if any(row.type is not None and row.type.is_time for row in (a, b)) else "number"
    return remedy(a, wants) or remedy(b, wants)
