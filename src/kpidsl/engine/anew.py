"""What is asked a second time: floating-point numbers that are not as a few rows had them, and decimals for which there
was no room beside the places that their column has and no number needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kpidsl.engine.duck import failures, identifier
from kpidsl.plan.nodes import Cell
from kpidsl.semantic.model import SourceModel

if TYPE_CHECKING:
    from kpidsl.engine.run import Run

TOO_LARGE = "K0610"


def ask_anew(run: Run, source: SourceModel, cells: Sequence[Cell]) -> None:
    """Ask again those of a source's cells that another look at its numbers may answer."""
    again = [cell for cell in cells if (cell.source, cell.argument) in run.left_out]
    if again:
        run.learn_scales(source, again)
        run.ask(source, again)
    failed = run.answers.failed_cells
    again = [cell for cell in cells if cell in failed and failed[cell].code == TOO_LARGE]
    if again and run.is_here(source) and narrowed(run, _read_with(run, source, again)):
        for cell in again:
            del failed[cell]
        run.learn_scales(source, again)
        run.ask(source, again)


def _read_with(run: Run, source: SourceModel, cells: Sequence[Cell]) -> list[str]:
    """The sources that these cells read: their own, the second one of conversions, and what is joined to them."""
    names = [source.name, *(cell.conversion.source for cell in cells if cell.conversion is not None)]
    for name in names:
        names.extend(join.source for join in run.plan.sources[name].joins.values() if join.source not in names)
    return list(dict.fromkeys(names))


def narrowed(run: Run, names: Sequence[str]) -> bool:
    """Give each decimal column of these sources no more places than its numbers need, without losing a digit; whether
    there was one. `DECIMAL(38, 18)`, which some systems make of every number, has no room to be multiplied.
    """
    tables = dict(run.tables)
    for name in names:
        if name not in tables:  # nothing reads it
            continue
        kept = _narrow(run, tables[name])
        if kept:
            view = f"narrow {tables[name]}"
            run.door.connection.execute(
                f"CREATE OR REPLACE TEMP VIEW {identifier(view)} AS "
                f"SELECT * REPLACE ({', '.join(kept)}) FROM {identifier(tables[name])}"
            )
            tables[name] = view
    if tables == dict(run.tables):
        return False
    run.tables = tables
    run.where_rows_stand = lambda *_: None  # of other tables
    return True


def _narrow(run: Run, table: str) -> list[str]:
    """The columns of a table that have more places than they need, with as many as they do."""
    connection, places = run.door.connection, {}
    try:
        described = connection.execute(f"DESCRIBE {identifier(table)}").fetchall()
        for column, kind in ((identifier(row[0]), str(row[1])) for row in described):
            if kind.startswith("DECIMAL(") and (scale := int(kind.rpartition(",")[2].rstrip(")"))):
                places[column] = scale
        if not places:
            return []
        needed = connection.execute(f"SELECT {', '.join(map(_places_of, places))} FROM {identifier(table)}").fetchall()[
            0
        ]
    except failures():
        return []
    found = zip(places.items(), needed, strict=True)
    return [
        f"CAST({column} AS DECIMAL(38, {need or 0})) AS {column}"
        for (column, scale), need in found
        if (need or 0) < scale
    ]


def _places_of(column: str) -> str:
    """How many digits behind the point the numbers of a column need at most."""
    return f"max(strlen(rtrim(split_part(CAST({column} AS VARCHAR), '.', 2), '0')))"
