"""Windows as a spec writes them, before there is an anchor. Each `label` is what a person would write."""

from __future__ import annotations

from datetime import date

from kpidsl.calendar.grain import Unit
from kpidsl.calendar.names import period_unit
from kpidsl.calendar.zone import FIRST_YEAR, LAST_YEAR
from kpidsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Last:
    """`last month`, `last 28 days`: the latest complete units that end at or before the anchor."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        self.unit.check_count(self.count)

    @property
    def label(self) -> str:
        return f"last {_some(self.count, self.unit)}"


@dataclass(frozen=True, slots=True)
class Next:
    """`next quarter`, `next 2 months`: the first complete units that start at or after the anchor."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        self.unit.check_count(self.count)

    @property
    def label(self) -> str:
        return f"next {_some(self.count, self.unit)}"


@dataclass(frozen=True, slots=True)
class Trailing:
    """`trailing 28 days`: that long before the anchor, the incomplete unit included."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        self.unit.check_count(self.count)

    @property
    def label(self) -> str:
        return f"trailing {self.unit.counted(self.count)}"


@dataclass(frozen=True, slots=True)
class ToDate:
    """`month to date`: from the start of the unit that holds the moment just before the anchor, to the anchor."""

    unit: Unit

    @property
    def label(self) -> str:
        return f"{self.unit.singular} to date"


@dataclass(frozen=True, slots=True)
class This:
    """`this quarter`: the whole unit that holds the moment just before the anchor."""

    unit: Unit

    @property
    def label(self) -> str:
        return f"this {self.unit.singular}"


@dataclass(frozen=True, slots=True)
class Period:
    """A named period: `2026`, `2026-H1`, `2026-Q1`, `2026-03`, `2026-W05`, `FY2026`, `FY2026-Q2`, `FY2026-03` (the
    third fiscal month).

    ValueError where the text has no such form; whether the period exists depends on the calendar (`period_problem`).
    """

    text: str

    def __post_init__(self) -> None:
        period_unit(self.text)

    @property
    def unit(self) -> Unit:
        return period_unit(self.text)

    @property
    def label(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Days:
    """`2026-01-15..2026-02-14`: civil days, both included. ValueError where the last is before the first, or a year is
    outside those the calendar covers.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        _check_year(self.first)
        _check_year(self.last)
        if self.last < self.first:
            raise ValueError(f"{self.label} ends before it starts: write {self.last}..{self.first}")

    @property
    def label(self) -> str:
        return f"{self.first}..{self.last}"


@dataclass(frozen=True, slots=True)
class Since:
    """`since 2026-01-01`: from the start of a civil day to the anchor; empty where the anchor is earlier.

    `name` is how else it is written: `period to date` begins with its objective's period. ValueError for a year
    outside those the calendar covers.
    """

    first: date
    name: str | None = None

    def __post_init__(self) -> None:
        _check_year(self.first)

    @property
    def label(self) -> str:
        return self.name or f"since {self.first}"


@dataclass(frozen=True, slots=True)
class AllTime:
    """`all time`: everything before the anchor."""

    @property
    def label(self) -> str:
        return "all time"


WindowSpec = Last | Next | Trailing | ToDate | This | Period | Days | Since | AllTime


def _some(count: int, unit: Unit) -> str:
    return unit.singular if count == 1 else unit.counted(count)


def _check_year(day: date) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"{day} is outside the years {FIRST_YEAR} to {LAST_YEAR}, which the calendar covers")
