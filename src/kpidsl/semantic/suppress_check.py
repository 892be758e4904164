"""The size below which a group is not shown, checked: there is something to hide, and `n` counts it."""

from __future__ import annotations

from kpidsl.diagnostics import Problems
from kpidsl.semantic import values as v
from kpidsl.semantic.windows import Invalid
from kpidsl.syntax import decl_nodes as d


def suppressed_below(prop: d.SuppressProp, value: v.Value, problems: Problems) -> int:
    """The size from which on a group is shown. Raises `Invalid` once a problem is reported."""
    if prop.below < 2:
        problems.error(
            "K0454", "no group is smaller than 1, so nothing is kept back", prop.span, hint="write `suppress below 10`"
        )
        raise Invalid
    if _is_of_series(value):
        problems.error(
            "K0455", "the `n` of this value counts periods or members, not the rows behind them", prop.span,
            hint="put `suppress` on a KPI whose value is an aggregation of rows, or a ratio of two",
        )  # fmt: skip
        raise Invalid
    return prop.below


def _is_of_series(value: v.Value) -> bool:
    return isinstance(value, v.Reduced) or any(map(_is_of_series, v.parts(value)))
