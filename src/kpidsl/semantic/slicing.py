"""By what a metric may be sliced: its own `by`, where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TypeAlias

from kpidsl.diagnostics import Problems
from kpidsl.semantic import values as v
from kpidsl.semantic.rows import Row
from kpidsl.semantic.sources import Sources
from kpidsl.semantic.types import DataType
from kpidsl.semantic.windows import Invalid
from kpidsl.source_text import Span
from kpidsl.syntax.decl_nodes import MetricDecl
from kpidsl.syntax.shared_nodes import ByProp

Dimension: TypeAlias = Mapping[str, Row]
"""What a dimension is in each source."""


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


def dimension_of(
    value: v.Value, dimension: str, place: Span, sources: Sources, problems: Problems, hint: str | None,
    beside: Dimension,
) -> Dimension:  # fmt: skip
    """What a dimension is in each source of a value, and in those `beside` it.

    Members of different sorts in two sources are never the same: each segment would lack what the other source says of
    it. Raises `Invalid` after saying so, and where a source has no such column.
    """
    found = dict(beside)
    at_last = f"what is worked out from columns is declared in the source: `let {dimension.lower()} = …`"
    for source in dict.fromkeys(one.source for one in v.aggregates(value)):
        found[source] = sources.scope(source).row(tuple(dimension.split(".")), place, problems, hint, at_last)
    first, *others = found
    for other in others:
        kinds = found[first].type, found[other].type
        if None in kinds or _may_be_equal(*map(_sort, kinds)):
            continue
        one, two = (kind.value for kind in kinds if kind is not None)
        problems.error(
            "K0604",
            f"`{dimension}` is {one} in `{first}` and {two} in `{other}`: no member of one is one of the other",
            place,
            hint=f"declare one like the other, for example `column {dimension.rpartition('.')[2]}: text` in both",
        )
        raise Invalid
    return found


def _sort(kind: DataType | None) -> str:
    if kind in (DataType.INTEGER, DataType.BOOLEAN, DataType.DURATION):
        return "whole"
    if kind in (DataType.TIMESTAMP, DataType.INSTANT):
        return "time"
    return kind.value if kind is not None else ""


def _may_be_equal(one: str, other: str) -> bool:
    number = {"whole", DataType.DECIMAL.value, DataType.FLOAT.value}
    if {one, other} <= number:
        return one == other or "whole" in (one, other)
    # A day is shown, and known, as it is written; what is nested, too.
    written = {DataType.TEXT.value, DataType.DATE.value, DataType.OTHER.value}
    return one == other or {one, other} <= written


def _is_known(dimension: str, value: v.Value, sources: Sources) -> bool:
    """Whether every source of a value has the dimension."""
    with suppress(Invalid):
        parts = tuple(dimension.split("."))
        return all(sources.scope(one.source).find(parts) is not None for one in v.aggregates(value))
    return False
