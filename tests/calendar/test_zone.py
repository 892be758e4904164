"""Civil time and instants: what is repeated, what is left out, and where data lie against an edge."""

from __future__ import annotations

import copy
import pickle
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from kpidsl.calendar import Calendar, civil_threshold, repeated_offsets
from kpidsl.calendar.zone import zone_info

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


@pytest.fixture
def old_machine(tmp_path: Path) -> Iterator[None]:
    """A machine whose own zones are those of another time: Berlin as UTC, and one that no other has."""
    with resources.files("tzdata").joinpath("zoneinfo", "UTC").open("rb") as file:
        rules = file.read()
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Berlin").write_bytes(rules)
    (tmp_path / "Here").write_bytes(rules)
    usual = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    zoneinfo.ZoneInfo.clear_cache()
    zone_info.cache_clear()
    yield
    zoneinfo.reset_tzpath(to=usual)
    zoneinfo.ZoneInfo.clear_cache()
    zone_info.cache_clear()


@pytest.mark.usefixtures("old_machine")
def test_the_rules_of_zones_are_those_of_the_package_not_of_the_machine() -> None:
    summer = datetime(2026, 7, 1, tzinfo=UTC)
    assert summer.astimezone(zone_info("Europe/Berlin")).isoformat() == "2026-07-01T02:00:00+02:00"
    assert zone_info("Here").key == "Here"
    for name in ("../zoneinfo/UTC", "/etc/localtime", "__init__.py", "europe/", ""):
        with pytest.raises(ValueError, match="there is no time zone"):
            zone_info(name)


def test_a_zone_is_found_again_by_its_name() -> None:
    zone = zone_info("Europe/Berlin")
    assert pickle.loads(pickle.dumps(zone)) is zone
    assert copy.deepcopy(zone) is zone
