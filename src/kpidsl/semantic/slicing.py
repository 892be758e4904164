"""By what a metric may be sliced: its own `by`, where it has one."""

from __future__ import annotations

from kpidsl.diagnostics import Problems
from kpidsl.semantic import values as v
from kpidsl.semantic.scope import Names
from kpidsl.semantic.windows import Invalid
from kpidsl.source_text import Span
from kpidsl.syntax.decl_nodes import MetricDecl
from kpidsl.syntax.shared_nodes import ByProp


def check_allowed(value: v.Value, dimension: str, place: Span, names: Names, problems: Problems) -> None:
    """A metric that says by what it may be sliced is sliced by nothing else; the outermost one decides.

    Raises `Invalid` after saying so.
    """
    if isinstance(value, v.Measure):
        declared = names.named[value.metric].node
        allowed = (
            [name.text for prop in declared.properties if isinstance(prop, ByProp) for name in prop.dimensions]
            if isinstance(declared, MetricDecl)
            else []
        )
        if dimension in allowed:
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
        check_allowed(part, dimension, place, names, problems)
