"""The queries of a plan without running them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from kpidsl.engine.costs import is_much
from kpidsl.engine.duck import relation
from kpidsl.engine.groups import edges_of
from kpidsl.engine.parts import exact_scale, scale_for
from kpidsl.engine.place import Places
from kpidsl.engine.run import Run
from kpidsl.engine.scales import Needing
from kpidsl.engine.shared_scan import MOST_GROUPS, grouped, measured, scans
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
        self.refused_by_conditions: dict[str, str] = {}

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

    @contextmanager
    def table(self, query: Any, name: str, source: str) -> Iterator[int]:  # noqa: ARG002
        """No rows, in no table."""
        self.fetch(query, source)
        yield 0

    def by_shared_scans(self, source: SourceModel, cells: list[Cell]) -> list[Cell]:
        """Nothing: how many members a column has is not known. Whether an engine can be asked is tried with few, and,
        for `refused_by_conditions`, with many.
        """
        if self.is_here(source):
            return cells
        by_time, rest = self.shareable(source, cells)
        for same in by_time:
            if edges_of(same) is None or not is_much(same):
                rest.extend(same)
                continue
            for one in scans(same, dict.fromkeys(measured(same), 0), 1, MOST_GROUPS)[0]:
                with grouped(self, self.rows(source), [one], self.known_scales(source)):
                    pass
            before, self.refused = self.refused, self.refused_by_conditions
            self.in_batches(source, same)
            self.refused = before
        return rest

    def scales_of(self, source: SourceModel, wanted: Needing, *, few: bool) -> dict[Row, Scale]:  # noqa: ARG002
        return {
            row: scale_for(None, None, None) if row.type is DataType.FLOAT else exact_scale(None, None, 0)
            for row in wanted
        }


def refused(plan: Plan, places: Places) -> tuple[dict[str, str], dict[str, str]]:
    """The sources that have an engine and are asked something that it cannot be asked, with the reason; and those of
    which that is so only where columns have too many members to share a scan.
    """
    run = DryRun(plan, places)
    run.run()
    return run.refused, run.refused_by_conditions


def queries(plan: Plan) -> tuple[tuple[str, str], ...]:
    """The distinct queries that would answer a plan's cells, each with its source, in the order they would be run."""
    run = DryRun(plan)
    found: dict[tuple[str, str], None] = {}
    for cell, answer in run.run().cells.items():
        if answer.sql is not None:
            found[cell.source, answer.sql] = None
    return tuple(found)
