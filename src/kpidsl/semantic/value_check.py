"""Metric expressions checked: names, windows, units and kinds, from syntax to `values`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from fractions import Fraction
from functools import partial
from typing import NoReturn

from kpidsl import calendar as c
from kpidsl.diagnostics import Diagnostic, Problems
from kpidsl.records import dataclass
from kpidsl.semantic import limits
from kpidsl.semantic import values as v
from kpidsl.semantic.aggregate_check import AggregateChecker
from kpidsl.semantic.combine import constant_value, reduced, scaled, total
from kpidsl.semantic.conversion_check import conversion
from kpidsl.semantic.declared_unit import SORTS, declared_unit
from kpidsl.semantic.numbers import (
    check_divisor,
    check_fit,
    check_plain,
    compound_value,
    quantity_value,
    unit_mismatch,
    with_its_unit,
)
from kpidsl.semantic.scope import Names
from kpidsl.semantic.series import check_ordered, each_period, periods
from kpidsl.semantic.slicing import Dimension, check_allowed, dimension_of
from kpidsl.semantic.sources import Sources
from kpidsl.semantic.terms import AGGREGATIONS, REDUCTIONS
from kpidsl.semantic.units import NUMBER
from kpidsl.semantic.unknown import function_hint, hint_for, report_ring, source_hint
from kpidsl.semantic.windowing import check_mixed
from kpidsl.semantic.windows import Invalid, counted_unit, window_spec
from kpidsl.source_text import Span
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.decl_nodes import ChangedProp, KpiDecl, MetricDecl
from kpidsl.syntax.node import Text
from kpidsl.syntax.shared_nodes import ValueProp

MOST_NESTED_EACH = 2


@dataclass(frozen=True, slots=True)
class Around:
    """What surrounds an expression: the file's namespace, filters of outer `where`s, and what `value`, `target`,
    … and, in an objective, `period to date` mean.
    """

    namespace: str
    filters: tuple[tuple[x.Expr, str], ...] = ()
    local: Mapping[str, v.Value] = field(default_factory=dict, hash=False)
    period: c.Since | None = None


class ValueChecker:
    """Checks metric expressions. Raises `Invalid` once a problem is reported."""

    def __init__(self, names: Names, sources: Sources, problems: Problems) -> None:
        self.names = names
        self.sources = sources
        self.problems = problems
        self.calendar = sources.calendar
        self.units = sources.units
        self._open: list[tuple[str, Span]] = []
        self._measured: dict[tuple[str, tuple[int, ...]], v.Value] = {}
        self._failed: dict[tuple[str, tuple[int, ...]], tuple[Diagnostic, ...]] = {}
        self._too_large = 0
        self._sizes = limits.Sizes()
        self._depth = 0
        self._count = 0
        self.outline: ValueChecker | None = None  # of values that are not sound: see `as_if`
        self.bare: ValueChecker | None = None  # that knows no columns: see `in_parts`

    # ------------------------------------------------------------ entry points
    def condition(self, node: x.Expr, around: Around) -> v.Value:
        """An expression that is true or false."""
        value = self.value(node, around)
        if value.info.sort != "boolean":
            self.stop(
                "K0304", f"a condition is expected, not a {SORTS[value.info.sort]}", node.span, "compare it: `… >= 30`"
            )
        return value

    def number(self, node: x.Expr, around: Around) -> v.Value:
        """An expression that is one number."""
        value = self.value(node, around)
        if value.info.sort != "number":
            self.stop("K0304", f"a number is expected, not a {SORTS[value.info.sort]}", node.span)
        return self.single(value, node.span)

    def single(self, value: v.Value, span: Span) -> v.Value:
        """Not a vector."""
        if value.info.depth:
            self.stop(
                "K0312",
                "`each` makes many values of this one",
                span,
                "bring them back to one: `avg(… each day)`, `max(… each country)`",
            )
        return value

    # ------------------------------------------------------------ expressions
    def value(self, node: x.Expr, around: Around) -> v.Value:
        """What an expression means, the metrics in it put in."""
        self._count = self._count + 1 if self._depth else 1
        self._depth += 1
        try:
            if self._depth > limits.MOST_DEEP or self._count > limits.MOST_PARTS:
                self.too_large("this", node.span)
            return self.meaning(node, around)
        finally:
            self._depth -= 1

    def meaning(self, node: x.Expr, around: Around) -> v.Value:
        match node:
            case x.Quantity() | x.Quotient():
                number, unit = quantity_value(node, self.units, self.problems)
                return v.Number(v.Info(unit, "constant"), number)
            case Text(value=text):
                return v.TextValue(v.Info(NUMBER, "constant", "text"), text)
            case x.Boolean(value=truth):
                return v.BooleanValue(v.Info(NUMBER, "constant", "boolean"), truth)
            case x.NameRef():
                return self.name(node, around)
            case x.Aggregation():
                self._count += len(around.filters)
                return self.aggregates(around).aggregation(node, around.filters)
            case x.Conversion():
                self._count += len(around.filters)
                return conversion(self.aggregates(around), node, around.filters)
            case x.Call():
                return self.reduction(node, around)
            case x.Binary(operator=operator, left=left, right=right):
                taken = partial(self.is_taken, namespace=around.namespace)
                literal = compound_value(node, self.units, taken, self.problems)
                if literal is not None:
                    return v.Number(v.Info(literal[1], "constant"), literal[0])
                regrouped = with_its_unit(node, self.units, taken)
                if regrouped is not None:
                    return self.meaning(regrouped, around)
                return self.arithmetic(operator, *limits.both(lambda side: self.value(side, around), left, right), node)
            case x.Compare(operator=operator, left=left, right=right):
                a, b = self.alike(*limits.both(lambda side: self.value(side, around), left, right), node)
                depth = self.same_depth(a, b, node)
                return v.Operation(v.Info(NUMBER, "ratio", "boolean", depth), operator, a, b)
            case x.Logic(operator=operator, left=left, right=right):
                a, b = limits.both(lambda side: self.condition(side, around), left, right)
                depth = self.same_depth(a, b, node)
                return v.Operation(v.Info(NUMBER, "ratio", "boolean", depth), operator, a, b)
            case x.Not(operand=operand):
                value = self.condition(operand, around)
                return v.Opposite(value.info, value)
            case x.Negate(operand=operand):
                value = self.numeric(self.value(operand, around), operand)
                if isinstance(value, v.Number):
                    return v.Number(value.info, -value.number)
                return v.Opposite(value.info, value)
            case x.PercentOf(percent=percent, operand=operand):
                value = self.numeric(self.value(operand, around), operand)
                return v.Converted(value.info, value, Fraction(percent.number) / 100)
            case x.Over(operand=operand, window=window):
                try:
                    value = self.value(operand, around)
                finally:  # a window is looked at where what it is over is wrong, too
                    spec = window_spec(window, self.calendar, self.problems, around.period)
                return v.Windowed(value.info, value, spec)
            case x.Earlier(operand=operand, count=count, unit=unit):
                value = self.value(operand, around)
                return v.Shifted(value.info, value, count, counted_unit(count, unit, self.problems))
            case x.Filtered(operand=operand, predicate=predicate):
                inner = replace(around, filters=(*around.filters, (predicate, around.namespace)))
                return self.value(operand, inner)
            case x.Each():
                return self.each(node, around)
            case x.Default(operand=operand, value=quantity):
                value = self.numeric(self.value(operand, around), operand)
                number, unit = quantity_value(quantity, self.units, self.problems)
                if number and not unit.fits(value.info.unit):
                    unit_mismatch(value.info.unit, unit, node.span, self.problems, (quantity,))
                    raise Invalid
                check_plain(value.info.unit, unit, (operand, quantity), node.span, self.problems)
                return v.Defaulted(value.info, value, number * unit.factor_to(value.info.unit) if number else number)
            case x.KofN():
                self.stop("K0307", "`k of n` stands only in `top_box`, `csat`, `ces` and `ces_net`", node.span)
            case _:
                self.stop(
                    "K0305",
                    "this stands only in expressions over rows: in an aggregation or after `where`",
                    node.span,
                    "a window stands behind `over`: `sales over last month`"
                    if isinstance(node, x.InWindow)
                    else "put it behind `where`, or into `share(…) from …`",
                )

    def aggregates(self, around: Around) -> AggregateChecker:
        return AggregateChecker(self.names, self.sources, around.namespace, self.problems)

    # ------------------------------------------------------------ names
    def name(self, node: x.NameRef, around: Around) -> v.Value:
        text = node.name
        if text in around.local:
            return around.local[text]
        if node.parts[0] == "param" and len(node.parts) > 1:
            return self.param(node, around.namespace)
        found = self.names.find(text, around.namespace)
        if found is None or not isinstance(found.node, MetricDecl | KpiDecl):
            self.unknown(node, around, found is not None)
        return self.measure(found.name, node.span, around.filters)

    def unknown(self, node: x.NameRef, around: Around, is_declared: bool) -> NoReturn:
        text = node.name
        if self.names.is_broken(text, around.namespace):
            raise Invalid
        if is_declared:
            self.stop("K0303", f"`{text}` is no metric", node.span, "only metrics and KPIs have a value")
        hint = hint_for(node, around.namespace, around.local, self.sources)
        self.stop("K0204", f"there is no metric `{text}`", node.span, hint)

    def is_taken(self, name: x.NameRef, namespace: str) -> bool:
        """Whether a name that is a unit means something else here."""
        return self.names.find(name.name, namespace) is not None

    def param(self, node: x.NameRef, namespace: str) -> v.Value:
        value = constant_value(self.sources.params.of(node, namespace, self.problems))
        if value is None:
            self.stop("K0304", f"`{node.name}` is a date: it stands in conditions over rows", node.span)
        return value

    def measure(self, name: str, span: Span, filters: tuple[tuple[x.Expr, str], ...] = ()) -> v.Value:
        """The value of a metric or KPI by its full name, under filters.

        Metrics are checked once for each set of filters.
        """
        # By identity: a filter is one place in the text, and comparing long chains of them is slow.
        key = (name, tuple(id(predicate) for predicate, _ in filters))
        if key not in self._measured:
            for diagnostic in self._failed.get(key, ()):
                self.problems.add(diagnostic)
            if key in self._failed:
                raise Invalid
            if self._too_large > limits.GIVE_UP_AFTER:
                raise limits.TooLarge
            ring = [place for place, _ in self._open]
            if name in ring:
                report_ring(self._open[ring.index(name) :], span, self.problems)
            outer, self.problems = self.problems, Problems()
            self._open.append((name, span))
            try:
                self._measured[key] = self.sized(name, self.definition(name, filters))
            except limits.TooLarge:
                raise
            except Invalid:
                self._failed[key] = tuple(self.problems)
                raise
            finally:
                self._open.pop()
                found, self.problems = self.problems, outer
                for diagnostic in found:
                    outer.add(diagnostic)
        return self._measured[key]

    def sized(self, name: str, value: v.Value) -> v.Value:
        """The value, if it is not too large."""
        if not self._sizes.fit(value):
            self.problems.error(
                "K0105", f"`{name}` is built from too many parts, or too deeply",
                self.names.named[name].node.name.span, hint=limits.HINT,
            )  # fmt: skip
            raise Invalid
        return value

    def too_large(self, what: str, span: Span) -> NoReturn:
        """Said once: what is built on it is too large as well."""
        self._too_large += 1
        if self._too_large == 1:
            self.problems.error("K0105", f"{what} is built from too many parts, or too deeply", span, hint=limits.HINT)
        raise limits.TooLarge

    def definition(self, name: str, filters: tuple[tuple[x.Expr, str], ...]) -> v.Value:
        declared = self.names.named[name]
        node = declared.node
        assert isinstance(node, MetricDecl | KpiDecl)
        written = next((prop for prop in node.properties if isinstance(prop, ValueProp)), None)
        if written is None:
            raise Invalid
        value = self.value(written.value, Around(declared.namespace, filters))
        if isinstance(node, MetricDecl):
            check_mixed(value, written.value, self.problems)
        value = declared_unit(value, node, self.units, self.problems)
        changed = tuple(prop.on for prop in node.properties if isinstance(prop, ChangedProp))
        return v.Measure(value.info, name, value, changed)

    # ------------------------------------------------------------ vectors
    def each(self, node: x.Each, around: Around) -> v.Value:
        value = self.value(node.operand, around)
        depth = value.info.depth + 1
        if depth > MOST_NESTED_EACH:
            self.stop("K0312", "`each` is nested once at the most", node.by.span)
        info = replace(value.info, depth=depth)
        if each_period(node):
            return periods(node, value, info, self.problems)
        self.sliceable(value, node.by.text, node.by.span)
        check_allowed(value, node.by.text, node.by.span, self.sources, self.problems)
        return v.EachMember(info, value, node.by.text)

    def sliceable(
        self, value: v.Value, dimension: str, span: Span, hint: str | None = None, beside: Dimension | None = None
    ) -> Dimension:
        """What the dimension is in every source of a value. Raises `Invalid` where one has it not, after saying so."""
        if not v.aggregates(value):
            self.stop("K0340", f"there is nothing to slice by `{dimension}`: no source is read here", span)
        return dimension_of(value, dimension, span, self.sources, self.problems, hint, beside or {})

    def reduction(self, node: x.Call, around: Around) -> v.Value:
        name = node.function.text
        if name not in REDUCTIONS:
            if name in AGGREGATIONS:
                self.no_source(node)
            self.stop("K0308", f"there is no function `{name}`", node.function.span, function_hint(node))
        most = 2 if name == "percentile" else 1
        if len(node.arguments) != most:
            if name == "count" and not node.arguments:
                self.no_source(node)
            self.stop("K0309", f"`{name}` takes {most} argument{'s'[: most - 1]}, not {len(node.arguments)}", node.span)
        first = node.arguments[0]
        if isinstance(first, x.NameRef) and first.name not in around.local:
            declared = self.names.find(first.name, around.namespace)
            if declared is None:
                self.no_source(node)
        value = self.value(first, around)
        if not value.info.depth:
            self.stop(
                "K0312",
                f"`{name}` without `from` brings many values back to one, and this is one already",
                node.span,
                f"write `{name}(… each day)`, or `{name}(column) from source`",
            )
        check_ordered(name, value, first.span, self.sources, self.problems)
        wants = "boolean" if name == "share" else None if name in ("count", "first", "last") else "number"
        if wants is not None and value.info.sort != wants:
            what = "conditions: `share(availability each day >= 99.9%)`" if wants == "boolean" else "numbers"
            self.stop("K0304", f"`{name}` takes {what}", first.span)
        level = self.aggregates(around).level(node.arguments[1]) if name == "percentile" else None
        return reduced(name, value, level)

    def no_source(self, node: x.Call) -> NoReturn:
        message = f"`{node.function.text}(…)` does not say from which source"
        self.stop("K0313", message, node.span, source_hint(node, self.sources))

    # ------------------------------------------------------------ operators
    def numeric(self, value: v.Value, node: x.Expr) -> v.Value:
        if value.info.sort != "number":
            self.stop("K0304", f"a number is expected, not a {SORTS[value.info.sort]}", node.span)
        return value

    def arithmetic(self, operator: str, a: v.Value, b: v.Value, node: x.Binary) -> v.Value:
        self.numeric(a, node.left)
        self.numeric(b, node.right)
        depth = self.same_depth(a, b, node)
        if operator in ("+", "-"):
            a, b = self.alike(a, b, node)
            return total(operator, a, b, depth)
        check_divisor(operator, node.right, self.problems)
        return scaled(operator, a, b, depth)

    def alike(self, a: v.Value, b: v.Value, node: x.Binary | x.Compare) -> tuple[v.Value, v.Value]:
        """Two values that are compared or added, brought to one unit."""
        if a.info.sort != b.info.sort:
            hint = "compare numbers with numbers, and texts with texts" if isinstance(node, x.Compare) else None
            self.stop("K0304", f"a {SORTS[a.info.sort]} and a {SORTS[b.info.sort]} do not go together", node.span, hint)
        if not a.info.unit.fits(b.info.unit):
            if any(isinstance(value, v.Number) and value.number == 0 for value in (a, b)):
                return a, b
            unit_mismatch(a.info.unit, b.info.unit, node.span, self.problems, (node.left, node.right))
            raise Invalid
        check = check_fit if isinstance(node, x.Compare) else check_plain
        check(a.info.unit, b.info.unit, (node.left, node.right), node.span, self.problems)
        factor = b.info.unit.factor_to(a.info.unit)
        if factor != 1:
            b = v.Converted(replace(b.info, unit=a.info.unit), b, factor)
        return a, b

    def same_depth(self, a: v.Value, b: v.Value, node: x.Expr) -> int:
        """A vector goes with a vector over the same, or with one value."""
        if a.info.depth and b.info.depth and v.axes(a) != v.axes(b):
            self.stop(
                "K0312", "these are vectors over different things", node.span, "use the same `each` on both sides"
            )
        return max(a.info.depth, b.info.depth)

    def stop(self, code: str, message: str, span: Span, hint: str | None = None) -> NoReturn:
        self.problems.error(code, message, span, hint=hint)
        raise Invalid
