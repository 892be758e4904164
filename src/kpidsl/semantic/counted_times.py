"""Times that are numbers: how many seconds, or parts of one, have passed since 1970 began in UTC (POSIX.1, 4.19)."""

from __future__ import annotations

from typing import Final

from kpidsl.patterns import regex

TICKS: Final = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
_FORMAT: Final = regex(rf"({'|'.join(TICKS)}) since 1970(?:-01-01)?")


def ticks(form: str | None) -> int | None:
    """How many of the units a second has that a format such as `milliseconds since 1970` counts; None where it is a
    format of another kind, or there is none.
    """
    found = _FORMAT.fullmatch(form) if form is not None else None
    return TICKS[found[1]] if found is not None else None


def formats() -> str:
    """The formats, for a message."""
    first, *others = TICKS
    return f'"{first} since 1970" (or {", ".join(others[:-1])}, {others[-1]})'
