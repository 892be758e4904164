"""The cells of a plan, each once, however many values ask for it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar, cast

from kpidsl.calendar import Calendar
from kpidsl.plan.nodes import Cell, Reach
from kpidsl.plan.rows import depends_on_anchor, resolve_row, resolved_member
from kpidsl.records import dataclass
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.rows import Row
from kpidsl.semantic.values import Aggregate, Filter

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The row expressions of an aggregation. `moving` ones hold an `as_of` or a window, which the anchor decides."""

    value: Aggregate
    argument: Row | None
    where: tuple[Row, ...]
    per: tuple[Row, ...]
    members: tuple[Row, ...]
    moving: bool


class Cells:
    """Keeps cells, and equal row expressions in them as one object, so that what follows compares by identity:
    thousands of cells differ in their windows alone.
    """

    def __init__(self, sources: Mapping[str, SourceModel], calendar: Calendar) -> None:
        self.sources = sources
        self.calendar = calendar
        self.kept: list[Cell] = []
        self._same: dict[Hashable, Hashable] = {}
        self._tuples: dict[tuple[int, ...], tuple[Row, ...]] = {}
        self._known: dict[int, tuple[Hashable, Hashable]] = {}
        self._filters: dict[int, tuple[tuple[Filter, ...], tuple[Row, ...]]] = {}
        self._moving: dict[int, bool] = {}
        self._members: dict[tuple[str, str], Row] = {}
        self._rows: dict[tuple[int, tuple[str, ...]], _Rows] = {}
        self._asked: dict[tuple[object, ...], Cell] = {}
        self._cells: dict[tuple[object, ...], Cell] = {}

    def cell(self, value: Aggregate, reach: Reach, as_of: datetime, by: tuple[str, ...]) -> Cell:
        """The cell of an aggregation in a window, for every member of `by`."""
        rows = self.rows(value, by)
        asked = (id(value), by, reach.start, reach.end, reach.anchor, as_of if rows.moving else None)
        found = self._asked.get(asked)
        if found is None:
            found = self._asked[asked] = self.once(rows, reach, as_of, by)
        return found

    def rows(self, value: Aggregate, by: tuple[str, ...]) -> _Rows:
        # The value is kept beside its id, which would otherwise be given to another one after it.
        found = self._rows.get((id(value), by))
        if found is None:
            argument, where, per = self.same(value.argument), self.filters(value), self.together(value.per)
            members = self.together([self.member(value.source, name) for name in by])
            all_rows = (*where, *per, *members, *((argument,) if argument is not None else ()))
            if value.conversion is not None:
                first, then, keys = value.conversion.first, value.conversion.where, value.conversion.keys
                all_rows = (*all_rows, *map(self.same, (*first, *then, *keys)))
            moving = any(map(self.is_moving, all_rows))
            found = self._rows[id(value), by] = _Rows(value, argument, where, per, members, moving)
        return found

    def filters(self, value: Aggregate) -> tuple[Row, ...]:
        """The conditions on the rows of an aggregation."""
        found = self._filters.get(id(value.where))
        if found is None:
            where = self.together([one.row for one in value.where])
            found = self._filters[id(value.where)] = (value.where, where)
        return found[1]

    def is_moving(self, row: Row) -> bool:
        found = self._moving.get(id(row))
        if found is None:
            found = self._moving[id(row)] = depends_on_anchor(row)
        return found

    def member(self, source: str, name: str) -> Row:
        found = self._members.get((source, name))
        if found is None:
            found = self._members[source, name] = resolved_member(self.sources[source], name, self.sources)
        return found

    def once(self, rows: _Rows, reach: Reach, as_of: datetime, by: tuple[str, ...]) -> Cell:
        def fixed(row: Row) -> Row:
            return resolve_row(row, reach.anchor, as_of, self.calendar)

        value, argument, where, per, members = rows.value, rows.argument, rows.where, rows.per, rows.members
        if rows.moving:
            argument = self.same(fixed(argument)) if argument is not None else None
            where, per, members = (self.together(map(fixed, part)) for part in (where, per, members))
        time = self.same(value.time)
        conversion = value.conversion
        if conversion is not None:
            if rows.moving:
                first, then = (tuple(map(fixed, part)) for part in (conversion.first, conversion.where))
                conversion = replace(conversion, first=first, where=then, keys=tuple(map(fixed, conversion.keys)))
            conversion = self.same(conversion)
        key = (
            value.function, id(argument), value.source, id(time), id(where), reach.start, reach.end, reach.anchor,
            value.at, id(per), by, id(members), value.level, value.k, value.n, id(conversion),
            value.way,
        )  # fmt: skip
        found = self._cells.get(key)
        if found is None:
            found = self._cells[key] = Cell(
                value.function, argument, value.source, time, where, reach.start, reach.end, reach.anchor, value.at,
                per, by, members, value.level, value.k, value.n, conversion, value.way,
            )  # fmt: skip
            self.kept.append(found)
        return found

    def newest(self, cell: Cell) -> Cell:
        """The cell of the greatest time of the rows that a cell reads, before the end of its window; of a conversion,
        of its first events.
        """
        assert cell.time is not None
        first = cell.conversion.first if cell.conversion is not None else ()
        where, nothing = self.together((*first, *cell.where)), self.together(())
        key = (
            "max", id(cell.time), cell.source, id(cell.time), id(where), None, cell.end, cell.anchor, None,
            id(nothing), (), id(nothing), None, None, None, id(None),
        )  # fmt: skip
        found = self._cells.get(key)
        if found is None:
            found = self._cells[key] = Cell(
                "max", cell.time, cell.source, cell.time, where, None, cell.end, cell.anchor, None, nothing, (),
                nothing, None, None, None, None,
            )  # fmt: skip
            self.kept.append(found)
        return found

    def together(self, rows: Iterable[Row]) -> tuple[Row, ...]:
        """The one tuple of rows that are equal to these."""
        each = tuple(map(self.same, rows))
        return self._tuples.setdefault(tuple(map(id, each)), each)

    def same(self, one: T) -> T:
        """The first object that is equal to this one."""
        found = self._known.get(id(one))
        if found is None:  # kept beside its id, which would otherwise be given to another one after it
            found = self._known[id(one)] = (one, self._same.setdefault(one, one))
        return cast(T, found[1])
