"""By what a metric may be sliced: its own `by`, where it has one."""

from __future__ import annotations

from contextlib import suppress

from kpidsl.diagnostics import Problems
from kpidsl.semantic import values as v
from kpidsl.semantic.sources import Sources
from kpidsl.semantic.windows import Invalid
from kpidsl.source_text import Span
from kpidsl.syntax.decl_nodes import MetricDecl
from kpidsl.syntax.shared_nodes import ByProp


def check_allowed(value: v.Value, dimension: str, place: Span, sources: Sources, problems: Problems) -> None:
    """A metric that says by what it may be sliced is sliced by nothing else; the outermost one decides.

    Nothing is said where its `by` names what is no column: that is told there. Raises `Invalid` after saying so.
    """
    if isinstance(value, v.Measure):
        declared = sources.names.named[value.metric].node
        allowed = (
            [name.text for prop in declared.properties if isinstance(prop, ByProp) for name in prop.dimensions]
            if isinstance(declared, MetricDecl)
            else []
        )
        if dimension in allowed or not all(_is_known(name, value, sources) for name in allowed):
            return
        if allowed:
            problems.error(
                "K0341",
                f"`{value.metric}` may not be sliced by `{dimension}`",
                place,
                also=[(declared.name.span, f"it may be by {', '.join(allowed)}")],
                hint=f"use one of these, or add `{dimension}` to its `by`",
            )
            raise Invalid
    for part in v.parts(value):
        check_allowed(part, dimension, place, sources, problems)


def _is_known(dimension: str, value: v.Value, sources: Sources) -> bool:
    """Whether every source of a value has the dimension."""
    with suppress(Invalid):
        parts = tuple(dimension.split("."))
        return all(sources.scope(one.source).find(parts) is not None for one in v.aggregates(value))
    return False
