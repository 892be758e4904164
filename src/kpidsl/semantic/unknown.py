"""What is said of names that are no metric, or go round in a ring."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

from kpidsl.diagnostics import Problems, closest, did_you_mean
from kpidsl.diagnostics.suggest import is_slip
from kpidsl.semantic import values as v
from kpidsl.semantic.scope import RESERVED, in_namespace, visible
from kpidsl.semantic.sources import Sources
from kpidsl.semantic.terms import AGGREGATION_SYNONYMS, AGGREGATIONS, REDUCTIONS, ROW_FUNCTIONS
from kpidsl.semantic.windows import Invalid
from kpidsl.source_text import Span
from kpidsl.syntax.expr_nodes import Call, NameRef

_LOCAL = {
    "n": "`n`, the number of rows, stands in `require` and `when`",
    "value": "`value` stands in `require` and `when`: name the metric here",
    "target": "`target` stands in `amber` and `when` of a KPI with a one-sided target: add `target >= …`",
    "lower_bound": "`lower_bound` stands in `require` and `when` beside an interval: add `interval 95%`",
    "upper_bound": "`upper_bound` stands in `require` and `when` beside an interval: add `interval 95%`",
    "previous": "`previous` stands in bounds and `when`: write `METRIC over last month 1 month earlier`",
}
_DIVIDED = "write `a / b`: what is divided by 0 has no value, and the result says why"
_CHANGED = "a KPI shows how its value changed: `compare previous, 1 year earlier`"
_NARROWED = "a condition stands behind `where`: `sum(amount) from orders where …`"
_UP_TO_NOW = "what adds up is a window: `… over year to date`"
_LOOKED_UP = "the columns of another source come by `join … on …` in the source"
_FILLED = "write `… default 0`"
_ELSEWHERE = {
    "nullif": _DIVIDED, "safe_divide": _DIVIDED, "div0": _DIVIDED, "divide": _DIVIDED,
    "coalesce": "write `… default 0`; of rows, inside an aggregation: `sum(coalesce(amount, 0)) from …`",
    "ifnull": _FILLED, "isnull": _FILLED, "nvl": _FILLED, "zn": _FILLED, "iferror": _FILLED,
    "growth": _CHANGED, "change": _CHANGED, "pct_change": _CHANGED, "yoy": _CHANGED, "mom": _CHANGED, "lag": _CHANGED,
    "delta": _CHANGED, "diff": _CHANGED,
    **dict.fromkeys(("sumif", "sumifs", "countif", "countifs", "averageif", "averageifs"), _NARROWED),
    **dict.fromkeys(("maxifs", "minifs", "sum_if", "count_if", "avg_if"), _NARROWED),
    **dict.fromkeys(("cumulative", "cumsum", "running_total", "running_sum"), _UP_TO_NOW),
    **dict.fromkeys(("vlookup", "xlookup", "hlookup", "lookup"), _LOOKED_UP),
    **{one: f"a window stands behind the value: `… over {unit} to date`"
       for one, unit in {"ytd": "year", "qtd": "quarter", "mtd": "month", "wtd": "week"}.items()},
    "if": "a choice stands inside an aggregation: `sum(if … then … else …) from …`", "ratio": "write `a / b`",
    "calculate": _NARROWED, "filter": _NARROWED, "totalytd": "what adds up is a window: `… over year to date`",
    "countrows": "a source is counted: `count() from orders`",
    **dict.fromkeys(("dateadd", "sameperiodlastyear"), "an earlier window is `… over last month 1 year earlier`"),
    "derived": "write the formula alone: `a / b`",
    "round": "leave it out: tables round, and documents keep every digit",
}  # fmt: skip
"""Functions of other tools between aggregations, and what there is here."""
_PERIODS = frozenset(f"{one}{end}" for one in ("hour", "day", "week", "month", "quarter", "year") for end in ("", "s"))
_PERCENTILE = re.compile(r"(?:p|perc|pct|percentile)_?(\d{1,2})", re.IGNORECASE)


def hint_for(node: NameRef, namespace: str, local: Mapping[str, v.Value], sources: Sources) -> str:
    """Something to type instead of a name that is no metric."""
    text = node.name
    if text in _LOCAL:
        return _LOCAL[text]
    if re.fullmatch(r"[QH][1-4]", text):
        return f"a period is a window: `METRIC over 2026-{text}`"
    if text in _PERIODS:
        return f"for each {text.rstrip('s')} there is one value: `avg(… each {text.rstrip('s')})` is the usual one"
    meant = did_you_mean(text, _with(sources.names.values(namespace), local))
    if meant is not None:
        return meant
    head, _, column = text.partition(".")
    params = visible(sources.names.params, namespace)
    if text in params:
        return f"write `param.{text}`"
    if column in params and closest(head, ("param",)):
        return f"did you mean `param.{column}`?"
    if column and any(full in sources.names.sources for full in in_namespace(head, namespace)):
        return f"a column is aggregated first: `sum({column}) from {head}`"
    for source in sources.declared_names(namespace):
        if _has(sources, in_namespace(source, namespace), node):
            return f"a column is aggregated first: `sum({text}) from {source}`"
    if any(full in sources.names.sources for full in in_namespace(text, namespace)):
        return f"a source is counted: `count() from {text}`"
    return f"declare it: `metric {text} = …`" if text not in RESERVED else "name a metric"


def _with(names: frozenset[str], local: Mapping[str, v.Value]) -> frozenset[str]:
    return names.union(local) if local else names


def _has(sources: Sources, names: tuple[str, ...], node: NameRef) -> bool:
    known: Container[str] = sources.names.sources
    full = next((name for name in names if name in known), None)
    if full is None or sources.scope(full).schema is None:
        return False
    with suppress(Invalid):
        return sources.scope(full).find(node.parts) is not None
    return False


def function_hint(node: Call) -> str | None:
    """Something to type instead of a function that there is not, outside of rows."""
    name = node.function.text
    if name.casefold() in _ELSEWHERE:
        return _ELSEWHERE[name.casefold()]
    if name in ROW_FUNCTIONS:
        return f"`{name}` works on rows: it stands inside an aggregation, as in `sum({node.span.text}) from …`"
    head, _, last = name.rpartition(".")
    if head and last in AGGREGATIONS:
        inside = ", ".join(one.span.text for one in node.arguments)
        return f"write `{last}({inside}) from {head}`"
    meant = synonym(name)
    return f"write `{meant}`" if meant else did_you_mean(name, {*REDUCTIONS, *AGGREGATIONS})


def elsewhere(name: str) -> str | None:
    """What there is instead of a function of another tool that is no aggregation."""
    return _ELSEWHERE.get(name.casefold())


def synonym(name: str) -> str | None:
    """The aggregation that a word of other tools stands for, also where that word is misspelt: `avrage` is `avg`."""
    percentile = _PERCENTILE.fullmatch(name)
    if percentile is not None:
        return f"percentile(…, {percentile[1]}%)"
    known = AGGREGATION_SYNONYMS.get(name.casefold())
    if known is not None or any(is_slip(name, one) for one in AGGREGATIONS):
        return known
    near = closest(name, AGGREGATION_SYNONYMS) if len(name) > 4 else None  # `YTD` is no misspelt `std`
    return AGGREGATION_SYNONYMS[near] if near is not None and is_slip(name, near) else None


def source_hint(node: Call, sources: Sources) -> str:
    """How an aggregation without `from` is written with it."""
    first = node.arguments[0] if node.arguments else None
    if isinstance(first, NameRef) and first.parts[0] in sources.names.sources and len(first.parts) > 1:
        column = ".".join(first.parts[1:])
        return f"write `{node.function.text}({column}) from {first.parts[0]}`"
    known = list(sources.names.sources.values())
    only = known[0].node.name.text if len(known) == 1 else "SOURCE"
    return f"write `{node.span.text} from {only}`"


def report_ring(ring: Sequence[tuple[str, Span]], span: Span, problems: Problems) -> NoReturn:
    """Say that metrics are defined by each other: `ring` are those names and where each is used. Raises `Invalid`."""
    names = [name for name, _ in ring]
    problems.error(
        "K0208",
        f"`{names[0]}` is defined by itself: {' → '.join([*names, names[0]])}",
        span,
        also=[(place, f"`{name}` is used here") for name, place in ring[1:]],
        hint="give one of them a value that does not use the others",
    )
    raise Invalid
