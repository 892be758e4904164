"""What a value means against its bounds: status, reason, gap, attainment, changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

from kpidsl.assess.bounds import Bound, shown
from kpidsl.assess.held import against, part_of
from kpidsl.assess.interval_results import IntervalResult
from kpidsl.assess.intervals import certainty, change_interval, estimate, interval_result
from kpidsl.assess.numbers import bound_said, said, written
from kpidsl.assess.numbers import value_of as as_document
from kpidsl.assess.results import Assessment, BoundResult, Comparison
from kpidsl.assess.suppress import SHOWN, Group, Hidden
from kpidsl.assess.trends import point_of, trend_points, window_result
from kpidsl.calendar import Calendar
from kpidsl.engine.algebra import Evaluation
from kpidsl.engine.estimates import Estimate
from kpidsl.engine.scalars import Missing, Scalar, Vector
from kpidsl.plan.nodes import BoundPlan, Constant, Question, SlicePlan, Step, asked
from kpidsl.records import dataclass

if TYPE_CHECKING:
    from kpidsl.assess.alike import Row
    from kpidsl.assess.signal_results import ForecastResult, SignalResult

WORST_FIRST = ("error", "red", "no_data", "stale", "amber", "green", "no_target")
COLOURS = ("red", "amber", "green")
REASONS = {
    "no_rows": "there are no rows in the window",
    "zero_denominator": "a denominator is 0",
    "insufficient_sample": "there are too few rows",
    "no_variation": "all of it is alike, which tells nothing of what may vary",
    "uncovered_periods": "whole periods do not make up the window",
    "unequal_coders": "the units are coded by different numbers of coders",
    "not_two_coders": "there are not exactly two coders",
    "too_early": "the time to convert is over for none of the first events",
    "definition_changed": "the metric's definition changed in between",
    "source_error": "what it is made of could not be had",
    "no_target": "there is no target yet",
    "baseline_missing": "the baseline is missing",
    "suppressed": "kept back: it would tell of a small group",
}


def why(*missing: Missing) -> str:
    """Why there is no value, for a person: what failed, in the words of its error, else the reason of the first."""
    for one in missing:
        for error in one.errors:
            message = getattr(error, "message", None)
            if isinstance(message, str):
                return message
    first = missing[0]
    if first.reason == "no_rows" and first.n_unknown:
        rows = "of the one row there is" if first.n_unknown == 1 else f"of any of the {first.n_unknown} rows there are"
        return f"it is not known {rows} whether the condition holds"
    return in_words(first.reason)


def in_words(reason: str) -> str:
    """A reason such as `no_rows` in a sentence."""
    return REASONS.get(reason, reason.replace("_", " "))


@dataclass(frozen=True, slots=True)
class Judge:
    """Assesses slices of one KPI. `stale` says which of its sources have not been heard of for too long; `fixed` are
    the bounds that are numbers, by these and by what stands beside them: many KPIs and all their segments share them.
    """

    evaluation: Evaluation
    calendar: Calendar
    unit: str | None
    stale: str | None
    fixed: dict[tuple[object, ...], Bound]

    def assess(
        self, plan: SlicePlan, members: Mapping[str, object], hidden: Hidden = SHOWN
    ) -> tuple[Assessment, tuple[object, ...]]:
        """The assessment of a segment (or the whole), and the errors it met."""
        return self.assess_value(self.evaluation.single(plan.value.step, members), plan, members, hidden)

    def segments(
        self, plan: SlicePlan, keys: Iterable[tuple[object, ...]], kept_back: Mapping[Group, Hidden]
    ) -> Iterator[tuple[Assessment, tuple[object, ...]]]:
        """The same of each of these members of a slice's dimensions, one after the other."""
        by = plan.by
        value_of = self.evaluation.of_members(plan.value.step, by)
        for key in keys:
            value = value_of(key)
            assert not isinstance(value, Vector)
            hidden = kept_back.get((by, key), SHOWN) if kept_back else SHOWN
            yield self.assess_value(value, plan, dict(zip(by, key, strict=True)), hidden)

    def rows(
        self, plan: SlicePlan, keys: Iterable[tuple[object, ...]], errors: list[object]
    ) -> tuple[list[Row], BoundResult | None, BoundResult | None]:
        """The same of a slice that `is_plain`, as rows, and the bounds that all of them have."""
        value_of = self.evaluation.of_members(plan.value.step, plan.by)
        all_of_them: dict[str, object] = dict.fromkeys(plan.by)
        target, amber = (self.bound(one, all_of_them, errors) for one in (plan.target, plan.amber))
        rows: list[Row] = []
        held, are_there = against(target), self.stale is None and not any(map(_lacks, (target, amber)))
        of = distance = said_of_all = None
        for key in keys:
            value = value_of(key)
            if isinstance(value, Scalar):
                if target is not None:
                    assert isinstance(value.value, Fraction)
                    of, distance = held(value.value, value.exact)
                    if are_there:
                        status, reason = self.colour(value.value, target, amber, of)
                    else:
                        status, reason = self.status(value, target, amber, of, plan, {}, value.n, errors)
                else:  # there is nothing to hold a value against
                    if said_of_all is None:
                        said_of_all = self.status(value, target, amber, of, plan, {}, value.n, errors)
                    status, reason = said_of_all
                written_as = as_document(value.value, value.exact, self.calendar)
                rows.append((written_as, None, value.n, value.n_unknown, value.n_open, of, distance, status, reason))
            else:
                assert isinstance(value, Missing)
                errors.extend(value.errors)
                status, reason = self.status(value, target, amber, None, plan, {}, value.n, errors)
                rows.append((None, value.reason, value.n, value.n_unknown, value.n_open, None, None, status, reason))
        return rows, shown(target), shown(amber)

    def assess_value(
        self, value: Scalar | Missing, plan: SlicePlan, members: Mapping[str, object], hidden: Hidden
    ) -> tuple[Assessment, tuple[object, ...]]:
        if hidden.value:
            value = Missing("suppressed")
        errors: list[object] = list(value.errors) if isinstance(value, Missing) else []
        count = value.n
        if plan.requires and isinstance(value, Scalar):
            unmet = self.unmet(plan, members, count, errors)
            if unmet is not None:
                value = replace(unmet, n_unknown=value.n_unknown, n_open=value.n_open)
        target = self.bound(plan.target, members, errors, hidden)
        amber = self.bound(plan.amber, members, errors, hidden)
        of = distance = None
        if isinstance(value, Scalar) and type(value.value) is Fraction:
            of, distance = against(target)(value.value, value.exact)
        status, reason = self.status(value, target, amber, of, plan, members, count, errors)
        trend = (
            [
                (one, hidden.of(self.evaluation.single(one.step, members), kept_back=place in hidden.trend))
                for place, one in enumerate(plan.trend)
            ]
            if plan.trend
            else []
        )
        found = estimate(plan.interval, value, self.evaluation, members) if plan.interval is not None else None
        compared = self.comparisons(plan, value, found, members, hidden, errors) if plan.comparisons else ()
        for _, one in trend:
            if isinstance(one, Missing):
                errors.extend(one.errors)
        signals: tuple[SignalResult, ...] = ()
        forecast: ForecastResult | None = None
        ahead = plan.forecast
        if plan.signals or ahead is not None:
            from kpidsl.assess.signals import forecast_result, signal_result

            points = [point_of(question, found) for question, found in trend]
            signals = tuple([signal_result(one, points, target, self.unit, self.calendar) for one in plan.signals])
            if ahead is not None:
                bound = self.bound(ahead.target, members, errors, hidden)
                forecast = forecast_result(ahead, points, bound, self.unit, self.calendar)
        assessment = Assessment(
            as_document(value.value, value.exact, self.calendar) if isinstance(value, Scalar) else None,
            value.reason if isinstance(value, Missing) else None,
            count,
            value.n_unknown,
            status,
            reason,
            shown(target),
            shown(amber),
            of,
            distance,
            compared,
            trend_points(trend, self.calendar) if trend else (),
            value.n_open,
            plan.value.partial,
            signals,
            forecast,
            interval_result(found) if found is not None else None,
            certainty(found, target) if found is not None else None,
        )
        return assessment, tuple(errors)

    # ------------------------------------------------------------ status
    def status(
        self,
        value: Scalar | Missing,
        target: Bound | None,
        amber: Bound | None,
        of: Decimal | None,
        plan: SlicePlan,
        members: Mapping[str, object],
        count: int | None,
        errors: list[object],
    ) -> tuple[str, str]:
        """error → no_data → stale → red when → amber when → green when → target: green → amber → red.

        A bound that has no value matters only where it would decide; a source that failed matters at once.
        """
        guards = (
            [(guard, self.evaluation.single(guard.condition, members, count)) for guard in plan.guards]
            if plan.guards
            else []
        )
        missing = [found for _, found in guards if isinstance(found, Missing)] if guards else []
        for found in missing:
            errors.extend(found.errors)
        if target is not None and target.missing is not None:
            missing.append(target.missing)
        if amber is not None and amber.missing is not None:
            missing.append(amber.missing)
        if isinstance(value, Missing):
            missing.append(value)
        failed = [found for found in missing if found.reason == "source_error"] if missing else ()
        if failed:
            return "error", why(*failed)
        if isinstance(value, Missing):
            return "no_data", why(value)
        assert isinstance(value.value, Fraction)
        if self.stale is not None:
            return "stale", self.stale
        for colour in COLOURS if guards else ():
            for guard, answer in guards:
                if guard.colour == colour and isinstance(answer, Scalar) and answer.value is True:
                    return colour, f"{colour} when {guard.text}"
        if target is None:
            if plan.guards and any(guard.colour == "green" for guard in plan.guards):
                return "red", "none of its conditions holds"
            return "no_target", "no target is set"
        return self.colour(value.value, target, amber, of)

    def colour(self, value: Fraction, target: Bound, amber: Bound | None, of: Decimal | None) -> tuple[str, str]:
        """What the bounds say of a value that no condition decided; `of` the target it comes to."""
        if target.missing is not None:
            return "no_data", f"the target: {why(target.missing)}"
        goal = self.words(target)
        if target.holds(value):
            return "green", f"{said(value, self.unit, *target.edges)} meets the target of {goal}"
        if amber is not None and amber.missing is not None:
            return "no_data", f"the amber bound: {why(amber.missing)}"
        # All of a strict target does not meet it.
        far = part_of(of) + " of" if of is not None and of != 1 else said(value, self.unit, *target.edges) + " misses"
        far = f"{far} the target of {goal}"
        if amber is not None and amber.holds(value):
            return "amber", f"{far}; amber is {self.words(amber)}"
        return "red", far if amber is None else f"{far}; amber would be {self.words(amber)}"

    def words(self, bound: Bound) -> str:
        if bound.words is not None:
            return bound.words
        edges = " to ".join(bound_said(edge, self.unit) for edge in bound.edges)
        return edges if bound.operator is None else f"{bound.operator} {edges}"

    def unmet(
        self, plan: SlicePlan, members: Mapping[str, object], count: int | None, errors: list[object]
    ) -> Missing | None:
        """Why the value does not count: a requirement is not met."""
        for condition, _ in plan.requires:
            found = self.evaluation.single(condition, members, count if count is not None else 0)
            if isinstance(found, Missing):
                errors.extend(found.errors)
                return Missing(found.reason, count, None, found.errors)
            if found.value is not True:
                return Missing("insufficient_sample", count)
        return None

    # ------------------------------------------------------------ parts of the result
    def bound(
        self, plan: BoundPlan | None, members: Mapping[str, object], errors: list[object], hidden: Hidden = SHOWN
    ) -> Bound | None:
        if plan is None:
            return None
        name = _name(plan, self.unit)
        known = self.fixed.get(name) if name is not None else None
        if known is not None:
            return known
        low = self.edge(plan.low, members, hidden)
        high = self.edge(plan.high, members, hidden) if plan.high is not None else None
        missing = next((edge for edge in (low, high) if isinstance(edge, Missing)), None)
        if missing is not None:
            errors.extend(missing.errors)
        found = Bound(
            plan.operator,
            low if isinstance(low, Scalar) else None,
            high if isinstance(high, Scalar) else None,
            missing,
            plan,
        )
        if name is not None:
            found = self.fixed[name] = replace(found, result=shown(found), words=self.words(found), numbers=found.edges)
        return found

    def edge(self, step: Step, members: Mapping[str, object], hidden: Hidden) -> Scalar | Missing:
        """An edge of a bound. One that is read from rows may be just what is kept back."""
        found = self.evaluation.single(step, members)
        is_read = hidden.below > 0 and bool(asked(step))
        return hidden.of(found, kept_back=is_read and (hidden.anything or hidden.is_small(found.n)))

    def comparisons(
        self,
        plan: SlicePlan,
        value: Scalar | Missing,
        estimated: Estimate | None,
        members: Mapping[str, object],
        hidden: Hidden,
        errors: list[object],
    ) -> tuple[Comparison, ...]:
        return tuple(
            self.comparison(
                one,
                value,
                hidden.of(self.evaluation.single(one[1].step, members), kept_back=place in hidden.comparisons),
                partial(change_interval, estimated, asks, self.evaluation, members),
                errors,
            )
            for place, (one, asks) in enumerate(zip_longest(plan.comparisons, plan.changes))
        )

    def comparison(
        self,
        compared: tuple[str, Question],
        value: Scalar | Missing,
        other: Scalar | Missing,
        interval: Callable[[Scalar], IntervalResult | None],
        errors: list[object],
    ) -> Comparison:
        label, question = compared
        window = window_result(question.window, self.calendar)
        if isinstance(other, Missing):
            errors.extend(other.errors)
            return Comparison(label, window, None, other.reason, other.n, None, None, other.reason, question.partial)
        shown = as_document(other.value, other.exact, self.calendar)
        if isinstance(value, Missing):
            return Comparison(label, window, shown, None, other.n, None, None, value.reason, question.partial)
        assert isinstance(value.value, Fraction) and isinstance(other.value, Fraction)
        change = value.value - other.value
        relative = written(change / abs(other.value), False) if other.value else None
        undefined = None if other.value else "zero_denominator"
        exact = value.exact and other.exact
        return Comparison(
            label, window, shown, None, other.n, written(change, exact), relative, undefined, question.partial,
            interval(other),
        )  # fmt: skip


def is_plain(plan: SlicePlan) -> bool:
    """Whether segments have one target and one amber bound, and nothing but these to be held against."""
    more = (plan.requires, plan.guards, plan.comparisons, plan.trend, plan.signals)
    return (
        not any(more)
        and plan.forecast is None
        and plan.interval is None
        and all(map(_is_fixed, (plan.target, plan.amber)))
    )


def _lacks(bound: Bound | None) -> bool:
    return bound is not None and bound.missing is not None


def _name(bound: BoundPlan, unit: str | None) -> tuple[object, ...] | None:
    """What a bound that is a number, or two, has in common with all that are the same."""
    low, high = bound.low, bound.high
    if type(low) is not Constant or type(low.value) is not Fraction:
        return None
    if high is None:
        return (bound.operator, *low.value.as_integer_ratio(), bound.starting, unit)
    if type(high) is not Constant or type(high.value) is not Fraction:
        return None
    return (bound.operator, *low.value.as_integer_ratio(), bound.starting, unit, *high.value.as_integer_ratio())


def _is_fixed(bound: BoundPlan | None) -> bool:
    return bound is None or (isinstance(bound.low, Constant) and isinstance(bound.high, Constant | None))
