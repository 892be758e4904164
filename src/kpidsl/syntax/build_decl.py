"""From Lark's tree to declarations of the scene, sources, metrics and KPIs: a method a rule."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from kpidsl.source_text import Span
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import setting_nodes as s
from kpidsl.syntax import shared_nodes as p
from kpidsl.syntax.branches import Branch, Leaf
from kpidsl.syntax.build_expr import CannotBuild, ExprBuilder
from kpidsl.syntax.expr_nodes import Quantity, UnitExpr
from kpidsl.syntax.trivia import doc_comment


class DeclBuilder(ExprBuilder):
    """Builds declarations; the doc comment above one becomes its description."""

    def doc(self, branch: Branch) -> str | None:
        return doc_comment(self.source, branch.start_pos)

    def headed(self, branch: Branch, children: list[Any]) -> tuple[Any, Any, tuple[Any, ...], str | None, Span]:
        """Name, title, properties, description and place of a declaration with a block."""
        name, title, *properties = children
        return self.build(name), self.maybe(title), self.properties(properties), self.doc(branch), self.span(branch)

    def properties(self, branches: list[Any]) -> tuple[Any, ...]:
        """What stands in a block, without what cannot be built: why is reported, and `unbuilt` says where."""
        found: list[Any] = []
        for branch in branches:
            depth = self.depth
            try:
                found.append(self.build(branch))
            except CannotBuild:
                self.depth = depth
                self.unbuilt.append(self.span(branch))
        return tuple(found)

    # ------------------------------------------------------------ the scene
    def namespace_decl(self, branch: Branch, children: list[Any]) -> s.NamespaceDecl:
        return s.NamespaceDecl(self.build(children[0]), span=self.span(branch))

    def import_decl(self, branch: Branch, children: list[Any]) -> s.ImportDecl:
        return s.ImportDecl(self.build(children[0]), span=self.span(branch))

    def calendar_decl(self, branch: Branch, children: list[Any]) -> s.CalendarDecl:
        return s.CalendarDecl(self.all(children), self.doc(branch), span=self.span(branch))

    def timezone_prop(self, branch: Branch, children: list[Any]) -> s.TimezoneProp:
        return s.TimezoneProp(self.build(children[0]), span=self.span(branch))

    def week_starts_prop(self, branch: Branch, children: list[Any]) -> s.WeekStartsProp:
        return s.WeekStartsProp(self.build(children[0]), span=self.span(branch))

    def week_53_prop(self, branch: Branch, children: list[Any]) -> s.Week53Prop:
        week, way, number = children
        other = self.whole(number, "a week") if number is not None else None
        return s.Week53Prop(self.whole(week, "a week"), self.build(way), other, span=self.span(branch))

    def year_starts_prop(self, branch: Branch, children: list[Any]) -> s.YearStartsProp:
        return s.YearStartsProp(self.build(children[0]), self.maybe(children[1]), span=self.span(branch))

    def year_ends_last_prop(self, branch: Branch, children: list[Any]) -> s.YearEndsLastProp:
        weekday, month, named_by = children
        return s.YearEndsLastProp(self.build(weekday), self.build(month), self.maybe(named_by), span=self.span(branch))

    def year_ends_nearest_prop(self, branch: Branch, children: list[Any]) -> s.YearEndsNearestProp:
        weekday, month_day, named_by = children
        month, day = (int(part) for part in month_day.value.split("-"))
        if not (1 <= month <= 12 and 1 <= day <= 28 + (month != 2) * (3 if month in (1, 3, 5, 7, 8, 10, 12) else 2)):
            self.no_such_date(month_day)
        return s.YearEndsNearestProp(self.build(weekday), month, day, self.maybe(named_by), span=self.span(branch))

    def pattern_prop(self, branch: Branch, children: list[Any]) -> s.PatternProp:
        span = self.span(branch)
        match children[0].value:
            case "4-4-5" | "4-5-4" | "5-4-4" as pattern:
                return s.PatternProp(pattern, span=span)
            case other:
                self.fail("K0109", f"there is no pattern {other}", span, "use 4-4-5, 4-5-4 or 5-4-4")

    def holidays_prop(self, branch: Branch, children: list[Any]) -> s.HolidaysProp:
        return s.HolidaysProp(self.build(children[0]), span=self.span(branch))

    def unit_decl(self, branch: Branch, children: list[Any]) -> s.UnitDecl:
        name, title, base, block = children
        factor: Decimal | None = None
        unit: UnitExpr | None = None
        if base is not None:
            number, expr = base.children
            factor = self.number(number) if number is not None else Decimal(1)
            if factor == 0:
                self.fail("K0109", "a unit is not 0 of another", self.span(number))
            unit = self.build(expr)
        kind = self.build(block.children[0]) if block is not None else None
        return s.UnitDecl(
            self.build(name), self.maybe(title), factor, unit, kind, self.doc(branch), span=self.span(branch)
        )

    def param_decl(self, branch: Branch, children: list[Any]) -> s.ParamDecl:
        return s.ParamDecl(self.build(children[0]), self.build(children[1]), self.doc(branch), span=self.span(branch))

    def goal_decl(self, branch: Branch, children: list[Any]) -> s.GoalDecl:
        name, title, block = children
        kind = self.build(block.children[0]) if block is not None else None
        return s.GoalDecl(self.build(name), self.build(title), kind, self.doc(branch), span=self.span(branch))

    # ------------------------------------------------------------ shared properties
    def owner_prop(self, branch: Branch, children: list[Any]) -> p.OwnerProp:
        return p.OwnerProp(self.build(children[0]), span=self.span(branch))

    def description_prop(self, branch: Branch, children: list[Any]) -> p.DescriptionProp:
        return p.DescriptionProp(self.build(children[0]), span=self.span(branch))

    def tags_prop(self, branch: Branch, children: list[Any]) -> p.TagsProp:
        return p.TagsProp(self.build(children[0]), span=self.span(branch))

    def review_prop(self, branch: Branch, children: list[Any]) -> p.ReviewProp:
        return p.ReviewProp(self.build(children[0]), span=self.span(branch))

    def supports_prop(self, branch: Branch, children: list[Any]) -> p.SupportsProp:
        return p.SupportsProp(self.build(children[0]), span=self.span(branch))

    def value_prop(self, branch: Branch, children: list[Any]) -> p.ValueProp:
        return p.ValueProp(self.build(children[0]), span=self.span(branch))

    def by_prop(self, branch: Branch, children: list[Any]) -> p.ByProp:
        return p.ByProp(self.build(children[0]), span=self.span(branch))

    def require_prop(self, branch: Branch, children: list[Any]) -> p.RequireProp:
        return p.RequireProp(self.all(children), span=self.span(branch))

    def compare_bound(self, branch: Branch, children: list[Any]) -> p.CompareBound:
        return p.CompareBound(children[0].value, self.build(children[1]), span=self.span(branch))

    def range_bound(self, branch: Branch, children: list[Any]) -> p.RangeBound:
        low, high = self.build(children[0]), self.build(children[1])
        # `18..22 degC`: the unit stands once, behind the second edge.
        if isinstance(low, Quantity) and isinstance(high, Quantity) and low.unit is None:
            low = Quantity(low.number, high.unit, span=low.span)
        return p.RangeBound(low, high, span=self.span(branch))

    key_range = range_bound

    # ------------------------------------------------------------ source
    def source_decl(self, branch: Branch, children: list[Any]) -> d.SourceDecl:
        name, title, properties, doc, span = self.headed(branch, children)
        return d.SourceDecl(name, title, properties, doc, span=span)

    def from_prop(self, branch: Branch, children: list[Any]) -> d.FromProp:
        return d.FromProp(self.build(children[0]), span=self.span(branch))

    def time_prop(self, branch: Branch, children: list[Any]) -> d.TimeProp:
        return d.TimeProp(self.build(children[0]), self.maybe(children[1]), span=self.span(branch))

    def holds_prop(self, branch: Branch, children: list[Any]) -> d.HoldsProp:
        start, end, inclusive = children
        return d.HoldsProp(self.build(start), self.build(end), inclusive is not None, span=self.span(branch))

    def key_prop(self, branch: Branch, children: list[Any]) -> d.KeyProp:
        return d.KeyProp(self.build(children[0]), span=self.span(branch))

    def column_prop(self, branch: Branch, children: list[Any]) -> d.ColumnProp:
        name, kind, form, scale = children
        between: tuple[Decimal, Decimal] | None = None
        if scale is not None:
            low, high = (self.number(token) for token in scale.children)
            if low >= high:
                self.fail("K0109", "a scale runs from low to high", self.span(scale), "`% as 0..100`")
            between = (low, high)
        return d.ColumnProp(self.build(name), self.build(kind), self.maybe(form), between, span=self.span(branch))

    def let_prop(self, branch: Branch, children: list[Any]) -> d.LetProp:
        return d.LetProp(self.build(children[0]), self.build(children[1]), span=self.span(branch))

    def join_prop(self, branch: Branch, children: list[Any]) -> d.JoinProp:
        return d.JoinProp(self.build(children[0]), self.all(children[1:]), span=self.span(branch))

    def join_key(self, branch: Branch, children: list[Any]) -> d.JoinKey:
        left, sign, right = children
        if sign is not None and sign.value != "==":
            self.fail("K0109", f"a join is on equal keys, not `{sign.value}`", self.span(sign), "write `==`")
        name = self.build(left)
        return d.JoinKey(name, name if right is None else self.build(right), span=self.span(branch))

    def fresh_prop(self, branch: Branch, children: list[Any]) -> d.FreshProp:
        return d.FreshProp(self.build(children[0]), span=self.span(branch))

    def complete_prop(self, branch: Branch, children: list[Any]) -> d.CompleteProp:
        return d.CompleteProp(self.build(children[0]), span=self.span(branch))

    def ahead_prop(self, branch: Branch, children: list[Any]) -> d.AheadProp:
        return d.AheadProp(span=self.span(branch))

    def provider_call(self, branch: Branch, children: list[Any]) -> p.ProviderCall:
        return p.ProviderCall(self.build(children[0]), self.all(children[1:]), span=self.span(branch))

    def provider_argument(self, branch: Branch, children: list[Any]) -> p.ProviderArgument:
        return p.ProviderArgument(self.maybe(children[0]), self.build(children[1]), span=self.span(branch))

    def option_number(self, branch: Branch, children: list[Any]) -> p.OptionNumber:
        value = self.number(children[-1])
        negative = len(children) == 2 and children[0].value == "-"
        return p.OptionNumber(-value if negative else value, span=self.span(branch))

    def option_true(self, branch: Branch, children: list[Any]) -> p.OptionBoolean:
        return p.OptionBoolean(True, span=self.span(branch))

    def option_false(self, branch: Branch, children: list[Any]) -> p.OptionBoolean:
        return p.OptionBoolean(False, span=self.span(branch))

    def option_list(self, branch: Branch, children: list[Any]) -> p.OptionList:
        return p.OptionList(self.all(children), span=self.span(branch))

    # ------------------------------------------------------------ metric
    def metric_decl(self, branch: Branch, children: list[Any]) -> d.MetricDecl:
        name, title, value = children
        node = self.build(value)
        return d.MetricDecl(
            self.build(name),
            self.maybe(title),
            (p.ValueProp(node, span=node.span),),
            self.doc(branch),
            span=self.span(branch),
        )

    def metric_block(self, branch: Branch, children: list[Any]) -> d.MetricDecl:
        name, title, properties, doc, span = self.headed(branch, children)
        return d.MetricDecl(name, title, properties, doc, span=span)

    def unit_prop(self, branch: Branch, children: list[Any]) -> d.UnitProp:
        return d.UnitProp(self.build(children[0]), span=self.span(branch))

    def indicator_prop(self, branch: Branch, children: list[Any]) -> d.IndicatorProp:
        return d.IndicatorProp(self.build(children[0]), span=self.span(branch))

    def limits_prop(self, branch: Branch, children: list[Any]) -> d.LimitsProp:
        limits = children[0]
        edges = self.all(limits.children)
        span = self.span(branch)
        match limits.data:
            case "limits_from":
                return d.LimitsProp(edges[0], None, span=span)
            case "limits_to":
                return d.LimitsProp(None, edges[0], span=span)
            case _:
                bound = self.range_bound(limits, limits.children)
                return d.LimitsProp(bound.low, bound.high, span=span)

    def changed_prop(self, branch: Branch, children: list[Any]) -> d.ChangedProp:
        return d.ChangedProp(self.date(children[0]), self.build(children[1]), span=self.span(branch))

    # ------------------------------------------------------------ kpi
    def kpi_decl(self, branch: Branch, children: list[Any]) -> d.KpiDecl:
        name, title, properties, doc, span = self.headed(branch, children)
        return d.KpiDecl(name, title, properties, doc, span=span)

    def target_prop(self, branch: Branch, children: list[Any]) -> d.TargetProp:
        bound, whole, starting = children
        since = self.date(starting) if starting is not None else None
        return d.TargetProp(self.build(bound), whole is not None, since, span=self.span(branch))

    def amber_prop(self, branch: Branch, children: list[Any]) -> d.AmberProp:
        return d.AmberProp(self.build(children[0]), span=self.span(branch))

    def guard_prop(self, branch: Branch, children: list[Any]) -> d.GuardProp:
        return d.GuardProp(children[0].value.split()[0], self.build(children[1]), span=self.span(branch))

    def compare_prop(self, branch: Branch, children: list[Any]) -> d.CompareProp:
        return d.CompareProp(self.all(children), span=self.span(branch))

    def previous_item(self, branch: Branch, children: list[Any]) -> d.PreviousItem:
        return d.PreviousItem(span=self.span(branch))

    def earlier_item(self, branch: Branch, children: list[Any]) -> d.EarlierItem:
        return d.EarlierItem(*self.counted(children), span=self.span(branch))

    def trend_prop(self, branch: Branch, children: list[Any]) -> d.TrendProp:
        return d.TrendProp(*self.counted(children), span=self.span(branch))

    def action_prop(self, branch: Branch, children: list[Any]) -> d.ActionProp:
        title, block = children
        owner = due = trigger = done = None
        for part in block.children if block is not None else ():
            first = part.children[0]
            match part.data:
                case "owner_prop":
                    owner = self.build(first)
                case "action_due":
                    due = self.due(first)
                case "action_when":
                    trigger = self.build(first)
                case _:
                    done = self.date(first)
        return d.ActionProp(self.build(title), owner, due, trigger, done, span=self.span(branch))

    def due(self, branch: Branch | Leaf) -> date | Quantity:
        if isinstance(branch, Branch):
            quantity: Quantity = self.build(branch)
            return quantity
        return self.date(branch)

    def worst_segment_prop(self, branch: Branch, children: list[Any]) -> d.WorstSegmentProp:
        return d.WorstSegmentProp(span=self.span(branch))

    def suppress_prop(self, branch: Branch, children: list[Any]) -> d.SuppressProp:
        return d.SuppressProp(self.whole(children[0], "the size of a group"), span=self.span(branch))

    def interval_prop(self, branch: Branch, children: list[Any]) -> p.IntervalProp:
        method, token, each = children
        level = Quantity(self.number(token.cut(token.value[:-1])), "%", span=self.span(token))
        return p.IntervalProp(self.maybe(method), level, self.maybe(each), span=self.span(branch))

    def signal_prop(self, branch: Branch, children: list[Any]) -> d.SignalProp:
        method, seasonal, rules, block = children
        parts = self.all(block.children) if block is not None else ()
        return d.SignalProp(self.build(method), seasonal is not None, self.maybe(rules), parts, span=self.span(branch))

    def baseline_part(self, branch: Branch, children: list[Any]) -> d.BaselinePart:
        return d.BaselinePart(self.build(children[0]), span=self.span(branch))

    def rebase_part(self, branch: Branch, children: list[Any]) -> d.RebasePart:
        return d.RebasePart(self.date(children[0]), self.build(children[1]), span=self.span(branch))

    def screen_part(self, branch: Branch, children: list[Any]) -> d.ScreenPart:
        return d.ScreenPart(span=self.span(branch))

    def forecast_prop(self, branch: Branch, children: list[Any]) -> d.ForecastProp:
        method, until = children
        day = self.date(until) if until is not None else None
        return d.ForecastProp(self.build(method), day, span=self.span(branch))
