"""Outcomes checked: levels, horizon, evidence, and how much of it is enough."""

from __future__ import annotations

from datetime import date

from kpidsl.semantic import outcome_model as m
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.evidence_check import EvidenceChecker, level_name
from kpidsl.semantic.goal_model import PeriodModel
from kpidsl.semantic.in_parts import part
from kpidsl.semantic.judge_check import JudgeChecker
from kpidsl.semantic.objective_check import fixed_period
from kpidsl.semantic.properties import META, about, choice, each_named_once, every, once, supported
from kpidsl.semantic.value_check import ValueChecker
from kpidsl.semantic.windows import Invalid
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax import outcome_nodes as o

OUTCOME_ONCE = (
    *META, g.ForProp, g.HorizonProp, g.ObservableProp, g.LevelsProp, g.SuccessProp, g.JudgeProp,
)  # fmt: skip
"""What part the work had in a change, the weakest claim first."""


class OutcomeChecker:
    """Checks one outcome. Every property and item of evidence is checked, whatever is wrong with the others."""

    def __init__(self, declared: Declared[g.OutcomeDecl], values: ValueChecker) -> None:
        self.node = declared.node
        self.name = declared.name
        self.namespace = declared.namespace
        self.values = values
        self.problems = values.problems

    def check(self) -> m.OutcomeModel | None:
        """The outcome, or None where something in it is wrong."""
        node, problems = self.node, self.problems
        results = [once(node, OUTCOME_ONCE, problems), self.is_whole()]
        levels = self.levels()
        successes, fine = every(node, g.SuccessProp, lambda prop: level_name(prop.level, levels, self.values))
        results.append(fine and self.is_above_lowest(successes, levels))
        horizons, fine = every(node, g.HorizonProp, lambda prop: fixed_period(prop.horizon, "horizon", self.values))
        results.append(fine)
        horizon = horizons[0] if horizons else None
        observables, fine = every(node, g.ObservableProp, lambda prop: self.observable(prop, horizon))
        results.append(fine)
        supports, fine = supported(node, self.values.names, self.namespace, "outcome", problems)
        results.append(fine)
        written = [prop for prop in node.properties if isinstance(prop, g.EvidenceDecl)]
        results.append(each_named_once([one.name for one in written], "items of evidence", problems))

        def model(one: g.EvidenceDecl) -> m.EvidenceModel | None:
            return part(
                lambda values: EvidenceChecker(one, self.name, levels, horizon, self.namespace, values).check(),
                self.values,
            )

        found = [model(one) for one in written]
        evidence = tuple(one for one in found if one is not None)
        results.append(len(evidence) == len(written))
        judges, fine = every(node, g.JudgeProp, JudgeChecker(written, levels, self.values).check)
        results.append(fine)
        overrides, fine = every(node, o.OverrideProp, lambda prop: self.override(prop, levels))
        results.append(fine)
        claims, fine = every(node, o.ContributionProp, self.contribution)
        results.append(fine)
        if not all(results) or not levels or not successes:
            return None
        self.unreachable(evidence, levels, successes[0])
        for_whom = [name.text for prop in node.properties if isinstance(prop, g.ForProp) for name in prop.names]
        return m.OutcomeModel(
            self.name,
            about(node),
            tuple(for_whom),
            supports,
            horizon,
            observables[0] if observables else None,
            levels,
            successes[0],
            evidence,
            judges[0] if judges else m.JudgeModel(),
            node.name.span,
            tuple(overrides),
            tuple(claims),
        )

    def is_whole(self) -> bool:
        """Whether everything is there that a judgement needs."""
        wanted = (
            (g.LevelsProp, "`levels`", "levels poor < adequate < good"),
            (g.SuccessProp, "`success`", "success good"),
            (g.EvidenceDecl, "`evidence`", 'evidence NAME "…" { measure …; level good >= 70% }'),
        )
        there = {type(prop) for prop in self.node.properties}
        missing = [(word, example) for kind, word, example in wanted if kind not in there]
        if missing:
            words = " and no ".join(word for word, _ in missing)
            self.problems.error(
                "K0410", f"outcome `{self.name}` has no {words}", self.node.name.span,
                hint=f"add {', '.join(f'`{example}`' for _, example in missing)}",
            )  # fmt: skip
        return not missing

    # ------------------------------------------------------------ levels
    def levels(self) -> tuple[str, ...]:
        """The levels, worst first; none where they are not declared."""
        prop = next((prop for prop in self.node.properties if isinstance(prop, g.LevelsProp)), None)
        if prop is None:
            return ()
        each_named_once(prop.levels, "levels called", self.problems)
        return tuple(dict.fromkeys(name.text for name in prop.levels))

    def is_above_lowest(self, successes: list[str], levels: tuple[str, ...]) -> bool:
        if not successes or successes[0] not in levels[:1]:
            return True
        prop = next(prop for prop in self.node.properties if isinstance(prop, g.SuccessProp))
        self.problems.error(
            "K0413", f"`{successes[0]}` is the lowest level, so this outcome cannot fail", prop.span,
            hint=f"levels stand worst first: write `success {levels[-1]}`, or turn `levels` round",
        )  # fmt: skip
        return False

    def unreachable(self, evidence: tuple[m.EvidenceModel, ...], levels: tuple[str, ...], success: str) -> None:
        """Warn of levels that no evidence can give. Judgements are facts: they need not name every level."""
        measured = [one.finding for one in evidence if isinstance(one.finding, m.MeasuredModel)]
        if not measured:
            return
        given = {line.level for one in measured for line in one.levels}
        given |= {one.finding.level for one in evidence if isinstance(one.finding, m.JudgedModel)}
        prop = next(prop for prop in self.node.properties if isinstance(prop, g.LevelsProp))
        best = max((levels.index(level) for level in given), default=0)
        for name in prop.levels[1:]:
            if name.text not in given:
                fails = best < levels.index(name.text) <= levels.index(success)
                self.problems.warning(
                    "K0414", f"no evidence can reach `{name.text}`", name.span,
                    "so this outcome is never achieved" if fails else "no item of evidence says when it is",
                    hint=f"add `level {name.text} >= …` to the evidence, or leave it out of `levels`",
                )  # fmt: skip

    # ------------------------------------------------------------ when
    def observable(self, prop: g.ObservableProp, horizon: PeriodModel | None) -> date:
        if horizon is not None and not horizon.first <= prop.start <= horizon.last:
            where = "before the horizon begins" if prop.start < horizon.first else "after the horizon is over"
            place = next(one for one in self.node.properties if isinstance(one, g.HorizonProp))
            self.problems.error(
                "K0418", f"this is first observable {where}", prop.span,
                also=[(place.span, f"from {horizon.first} to {horizon.last}")], hint="mend one of the two",
            )  # fmt: skip
            raise Invalid
        return prop.start

    # ------------------------------------------------------------ what people say of it
    def override(self, prop: o.OverrideProp, levels: tuple[str, ...]) -> m.OverrideModel:
        level = level_name(prop.level, levels, self.values)
        return m.OverrideModel(level, prop.by.value, prop.on, prop.why.value if prop.why is not None else None)

    def contribution(self, prop: o.ContributionProp) -> m.ContributionModel:
        claim = choice(prop.claim, m.CLAIMS, "claim of a contribution", self.problems)
        return m.ContributionModel(claim, prop.by.value, prop.on, prop.see.value if prop.see is not None else None)
