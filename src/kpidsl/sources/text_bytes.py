"""Texts of Arrow streams that are not UTF-8: a stream should have none, DuckDB takes them as they come, and stumbles
over them later or loses them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from kpidsl.diagnostics import SourceError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


HINT: Final = "texts of an Arrow stream are UTF-8: decode what has another encoding before, as Latin-1 or cp1252, say"


def is_of_text(error: Exception) -> bool:
    """Whether DuckDB met a text that is not UTF-8: it does where it makes a table."""
    return "Invalid unicode" in str(error)


def bytes_of(x: str, sql_type: str) -> str | None:
    """The expression for the bytes of a column of DuckDB's that holds texts; None for any other."""
    if "VARCHAR" not in sql_type:
        return None
    return f"encode({x})" if sql_type == "VARCHAR" else f"encode(CAST({x} AS VARCHAR))"


def require_texts(
    connection: DuckDBPyConnection, source: str, columns: Mapping[str, str], place: Callable[[int], str]
) -> None:
    """Raise SourceError K0604 for the first of some columns that holds what is no text, with its row; of each, the
    expression for its bytes is given. Raises DuckDB's errors.
    """
    if not columns:
        return
    is_bad = {name: f"({x} IS NOT NULL AND TRY(decode({x})) IS NULL)" for name, x in columns.items()}
    flags = ", ".join(f"coalesce(bool_or({bad}), false)" for bad in is_bad.values())
    (found,) = connection.execute(f"SELECT {flags} FROM {source}").fetchall()
    name = next((name for name, bad in zip(columns, found, strict=True) if bad), None)
    if name is None:
        return
    picked = f"row_number() OVER () AS number_, {columns[name]} AS bytes_, {is_bad[name]} AS bad_"
    first = f"SELECT number_, bytes_ FROM (SELECT {picked} FROM {source}) WHERE bad_ ORDER BY number_ LIMIT 1"
    ((number, held),) = connection.execute(first).fetchall()
    shown = held.decode("utf-8", "backslashreplace").replace("\r", "\\r").replace("\n", "\\n")
    raise SourceError(
        f'{place(number)}: "{shown if len(shown) <= 60 else shown[:57] + "…"}" in column `{name}` is not UTF-8',
        code="K0604",
        hint=HINT,
        column=name,
    )
