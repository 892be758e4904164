"""What a format may say of texts that are times, as `timestamp "%d.%m.%Y %H:%M"` does."""

from __future__ import annotations

import re
from typing import Final

from kpidsl.semantic import counted_times
from kpidsl.semantic.types import DataType

QUARTER: Final = "%q"
_DIRECTIVES: Final = frozenset(
    {f"%{letter}" for letter in "aAwudbBmyYHIpMSfgnzZjUWGVcxX%"} | {f"%-{letter}" for letter in "dmyHIMSj"}
)
"""What DuckDB's strptime knows."""
_USABLE: Final = (
    "use %Y %m %d for the date, %Y %q for a quarter, %H %M %S %f for the clock, %b for Jan, %p for AM, "
    "%z for an offset, or"
)
_WITH_QUARTERS: Final = frozenset({QUARTER, "%Y", "%y", "%%"})


def directives(form: str) -> list[str]:
    """What stands for a part of a time in a format, and what seems to."""
    return re.findall(r"%-?.?", form, re.DOTALL)


def wrong_with(form: str, wanted: DataType, column: str) -> tuple[str, str] | None:
    """What is wrong with the format of a column, whatever the texts, and what to write; None where nothing is."""
    marks = directives(form)
    known = _WITH_QUARTERS if marks.count(QUARTER) == 1 else _DIRECTIVES
    unknown = next((mark for mark in marks if mark not in known), None)
    if unknown is not None or "%" not in form:
        beside = " beside a quarter" if known is _WITH_QUARTERS else ""
        what = (
            f'"{unknown}" in it means nothing{beside}'
            if unknown is not None
            else "nothing in it stands for a part of a time"
        )
        return (
            f'the format "{form}" of column `{column}` cannot be used: {what}',
            f"{_USABLE} {counted_times.formats()}",
        )
    zoned = "%z" in form or "%Z" in form
    if zoned is not (wanted is DataType.INSTANT):
        return (
            f'column `{column}` is to be a {wanted.value}, which the format "{form}" does not give',
            f"leave {'%z' if '%z' in form else '%Z'} out of the format"
            if zoned
            else "a time with an offset needs %z in its format",
        )
    return None
