"""The queries of a plan without running them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from kpidsl.engine.parts import exact_scale, scale_for
from kpidsl.engine.run import Run
from kpidsl.plan.nodes import Cell, Plan
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.rows import Row
from kpidsl.semantic.types import DataType
from kpidsl.sql.aggregates import Scale

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class DryRun(Run):
    """A run over tables that are empty, as nothing is asked. What a query takes from the data it takes from none: the
    powers of two by which floating-point numbers are added up are those of 0.
    """

    def __init__(self, plan: Plan) -> None:
        tables = {name: f"source {name}" for name in plan.sources}
        # Only `fetch` speaks to a connection.
        super().__init__(plan, cast("DuckDBPyConnection", None), tables, {}, explain=True)

    def fetch(self, query: Any, source: str) -> list[tuple[Any, ...]]:  # noqa: ARG002
        return []

    def by_groups(self, source: SourceModel, cells: list[Cell]) -> list[Cell]:  # noqa: ARG002
        """Nothing: how many members a column has is not known."""
        return cells

    def spread(self, source: SourceModel, wanted: Sequence[Row]) -> dict[tuple[str, Row], Scale]:
        return {
            (source.name, row): scale_for(None, None, None)
            if row.type is DataType.FLOAT
            else exact_scale(None, None, 0)
            for row in wanted
        }


def queries(plan: Plan) -> tuple[tuple[str, str], ...]:
    """The distinct queries that would answer a plan's cells, each with its source, in the order they would be run."""
    run = DryRun(plan)
    found: dict[tuple[str, str], None] = {}
    for cell, answer in run.run().cells.items():
        if answer.sql is not None:
            found[cell.source, answer.sql] = None
    return tuple(found)
