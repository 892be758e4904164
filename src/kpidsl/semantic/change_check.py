"""`increase M from B by p to T`: any two of `from`, `by` and `to` fix the third, and all three have to agree."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from kpidsl.diagnostics import Fix
from kpidsl.records import dataclass
from kpidsl.semantic import goal_model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.bands import known
from kpidsl.semantic.edges import as_percentage, edge_in_unit, written
from kpidsl.semantic.numbers import quantity_value, unit_mismatch
from kpidsl.semantic.units import NUMBER, Unit
from kpidsl.semantic.value_check import Around, ValueChecker
from kpidsl.semantic.windowing import check_windows
from kpidsl.semantic.windows import Invalid
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.node import Name

_COUNTS = frozenset({"count", "count_distinct"})
SIGNS = {"increase": (None, ">=", ">"), "reduce": (None, "<=", "<")}
Given = Literal["from", "by", "to"]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known without data of a change: its baseline and its target, in the value's unit."""

    baseline: Fraction | None
    target: Fraction | None


class ChangeChecker:
    """Checks one `increase` or `reduce`. Raises `Invalid` once a problem is reported."""

    def __init__(self, prop: g.ChangeProp, place: Name, around: Around, values: ValueChecker) -> None:
        self.prop = prop
        self.place = place
        self.around = around
        self.values = values
        self.problems = values.problems
        self.direction: m.Direction = "increase" if prop.direction == "increase" else "reduce"
        self.sign = 1 if prop.direction == "increase" else -1

    def check(self) -> m.ChangeModel:
        prop = self.prop
        value = self.values.number(prop.value, self.around)
        check_windows(value, prop.value, self.problems)
        if prop.by is None and prop.to is None:
            self.says_nothing(value.info.unit)
        baseline, target = (
            None if node is None else edge_in_unit(node, value, self.around, self.values, self.place)
            for node in (prop.baseline, prop.to)
        )
        value = as_percentage(value, tuple(one for one in (baseline, target) if one is not None))
        unit = value.info.unit
        delta = self.delta(value, known(baseline))
        if prop.operator not in SIGNS[self.direction]:
            right = SIGNS[self.direction][1]
            shown = prop.to.span.text if prop.to is not None else "…"
            other = "reduce" if self.direction == "increase" else "increase"
            self.values.stop(
                "K0386", f"`{self.direction}` goes with `{right}`, not with `{prop.operator}`", prop.span,
                f"write `to {right} {shown}`, or `{other}`",
            )  # fmt: skip
        found = _Known(known(baseline), known(target))
        self.way(found, unit)
        if delta is not None:
            found = self.third(found, delta, baseline, target, unit)
        words: tuple[tuple[Given, object], ...] = (("from", baseline), ("by", delta), ("to", target))
        if baseline is None and found.baseline is not None:
            baseline = v.Number(v.Info(unit, "constant"), found.baseline)
        if target is None and found.target is not None:
            target = v.Number(v.Info(unit, "constant"), found.target)
        strict = prop.operator in (">", "<")
        given = tuple(word for word, one in words if one is not None)
        return m.ChangeModel(self.direction, value, baseline, delta, target, strict, given)

    def says_nothing(self, unit: Unit) -> None:
        measured = " ".join(self.prop.value.span.text.split())
        self.problems.error(
            "K0384",
            f"this says neither by how much to {self.direction} nor to what",
            self.prop.span,
            hint=f"write `{self.direction} {measured} by {'5pp' if unit.label in ('%', 'pp') else '20%'}`, or `… to …` "
            "with the number to arrive at",
        )
        raise Invalid

    # ------------------------------------------------------------ by
    def delta(self, value: v.Value, baseline: Fraction | None) -> m.DeltaModel | None:
        """How much `by` is. On a percentage it must be said of what."""
        by, span, unit = self.prop.by, self.prop.span, value.info.unit
        if by is None:
            return None
        size, own = quantity_value(by, self.values.units, self.problems)
        is_percentage = unit.label in ("%", "pp")
        if size == 0:
            self.values.stop("K0389", "a change by nothing is no change", by.span, "say by how much")
        if own.label == "%":
            if is_percentage and not self.prop.relative:
                self.two_meanings(size, baseline)
            if unit == NUMBER and not self.prop.relative and is_share(value):
                self.taken_as_relative(size)
            return m.DeltaModel(size, "relative")
        if self.prop.relative:
            self.values.stop(
                "K0388", f"`relative` is said of a percentage, not of `{by.span.text}`", span,
                f"leave it out: `by {by.span.text}`, or write `by 15% relative`",
            )  # fmt: skip
        if own.label == "pp":
            if not is_percentage:
                self.values.stop(
                    "K0388", f"percentage points change a percentage, and this value is {_is_in(unit)}", by.span,
                    f"write `by {by.span.text.removesuffix('pp')}%`, which is that part of where it starts",
                )  # fmt: skip
            return m.DeltaModel(size, "points")
        if is_percentage and own.is_number:
            self.values.stop(
                "K0388", f"a percentage does not change by the plain number {by.span.text}", by.span,
                f"write `by {by.span.text}pp`, or `by {by.span.text}% relative`",
            )  # fmt: skip
        if not own.fits(unit):
            unit_mismatch(unit, own, by.span, self.problems, (by,))
            raise Invalid
        return m.DeltaModel(size * own.factor_to(unit), "units")

    def two_meanings(self, size: Fraction, baseline: Fraction | None) -> None:
        by = self.prop.by
        assert by is not None
        number = by.span.text.removesuffix("%")
        start = Fraction(4, 5) if baseline is None else baseline
        shown = _percent(start)
        to_points, to_relative = start + self.sign * size, start + self.sign * size * abs(start)
        self.problems.error(
            "K0387",
            f"`by {by.span.text}` of a percentage may mean two things",
            by.span,
            notes=[
                f"`by {number}pp`: percentage points, so {shown} becomes {_percent(to_points)}",
                f"`by {number}% relative`: a part of where it starts, so {shown} becomes {_percent(to_relative)}",
            ],
            hint=f"write `by {number}pp` or `by {number}% relative`",
        )
        raise Invalid

    def taken_as_relative(self, size: Fraction) -> None:
        """Say which of two meanings the change of a share that is not called a percentage has."""
        by = self.prop.by
        assert by is not None
        number = by.span.text.removesuffix("%")
        start = Fraction(1, 5)
        ends = tuple(_percent(start + self.sign * one) for one in (size * start, size))
        self.problems.warning(
            "K0387",
            f"`by {by.span.text}` of a share is taken as a part of where it starts, not as percentage points",
            by.span,
            f"20%, say, becomes {ends[0]}, not {ends[1]}",
            hint=f"write `by {number}% relative` if that is meant; for percentage points let its metric say `unit %`, "
            f"and write `by {number}pp`",
        )

    # ------------------------------------------------------------ from and to
    def way(self, found: _Known, unit: Unit) -> None:
        """`from` and `to` lie the way the word says."""
        start, end = found.baseline, found.target
        if start is None or end is None:
            return
        if start == end:
            self.values.stop(
                "K0389", f"the target {written(end, unit)} is where it starts", self.prop.span,
                "say where it is to go; what is to stay as it is, is kept: `keep … >= …`",
            )  # fmt: skip
        if (end - start) * self.sign < 0:
            other = "reduce" if self.direction == "increase" else "increase"
            word = self.prop.span
            place = type(word)(word.source, word.start, word.start + len(self.prop.direction))
            self.problems.error(
                "K0386",
                f"from {written(start, unit)} to {written(end, unit)} is no way to {self.direction} anything",
                self.prop.span,
                hint=f"write `{other}`, or turn `from` and `to` round",
                fix=Fix(f"write `{other}`", place, other),
            )
            raise Invalid

    def after(self, start: Fraction, delta: m.DeltaModel) -> Fraction:
        """Where a change ends that starts here: B ± p·|B|, or B ± n."""
        size = delta.size * abs(start) if delta.measure == "relative" else delta.size
        return start + self.sign * size

    def third(
        self, found: _Known, delta: m.DeltaModel, baseline: v.Value | None, target: v.Value | None, unit: Unit
    ) -> _Known:
        """What follows from `by` and one of the others; all three have to agree."""
        start, end = found.baseline, found.target
        if start is not None:
            reached = self.after(start, delta)
            if reached == start:
                self.values.stop(
                    "K0389", f"{self.by} of {written(start, unit)} is nothing, so nothing would change",
                    self.prop.span, "say by how much in its own unit, or write `to …`",
                )  # fmt: skip
            if target is None:
                return _Known(start, reached)
            if end is not None and end != reached:
                self.disagree(start, end, reached, delta, unit)
            return found
        if target is None or baseline is not None:
            return found
        if end is None:
            self.values.stop(
                "K0385", "`by` and `to` fix where it starts only where `to` is a number", self.prop.span,
                "leave `by` out, or say where it starts: `from …`",
            )  # fmt: skip
        return _Known(self.before(end, delta, unit), end)

    def before(self, end: Fraction, delta: m.DeltaModel, unit: Unit) -> Fraction | None:
        """Where a change by so much starts that ends here; None where any start would do."""
        if delta.measure != "relative":
            return end - self.sign * delta.size
        # T = B·(1 ± p) for a positive baseline, B·(1 ∓ p) for a negative one.
        factors = tuple((amount, 1 + amount * self.sign * delta.size) for amount in (1, -1))
        for amount, factor in factors:
            if factor and end / factor * amount > 0:
                return end / factor
        if end == 0 and any(factor == 0 for _, factor in factors):
            return None
        self.values.stop(
            "K0385", f"no number that is {self.changed} by {self.by} is {written(end, unit)}", self.prop.span,
            "leave `by` or `to` out, or say where it starts: `from …`",
        )  # fmt: skip

    @property
    def by(self) -> str:
        assert self.prop.by is not None
        return self.prop.by.span.text

    @property
    def changed(self) -> str:
        return f"{self.direction}d"

    def disagree(self, start: Fraction, end: Fraction, reached: Fraction, delta: m.DeltaModel, unit: Unit) -> None:
        b, t, r = written(start, unit), written(end, unit), written(reached, unit)
        size = abs(end - start)
        if delta.measure == "relative":
            suffix = " relative" if self.prop.relative else ""
            needed = f"by {written(size / abs(start), Unit(label='%'))}{suffix}"
        else:
            needed = f"by {written(size, Unit(label='pp') if delta.measure == 'points' else unit)}"
        self.problems.error(
            "K0385",
            f"{b} {self.changed} by {self.by} is {r}, not {t}",
            self.prop.span,
            "`from`, `by` and `to` do not agree",
            notes=[f"from {b} to {t} is `{needed}`"],
            hint=f"write `to {r}`, or `{needed}`, or leave one of the three out",
        )
        raise Invalid


def is_share(value: v.Value) -> bool:
    """Whether a value is surely a part of a whole: the same count of the same rows, above under more conditions."""
    while not isinstance(value, v.Operation):
        inside = v.parts(value)
        if len(inside) != 1:
            return False
        value = inside[0]
    part, whole = (_only_aggregate(one) for one in (value.left, value.right))
    if value.operator != "/" or part is None or whole is None or part.function not in _COUNTS:
        return False
    of_one = (part.function, part.argument, part.source) == (whole.function, whole.argument, whole.source)
    return of_one and len(part.where) > len(whole.where) and all(one in part.where for one in whole.where)


def _only_aggregate(value: v.Value) -> v.Aggregate | None:
    found = v.aggregates(value)
    return found[0] if len(found) == 1 else None


def _is_in(unit: Unit) -> str:
    return "a plain number" if unit.label is None else f"in {unit}"


def _percent(number: Fraction) -> str:
    return written(number, Unit(label="%"))
