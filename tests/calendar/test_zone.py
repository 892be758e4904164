"""Civil time and instants: what is repeated, what is left out, and where data lie against an edge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kpidsl.calendar import Calendar, civil_threshold, repeated_offsets

BERLIN = Calendar(timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("civil", "instant"),
    [
        ("2026-01-01T00:00", "2025-12-31T23:00:00+00:00"),
        ("2026-10-25T02:30", "2026-10-25T00:30:00+00:00"),  # twice: the first
        ("2026-10-25T03:00", "2026-10-25T02:00:00+00:00"),
        ("2026-03-29T02:30", "2026-03-29T01:30:00+00:00"),  # never: the offset before the change
        ("2026-03-29T03:00", "2026-03-29T01:00:00+00:00"),
    ],
)
def test_the_instant_of_a_civil_time(civil: str, instant: str) -> None:
    assert BERLIN.instant(datetime.fromisoformat(civil)).isoformat() == instant
    # whichever pass the caller's `fold` means: it is no part of a civil time
    assert BERLIN.instant(datetime.fromisoformat(civil).replace(fold=1)).isoformat() == instant


def test_an_instant_and_a_civil_time_are_not_taken_for_each_other() -> None:
    with pytest.raises(ValueError, match="carries no time zone"):
        BERLIN.instant(datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="carries its offset"):
        BERLIN.civil(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("timezone", "civil"), [("Asia/Tokyo", "0001-01-01T00:00"), ("America/New_York", "9999-12-31T23:59:59.999999")]
)
def test_the_ends_of_time_are_out_of_range(timezone: str, civil: str) -> None:
    with pytest.raises(ValueError, match="too far from the years"):
        Calendar(timezone=timezone).instant(datetime.fromisoformat(civil))


@pytest.mark.parametrize(
    ("timezone", "seconds"),
    [
        ("UTC", []),
        ("Asia/Tokyo", [3600]),
        ("Europe/Berlin", [3600]),
        ("America/New_York", [3600]),
        ("Australia/Lord_Howe", [1800, 3600]),
        ("Pacific/Kwajalein", [560, 3600, 82800]),
    ],
)
def test_the_lengths_that_are_repeated(timezone: str, seconds: list[int]) -> None:
    assert repeated_offsets(timezone) == tuple(timedelta(seconds=size) for size in seconds)


@pytest.mark.parametrize(
    ("instant", "threshold"),
    [
        ("2026-06-01T10:00:00+00:00", "2026-06-01T12:00:00"),
        # before, in, and after the hour that is repeated from 02:00+02:00 to 03:00+01:00
        ("2026-10-25T00:59:59.999999+00:00", "2026-10-25T02:59:59.999999"),
        ("2026-10-25T01:00:00+00:00", "2026-10-25T03:00:00"),
        ("2026-10-25T01:00:00.500000+00:00", "2026-10-25T03:00:00"),
        ("2026-10-25T01:59:59.999999+00:00", "2026-10-25T03:00:00"),
        ("2026-10-25T02:00:00+00:00", "2026-10-25T03:00:00"),
        ("2026-10-25T02:00:00.000001+00:00", "2026-10-25T03:00:00.000001"),
        # at the change that leaves out 02:00 to 03:00 and around it
        ("2026-03-29T00:59:59.999999+00:00", "2026-03-29T01:59:59.999999"),
        ("2026-03-29T01:00:00+00:00", "2026-03-29T02:00:00"),
        ("2026-03-29T01:00:00.000001+00:00", "2026-03-29T03:00:00.000001"),
    ],
)
def test_the_civil_time_that_stands_for_an_edge(instant: str, threshold: str) -> None:
    assert civil_threshold(datetime.fromisoformat(instant), "Europe/Berlin").isoformat() == threshold


def test_a_threshold_of_an_edge_written_in_another_zone() -> None:
    edge = datetime.fromisoformat("2026-10-24T21:30:00-04:00")
    assert civil_threshold(edge, "Europe/Berlin").isoformat() == "2026-10-25T03:00:00"
