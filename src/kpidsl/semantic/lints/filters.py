"""Filters that no row passes: `status == "paid" and status == "open"`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from datetime import date, datetime
from fractions import Fraction

from kpidsl.diagnostics import Problems
from kpidsl.records import dataclass
from kpidsl.semantic import rows as r
from kpidsl.semantic import values as v
from kpidsl.semantic.lints.walk import Spot
from kpidsl.semantic.sources import Sources
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.decl_nodes import LetProp

_NAMES = re.compile(r"[a-z_][\w.]*")
_QUOTED = re.compile(r'"[^"\n]*"|`[^`\n]*`')
_POWER_OF_TEN = re.compile("10+")
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
Clash = tuple[v.Filter, v.Filter]


@dataclass(slots=True)
class Known:
    """What filters say of one thing, and which of them said it last."""

    by: v.Filter
    among: set[r.Literal] | None = None
    excluded: set[r.Literal] = field(default_factory=set)
    low: tuple[r.Literal, bool] | None = None  # the bound, and whether it is itself left out
    high: tuple[r.Literal, bool] | None = None
    is_null: bool = False
    is_known: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left that it could be."""
        if self.is_null and self.is_known:
            return True
        if self.among is not None:
            return not any(self.allows(one) for one in self.among)
        if self.low is None or self.high is None or not _comparable(self.low[0], self.high[0]):
            return False
        (low, low_open), (high, high_open) = self.low, self.high
        return low > high or (low == high and (low_open or high_open))  # type: ignore[operator]

    def allows(self, one: r.Literal) -> bool:
        if one in self.excluded:
            return False
        for bound, below in ((self.low, True), (self.high, False)):
            if bound is None or not _comparable(one, bound[0]):
                continue
            outside = one < bound[0] if below else one > bound[0]  # type: ignore[operator]
            if outside or (one == bound[0] and bound[1]):
                return False
        return True

    def narrow(self, sign: str, values: tuple[r.Literal, ...]) -> None:
        """Add what one more condition says. One that is true says that the thing is not null, too."""
        if sign == "null":
            self.is_null = True
            return
        self.is_known = True
        match sign:
            case "==" | "among":
                self.among = set(values) if self.among is None else self.among & set(values)
            case "!=" | "none of":
                self.excluded |= set(values)
            case ">" | ">=":
                if self.low is None or _tighter(values[0], self.low, sign == ">", up=True):
                    self.low = (values[0], sign == ">")
            case "<" | "<=":
                if self.high is None or _tighter(values[0], self.high, sign == "<", up=False):
                    self.high = (values[0], sign == "<")
            case _:
                pass


def _comparable(a: r.Literal, b: r.Literal) -> bool:
    """Whether two bounds have an order here as in the data: numbers and times do, texts need not."""
    if isinstance(a, datetime) or isinstance(b, datetime):
        return isinstance(a, datetime) and isinstance(b, datetime) and (a.tzinfo is None) == (b.tzinfo is None)
    return (isinstance(a, Fraction) and isinstance(b, Fraction)) or (isinstance(a, date) and isinstance(b, date))


def _tighter(value: r.Literal, bound: tuple[r.Literal, bool], is_open: bool, *, up: bool) -> bool:
    if not _comparable(value, bound[0]):
        return False
    if value == bound[0]:
        return is_open
    return (value > bound[0]) is up  # type: ignore[operator]


def lint_filters(spot: Spot, told: set[int], sources: Sources, problems: Problems) -> None:
    """Warn where the filters of an aggregation contradict each other; `told` are the aggregations already told of."""
    match spot.node:
        case x.Aggregation(where=predicate) if predicate is not None:
            pass
        case x.Filtered(predicate=predicate):
            pass
        case _:
            return
    text = " ".join(predicate.span.text.split())
    for one in v.aggregates(spot.value):
        fixed = tuple(each for each in one.where if not _depends_on_param(each.text, one.source, sources))
        clash = None if id(one) in told else contradiction(fixed)
        if clash is None or text not in (clash[0].text, clash[1].text):
            continue
        told.add(id(one))
        other = clash[0] if clash[1].text == text else clash[1]
        problems.warning(
            "K0369",
            "no row passes this filter, whatever the data",
            predicate.span,
            "these exclude each other" if other.text == text else f"`{other.text}` already excludes this",
            hint='take one out, or write `or` or `in ["a", "b"]` where either will do'
            if other.text == text
            else f"take one out, or start from a metric without `{other.text}`",
        )
        return


def lint_reach(node: x.Expr, problems: Problems) -> None:
    """Warn where a condition takes along what was meant for the count: `count() from o where n >= 2 / 3`."""
    if not isinstance(node, x.Aggregation) or node.where is None:
        return
    last = node.where
    while isinstance(last, x.Logic | x.Compare):
        last = last.right
    if not isinstance(last, x.Binary) or not isinstance(last.left, x.Quantity) or not _is_of_counts(last):
        return
    text, span = last.span.source.text, last.span
    before = _QUOTED.sub("", text[node.span.start : span.start])
    if before.count("(") > before.count(")"):  # brackets say what is meant
        return
    whole = text[node.span.start : last.left.span.end]
    whole = " ".join(whole.split())
    shown = whole if len(whole) <= 60 else "… from … where …"
    problems.warning(
        "K0314",
        f"`{span.text}` belongs to the condition: a `where` reaches as far right as it can",
        span,
        hint=f"write `({shown}) {last.operator} {last.right.span.text}`, or `({span.text})` if the condition is meant",
    )


def _is_of_counts(node: x.Binary) -> bool:
    """Whether a count is likely meant to be divided by this, or multiplied: by 100, not by 60 as in `24 * 60`."""
    by = node.right
    if not isinstance(by, x.Quantity):
        return False
    a_hundred = by.unit is None and _POWER_OF_TEN.fullmatch(f"{by.number:f}") is not None
    return node.operator == "/" or (node.operator == "*" and a_hundred)


def _depends_on_param(text: str, source: str, sources: Sources) -> bool:
    """Whether a filter names a param, itself or through derived columns: it may be set to something else."""
    lets = {
        prop.name.text: prop.value.span.text
        for prop in sources.names.sources[source].node.properties
        if isinstance(prop, LetProp)
    }
    left, seen = [text], set[str]()
    while left:
        words = set(_NAMES.findall(left.pop()))
        if any(word.startswith("param.") for word in words):
            return True
        left.extend(lets[word] for word in words & lets.keys() - seen)
        seen |= words
    return False


def contradiction(filters: tuple[v.Filter, ...]) -> Clash | None:
    """The first two filters (or the same one twice) that no row can pass together, as far as that is plain."""
    known: dict[r.Row, Known] = {}
    for one in filters:
        for part in _conjuncts(one.row):
            said = _said(part)
            if said is None:
                continue
            operand, operator, values = said
            about = known.setdefault(operand, Known(one))
            before, about.by = about.by, one
            about.narrow(operator, values)
            if about.is_empty:
                return before, one
    return None


def _conjuncts(row: r.Row) -> Iterator[r.Row]:
    if isinstance(row, r.Both) and row.operator == "and":
        yield from _conjuncts(row.left)
        yield from _conjuncts(row.right)
    else:
        yield row


def _said(row: r.Row) -> tuple[r.Row, str, tuple[r.Literal, ...]] | None:
    """What a condition says of one thing: (thing, sign, values); `null`, `known`, `among` and `none of` are signs."""
    match row:
        case r.Comparison(operator=operator, left=left, right=r.Constant(value=value)) if not _constant(left):
            return left, operator, (value,)
        case r.Comparison(operator=operator, left=r.Constant(value=value), right=right) if not _constant(right):
            return right, _FLIPPED[operator], (value,)
        case r.Among(operand=operand, items=items, negated=negated) if all(map(_constant, items)):
            values = tuple(item.value for item in items if isinstance(item, r.Constant))
            return operand, "none of" if negated else "among", values
        case r.Missing(operand=operand, negated=negated):
            return operand, "known" if negated else "null", ()
        case r.Inverse(operand=r.ColumnValue() as column):
            return column, "==", (False,)
        case r.ColumnValue():
            return row, "==", (True,)
        case r.Inverse(operand=inner):
            said = _said(inner)
            opposite = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "null": "known"}
            opposite |= {"known": "null", "among": "none of", "none of": "among"}
            return None if said is None else (said[0], opposite[said[1]], said[2])
        case _:
            return None


def _constant(row: r.Row) -> bool:
    return isinstance(row, r.Constant)
