"""Evidence checked: measured with a bound for each level, or judged by someone on a day."""

from __future__ import annotations

from itertools import pairwise

from kpidsl.diagnostics import did_you_mean
from kpidsl.semantic import goal_model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.bands import known
from kpidsl.semantic.edges import as_percentage, bound_model
from kpidsl.semantic.model import BoundModel, RequireModel
from kpidsl.semantic.properties import META, about, choice, every, once
from kpidsl.semantic.reachable import check_bound
from kpidsl.semantic.units import NUMBER
from kpidsl.semantic.value_check import Around, ValueChecker
from kpidsl.semantic.windowing import check_windows
from kpidsl.semantic.windows import Invalid, duration
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.node import Name
from kpidsl.syntax.shared_nodes import RequireProp

EVIDENCE_ONCE = (*META, g.MeasureProp, g.JudgedProp, g.ExpiresProp, g.MethodProp, g.StakeholderProp, g.StrengthProp)
STRENGTHS = {"nesta": 5, "maryland": 5}


def level_name(name: Name, levels: tuple[str, ...], values: ValueChecker) -> str:
    """One of the outcome's levels. Raises `Invalid` for another."""
    if levels and name.text not in levels:
        listed = " < ".join(levels)
        values.problems.error(
            "K0411", f"`{name.text}` is none of the outcome's levels", name.span, f"they are {listed}",
            hint=did_you_mean(name.text, levels) or f"use one of {', '.join(levels)}, or add it to `levels`",
        )  # fmt: skip
        raise Invalid
    return name.text


class EvidenceChecker:
    """Checks one item of evidence. Every property is checked, whatever is wrong with the others."""

    def __init__(
        self,
        node: g.EvidenceDecl,
        outcome: str,
        levels: tuple[str, ...],
        horizon: m.PeriodModel | None,
        namespace: str,
        values: ValueChecker,
    ) -> None:
        self.node = node
        self.name = f"{outcome}.{node.name.text}"
        self.levels = levels
        self.horizon = horizon
        self.around = Around(namespace)
        self.values = values
        self.problems = values.problems

    def check(self) -> m.EvidenceModel | None:
        """The evidence, or None where something in it is wrong."""
        node, problems = self.node, self.problems
        results = [once(node, EVIDENCE_ONCE, problems)]
        expires, fine = every(node, g.ExpiresProp, lambda prop: duration(prop.after, problems))
        results.append(fine)
        strengths, fine = every(node, g.StrengthProp, self.strength)
        results.append(fine)
        methods = [prop.method.text for prop in node.properties if isinstance(prop, g.MethodProp)]
        stakeholders = [prop.stakeholder.text for prop in node.properties if isinstance(prop, g.StakeholderProp)]
        finding: m.MeasuredModel | m.JudgedModel | None = None
        requires: tuple[RequireModel, ...] = ()
        try:
            finding, requires = self.finding()
        except Invalid:
            results.append(False)
        if finding is None or not all(results):
            return None
        return m.EvidenceModel(
            self.name,
            about(node),
            finding,
            requires,
            expires[0] if expires else None,
            methods[0] if methods else None,
            stakeholders[0] if stakeholders else None,
            strengths[0] if strengths else None,
            node.name.span,
        )

    def finding(self) -> tuple[m.MeasuredModel | m.JudgedModel, tuple[RequireModel, ...]]:
        """What it says, and on what condition. Raises `Invalid`."""
        measure = next((prop for prop in self.node.properties if isinstance(prop, g.MeasureProp)), None)
        judged = next((prop for prop in self.node.properties if isinstance(prop, g.JudgedProp)), None)
        lines = [prop for prop in self.node.properties if isinstance(prop, g.LevelProp)]
        name = self.node.name
        if measure is None and judged is None:
            self.problems.error(
                "K0412", f"evidence `{name.text}` is neither measured nor judged", name.span,
                hint='add `measure METRIC over last 12 months`, or `judged good by "who" on 2026-02-01`',
            )  # fmt: skip
            raise Invalid
        if measure is not None and judged is not None:
            self.problems.error(
                "K0412", f"evidence `{name.text}` is both measured and judged", judged.span, "judged here",
                also=[(measure.span, "measured here")], hint="make two items of evidence of it",
            )  # fmt: skip
            raise Invalid
        if judged is not None:
            self.only_measured(lines)
            return self.judged(judged), ()
        assert measure is not None
        if not lines:
            self.problems.error(
                "K0412", f"evidence `{name.text}` does not say what its number means", measure.span, "which level?",
                hint=f"add a bound for each level: `level {self.levels[-1] if self.levels else 'good'} >= 70%`",
            )  # fmt: skip
            raise Invalid
        return self.measured(measure, lines)

    def only_measured(self, lines: list[g.LevelProp]) -> None:
        """A judgement has neither bounds nor rows. Raises `Invalid`."""
        requires = [prop for prop in self.node.properties if isinstance(prop, RequireProp)]
        for prop in (*lines, *requires):
            word = "level" if isinstance(prop, g.LevelProp) else "require"
            self.problems.error(
                "K0412", f"`{word}` stands with what is measured, and this evidence is judged", prop.span,
                hint="leave it out, or add `measure …` in place of `judged …`",
            )  # fmt: skip
        if lines or requires:
            raise Invalid

    # ------------------------------------------------------------ judged
    def judged(self, prop: g.JudgedProp) -> m.JudgedModel:
        level = level_name(prop.level, self.levels, self.values)
        if self.horizon is not None and prop.on < self.horizon.first:
            self.problems.warning(
                "K0419", "this was judged before the outcome's horizon begins", prop.span,
                f"the horizon begins on {self.horizon.first}",
                hint="what was so before is no evidence of a change: mend the date or the horizon",
            )  # fmt: skip
        return m.JudgedModel(level, prop.by.value, prop.on, prop.see.value if prop.see is not None else None)

    def strength(self, prop: g.StrengthProp) -> m.StrengthModel:
        scale = choice(prop.scale, STRENGTHS, "scale of strength", self.problems)
        most = STRENGTHS[scale]
        if not 1 <= prop.value <= most:
            self.values.stop(
                "K0416", f"the {scale} scale goes from 1 to {most}, and this says {prop.value}", prop.span,
                f"write a number from 1 to {most}",
            )  # fmt: skip
        return m.StrengthModel("nesta" if scale == "nesta" else "maryland", prop.value)

    # ------------------------------------------------------------ measured
    def measured(
        self, prop: g.MeasureProp, lines: list[g.LevelProp]
    ) -> tuple[m.MeasuredModel, tuple[RequireModel, ...]]:
        value = self.values.number(prop.value, self.around)
        check_windows(value, prop.value, self.problems)
        found: list[tuple[m.LevelModel, g.LevelProp]] = []
        fine = True
        seen: dict[str, g.LevelProp] = {}
        for line in lines:
            try:
                level = level_name(line.level, self.levels, self.values)
                if level in seen:
                    self.problems.error(
                        "K0201", f"the level `{level}` has two bounds", line.span, "again here",
                        also=[(seen[level].span, "first here")], hint="keep one",
                    )  # fmt: skip
                    raise Invalid
                seen[level] = line
                bound = bound_model(line.bound, value, self.around, self.values, self.node.name)
                low, high = known(bound.low), known(bound.high)
                if low is not None and high is not None and low > high:
                    self.values.stop(
                        "K0351", "this range is empty: it ends below where it starts", line.span, "turn it round"
                    )
                check_bound(bound, value, f"the level `{level}`", self.values)
                found.append((m.LevelModel(level, bound), line))
            except Invalid:
                fine = False
        requires, sound = self.requires(value)
        if not fine or not sound:
            raise Invalid
        if self.levels:
            found.sort(key=lambda one: -self.levels.index(one[0].level))
            self.in_order(found)
        value = as_percentage(value, tuple(one.bound.low for one, _ in found))
        return m.MeasuredModel(value, tuple(one for one, _ in found)), requires

    def requires(self, value: v.Value) -> tuple[tuple[RequireModel, ...], bool]:
        around = Around(self.around.namespace, local={"value": value, "n": v.RowCount(v.Info(NUMBER, "flow"))})
        found: list[RequireModel] = []
        fine = True
        for prop in self.node.properties:
            for node in prop.conditions if isinstance(prop, RequireProp) else ():
                try:
                    condition = self.values.condition(node, around)
                    self.values.single(condition, node.span)
                    check_windows(condition, node, self.problems)
                    found.append(RequireModel(condition, " ".join(node.span.text.split())))
                except Invalid:
                    fine = False
        return tuple(found), fine

    def in_order(self, found: list[tuple[m.LevelModel, g.LevelProp]]) -> None:
        """A higher level asks for more than every lower one. `found`: best first. Raises `Invalid`."""
        # What is said of the lowest level decides nothing: it is what a value has that meets no line.
        counted = [one for one in found if one[0].level != self.levels[0]]
        fine = True
        for (better, above), (worse, below) in pairwise(counted):
            a, b = better.bound, worse.bound
            if (a.operator or "..")[0] != (b.operator or "..")[0]:
                if a.operator is None or b.operator is None:
                    continue
                message = f"`{better.level}` and `{worse.level}` look different ways"
                hint = "give both the same sign: `>=` where more is better, `<=` where less is"
            elif _asks_more(a, b) is False:
                message = f"`{better.level}` asks for no more than `{worse.level}`, so `{worse.level}` is never given"
                hint = "a higher level has the stricter bound: mend one of them"
            else:
                continue
            self.problems.error("K0413", message, above.span, also=[(below.span, "the lower level")], hint=hint)
            fine = False
        if not fine:
            raise Invalid


def _asks_more(better: BoundModel, worse: BoundModel) -> bool | None:
    """Whether the bound of a better level is stricter; None where that needs data."""
    a, b = known(better.low), known(worse.low)
    if a is None or b is None:
        return None
    if better.operator is None:
        top_a, top_b = known(better.high), known(worse.high)
        if top_a is None or top_b is None:
            return None
        return a >= b and top_a <= top_b and (a, top_a) != (b, top_b)
    if a == b:
        return "=" not in better.operator and worse.operator is not None and "=" in worse.operator
    return a > b if better.operator[0] == ">" else a < b
