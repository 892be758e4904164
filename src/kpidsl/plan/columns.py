"""The columns that cells read."""

from __future__ import annotations

from collections.abc import Iterator

from kpidsl.plan.nodes import Cell
from kpidsl.semantic.rows import ColumnValue, Row


def columns(cell: Cell) -> Iterator[ColumnValue]:
    """Every column a cell reads."""
    for row in (cell.argument, cell.time, *cell.where, *cell.per, *cell.members):
        if row is not None:
            yield from columns_in(row)


def columns_in(row: Row) -> Iterator[ColumnValue]:
    """Every column in a row expression."""
    if isinstance(row, ColumnValue):
        yield row
        return
    for name in row.__dataclass_fields__:
        value = getattr(row, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Row):
                yield from columns_in(part)
