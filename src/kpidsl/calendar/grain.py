"""Units of time: what `month`, `3 weeks` or `fiscal quarter` are made of."""

from __future__ import annotations

from enum import Enum

from kpidsl.records import dataclass


class Grain(Enum):
    """A unit of civil time; the value is its word in the language. Members stand from the finest to the coarsest."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"

    @property
    def plural(self) -> str:
        return "halves" if self is Grain.HALF else f"{self.value}s"

    @property
    def nominal_seconds(self) -> int:
        """Length in seconds where no clock changes and every month has a twelfth of 365 days: to compare, never to
        add.
        """
        return _NOMINAL_SECONDS[self.value]

    @property
    def is_clock(self) -> bool:
        """Whether it divides a day (an hour, a minute, a second) rather than being made of days."""
        return self in (Grain.SECOND, Grain.MINUTE, Grain.HOUR)

    @property
    def months(self) -> int:
        """How many months it has; 0 for those not made of months."""
        return _MONTHS.get(self.value, 0)

    def is_finer_than(self, other: Grain) -> bool:
        return self.nominal_seconds < other.nominal_seconds


_DAY = 86_400
# By the words: members hash slowly, and these are looked up in every step.
_NOMINAL_SECONDS = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "day": _DAY,
    "week": 7 * _DAY,
    "month": 365 * _DAY // 12,
    "quarter": 365 * _DAY // 4,
    "half": 365 * _DAY // 2,
    "year": 365 * _DAY,
}
_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_BY_WORD = {word: grain for grain in Grain for word in (grain.value, grain.plural)}

UNIT_WORDS: tuple[str, ...] = tuple(_BY_WORD)
"""Every word that names a unit, singular and plural: what a misspelt one is compared with."""

LONGEST_YEARS = 500
"""How far a window or a shift may reach, in years of 365 days; what is longer is a slip of the keyboard."""


def parse_unit(word: str) -> Grain | None:
    """The grain a singular or plural word names (`month`, `months`), or None."""
    return _BY_WORD.get(word)


@dataclass(frozen=True, slots=True)
class Unit:
    """A grain of the calendar year or, with `fiscal`, of the fiscal one.

    A fiscal week differs from a week only where the calendar has a retail pattern. ValueError for a fiscal day or
    finer.
    """

    grain: Grain
    fiscal: bool = False

    def __post_init__(self) -> None:
        if self.fiscal and self.grain.is_finer_than(Grain.WEEK):
            raise ValueError(f"there is no fiscal {self.grain.value}: write `{self.grain.value}`")

    @property
    def singular(self) -> str:
        """`month`, `fiscal quarter`."""
        return f"fiscal {self.grain.value}" if self.fiscal else self.grain.value

    @property
    def plural(self) -> str:
        """`months`, `fiscal quarters`."""
        return f"fiscal {self.grain.plural}" if self.fiscal else self.grain.plural

    def counted(self, count: int) -> str:
        """`1 month`, `3 months`."""
        return f"{count} {self.singular if count == 1 else self.plural}"

    def check_count(self, count: int) -> None:
        """ValueError unless `count` of this unit is at least one and at most `LONGEST_YEARS`."""
        if count < 1:
            raise ValueError(f"{count} {self.plural} is no length of time: write 1 or more")
        if count * self.grain.nominal_seconds > LONGEST_YEARS * Grain.YEAR.nominal_seconds:
            raise ValueError(f"{count} {self.plural} is longer than {LONGEST_YEARS} years")
