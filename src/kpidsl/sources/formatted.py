"""Texts that a strptime format says how to read, in DuckDB's SQL."""

from __future__ import annotations

import re
from typing import Final

from kpidsl.diagnostics import SourceError
from kpidsl.engine.duck import literal
from kpidsl.hookspecs import ColumnRequest
from kpidsl.semantic import counted_times
from kpidsl.semantic.types import DataType
from kpidsl.sources.numerals import ZERO_OFFSET

_DIRECTIVES: Final = frozenset(
    {f"%{letter}" for letter in "aAwudbBmyYHIpMSfgnzZjUWGVcxX%"} | {f"%-{letter}" for letter in "dmyHIMSj"}
)
"""What DuckDB's strptime knows."""
QUARTER: Final = "%q"
_WITH_QUARTERS: Final = frozenset({QUARTER, "%Y", "%y", "%%"})


def formatted(t: str, wanted: DataType, request: ColumnRequest) -> str:
    """A text expression as a time, by the request's strptime format. Raises SourceError K0604 where it is none."""
    form = request.format or ""
    marks = re.findall(r"%-?.?", form, re.DOTALL)
    known = _WITH_QUARTERS if marks.count(QUARTER) == 1 else _DIRECTIVES
    unknown = next((mark for mark in marks if mark not in known), None)
    if unknown is not None or "%" not in form:
        beside = " beside a quarter" if known is _WITH_QUARTERS else ""
        what = (
            f'"{unknown}" in it means nothing{beside}'
            if unknown is not None
            else "nothing in it stands for a part of a time"
        )
        raise SourceError(
            f'the format "{form}" of column `{request.name}` cannot be used: {what}',
            code="K0604",
            hint="use %Y %m %d for the date, %Y %q for a quarter, %H %M %S %f for the clock, %b for Jan, %p for AM, "
            f"%z for an offset, or {counted_times.formats()}",
        )
    zoned = "%z" in form or "%Z" in form
    if zoned is not (wanted is DataType.INSTANT):
        hint = "leave %z out of the format" if zoned else "a time with an offset needs %z in its format"
        raise SourceError(
            f'column `{request.name}` is to be a {wanted.value}, which the format "{form}" does not give',
            code="K0604",
            hint=hint,
        )
    text = f"regexp_replace({t}, '(?:{ZERO_OFFSET})$', '+00')" if form.endswith("%z") else t
    parsed = _quarter(text, form) if QUARTER in marks else f"try_strptime({text}, {literal(form)})"
    if "%Y" in form:
        # DuckDB takes 26 for the year 26; a four-digit year is what %Y means elsewhere.
        parsed = f"CASE WHEN year({parsed}) >= 1000 THEN {parsed} END"
    return f"CAST({parsed} AS DATE)" if wanted is DataType.DATE else parsed


def _quarter(text: str, form: str) -> str:
    """The first day of a quarter, whose number stands for `%q`."""
    place = next(mark.start() for mark in re.finditer(r"%-?.?", form, re.DOTALL) if mark[0] == QUARTER)
    before, after = form[:place], form[place + len(QUARTER) :]
    attempts = (
        f"try_strptime({text}, {literal(f'{before}{number}{after}')}) + INTERVAL {3 * number - 3} MONTH"
        for number in range(1, 5)
    )
    return f"coalesce({', '.join(attempts)})"
