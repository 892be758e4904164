"""The columns that cells read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kpidsl.plan.nodes import Cell
from kpidsl.semantic.rows import Both, ColumnValue, Function, Row
from kpidsl.semantic.values import Conversion


def columns(cell: Cell) -> Iterator[ColumnValue]:
    """Every column a cell reads of its source and what that joins."""
    for row in rows_read(cell):
        yield from columns_in(row)


def rows_read(cell: Cell) -> Iterator[Row]:
    """Every row expression of a cell about its source. Cells of a plan share them, as one object."""
    own = cell.conversion.first if cell.conversion is not None else ()
    for row in (cell.argument, cell.time, *own, *cell.where, *cell.per, *cell.members):
        if row is not None:
            yield row


def columns_of_conversion(conversion: Conversion) -> Iterator[ColumnValue]:
    """Every column of the second step of a conversion: of its source and what that joins."""
    for row in (conversion.time, *conversion.where, *conversion.keys):
        yield from columns_in(row)


def calls(cell: Cell, function: str) -> bool:
    """Whether a row expression of a cell calls a function."""
    rows = [cell.argument, cell.time, *cell.where, *cell.per, *cell.members]
    if cell.conversion is not None:
        then = cell.conversion
        rows.extend((then.time, *then.first, *then.where, *then.keys))
    return any(row is not None and _calls(row, function) for row in rows)


def _calls(row: Row, function: str) -> bool:
    if isinstance(row, Function) and row.name == function:
        return True
    parts = (getattr(row, name) for name in row.__dataclass_fields__)
    inner = (one for part in parts for one in (part if isinstance(part, tuple) else (part,)))
    return any(isinstance(one, Row) and _calls(one, function) for one in inner)


def conditions_of(where: Iterable[Row]) -> Iterator[Row]:
    """What a filter asks, all of which has to hold, in its order."""
    for row in where:
        if isinstance(row, Both) and row.operator == "and":
            yield from conditions_of((row.left, row.right))
        else:
            yield row


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
