"""Policies: what is said of how far a key result or an objective has come. Rationals decide, nothing is rounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from fractions import Fraction
from typing import Literal

from kpidsl.assess.numbers import said
from kpidsl.assess.way import calc, number
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
@dataclass(frozen=True, slots=True)
class Threshold:
    """A state from a `share` of what is expected, or of the time elapsed, on; or where progress is at most (less than,
    if `strict`) so far `behind` the time.
    """

    state: State
    of: Literal["expected", "elapsed"]
    share: Fraction | None = None
    behind: Fraction | None = None
    strict: bool = False

    def holds(self, progress: Fraction, of: Fraction) -> bool:
        if self.share is not None:
            return progress >= self.share * of
        assert self.behind is not None
        return of - progress < self.behind if self.strict else of - progress <= self.behind

    @property
    def text(self) -> str:
        words = self.state.replace("_", " ")
        of = "expected" if self.of == "expected" else "the time elapsed"
        if self.share is not None:
            return f"{words} from {said(self.share, '%')} of {of}"
        return f"{words} {'less than' if self.strict else 'at most'} {said(self.behind, 'pp')} behind {of}"


_PERCENT = Fraction(1, 100)
# Each reproduces what a published tool says of p and τ (Viva Goals, UpRaise, Oboard, Engagedly, Planview).
_PRESETS: dict[str, tuple[Fraction, tuple[Threshold, ...]]] = {
    "pace": (
        10 * _PERCENT,
        (
            Threshold("on_track", "expected", share=95 * _PERCENT),
            Threshold("at_risk", "expected", share=75 * _PERCENT),
        ),
    ),
    "viva": (Fraction(0), (Threshold("on_track", "elapsed", share=Fraction(1)),)),
    "upraise": (
        Fraction(0),
        (
            Threshold("on_track", "elapsed", share=95 * _PERCENT),
            Threshold("at_risk", "elapsed", share=75 * _PERCENT),
        ),
    ),
    "oboard": (
        Fraction(0),
        (
            Threshold("on_track", "elapsed", share=70 * _PERCENT),
            Threshold("at_risk", "elapsed", share=40 * _PERCENT),
        ),
    ),
    "engagedly": (
        Fraction(0),
        (
            Threshold("on_track", "elapsed", behind=Fraction(165, 1000), strict=True),
            Threshold("at_risk", "elapsed", behind=33 * _PERCENT, strict=True),
        ),
    ),
    "planview": (Fraction(0), (Threshold("on_track", "elapsed", behind=10 * _PERCENT),)),
}


def preset(name: str) -> Policy:
    """One of the policies that need no declaration."""
    too_early, thresholds = _PRESETS[name]

    def judge(figures: Figures) -> Verdict:
        progress = number(figures["progress"])
        for one in thresholds:
            of = number(figures[one.of])
            if progress is None or of is None:
                return Verdict("no_data", f"{'progress' if progress is None else one.of} is undefined")
            if one.holds(progress, of):
                return Verdict(one.state, one.text)
        return Verdict("off_track", thresholds[-1].text)

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
            return calc(operator, figure_of(left, figures), figure_of(right, figures))
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
