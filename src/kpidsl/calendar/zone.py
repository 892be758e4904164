"""Civil time and instants of one time zone.

Instants are aware `datetime`s in UTC. A civil time is a naive `datetime`, as a clock on the wall shows it: one that
occurs twice (clocks go back) means the first, one that does not exist (clocks go forward) is taken with the offset
before the change.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from kpidsl.records import dataclass

FIRST_YEAR, LAST_YEAR = 1600, 8000
"""The years a date, a period or an as-of may name. Windows and shifts may reach further, within `REACH`."""

REACH = (50, 9900)
"""The years arithmetic may come to: the named ones and three times the longest window beyond them."""

OUT_OF_RANGE = f"that is too far from the years {FIRST_YEAR} to {LAST_YEAR}, which the calendar covers"

_FIRST_ORDINAL, _LAST_ORDINAL = (date(year, 1, 1).toordinal() for year in REACH)
_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)

# These depend on the machine or are no place's time, so that a spec using them would not mean the same everywhere.
_NO_ZONE = frozenset({"localtime", "posixrules", "Factory", ""})

_SCAN_FROM = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp())
_SCAN_TO = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
# No zone of the IANA data (2026f) changes twice within 95 hours after 1900, so that two days miss no change.
_SCAN_STEP = 2 * 86_400


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of a zone's offset: at `at` (whole seconds since 1970) the offset turns from `before` to `after`
    (seconds).
    """

    at: int
    before: int
    after: int


def known_timezones() -> frozenset[str]:
    """The names of the IANA time zones this machine has: what a misspelt one is compared with."""
    return frozenset(available_timezones()) - _NO_ZONE


class _Packaged(ZoneInfo):
    """A zone of the package `tzdata`, which is found again by its name."""

    def __reduce__(self) -> tuple[object, ...]:
        return zone_info, (self.key,)


@cache
def zone_info(timezone: str) -> ZoneInfo:
    """The zone of an IANA name. ValueError where there is none of that name.

    The package `tzdata` comes before the machine's own files, which may be years older than the rules that DuckDB
    has, and differ in what they say of the time before 1970.
    """
    if timezone not in _NO_ZONE and not timezone.startswith(("posix/", "right/")):
        try:
            return _packaged(timezone) or ZoneInfo(timezone)
        except (KeyError, ValueError, OSError):
            pass
    raise ValueError(f'there is no time zone "{timezone}": write an IANA name such as "Europe/Berlin" or "UTC"')


def _packaged(timezone: str) -> ZoneInfo | None:
    folder = _package()
    if folder is None or not re.fullmatch(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", timezone):
        return None
    try:
        with (folder / timezone).open("rb") as file:
            return _Packaged.from_file(file, key=timezone)
    except (ValueError, OSError):
        return None


@cache
def _package() -> Path | None:
    """Where the package `tzdata` has its zones; None where it is not installed as files."""
    found = find_spec("tzdata")
    places = found.submodule_search_locations if found is not None else None
    return Path(places[0]) / "zoneinfo" if places else None


@cache
def zone_rules() -> str:
    """The version of the rules that zones have: of the package `tzdata`, or none of which it is known."""
    try:
        version: str = import_module("tzdata").IANA_VERSION
    except (ImportError, AttributeError):
        return ""
    return version


def instant_of(civil: datetime, timezone: str) -> datetime:
    """The instant of a civil time. ValueError for an aware one, or one at the ends of what `datetime` can hold."""
    if civil.tzinfo is not None:
        raise ValueError("a civil time carries no time zone")
    try:
        return civil.replace(tzinfo=zone_info(timezone), fold=0).astimezone(UTC)
    except OverflowError:
        raise ValueError(OUT_OF_RANGE) from None


def civil_of(instant: datetime, timezone: str) -> datetime:
    """What the zone's clock shows at an instant. ValueError for a naive `datetime`, which is no instant."""
    return in_zone(instant, timezone).replace(tzinfo=None, fold=0)


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC: arithmetic in any other zone is on its clock. ValueError for a naive one."""
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        raise ValueError("an instant carries its offset from UTC; this one is a civil time")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(OUT_OF_RANGE) from None


def in_zone(instant: datetime, timezone: str) -> datetime:
    """The same instant with the zone's own offset. ValueError for a naive one."""
    try:
        return in_utc(instant).astimezone(zone_info(timezone))
    except OverflowError:
        raise ValueError(OUT_OF_RANGE) from None


def _offset(instant: datetime, timezone: str) -> timedelta:
    offset = in_zone(instant, timezone).utcoffset()
    assert offset is not None
    return offset


@lru_cache(maxsize=1 << 16)
def day_start(timezone: str, ordinal: int) -> datetime:
    """The first instant of a civil day (`date.toordinal()`): its midnight, or the change of clocks that swallows its
    midnight.

    A day the zone has left out (2011-12-30 in Apia) starts where the next one does. ValueError outside the years
    covered.
    """
    if not _FIRST_ORDINAL <= ordinal <= _LAST_ORDINAL:
        raise ValueError(OUT_OF_RANGE)
    midnight = datetime.fromordinal(ordinal)
    instant = instant_of(midnight, timezone)
    swallowed = civil_of(instant, timezone) - midnight
    if not swallowed:
        return instant
    return _change_between(instant - swallowed, instant, timezone)


def day_of(timezone: str, instant: datetime) -> int:
    """The ordinal of the day that holds an instant: the last one that starts at or before it.

    Where clocks go back over midnight the repeated evening belongs to the day that has begun.
    """
    ordinal = civil_of(instant, timezone).toordinal()
    while day_start(timezone, ordinal + 1) <= instant:
        ordinal += 1
    while day_start(timezone, ordinal) > instant:
        ordinal -= 1
    return ordinal


def at_civil(timezone: str, civil: datetime) -> datetime:
    """The instant of a civil time as a boundary: a midnight is the start of its day, whatever the clocks do to it."""
    if civil.hour == civil.minute == civil.second == civil.microsecond == 0:
        return day_start(timezone, civil.toordinal())
    return instant_of(civil, timezone)


@cache
def transitions(timezone: str) -> tuple[Transition, ...]:
    """Every change of a zone's offset from 1900 to 2100, oldest first."""
    if timezone == "UTC":  # most specs: nothing to look for in two hundred years
        return ()
    zone = zone_info(timezone)

    def offset(at: int) -> int:
        found = datetime.fromtimestamp(at, zone).utcoffset()
        assert found is not None
        return found // _SECOND

    changes: list[Transition] = []
    earlier, before = _SCAN_FROM, offset(_SCAN_FROM)
    for later in range(_SCAN_FROM + _SCAN_STEP, _SCAN_TO + _SCAN_STEP, _SCAN_STEP):
        after = offset(later)
        if after != before:
            low, high = earlier, later
            while high - low > 1:
                middle = (low + high) // 2
                if offset(middle) == before:
                    low = middle
                else:
                    high = middle
            changes.append(Transition(high, before, after))
        earlier, before = later, after
    return tuple(changes)


@cache
def repeated_offsets(timezone: str) -> tuple[timedelta, ...]:
    """The distinct lengths by which the zone's clocks went or will go back between 1900 and 2100, shortest first."""
    sizes = {change.before - change.after for change in transitions(timezone) if change.after < change.before}
    return tuple(timedelta(seconds=size) for size in sorted(sizes))


def transition_after(timezone: str, at: int) -> int | None:
    """The first change of the zone's offset later than `at` (both in seconds since 1970), or None."""
    times = _transition_times(timezone)
    index = bisect_right(times, at)
    return times[index] if index < len(times) else None


def transition_before(timezone: str, at: int) -> int | None:
    """The last change of the zone's offset earlier than `at` (both in seconds since 1970), or None."""
    times = _transition_times(timezone)
    index = bisect_left(times, at)
    return times[index - 1] if index else None


@cache
def _transition_times(timezone: str) -> tuple[int, ...]:
    return tuple(change.at for change in transitions(timezone))


def offset_seconds(timezone: str, at: int) -> int:
    """The zone's offset from UTC at a moment in seconds since 1970."""
    return _offset(datetime.fromtimestamp(at, UTC), timezone) // _SECOND


def civil_threshold(instant: datetime, timezone: str) -> datetime:
    """The civil time `c` for which, of all civil times the zone's clocks show, `row >= c` says that `instant_of(row)
    >= instant`.

    Within an hour that is repeated it is the end of that hour, whose second pass no civil time means. At the very
    moment clocks go forward it is the start of the hour left out, so that the times in it, which clocks never showed,
    fall on the side they are taken for. Exact to the microsecond. Civil times left out cannot be told apart by one
    threshold at instants inside the hour after such a change.
    """
    instant = in_utc(instant)
    local = in_zone(instant, timezone)
    civil = local.replace(tzinfo=None, fold=0)
    offset = local.utcoffset()
    offset_before = _offset(instant - _MICROSECOND, timezone)
    assert offset is not None
    if local.fold:
        return _end_of_repetition(instant, timezone)
    if offset_before < offset:
        return civil - (offset - offset_before)
    return civil


def _end_of_repetition(instant: datetime, timezone: str) -> datetime:
    """The civil time at which the repeated stretch ends in whose second pass an instant lies."""
    first_pass = instant_of(civil_of(instant, timezone), timezone).replace(microsecond=0)
    change = _change_between(first_pass, instant.replace(microsecond=0), timezone)
    return (change + _offset(first_pass, timezone)).replace(tzinfo=None)


def _change_between(before: datetime, after: datetime, timezone: str) -> datetime:
    """The moment of the one change of offset in `(before, after]`, both whole seconds, as every change is."""
    offset = _offset(after, timezone)
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if _offset(middle, timezone) == offset:
            after = middle
        else:
            before = middle
    return after
