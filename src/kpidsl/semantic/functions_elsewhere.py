"""Null and functions over rows as other tools have them, and how what they do is written here."""

from __future__ import annotations

from collections.abc import Collection

from kpidsl.diagnostics import did_you_mean
from kpidsl.semantic.row_scope import RowScope
from kpidsl.syntax.expr_nodes import Call, NameRef
from kpidsl.syntax.sql_slips import NULLS

_IS_NULL, _IS_KNOWN = "write `{} is null`", "write `{} is not null`"
_INSTEAD, _CHOSEN = "write `coalesce({}, {})`", "write `if {} then {} else {}`"
_CALENDAR_DAYS, _DAY_OF_WEEK = "write `days_between({}, {})`", "write `weekday({})`: 1 is Monday"
_PART = 'compare the text with a pattern: `{} matches "…"`, `^` begins and `$` ends it'
_TYPED = "say what the column holds, in its source: `column {}: decimal`, or `date`, `text` …"
_CUT = "leave the time as it is: a window, `each month` or a trend says which days belong together"
_OF_ROWS = {
    "isnull": _IS_NULL, "isna": _IS_NULL, "isnan": _IS_NULL, "isblank": _IS_NULL, "isempty": _IS_NULL,
    "ismissing": _IS_NULL, "isnone": _IS_NULL, "notnull": _IS_KNOWN, "isnotnull": _IS_KNOWN, "notna": _IS_KNOWN,
    "isnotempty": _IS_KNOWN,
    "ifnull": _INSTEAD, "nvl": _INSTEAD, "fillna": _INSTEAD,
    "iff": _CHOSEN, "iif": _CHOSEN, "ifelse": _CHOSEN,
    "datediff": _CALENDAR_DAYS, "daysdiff": _CALENDAR_DAYS, "networkdays": "write `business_days_between({}, {})`",
    "dow": _DAY_OF_WEEK, "dayofweek": _DAY_OF_WEEK, "isodow": _DAY_OF_WEEK,
    "contains": _PART, "startswith": _PART, "endswith": _PART, "substr": _PART, "substring": _PART, "left": _PART,
    "right": _PART, "regexpmatches": _PART, "regexplike": _PART,
    "cast": _TYPED, "trycast": _TYPED, "tonumber": _TYPED, "todate": _TYPED, "float": _TYPED, "int": _TYPED,
    "datetrunc": _CUT, "trunc": _CUT, "startofmonth": _CUT,
    "ceiling": "write `ceil({})`", "len": "there is no length of a text", "length": "there is no length of a text",
}  # fmt: skip


def row_function_hint(node: Call, known: Collection[str]) -> str | None:
    """Something to type instead of a function that there is not, of rows."""
    name = node.function.text
    meant = _OF_ROWS.get(name.casefold().replace("_", ""))
    if meant is None:
        return did_you_mean(name, known)
    arguments = [one.span.text for one in node.arguments]
    if meant.count("{}") <= len(arguments):
        return meant.format(*arguments)
    return meant.replace("{}", "…")


def is_null_elsewhere(node: NameRef, scope: RowScope) -> bool:
    """Whether a name is what other languages call null, and no column."""
    return node.name.casefold() in NULLS and scope.schema is not None and scope.find(node.parts) is None
