"""Many filters and groupings over few columns: one scan, grouped by all of these, answers them.

A thousand KPIs differ in a country here and a channel there, and some are told by country. Asked as so many
conditions, each row is held against each of them; grouped by what they read, each group is
(docs/adr/0043-one-scan-for-all-groupings.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import field, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from kpidsl.engine.answers import Answer
from kpidsl.engine.costs import is_much, worthwhile
from kpidsl.engine.faults import CellError
from kpidsl.engine.groups import edges_of, unfiltered
from kpidsl.engine.leaves import columns_of, leaves_of, together
from kpidsl.engine.located import Located
from kpidsl.engine.merging import merged
from kpidsl.engine.parts import Part
from kpidsl.engine.places import places, size_of
from kpidsl.engine.stocks import Asking
from kpidsl.plan.columns import conditions_of
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.rows import Pattern, Picked, Place, Row
from kpidsl.semantic.types import DataType
from kpidsl.sql import exp, spans
from kpidsl.sql import shared_scan as sql
from kpidsl.sql.aggregates import Scale
from kpidsl.sql.panes import MOST_CASES, in_panes
from kpidsl.sql.queries import Edges
from kpidsl.sql.source_rows import RowsOf

FEWEST_FILTERS = 12  # fewer are as cheap as conditions
SAMPLE = 1  # percent of a table, to guess how many members its columns have
FIRST_ROWS = 20_000
MOST_GUESSED = 40
"""So many columns are guessed by a query: each may be of a table that is joined, and joins are planned in the cube of
how many they are."""
FEW_GROUPS = 20_000  # in all panes: more no longer fit the processor's caches
MOST_GROUPS = 100_000  # where that saves a scan
READING = 8
"""Reading a row, and telling its pane, costs about as much as so many states of a group."""
MOST_BROUGHT = 200_000
"""More groups than this are not brought here from an engine: there were more members than the first rows have."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan grouped by leaves, and the cells it answers; of conditions that are `told` by a place, which one."""

    leaves: tuple[Row, ...]
    cells: tuple[Cell, ...]
    told: Mapping[Row, Row] = field(default_factory=dict)


def pays(cells: Sequence[Cell]) -> bool:
    """Whether cells of one time column ask enough of rows for groups to be cheaper."""
    filters: dict[int, list[Cell]] = {}
    for cell in cells:
        if cell.where:
            filters.setdefault(id(cell.where), []).append(cell)
    if len(filters) >= FEWEST_FILTERS or len({id(cell.members) for cell in cells}) > 1:
        return True
    return sum(max(map(_effort, same)) for same in filters.values()) >= FEWEST_FILTERS


def _effort(cell: Cell) -> int:
    """What it costs to ask a cell of each row, in counts under plain filters: measured over 1 and 10 million rows."""
    is_float = cell.argument is not None and cell.argument.type is DataType.FLOAT
    if cell.function in ("stddev", "variance"):
        effort = 6 if is_float else 3
    else:
        effort = 3 if is_float and cell.function in ("sum", "avg") else 1
    return max(effort, 6) if any(map(_has_pattern, cell.where)) else effort


def _has_pattern(row: Row) -> bool:
    parts = (getattr(row, name) for name in row.__dataclass_fields__)
    return isinstance(row, Pattern) or any(isinstance(part, Row) and _has_pattern(part) for part in parts)


def measured(cells: Iterable[Cell]) -> list[Row]:
    """The columns that rows may be grouped by."""
    found: dict[Row, None] = {}
    for members in {id(cell.members): cell.members for cell in cells}.values():
        found.update(dict.fromkeys(members))
    for where in {id(cell.where): cell.where for cell in cells}.values():
        for condition in conditions_of(where):
            found.update(dict.fromkeys(columns_of(condition)))
    return list(found)


def guessed(
    rows: Callable[[], RowsOf],
    wanted: Sequence[Row],
    fetch: Callable[[Any], list[Any]],
    located: Located | None = None,
    *,
    sampled: bool = True,
) -> dict[Row, int]:
    """About how many members columns have: in a sample of the rows (where it can be had), or, as that is none of a few,
    in the first ones; in rows here and there, where it is known how to find some.
    """
    if not wanted:
        return {}
    if sampled and len(wanted) > MOST_GUESSED:
        first, others = wanted[:MOST_GUESSED], wanted[MOST_GUESSED:]
        return guessed(rows, first, fetch, located) | guessed(rows, others, fetch, located)
    if located is not None and located.groups:
        found = fetch(spans.cardinalities(located.rows(rows()), wanted, located.spots()))[0]
        return dict(zip(wanted, found, strict=True))
    asked = [sql.first_cardinalities(rows(), wanted, FIRST_ROWS)]
    if sampled:
        asked.append(sql.cardinalities(rows(), wanted, SAMPLE))
    return {row: max(counts) for row, *counts in zip(wanted, *(fetch(query)[0] for query in asked), strict=True)}


def scans(
    cells: Sequence[Cell], sizes: Mapping[Row, int], panes: int, most: int, told: Mapping[Row, Row] | None = None
) -> tuple[list[Scan], list[Cell]]:
    """The cells sorted into as few scans of at most `most` groups as there can be, and those that no such scan answers.
    `sizes` tells how many members each column has that is `measured`, `told` by which place conditions are told.
    """
    told = told or {}
    alike: dict[tuple[int, int], list[Cell]] = {}
    for cell in cells:
        alike.setdefault((id(cell.members), id(cell.where)), []).append(cell)
    needs: dict[tuple[int, int], tuple[Row, ...]] = {}
    known = dict(sizes)
    for pair, same in alike.items():
        conditions = leaves_of(same[0].where, sizes, told)
        for one in conditions:
            if one not in known:
                known[one] = size_of(one) if isinstance(one, Place | Picked) else 2
        needs[pair] = tuple(dict.fromkeys((*same[0].members, *conditions)))
    few, many = (together(needs, known, limit // panes) for limit in (FEW_GROUPS, most))
    found, rest = many if (len(many[1]), len(many[0])) < (len(few[1]), len(few[0])) else few
    return (
        [Scan(leaves, tuple(cell for pair in pairs for cell in alike[pair]), told) for leaves, pairs in found],
        [cell for pair in rest for cell in alike[pair]],
    )


class Keeping(Asking, Protocol):
    """The run that asks, and can keep the groups of a scan for as long as they are asked."""

    def table(self, query: Any, name: str, source: str) -> AbstractContextManager[int]: ...

    def types(self, table: str) -> list[str]: ...

    def asked_here(self, query: Any) -> bool: ...

    def checked(self, cell: Cell, part: Part) -> Part: ...

    def located(self, rows: RowsOf, time: Row | None) -> Located | None: ...


def shared(
    run: Keeping, rows: Callable[[], RowsOf], cells: Sequence[Cell], scales: Mapping[Row, Scale]
) -> tuple[dict[Cell, Answer], Sequence[Cell]]:
    """The answers of cells of one time column that share scans, and the cells that are to be asked otherwise."""
    edges = edges_of(cells)
    is_here = run.asked_here(rows().select())
    if edges is None or not (pays(cells) if is_here else is_much(cells)):
        return {}, cells
    source = rows().source.name
    found: dict[Cell, Answer] = {}
    try:
        located = run.located(rows(), cells[0].time)
        sizes = guessed(rows, measured(cells), lambda query: run.fetch(query, source), located, sampled=is_here)
        panes = len(edges) - 1
        told = places(cells, sizes, MOST_GROUPS // panes) if is_here else {}
        several, rest = scans(cells, sizes, panes, MOST_GROUPS, told)
    except CellError:
        return {}, cells
    if is_here and len(several) > 1 and at_once(several):
        with suppress(CellError):
            return answer(run, rows(), several, scales), rest
    for one in several if is_here else worthwhile(several, rest):
        # Asked one by one, it is told which of them an error belongs to.
        with suppress(CellError):
            found.update(answer(run, rows(), [one], scales))
    return found, [cell for cell in cells if cell not in found]


def at_once(several: Sequence[Scan]) -> bool:
    """Whether one query that groups rows in several ways is cheaper than one for each: it reads rows once, and works
    out for every group what any is asked.
    """
    asked = [{unfiltered(cell) for cell in one.cells} for one in several]
    superfluous = len(several) * len(set().union(*asked)) - sum(map(len, asked))
    return superfluous <= (len(several) - 1) * READING and all(edges_of(one.cells) is not None for one in several)


def answer(
    run: Keeping, rows: RowsOf, several: Sequence[Scan], scales: Mapping[Row, Scale]
) -> dict[Cell, Answer]:  # fmt: skip
    """The answers of the cells of scans that are made at once."""
    found: dict[Cell, Answer] = {}
    cells = [cell for one in several for cell in one.cells]
    if edges_of(cells) is None:
        return {cell: Answer() for cell in cells}
    with grouped(run, rows, several, scales) as each:
        for one in each:
            found.update(one.answers(run, scales))
    return found


@dataclass(frozen=True, slots=True)
class Grouped:
    """A scan whose groups stand in a table. `order` tells where it has what is asked of a row, `places` which pane
    begins at an edge.
    """

    scan: sql.Scan
    cells: tuple[Cell, ...]
    order: Mapping[tuple[object, ...], int]
    places: Mapping[datetime | None, int]

    def answers(self, run: Keeping, scales: Mapping[Row, Scale]) -> dict[Cell, Answer]:
        """The answers of its cells."""
        by_members: dict[int, list[Cell]] = {}
        for cell in self.cells:
            by_members.setdefault(id(cell.members), []).append(cell)
        found: dict[Cell, Answer] = {}
        types = dict(zip(self.scan.query.named_selects, run.types(sql.GROUPS), strict=True))
        for same in by_members.values():
            said = partial(_said, run, self.scan)
            found.update(merged(run, self.scan, same, self.order, self.places, scales, types, said))
        return found


@contextmanager
def grouped(
    run: Keeping, rows: RowsOf, several: Sequence[Scan], scales: Mapping[Row, Scale]
) -> Iterator[list[Grouped]]:  # fmt: skip
    """Scans of cells that have windows, made at once, for as long as their groups are asked."""
    cells = [cell for one in several for cell in one.cells]
    time, edges = cells[0].time, edges_of(cells)
    assert time is not None and edges is not None
    name = rows.source.name
    is_here = run.asked_here(rows.select())
    rows, panes = _in_panes(run, rows, time, edges)
    bare = [{unfiltered(cell): replace(cell, where=()) for cell in one.cells} for one in several]
    groupings = [
        sql.Grouping(
            one.leaves, tuple(own.values()), {row: leaf for row, leaf in one.told.items() if leaf in one.leaves}
        )
        for one, own in zip(several, bare, strict=True)
    ]
    made = sql.scans(rows, panes, groupings, scales)
    query = made[0].query
    if not is_here:
        query = query.limit(MOST_BROUGHT + 1)
        made = [replace(one, query=query) for one in made]
    places = {edge: place for place, edge in enumerate(edges)}
    with run.table(query, sql.GROUPS, name) as groups:
        if not is_here and groups > MOST_BROUGHT:
            raise CellError(f"`{name}` has too many groups to bring them here")
        yield [
            Grouped(scan, one.cells, {asked: place for place, asked in enumerate(own)}, places)
            for scan, one, own in zip(made, several, bare, strict=True)
        ]


def _in_panes(
    run: Keeping, rows: RowsOf, time: Row, edges: Edges
) -> tuple[RowsOf, Callable[[], tuple[exp.Select, exp.Expr]]]:
    """The rows, and what makes a query of them and their panes: where these are known of many, the time of the others
    alone is read.
    """
    located = run.located(rows, time) if len(edges) <= MOST_CASES else None
    if located is None:
        return rows, lambda: in_panes(rows, time, edges)
    found = located.spans(rows, time, edges)
    standing = located.rows(rows)
    if not found:
        return standing, lambda: in_panes(standing, time, edges)

    def panes() -> tuple[exp.Select, exp.Expr]:
        if standing.joined:  # each span would join anew
            standing.tables = rows.tables
            return in_panes(standing, time, edges)
        return spans.in_spans(standing, time, edges, found)

    return standing, panes


def _said(run: Keeping, scan: sql.Scan, query: Any) -> str:
    """A query over the groups of a scan, and the scan: one statement where both are asked here."""
    if run.asked_here(scan.query):
        return run.said(sql.whole(scan, query))
    return f"{run.said(scan.query)}\n\n-- its rows are here, as {sql.GROUPS}:\n{run.said(query)}"
