"""The state of a key result, and why: abandoned → not_started → error → achieved or missed for good → no_data → stale →
achieved, missed → too_early → what its policy says.
"""

from __future__ import annotations

from kpidsl.assess.numbers import said, share_said
from kpidsl.assess.policies import Policy
from kpidsl.assess.reaching import Reaching
from kpidsl.assess.status import in_words, why
from kpidsl.assess.way import calc, constant, number
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.records import dataclass
from kpidsl.semantic import goal_model as g


@dataclass(frozen=True, slots=True)
class Situation:
    """A key result whose figures are known. `stale` says which of its sources have not been heard of for too long,
    `abandoned` why it was given up.
    """

    reaching: Reaching
    policy: Policy
    is_begun: bool
    stale: str | None
    abandoned: str | None

    def state(self) -> tuple[str, str]:
        one = self.reaching
        if self.abandoned is not None:
            return "abandoned", self.abandoned
        if not self.is_begun:
            return "not_started", f"it starts on {one.model.first}"
        target = one.target.missing if one.target is not None else None
        parts = (one.figures.get("value"), one.figures.get("baseline"), target)
        missing = [part for part in parts if isinstance(part, Missing)]
        failed = [part for part in missing if part.reason == "source_error"]
        if failed:
            return "error", why(*failed)
        settled = None if self.changes_nothing else one.settled()
        if settled is not None:
            return settled
        nothing = self.nothing(missing)
        if nothing is not None:
            return "no_data", nothing
        if self.stale is not None:
            return "stale", self.stale
        return one.decided() or self.paced()

    def nothing(self, missing: list[Missing]) -> str | None:
        """Why there is nothing to judge."""
        figures = self.reaching.figures
        if missing:
            first = missing[0]
            of = next((name for name in ("value", "baseline") if first is figures.get(name)), "target")
            return in_words(first.reason) if of == "value" else f"the {of}: {in_words(first.reason)}"
        aim = self.reaching.model.aim
        if isinstance(figures["progress_raw"], Scalar):
            return None
        if isinstance(aim, g.DeliverModel):
            return "all of its weights are 0"
        return "the baseline is 0, and any part of that is no change" if self.changes_nothing else None

    @property
    def changes_nothing(self) -> bool:
        """Whether the target is a part more or less than a baseline of 0: no day can meet or miss it."""
        one, aim = self.reaching, self.reaching.model.aim
        is_relative = isinstance(aim, g.ChangeModel) and aim.delta is not None and aim.delta.measure == "relative"
        return is_relative and one.plan.target is None and number(one.figures["baseline"]) == 0

    def paced(self) -> tuple[str, str]:
        """What the policy says; a target met from the start is only to be held."""
        one, figures = self.reaching, self.reaching.figures
        if isinstance(figures["progress_raw"], Missing):
            state = "on_track" if one.is_reached_now else "off_track"
            return state, f"{one.words}; the baseline of {one.baseline} met it already"
        is_keep = isinstance(one.model.aim, g.KeepModel)
        past = number(figures["elapsed"])
        assert past is not None
        if not is_keep and past < self.policy.too_early:
            begins = said(self.policy.too_early, "%")
            return "too_early", f"{share_said(past)} of the time has passed; {self.policy.name} judges from {begins} on"
        progress, expected = figures["progress"], figures["expected"]
        verdict = self.policy.judge(
            {
                "progress": progress,
                "expected": expected,
                "elapsed": constant(1) if is_keep else figures["elapsed"],  # what is kept is due at any time
                "attainment": figures.get("attainment", Missing("no_target")),
                "pace": calc("/", progress, expected) if number(expected) else Missing("too_early"),
            }
        )
        return verdict.state, one.words if is_keep else f"{one.way}; {verdict.rule}"
