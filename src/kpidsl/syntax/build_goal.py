"""From Lark's tree to objectives, outcomes, policies, scorecards and tests: a method a rule.

`SpecBuilder` builds them all.
"""

from __future__ import annotations

from typing import Any

from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax import test_nodes as t
from kpidsl.syntax.branches import Branch
from kpidsl.syntax.build_outcome import OutcomeBuilder
from kpidsl.syntax.expr_nodes import Quantity
from kpidsl.syntax.given import read_given
from kpidsl.syntax.node import Word


class SpecBuilder(OutcomeBuilder):
    """Builds every declaration of the language."""

    # ------------------------------------------------------------ objective
    def objective_decl(self, branch: Branch, children: list[Any]) -> g.ObjectiveDecl:
        name, title, properties, doc, span = self.headed(branch, children)
        return g.ObjectiveDecl(name, title, properties, doc, span=span)

    def period_prop(self, branch: Branch, children: list[Any]) -> g.PeriodProp:
        return g.PeriodProp(self.build(children[0]), span=self.span(branch))

    def ambition_prop(self, branch: Branch, children: list[Any]) -> g.AmbitionProp:
        return g.AmbitionProp(self.build(children[0]), span=self.span(branch))

    def parent_prop(self, branch: Branch, children: list[Any]) -> g.ParentProp:
        return g.ParentProp(self.build(children[0]), self.maybe(children[1]), span=self.span(branch))

    def policy_prop(self, branch: Branch, children: list[Any]) -> g.PolicyProp:
        return g.PolicyProp(self.build(children[0]), span=self.span(branch))

    def checkins_prop(self, branch: Branch, children: list[Any]) -> g.CheckinsProp:
        return g.CheckinsProp(self.build(children[0]), span=self.span(branch))

    def key_result_decl(self, branch: Branch, children: list[Any]) -> g.KeyResultDecl:
        name, title, properties, doc, span = self.headed(branch, children)
        return g.KeyResultDecl(name, title, properties, doc, span=span)

    def change_prop(self, branch: Branch, children: list[Any]) -> g.ChangeProp:
        direction, value, start, by, to = children
        size, relative = by.children if by is not None else (None, None)
        operator, goal = to.children if to is not None else (None, None)
        return g.ChangeProp(
            direction.value,
            self.build(value),
            self.build(start.children[-1]) if start is not None else None,
            self.maybe(size),
            relative is not None,
            operator.value if operator is not None else None,
            self.maybe(goal),
            span=self.span(branch),
        )

    def reach_prop(self, branch: Branch, children: list[Any]) -> g.ReachProp:
        value, bound, start = children
        baseline = self.build(start.children[-1]) if start is not None else None
        return g.ReachProp(self.build(value), self.build(bound), baseline, span=self.span(branch))

    def keep_prop(self, branch: Branch, children: list[Any]) -> g.KeepProp:
        return g.KeepProp(self.build(children[0]), self.build(children[1]), span=self.span(branch))

    def deliver_prop(self, branch: Branch, children: list[Any]) -> g.DeliverProp:
        return g.DeliverProp(self.all(children), span=self.span(branch))

    def deliver_item(self, branch: Branch, children: list[Any]) -> g.DeliverItem:
        title, when, weight = children
        done = self.date(when.children[0]) if when is not None and when.data == "deliver_done" else None
        due = self.date(when.children[0]) if when is not None and when.data == "deliver_due" else None
        return g.DeliverItem(
            self.build(title),
            done,
            due,
            self.number(weight) if weight is not None else None,
            span=self.span(branch),
        )

    def weight_prop(self, branch: Branch, children: list[Any]) -> g.WeightProp:
        return g.WeightProp(self.number(children[0]), span=self.span(branch))

    def due_prop(self, branch: Branch, children: list[Any]) -> g.DueProp:
        return g.DueProp(self.date(children[0]), span=self.span(branch))

    def start_prop(self, branch: Branch, children: list[Any]) -> g.StartProp:
        return g.StartProp(self.date(children[0]), span=self.span(branch))

    def path_prop(self, branch: Branch, children: list[Any]) -> g.PathProp:
        shape, steps = children
        found = self.all(steps.children) if steps is not None else ()
        return g.PathProp(self.build(shape), found, span=self.span(branch))

    def path_step(self, branch: Branch, children: list[Any]) -> g.PathStep:
        on, part = children
        return g.PathStep(self.date(on), self.percent(part), span=self.span(branch))

    def achieve_prop(self, branch: Branch, children: list[Any]) -> g.AchieveProp:
        return g.AchieveProp(tuple(self.build(one) for one in children if one is not None), span=self.span(branch))

    def achieve_at(self, branch: Branch, children: list[Any]) -> Word:
        return Word(f"at {children[0].value}", span=self.span(branch))

    def restated_prop(self, branch: Branch, children: list[Any]) -> g.RestatedProp:
        *_, start, on, why = children
        return g.RestatedProp(self.build(start), self.date(on), self.maybe(why), span=self.span(branch))

    def abandoned_prop(self, branch: Branch, children: list[Any]) -> g.AbandonedProp:
        return g.AbandonedProp(self.date(children[0]), self.maybe(children[1]), span=self.span(branch))

    def missing_prop(self, branch: Branch, children: list[Any]) -> g.MissingProp:
        return g.MissingProp(self.build(children[0]), span=self.span(branch))

    def confidence_prop(self, branch: Branch, children: list[Any]) -> g.ConfidenceProp:
        value, scale, by, on = children
        return g.ConfidenceProp(
            self.number(value),
            self.number(scale),
            self.maybe(by),
            self.date(on) if on is not None else None,
            span=self.span(branch),
        )

    # ------------------------------------------------------------ outcome
    def outcome_decl(self, branch: Branch, children: list[Any]) -> g.OutcomeDecl:
        name, title, properties, doc, span = self.headed(branch, children)
        return g.OutcomeDecl(name, title, properties, doc, span=span)

    def for_prop(self, branch: Branch, children: list[Any]) -> g.ForProp:
        return g.ForProp(self.build(children[0]), span=self.span(branch))

    def horizon_prop(self, branch: Branch, children: list[Any]) -> g.HorizonProp:
        return g.HorizonProp(self.build(children[0]), span=self.span(branch))

    def observable_prop(self, branch: Branch, children: list[Any]) -> g.ObservableProp:
        return g.ObservableProp(self.date(children[0]), span=self.span(branch))

    def levels_prop(self, branch: Branch, children: list[Any]) -> g.LevelsProp:
        for sign in children[1::2]:
            if sign.value != "<":
                self.fail(
                    "K0109", f"levels are written worst first, with `<`, not `{sign.value}`", self.span(sign),
                    hint=f"write `levels {' < '.join(one.text for one in reversed(self.all(children[::2])))}`",
                )  # fmt: skip
        return g.LevelsProp(self.all(children[::2]), span=self.span(branch))

    def success_prop(self, branch: Branch, children: list[Any]) -> g.SuccessProp:
        return g.SuccessProp(self.build(children[0]), span=self.span(branch))

    def evidence_decl(self, branch: Branch, children: list[Any]) -> g.EvidenceDecl:
        name, title, properties, doc, span = self.headed(branch, children)
        return g.EvidenceDecl(name, title, properties, doc, span=span)

    def measure_prop(self, branch: Branch, children: list[Any]) -> g.MeasureProp:
        return g.MeasureProp(self.build(children[0]), span=self.span(branch))

    def level_prop(self, branch: Branch, children: list[Any]) -> g.LevelProp:
        return g.LevelProp(self.build(children[0]), self.build(children[1]), span=self.span(branch))

    def expires_prop(self, branch: Branch, children: list[Any]) -> g.ExpiresProp:
        return g.ExpiresProp(self.build(children[0]), span=self.span(branch))

    def method_prop(self, branch: Branch, children: list[Any]) -> g.MethodProp:
        return g.MethodProp(self.build(children[0]), span=self.span(branch))

    def stakeholder_prop(self, branch: Branch, children: list[Any]) -> g.StakeholderProp:
        return g.StakeholderProp(self.build(children[0]), span=self.span(branch))

    def strength_prop(self, branch: Branch, children: list[Any]) -> g.StrengthProp:
        return g.StrengthProp(self.build(children[0]), self.whole(children[1], "a strength"), span=self.span(branch))

    def judged_prop(self, branch: Branch, children: list[Any]) -> g.JudgedProp:
        level, by, on, see = children
        return g.JudgedProp(self.build(level), self.build(by), self.date(on), self.maybe(see), span=self.span(branch))

    def judge_prop(self, branch: Branch, children: list[Any]) -> g.JudgeProp:
        return g.JudgeProp(self.all(children), span=self.span(branch))

    def need_prop(self, branch: Branch, children: list[Any]) -> g.NeedProp:
        return g.NeedProp(self.all(children), span=self.span(branch))

    def need(self, branch: Branch, children: list[Any]) -> g.Need:
        count, what = children
        number = None if count.type == "ALL" else self.whole(count, "a number of items")
        return g.Need(number, self.build(what), span=self.span(branch))

    def judge_level_prop(self, branch: Branch, children: list[Any]) -> g.JudgeLevelProp:
        if len(children) == 2:
            least, of = (self.whole(one, "a number of items") for one in children)
            return g.JudgeLevelProp(None, (least, of), span=self.span(branch))
        return g.JudgeLevelProp(self.build(children[0]), None, span=self.span(branch))

    def contested_prop(self, branch: Branch, children: list[Any]) -> g.ContestedProp:
        operator, levels = children
        return g.ContestedProp(operator.value, self.whole(levels, "a number of levels"), span=self.span(branch))

    # ------------------------------------------------------------ policy, scorecard
    def policy_decl(self, branch: Branch, children: list[Any]) -> g.PolicyDecl:
        name, title, properties, doc, span = self.headed(branch, children)
        return g.PolicyDecl(name, title, properties, doc, span=span)

    def too_early_prop(self, branch: Branch, children: list[Any]) -> g.TooEarlyProp:
        return g.TooEarlyProp(self.percent(children[0]), span=self.span(branch))

    def percent(self, token: Any) -> Quantity:
        """The number of a percentage that stands alone."""
        return Quantity(self.number(token.cut(token.value[:-1])), "%", span=self.span(token))

    def policy_rule(self, branch: Branch, children: list[Any]) -> g.PolicyRule:
        return g.PolicyRule(self.build(children[0]), self.build(children[1]), span=self.span(branch))

    def scorecard_decl(self, branch: Branch, children: list[Any]) -> g.ScorecardDecl:
        name, title, properties, doc, span = self.headed(branch, children)
        return g.ScorecardDecl(name, title, properties, doc, span=span)

    def section_decl(self, branch: Branch, children: list[Any]) -> g.SectionDecl:
        return g.SectionDecl(self.build(children[0]), self.all(children[1:]), span=self.span(branch))

    def show_prop(self, branch: Branch, children: list[Any]) -> g.ShowProp:
        return g.ShowProp(self.all(children), span=self.span(branch))

    # ------------------------------------------------------------ test
    def test_decl(self, branch: Branch, children: list[Any]) -> t.TestDecl:
        title, *properties = children
        return t.TestDecl(self.build(title), self.properties(properties), self.doc(branch), span=self.span(branch))

    def as_of_prop(self, branch: Branch, children: list[Any]) -> t.AsOfProp:
        token = children[0]
        at = self.date(token) if token.type == "DATE" else self.instant(token)
        return t.AsOfProp(at, span=self.span(branch))

    def given_prop(self, branch: Branch, children: list[Any]) -> t.GivenProp:
        source, columns, rows = read_given(self, children[0])
        return t.GivenProp(source, columns, rows, span=self.span(branch))

    def expect_prop(self, branch: Branch, children: list[Any]) -> t.ExpectProp:
        return t.ExpectProp(self.build(children[0]), span=self.span(branch))

    def expect_about_prop(self, branch: Branch, children: list[Any]) -> t.ExpectAboutProp:
        value, about, within = children
        return t.ExpectAboutProp(self.build(value), self.build(about), self.maybe(within), span=self.span(branch))

    def expect_state_prop(self, branch: Branch, children: list[Any]) -> t.ExpectStateProp:
        return t.ExpectStateProp(self.build(children[0]), self.build(children[1]), span=self.span(branch))

    def expect_undefined_prop(self, branch: Branch, children: list[Any]) -> t.ExpectUndefinedProp:
        reason: Word | None = self.maybe(children[1])
        return t.ExpectUndefinedProp(self.build(children[0]), reason, span=self.span(branch))

    def expect_signal_prop(self, branch: Branch, children: list[Any]) -> t.ExpectSignalProp:
        return t.ExpectSignalProp(self.build(children[0]), self.build(children[1]), span=self.span(branch))

    def expect_error_prop(self, branch: Branch, children: list[Any]) -> t.ExpectErrorProp:
        return t.ExpectErrorProp(self.build(children[0]), span=self.span(branch))
