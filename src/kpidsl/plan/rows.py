"""Row expressions made ready for one cell: what depends on the anchor is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from kpidsl.calendar import Calendar, resolve
from kpidsl.semantic import rows as r
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.row_scope import RowScope
from kpidsl.semantic.types import DataType


def resolve_row(row: r.Row, anchor: datetime, as_of: datetime, calendar: Calendar) -> r.Row:
    """The row expression with `as_of` and windows as instants. Unchanged parts stay the same objects."""
    match row:
        case r.AsOf():
            return r.Constant(DataType.INSTANT, row.unit, as_of)
        case r.Within(operand=operand, window=spec, negated=negated):
            window = resolve(spec, anchor, calendar)
            inner = resolve_row(operand, anchor, as_of, calendar)
            return r.Between(row.type, row.unit, inner, window.start, window.end, negated)
        case r.ColumnValue() | r.Constant():
            return row
        case _:
            pass
    changes: dict[str, Any] = {}
    for part in fields(row):
        value = getattr(row, part.name)
        if isinstance(value, r.Row):
            inner = resolve_row(value, anchor, as_of, calendar)
            if inner is not value:
                changes[part.name] = inner
        elif isinstance(value, tuple) and value and isinstance(value[0], r.Row):
            items = tuple(resolve_row(item, anchor, as_of, calendar) for item in value)
            if any(new is not old for new, old in zip(items, value, strict=True)):
                changes[part.name] = items
    return replace(row, **changes) if changes else row


def depends_on_anchor(row: r.Row) -> bool:
    """Whether `as_of` or a window is in a row expression."""
    if isinstance(row, r.AsOf | r.Within):
        return True
    for part in fields(row):
        value = getattr(row, part.name)
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, r.Row) and depends_on_anchor(inner):
                return True
    return False


def resolved_member(source: SourceModel, name: str, sources: Mapping[str, SourceModel]) -> r.Row:
    """The row expression of a dimension in a source; that it exists is checked before."""
    found = scope_of(source, sources).find(tuple(name.split(".")))
    assert found is not None, f"{source.name} has no {name}"
    return found


def scope_of(source: SourceModel, sources: Mapping[str, SourceModel]) -> RowScope:
    """The names of a source, from the model alone."""
    return RowScope(
        source.name,
        source.schema,
        source.columns,
        source.joins,
        lambda name: source.lets[name],
        tuple(source.lets),
        lambda name: scope_of(sources[source.joins[name].source], sources),
        source.name.rsplit(".", 1)[-1],
    )
