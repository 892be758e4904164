"""Hours, minutes and seconds: the parts of a day, of which a day may have more or fewer than 24.

A clock unit is a longest stretch in which the civil hour (minute, second) and the offset from UTC stay the same. So
the hour that is repeated in autumn counts twice, the one left out in spring not at all, and where clocks change by
half an hour there are half hours. Moments are whole seconds since 1970; `size` is 3600, 60 or 1.
"""

from __future__ import annotations

from kpidsl.calendar.zone import offset_seconds, transition_after, transition_before


def clock_start(timezone: str, at: int, size: int) -> int:
    """The start of the unit that holds the second `at`."""
    aligned = at - (at + offset_seconds(timezone, at)) % size
    if size == 1 or aligned == at:
        return aligned
    change = transition_before(timezone, at + 1)
    return aligned if change is None else max(aligned, change)


def clock_step(timezone: str, boundary: int, size: int, count: int) -> int:
    """The boundary `count` units after (before, where negative) a boundary."""
    return _forward(timezone, boundary, size, count) if count >= 0 else _back(timezone, boundary, size, -count)


def _forward(timezone: str, boundary: int, size: int, count: int) -> int:
    at = boundary
    while count:
        change = transition_after(timezone, at)
        following = at + size - (at + offset_seconds(timezone, at)) % size
        if change is None:
            return following + (count - 1) * size
        available = max(0, -((following - change) // size))
        if count <= available:
            return following + (count - 1) * size
        count -= available + 1
        at = change
    return at


def _back(timezone: str, boundary: int, size: int, count: int) -> int:
    at = boundary
    while count:
        change = transition_before(timezone, at)
        preceding = at - 1 - (at - 1 + offset_seconds(timezone, at - 1)) % size
        if change is None:
            return preceding - (count - 1) * size
        available = max(0, -((change - preceding) // size))
        if count <= available:
            return preceding - (count - 1) * size
        count -= available + 1
        at = change
    return at
