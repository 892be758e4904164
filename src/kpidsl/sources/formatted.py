"""Texts that a strptime format says how to read, in DuckDB's SQL."""

from __future__ import annotations

import re
from typing import Final

from kpidsl.diagnostics import SourceError
from kpidsl.engine.duck import literal
from kpidsl.hookspecs import ColumnRequest
from kpidsl.semantic import counted_times
from kpidsl.semantic.types import DataType

_DIRECTIVES: Final = frozenset(
    {f"%{letter}" for letter in "aAwudbBmyYHIpMSfgnzZjUWGVcxX%"} | {f"%-{letter}" for letter in "dmyHIMSj"}
)
"""What DuckDB's strptime knows."""


def formatted(t: str, wanted: DataType, request: ColumnRequest) -> str:
    """A text expression as a time, by the request's strptime format. Raises SourceError K0604 where it is none."""
    form = request.format or ""
    unknown = next((mark for mark in re.findall(r"%-?.?", form, re.DOTALL) if mark not in _DIRECTIVES), None)
    if unknown is not None or "%" not in form:
        what = (
            f'"{unknown}" in it means nothing' if unknown is not None else "nothing in it stands for a part of a time"
        )
        raise SourceError(
            f'the format "{form}" of column `{request.name}` cannot be used: {what}',
            code="K0604",
            hint="use %Y %m %d for the date, %H %M %S %f for the clock, %b for Jan, %p for AM, %z for an offset, or "
            f"{counted_times.formats()}",
        )
    zoned = "%z" in form or "%Z" in form
    if zoned is not (wanted is DataType.INSTANT):
        hint = "leave %z out of the format" if zoned else "a time with an offset needs %z in its format"
        raise SourceError(
            f'column `{request.name}` is to be a {wanted.value}, which the format "{form}" does not give',
            code="K0604",
            hint=hint,
        )
    text = f"regexp_replace({t}, '[zZ]$', '+00')" if form.endswith("%z") else t
    parsed = f"try_strptime({text}, {literal(form)})"
    if "%Y" in form:
        # DuckDB takes 26 for the year 26; a four-digit year is what %Y means elsewhere.
        parsed = f"CASE WHEN year({parsed}) >= 1000 THEN {parsed} END"
    return f"CAST({parsed} AS DATE)" if wanted is DataType.DATE else parsed
