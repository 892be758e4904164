"""What a scan for kept state answers, brought here column by column.

Numbers come as text of digits, a list at a time, that JSON reads: to be handed each as an object of its own takes
longer than to work them all out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from kpidsl.engine.groups import plain
from kpidsl.engine.kept_values import Values, added, binary, extreme
from kpidsl.engine.parts import is_float, whole, width
from kpidsl.engine.place import Door
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.rows import Row
from kpidsl.sql import by_file
from kpidsl.sql.aggregates import Scale
from kpidsl.sql.shared_scan import Filter, Scan


@dataclass(frozen=True, slots=True)
class Column:
    """A state in every place, None where there is none. `scale`: of how many digits behind the point these are whole
    numbers; None where they are whatever DuckDB gives.
    """

    items: list[Any]
    scale: int | None

    @property
    def is_void(self) -> bool:
        """Whether it counts nothing."""
        return not any(self.items)

    def counts(self) -> list[int]:
        """Numbers of rows."""
        return [one or 0 for one in self.items]

    def added(self) -> Values:
        """A state that is summed."""
        if self.scale is None:
            return added(self.items)
        return Values("sum", self.scale, False, [one or 0 for one in self.items])

    def extreme(self, kind: str) -> Values:
        """A state that is the least, or the greatest."""
        return extreme(kind, self.items) if self.scale is None else Values(kind, self.scale, False, self.items)

    def limbs(self, scale: Scale) -> Values:
        """A sum of floating-point numbers in limbs."""
        return binary(
            [Fraction(0) if one is None else whole(one, scale.exponent, scale.bits) for one in self.items]
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answered:
    """A scan's answers: each place as pane, file and members, and for each filter (by its number) its states."""

    places: list[tuple[Any, ...]]
    columns: Mapping[int, Sequence[Column]]

    def in_order(self, order: Sequence[int] | None) -> Answered:
        """The same with its places in another order; None leaves them where they are."""
        if order is None:
            return self
        columns = {
            number: [Column([one.items[place] for place in order], one.scale) for one in of_filter]
            for number, of_filter in self.columns.items()
        }
        return Answered([self.places[place] for place in order], columns)


def answered(
    door: Door, scan: Scan, members: Sequence[Row], filters: Sequence[Filter], cells: Sequence[int], source: str
) -> Answered:  # fmt: skip
    """What the groups of a scan say; the first of the filters keeps all. Raises as `Door.fetch` does."""
    query = by_file.named_answers(scan, members, filters, cells)
    with door.table(query, by_file.ANSWERS, source):
        types = door.types(by_file.ANSWERS)[3 + len(members) :]
        numbered = door.fetch(by_file.places_of_answers(len(members)), source)
        fetched = door.fetch(by_file.columns_of_answers(len(members), types), source)
    numbered.sort(key=lambda row: row[0])
    places = [(row[1], row[2], *map(plain, row[3:])) for row in numbered]
    columns: dict[int, list[Column]] = {}
    for number, at, *states in fetched:
        where = json.loads(at)
        is_dense = len(where) == len(places)
        columns[number] = []
        for one, sql_type in zip(states, types, strict=True):
            items = json.loads(one.replace("NULL", "null")) if by_file.is_digits(sql_type) else one
            scale = _digits_behind(sql_type) if by_file.is_digits(sql_type) else None
            columns[number].append(Column(items if is_dense else _spread(items, where, len(places)), scale))
    nothing = [Column([None] * len(places), 0)] * len(types)
    return Answered(places, {number: columns.get(number, nothing) for number in range(len(filters))})


def columns_of_scan(cell: Cell, states: Sequence[Column], scale: Scale | None) -> tuple[Values, ...]:
    """The columns of a cell's states. Raises Unkept for values that cannot be kept exactly."""
    found: list[Values] = []
    for place in range(width(cell)):
        if place == 0 and cell.function in ("min", "max"):
            found.append(states[place].extreme("least" if cell.function == "min" else "greatest"))
        elif place == 0 and cell.function in ("sum", "avg") and is_float(cell):
            assert scale is not None
            found.append(states[place].limbs(scale))
        else:
            found.append(states[place].added())
    return tuple(found)


def _digits_behind(sql_type: str) -> int:
    return int(sql_type[:-1].rpartition(",")[2]) if sql_type.startswith("DECIMAL(") else 0


def _spread(items: Sequence[Any], where: Sequence[int], places: int) -> list[Any]:
    found: list[Any] = [None] * places
    for place, item in zip(where, items, strict=True):
        found[place] = item
    return found
