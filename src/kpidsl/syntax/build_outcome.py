"""From Lark's tree to what is said of evidence and judgement: a method a rule."""

from __future__ import annotations

from typing import Any

from kpidsl.syntax import outcome_nodes as o
from kpidsl.syntax.branches import Branch
from kpidsl.syntax.build_decl import DeclBuilder


class OutcomeBuilder(DeclBuilder):
    """Builds the properties of `outcome_nodes`."""

    def rubric_prop(self, branch: Branch, children: list[Any]) -> o.RubricProp:
        return o.RubricProp(self.build(children[0]), self.build(children[1]), span=self.span(branch))

    def criterion_prop(self, branch: Branch, children: list[Any]) -> o.CriterionProp:
        member, weight = children
        number = self.number(weight) if weight is not None else None
        return o.CriterionProp(self.build(member), number, span=self.span(branch))

    def invited_prop(self, branch: Branch, children: list[Any]) -> o.InvitedProp:
        return o.InvitedProp(self.build(children[0]), span=self.span(branch))

    def agreement_prop(self, branch: Branch, children: list[Any]) -> o.AgreementProp:
        return o.AgreementProp(self.build(children[0]), span=self.span(branch))

    def cap_prop(self, branch: Branch, children: list[Any]) -> o.CapProp:
        level, subject, operator, against = children
        is_number = getattr(against, "type", None) == "NUMBER"
        held = self.number(against) if is_number else self.build(against)
        return o.CapProp(self.build(level), self.build(subject), operator.value, held, span=self.span(branch))

    def hurdle_prop(self, branch: Branch, children: list[Any]) -> o.HurdleProp:
        subject, operator, level = children
        return o.HurdleProp(self.build(subject), operator.value, self.build(level), span=self.span(branch))

    def override_prop(self, branch: Branch, children: list[Any]) -> o.OverrideProp:
        level, by, on, why = children
        return o.OverrideProp(self.build(level), self.build(by), self.date(on), self.maybe(why), span=self.span(branch))

    def contribution_prop(self, branch: Branch, children: list[Any]) -> o.ContributionProp:
        claim, by, on, see = children
        return o.ContributionProp(
            self.build(claim), self.build(by), self.date(on), self.maybe(see), span=self.span(branch)
        )
