"""The queries of a plan without running them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from kpidsl.engine.duck import relation
from kpidsl.engine.parts import exact_scale, scale_for
from kpidsl.engine.place import Places
from kpidsl.engine.run import Run
from kpidsl.engine.scales import Needing
from kpidsl.plan.nodes import Cell, Plan
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.rows import Row
from kpidsl.semantic.types import DataType
from kpidsl.sql.aggregates import Scale
from kpidsl.sql.dialects import Untranslatable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class DryRun(Run):
    """A run over tables that are empty, as nothing is asked. What a query takes from the data it takes from none: the
    powers of two by which floating-point numbers are added up are those of 0.
    """

    def __init__(self, plan: Plan, places: Places | None = None) -> None:
        tables = {name: relation(name) for name in plan.sources}
        # Only `fetch` speaks to a connection.
        super().__init__(plan, cast("DuckDBPyConnection", None), tables, {}, explain=True, places=places)
        self.places = places
        self.refused: dict[str, str] = {}

    def fetch(self, query: Any, source: str) -> list[tuple[Any, ...]]:
        """Nothing; why an engine cannot be asked is in `refused`."""
        try:
            if self.places is not None:
                self.places.statement(query)
        except Untranslatable as reason:
            self.refused.setdefault(source, str(reason))
        return []

    def stream(self, query: Any, source: str, order: Sequence[int] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ARG002
        return iter(self.fetch(query, source))

    def by_groups(self, source: SourceModel, cells: list[Cell]) -> list[Cell]:  # noqa: ARG002
        """Nothing: how many members a column has is not known."""
        return cells

    def by_shared_scans(self, source: SourceModel, cells: list[Cell]) -> list[Cell]:  # noqa: ARG002
        """Nothing, for the same reason."""
        return cells

    def scales_of(self, source: SourceModel, wanted: Needing, *, few: bool) -> dict[Row, Scale]:  # noqa: ARG002
        return {
            row: scale_for(None, None, None) if row.type is DataType.FLOAT else exact_scale(None, None, 0)
            for row in wanted
        }


def refused(plan: Plan, places: Places) -> dict[str, str]:
    """The sources that have an engine and are asked something that it cannot be asked, with the reason."""
    run = DryRun(plan, places)
    run.run()
    return run.refused


def queries(plan: Plan) -> tuple[tuple[str, str], ...]:
    """The distinct queries that would answer a plan's cells, each with its source, in the order they would be run."""
    run = DryRun(plan)
    found: dict[tuple[str, str], None] = {}
    for cell, answer in run.run().cells.items():
        if answer.sql is not None:
            found[cell.source, answer.sql] = None
    return tuple(found)
