"""Clocks of time zones as tables of their changes, for engines that do not know zones, or may not have them loaded."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from kpidsl.calendar.zone import offset_seconds, transitions

FIRST = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp())
LAST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
"""Seconds since 1970 between which the changes of zones are known."""


@cache
def changes(timezone: str, *, civil: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """When a zone's offset from UTC changes, in seconds since 1970, and the offsets, in seconds, from each change on.

    The first is where what is known begins. `civil`: as the zone's own clock shows it, a clock that is put forward
    showing what it jumps over, and one that is put back what it shows the second time.
    """
    found = transitions(timezone)
    offsets = [found[0].before if found else offset_seconds(timezone, FIRST), *(change.after for change in found)]
    times = [FIRST, *(change.at for change in found)]
    if civil:
        times = [at + offset for at, offset in zip(times, offsets, strict=True)]
    return tuple(times), tuple(offsets)
