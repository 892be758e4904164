"""The tables of a test: rows written in a spec, as the data of a source. Nothing outside of the process is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from kpidsl.diagnostics import SourceError
from kpidsl.engine import duck
from kpidsl.engine.duck import identifier
from kpidsl.hookspecs import ColumnRequest, ScanRequest
from kpidsl.records import dataclass
from kpidsl.semantic.types import Column, DataType, Schema, UntypedColumn
from kpidsl.source_text import Span
from kpidsl.sources import project
from kpidsl.sources.project import Origin

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROW_NUMBER: Final = "row of the table"
"""A column that every table has beside its own: the place of a row, from 1. No spec can name it."""
_SQL_TYPES: Final = {
    DataType.INTEGER: "HUGEINT",
    DataType.DECIMAL: "DECIMAL(38, 6)",
    DataType.FLOAT: "DOUBLE",
    DataType.TEXT: "VARCHAR",
    DataType.BOOLEAN: "BOOLEAN",
    DataType.DATE: "DATE",
    DataType.TIMESTAMP: "TIMESTAMP",
    DataType.INSTANT: "TIMESTAMPTZ",
    DataType.DURATION: "DECIMAL(38, 6)",
}


@dataclass(frozen=True, slots=True)
class GivenColumn:
    """A column with at least one value. `cells` are SQL literals, one a row, of the type `sql_type`."""

    name: str
    type: DataType
    sql_type: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GivenTable:
    """The data of one source in a test. `columns` have values; `absent` ones are NULL in every row: those that the
    spec knows and the test does not write, with their type where it is known.

    `rows` are the places of the rows, `written` the cells of the table as written, under their `headings`.
    """

    source: str
    columns: tuple[GivenColumn, ...]
    absent: Mapping[str, DataType | None]
    rows: tuple[Span, ...]
    headings: tuple[str, ...] = ()
    written: tuple[tuple[str, ...], ...] = ()

    def schema(self) -> Schema:
        """The columns of the table, then those that are NULL."""
        own = tuple(Column(column.name, column.type) for column in self.columns)
        rest = tuple(UntypedColumn(name) if kind is None else Column(name, kind) for name, kind in self.absent.items())
        return Schema((*own, *rest))

    def fingerprint(self) -> None:
        """Rows of a spec have none."""
        return

    def relation(self, connection: DuckDBPyConnection, request: ScanRequest) -> str:
        """A view with the requested columns. Raises SourceError K0604, with the row's place, for a cell that is not of
        its column's type, and K0605 for a column that is not known.
        """
        given = {column.name for column in self.columns} | {ROW_NUMBER}
        asked = {column.name: column for column in request.columns}
        for name in asked:
            if name not in given and name not in self.absent:
                raise SourceError(f"`{self.source}` has no column `{name}`", code="K0605")
        raw = self._table(connection)
        origin = Origin(
            identifier(raw),
            project.fields_of(connection, identifier(raw)),
            f"the table of `{self.source}`",
            "given",
            lambda number: self.rows[number - 1].place,
        )
        found = project.relation(
            connection, origin, ScanRequest(tuple(column for name, column in asked.items() if name in given))
        )
        picked = [
            identifier(name) if name in given else f"{self._nothing(column)} AS {identifier(name)}"
            for name, column in asked.items()
        ]
        view = duck.fresh_name("given")
        columns = ", ".join(picked) or "true AS present"
        connection.execute(f"CREATE TEMP VIEW {identifier(view)} AS FROM {identifier(found)} SELECT {columns}")
        return view

    def _nothing(self, column: ColumnRequest) -> str:
        """NULL: of the type that is asked for or known, else of the one that goes with every other."""
        kind = column.as_type or self.absent[column.name]
        return "NULL" if kind is None or kind not in _SQL_TYPES else f"CAST(NULL AS {_SQL_TYPES[kind]})"

    def _table(self, connection: DuckDBPyConnection) -> str:
        name = duck.fresh_name("given")
        names = [identifier(ROW_NUMBER), *(identifier(column.name) for column in self.columns)]
        if not self.rows:
            types = ["BIGINT", *(column.sql_type for column in self.columns)]
            columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, types, strict=True))
            connection.execute(f"CREATE TEMP TABLE {identifier(name)} ({columns})")
            return name
        rows = ", ".join(
            f"({', '.join((f'CAST({number} AS BIGINT)', *(column.cells[number - 1] for column in self.columns)))})"
            for number in range(1, len(self.rows) + 1)
        )
        given = f"(VALUES {rows}) AS given ({', '.join(names)})"
        connection.execute(f"CREATE TEMP TABLE {identifier(name)} AS FROM {given}")
        return name
