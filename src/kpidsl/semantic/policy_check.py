"""Policies checked: when a key result is too early to tell, on track, at risk, off track."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Literal

from kpidsl.semantic import goal_model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.properties import META, about, choice, each_named_once, once
from kpidsl.semantic.units import NUMBER, PERCENT
from kpidsl.semantic.value_check import Around, ValueChecker
from kpidsl.semantic.windows import Invalid
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.node import Name

STATES: tuple[Literal["on_track", "at_risk", "off_track"], ...] = ("on_track", "at_risk", "off_track")
STANDINGS: dict[str, v.Value] = {
    "progress": m.Standing(v.Info(PERCENT, "ratio"), "progress"),
    "expected": m.Standing(v.Info(PERCENT, "ratio"), "expected"),
    "elapsed": m.Standing(v.Info(PERCENT, "ratio"), "elapsed"),
    "attainment": m.Standing(v.Info(PERCENT, "ratio"), "attainment"),
    "pace": m.Standing(v.Info(NUMBER, "ratio"), "pace"),
}
MIRRORED = {">=": "<=", ">": "<", "<=": ">=", "<": ">"}


class PolicyChecker:
    """Checks one policy. Every rule is checked, whatever is wrong with the others."""

    def __init__(self, declared: Declared[g.PolicyDecl], values: ValueChecker) -> None:
        self.node = declared.node
        self.name = declared.name
        self.around = Around(declared.namespace, local=STANDINGS)
        self.values = values
        self.problems = values.problems

    def check(self) -> m.PolicyModel | None:
        """The policy, or None where something in it is wrong."""
        node = self.node
        fine = once(node, (*META, g.TooEarlyProp), self.problems)
        written = [prop for prop in node.properties if isinstance(prop, g.PolicyRule)]
        words = [Name(one.state.text, span=one.state.span) for one in written]
        fine = each_named_once(words, "rules for", self.problems) and fine
        rules: list[m.PolicyRuleModel] = []
        for prop in written:
            try:
                rules.append(self.rule(prop))
            except Invalid:
                fine = False
        early = next((prop for prop in node.properties if isinstance(prop, g.TooEarlyProp)), None)
        before = Fraction(0) if early is None else Fraction(early.before.number) / 100
        if early is not None and before > 1:
            self.problems.error(
                "K0422", f"at {early.before.span.text} elapsed the period is over: this is always too early",
                early.span, hint="write a part of the period: `too_early before 10% elapsed`",
            )  # fmt: skip
            fine = False
        if not written:
            self.problems.error(
                "K0420", f"policy `{self.name}` does not say when anything is on track", node.name.span,
                hint="add `on_track progress >= 95% of expected`",
            )  # fmt: skip
            fine = False
        if not fine:
            return None
        rules.sort(key=lambda rule: STATES.index(rule.state))
        if not self.in_order(rules):
            return None
        return m.PolicyModel(self.name, about(node), before, tuple(rules), node.name.span)

    def rule(self, prop: g.PolicyRule) -> m.PolicyRuleModel:
        state = choice(prop.state, STATES, "state that a policy gives", self.problems)
        condition = self.values.condition(prop.condition, self.around)
        self.values.single(condition, prop.condition.span)
        if not _standings(condition) or v.aggregates(condition):
            known = ", ".join(f"`{name}`" for name in STANDINGS)
            self.problems.error(
                "K0421", "a policy judges by how a key result stands, and by nothing else", prop.condition.span,
                hint=f"use {known}: `{state} progress >= 95% of expected`",
            )  # fmt: skip
            raise Invalid
        kept = next(one for one in STATES if one == state)
        return m.PolicyRuleModel(kept, condition, " ".join(prop.condition.span.text.split()))

    def in_order(self, rules: list[m.PolicyRuleModel]) -> bool:
        """Whether a worse state can ever come up: its bound on the same thing is the looser one."""
        fine = True
        for better, worse in pairwise(rules):
            a, b = _bound(better.condition), _bound(worse.condition)
            if a is None or b is None or a[:3] != b[:3]:
                continue
            covered = b[3] >= a[3] if a[1] == ">" else b[3] <= a[3]
            if covered:
                place = {prop.state.text: prop for prop in self.node.properties if isinstance(prop, g.PolicyRule)}
                self.problems.error(
                    "K0422",
                    f"nothing is ever `{worse.state}`: whatever holds this is `{better.state}`",
                    place[worse.state].span,
                    also=[(place[better.state].span, f"`{better.state}`")],
                    hint="the worse state has the looser bound: mend one of them",
                )
                fine = False
        return fine


def _standings(value: v.Value) -> tuple[v.Value, ...]:
    own = (value,) if isinstance(value, m.Standing) else ()
    return own + tuple(found for part in v.parts(value) for found in _standings(part))


def _bound(condition: v.Value) -> tuple[v.Value, str, v.Value | None, Fraction] | None:
    """A condition `A >= f·B`, `A >= c` as (A, direction, B or None, f or c); None for any other."""
    if not isinstance(condition, v.Operation) or condition.operator not in MIRRORED:
        return None
    left, right, sign = condition.left, condition.right, condition.operator[0]
    if isinstance(left, v.Number):
        left, right, sign = right, left, MIRRORED[condition.operator][0]
    match right:
        case v.Number(number=number):
            return left, sign, None, number
        case v.Converted(operand=operand, factor=factor):
            return left, sign, operand, factor
        case _:
            return left, sign, right, Fraction(1)
