"""What a plan needs of each source: columns and the time they are wanted of."""

from __future__ import annotations

from datetime import datetime

from kpidsl.hookspecs import ColumnRequest, ScanRequest
from kpidsl.plan import Plan
from kpidsl.plan.columns import columns_in, columns_of_conversion, rows_read
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.row_scope import type_of
from kpidsl.semantic.rows import ColumnValue, Row
from kpidsl.semantic.types import DataType


def requests(plan: Plan) -> dict[str, ScanRequest]:
    """What a plan needs of each source: the columns its cells read, keys and joins, each once and in order."""
    needed: dict[str, dict[str, DataType | None]] = {}

    def need(row: Row | None) -> None:
        if isinstance(row, ColumnValue):
            needed.setdefault(row.source, {}).setdefault(row.name, row.type)

    def walk(name: str, path: tuple[str, ...]) -> None:
        model = plan.sources[name]
        for step in path:
            join = model.joins[step]
            other = plan.sources[join.source]
            for left, right in join.keys:
                needed.setdefault(model.name, {}).setdefault(left, type_of(model, left))
                needed.setdefault(other.name, {}).setdefault(right, type_of(other, right))
            model = other

    def own(source: SourceModel) -> None:
        for key in source.key:
            needed.setdefault(source.name, {}).setdefault(key, type_of(source, key))
        times = (source.time, *((source.holds.start, source.holds.end) if source.holds is not None else ()))
        for row in times:
            if row is not None:
                for column in columns_in(row):
                    need(column)

    walked: set[tuple[str, int]] = set()
    for cell in plan.cells:
        source = plan.sources[cell.source]
        needed.setdefault(source.name, {})
        for row in rows_read(cell):
            if (cell.source, id(row)) in walked:
                continue
            walked.add((cell.source, id(row)))
            for column in columns_in(row):
                need(column)
                walk(cell.source, column.path)
        own(source)
        if cell.conversion is not None:
            for column in columns_of_conversion(cell.conversion):
                need(column)
                walk(cell.conversion.source, column.path)
            own(plan.sources[cell.conversion.source])
    return {
        name: ScanRequest(
            tuple(_request(plan.sources[name], column, kind) for column, kind in wanted.items()),
            *_until(plan, plan.sources[name]),
        )
        for name, wanted in needed.items()
    }


def essential(plan: Plan) -> dict[str, set[str]]:
    """The columns without which a source is of no use: those that name its rows, place them in time, and join them."""
    found: dict[str, set[str]] = {name: set(source.key) for name, source in plan.sources.items()}
    for name, source in plan.sources.items():
        held = (source.holds.start, source.holds.end) if source.holds is not None else ()
        for row in (source.time, *held):
            for column in columns_in(row) if row is not None else ():
                found.setdefault(column.source, set()).add(column.name)
        for join in source.joins.values():
            found[name].update(left for left, _ in join.keys)
            found.setdefault(join.source, set()).update(right for _, right in join.keys)
    return found


def _until(plan: Plan, source: SourceModel) -> tuple[str | None, None, datetime | None]:
    """The time column of a source and the anchor, at and after which no row is read. What is before the first window is
    wanted, too: it tells whether nothing means zero.
    """
    time = source.time
    if source.ahead or not isinstance(time, ColumnValue) or time.path or time.source != source.name:
        return None, None, None
    return time.name, None, plan.anchor


def _request(source: SourceModel, name: str, kind: DataType | None) -> ColumnRequest:
    declared = source.columns.get(name)
    given = source.schema.get(name) if source.schema is not None else None
    form = declared.format if declared is not None else None
    same = given is not None and given.type is kind and declared is None and not given.is_blank
    return ColumnRequest(name, None if same else kind, form)
