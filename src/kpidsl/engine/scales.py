"""How large the numbers are that are added up: looked at, or assumed from a few and verified by what adds them up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kpidsl.engine.faults import CellError
from kpidsl.engine.groups import edges_of
from kpidsl.engine.parts import assumed_scale, exact_scale, scale_for
from kpidsl.plan.nodes import Cell
from kpidsl.semantic.rows import Row
from kpidsl.semantic.types import DataType
from kpidsl.sql import queries as q
from kpidsl.sql.aggregates import LIMB, Scale
from kpidsl.sql.panes import narrow
from kpidsl.sql.source_rows import RowsOf

Fetch = Callable[[Any], list[tuple[Any, ...]]]
Needing = Mapping[Row, Sequence[Cell]]
FIRST_ROWS = 20_000
_SUMMED = frozenset({"sum", "avg"})
_SQUARED = frozenset({"stddev", "variance"})


def learned(
    cells: Iterable[Cell], look: Callable[[Needing, bool], Mapping[Row, Scale]], *, assume: bool
) -> tuple[dict[Row, Scale], dict[Cell, CellError]]:
    """The scale of each expression that needs one, and the cells of those that cannot be computed. `look` gives those
    of some expressions at once, from a few rows where it is told so: with `assume`, of all that are only summed.
    """
    needing: dict[Row, list[Cell]] = {}
    for cell in cells:
        row = cell.argument
        if row is not None and (cell.function in _SQUARED or (row.type is DataType.FLOAT and cell.function in _SUMMED)):
            needing.setdefault(row, []).append(cell)
    scales: dict[Row, Scale] = {}
    failed: dict[Cell, CellError] = {}
    few = {row: same for row, same in needing.items() if assume and all(one.function in _SUMMED for one in same)}
    scales.update(_each(few, lambda some: look(some, True), failed))
    rest = {row: same for row, same in needing.items() if row not in scales and same[0] not in failed}
    scales.update(_each(rest, lambda some: look(some, False), failed))
    return scales, failed


def _each(
    wanted: Needing, look: Callable[[Needing], Mapping[Row, Scale]], failed: dict[Cell, CellError]
) -> Mapping[Row, Scale]:
    """What a look at all of some expressions says; where one fails, a look at each."""
    if not wanted:
        return {}
    try:
        return look(wanted)
    except CellError:
        found: dict[Row, Scale] = {}
        for row, concerned in wanted.items():
            try:
                found.update(look({row: concerned}))
            except CellError as error:
                failed.update(dict.fromkeys(concerned, error))
        return found


def of_few(rows: RowsOf, wanted: Iterable[Row], fetch: Fetch) -> dict[Row, Scale]:
    """What the first rows let assume of expressions that are summed; nothing of one that is better looked at."""
    listed = list(wanted)
    _, *edges = fetch(q.spread(rows, listed, FIRST_ROWS))[0]
    found = map(assumed_scale, edges[::3], edges[1::3], edges[2::3])
    return {row: scale for row, scale in zip(listed, found, strict=True) if scale is not None}


def of_all(rows: RowsOf, wanted: Iterable[Row], fetch: Fetch, bits: int = LIMB) -> dict[Row, Scale]:
    """The scales of expressions, from all rows; limbs have so many bits."""
    listed = list(wanted)
    count, *edges = fetch(q.spread(rows, listed))[0]
    return {
        row: scale_for(low, high, least, bits)
        if row.type is DataType.FLOAT
        else exact_scale(low, high, count, halves=rows.is_here)
        for row, low, high, least in zip(listed, edges[::3], edges[1::3], edges[2::3], strict=True)
    }


def looked_at(rows: RowsOf, wanted: Needing) -> RowsOf:
    """Rows without those that no cell of some expressions looks at, as far as one span of time tells."""
    cells = [cell for concerned in wanted.values() for cell in concerned]
    time, whole = cells[0].time, edges_of(cells)
    if time is not None and whole is not None and all(one.at is None and one.time is time for one in cells):
        narrow(rows, time, whole)
    return rows
