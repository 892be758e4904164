"""Texts that a strptime format says how to read, in DuckDB's SQL."""

from __future__ import annotations

import re

from kpidsl.diagnostics import SourceError
from kpidsl.engine.duck import literal
from kpidsl.hookspecs import ColumnRequest
from kpidsl.semantic.time_formats import QUARTER, directives, wrong_with
from kpidsl.semantic.types import DataType
from kpidsl.sources.numerals import ZERO_OFFSET


def formatted(t: str, wanted: DataType, request: ColumnRequest) -> str:
    """A text expression as a time, by the request's strptime format. Raises SourceError K0604 where it is none."""
    form = request.format or ""
    wrong = wrong_with(form, wanted, request.name)
    if wrong is not None:
        raise SourceError(wrong[0], code="K0604", hint=wrong[1])
    text = f"regexp_replace({t}, '(?:{ZERO_OFFSET})$', '+00')" if form.endswith("%z") else t
    parsed = _quarter(text, form) if QUARTER in directives(form) else f"try_strptime({text}, {literal(form)})"
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
