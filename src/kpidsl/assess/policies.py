"""Policies: what is said of how far a key result or an objective has come. Rationals decide, nothing is rounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from fractions import Fraction
from typing import Literal

from kpidsl.engine.algebra import combine
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.records import dataclass
from kpidsl.semantic import goal_model as g
from kpidsl.semantic import values as v

DEFAULT = "pace"
GRADE = "google"
State = Literal["on_track", "at_risk", "off_track"]
Figures = Mapping[str, Scalar | Missing]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state, and the rule that led to it. The states that policies do not give, `too_early` and `no_data`, say that
    there is nothing to judge yet, or by.
    """

    state: str
    rule: str


@dataclass(frozen=True, slots=True)
class Policy:
    """`judge` tells the state of what is not too early. `too_early` is a fraction of the time."""

    name: str
    too_early: Fraction
    judge: Callable[[Figures], Verdict]


# ---------------------------------------------------------------- presets
_Rule = tuple[State, str, Callable[[Fraction, Fraction, Fraction], bool]]
"""A state, the rule in words, and whether it holds for progress p, elapsed τ and expected g."""
_PRESETS: dict[str, tuple[Fraction, tuple[_Rule, ...]]] = {
    "pace": (
        Fraction(1, 10),
        (
            ("on_track", "on track from 95% of expected", lambda p, t, g: p >= Fraction(95, 100) * g),
            ("at_risk", "at risk from 75% of expected", lambda p, t, g: p >= Fraction(75, 100) * g),
        ),
    ),
    "viva": (Fraction(0), (("on_track", "on track from the time elapsed", lambda p, t, g: p >= t),)),
    "upraise": (
        Fraction(0),
        (
            ("on_track", "on track from 95% of the time elapsed", lambda p, t, g: p >= Fraction(95, 100) * t),
            ("at_risk", "at risk from 75% of the time elapsed", lambda p, t, g: p >= Fraction(75, 100) * t),
        ),
    ),
    "oboard": (
        Fraction(0),
        (
            ("on_track", "on track from 70% of the time elapsed", lambda p, t, g: p >= Fraction(7, 10) * t),
            ("at_risk", "at risk from 40% of the time elapsed", lambda p, t, g: p >= Fraction(4, 10) * t),
        ),
    ),
    "engagedly": (
        Fraction(0),
        (
            ("on_track", "on track less than 16.5 points behind", lambda p, t, g: t - p < Fraction(165, 1000)),
            ("at_risk", "at risk less than 33 points behind", lambda p, t, g: t - p < Fraction(33, 100)),
        ),
    ),
    "planview": (
        Fraction(0),
        (("on_track", "on track within 10 points of the time elapsed", lambda p, t, g: t - p <= Fraction(1, 10)),),
    ),
}


def preset(name: str) -> Policy:
    """One of the policies that need no declaration."""
    too_early, rules = _PRESETS[name]

    def judge(figures: Figures) -> Verdict:
        numbers: list[Fraction] = []
        for part in ("progress", "elapsed", "expected"):
            found = figures[part]
            if not isinstance(found, Scalar) or not isinstance(found.value, Fraction):
                return Verdict("no_data", f"its {part} is undefined")
            numbers.append(found.value)
        p, elapsed, expected = numbers
        for state, text, holds in rules:
            if holds(p, elapsed, expected):
                return Verdict(state, text)
        return Verdict("off_track", rules[-1][1])

    return Policy(name, too_early, judge)


# ---------------------------------------------------------------- declared ones
def declared(model: g.PolicyModel) -> Policy:
    def judge(figures: Figures) -> Verdict:
        unknown: Missing | None = None
        for rule in model.rules:
            found = figure_of(rule.condition, figures)
            if isinstance(found, Scalar) and found.value is True:
                return Verdict(rule.state, f"{rule.state.replace('_', ' ')} where {rule.text}")
            if isinstance(found, Missing):
                unknown = unknown or found
        if unknown is not None:
            # Before anything is expected there is no pace.
            state = "too_early" if unknown.reason == "too_early" else "no_data"
            return Verdict(state, f"what it judges by is undefined: {unknown.reason.replace('_', ' ')}")
        last = model.rules[-1]
        return Verdict("off_track", f"{last.state.replace('_', ' ')} would be {last.text}")

    return Policy(model.name, model.too_early, judge)


def policy(name: str | None, policies: Mapping[str, g.PolicyModel]) -> Policy:
    """The policy of a name: a declared one before a preset; `pace` where none is named."""
    wanted = DEFAULT if name is None else name
    return declared(policies[wanted]) if wanted in policies else preset(wanted)


def figure_of(value: v.Value, figures: Figures) -> Scalar | Missing:
    """A policy's condition, or a part of it, between rationals."""
    match value:
        case g.Standing(name=name):
            return figures[name]
        case v.Number(number=number):
            return Scalar(number, None, None, True)
        case v.BooleanValue(truth=truth):
            return Scalar(truth, None, None, True)
        case v.Operation(operator=operator, left=left, right=right):
            found = combine(operator, figure_of(left, figures), figure_of(right, figures))
            assert isinstance(found, Scalar | Missing)
            return found
        case v.Opposite(operand=operand):
            inner = figure_of(operand, figures)
            if isinstance(inner, Missing):
                return inner
            assert isinstance(inner.value, bool | Fraction)
            return Scalar(not inner.value if isinstance(inner.value, bool) else -inner.value, None, None, inner.exact)
        case v.Converted(operand=operand, factor=factor):
            inner = figure_of(operand, figures)
            if isinstance(inner, Missing):
                return inner
            assert isinstance(inner.value, Fraction)
            return Scalar(inner.value * factor, None, None, inner.exact)
        case _:
            raise AssertionError(type(value).__name__)


# ---------------------------------------------------------------- what is expected, and the grade at the end
def geometric(baseline: Fraction, target: Fraction, elapsed: Fraction) -> Fraction | None:
    """((T/B)^τ − 1)/(T/B − 1), to 50 digits; None where no factor leads from the one to the other."""
    if not baseline or target / baseline <= 0 or target == baseline:
        return None
    if elapsed in (0, 1):
        return elapsed
    fifty = Context(prec=50)
    factor, power = (
        fifty.divide(Decimal(one.numerator), Decimal(one.denominator)) for one in (target / baseline, elapsed)
    )
    return (Fraction(fifty.power(factor, power)) - 1) / (target / baseline - 1)


def grade(score: Fraction, ambition: str) -> str:
    """`google`: aspirational 0.7 and 0.4, committed 1.0 and 0.9."""
    green, amber = (Fraction(7, 10), Fraction(4, 10)) if ambition == "aspirational" else (Fraction(1), Fraction(9, 10))
    return "green" if score >= green else "amber" if score >= amber else "red"
