"""Running a plan on DuckDB: cells grouped by source, answered by as few scans as the panes allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kpidsl.calendar import Calendar
from kpidsl.diagnostics import KpidslError, SourceError
from kpidsl.engine import extents, shared_scan
from kpidsl.engine.anew import ask_anew
from kpidsl.engine.answers import Answer, Answers
from kpidsl.engine.compact import CompactParts, CompactSet, Members
from kpidsl.engine.faults import CellError
from kpidsl.engine.groups import (
    BATCH,
    ORDERED,
    PANES,
    WINDOWS,
    Group,
    Layout,
    State,
    by_state,
    group_of,
    state_of,
)
from kpidsl.engine.keys import check_joins, check_key, paths, paths_of_conversion
from kpidsl.engine.lacking import Lacking
from kpidsl.engine.located import Located
from kpidsl.engine.panes import by_panes
from kpidsl.engine.parts import INFINITE, LEFT_OUT, Part, finish, is_empty
from kpidsl.engine.place import Door, Places, usable_answers
from kpidsl.engine.scales import Needing, learned, looked_at, of_all, of_few
from kpidsl.engine.stretches import by_stretch
from kpidsl.plan.nodes import Cell, Plan
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.rows import ColumnValue, Row
from kpidsl.semantic.terms import AGREEMENT
from kpidsl.semantic.values import Conversion
from kpidsl.sql.aggregates import IN_ORDER, LIMB, MERGEABLE, Scale
from kpidsl.sql.shared_scan import merges
from kpidsl.sql.source_rows import RowsOf

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from kpidsl.engine.kept import KeptSource

CLASSES = 1000
Scales = Mapping[Row, Scale]


class Run:
    """One run over prepared tables: `tables` names the relation of each source inside the connection."""

    def __init__(
        self,
        plan: Plan,
        connection: DuckDBPyConnection,
        tables: Mapping[str, str],
        failed: Mapping[str, KpidslError],
        *,
        explain: bool,
        lacking: Lacking | None = None,
        told: Callable[[str], None] | None = None,
        kept: Mapping[str, KeptSource] | None = None,
        places: Places | None = None,
        located: Callable[[str, str], Located | None] = lambda *_: None,
    ) -> None:
        self.plan = plan
        self.calendar: Calendar = plan.calendar
        self.door = Door(connection, places)
        self.tables = tables
        self.explain = explain
        self.told = told
        self.answers = Answers(plan.anchor, failed_sources=dict(failed))
        self.scales: dict[tuple[str, Row], Scale] = {}
        self.left_out: set[tuple[str, Row | None]] = set()
        self.members: dict[int, Members] = {}
        self.kept = kept or {}
        self.where_rows_stand = located
        self.lacking = lacking if lacking is not None else Lacking()

    def run(self) -> Answers:
        by_source: dict[str, list[Cell]] = {}
        for cell in self.plan.cells:
            by_source.setdefault(cell.source, []).append(cell)
        for name, cells in by_source.items():
            if name in self.answers.failed_sources:
                continue
            if self.told is not None:
                self.told(name)
            source = self.plan.sources[name]
            try:
                with usable_answers(name, is_here=self.is_here(source)):
                    self.source(source, cells)
            except KpidslError as error:
                self.answers.failed_sources[name] = error
        return self.answers

    # ------------------------------------------------------------ a source
    def source(self, source: SourceModel, cells: Sequence[Cell]) -> None:
        if source.key:
            check_key(source, self.tables[source.name], self.fetch, self.answers.warnings)
        usable = [cell for cell in cells if self.is_all_there(cell) and self.joins_hold(source, cell)]
        extents.learn(self, source, usable)
        if source.name in self.kept:
            answered, usable = self.kept[source.name].answers(usable, self.finished)
            self.answers.cells.update(answered)
            if not usable:
                return  # what is read on demand is not asked for
        self.learn_scales(source, usable, assume=self.is_here(source))
        self.ask(source, usable)
        ask_anew(self, source, usable)

    def is_here(self, source: SourceModel) -> bool:
        """Whether a source's queries are asked here."""
        return source.name in self.kept or self.rows(source).is_here  # what is kept is of files

    def ask(self, source: SourceModel, cells: Sequence[Cell]) -> None:
        """Answer cells of a source whose numbers have scales."""
        asked = [cell for cell in cells if cell not in self.answers.failed_cells]
        left = self.by_shared_scans(source, asked) if asked else []
        if any(group_of(cell).edge == WINDOWS for cell in left):
            from kpidsl.engine.quantiles import together

            left = together(self, source, left)
        self.in_batches(source, left)

    def in_batches(self, source: SourceModel, cells: Iterable[Cell]) -> None:
        """Answer cells by queries of those that one can answer."""
        groups: dict[Group, list[Cell]] = {}
        for cell in cells:
            groups.setdefault(group_of(cell), []).append(cell)
        for group, members in groups.items():
            states = list(by_state(members).values())
            most = CLASSES if members[0].function == "count_distinct" else BATCH
            first = self.first_time(source, members[0]) if group.edge in (PANES, ORDERED, WINDOWS) else None
            is_here = first is not None and self.is_here(source)
            for some in by_stretch(states, first) if first is not None and is_here else (states,):
                for start in range(0, len(some), most):
                    self.batch(source, [cell for same in some[start : start + most] for cell in same])

    def by_shared_scans(self, source: SourceModel, cells: list[Cell]) -> list[Cell]:
        """Answer cells of a source by scans that are shared. The others are left over."""
        by_time, rest = self.shareable(source, cells)
        for same in by_time:
            found, left = shared_scan.shared(self, lambda: self.rows(source), same, self.known_scales(source))
            self.answers.cells.update(found)
            rest.extend(left)
        return self.by_marks(source, rest) if self.is_here(source) else rest

    def shareable(self, source: SourceModel, cells: Iterable[Cell]) -> tuple[list[list[Cell]], list[Cell]]:
        """Cells of one time column each that groups of rows can answer; and the others."""
        by_time: dict[int, list[Cell]] = {}
        rest: list[Cell] = []
        edges = (PANES, ORDERED) if self.is_here(source) else (PANES,)  # few engines know the least of some tuples
        for cell in cells:
            scale = self.scales.get((source.name, cell.argument)) if cell.argument is not None else None
            is_shared = group_of(cell).edge in edges and merges(scale, cell)
            (by_time.setdefault(id(cell.time), []) if is_shared else rest).append(cell)
        return list(by_time.values()), rest

    def known_scales(self, source: SourceModel) -> Scales:
        """How the numbers of a source are added up."""
        return {row: scale for (name, row), scale in self.scales.items() if name == source.name}

    def by_marks(self, source: SourceModel, cells: list[Cell]) -> list[Cell]:
        """Answer the distinct counts that a scan for many of them pays for; the others are left over."""
        alike: dict[tuple[int, int, int], list[Cell]] = {}
        rest: list[Cell] = []
        for cell in cells:
            if cell.function == "count_distinct" and cell.at is None:
                alike.setdefault((id(cell.time), id(cell.argument), id(cell.members)), []).append(cell)
            else:
                rest.append(cell)
        if alike:
            from kpidsl.engine.marks import counted

            for same in alike.values():
                found, left = counted(self, lambda: self.rows(source), same, self.first_time(source, same[0]))
                self.answers.cells.update(found)
                rest.extend(left)
        return rest

    def first_time(self, source: SourceModel, cell: Cell) -> datetime | None:
        """When the rows of a cell's time column begin."""
        extent = self.answers.extents.get((source.name, cell.time))
        return extent.first if extent is not None else None

    def rows(self, source: SourceModel) -> RowsOf:
        found = RowsOf(source, self.plan.sources, self.calendar, self.tables)
        found.is_here = self.asked_here(found.select())
        return found

    def is_all_there(self, cell: Cell) -> bool:
        """Whether nothing that a cell needs is lacking: holidays, a column that can be read."""
        error = self.lacking.why(cell, self.calendar)
        if error is not None:
            self.answers.failed_cells[cell] = error
        return error is None

    def joins_hold(self, source: SourceModel, cell: Cell) -> bool:
        reached = paths(cell) if source.joins else set()
        error = check_joins(source, reached, self.plan.sources, self.calendar, self.tables, self.fetch, self.answers)
        if error is None and cell.conversion is not None:
            error = self.second_step_holds(cell.conversion)
        if error is not None:
            self.answers.failed_cells[cell] = error
        return error is None

    def learn_scales(self, source: SourceModel, cells: Iterable[Cell], *, assume: bool = False) -> None:
        """How large the numbers are that are summed; with `assume`, as far as a few rows tell."""
        found, failed = learned(cells, lambda wanted, few: self.scales_of(source, wanted, few=few), assume=assume)
        self.scales.update({(source.name, row): scale for row, scale in found.items()})
        self.answers.failed_cells.update(failed)

    def scales_of(self, source: SourceModel, wanted: Needing, *, few: bool) -> Mapping[Row, Scale]:
        """The scales of expressions: as a few rows have it, or all that their cells look at."""

        def fetch(query: Any) -> list[tuple[Any, ...]]:
            return self.fetch(query, source.name)

        if few:
            return of_few(self.rows(source), wanted, fetch)
        bits = self.door.places.limb_bits(source.name) if self.door.places is not None else LIMB
        return of_all(looked_at(self.rows(source), wanted), wanted, fetch, bits)

    # ------------------------------------------------------------ a batch of cells
    def batch(self, source: SourceModel, cells: Sequence[Cell]) -> None:
        """Answer cells by one query; where data is wrong, by halves, so that it costs only the cells it belongs to."""
        try:
            self.answer(source, cells)
        except CellError as error:
            if len(cells) == 1:
                self.answers.failed_cells[cells[0]] = error
                return
            middle = len(cells) // 2
            self.batch(source, cells[:middle])
            self.batch(source, cells[middle:])

    def answer(self, source: SourceModel, cells: Sequence[Cell]) -> None:
        first = cells[0]
        if first.conversion is not None:
            self.conversions(source, cells)
            return
        scales = self.known_scales(source)
        rows = self.rows(source)
        if first.at is None:
            assert first.time is not None
            if first.function in AGREEMENT:
                from kpidsl.engine.agreement import agreement

                self.answers.cells.update(agreement(self, rows, cells))
                return
            if first.function == "count_distinct":
                from kpidsl.engine.distinct import distinct

                self.answers.cells.update(distinct(self, source, cells))
                return
            if first.function in MERGEABLE or first.function in IN_ORDER:
                self.answers.cells.update(by_panes(self, rows, first.time, cells, scales))
                return
            from kpidsl.engine.windows import by_windows

            self.answers.cells.update(by_windows(self, rows, first.time, cells, scales))
            return
        from kpidsl.engine.stocks import at_edges, holding

        stocks = at_edges if first.time is not None else holding
        self.answers.cells.update(stocks(self, rows, cells, scales))

    def blank(self, cell: Cell, sql: str | None = None) -> Answer:
        """An answer that holds nothing yet; of a cell that has members, one that takes little room for each."""
        if not cell.members:
            return Answer(sql=sql)
        members = self.members.setdefault(id(cell.members), Members())
        return Answer(CompactParts(members), CompactSet(members), sql=sql)

    def conversions(self, source: SourceModel, cells: Sequence[Cell]) -> None:
        """Conversions found once, by one query, whatever the windows and anchors they are asked for at."""
        from kpidsl.engine.conversions import Horizon, found
        from kpidsl.sql.conversions import conversion_query

        horizon = Horizon.of(cells, self.plan.sources, self.calendar)
        if horizon is None:
            self.answers.cells.update((cell, Answer()) for cell in cells)
            return
        query = conversion_query(self.rows(source), self.rows(self.plan.sources[horizon.then]), cells, horizon)
        fetched = self.fetch(query, source.name)
        sql = self.said(query) if self.explain else None
        self.answers.cells.update(found(cells, horizon, fetched, sql))

    def second_step_holds(self, conversion: Conversion) -> KpidslError | None:
        """Whether the source of the second step can be read, and its joins find at most one row."""
        failed = self.answers.failed_sources.get(conversion.source)
        if failed is not None:
            return failed
        source = self.plan.sources[conversion.source]
        if (source.name, source.time) not in self.answers.extents:
            # How old its newest row is decides whether a value is stale, as for any source.
            extents.learn(self, source, ())
        reached = paths_of_conversion(conversion)
        return check_joins(source, reached, self.plan.sources, self.calendar, self.tables, self.fetch, self.answers)

    def fill(
        self,
        row: Sequence[Any],
        layout: Layout,
        states_at: Mapping[tuple[object, ...], int],
        cells: Sequence[Cell],
        answers: Mapping[Cell, Answer],
        scales: Scales,
    ) -> None:
        """What a row that needs no merging says of some cells."""
        key, states, kept = layout.key(row), layout.states(row), layout.kept(row)
        for cell in cells:
            state = states[states_at[state_of(cell)]]
            if not is_empty(state):
                scale = scales.get(cell.argument) if cell.argument is not None else None
                answers[cell].parts[key] = self.finished(cell, state, scale)
            if (filter_at := layout.filter_of(cell)) is not None and kept[filter_at]:
                answers[cell].seen.add(key)

    def finished(self, cell: Cell, state: State, scale: Scale | None) -> Part:
        return self.checked(cell, finish(cell, state, scale))

    def checked(self, cell: Cell, part: Part) -> Part:
        """A part; what is noted is a source that holds an infinite number where one is in the way, and numbers that are
        not as they were assumed to be.
        """
        if part.reason == LEFT_OUT:
            self.left_out.add((cell.source, cell.argument))
        if part.reason == INFINITE and cell.source not in self.answers.infinite:
            self.answers.infinite[cell.source] = SourceError(
                f"`{cell.source}` holds an infinite number, or a time that no calendar has, where others are needed",
                code="K0613",
                hint="leave such rows out with `where`, or mend the data",
            )
        return part

    def fetch(self, query: Any, source: str) -> list[tuple[Any, ...]]:
        return self.door.fetch(query, source)

    def located(self, rows: RowsOf, time: Row | None) -> Located | None:
        """Where the rows of a source stand, and what is known of a time column of its own."""
        if isinstance(time, ColumnValue) and not time.path:
            return self.where_rows_stand(rows.source.name, time.name)
        return None

    def table(self, query: Any, name: str, source: str) -> AbstractContextManager[int]:
        return self.door.table(query, name, source)

    def types(self, table: str) -> list[str]:
        return self.door.types(table)

    def asked_here(self, query: Any) -> bool:
        """Whether a query is asked here, not where its source lives."""
        return self.door.is_here(query)

    def stream(self, query: Any, source: str, order: Sequence[int] = ()) -> Iterator[tuple[Any, ...]]:
        return self.door.stream(query, source, order)

    def said(self, query: Any) -> str:
        """The SQL of a query, for people."""
        return self.door.said(query)
