"""Objectives checked: period, parents, policy, and their key results."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from kpidsl import calendar as c
from kpidsl.semantic import goal_model as m
from kpidsl.semantic.activity import check_only_deliveries
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.in_parts import part
from kpidsl.semantic.key_result_check import STATES, KeyResultChecker, policy_name
from kpidsl.semantic.progress_check import abandoned
from kpidsl.semantic.properties import (
    META,
    about,
    action_model,
    choice,
    each_named_once,
    every,
    look_up,
    once,
    supported,
)
from kpidsl.semantic.value_check import Around, ValueChecker
from kpidsl.semantic.windows import Invalid, window_spec
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.decl_nodes import ActionProp

OBJECTIVE_ONCE = (
    *META, g.PeriodProp, g.AmbitionProp, g.PolicyProp, g.CheckinsProp, g.MissingProp, g.AbandonedProp,
)  # fmt: skip
AMBITIONS = ("committed", "aspirational")
RELATIONS = ("contributes", "supports")
MOVING = "which period this is depends on the day it is looked at"


def fixed_period(written: x.Window, what: str, values: ValueChecker) -> m.PeriodModel:
    """The period of an objective, the horizon of an outcome: the same at every anchor. Raises `Invalid`."""
    problems, calendar = values.problems, values.calendar
    if isinstance(written, x.PeriodToDateWindow):
        problems.error("K0381", f"`period to date` is no {what}: it needs one", written.span, hint=_example(what))
        raise Invalid
    spec = window_spec(written, calendar, problems)
    if not isinstance(spec, c.Period | c.Days):
        open_ended = isinstance(spec, c.Since | c.AllTime)
        label = "it has no end" if open_ended else MOVING
        message = f"`{spec.label}` is no {what}: it is not the same at all times"
        problems.error("K0381", message, written.span, label, hint=_example(what))
        raise Invalid
    if isinstance(spec, c.Days):
        return m.PeriodModel(spec, spec.first, spec.last)
    unit, number = c.parse_period(spec.text, calendar)
    first, following = (calendar.civil(calendar.boundary(unit, at)).date() for at in (number, number + 1))
    return m.PeriodModel(spec, first, following - timedelta(days=1))


def _example(what: str) -> str:
    return f"name it: `{what} 2026-Q2`, or its days: `{what} 2026-04-01..2026-06-30`"


class ObjectiveChecker:
    """Checks one objective; `above` are those that others contribute to.

    Every property and key result is checked, whatever is wrong with the others.
    """

    def __init__(self, declared: Declared[g.ObjectiveDecl], values: ValueChecker, above: frozenset[str]) -> None:
        self.node = declared.node
        self.name = declared.name
        self.namespace = declared.namespace
        self.values = values
        self.problems = values.problems
        self.is_parent = declared.name in above

    def check(self) -> m.ObjectiveModel | None:
        """The objective, or None where something in it is wrong."""
        node, problems = self.node, self.problems
        results = [once(node, OBJECTIVE_ONCE, problems)]
        period = self.period()
        parents, fine = every(node, g.ParentProp, self.parent)
        results.append(fine and self.parents_differ())
        ambitions, fine = every(
            node, g.AmbitionProp, lambda prop: choice(prop.ambition, AMBITIONS, "ambition", problems)
        )
        results.append(fine)
        policies, fine = every(node, g.PolicyProp, lambda prop: policy_name(prop.policy, self.namespace, self.values))
        results.append(fine)
        actions, fine = every(node, ActionProp, lambda prop: action_model(prop, STATES, problems))
        results.append(fine)
        supports, fine = supported(node, self.values.names, self.namespace, "objective", problems)
        results.append(fine)
        zero, fine = every(
            node, g.MissingProp, lambda prop: choice(prop.rule, ("zero",), "value of what is missing", problems)
        )
        results.append(fine)
        left, _ = every(node, g.AbandonedProp, abandoned)
        key_results = self.key_results(period)
        ambition: Literal["committed", "aspirational"] | None = None
        if ambitions:
            ambition = "committed" if ambitions[0] == "committed" else "aspirational"
        if period is None or key_results is None or not all(results):
            return None
        if ambition != "committed":
            decls = tuple(prop for prop in node.properties if isinstance(prop, g.KeyResultDecl))
            check_only_deliveries(decls, tuple(one.aim for one in key_results), problems)
        checkins = next((prop.provider for prop in node.properties if isinstance(prop, g.CheckinsProp)), None)
        return m.ObjectiveModel(
            self.name,
            about(node),
            period,
            ambition,
            tuple(parents),
            policies[0] if policies else None,
            supports,
            checkins,
            key_results,
            tuple(actions),
            node.name.span,
            bool(zero),
            left[0] if left else None,
        )

    def period(self) -> m.PeriodModel | None:
        written = [prop for prop in self.node.properties if isinstance(prop, g.PeriodProp)]
        if not written:
            self.problems.error(
                "K0380", f"objective `{self.name}` has no period", self.node.name.span, "until when?",
                hint="add `period 2026-Q2`",
            )  # fmt: skip
            return None
        try:
            return fixed_period(written[0].period, "period", self.values)
        except Invalid:
            return None

    # ------------------------------------------------------------ key results
    def key_results(self, period: m.PeriodModel | None) -> tuple[m.KeyResultModel, ...] | None:
        """The key results, or None where one of them is wrong."""
        written = [prop for prop in self.node.properties if isinstance(prop, g.KeyResultDecl)]
        if not written and not self.is_parent:
            self.problems.warning(
                "K0382",
                f"objective `{self.name}` has no key result, so nothing tells whether it is reached",
                self.node.name.span,
                hint='add `key result NAME "…" { increase METRIC over last month by 20% }`, '
                f"or let another objective say `parent {self.node.name.text} contributes`",
            )
        fine = each_named_once([one.name for one in written], "key results", self.problems)
        # Without a period there is one problem already: it does not matter what `period to date` begins with.
        first = period.first if period is not None else date(2000, 1, 1)
        around = Around(self.namespace, period=c.Since(first, "period to date"))

        def model(one: g.KeyResultDecl) -> m.KeyResultModel | None:
            return part(lambda values: KeyResultChecker(one, self.name, period, around, values).check(), self.values)

        found = [model(one) for one in written]
        weights = [prop.weight for one in written for prop in one.properties if isinstance(prop, g.WeightProp)]
        if written and len(weights) == len(written) and not any(weights):
            place = next(prop for prop in written[0].properties if isinstance(prop, g.WeightProp))
            self.problems.warning(
                "K0394", f"all weights of objective `{self.name}` are 0, so it never has a score", place.span,
                "and so are the others" if len(written) > 1 else "", hint="give one key result a weight: `weight 1`",
            )  # fmt: skip
        models = tuple(one for one in found if one is not None)
        return models if fine and len(models) == len(written) else None

    # ------------------------------------------------------------ parents
    def parent(self, prop: g.ParentProp) -> m.ParentModel:
        names, problems = self.values.names, self.problems
        relation = choice(prop.relation, RELATIONS, "relation", problems) if prop.relation is not None else "supports"
        found = look_up(names, prop.parent, self.namespace, (g.ObjectiveDecl,), "objective", problems)
        return m.ParentModel(found.name, "contributes" if relation == "contributes" else "supports")

    def parents_differ(self) -> bool:
        written = [prop.parent for prop in self.node.properties if isinstance(prop, g.ParentProp)]
        return each_named_once(written, "parents", self.problems)
