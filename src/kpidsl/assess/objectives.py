"""Objectives: the scores and states of their key results brought together, over several levels, each counted once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from kpidsl.assess.bounds import Bound
from kpidsl.assess.goal_results import (
    WORST_FIRST,
    ConfidenceResult,
    KeyResultResult,
    ObjectiveResult,
    ParentResult,
    RestatedResult,
)
from kpidsl.assess.inputs import Inputs
from kpidsl.assess.key_results import KeyResultJudge, Standing, abandonment
from kpidsl.assess.numbers import said, share_said, value_of, written
from kpidsl.assess.policies import GRADE, Policy, grade, policy
from kpidsl.assess.results import BoundResult
from kpidsl.assess.trends import trend_points, window_result
from kpidsl.assess.way import Figure, calc, constant, elapsed, number
from kpidsl.engine.algebra import Evaluation
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.plan import nodes as n
from kpidsl.plan.key_results import contributors, restatement
from kpidsl.records import dataclass
from kpidsl.semantic import goal_model as g
from kpidsl.semantic import values as v
from kpidsl.semantic.model import Failed, Model

Stale = Callable[[v.Value, datetime], str | None]
_DAY = timedelta(days=1)
_UNDEFINED_PARTS = (
    "value", "baseline", "gap", "attainment", "progress", "expected", "expected_value", "pace_index", "landing",
    "required_rate", "actual_rate",
)  # fmt: skip
"""The figures whose reasons the document gives; the others are undefined for the same reason as one of these."""


@dataclass(frozen=True, slots=True)
class Item:
    """A key result in a score, or an objective that data makes impossible (`standing` is None): it has weight 1.

    `title` is what people call it.
    """

    title: str
    weight: Fraction
    state: str
    reason: str
    standing: Standing | None

    @property
    def progress(self) -> Fraction | None:
        return self.standing.number("progress") if self.standing is not None else None

    @property
    def expected(self) -> Fraction | None:
        return self.standing.number("expected") if self.standing is not None else None


@dataclass(frozen=True, slots=True)
class Rollup:
    """What an objective comes to. `coverage` is None where nothing has a weight."""

    score: Figure
    coverage: Fraction | None
    expected: Figure
    elapsed: Fraction
    state: str
    reason: str


@dataclass(slots=True)
class Goals:
    """The objectives of one run; each key result is judged once."""

    model: Model
    plan: n.Plan
    evaluation: Evaluation
    stale: Stale
    below: Mapping[str, tuple[str, ...]] = field(init=False)
    standings: dict[str, Standing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.below = contributors(self.model)

    # ------------------------------------------------------------ key results
    def standing(self, one: g.KeyResultModel, objective: g.ObjectiveModel) -> Standing:
        if one.name not in self.standings:
            self.standings[one.name] = self.judged(one, objective)
        return self.standings[one.name]

    def judged(self, one: g.KeyResultModel, objective: g.ObjectiveModel) -> Standing:
        calendar, anchor = self.plan.calendar, self.plan.anchor
        plan = self.plan.key_results[one.name]
        left = abandonment(one.abandoned, anchor, calendar) or abandonment(objective.abandoned, anchor, calendar)
        stale = None if isinstance(one.aim, g.DeliverModel) else self.stale(one.aim.value, plan.at)
        rules = policy(one.policy or objective.policy, self.model.policies)
        return KeyResultJudge(
            one, plan, self.evaluation, calendar, rules, anchor=anchor, stale=stale, abandoned=left
        ).standing()

    # ------------------------------------------------------------ roll-up
    def contributing(self, name: str) -> tuple[str, ...]:
        """The objectives that contribute to one, at any depth, each once, the nearest first."""
        found: dict[str, None] = {}
        level = [name]
        while level:
            level = [child for one in level for child in self.below.get(one, ()) if child not in found]
            found.update(dict.fromkeys(level))
        return tuple(one for one in found if one != name)

    def items(self, objective: g.ObjectiveModel) -> Iterator[Item]:
        """Its own key results, then those of the objectives that contribute."""
        for name in (objective.name, *self.contributing(objective.name)):
            one = self.model.objectives.get(name)
            if one is None:
                failed = self.model.failed.get(name)
                title = failed.about.title if failed is not None else None
                yield Item(title or _short(name), Fraction(1), "error", _why_failed(failed), None)
                continue
            for key_result in one.key_results:
                standing = self.standing(key_result, one)
                title = key_result.about.title or _short(key_result.name)
                yield Item(title, key_result.weight, standing.state, standing.reason, standing)

    def rollup(self, objective: g.ObjectiveModel) -> Rollup:
        calendar, anchor = self.plan.calendar, self.plan.anchor
        start = calendar.day_start(objective.period.first)
        end = calendar.day_start(objective.period.last + _DAY)
        tau = elapsed(start, end, min(anchor, end), calendar)
        items = [item for item in self.items(objective) if item.state != "abandoned"]
        score, coverage = scored(items, missing_as_zero=objective.missing_as_zero)
        expected = expectation(items, missing_as_zero=objective.missing_as_zero)
        state, reason = self.state(
            objective, items, score, expected, tau, is_over=anchor >= end, is_begun=anchor > start
        )
        return Rollup(score, coverage, expected, tau, state, reason)

    def state(
        self,
        objective: g.ObjectiveModel,
        items: list[Item],
        score: Figure,
        expected: Figure,
        tau: Fraction,
        *,
        is_over: bool,
        is_begun: bool,
    ) -> tuple[str, str]:
        """The worst key result's, unless a policy is named that has something to judge."""
        left = abandonment(objective.abandoned, self.plan.anchor, self.plan.calendar)
        if left is not None:
            return "abandoned", left
        if not items:
            is_empty = not any(True for _ in self.items(objective))
            return ("no_data", "it has no key result") if is_empty else ("abandoned", "all key results are abandoned")
        if objective.policy is None or isinstance(score, Missing):
            return worst(items)
        if not is_begun:
            return "not_started", f"it starts on {objective.period.first}"
        if is_over:
            return worst(items)
        rules = policy(objective.policy, self.model.policies)
        return self.by_policy(rules, score, expected, tau)

    def by_policy(self, rules: Policy, score: Figure, expected: Figure, tau: Fraction) -> tuple[str, str]:
        if tau < rules.too_early:
            begins = said(rules.too_early, "%")
            return "too_early", f"{share_said(tau)} of the time has passed; {rules.name} judges from {begins} on"
        verdict = rules.judge(
            {
                "progress": score,
                "expected": expected,
                "elapsed": constant(tau),
                "attainment": Missing("no_target"),
                "pace": calc("/", score, expected) if number(expected) else Missing("too_early"),
            }
        )
        way = f"score {share_said(number(score))}, {share_said(number(expected))} expected"
        return verdict.state, f"{way}; {verdict.rule}"

    # ------------------------------------------------------------ results
    def objective(self, name: str, selected: Collection[str]) -> ObjectiveResult:
        """The result of an objective; of one that is not selected itself, those of its key results that are."""
        model = self.model.objectives[name]
        found = self.rollup(model)
        is_whole = name in selected
        shown = [one for one in model.key_results if is_whole or one.name in selected]
        score = number(found.score)
        end = self.plan.calendar.day_start(model.period.last + _DAY)
        graded = None
        if model.ambition is not None and score is not None and self.plan.anchor >= end and found.state != "abandoned":
            graded = grade(score, model.ambition)
        return ObjectiveResult(
            model.name,
            model.about.title,
            model.about.description,
            model.period.spec.label,
            model.period.first,
            model.period.last,
            model.ambition,
            None if score is None else written(score, False),
            found.score.reason if isinstance(found.score, Missing) else None,
            None if found.coverage is None else written(found.coverage, False),
            written(found.elapsed, False),
            _shown(found.expected),
            found.expected.reason if isinstance(found.expected, Missing) else None,
            found.state,
            found.reason,
            policy(model.policy, self.model.policies).name,
            graded,
            GRADE if graded is not None else None,
            tuple(ParentResult(one.objective, one.relation) for one in model.parents),
            self.contributing(name),
            tuple(self.key_result(one, model) for one in shown),
            model.supports,
            model.about.owner,
            model.about.review,
            model.about.tags,
            model.span.place,
        )

    def key_result(self, one: g.KeyResultModel, objective: g.ObjectiveModel) -> KeyResultResult:
        found = self.standing(one, objective)
        calendar, plan = self.plan.calendar, found.plan
        question, aim = plan.value, one.aim
        value = found.figures.get("value")
        figures = {name: _shown(figure) for name, figure in found.figures.items()}
        later = restatement(one, plan.at, calendar)
        about = one.about
        undefined = [
            (name, figure.reason) for name in _UNDEFINED_PARTS if isinstance(figure := found.figures.get(name), Missing)
        ]
        return KeyResultResult(
            one.name,
            about.title,
            about.description,
            kind_of(aim),
            one.text,
            None if isinstance(aim, g.DeliverModel) else aim.value.info.unit.label,
            one.first,
            one.last,
            written(one.weight, True),
            value_of(value.value, value.exact, calendar) if isinstance(value, Scalar) else None,
            value.n if value is not None else None,
            window_result(question.window, calendar) if question is not None else None,
            figures.get("baseline"),
            RestatedResult(later.on, later.why) if later is not None else None,
            _bound(found.target),
            figures.get("gap"),
            figures.get("attainment"),
            figures["progress"],
            figures["progress_raw"],
            figures["elapsed"],
            figures["expected"],
            figures.get("expected_value"),
            figures["pace_index"],
            figures["pace_gap"],
            figures.get("landing"),
            figures.get("required_rate"),
            figures.get("actual_rate"),
            tuple(undefined),
            found.state,
            found.reason,
            found.policy,
            achieve_words(one.achieve),
            tuple(point.result(calendar) for point in found.points),
            found.items,
            found.offenders,
            self.confidence(one),
            Inputs(self.evaluation, calendar).of(question.step) if question is not None else (),
            about.owner,
            about.review,
            about.tags,
            one.span.place,
            trend=trend_points(found.trend, calendar),
            forecast=found.forecast,
        )

    def confidence(self, one: g.KeyResultModel) -> ConfidenceResult | None:
        """The newest one before the anchor; of those without a day, the one written last."""
        calendar, anchor = self.plan.calendar, self.plan.anchor
        known = [one for one in one.confidences if one.on is None or calendar.day_start(one.on) < anchor]
        if not known:
            return None
        newest = max(enumerate(known), key=lambda pair: (pair[1].on is not None, pair[1].on or one.first, pair[0]))[1]
        return ConfidenceResult(written(newest.value, True), written(newest.scale, True), newest.by, newest.on)


def scored(items: Iterable[Item], *, missing_as_zero: bool) -> tuple[Figure, Fraction | None]:
    """Σ w·p / Σ w over what has a progress, and the part of the weight that has."""
    every = tuple(items)
    weight = sum((item.weight for item in every), Fraction(0))
    known = [(item.weight, progress) for item in every if (progress := item.progress) is not None]
    counted = sum((one for one, _ in known), Fraction(0))
    total = sum((one * progress for one, progress in known), Fraction(0))
    if not weight:
        return Missing("zero_denominator" if every else "no_rows"), None
    under = weight if missing_as_zero else counted
    if not under:
        reasons = {item.standing.figures["progress"] for item in every if item.standing is not None and item.weight}
        whys = {one.reason for one in reasons if isinstance(one, Missing)} or {"source_error"}
        return Missing(whys.pop() if len(whys) == 1 else "no_rows"), Fraction(0)
    return Scalar(total / under, None, None, False), counted / weight


def expectation(items: Iterable[Item], *, missing_as_zero: bool) -> Figure:
    """The weighted mean of what is expected, over the key results that the score is over."""
    every = [item for item in items if item.expected is not None and item.weight]
    scored_ones = [item for item in every if item.progress is not None]
    counted = scored_ones if scored_ones and not missing_as_zero else every
    weight = sum((item.weight for item in counted), Fraction(0))
    if not weight:
        return Missing("no_rows")
    return Scalar(
        sum((item.weight * (item.expected or 0) for item in counted), Fraction(0)) / weight, None, None, False
    )


def worst(items: list[Item]) -> tuple[str, str]:
    """The worst key result's state, and which it is."""
    first = min(items, key=lambda item: WORST_FIRST.index(item.state))
    same = Counter(item.state for item in items)[first.state]
    if 1 < same == len(items):
        return first.state, f"all {same} are {first.state.replace('_', ' ')}"
    return first.state, f"{first.title}: {first.reason}"


def kind_of(aim: g.AimModel) -> str:
    """The verb of a key result."""
    match aim:
        case g.ChangeModel(direction=direction):
            return direction
        case g.ReachModel():
            return "reach"
        case g.KeepModel():
            return "keep"
        case g.DeliverModel():
            return "deliver"


def achieve_words(mode: g.AchieveModel) -> str:
    if mode.mode == "every":
        assert mode.unit is not None
        return f"every {mode.unit.singular}"
    return "at end" if mode.mode == "end" else mode.mode


def failed_objective(failed: Failed) -> ObjectiveResult:
    """An objective that the data makes impossible: present, with the state error."""
    return ObjectiveResult(
        failed.name, failed.about.title, None, None, None, None, None, None, "source_error", None, None, None,
        "source_error", "error", _why_failed(failed), "pace", None, None, (), (), (), (), None, None, (),
        failed.span.place,
    )  # fmt: skip


def _why_failed(failed: Failed | None) -> str:
    return failed.problems[0].message if failed is not None and failed.problems else "its data could not be had"


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _shown(figure: Figure) -> Decimal | None:
    value = number(figure)
    return None if value is None or isinstance(figure, Missing) else written(value, figure.exact)


def _bound(found: Bound | None) -> BoundResult | None:
    if found is None:
        return None
    low, high = (_shown(edge) if edge is not None else None for edge in (found.low, found.high))
    undefined = found.missing.reason if found.missing is not None else None
    if found.operator is not None:
        return BoundResult(found.operator, low, undefined=undefined)
    return BoundResult(None, None, low, high, undefined)
