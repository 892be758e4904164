"""Answers put together: the steps of a plan, evaluated between exact numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction
from operator import ge, gt, le, lt
from typing import Any

from kpidsl.diagnostics import KpidslError
from kpidsl.engine.answers import Answers
from kpidsl.engine.compact import union
from kpidsl.engine.estimates import Estimate
from kpidsl.engine.parts import INFINITE, Known
from kpidsl.engine.scalars import Missing, Outcome, Scalar, Vector
from kpidsl.engine.vectors import reduce_vector
from kpidsl.plan import nodes as n
from kpidsl.records import dataclass

_BEFORE = {"source_error": 0, "definition_changed": 1}
_ORDERED: dict[str, Callable[[Any, Any], Any]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Evaluates steps over what the data answered."""

    answers: Answers

    def single(self, step: n.Step, members: Mapping[str, object], count: int | None = None) -> Scalar | Missing:
        """One value for one segment; `count` is what `n` means in it."""
        found = self.step(step, tuple(members.items()) if members else (), count)
        assert not isinstance(found, Vector)
        return found

    def of_members(self, step: n.Step, by: tuple[str, ...]) -> Callable[[tuple[object, ...]], Outcome]:
        """What evaluates a step for one segment after the other: which data it takes is found out once for all."""
        match step:
            case n.Ask(cell=cell) if self.answers.error(cell) is None:
                parts, anew = self.answers.cells[cell].parts, self.ask

                def ask(key: tuple[object, ...]) -> Outcome:
                    part = parts.get(key)
                    if part is None or part.value is None or not part.n:
                        return anew(step, tuple(zip(by, key, strict=True)))
                    return Scalar(part.value, part.n, part.n_unknown, part.exact, part.n_open)

                return ask
            case n.Combine(operator=operator, left=left, right=right):
                first, second = self.of_members(left, by), self.of_members(right, by)
                return lambda key: combine(operator, first(key), second(key))
            case _:
                return lambda key: self.step(step, tuple(zip(by, key, strict=True)), None)

    def step(self, step: n.Step, members: tuple[tuple[str, object], ...], count: int | None) -> Outcome:
        match step:
            case n.Ask():
                return self.ask(step, members)
            case n.Constant(value=value):
                return Scalar(value, None, None, True)
            case n.IntervalEnd(operand=operand, end=end, interval=interval):
                value_of = self.step(operand, members, count)
                return value_of if not isinstance(value_of, Scalar) else self.end_of(interval, end, value_of, members)
            case n.Discreet(operand=operand, below=below):
                return discreet(self.step(operand, members, count), below)
            case n.Undefined(reason=reason, errors=errors):
                return Missing(reason, errors=errors)
            case n.CountOfRows():
                return Scalar(Fraction(count), None, None, True) if count is not None else Missing("no_rows")
            case n.Combine(operator=operator, left=left, right=right):
                return combine(operator, self.step(left, members, count), self.step(right, members, count))
            case n.Oppose(operand=operand):
                return each(self.step(operand, members, count), _opposite)
            case n.Scale(operand=operand, factor=factor):
                return each(self.step(operand, members, count), lambda one: _scaled(one, factor))
            case n.Default(operand=operand, number=number):
                return self.defaulted(self.step(operand, members, count), number)
            case n.Series(periods=periods):
                return Vector(
                    tuple((window.label, self.step(inner, members, count)) for window, inner in periods), "period"
                )
            case n.Members(operand=operand, dimension=dimension):
                failed = self.failed(operand)
                if failed:
                    return Missing("source_error", errors=failed)
                keys = self.members_of(operand, dimension, len(members))
                values = self.narrowed(keys, members, len(members))
                return Vector(
                    tuple((value, self.step(operand, (*members, (dimension, value)), count)) for value in values),
                    "member",
                )
            case n.Reduce(function=function, operand=operand, level=level):
                found = self.step(operand, members, count)
                is_count_of_periods = function == "count" and isinstance(found, Vector) and found.axis == "period"
                if isinstance(found, Vector) and not found.items and not self.covered(operand):
                    # That there is no complete period is known without data; which members there are is not.
                    return reduce_vector(function, found, level) if is_count_of_periods else Missing("no_rows")
                return self.reduced(function, found, level)

    def estimate(self, plan: n.IntervalPlan, value: Scalar, members: tuple[tuple[str, object], ...]) -> Estimate:
        """A value with what its interval needs."""
        return Estimate(plan, value, tuple(self.step(part, members, value.n) for part in plan.parts))

    def end_of(
        self, plan: n.IntervalPlan, end: str, value: Scalar, members: tuple[tuple[str, object], ...]
    ) -> Scalar | Missing:
        """An end of the interval of a value."""
        one = self.estimate(plan, value, members)
        found = one.interval()
        if isinstance(found, str):
            return Missing(found, value.n)
        return Scalar(one.placed(found)[0 if end == "low" else 1], value.n, value.n_unknown, False)

    def covered(self, step: n.Step) -> bool:
        """Whether some source has rows around what is asked, so that no members means none, not unknown."""
        return any(self.answers.covers(ask.cell, ask.around) for ask in n.asked(step) if ask.cell in self.answers.cells)

    def failed(self, step: n.Step) -> tuple[KpidslError, ...]:
        """Why data cannot be had of which members are made: that none are seen does not say that there are none."""
        errors = (self.answers.error(ask.cell) for ask in n.asked(step))
        return tuple(dict.fromkeys(error for error in errors if error is not None))

    def ask(self, ask: n.Ask, members: tuple[tuple[str, object], ...]) -> Scalar | Missing:
        error = self.answers.error(ask.cell)
        if error is not None:
            return Missing("source_error", errors=(error,))
        part = self.answers.part(ask.cell, ask.around, tuple([value for _, value in members]) if members else ())
        if part.reason == INFINITE:
            return Missing("source_error", errors=(self.answers.infinite[ask.cell.source],))
        if part.value is None:
            return Missing(part.reason or "no_rows", part.n, part.n_unknown, n_open=part.n_open)
        return Scalar(part.value, part.n, part.n_unknown, part.exact, part.n_open)

    def defaulted(self, found: Outcome, number: Fraction) -> Outcome:
        """A value for "no rows"; every other reason stays."""

        def one(value: Scalar | Missing) -> Scalar | Missing:
            if isinstance(value, Missing) and value.reason == "no_rows":
                return Scalar(number, value.n if value.n is not None else 0, value.n_unknown, True, value.n_open)
            return value

        if isinstance(found, Vector):
            return Vector(tuple((label, self.defaulted(inner, number)) for label, inner in found.items), found.axis)
        return one(found)

    def reduced(self, function: str, found: Outcome, level: Fraction | None) -> Outcome:
        """The innermost vector brought back to one value."""
        if isinstance(found, Missing):
            return found
        assert isinstance(found, Vector)
        if any(isinstance(inner, Vector) for _, inner in found.items):
            return Vector(
                tuple((label, self.reduced(function, inner, level)) for label, inner in found.items), found.axis
            )
        return reduce_vector(function, found, level)

    # ------------------------------------------------------------ members
    def members_of(self, step: n.Step, dimension: str, position: int) -> set[tuple[object, ...]]:
        """The keys, up to and including a dimension, that any cell inside has rows for."""
        found: set[tuple[object, ...]] = set()
        for ask in n.asked(step):
            answer = self.answers.cells.get(ask.cell)
            if answer is None or len(ask.cell.by) <= position or ask.cell.by[position] != dimension:
                continue
            found.update(key[: position + 1] for key in answer.seen)
        return found

    def narrowed(
        self, keys: set[tuple[object, ...]], members: tuple[tuple[str, object], ...], position: int
    ) -> list[object]:
        outer = tuple(value for _, value in members)
        return sorted({key[position] for key in keys if key[:position] == outer}, key=in_order)

    def segments(self, steps: Sequence[n.Step], by: tuple[str, ...]) -> tuple[tuple[object, ...], ...]:
        """Every combination of members that any of the steps has rows for, in code-point order."""
        seen: list[AbstractSet[tuple[object, ...]]] = []
        for cell in dict.fromkeys(ask.cell for step in steps for ask in n.asked(step)):
            answer = self.answers.cells.get(cell)
            if answer is not None and cell.by[: len(by)] == by:
                seen.append(answer.seen if len(cell.by) == len(by) else {key[: len(by)] for key in answer.seen})
        return union(seen, _keys_in_order)


def in_order(value: object) -> tuple[int, str]:
    """Members in code-point order of what is written, NULL last."""
    if type(value) is float:
        value += 0.0  # -0.0 is the same member as 0.0: which of the two a group has is chance
    return (1, "") if value is None else (0, str(value))


def _keys_in_order(keys: Collection[tuple[object, ...]]) -> list[tuple[object, ...]]:
    if all(type(value) is str for key in keys for value in key):
        return sorted(keys)
    return sorted(keys, key=lambda key: tuple(map(in_order, key)))


def discreet(found: Outcome, below: int) -> Outcome:
    """Nothing of what few rows say, and not how few they are."""
    if isinstance(found, Vector):
        return Vector(tuple((label, discreet(inner, below)) for label, inner in found.items), found.axis)
    return Missing("suppressed") if found.n is not None and 0 < found.n < below else found


def each(found: Outcome, change: Callable[[Scalar], Scalar]) -> Outcome:
    """A change of every value of a vector, or of the one value."""
    if isinstance(found, Vector):
        return Vector(tuple((label, each(inner, change)) for label, inner in found.items), found.axis)
    if isinstance(found, Missing):
        return found
    return change(found)


def _opposite(one: Scalar) -> Scalar:
    value = one.value
    if isinstance(value, bool):
        return Scalar(not value, one.n, one.n_unknown, one.exact, one.n_open)
    assert isinstance(value, Fraction)
    return Scalar(-value, one.n, one.n_unknown, one.exact, one.n_open)


def _scaled(one: Scalar, factor: Fraction) -> Scalar:
    assert isinstance(one.value, Fraction)
    return Scalar(one.value * factor, one.n, one.n_unknown, one.exact, one.n_open)


def combine(operator: str, left: Outcome, right: Outcome) -> Outcome:
    """Two outcomes: member by member where one is a vector."""
    if isinstance(left, Vector) or isinstance(right, Vector):
        return _vectors(operator, left, right)
    if isinstance(left, Missing) or isinstance(right, Missing):
        return _missing(left, right, _count(operator, left, right))
    count = _count(operator, left, right)
    unknown = right.n_unknown if operator == "/" else left.n_unknown or right.n_unknown
    still = open_in(left, right)
    exact = left.exact and right.exact
    a, b = left.value, right.value
    if operator in ("and", "or"):
        truth = (a and b) if operator == "and" else (a or b)
        return Scalar(bool(truth), count, unknown, exact, still)
    if operator in ("+", "-", "*", "/"):
        assert isinstance(a, Fraction) and isinstance(b, Fraction)
        if operator == "/":
            if b == 0:
                return Missing("zero_denominator", count, unknown, n_open=still)
            return Scalar(a / b, count, unknown, False, still)
        value = a + b if operator == "+" else a - b if operator == "-" else a * b
        return Scalar(value, count, unknown, exact, still)
    return Scalar(compare(operator, a, b), count, unknown, True, still)


def compare(operator: str, a: Known, b: Known) -> bool:
    """A comparison of two values of one sort."""
    if operator == "==":
        return a == b
    if operator == "!=":
        return a != b
    left: Any = a
    right: Any = b
    if type(a) is Fraction and type(b) is Fraction:
        (top, below), (other_top, other_below) = a.as_integer_ratio(), b.as_integer_ratio()
        left, right = top * other_below, other_top * below
    elif type(a) is not type(b):
        left, right = str(a), str(b)
    return bool(_ORDERED[operator](left, right))


def _count(operator: str, left: Scalar | Missing, right: Scalar | Missing) -> int | None:
    """The rows that enter: the denominator's of a ratio, else the smallest of the parts'."""
    if operator == "/" and right.n is not None:
        return right.n
    return min((one.n for one in (left, right) if one.n is not None), default=None)


def open_in(left: Scalar | Missing, right: Scalar | Missing) -> int | None:
    """How many first events may still convert: the most of any part, since parts may look at the same ones."""
    return max((one.n_open for one in (left, right) if one.n_open is not None), default=None)


def _missing(left: Scalar | Missing, right: Scalar | Missing, count: int | None) -> Missing:
    """Why nothing comes of two values of which one is missing: the graver reason, else the left one."""
    both = [one for one in (left, right) if isinstance(one, Missing)]
    gravest = min(both, key=lambda one: _BEFORE.get(one.reason, 9))
    errors = tuple(dict.fromkeys(error for one in both for error in one.errors))
    return Missing(gravest.reason, count, gravest.n_unknown, errors, open_in(left, right))


def _vectors(operator: str, left: Outcome, right: Outcome) -> Outcome:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Missing) and one.errors and isinstance(other, Vector) and not other.items:
            return one
    if isinstance(left, Vector) and isinstance(right, Vector):
        a, b = dict(left.items), dict(right.items)
        labels = list(dict.fromkeys((*a, *b)))
        if left.axis == "member":
            labels.sort(key=in_order)
        nothing = Missing("no_rows")
        return Vector(
            tuple((label, combine(operator, a.get(label, nothing), b.get(label, nothing))) for label in labels),
            left.axis,
        )
    if isinstance(left, Vector):
        return Vector(tuple((label, combine(operator, inner, right)) for label, inner in left.items), left.axis)
    assert isinstance(right, Vector)
    return Vector(tuple((label, combine(operator, left, inner)) for label, inner in right.items), right.axis)
