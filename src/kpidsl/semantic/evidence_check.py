"""Evidence checked: measured with a bound for each level, or judged by someone on a day."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, replace
from fractions import Fraction
from functools import reduce
from itertools import pairwise

from kpidsl.diagnostics import did_you_mean
from kpidsl.semantic import outcome_model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.as_if import mentions
from kpidsl.semantic.bands import known
from kpidsl.semantic.edges import as_percentage, bound_model
from kpidsl.semantic.goal_model import PeriodModel
from kpidsl.semantic.interval_check import interval_ends, interval_model
from kpidsl.semantic.kpi_check import measures
from kpidsl.semantic.model import BoundModel, RequireModel
from kpidsl.semantic.properties import META, about, choice, each_named_once, every, once
from kpidsl.semantic.reachable import check_bound
from kpidsl.semantic.units import NUMBER, PERCENT
from kpidsl.semantic.value_check import Around, ValueChecker
from kpidsl.semantic.windowing import check_windows
from kpidsl.semantic.windows import Invalid, duration
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax import outcome_nodes as o
from kpidsl.syntax.decl_nodes import KpiDecl
from kpidsl.syntax.node import Name, Node
from kpidsl.syntax.shared_nodes import IntervalProp, RequireProp

EVIDENCE_ONCE = (
    *META, g.MeasureProp, g.JudgedProp, g.ExpiresProp, g.MethodProp, g.StakeholderProp, g.StrengthProp, g.WeightProp,
    o.RubricProp, o.InvitedProp, o.AgreementProp, IntervalProp,
)  # fmt: skip
SAID = {
    "response_rate": "invited 1_200",
    "agreement": "agreement krippendorff_alpha(…) from … over …",
    "lower_bound": "interval 95%",
    "upper_bound": "interval 95%",
}
"""What `require` may name only where it is said what that is."""
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
        horizon: PeriodModel | None,
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
        self.invited: v.Value | None = None
        self.agreement: v.Value | None = None
        self.interval: v.Interval | None = None

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
        weights, fine = every(node, g.WeightProp, self.weight)
        results.append(fine)
        invited, fine = every(node, o.InvitedProp, lambda prop: self.beside(prop.value))
        results.append(fine)
        agreement, fine = every(node, o.AgreementProp, lambda prop: self.beside(prop.value))
        results.append(fine)
        self.invited = invited[0] if invited else None
        self.agreement = agreement[0] if agreement else None
        finding: m.MeasuredModel | m.JudgedModel | None = None
        requires: tuple[RequireModel, ...] = ()
        try:
            finding, requires = self.finding()
        except Invalid:
            results.append(False)
        if finding is None or not all(results):
            return None
        named = self.values.names.named
        read = measures(finding.value) if isinstance(finding, m.MeasuredModel) else ()
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
            weights[0] if weights else Fraction(1),
            self.invited,
            self.agreement,
            tuple(dict.fromkeys(one.metric for one in read if isinstance(named[one.metric].node, KpiDecl))),
            self.interval,
        )

    def finding(self) -> tuple[m.MeasuredModel | m.JudgedModel, tuple[RequireModel, ...]]:
        """What it says, and on what condition. Raises `Invalid`."""
        node = self.node
        ways = [prop for prop in node.properties if isinstance(prop, g.MeasureProp | o.RubricProp | g.JudgedProp)]
        lines = [prop for prop in node.properties if isinstance(prop, g.LevelProp)]
        if not ways:
            self.problems.error(
                "K0412", f"evidence `{node.name.text}` is neither measured nor judged", node.name.span,
                hint='add `measure METRIC over last 12 months`, or `judged good by "who" on 2026-02-01`',
            )  # fmt: skip
            raise Invalid
        first, *more = ways
        if more:
            self.problems.error(
                "K0412", f"evidence `{node.name.text}` is {_way(first)} and {_way(more[0])}", more[0].span,
                f"{_way(more[0])} here", also=[(first.span, f"{_way(first)} here")],
                hint="make two items of evidence of it",
            )  # fmt: skip
            raise Invalid
        self.only_rubrics(first)
        if isinstance(first, g.JudgedProp):
            self.only_measured(lines)
            return self.judged(first), ()
        if not lines:
            self.problems.error(
                "K0412", f"evidence `{node.name.text}` does not say what its number means", first.span, "which level?",
                hint=f"add a bound for each level: `level {self.levels[-1] if self.levels else 'good'} >= 70%`",
            )  # fmt: skip
            raise Invalid
        return self.measured(first, lines)

    def only_rubrics(self, way: g.MeasureProp | o.RubricProp | g.JudgedProp) -> None:
        """Criteria stand with a rubric, and a rubric has some. Raises `Invalid`."""
        criteria = [prop for prop in self.node.properties if isinstance(prop, o.CriterionProp)]
        if criteria and not isinstance(way, o.RubricProp):
            self.values.stop(
                "K0430", "a `criterion` stands with a `rubric`, and this evidence has none", criteria[0].span,
                "add `rubric avg(score) from ratings over last 12 months by criterion`",
            )  # fmt: skip
        if not criteria and isinstance(way, o.RubricProp):
            self.values.stop(
                "K0430", "this rubric has no criterion", way.span,
                f'name each {way.by.text} that counts: `criterion "depth" weight 2`',
            )  # fmt: skip

    def only_measured(self, lines: list[g.LevelProp]) -> None:
        """A judgement has neither bounds nor rows. Raises `Invalid`."""
        kinds = (RequireProp, o.InvitedProp, o.AgreementProp, IntervalProp)
        others = [prop for prop in self.node.properties if isinstance(prop, kinds)]
        for prop in (*lines, *others):
            word = prop.span.text.split()[0]
            self.problems.error(
                "K0412", f"`{word}` stands with what is measured, and this evidence is judged", prop.span,
                hint="leave it out, or add `measure …` in place of `judged …`",
            )  # fmt: skip
        if lines or others:
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
    def weight(self, prop: g.WeightProp) -> Fraction:
        if prop.weight <= 0:
            self.values.stop(
                "K0433", "evidence that weighs nothing decides nothing", prop.span,
                "give it a weight above 0, or take the evidence out",
            )  # fmt: skip
        return Fraction(prop.weight)

    def beside(self, node: x.Expr) -> v.Value:
        """A number beside the item's own, in a window of its own. Raises `Invalid`."""
        value = self.values.number(node, self.around)
        check_windows(value, node, self.problems)
        return value

    def rubric(self, prop: o.RubricProp) -> tuple[v.Value, tuple[m.CriterionModel, ...]]:
        """The weighted mean of a value over some members of a dimension, and each of these. Raises `Invalid`."""
        written = [one for one in self.node.properties if isinstance(one, o.CriterionProp)]
        each_named_once([Name(one.member.value, span=one.member.span) for one in written], "criteria", self.problems)
        found: list[tuple[str, Fraction, v.Value]] = []
        for one in written:
            weight = Fraction(1) if one.weight is None else Fraction(one.weight)
            if weight <= 0:
                self.values.stop("K0433", "a criterion that weighs nothing decides nothing", one.span, "take it out")
            is_it = x.Compare("==", x.NameRef(prop.by.text, span=prop.by.span), one.member, span=one.member.span)
            around = replace(self.around, filters=((is_it, self.around.namespace),))
            found.append((one.member.value, weight, self.values.number(prop.value, around)))
        total = sum((weight for _, weight, _ in found), Fraction(0))
        parts: list[v.Value] = [
            v.Converted(replace(value.info, kind="mean"), value, weight / total) for _, weight, value in found
        ]
        whole = reduce(lambda a, b: v.Operation(a.info, "+", a, b), parts[1:], parts[0])
        return whole, tuple(m.CriterionModel(*one) for one in found)

    def measured(
        self, prop: g.MeasureProp | o.RubricProp, lines: list[g.LevelProp]
    ) -> tuple[m.MeasuredModel, tuple[RequireModel, ...]]:
        criteria: tuple[m.CriterionModel, ...] = ()
        value: v.Value
        try:
            if isinstance(prop, o.RubricProp):
                value, criteria = self.rubric(prop)
            else:
                value = self.values.number(prop.value, self.around)
            check_windows(value, prop.value, self.problems)
        except Invalid:
            self.beside_the_measure(lines)
            raise
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
        intervals, fitting = every(self.node, IntervalProp, lambda prop: interval_model(prop, value, self.problems))
        self.interval = intervals[0] if intervals else None
        requires, sound = self.requires(value)
        fine = fine and fitting
        if not fine or not sound:
            raise Invalid
        if self.levels:
            found.sort(key=lambda one: -self.levels.index(one[0].level))
            self.in_order(found)
        value = as_percentage(value, tuple(one.bound.low for one, _ in found))
        return m.MeasuredModel(value, tuple(one for one, _ in found), criteria), requires

    def beside_the_measure(self, lines: list[g.LevelProp]) -> None:
        """Check what has a meaning of its own where what is measured has none."""
        for line in lines:
            with suppress(Invalid):
                level_name(line.level, self.levels, self.values)
        counted = Around(self.around.namespace, local={"n": v.RowCount(v.Info(NUMBER, "flow"))})
        for prop in self.node.properties:
            for node in prop.conditions if isinstance(prop, RequireProp) else ():
                if not mentions(node, ("value", *SAID)):
                    with suppress(Invalid):
                        check_windows(self.values.condition(node, counted), node, self.problems)

    def known(self, value: v.Value) -> dict[str, v.Value]:
        """What `require` may name."""
        count = v.RowCount(v.Info(NUMBER, "flow"))
        found: dict[str, v.Value] = {"value": value, "n": count}
        if self.invited is not None:
            found["response_rate"] = v.Operation(v.Info(PERCENT, "ratio"), "/", count, self.invited)
        if self.agreement is not None:
            found["agreement"] = self.agreement
        return found | (interval_ends(value, self.interval) if self.interval is not None else {})

    def requires(self, value: v.Value) -> tuple[tuple[RequireModel, ...], bool]:
        around = Around(self.around.namespace, local=self.known(value))
        found: list[RequireModel] = []
        fine = True
        for prop in self.node.properties:
            for node in prop.conditions if isinstance(prop, RequireProp) else ():
                try:
                    self.all_said(node, around)
                    condition = self.values.condition(node, around)
                    self.values.single(condition, node.span)
                    check_windows(condition, node, self.problems)
                    found.append(RequireModel(condition, " ".join(node.span.text.split())))
                except Invalid:
                    fine = False
        return tuple(found), fine

    def all_said(self, node: x.Expr, around: Around) -> None:
        """Whether everything that a requirement names is known. Raises `Invalid`."""
        for name in _names(node):
            if name.name in SAID and name.name not in around.local:
                self.values.stop(
                    "K0432", f"nothing says what `{name.name}` is", name.span,
                    f"add `{SAID[name.name]}` to the evidence",
                )  # fmt: skip

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


def _way(prop: g.MeasureProp | o.RubricProp | g.JudgedProp) -> str:
    return {g.MeasureProp: "measured", o.RubricProp: "rated by a rubric", g.JudgedProp: "judged"}[type(prop)]


def _names(node: Node) -> list[x.NameRef]:
    """The names in an expression."""
    if isinstance(node, x.NameRef):
        return [node]
    inside = [getattr(node, field.name) for field in fields(node) if field.name != "span"]
    parts = [one for part in inside for one in (part if isinstance(part, tuple) else (part,))]
    return [name for one in parts if isinstance(one, Node) for name in _names(one)]


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
