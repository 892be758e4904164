"""Reading the state that is to be kept: some files of a source, each of its rows' file known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kpidsl.calendar import Calendar
from kpidsl.engine.faults import CellError
from kpidsl.engine.groups import BATCH, Key, Layout, unfiltered
from kpidsl.engine.kept import FIRST, NEWEST, micros, state_names
from kpidsl.engine.kept_columns import Answered, Column, answered, columns_of
from kpidsl.engine.kept_values import TooMuch, Unkept, Values, extreme
from kpidsl.engine.parts import is_float, moment, scale_for, width
from kpidsl.engine.place import Door
from kpidsl.engine.scales import Needing, learned, of_all, of_few
from kpidsl.engine.shared_scan import Scan, at_once, guessed, measured, pays, scans
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.rows import ColumnValue, Row
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
FEW_VALUES = 100_000  # these cost next to nothing
BYTES_A_VALUE = 32
"""A value of state takes as long to be kept and read back as so many bytes of data, Parquet or CSV, to be read."""
_FIRST, _LAST = date(2, 1, 1), date(9800, 1, 1)
_EARLY, _LATE = (micros(datetime(year, 1, 1, tzinfo=UTC)) for year in (3, 9700))
_A_DAY = 86_400_000_000
Place = tuple[str, int, Key]
"""Whose state a row is: file, start of the pane (microseconds since 1970), member."""


@dataclass(slots=True)
class Read:
    """State as it was read: a place a row, and columns; `failed` are the cells that have none. `sizes` tells about how
    many members columns have.
    """

    places: list[Place] = field(default_factory=list)
    columns: dict[str, Values] = field(default_factory=dict)
    failed: set[Cell] = field(default_factory=set)
    sizes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """The cells of one time column and some dimensions, one for each thing asked of a row, with what names it and its
    filter; and whether the column's first and newest time are wanted. `most` values of state are worth keeping. `sizes`
    is what is known of how many members columns have.
    """

    time: Row
    members: tuple[Row, ...]
    cells: tuple[Cell, ...]
    digests: Mapping[Cell, tuple[str, str | None]]
    extent: bool
    most: int = MOST_VALUES
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def columns(self) -> int:
        """How many columns their state has."""
        return sum(map(width, self.cells)) + len({name for _, name in self.digests.values() if name is not None})

    def check_room(self, rows: int) -> None:
        """Raises TooMuch for more rows of state than are worth keeping."""
        check_room(rows, self.columns, self.most)


def worth(size: int) -> int:
    """How many values of state are worth keeping of so many bytes of data."""
    return min(MOST_VALUES, max(FEW_VALUES, size // BYTES_A_VALUE))


def check_room(rows: int, columns: int, most: int) -> None:
    """Raises TooMuch for more state than is worth keeping."""
    if rows >= MOST_ROWS or rows * columns > most:
        raise TooMuch(f"{rows} rows of {columns} columns")


class Reader:
    """Asks a table of so many `files`; `tables` are those of the sources that are joined."""

    def __init__(
        self,
        source: SourceModel,
        sources: Mapping[str, SourceModel],
        calendar: Calendar,
        tables: Mapping[str, str],
        file: sql.File,
        connection: DuckDBPyConnection,
        times: Callable[[Row], tuple[int, int] | None] = lambda _: None,
        files: int = 1,
    ) -> None:
        self.source = source
        self.sources = sources
        self.calendar = calendar
        self.tables = tables
        self.file = file
        self.times = times
        self.files = files
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
        first, last = self.days_told(time) or self.fetch(by_file.days(self.rows(), time))[0]
        if first is None:
            return ()
        if not (isinstance(first, date) and isinstance(last, date) and first >= _FIRST and last < _LAST):
            raise Unkept(f"rows from {first} to {last}")
        if (last - first).days > MOST_DAYS:
            raise Unkept("too many days")
        days = range(first.toordinal() - 1, last.toordinal() + 3)
        return tuple(sorted({self.calendar.day_start(date.fromordinal(day)) for day in days}))

    def days_told(self, time: Row) -> tuple[date, date] | None:
        """Between which days rows are, where that is known without reading them."""
        told = self.times(time)
        if told is None or told[0] < _EARLY or told[1] >= _LATE:
            return None
        # A day more on both sides: what day it is depends on the zone.
        return moment(told[0] - _A_DAY).date(), moment(told[1] + _A_DAY).date()

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
                self.add(found, asked, cell, [Column([], 0)] * width(cell), Column([], 0))
            if asked.extent:
                found.columns[FIRST], found.columns[NEWEST] = extreme("least", []), extreme("greatest", [])
            return found
        if daily and (asked.members or (len(edges) - 1) * asked.columns > asked.most):
            # Before all of them are grouped: six million groups take a gigabyte, and a limit comes after them.
            few = by_file.groups_of_first(self.rows(), asked.time, self.file.name, edges, asked.members, FEW_ROWS)
            groups, files = self.fetch(few)[0]
            asked.check_room(groups * self.files // max(files, 1))  # each is of one file, and the others have some, too
        starts = [micros(edge) for edge in edges if edge is not None]
        cells = [cell for cell in asked.cells if self.has_scale(cell, found)]
        left = self.by_shared_scans(found, asked, cells, edges, starts, daily=daily)
        for start in range(0, len(left), BATCH):
            self.batch(found, asked, left[start : start + BATCH], edges, starts, daily=daily)
        if asked.extent and FIRST not in found.columns:
            self.batch(found, asked, (), edges, starts, daily=daily)
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
            sizes = self.sizes(found, asked, measured(several))
            ways = scans(several, sizes, len(edges) - 1, MOST_GROUPS)[0]
        except CellError:
            return cells
        for some in ([ways] if len(ways) > 1 and at_once(ways) else []) + [[one] for one in ways]:
            if not done.issuperset(cell for one in some for cell in one.cells):
                with suppress(CellError):  # asked one by one, it is told which of them it belongs to
                    self.shared(found, asked, some, edges, starts, daily=daily)
                    done.update(cell for one in some for cell in one.cells)
        return [cell for cell in cells if cell not in done]

    def sizes(self, found: Read, asked: Asked, wanted: Sequence[Row]) -> Mapping[Row, int]:
        """About how many members columns have, as far as that is not known."""
        known = {row: asked.sizes[name] for row in wanted if (name := _named(row)) in asked.sizes}
        sizes = known | guessed(self.rows, [row for row in wanted if row not in known], self.fetch)
        found.sizes.update((name, size) for row, size in sizes.items() if (name := _named(row)))
        return sizes

    def shared(
        self, found: Read, asked: Asked, several: Sequence[Scan], edges: q.Edges, starts: Sequence[int], *, daily: bool
    ) -> None:  # fmt: skip
        """Scans that are made at once, and what each filter says of their groups."""
        rows, time = self.rows(), asked.time
        in_them = by_file.in_days if daily else in_panes
        of_scans = [_Told(one) for one in several]
        extent = by_file.extent(rows, time) if asked.extent and FIRST not in found.columns else ()
        groupings = [
            sql.Grouping(one.scan.leaves, one.states, {}, extent if one is of_scans[0] else ()) for one in of_scans
        ]
        made = sql.scans(rows, lambda: in_them(rows, time, edges), groupings, self._scales, self.file)
        with self.door.table(made[0].query, sql.GROUPS, self.source.name):
            for scan, told in zip(made, of_scans, strict=True):
                asked.check_room(self.fetch(sql.places(scan, asked.members))[0][0])
                self.told(found, asked, told, scan, starts)

    def told(self, found: Read, asked: Asked, told: _Told, scan: sql.Scan, starts: Sequence[int]) -> None:
        """What the groups of a scan say of its cells; a filter that keeps all tells what places there are."""
        states = range(len(scan.merged))
        query = by_file.named_answers(scan, asked.members, tuple(told.filters.values()), states)
        filters = len(told.filters)
        said = answered(self.door, query, len(asked.members), filters, self.source.name, asked.check_room)
        columns = self.placed(found, said, starts)
        at = {state: place for place, state in enumerate(sql.wanted_of(scan, states))}
        merged = [[at[state] for state in of_cell] for of_cell in scan.merged]
        if len(merged) > len(told.states):
            first, newest = (columns[0][place] for place in merged[-1])
            found.columns[FIRST], found.columns[NEWEST] = first.extreme("least"), newest.extreme("greatest")
        counted_at = merged[len(told.states) - 1][0]
        numbers = {where: number for number, where in enumerate(told.filters)}
        for cell in told.scan.cells:
            of_filter = columns[numbers[id(cell.where)]]
            of_cell = [of_filter[place] for place in merged[told.order[unfiltered(cell)]]]
            self.add(found, asked, cell, of_cell, of_filter[counted_at])

    def meet(self, found: Read, places: Sequence[Place]) -> list[int] | None:
        """What was read last is of the same places as what was read before: where each of those is now; None where
        that is where it was. Raises Unkept where the places are others.
        """
        if not found.places:
            found.places = list(places)
        if found.places == places:
            return None
        order = {place: number for number, place in enumerate(places)}
        if len(order) != len(found.places) or any(place not in order for place in found.places):
            raise Unkept("the file changed meanwhile")
        return [order[place] for place in found.places]

    def batch(
        self, found: Read, asked: Asked, cells: Sequence[Cell], edges: q.Edges, starts: Sequence[int], *, daily: bool
    ) -> None:  # fmt: skip
        """One query; where data is wrong, by halves. The first one tells when there are rows, too."""
        layout = Layout(0, len(asked.members), tuple(cells))
        extent_too = asked.extent and FIRST not in found.columns
        query = by_file.panes_by_file(
            self.rows(), asked.time, self.file, edges, asked.members, cells, self._scales, MOST_ROWS,
            daily=daily, extent_too=extent_too,
        )  # fmt: skip
        try:
            said = answered(self.door, query, len(asked.members), 1, self.source.name, asked.check_room)
        except CellError:
            if not cells:
                raise
            if len(cells) == 1:
                found.failed.add(cells[0])
                return
            middle = len(cells) // 2
            self.batch(found, asked, cells[:middle], edges, starts, daily=daily)
            self.batch(found, asked, cells[middle:], edges, starts, daily=daily)
            return
        columns = self.placed(found, said, starts)[0]
        if extent_too:
            *columns, first, newest = columns
            found.columns[FIRST], found.columns[NEWEST] = first.extreme("least"), newest.extreme("greatest")
        counted = columns[len(columns) - len(layout.filters) :]
        place = 0
        for cell in cells:
            of_cell = columns[place : place + width(cell)]
            place += len(of_cell)
            number = layout.filter_of(cell)
            self.add(found, asked, cell, of_cell, counted[number] if number is not None else None)

    def placed(
        self, found: Read, said: Answered, starts: Sequence[int]
    ) -> Mapping[int, Sequence[Column]]:  # fmt: skip
        """The columns of each filter in the order of the places that were found before."""
        places = [(row[1], starts[row[0]], _checked(row[2:])) for row in said.places]
        return said.in_order(self.meet(found, places)).columns

    def add(
        self, found: Read, asked: Asked, cell: Cell, states: Sequence[Column], counted: Column | None
    ) -> None:  # fmt: skip
        """Put the columns of a cell beside the others, and that of its filter."""
        digest, filter_name = asked.digests[cell]
        try:
            columns = columns_of(cell, states, self.scale(cell, is_left_out=not states[-1].is_void))
        except Unkept:
            found.failed.add(cell)
            return
        found.columns.update(zip(state_names(digest, cell), columns, strict=True))
        if filter_name is not None and counted is not None:
            found.columns[filter_name] = counted.added()

    def scale(self, cell: Cell, *, is_left_out: bool) -> Scale:
        """How the numbers of a cell were added up. Raises _LeftOut where what was assumed of them left some out."""
        found = self._scales.get(cell.argument) if cell.argument is not None else None
        if found is None:
            return scale_for(None, None, None)
        if found.assumed and cell.function in ("sum", "avg") and is_left_out:
            assert cell.argument is not None
            raise _LeftOut(cell.argument)
        return found


def _named(row: Row) -> str:
    """The name of a column, in a source that is reached by a path; of another expression there is none."""
    return ".".join((*row.path, row.name)) if isinstance(row, ColumnValue) else ""


class _Told:
    """A scan with its filters, and what it asks of rows whatever the filter: the states of its cells, and how many rows
    there are.
    """

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        bare = {unfiltered(cell): replace(cell, where=()) for cell in scan.cells}
        count = replace(scan.cells[0], function="count", argument=None, where=(), level=None, k=None, n=None)
        self.states = (*bare.values(), count)
        self.order = {state: place for place, state in enumerate(bare)}
        self.filters: dict[int, Filter] = {id(()): ()}
        for cell in scan.cells:
            self.filters.setdefault(id(cell.where), cell.where)


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
