"""Reading the state that is to be kept: some files of a source, each of its rows' file known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kpidsl.calendar import Calendar
from kpidsl.engine.faults import CellError
from kpidsl.engine.groups import BATCH, Key, Layout, State, plain, unfiltered
from kpidsl.engine.kept import FIRST, NEWEST, micros, state_names
from kpidsl.engine.kept_values import TooMuch, Unkept, Values, columns_of, extreme
from kpidsl.engine.parts import is_float, scale_for, width
from kpidsl.engine.place import Door
from kpidsl.engine.scales import Needing, learned, of_all, of_few
from kpidsl.engine.shared_scan import Scan, guessed, measured, pays, scans
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.rows import Row
from kpidsl.sql import by_file
from kpidsl.sql import queries as q
from kpidsl.sql import shared_scan as sql
from kpidsl.sql.aggregates import Scale
from kpidsl.sql.panes import in_panes
from kpidsl.sql.shared_scan import Filter, merges
from kpidsl.sql.source_rows import RowsOf

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_DAYS = 40_000
MOST_GROUPS = 500_000  # of all files and days together, while they are read
MOST_ROWS = 200_000
FEW_ROWS = 1_000_000
MOST_VALUES = 4_000_000
"""More rows of state than this, or rows times columns, cost more to keep than to read again."""
_FIRST, _LAST = date(2, 1, 1), date(9800, 1, 1)
Place = tuple[str, int, Key]
"""Whose state a row is: file, start of the pane (microseconds since 1970), member."""


@dataclass(slots=True)
class Read:
    """State as it was read: a place a row, and columns; `failed` are the cells that have none."""

    places: list[Place] = field(default_factory=list)
    columns: dict[str, Values] = field(default_factory=dict)
    failed: set[Cell] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Asked:
    """The cells of one time column and some dimensions, one for each thing asked of a row, with what names it and its
    filter; and whether the column's first and newest time are wanted.
    """

    time: Row
    members: tuple[Row, ...]
    cells: tuple[Cell, ...]
    digests: Mapping[Cell, tuple[str, str | None]]
    extent: bool

    @property
    def columns(self) -> int:
        """How many columns their state has."""
        return sum(map(width, self.cells)) + len({name for _, name in self.digests.values() if name is not None})


def check_room(rows: int, columns: int) -> None:
    """Raises TooMuch for more state than is worth keeping."""
    if rows >= MOST_ROWS or rows * columns > MOST_VALUES:
        raise TooMuch(f"{rows} rows of {columns} columns")


class Reader:
    """Asks a table of some files; `tables` are those of the sources that are joined."""

    def __init__(
        self,
        source: SourceModel,
        sources: Mapping[str, SourceModel],
        calendar: Calendar,
        tables: Mapping[str, str],
        column: str,
        connection: DuckDBPyConnection,
    ) -> None:
        self.source = source
        self.sources = sources
        self.calendar = calendar
        self.tables = tables
        self.column = column
        self.door = Door(connection, None)
        self._scales: dict[Row, Scale] = {}

    def rows(self) -> RowsOf:
        return RowsOf(self.source, self.sources, self.calendar, self.tables, is_here=True)

    def fetch(self, query: Any) -> list[tuple[Any, ...]]:
        return self.door.fetch(query, self.source.name)

    def day_edges(self, time: Row) -> q.Edges:
        """The starts of the calendar's days from the first that has rows to the last, and a day more on both sides,
        whatever the clocks did. Raises Unkept where those are too many.
        """
        first, last = self.fetch(by_file.days(self.rows(), time))[0]
        if first is None:
            return ()
        if not (isinstance(first, date) and isinstance(last, date) and first >= _FIRST and last < _LAST):
            raise Unkept(f"rows from {first} to {last}")
        if (last - first).days > MOST_DAYS:
            raise Unkept("too many days")
        days = range(first.toordinal() - 1, last.toordinal() + 3)
        return tuple(sorted({self.calendar.day_start(date.fromordinal(day)) for day in days}))

    def read(self, asked: Asked, edges: q.Edges, *, daily: bool) -> Read:
        """The state of every pane between edges. Raises Unkept where there is too much of it."""
        while True:
            try:
                return self._read(asked, edges, daily=daily)
            except _LeftOut as one:
                self._scales.update(of_all(self.rows(), (one.row,), self.fetch))

    def _read(self, asked: Asked, edges: q.Edges, *, daily: bool) -> Read:
        """As `read`; raises _LeftOut where numbers are not as they were assumed to be."""
        found = Read()
        if not edges:
            for cell in asked.cells:
                self.add(found, asked, (cell,), [], {})
            if asked.extent:
                found.columns[FIRST], found.columns[NEWEST] = extreme("least", []), extreme("greatest", [])
            return found
        if asked.members and daily:
            # Before all of them are grouped: six million groups take a gigabyte, and a limit comes after them.
            few = by_file.groups_of_first(self.rows(), asked.time, self.column, edges, asked.members, FEW_ROWS)
            check_room(self.fetch(few)[0][0], asked.columns)
        starts = [micros(edge) for edge in edges if edge is not None]
        if asked.extent:
            rows = self.fetch(by_file.extent_by_file(self.rows(), asked.time, self.column, edges, daily=daily))
            by_place = {(row[0], starts[row[1]], ()): row for row in rows}
            found.places = list(by_place)
            found.columns[FIRST] = extreme("least", [row[2] for row in by_place.values()])
            found.columns[NEWEST] = extreme("greatest", [row[3] for row in by_place.values()])
        cells = [cell for cell in asked.cells if self.has_scale(cell, found)]
        left = self.by_shared_scans(found, asked, cells, edges, starts, daily=daily)
        for start in range(0, len(left), BATCH):
            self.batch(found, asked, left[start : start + BATCH], edges, starts, daily=daily)
        return found

    def has_scale(self, cell: Cell, found: Read) -> bool:
        """Whether the numbers of a cell can be added up: how large they are is learned first."""
        row = cell.argument
        if row is None or not is_float(cell) or cell.function not in ("sum", "avg") or row in self._scales:
            return True

        def look(wanted: Needing, few: bool) -> Mapping[Row, Scale]:
            return of_few(self.rows(), wanted, self.fetch) if few else of_all(self.rows(), wanted, self.fetch)

        scales, failed = learned((cell,), look, assume=True)
        self._scales.update(scales)
        found.failed.update(failed)
        return not failed

    def by_shared_scans(
        self, found: Read, asked: Asked, cells: Sequence[Cell], edges: q.Edges, starts: Sequence[int], *, daily: bool
    ) -> Sequence[Cell]:  # fmt: skip
        """Read the cells whose filters can be asked of groups of rows; the others are left over."""
        several = [one for one in cells if merges(self._scales.get(one.argument) if one.argument else None, one)]
        if not pays(several):
            return cells
        done: set[Cell] = set()
        try:
            sizes = guessed(self.rows, measured(several), self.fetch)
            for one in scans(several, sizes, len(edges) - 1, MOST_GROUPS)[0]:
                self.shared(found, asked, one, edges, starts, daily=daily)
                done.update(one.cells)
        except CellError:
            pass  # asked one by one, it is told which of them it belongs to
        return [cell for cell in cells if cell not in done]

    def shared(
        self, found: Read, asked: Asked, one: Scan, edges: q.Edges, starts: Sequence[int], *, daily: bool
    ) -> None:  # fmt: skip
        """One scan, and what each filter says of its groups; a filter that keeps all tells what there is."""
        rows, members = self.rows(), asked.members
        bare = {unfiltered(cell): replace(cell, where=()) for cell in one.cells}
        count = replace(one.cells[0], function="count", argument=None, where=(), level=None, k=None, n=None)
        states = (*bare.values(), count)
        order = {state: place for place, state in enumerate(bare)}
        in_them = by_file.in_days if daily else in_panes
        scan = sql.scan(
            rows, lambda: in_them(rows, asked.time, edges), one.leaves, states, self._scales, self.column
        )  # fmt: skip
        filters: dict[int, Filter] = {id(()): ()}
        for cell in one.cells:
            filters.setdefault(id(cell.where), cell.where)
        query = sql.answers(scan, members, tuple(filters.values()), range(len(states)))
        with self.door.table(scan.query, sql.GROUPS, self.source.name):
            check_room(self.fetch(sql.places(scan, members))[0][0], asked.columns)
            fetched = self.fetch(query)
        at = {state: 3 + len(members) + place for place, state in enumerate(sql.wanted_of(scan, range(len(states))))}
        rows_of: list[dict[Place, tuple[Any, ...]]] = [{} for _ in filters]
        for row in fetched:
            place = row[2], starts[row[1]], _checked(tuple([plain(one) for one in row[3 : 3 + len(members)]]))
            rows_of[row[0]][place] = row
        self.meet(found, asked, rows_of[0])
        numbers = {where: number for number, where in enumerate(filters)}
        columns_of_state = {one: [at[state] for state in scan.merged[place]] for one, place in order.items()}
        counted_at = at[scan.merged[-1][0]]
        for number, where in enumerate(filters.values()):
            kept = [rows_of[number].get(place) for place in found.places]
            counted = {where: [row[counted_at] if row is not None else 0 for row in kept]}
            for cell in one.cells:
                if numbers[id(cell.where)] == number:
                    columns = columns_of_state[unfiltered(cell)]
                    nothing = [[None] * len(columns)]
                    states_of = [[[row[place] for place in columns]] if row is not None else nothing for row in kept]
                    self.add(found, asked, (cell,), states_of, counted)

    def meet(self, found: Read, asked: Asked, by_place: Mapping[Place, object]) -> None:
        """What was read last is of the same places as what was read before. Raises Unkept where it is not."""
        check_room(len(by_place), asked.columns)
        if not found.places:
            found.places = list(by_place)
        if len(by_place) != len(found.places) or any(place not in by_place for place in found.places):
            raise Unkept("the file changed meanwhile")

    def batch(
        self, found: Read, asked: Asked, cells: Sequence[Cell], edges: q.Edges, starts: Sequence[int], *, daily: bool
    ) -> None:  # fmt: skip
        """One query; where data is wrong, by halves."""
        layout = Layout(2, len(asked.members), tuple(cells))
        query = by_file.panes_by_file(
            self.rows(), asked.time, self.column, edges, asked.members, cells, self._scales, MOST_ROWS, daily=daily
        )
        try:
            rows = self.fetch(query)
        except CellError:
            if len(cells) == 1:
                found.failed.add(cells[0])
                return
            middle = len(cells) // 2
            self.batch(found, asked, cells[:middle], edges, starts, daily=daily)
            self.batch(found, asked, cells[middle:], edges, starts, daily=daily)
            return
        check_room(len(rows), asked.columns)
        by_place = {(row[0], starts[row[1]], _checked(layout.key(row))): row for row in rows}
        self.meet(found, asked, by_place)
        ordered = [by_place[place] for place in found.places]
        kept = [layout.kept(row) for row in ordered]
        counts = {where: [row[number] for row in kept] for number, where in enumerate(layout.filters)}
        self.add(found, asked, cells, [layout.states(row) for row in ordered], counts)

    def add(
        self,
        found: Read,
        asked: Asked,
        cells: Iterable[Cell],
        states: Sequence[Sequence[State]],
        counts: Mapping[tuple[Row, ...], list[int]],
    ) -> None:
        """Put the columns of some cells beside the others."""
        for place, cell in enumerate(cells):
            digest, kept = asked.digests[cell]
            scale = self._scales.get(cell.argument) if cell.argument is not None else None
            if scale is None:
                scale = scale_for(None, None, None)
            is_sum = cell.function in ("sum", "avg")
            if scale.assumed and is_sum and any(row[place][-1] for row in states):
                assert cell.argument is not None
                raise _LeftOut(cell.argument)
            try:
                columns = columns_of(cell, [row[place] for row in states], scale)
            except Unkept:
                found.failed.add(cell)
                continue
            found.columns.update(zip(state_names(digest, cell), columns, strict=True))
            if kept is not None:
                found.columns[kept] = Values("sum", 0, False, list(counts.get(cell.where, [])))


class _LeftOut(Exception):
    """Numbers of an expression are not as they were assumed to be."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.row = row


def _checked(key: Key) -> Key:
    """A member that can be kept. Raises Unkept for one that cannot be written exactly."""
    if not all(one is None or type(one) in (bool, int, str, Decimal) for one in key):
        raise Unkept("a member that is no text, number or day")
    return key
