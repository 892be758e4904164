"""Agreement between coders: how far they agree beyond what chance would give them. Exact rationals.

A coefficient of 1 is full agreement, 0 what chance gives. What has no coefficient says why: `insufficient_sample` where
nothing was coded twice, `no_variation` where all that was coded is one value, so that agreement by chance is certain
(never a 1 by accident), `unequal_coders` and `not_two_coders` where a coefficient is defined for other data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from itertools import accumulate, combinations
from typing import Literal, TypeVar

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Weights = Literal["none", "linear", "quadratic"]
Undefined = Literal["insufficient_sample", "no_variation", "unequal_coders", "not_two_coders"]
V = TypeVar("V")
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval", "ratio")
WEIGHTS: tuple[Weights, ...] = ("none", "linear", "quadratic")


def krippendorff_alpha(units: Mapping[tuple[V, ...], int], level: Level) -> Fraction | Undefined:
    """Krippendorff's α of units, given as the values each was coded with (in any order, one a coder, whoever did not
    code it left out) and how many units were coded so. A unit with fewer than two values enters nothing.

    Values are numbers at the levels `interval` and `ratio`, and have an order at `ordinal`. K. Krippendorff (2011),
    Computing Krippendorff's alpha-reliability; A. F. Hayes and K. Krippendorff (2007), Answering the call for a
    standard reliability measure for coding data, Communication Methods and Measures 1, 77–89.
    """
    pairable = {values: count for values, count in units.items() if len(values) > 1 and count}
    totals: Counter[V] = Counter()
    for values, count in pairable.items():
        for value in values:
            totals[value] += count
    if not totals:
        return "insufficient_sample"
    places = _places(totals, level)
    chance = _apart(totals, level, places)
    if not chance:
        return "no_variation"
    # Summed by how many coded a unit: one division for each number of coders, not for each unit.
    observed: dict[int, Fraction] = {}
    for values, count in pairable.items():
        apart = count * _apart(Counter(values), level, places)
        observed[len(values)] = observed.get(len(values), Fraction(0)) + apart
    within = sum((apart / (coders - 1) for coders, apart in observed.items()), Fraction(0))
    return 1 - (totals.total() - 1) * within / chance


def _places(totals: Counter[V], level: Level) -> Mapping[V, Fraction]:
    """Where each value stands: as the number it is; at the level `ordinal` in the middle of those it ties with."""
    if level == "nominal":
        return {}
    if level != "ordinal":
        return {one: Fraction(one) for one in totals}  # type: ignore[call-overload]
    ordered: list[V] = sorted(totals)  # type: ignore[type-var]
    ends = accumulate(totals[one] for one in ordered)
    return {one: Fraction(2 * end - totals[one], 2) for one, end in zip(ordered, ends, strict=True)}


def _apart(values: Counter[V], level: Level, places: Mapping[V, Fraction]) -> Fraction:
    """The sum of the squared differences δ² of all pairs of some values. Only those of `ratio` are made one by one."""
    n = values.total()
    match level:
        case "nominal":
            return Fraction(n * n - sum(times * times for times in values.values()), 2)
        case "ratio":
            pairs = combinations(values, 2)
            return sum((values[a] * values[b] * _relative(places[a], places[b]) for a, b in pairs), Fraction(0))
        case _:
            squares = sum((times * places[one] ** 2 for one, times in values.items()), Fraction(0))
            return n * squares - sum((times * places[one] for one, times in values.items()), Fraction(0)) ** 2


def _relative(a: Fraction, b: Fraction) -> Fraction:
    return ((a - b) / (a + b)) ** 2 if a + b else Fraction(0)


def cohen_kappa(pairs: Mapping[tuple[V, V], int], weights: Weights = "none") -> Fraction | Undefined:
    """Cohen's κ of what two coders said of each unit: how many units have each pair of values.

    Weighted, a disagreement between numbers counts as far as they are apart (`linear`), or its square (`quadratic`).
    J. Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20, 37–46;
    (1968), Weighted kappa, Psychological Bulletin 70, 213–220.
    """
    rows: Counter[V] = Counter()
    columns: Counter[V] = Counter()
    for (one, other), count in pairs.items():
        rows[one] += count
        columns[other] += count
    total = rows.total()
    if not total:
        return "insufficient_sample"

    def apart(one: V, other: V) -> Fraction:
        if weights == "none":
            return Fraction(one != other)
        far: Fraction = abs(Fraction(one) - Fraction(other))  # type: ignore[call-overload]
        return far**2 if weights == "quadratic" else far

    observed = sum(count * apart(*pair) for pair, count in pairs.items())
    chance = sum(of_row * of_column * apart(a, b) for a, of_row in rows.items() for b, of_column in columns.items())
    return Fraction(1 - observed * total / chance) if chance else "no_variation"


def fleiss_kappa(units: Mapping[tuple[V, ...], int]) -> Fraction | Undefined:
    """Fleiss' κ of units, given as the values each was coded with and how many units were coded so. Each unit has the
    same number of values, by whomever.

    J. L. Fleiss (1971), Measuring nominal scale agreement among many raters, Psychological Bulletin 76, 378–382.
    """
    coded = {values: count for values, count in units.items() if values and count}
    sizes = {len(values) for values in coded}
    if not coded or sizes == {1}:
        return "insufficient_sample"
    if len(sizes) > 1:
        return "unequal_coders"
    coders, number = sizes.pop(), sum(coded.values())
    totals: Counter[V] = Counter()
    agreeing = 0
    for values, count in coded.items():
        of_unit = Counter(values)
        agreeing += count * sum(times * (times - 1) for times in of_unit.values())
        for value, times in of_unit.items():
            totals[value] += count * times
    chance = Fraction(sum(times * times for times in totals.values()), (number * coders) ** 2)
    if chance == 1:
        return "no_variation"
    return (Fraction(agreeing, number * coders * (coders - 1)) - chance) / (1 - chance)
