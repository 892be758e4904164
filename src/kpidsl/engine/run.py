"""Running a plan on DuckDB: cells grouped by source, answered by as few scans as the panes allow."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from kpidsl.calendar import Calendar
from kpidsl.diagnostics import KpidslError, SourceError
from kpidsl.engine.answers import Answer, Answers, Extent
from kpidsl.engine.conversions import Horizon, found
from kpidsl.engine.duck import failures
from kpidsl.engine.groups import (
    Group,
    Key,
    Layout,
    State,
    by_state,
    edges_of,
    group_of,
    panes_inside,
    state_of,
)
from kpidsl.engine.kept import KeptSource
from kpidsl.engine.keys import check_joins, check_key, paths, paths_of_conversion
from kpidsl.engine.parts import INFINITE, Part, exact_scale, finish, is_empty, merge, scale_for
from kpidsl.plan.columns import calls
from kpidsl.plan.nodes import Cell, Plan
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.rows import Row
from kpidsl.semantic.types import DataType
from kpidsl.semantic.values import Conversion
from kpidsl.sql import queries as q
from kpidsl.sql.aggregates import MERGEABLE, Scale
from kpidsl.sql.conversions import conversion_query
from kpidsl.sql.source_rows import RowsOf

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BATCH = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Scales = Mapping[Row, Scale]
_SUMMED = frozenset({"sum", "avg"})
_SQUARED = frozenset({"stddev", "variance"})
_LATEST = datetime(9800, 1, 1, tzinfo=UTC)


class CellError(SourceError):
    """A value that cannot be computed with: an overflow, a text that is no number. Other values are not affected."""


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
        no_holidays: KpidslError | None = None,
        kept: Mapping[str, KeptSource] | None = None,
    ) -> None:
        self.plan = plan
        self.calendar: Calendar = plan.calendar
        self.connection = connection
        self.tables = tables
        self.explain = explain
        self.answers = Answers(failed_sources=dict(failed))
        self.scales: dict[tuple[str, Row], Scale] = {}
        self.kept = kept or {}
        self.no_holidays = no_holidays if no_holidays is not None else unread_holidays()

    def run(self) -> Answers:
        by_source: dict[str, list[Cell]] = {}
        for cell in self.plan.cells:
            by_source.setdefault(cell.source, []).append(cell)
        for name, cells in by_source.items():
            if name in self.answers.failed_sources:
                continue
            try:
                self.source(self.plan.sources[name], cells)
            except KpidslError as error:
                self.answers.failed_sources[name] = error
        return self.answers

    # ------------------------------------------------------------ a source
    def source(self, source: SourceModel, cells: Sequence[Cell]) -> None:
        if source.key:
            check_key(source, self.tables[source.name], self.fetch, self.answers.warnings)
        usable = [cell for cell in cells if self.holidays_are_known(cell) and self.joins_hold(source, cell)]
        self.learn_extents(source, usable)
        if source.name in self.kept:
            answered, usable = self.kept[source.name].answers(usable, self.finished)
            self.answers.cells.update(answered)
        self.learn_scales(source, usable)
        groups: dict[Group, list[Cell]] = {}
        for cell in usable:
            if cell not in self.answers.failed_cells:
                groups.setdefault(group_of(cell), []).append(cell)
        for members in groups.values():
            states = list(by_state(members).values())
            for start in range(0, len(states), BATCH):
                self.batch(source, [cell for same in states[start : start + BATCH] for cell in same])

    def rows(self, source: SourceModel) -> RowsOf:
        return RowsOf(source, self.plan.sources, self.calendar, self.tables)

    def holidays_are_known(self, cell: Cell) -> bool:
        """Whether a cell counts business days only where the calendar's holidays could be read."""
        if self.calendar.holidays is None and calls(cell, "business_days_between"):
            self.answers.failed_cells[cell] = self.no_holidays
            return False
        return True

    def joins_hold(self, source: SourceModel, cell: Cell) -> bool:
        error = check_joins(source, paths(cell), self.plan.sources, self.tables, self.fetch, self.answers)
        if error is None and cell.conversion is not None:
            error = self.second_step_holds(cell.conversion)
        if error is not None:
            self.answers.failed_cells[cell] = error
        return error is None

    def learn_extents(self, source: SourceModel, cells: Iterable[Cell]) -> None:
        """The first time of every time column, and its newest before each anchor, in one scan a column."""
        kept = self.kept.get(source.name)
        for time, anchors in anchors_by_time(self.plan, source, cells).items():
            known = kept.extent(time, sorted(anchors), ahead=source.ahead) if kept is not None else None
            if known is not None:
                self.answers.extents[source.name, time] = known
                continue
            column = time if time is not None else source.holds.start if source.holds is not None else None
            if column is not None:
                self.answers.extents[source.name, time] = self.extent(source, column, sorted(anchors))

    def extent(self, source: SourceModel, column: Row, anchors: Sequence[datetime]) -> Extent:
        edges = (None, *((_LATEST,) if source.ahead else anchors))
        panes: dict[int, tuple[datetime, datetime]] = {}
        for pane, least, greatest in self.fetch(q.extent(self.rows(source), column, edges), source.name):
            if least is not None:
                panes[pane] = (at(least), at(greatest))
        first = min((low for low, _ in panes.values()), default=None)
        if source.ahead:
            return Extent(first, dict.fromkeys(anchors, panes[0][1] if panes else None))
        newest: dict[datetime, datetime | None] = {}
        latest: datetime | None = None
        for pane, anchor in enumerate(anchors):
            latest = panes[pane][1] if pane in panes else latest
            newest[anchor] = latest
        return Extent(first, newest)

    def learn_scales(self, source: SourceModel, cells: Iterable[Cell]) -> None:
        """How large the numbers are that are summed: of all expressions in one scan, or of each where one fails."""
        needing: dict[Row, list[Cell]] = {}
        for cell in cells:
            row = cell.argument
            if row is not None and (
                cell.function in _SQUARED or (row.type is DataType.FLOAT and cell.function in _SUMMED)
            ):
                needing.setdefault(row, []).append(cell)
        if not needing:
            return
        try:
            self.scales.update(self.spread(source, list(needing)))
        except CellError:
            for row, concerned in needing.items():
                try:
                    self.scales.update(self.spread(source, [row]))
                except CellError as error:
                    self.answers.failed_cells.update(dict.fromkeys(concerned, error))

    def spread(self, source: SourceModel, wanted: Sequence[Row]) -> dict[tuple[str, Row], Scale]:
        count, *edges = self.fetch(q.spread(self.rows(source), wanted), source.name)[0]
        return {
            (source.name, row): scale_for(low, high, least)
            if row.type is DataType.FLOAT
            else exact_scale(low, high, count)
            for row, low, high, least in zip(wanted, edges[::3], edges[1::3], edges[2::3], strict=True)
        }

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
        scales = {row: scale for (name, row), scale in self.scales.items() if name == source.name}
        rows = self.rows(source)
        if first.at is None:
            assert first.time is not None
            answer = self.by_panes if first.function in MERGEABLE else self.by_windows
            answer(rows, first.time, cells, scales)
            return
        asked = [one[0] for one in by_state(cells).values()]
        if first.time is not None:
            query = q.at_edge(
                rows, first.time, first.start, first.end, first.at, first.per, first.members, asked, scales
            )
        else:
            assert source.holds is not None
            at = first.end if first.at == "end" else first.start
            if at is None or (first.start is not None and first.start >= first.end):
                self.answers.cells.update((cell, Answer(found=False)) for cell in cells)
                return
            query = q.holding(rows, source.holds, first.at, at, first.members, asked, scales)
        self.read_whole(query, source, asked, cells, scales)

    def by_panes(self, rows: RowsOf, time: Row, cells: Sequence[Cell], scales: Scales) -> None:
        """One scan grouped by the elementary spans between window edges; each window is a merge of its panes."""
        edges = edges_of(cells)
        if edges is None:
            self.answers.cells.update((cell, Answer()) for cell in cells)
            return
        groups = list(by_state(cells).values())
        layout = Layout(1, len(cells[0].members), tuple(same[0] for same in groups))
        query = q.panes(rows, time, edges, cells[0].members, layout.cells, scales)
        kept: list[dict[Key, tuple[list[int], list[State]]]] = [{} for _ in groups]
        seen: dict[tuple[Row, ...], dict[Key, list[int]]] = {}
        for row in sorted(self.fetch(query, rows.source.name), key=itemgetter(0)):
            key = layout.key(row)
            for place, state in enumerate(layout.states(row)):
                if not is_empty(state):
                    panes, states = kept[place].setdefault(key, ([], []))
                    panes.append(row[0])
                    states.append(state)
            for where, count in layout.kept(row).items():
                if count:
                    seen.setdefault(where, {}).setdefault(key, []).append(row[0])
        sql = q.text(query, pretty=True) if self.explain else None
        places = {edge: place for place, edge in enumerate(edges)}
        for same, by_key in zip(groups, kept, strict=True):
            scale = scales.get(same[0].argument) if same[0].argument is not None else None
            for cell in same:
                inside = panes_inside(cell, places)
                answer = Answer(sql=sql)
                for key, (panes, states) in by_key.items():
                    found = states[bisect_left(panes, inside.start) : bisect_left(panes, inside.stop)]
                    if found:
                        state = merge(cell, found) if len(found) > 1 else found[0]
                        answer.parts[key] = self.finished(cell, state, scale)
                for key, panes in seen.get(cell.where, {}).items():
                    if bisect_left(panes, inside.start) < bisect_left(panes, inside.stop):
                        answer.seen.add(key)
                self.answers.cells[cell] = answer

    def by_windows(self, rows: RowsOf, time: Row, cells: Sequence[Cell], scales: Scales) -> None:
        """Rows grouped by window, each window made of panes: for distinct counts, quantiles and the like."""
        edges = edges_of(cells)
        if edges is None:
            self.answers.cells.update((cell, Answer()) for cell in cells)
            return
        groups = list(by_state(cells).values())
        layout = Layout(1, len(cells[0].members), tuple(same[0] for same in groups))
        spans: dict[tuple[datetime | None, datetime], int] = {}
        for cell in cells:
            spans.setdefault((cell.start, cell.end), len(spans))
        places = {edge: place for place, edge in enumerate(edges)}
        pairs = {(pane, spans[cell.start, cell.end]) for cell in cells for pane in panes_inside(cell, places)}
        query = q.windows(rows, time, edges, sorted(pairs), cells[0].members, layout.cells, scales)
        sql = q.text(query, pretty=True) if self.explain else None
        answers = {cell: Answer(sql=sql) for cell in cells}
        of_window: dict[int, list[Cell]] = {}
        for cell in cells:
            of_window.setdefault(spans[cell.start, cell.end], []).append(cell)
        states_at = {state_of(cell): place for place, cell in enumerate(layout.cells)}
        for row in self.fetch(query, rows.source.name):
            self.fill(row, layout, states_at, of_window[row[0]], answers, scales)
        self.answers.cells.update(answers)

    def conversions(self, source: SourceModel, cells: Sequence[Cell]) -> None:
        """Conversions found once, by one query, whatever the windows and anchors they are asked for at."""
        horizon = Horizon.of(cells, self.plan.sources, self.calendar)
        if horizon is None:
            self.answers.cells.update((cell, Answer()) for cell in cells)
            return
        query = conversion_query(self.rows(source), self.rows(self.plan.sources[horizon.then]), cells, horizon)
        fetched = self.fetch(query, source.name)
        sql = q.text(query, pretty=True) if self.explain else None
        self.answers.cells.update(found(cells, horizon, fetched, sql))

    def second_step_holds(self, conversion: Conversion) -> KpidslError | None:
        """Whether the source of the second step can be read, and its joins find at most one row."""
        failed = self.answers.failed_sources.get(conversion.source)
        if failed is not None:
            return failed
        source = self.plan.sources[conversion.source]
        if (source.name, source.time) not in self.answers.extents:
            # How old its newest row is decides whether a value is stale, as for any source.
            self.learn_extents(source, ())
        reached = paths_of_conversion(conversion)
        return check_joins(source, reached, self.plan.sources, self.tables, self.fetch, self.answers)

    def read_whole(
        self, query: Any, source: SourceModel, asked: Sequence[Cell], cells: Sequence[Cell], scales: Scales
    ) -> None:
        """A query whose groups are the members alone; its first column counts the rows there are."""
        layout = Layout(1, len(cells[0].members), tuple(asked))
        fetched = [row for row in self.fetch(query, source.name) if row[0]]
        sql = q.text(query, pretty=True) if self.explain else None
        answers = {cell: Answer(found=bool(fetched), sql=sql) for cell in cells}
        states_at = {state_of(cell): place for place, cell in enumerate(layout.cells)}
        for row in fetched:
            self.fill(row, layout, states_at, cells, answers, scales)
        self.answers.cells.update(answers)

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
            if kept.get(cell.where):
                answers[cell].seen.add(key)

    def finished(self, cell: Cell, state: State, scale: Scale | None) -> Part:
        part = finish(cell, state, scale)
        if part.reason == INFINITE and cell.source not in self.answers.infinite:
            self.answers.infinite[cell.source] = SourceError(
                f"`{cell.source}` holds an infinite number where finite ones are needed",
                code="K0613",
                hint="leave such rows out with `where`, or mend the data",
            )
        return part

    def fetch(self, query: Any, source: str) -> list[tuple[Any, ...]]:
        sql = q.text(query)
        try:
            return self.connection.execute(sql).fetchall()
        except failures() as error:
            raise query_error(error, source) from error


def anchors_by_time(
    plan: Plan, source: SourceModel, cells: Iterable[Cell]
) -> dict[Row | None, set[datetime]]:  # fmt: skip
    """The anchors before which the newest row is wanted, for every time column of a source."""
    always = {plan.anchor, *plan.series_anchors}
    wanted: dict[Row | None, set[datetime]] = {source.time: set(always)}
    for cell in cells:
        anchors = wanted.setdefault(cell.time, set(always))
        if cell.at is None:
            anchors.add(cell.anchor)
    return wanted


def unread_holidays() -> KpidslError:
    """Why holidays are not known where nothing was read."""
    return SourceError(
        "the file that lists the holidays is not read here, so business days cannot be counted",
        hint='a country\'s are known without a file: `holidays "DE"`',
    )


def query_error(error: Exception, source: str) -> KpidslError:
    """A failure of DuckDB in the words of a spec."""
    text = str(error).split("\n")[0]
    if "verflow" in text or "out of range" in text:
        return CellError(
            f"a number over `{source}` is too large to be exact: {text}",
            code="K0610",
            hint="declare the column with fewer digits, or as `float`",
        )
    if "onversion Error" in text or "regular expression" in text.lower() or "Could not convert" in text:
        return CellError(f"a value of `{source}` cannot be used here: {text}", code="K0604")
    kind = SourceError if text.startswith("IO Error") else CellError
    return kind(f"`{source}` could not be read: {text}", code="K0602")


def at(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
