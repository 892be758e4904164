"""Key results checked: what is to change, how its progress is measured, when and with what weight."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Literal, assert_never

from kpidsl.semantic import goal_model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.activity import check_activity
from kpidsl.semantic.bands import known
from kpidsl.semantic.change_check import ChangeChecker
from kpidsl.semantic.edges import as_percentage, bound_model, edge_in_unit, written
from kpidsl.semantic.model import BoundModel
from kpidsl.semantic.progress_check import PATHS, abandoned, achieve, path_steps, restated
from kpidsl.semantic.properties import META, about, action_model, choice, each_named_once, every, look_up, once
from kpidsl.semantic.reachable import check_reachable, meets
from kpidsl.semantic.signal_check import goal_forecast
from kpidsl.semantic.value_check import Around, ValueChecker
from kpidsl.semantic.windowing import check_windows
from kpidsl.semantic.windows import Invalid, covered
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.decl_nodes import ActionProp, ForecastProp, TrendProp
from kpidsl.syntax.expr_nodes import Expr
from kpidsl.syntax.node import Name

KEY_RESULT_ONCE = (
    *META, g.WeightProp, g.DueProp, g.StartProp, g.PathProp, g.PolicyProp, g.AchieveProp, g.AbandonedProp, TrendProp,
    ForecastProp,
)  # fmt: skip
AIMS = (g.ChangeProp, g.ReachProp, g.KeepProp, g.DeliverProp)
STATES = (
    "not_started", "too_early", "on_track", "at_risk", "off_track", "achieved", "missed", "no_data", "stale", "error",
)  # fmt: skip
Aim = g.ChangeProp | g.ReachProp | g.KeepProp | g.DeliverProp


def policy_name(name: Name, namespace: str, values: ValueChecker) -> str:
    """The policy of a name: a declared one, or a preset. Raises `Invalid`."""
    if name.text in m.PRESETS and values.names.find(name.text, namespace) is None:
        return name.text
    return look_up(
        values.names, name, namespace, (g.PolicyDecl,), "policy", values.problems, m.PRESETS
    ).name  # fmt: skip


class KeyResultChecker:
    """Checks one key result of an objective. Every property is checked, whatever is wrong with the others."""

    def __init__(
        self, node: g.KeyResultDecl, objective: str, period: m.PeriodModel | None, around: Around, values: ValueChecker
    ) -> None:
        self.node = node
        self.name = f"{objective}.{node.name.text}"
        self.period = period
        self.around = around
        self.values = values
        self.problems = values.problems

    def check(self) -> m.KeyResultModel | None:
        """The key result, or None where something in it is wrong or the objective has no period."""
        node, problems = self.node, self.problems
        results = [once(node, KEY_RESULT_ONCE, problems)]
        weights, fine = every(node, g.WeightProp, lambda prop: Fraction(prop.weight))
        results.append(fine)
        paths, fine = every(node, g.PathProp, lambda prop: choice(prop.shape, PATHS, "path", problems))
        results.append(fine)
        policies, fine = every(
            node, g.PolicyProp, lambda prop: policy_name(prop.policy, self.around.namespace, self.values)
        )
        results.append(fine)
        confidences, fine = every(node, g.ConfidenceProp, self.confidence)
        results.append(fine)
        actions, fine = every(node, ActionProp, lambda prop: action_model(prop, STATES, problems))
        results.append(fine)
        left, _ = every(node, g.AbandonedProp, abandoned)
        path: Literal["linear", "geometric", "steps"] = "linear"
        if paths and paths[0] != "linear":
            path = "geometric" if paths[0] == "geometric" else "steps"
        aim: m.AimModel | None = None
        days: tuple[date, date] | None = None
        try:
            days = self.days()
        except Invalid:
            results.append(False)
        written_aim = self.written_aim()
        try:
            aim = None if written_aim is None else self.aim(written_aim, days)
            if aim is not None and path != "linear":
                self.along(aim, path)
        except Invalid:
            aim = None
        steps, fine = every(node, g.PathProp, lambda prop: path_steps(prop, days, self.values))
        results.append(fine)
        modes: list[m.AchieveModel] = []
        later: tuple[m.RestatedModel, ...] = ()
        if aim is not None:
            known_aim = aim
            modes, fine = every(node, g.AchieveProp, lambda prop: achieve(prop, known_aim, self.values))
            results.append(fine)
            try:
                props = [prop for prop in node.properties if isinstance(prop, g.RestatedProp)]
                later = restated(props, aim, self.around, self.values, node.name)
            except Invalid:
                results.append(False)
        trend, forecast, fine = goal_forecast(node, aim, problems)
        results.append(fine)
        if aim is not None and written_aim is not None:
            check_activity(node, aim, problems)
        if aim is None or written_aim is None or days is None or not all(results):
            return None
        return m.KeyResultModel(
            self.name,
            about(node),
            aim,
            " ".join(written_aim.span.text.split()),
            *days,
            weights[0] if weights else Fraction(1),
            path,
            policies[0] if policies else None,
            tuple(confidences),
            tuple(actions),
            node.name.span,
            steps[0] if steps else (),
            modes[0] if modes else m.AchieveModel(),
            later,
            left[0] if left else None,
            trend,
            forecast,
        )

    # ------------------------------------------------------------ when
    def days(self) -> tuple[date, date] | None:
        """The first and the last day; None where the objective's period is not known."""
        starts = [prop for prop in self.node.properties if isinstance(prop, g.StartProp)]
        dues = [prop for prop in self.node.properties if isinstance(prop, g.DueProp)]
        first = self.period.first if self.period is not None else None
        last = self.period.last if self.period is not None else None
        if starts:
            first = covered(starts[0].start, starts[0].span, self.problems)
        if dues:
            last = covered(dues[0].due, dues[0].span, self.problems)
        if first is None or last is None:
            return None
        if last < first:
            place = dues[0] if dues else starts[0]
            begins = "it starts" if starts else "its objective's period starts"
            message = f"this is due before {begins}" if dues else "this starts after its objective's period is over"
            shown = f"from {first} to {last} there is no day"
            hint = "mend one of the dates"
            if self.period is not None and self.period.last >= first:
                hint = f"write `due {self.period.last}`, or mend the date"
            self.problems.error(
                "K0391", message, place.span, shown,
                also=[(starts[0].span, "it starts here")] if starts and dues else [], hint=hint,
            )  # fmt: skip
            raise Invalid
        return first, last

    # ------------------------------------------------------------ what
    def written_aim(self) -> Aim | None:
        found = [prop for prop in self.node.properties if isinstance(prop, AIMS)]
        if not found:
            self.problems.error(
                "K0383",
                f"key result `{self.node.name.text}` does not say what is to change",
                self.node.name.span,
                "no `increase`, `reduce`, `reach`, `keep` or `deliver`",
                hint="add one of `increase METRIC over last month by 20%`, `reduce …`, `reach METRIC >= 39`, "
                '`keep METRIC >= 99.9%`, `deliver "…" due 2026-06-15`',
            )
            return None
        for again in found[1:]:
            self.problems.error(
                "K0383", f"key result `{self.node.name.text}` has two aims", again.span, "another one here",
                also=[(found[0].span, "the first one")],
                hint="make two key results of it, each with its own aim",
            )  # fmt: skip
        return found[0] if len(found) == 1 else None

    def aim(self, prop: Aim, days: tuple[date, date] | None) -> m.AimModel:
        match prop:
            case g.ChangeProp():
                change = ChangeChecker(prop, self.node.name, self.around, self.values).check()
                check_reachable(change, prop, self.values)
                return change
            case g.ReachProp():
                return self.reach(prop)
            case g.KeepProp():
                value, bound, _ = self.bounded(prop, None)
                kept = m.KeepModel(value, bound)
                check_reachable(kept, prop, self.values)
                return kept
            case g.DeliverProp():
                return self.deliver(prop, days)
            case _:
                assert_never(prop)

    def bounded(
        self, prop: g.ReachProp | g.KeepProp, baseline: Expr | None
    ) -> tuple[v.Value, BoundModel, v.Value | None]:
        """The value, its bound and, where written, its baseline."""
        value = self.values.number(prop.value, self.around)
        check_windows(value, prop.value, self.problems)
        bound = bound_model(prop.bound, value, self.around, self.values, self.node.name)
        start = None if baseline is None else edge_in_unit(baseline, value, self.around, self.values, self.node.name)
        low, high = known(bound.low), known(bound.high)
        if low is not None and high is not None and low > high:
            self.values.stop("K0351", "this range is empty: it ends below where it starts", bound.span, "turn it round")
        return as_percentage(value, (bound.low, bound.high or bound.low)), bound, start

    def reach(self, prop: g.ReachProp) -> m.ReachModel:
        value, bound, baseline = self.bounded(prop, prop.baseline)
        unit = value.info.unit
        measured = " ".join(prop.value.span.text.split())
        edge = known(bound.low)
        if baseline is None:
            upwards = bound.operator in (">=", ">") and not (edge is not None and edge <= 0)
            if not upwards:
                hint = f"say it: `{' '.join(prop.span.text.split())} from …`"
                if bound.operator is not None:
                    word = "increase" if bound.operator[0] == ">" else "reduce"
                    hint += f"; or `{word} {measured} to …`, which starts where it is found at the start of the period"
                self.problems.error(
                    "K0390",
                    "there is no telling how far this has come: where does it start?",
                    prop.span,
                    "the way to this bound is not one that starts at 0",
                    hint=hint,
                )
                raise Invalid
        start = known(baseline)
        if start is not None and meets(bound, start):
            self.problems.error(
                "K0389",
                f"this is met before the work begins: it starts at {written(start, unit)}",
                prop.span,
                hint="mend the bound or where it starts; what is to stay as it is, is kept: `keep … >= …`",
            )
            raise Invalid
        reached = m.ReachModel(value, bound, baseline)
        check_reachable(reached, prop, self.values)
        return reached

    def deliver(self, prop: g.DeliverProp, days: tuple[date, date] | None) -> m.DeliverModel:
        titles = [Name(item.title.value, span=item.title.span) for item in prop.items]
        fine = each_named_once(titles, "items called", self.problems)
        for item in prop.items:
            day = item.done or item.due
            if day is not None:
                covered(day, item.span, self.problems)
            if day is None or days is None or days[0] <= day <= days[1]:
                continue
            word = "done" if item.done is not None else "due"
            if word == "done" and day > days[1]:
                continue  # finished late is a fact, and tells itself
            where = "before it starts" if day < days[0] else "after it ends"
            self.problems.warning(
                "K0392", f"`{item.title.value}` is {word} {where}", item.span,
                f"this key result runs from {days[0]} to {days[1]}",
                hint="mend the date, give the key result its own `start` and `due`, or leave the item out",
            )  # fmt: skip
        weights = tuple(Fraction(1) if item.weight is None else Fraction(item.weight) for item in prop.items)
        if not any(weights):
            self.problems.warning(
                "K0394", "all weights are 0, so this never makes progress", prop.span, hint="give one item a weight"
            )
        if not fine:
            raise Invalid
        return m.DeliverModel(
            tuple(
                m.DeliverItemModel(item.title.value, item.done, item.due, weight)
                for item, weight in zip(prop.items, weights, strict=True)
            )
        )

    # ------------------------------------------------------------ how
    def along(self, aim: m.AimModel, path: str) -> None:
        """A path leads somewhere; growth by a constant factor needs two ends of one sign, ((T/B)^τ − 1)/(T/B − 1)."""
        prop = next(prop for prop in self.node.properties if isinstance(prop, g.PathProp))
        if path == "steps" and not isinstance(aim, m.KeepModel):
            return
        if isinstance(aim, m.KeepModel | m.DeliverModel):
            word = "keep" if isinstance(aim, m.KeepModel) else "deliver"
            self.values.stop(
                "K0396", f"`{word}` goes no way from one number to another, so it has no path", prop.span,
                "leave `path` out",
            )  # fmt: skip
        if isinstance(aim, m.ChangeModel):
            start, end = known(aim.baseline), known(aim.target)
            unstated = False
        else:
            start, end = known(aim.baseline), known(aim.bound.low)
            unstated = aim.baseline is None
        if unstated or (start is not None and end is not None and start * end <= 0) or 0 in (start, end):
            self.problems.error(
                "K0396",
                "a geometric path grows by the same factor every day, and no factor leads "
                + ("from or to 0" if unstated or 0 in (start, end) else "across 0"),
                prop.span,
                hint="write `path linear`" + (", or say where it starts: `from …`" if unstated else ""),
            )
            raise Invalid

    def confidence(self, prop: g.ConfidenceProp) -> m.ConfidenceModel:
        if prop.value > prop.scale or prop.scale == 0:
            most = prop.span.text.split()[3]
            self.values.stop(
                "K0393", f"`{prop.value} of {prop.scale}` is outside of its scale", prop.span,
                "a confidence is like `4 of 10`" if prop.scale == 0 else f"write a number from 0 to {most}",
            )  # fmt: skip
        by = prop.by.value if prop.by is not None else None
        return m.ConfidenceModel(Fraction(prop.value), Fraction(prop.scale), by, prop.on)
