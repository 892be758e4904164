"""Process behaviour charts of single values (XmR): centre, limits, and what is no chance variation.

All of it in exact rationals, so that a value that lies on a limit is not outside of it on one machine and inside on
another. Sources: D. J. Wheeler, *Understanding Variation* (2nd ed., 2000) and *Making Sense of Data* (2003) for the
chart and the rules `wheeler`; NHS England, *Making Data Count*, for the rules `nhs`, as its R package
NHSRplotthedots applies them; L. S. Nelson, "Control charts for individual measurements", Journal of Quality Technology
14 (1982) 172–173, for the screening of moving ranges.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from kpidsl.records import dataclass

LIMITS = Fraction(266, 100)
"""Mean moving ranges from the centre to a limit: three standard deviations, where one is the mean range of two values
over d₂ = 1.128; 3/1.128 = 2.6596, which is used as printed, 2.66.
"""
UPPER_RANGE = Fraction(3268, 1000)
"""The upper limit of moving ranges in mean ranges: D₄ of two values, 1 + 3·d₃/d₂ with d₃ = 0.853."""

FEWEST = 8  # values a chart is drawn of
PROVISIONAL = 12  # values, below which NHS-R calls the limits trial limits
SHIFT = 7  # values in a row, rules `nhs`
TREND = 7
RUN = 8  # values in a row, rules `wheeler`

Values = Sequence[Fraction | None]
Rules = Literal["nhs", "wheeler"]
Rule = Literal["outside_limits", "shift", "trend", "two_of_three", "run_of_eight", "three_of_four", "moving_range"]


@dataclass(frozen=True, slots=True)
class Chart:
    """Centre and limits; `ranges` is the mean moving range, `upper_range` the limit of ranges before any was screened.

    `n` values entered the centre, `screened` ranges were left out of the mean of ranges.
    """

    centre: Fraction
    ranges: Fraction
    lower: Fraction
    upper: Fraction
    upper_range: Fraction
    n: int
    screened: int

    def part_way(self, part: Fraction) -> Fraction:
        """How far a part of the way from the centre to a limit is."""
        return part * (self.upper - self.centre)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule and the values it names: `points` of those from index `first` to `last`, both included.

    `side`: 1 above the centre, or rising; −1 below, or falling; 0 where the rule has no side.
    """

    rule: Rule
    side: int
    first: int
    last: int
    points: int


def moving_ranges(values: Values) -> list[Fraction | None]:
    """The distance of each value from the one before; None where either is missing: a gap is not ranged over."""
    found: list[Fraction | None] = [None]
    for before, value in pairwise(values):
        found.append(None if before is None or value is None else abs(value - before))
    return found[: len(values)]


def chart(values: Values, *, screen: bool = False) -> Chart | None:
    """The chart of values in the order of time, None for a missing one; None without two values next to each other.

    `screen`: moving ranges at or above their upper limit are left out of the mean of ranges, once.
    """
    known = [value for value in values if value is not None]
    ranges = [one for one in moving_ranges(values) if one is not None]
    if not ranges:
        return None
    centre = sum(known, Fraction(0)) / len(known)
    mean = sum(ranges, Fraction(0)) / len(ranges)
    upper_range = UPPER_RANGE * mean
    kept = [one for one in ranges if one < upper_range] if screen and mean else ranges
    if kept:
        mean = sum(kept, Fraction(0)) / len(kept)
    reach = LIMITS * mean
    screened = len(ranges) - len(kept) if kept else 0
    return Chart(centre, mean, centre - reach, centre + reach, upper_range, len(known), screened)


def findings(values: Values, drawn: Chart, rules: Rules) -> tuple[Finding, ...]:
    """What the rules find among the values, the rules in their order, each in the order of time.

    A missing value ends what is in a row.
    """
    side = [0 if value is None else _sign(value - drawn.centre) for value in values]
    outside = [value is not None and not drawn.lower <= value <= drawn.upper for value in values]
    found = [Finding("outside_limits", side[at], at, at, 1) for at, is_out in enumerate(outside) if is_out]
    match rules:
        case "nhs":
            # Within a third of the way to the limit, inside of it, and all three on that side of the centre.
            near = _beyond(values, drawn, Fraction(2, 3))
            found += _runs("shift", side, SHIFT)
            found += _trends(values, TREND)
            inside = [is_near and not is_out for is_near, is_out in zip(near, outside, strict=True)]
            found += _some_of("two_of_three", values, side, inside, 2, 3, whole=True)
        case "wheeler":
            found += _runs("run_of_eight", side, RUN)
            near = _beyond(values, drawn, Fraction(1, 2))
            found += _some_of("three_of_four", values, side, near, 3, 4, whole=False)
            found += [
                Finding("moving_range", 0, at - 1, at, 2)
                for at, one in enumerate(moving_ranges(values))
                if one is not None and one > drawn.upper_range
            ]
    return tuple(found)


def _beyond(values: Values, drawn: Chart, part: Fraction) -> list[bool]:
    """Which values are further from the centre than a part of the way to a limit."""
    reach = drawn.part_way(part)
    return [value is not None and abs(value - drawn.centre) > reach for value in values]


def _runs(rule: Rule, side: Sequence[int], least: int) -> list[Finding]:
    """The longest stretches on one side; a value on the centre, or a missing one, ends a stretch."""
    found: list[Finding] = []
    first = 0
    for at in range(1, len(side) + 1):
        if at < len(side) and side[at] == side[first] != 0:
            continue
        if side[first] and at - first >= least:
            found.append(Finding(rule, side[first], first, at - 1, at - first))
        first = at
    return found


def _trends(values: Values, least: int) -> list[Finding]:
    """The longest stretches that rise, or fall, from each value to the next."""
    steps = [0 if before is None or value is None else _sign(value - before) for before, value in pairwise(values)]
    if not steps:
        return []
    # A stretch of so many steps joins one value more.
    return [
        Finding("trend", one.side, one.first, one.last + 1, one.points + 1) for one in _runs("trend", steps, least - 1)
    ]


def _some_of(
    rule: Rule, values: Values, side: Sequence[int], near: Sequence[bool], least: int, among: int, *, whole: bool
) -> list[Finding]:
    """Stretches in which at least so many among so many successive values are near the limit of one side, with none
    missing; `whole`: the others are on that side, too. Stretches that share a value are one.
    """
    found: list[Finding] = []
    for sign in (1, -1):
        marked: list[int] = []
        for start in range(len(side) - among + 1):
            window = range(start, start + among)
            if any(values[at] is None for at in window):
                continue
            here = [at for at in window if near[at] and side[at] == sign]
            if len(here) >= least and (not whole or all(side[at] == sign for at in window)):
                marked += [at for at in here if at not in marked[-among:]]
        stretch: list[int] = []
        for at in [*marked, None]:
            if stretch and (at is None or at - stretch[-1] >= among or None in values[stretch[-1] : at]):
                found.append(Finding(rule, sign, stretch[0], stretch[-1], len(stretch)))
                stretch = []
            if at is not None:
                stretch.append(at)
    return sorted(found, key=lambda one: one.first)


def _sign(number: Fraction) -> int:
    return (number > 0) - (number < 0)
