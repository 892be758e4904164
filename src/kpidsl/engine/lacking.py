"""What data a run does without, and which cells cannot be had for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from kpidsl.calendar import Calendar
from kpidsl.diagnostics import KpidslError
from kpidsl.engine.faults import unread_holidays
from kpidsl.plan.columns import calls, columns, columns_of_conversion
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.rows import ColumnValue


@dataclass(frozen=True, slots=True)
class Lacking:
    """Why holidays are not known, where they are not; and by source the columns with a value that cannot be read."""

    holidays: KpidslError | None = None
    columns: Mapping[str, Mapping[str, KpidslError]] = field(default_factory=dict)

    def why(self, cell: Cell, calendar: Calendar) -> KpidslError | None:
        """Why a cell cannot be had; None where nothing that it needs is lacking."""
        if calendar.holidays is None and calls(cell, "business_days_between"):
            return self.holidays if self.holidays is not None else unread_holidays()
        if not self.columns:
            return None
        return next((why for column in _read(cell) if (why := self._broken(column)) is not None), None)

    def _broken(self, column: ColumnValue) -> KpidslError | None:
        return self.columns.get(column.source, {}).get(column.name)


def _read(cell: Cell) -> Iterator[ColumnValue]:
    yield from columns(cell)
    if cell.conversion is not None:
        yield from columns_of_conversion(cell.conversion)
