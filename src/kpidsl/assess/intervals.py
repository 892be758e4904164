"""What a value that comes from a sample may just as well be, and what of its target that leaves certain."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from kpidsl.assess.bounds import Bound
from kpidsl.assess.interval_results import Certainty, IntervalResult
from kpidsl.assess.numbers import written
from kpidsl.engine.algebra import Evaluation
from kpidsl.engine.estimates import Estimate
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.plan.nodes import IntervalPlan
from kpidsl.stats.intervals import newcombe


def estimate(
    plan: IntervalPlan | None, value: Scalar | Missing, evaluation: Evaluation, members: Mapping[str, object]
) -> Estimate | None:
    """A value that an interval is asked of, where there is one."""
    if plan is None or isinstance(value, Missing):
        return None
    return evaluation.estimate(plan, value, tuple(members.items()))


def interval_result(one: Estimate | None) -> IntervalResult | None:
    """The interval in the value's unit, as the document has it."""
    if one is None:
        return None
    found = one.interval()
    level = written(one.plan.level, True)
    if isinstance(found, str):
        return IntervalResult(one.plan.method, level, None, None, found)
    low, high = one.placed(found)
    error = one.standard_error()
    shown = written(error, False) if error is not None else None
    return IntervalResult(found.method, level, written(low, False), written(high, False), None, shown)


def certainty(one: Estimate | None, target: Bound | None) -> Certainty | None:
    """Whether the target is met, or missed, wherever in the interval the truth is."""
    if one is None or target is None or target.missing is not None:
        return None
    found = one.interval()
    if isinstance(found, str):
        return None
    low, high = one.placed(found)
    if target.holds(low) and target.holds(high):
        return "met_certain"
    if target.holds(low) or target.holds(high) or _holds_between(target, low, high):
        return "not_distinguishable"
    return "missed_certain"


def _holds_between(target: Bound, low: Fraction, high: Fraction) -> bool:
    """Whether a two-sided target lies inside of an interval neither end of which is within it."""
    if target.operator is not None or target.low is None or target.high is None:
        return False
    assert isinstance(target.low.value, Fraction)
    return low < target.low.value < high


def change_interval(
    now: Estimate | None,
    plan: IntervalPlan | None,
    evaluation: Evaluation,
    members: Mapping[str, object],
    compared: Scalar,
) -> IntervalResult | None:
    """The interval of the change of a share against a compared one; of other values there is none."""
    then = estimate(plan, compared, evaluation, members)
    if now is None or then is None or now.plan.method != "wilson":
        return None
    one, other = now.counts(), then.counts()
    if one is None or other is None:
        return None
    found = newcombe(*one, *other, now.plan.level)
    if found is None:
        return None
    ends = sorted(now.plan.factor * end for end in (found.low, found.high))
    level = written(now.plan.level, True)
    return IntervalResult(found.method, level, written(ends[0], False), written(ends[1], False))
