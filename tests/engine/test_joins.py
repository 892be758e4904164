"""A join takes for equal what a comparison does, and finds one row at most."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from engine.evaluating import at, days, evaluate

DAY = date(2026, 3, 1)
SPEC = """
calendar { timezone "Europe/Berlin" }
source o { from arrow("o"); time at; join r on k == k2 }
source r { from arrow("r") }
metric found = (sum(r.v) from o) over last month
metric rows  = (count() from o) over last month
metric equal = (count() from o where k == r.k2) over last month
metric named = (count() from o where r.v is not null) over last month
"""


def joined(
    left: Sequence[object] | pa.Array, right: Sequence[object] | pa.Array, spec: str = SPEC
) -> dict[str, object]:
    o = {"at": days(*["2026-03-01"] * len(left)), "k": left}
    r = {"k2": right, "v": [10**place for place in range(len(right))]}
    found = evaluate(spec, "2026-03-31", o=o, r=r)  # type: ignore[arg-type]
    codes = {error.code for error in found.errors}
    return {one.name: one.value for one in found.metrics} | ({"codes": codes} if codes else {})


def utc(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ([at("2026-03-01T10:00")], [utc(1, 10), utc(1, 9)], 10),
        ([utc(1, 9)], [at("2026-03-01T09:00"), at("2026-03-01T10:00")], 10),
        ([DAY], [utc(1, 0), datetime(2026, 2, 28, 23, tzinfo=UTC)], 10),
        ([datetime(2026, 2, 28, 23, tzinfo=UTC)], [date(2026, 2, 28), DAY], 10),
        ([at("2026-03-01T00:00")], [DAY], 1),
        ([utc(1, 9)], [utc(1, 9)], 1),
    ],
)
def test_times_of_different_clocks_are_equal_where_they_are_one_moment(
    left: list[object], right: list[object], found: int
) -> None:
    """10 o'clock in Berlin was joined with 10 o'clock in UTC, which it is not equal to."""
    assert joined(left, right) == {"found": found, "rows": 1, "equal": 1, "named": 1}


def test_the_clock_of_a_source_is_that_of_its_keys() -> None:
    spec = SPEC.replace('arrow("r")', 'arrow("r"); time k2 in "UTC"')
    found = joined([at("2026-03-01T10:00")], [at("2026-03-01T10:00"), at("2026-03-01T09:00")], spec)
    assert found["found"] == 10


BIG = 2**53


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([float(BIG), None], [BIG, BIG + 1, 1]),
        ([float(2**63)], pa.array([2**63, 2**63 + 1], pa.uint64())),
        ([12345678901234568.0], [Decimal("12345678901234567.01"), Decimal("12345678901234567.02")]),
    ],
)
def test_exact_keys_that_are_one_as_floats_multiply_no_rows(left: list[object], right: list[object]) -> None:
    """pandas makes floats of ids where one is missing: an order was counted for each customer that it might be of."""
    found = joined(left, right)
    assert (found["rows"], found["found"], found["codes"]) == (len(left), None, {"K0612"})


@pytest.mark.parametrize("right", [[1, 2], [1.0, 2.0], [Decimal("1.00"), Decimal("2.00")]])
@pytest.mark.parametrize("left", [[1, 2, 2], [1.0, 2.0, 2.0], [Decimal("1.0"), Decimal("2.0"), Decimal("2.0")]])
def test_numbers_are_equal_whatever_their_types(left: list[object], right: list[object]) -> None:
    assert joined(left, right) == {"found": 21, "rows": 3, "equal": 3, "named": 3}
