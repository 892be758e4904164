"""Outcomes judged: the evidence known at the anchor, gated and brought together, beside what people claim and decide.

States and their order are those of the guide's page on outcomes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from kpidsl.assess.evidence import Item, ItemReader, Stale
from kpidsl.assess.judgement import Verdict, judged, state_of
from kpidsl.assess.outcome_results import (
    ContributionResult,
    DivergenceResult,
    EarlierResult,
    NeedResult,
    OutcomeResult,
    OverrideResult,
    SaidResult,
    SideResult,
)
from kpidsl.assess.results import ErrorResult, KpiResult
from kpidsl.engine.algebra import Evaluation
from kpidsl.engine.answers import Answers
from kpidsl.plan import nodes as n
from kpidsl.records import dataclass
from kpidsl.semantic import outcome_model as o
from kpidsl.semantic.model import Failed, Model


class Again(Protocol):
    """Asks the data once more about an outcome, at an earlier anchor."""

    def __call__(self, anchor: datetime, outcome: str) -> tuple[n.Plan, Answers]: ...


Said = TypeVar("Said", o.OverrideModel, o.ContributionModel)
JUST = timedelta(seconds=1)
MOST_LOOKS = 20
CEILINGS = {0: "none", 1: "none", 2: "plausible", 3: "probable", 4: "established", 5: "established"}
"""What a contribution may be claimed to be, by the strength of the strongest evidence. On the Nesta Standards of
Evidence (Puttick and Ludlow 2013) level 1 gives a reason, 2 shows a change, 3 shows the cause by a comparison group, 4
and 5 show it repeatedly. On the Maryland Scientific Methods Scale (Sherman et al. 1998) 2 has no comparable group, 3
has one, 4 controls for more, 5 assigns at random.
"""


@dataclass(frozen=True, slots=True)
class Look:
    """An outcome as it is seen from one anchor."""

    reader: ItemReader
    items: tuple[Item, ...]
    verdict: Verdict


@dataclass(slots=True)
class Outcomes:
    """The outcomes of one run. `kpis` are its results by name; `errors` what the evidence met, by outcome."""

    model: Model
    plan: n.Plan
    evaluation: Evaluation
    stale: Callable[[Answers], Stale]
    kpis: Mapping[str, KpiResult]
    again: Again
    errors: dict[str, tuple[object, ...]] = field(default_factory=dict)

    def outcome(self, name: str) -> OutcomeResult:
        model, calendar = self.model.outcomes[name], self.plan.calendar
        look = self.look(model, self.plan, self.evaluation)
        self.errors[name] = tuple(look.reader.errors)
        verdict, earlier = look.verdict, None
        state, reason, level = verdict.state, verdict.reason, verdict.level
        observable = model.observable or (model.horizon.first if model.horizon is not None else None)
        if observable is not None and self.plan.anchor <= calendar.day_start(observable):
            state, reason, level = "not_due", f"nothing is to be seen before {observable}", None
        elif not verdict.is_sufficient:
            earlier = self.before_expiry(model, look)
        if earlier is not None:
            day = earlier.expired.date()
            state, level = "stale", None
            reason = f"the evidence expired on {day}; just before, it was {earlier.state.replace('_', ' ')}"
        needs = zip(("evidence", "methods", "stakeholders"), verdict.counts, strict=True)
        wanted = (model.judge.evidence, model.judge.methods, model.judge.stakeholders)
        is_judged = state in ("achieved", "partly", "not_achieved", "contested")
        return OutcomeResult(
            model.name,
            model.about.title,
            model.about.description,
            model.for_whom,
            model.supports,
            model.horizon.spec.label if model.horizon is not None else None,
            model.horizon.first if model.horizon is not None else None,
            model.horizon.last if model.horizon is not None else None,
            observable,
            model.levels,
            model.success,
            state,
            reason,
            model.levels[level] if level is not None else None,
            verdict.cap if is_judged else None,
            tuple((what, NeedResult(have, need)) for (what, have), need in zip(needs, wanted, strict=True) if need),
            self.sides(model, look) if state == "contested" else (),
            earlier,
            self.override(model),
            self.contribution(model, look),
            self.divergence(model, state),
            tuple(look.reader.result(item) for item in look.items),
            model.about.owner,
            model.about.review,
            model.about.tags,
            model.span.place,
        )

    def look(self, model: o.OutcomeModel, plan: n.Plan, evaluation: Evaluation) -> Look:
        again = partial(self.again, outcome=model.name)
        reader = ItemReader(plan, evaluation, model.levels, model.levels.index(model.success), self.stale, again)
        items = tuple(reader.item(one) for one in model.evidence)
        usable = [found for item in items if (found := item.usable) is not None]
        return Look(reader, items, judged(usable, model.judge, model.levels, model.success))

    def before_expiry(self, model: o.OutcomeModel, look: Look) -> EarlierResult | None:
        """The judgement as of just before evidence expired that was sufficient until then; None where there was none.

        The newest expiry is looked at first: where it was not enough by then, an older one ended it.
        """
        moments = {item.valid_until for item in look.items if item.excluded == "expired"}
        for moment in sorted((one for one in moments if one is not None), reverse=True)[:MOST_LOOKS]:
            anchor = moment - JUST
            plan, answers = self.again(anchor, model.name)
            found = self.look(model, plan, Evaluation(answers)).verdict
            if found.is_sufficient:
                level = model.levels[found.level] if found.level is not None else None
                local = self.plan.calendar.local
                return EarlierResult(local(anchor), local(moment), found.state, level, found.reason)
        return None

    def sides(self, model: o.OutcomeModel, look: Look) -> tuple[SideResult, ...]:
        """Both ends of what contradicts itself, the lower first, in the order of the spec."""
        verdict = look.verdict
        at = {item.model.short: item.level for item in look.items}
        return tuple(
            SideResult(model.levels[at[side[0]] or 0], tuple(name for name in at if name in side))
            for side in (verdict.low, verdict.high)
        )

    # ------------------------------------------------------------ what people say
    def newest(self, said: Sequence[Said]) -> Said | None:
        """The newest of what was said before the anchor; of one day the last one written."""
        calendar = self.plan.calendar
        known = [(one.on, place) for place, one in enumerate(said) if calendar.day_start(one.on) < self.plan.anchor]
        return said[max(known)[1]] if known else None

    def override(self, model: o.OutcomeModel) -> OverrideResult | None:
        found = self.newest(model.overrides)
        if found is None:
            return None
        state = state_of(model.levels.index(found.level), model.levels, model.success)
        return OverrideResult(SaidResult(found.level, found.by, found.on, why=found.why), state)

    def contribution(self, model: o.OutcomeModel, look: Look) -> ContributionResult | None:
        found = self.newest(model.contributions)
        if found is None:
            return None
        strengths = [
            (one.strength, one.name) for item in look.items if (one := item.usable) is not None and one.strength
        ]
        best, name = max(strengths, key=lambda pair: pair[0], default=(0, ""))
        ceiling = CEILINGS[best]
        level = min(found.claim, ceiling, key=o.CLAIMS.index)
        strength = f"`{name}` is of strength {best}" if best else "no usable evidence says its strength"
        reason = f"{strength}, which allows {ceiling}"
        return ContributionResult(SaidResult(found.claim, found.by, found.on, see=found.see), ceiling, level, reason)

    # ------------------------------------------------------------ KPIs beside it
    def divergence(self, model: o.OutcomeModel, state: str) -> DivergenceResult | None:
        """Where the KPIs for an outcome say something else than its evidence does."""
        measured = {name for one in model.evidence for name in one.kpis}
        about = [kpi for kpi in self.kpis.values() if model.name in kpi.supports or kpi.name in measured]
        coloured = [
            (kpi.name, kpi.assessment.status) for kpi in about if kpi.assessment.status in ("green", "amber", "red")
        ]
        if not coloured:
            return None
        words = state.replace("_", " ")
        if state in ("partly", "not_achieved", "contested") and all(status == "green" for _, status in coloured):
            every = "its KPI is" if len(coloured) == 1 else f"all {len(coloured)} of its KPIs are"
            return DivergenceResult(tuple(coloured), f"{every} green, and the outcome is {words}")
        red = [one for one in coloured if one[1] == "red"]
        if state == "achieved" and red:
            are = "is" if len(red) == 1 else "are"
            return DivergenceResult(
                tuple(coloured), f"{', '.join(name for name, _ in red)} {are} red, and the outcome is {words}"
            )
        return None


def failed_outcome(failed: Failed) -> OutcomeResult:
    """An outcome that the data makes impossible: present, and in error."""
    reason = failed.problems[0].message if failed.problems else "its data could not be had"
    return OutcomeResult(
        failed.name, failed.about.title, None, (), (), None, None, None, None, (), None, "error", reason, None, None,
        (), (), None, None, None, None, (), None, None, (), failed.span.place,
    )  # fmt: skip


def diverging(outcomes: Iterable[OutcomeResult]) -> Iterator[ErrorResult]:
    """A warning for each outcome whose KPIs say something else than it does."""
    for one in outcomes:
        if one.divergence is not None:
            yield ErrorResult(
                "K0703", f"outcome `{one.name}`: {one.divergence.reason}",
                "look at what the KPIs leave out, or at what the evidence does", one.at,
                (one.name, *(name for name, _ in one.divergence.kpis)),
            )  # fmt: skip
