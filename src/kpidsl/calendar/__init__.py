"""Time as specs mean it: calendars, units, windows, anchors. Pure: no input, no clock, nothing about KPIs."""

from kpidsl.calendar.grain import LONGEST_YEARS, UNIT_WORDS, Grain, Unit, parse_unit
from kpidsl.calendar.holidays import NoHolidays, holidays_of, month_counts
from kpidsl.calendar.model import MOST_PERIODS, Calendar, Window
from kpidsl.calendar.names import parse_period, period_exists, period_problem, period_unit
from kpidsl.calendar.resolve import counted_in, counts_weeks, previous, resolve, shifted, weeks_apart
from kpidsl.calendar.retail import WEEK_53, Retail
from kpidsl.calendar.shift import (
    date_threshold,
    moved_by_weeks,
    parse_as_of,
    shift_anchor,
    trend_anchors,
)
from kpidsl.calendar.windows import (
    AllTime,
    Days,
    Last,
    Next,
    Period,
    Since,
    This,
    ToDate,
    Trailing,
    WindowSpec,
)
from kpidsl.calendar.zone import (
    FIRST_YEAR,
    LAST_YEAR,
    civil_threshold,
    known_timezones,
    repeated_offsets,
    zone_rules,
)

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "LONGEST_YEARS",
    "MOST_PERIODS",
    "UNIT_WORDS",
    "WEEK_53",
    "AllTime",
    "Calendar",
    "Days",
    "Grain",
    "Last",
    "Next",
    "NoHolidays",
    "Period",
    "Retail",
    "Since",
    "This",
    "ToDate",
    "Trailing",
    "Unit",
    "Window",
    "WindowSpec",
    "civil_threshold",
    "counted_in",
    "counts_weeks",
    "date_threshold",
    "holidays_of",
    "known_timezones",
    "month_counts",
    "moved_by_weeks",
    "parse_as_of",
    "parse_period",
    "parse_unit",
    "period_exists",
    "period_problem",
    "period_unit",
    "previous",
    "repeated_offsets",
    "resolve",
    "shift_anchor",
    "shifted",
    "trend_anchors",
    "weeks_apart",
    "zone_rules",
]
