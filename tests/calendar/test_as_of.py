"""What an as-of means, and where dates lie against instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from kpidsl.calendar import Calendar, date_threshold, parse_as_of

BERLIN = Calendar(timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-31", "2026-03-31T22:00:00+00:00"),
        ("2026-03-28", "2026-03-28T23:00:00+00:00"),
        ("2026-03-29", "2026-03-29T22:00:00+00:00"),
        ("2024-02-29", "2024-02-29T23:00:00+00:00"),
        (" 2026-12-31 ", "2026-12-31T23:00:00+00:00"),
        ("2026-03-31T18:00", "2026-03-31T16:00:00+00:00"),
        ("2026-03-31 18:00", "2026-03-31T16:00:00+00:00"),
        ("2026-03-31T18:00:05", "2026-03-31T16:00:05+00:00"),
        ("2026-03-31T18:00:05.25", "2026-03-31T16:00:05.250000+00:00"),
        ("2026-03-31T18:00Z", "2026-03-31T18:00:00+00:00"),
        ("2026-03-31T18:00-05:00", "2026-03-31T23:00:00+00:00"),
        ("2026-03-31T18:00:05.000001+05:30", "2026-03-31T12:30:05.000001+00:00"),
        ("2026-10-25T02:30", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T02:30+01:00", "2026-10-25T01:30:00+00:00"),
        ("2026-03-29T02:30", "2026-03-29T01:30:00+00:00"),
    ],
)
def test_an_as_of(text: str, instant: str) -> None:
    found = parse_as_of(text, BERLIN)
    assert found.isoformat() == instant
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("yesterday", "`yesterday` is neither a date nor an instant: write a date such as 2026-03-31"),
        ("", "neither"),
        ("2026-3-31", "neither"),
        ("31.03.2026", "neither"),
        ("20260331", "neither"),
        ("2026-03", "neither"),
        ("2026-03-31T", "neither"),
        ("2026-03-31T18", "neither"),
        ("2026-03-31T18:00+0200", "neither"),
        ("٢٠٢٦-03-31", "neither"),
        ("2026-02-29", "`2026-02-29` does not exist"),
        ("2026-03-31T24:00", "does not exist"),
        ("2026-03-31T18:60", "does not exist"),
        ("2026-03-31T18:00+24:00", "does not exist"),
        ("0000-01-01", "outside the years 1600 to 8000"),
        ("9999-12-31", "outside the years 1600 to 8000"),
    ],
)
def test_what_is_no_as_of_says_what_to_write(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        parse_as_of(text, BERLIN)
    assert "2026-03-31T18:00" in str(raised.value)


@pytest.mark.parametrize(
    ("civil", "day"),
    [
        (datetime(2026, 4, 1), date(2026, 4, 1)),  # noqa: DTZ001
        (datetime(2026, 4, 1, microsecond=1), date(2026, 4, 2)),  # noqa: DTZ001
        (datetime(2026, 3, 31, 23, 59), date(2026, 4, 1)),  # noqa: DTZ001
    ],
)
def test_the_first_day_that_starts_at_or_after_an_instant(civil: datetime, day: date) -> None:
    assert date_threshold(BERLIN.instant(civil), BERLIN) == day


def test_a_day_left_out_belongs_to_the_side_of_the_next_one() -> None:
    """Apia went from the end of 2011-12-29 to 2011-12-31."""
    apia = Calendar(timezone="Pacific/Apia")
    edge = parse_as_of("2011-12-29", apia)
    assert edge == parse_as_of("2011-12-30", apia) == apia.day_start(date(2011, 12, 31))
    assert date_threshold(edge, apia) == date(2011, 12, 30)
    assert date_threshold(edge - timedelta(microseconds=1), apia) == date(2011, 12, 30)
    assert date_threshold(edge + timedelta(microseconds=1), apia) == date(2012, 1, 1)
