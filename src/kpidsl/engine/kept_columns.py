"""What is asked for kept state, brought here column by column.

Numbers come as text of digits, a list at a time, that JSON reads: to be handed each as an object of its own takes
longer than to work them all out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from kpidsl.engine.groups import plain
from kpidsl.engine.kept_values import Values, added, binary, extreme
from kpidsl.engine.parts import is_float, whole, width
from kpidsl.engine.place import Door
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.sql import by_file, exp
from kpidsl.sql.aggregates import Scale

AT_ONCE = 32
"""So many states are brought by a query: DuckDB holds their lists, and their texts."""


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

    def added(self) -> Values:
        """A state that is summed."""
        if self.scale is None:
            return added(self.items)
        return Values("sum", self.scale, False, [one or 0 for one in self.items])

    def extreme(self, kind: str) -> Values:
        """A state that is the least, or the greatest."""
        return extreme(kind, self.items) if self.scale is None else Values(kind, self.scale, False, self.items)

    def floats(self, scale: Scale) -> Values:
        """A sum of floating-point numbers."""
        return binary([_exact(one, scale) for one in self.items])


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers of a query: each place as pane, file and members, and for each filter (by its number) its states."""

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
    door: Door, query: exp.Select, members: int, filters: int, source: str, check: Callable[[int], None]
) -> Answered:  # fmt: skip
    """The answers of a query that names its columns as `sql.by_file` does; the first of its filters keeps all. `check`
    is told how many places there are before they are brought. Raises as `Door.fetch` does, and what `check` raises.
    """
    with door.table(query, by_file.ANSWERS, source):
        types = door.types(by_file.ANSWERS)[3 + members :]
        numbered = door.fetch(by_file.places_of_answers(members), source)
        check(len(numbered))
        nothing = Column([None] * len(numbered), 0)
        columns = {number: [nothing] * len(types) for number in range(filters)}
        for start in range(0, len(types), AT_ONCE):
            some = dict(enumerate(types[start : start + AT_ONCE], start))
            fetched = door.fetch(by_file.columns_of_answers(members, some), source)
            while fetched:  # each text goes as it is read
                number, at, *states = fetched.pop()
                states.reverse()
                where = json.loads(at)
                for place, sql_type in some.items():
                    columns[number][place] = _column(states.pop(), sql_type, where, len(numbered))
    numbered.sort(key=lambda row: row[0])
    places = [(row[1], row[2], *map(plain, row[3:])) for row in numbered]
    return Answered(places, columns)


def columns_of(cell: Cell, states: Sequence[Column], scale: Scale | None) -> tuple[Values, ...]:
    """The columns of a cell's states. Raises Unkept for values that cannot be kept exactly."""
    found: list[Values] = []
    for place in range(width(cell)):
        if place == 0 and cell.function in ("min", "max"):
            found.append(states[place].extreme("least" if cell.function == "min" else "greatest"))
        elif place == 0 and cell.function in ("sum", "avg") and is_float(cell):
            assert scale is not None
            found.append(states[place].floats(scale))
        else:
            found.append(states[place].added())
    return tuple(found)


def _exact(total: Any, scale: Scale) -> Fraction:
    """The sum that limbs stand for, or that of the numbers themselves; infinite ones are counted elsewhere."""
    if total is None:
        return Fraction(0)
    if scale.limbs:
        return whole(total, scale.exponent, scale.bits)
    return sum((Fraction(one) for one in total if abs(one) != float("inf")), Fraction(0))


def _column(listed: Any, sql_type: str, where: Sequence[int], places: int) -> Column:
    """A column of values that stand at some places."""
    is_digits = by_file.is_digits(sql_type)
    items = json.loads(listed.replace("NULL", "null")) if is_digits else listed
    scale = _digits_behind(sql_type) if is_digits else None
    return Column(items if len(where) == places else _spread(items, where, places), scale)


def _digits_behind(sql_type: str) -> int:
    return int(sql_type[:-1].rpartition(",")[2]) if sql_type.startswith("DECIMAL(") else 0


def _spread(items: Sequence[Any], where: Sequence[int], places: int) -> list[Any]:
    found: list[Any] = [None] * places
    for place, item in zip(where, items, strict=True):
        found[place] = item
    return found
