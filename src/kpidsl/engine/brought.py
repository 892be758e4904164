"""Rows that an engine answered with, brought here as a table of DuckDB's."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.engine.duck import identifier
from kpidsl.records import dataclass
from kpidsl.semantic.types import DataType
from kpidsl.sql.dialects import TOO_WIDE, Untranslatable


@dataclass(frozen=True, slots=True)
class Brought:
    """A table of `rows` rows. Its columns are called c0, c1 and so on, and have these `types` of DuckDB's."""

    table: str
    rows: int
    types: tuple[str, ...]

    def selected(self, names: Sequence[str], kinds: Sequence[DataType | None]) -> str:
        """A SELECT of its rows, the columns by these names and of these kinds; without kinds, as they came.

        Raises Untranslatable.
        """
        known = kinds or [None] * len(names)
        columns = [
            f"{_as(kind, type_, f'c{place}')} AS {identifier(name)}"
            for place, (name, kind, type_) in enumerate(zip(names, known, self.types, strict=True))
        ]
        return f"SELECT {', '.join(columns)} FROM {identifier(self.table)}"


def _as(kind: DataType | None, type_: str, column: str) -> str:
    """A column as `Statement.folded` has its values: by its kind, where the engine has no type of its own for that. A
    column in which everything is missing may be of any type.
    """
    match kind:
        case DataType.BOOLEAN if type_ != "BOOLEAN":
            return f"CAST({column} AS BOOLEAN)"
        case DataType.TEXT if type_ != "VARCHAR":
            return f"CAST({column} AS VARCHAR)"
        case DataType.DATE if type_ != "DATE":
            return f"CAST(CAST({column} AS VARCHAR) AS DATE)"
        case DataType.TIMESTAMP if type_ == "BIGINT":
            return f"make_timestamp({column})"
        case DataType.TIMESTAMP if type_ != "TIMESTAMP":
            return f"CAST(CAST({column} AS VARCHAR) AS TIMESTAMP)"
        case DataType.INTEGER if type_ == "DOUBLE":
            raise Untranslatable(TOO_WIDE)
        case _:
            return column
