"""What a window compares with where a fiscal year has a 53rd week: FY2017 of the National Retail Federation's years."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kpidsl.calendar import (
    Calendar,
    Grain,
    Last,
    Next,
    Period,
    Retail,
    This,
    ToDate,
    Trailing,
    Unit,
    WindowSpec,
    parse_as_of,
    shifted,
)
from kpidsl.calendar.retail import Week53

NRF = Retail("4-5-4", "nearest", weekday=5, month=1, day=31)
WEEK, MONTH, QUARTER, YEAR = (
    Unit(grain, fiscal=True) for grain in (Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.YEAR)
)


def earlier(spec: WindowSpec, as_of: str, way: Week53, count: int = 1, unit: Unit = YEAR, zone: str = "UTC") -> str:
    """The first and the last day of the window a year earlier."""
    calendar = Calendar(timezone=zone, retail=replace(NRF, week_53=way))
    _, window = shifted(spec, parse_as_of(as_of, calendar), count, Unit(unit.grain), calendar)
    if window is None:
        return "nothing"
    assert window.start is not None
    last = calendar.civil(window.end) - timedelta(days=1)
    return f"{calendar.civil(window.start).date()}..{last.date()}"


# The week after FY2017-W53 is FY2018-W01; FY2016 is 2016-01-31..2017-01-28.
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.parametrize(
    ("spec", "as_of", "blank", "week_1", "restated"),
    [
        # the 53rd week itself
        (Last(1, WEEK), "2018-02-03", "nothing", "2017-01-29..2017-02-04", "2017-01-29..2017-02-04"),
        (Last(1, WEEK), "2018-02-05", "nothing", "2017-01-29..2017-02-04", "2017-01-29..2017-02-04"),
        (Period("FY2017-W53"), "2020-01-01", "nothing", "2017-01-29..2017-02-04", "2017-01-29..2017-02-04"),
        (ToDate(WEEK), "2018-01-30", "nothing", "2017-01-29..2017-01-31", "2017-01-29..2017-01-31"),
        (This(WEEK), "2018-01-30", "nothing", "2017-01-29..2017-02-04", "2017-01-29..2017-02-04"),
        (Next(1, WEEK), "2018-01-27", "nothing", "2017-01-29..2017-02-04", "2017-01-29..2017-02-04"),
        # the weeks after it: of one number, or 52 weeks earlier
        (Last(1, WEEK), "2018-02-10", "2017-01-29..2017-02-04", "2017-01-29..2017-02-04", "2017-02-05..2017-02-11"),
        (Last(1, WEEK), "2019-02-02", "2018-01-21..2018-01-27", "2018-01-21..2018-01-27", "2018-01-28..2018-02-03"),
        (Period("FY2018-W52"), "2019-02-02", "2018-01-21..2018-01-27", "2018-01-21..2018-01-27",
         "2018-01-28..2018-02-03"),
        (Last(2, WEEK), "2019-02-02", "2018-01-14..2018-01-27", "2018-01-14..2018-01-27", "2018-01-21..2018-02-03"),
        (Trailing(1, WEEK), "2018-02-12", "2017-01-31..2017-02-06", "2017-01-31..2017-02-06",
         "2017-02-07..2017-02-13"),
        # months, quarters and years with those of one name, or so many weeks
        (Last(1, MONTH), "2018-03-03", "2017-01-29..2017-02-25", "2017-01-29..2017-02-25", "2017-02-05..2017-03-04"),
        (Last(1, MONTH), "2018-02-03", "2017-01-01..2017-01-28", "2017-01-01..2017-01-28", "2017-01-01..2017-02-04"),
        (Last(1, QUARTER), "2019-02-02", "2017-10-29..2018-02-03", "2017-10-29..2018-02-03", "2017-11-05..2018-02-03"),
        (Last(1, YEAR), "2019-02-02", "2017-01-29..2018-02-03", "2017-01-29..2018-02-03", "2017-02-05..2018-02-03"),
        (Last(1, YEAR), "2018-02-03", "2016-01-31..2017-01-28", "2016-01-31..2017-01-28", "2016-01-31..2017-02-04"),
        (ToDate(YEAR), "2018-02-10", "2017-01-29..2017-02-04", "2017-01-29..2017-02-04", "2017-02-05..2017-02-11"),
        (Period("FY2018"), "2019-06-01", "2017-01-29..2018-02-03", "2017-01-29..2018-02-03", "2017-02-05..2018-02-03"),
        # a year without one on either side
        (Last(1, WEEK), "2017-02-04", "2016-01-31..2016-02-06", "2016-01-31..2016-02-06", "2016-01-31..2016-02-06"),
        (Last(1, YEAR), "2017-01-28", "2015-02-01..2016-01-30", "2015-02-01..2016-01-30", "2015-02-01..2016-01-30"),
    ],
)  # fmt: skip
def test_a_year_earlier(spec: WindowSpec, as_of: str, blank: str, week_1: str, restated: str, zone: str) -> None:
    assert earlier(spec, as_of, "blank", zone=zone) == blank
    assert earlier(spec, as_of, "week 1", zone=zone) == week_1
    assert earlier(spec, as_of, "restated", zone=zone) == restated


def test_a_53rd_week_meets_a_53rd_week() -> None:
    """FY2012 and FY2017 both have one."""
    for way in ("blank", "week 1"):
        assert earlier(Period("FY2017-W53"), "2020-01-01", way, 5) == "2013-01-27..2013-02-02"


def test_a_quarter_earlier_knows_of_no_53rd_week() -> None:
    for way in ("blank", "week 1", "restated"):
        assert earlier(Last(1, QUARTER), "2018-02-03", way, 1, QUARTER) == "2017-07-30..2017-10-28"
        assert earlier(Last(1, QUARTER), "2018-02-03", way, 4, QUARTER) == earlier(Last(1, QUARTER), "2018-02-03", way)


def test_a_way_that_is_none() -> None:
    with pytest.raises(ValueError, match="week 53 compares blank, week 1 or restated"):
        replace(NRF, week_53="week 2")  # type: ignore[arg-type]
