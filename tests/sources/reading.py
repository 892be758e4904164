"""Reading a source in a test: from a provider's name and options to columns, types and rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kpidsl.diagnostics import KpidslError
from kpidsl.engine import duck
from kpidsl.hookspecs import ColumnRequest, Context, Dataset, ScanRequest
from kpidsl.semantic.types import DataType
from kpidsl.sources import builtin
from kpidsl.sources.materialize import into_duckdb
from kpidsl.sources.options import build_options

PROVIDERS = {provider.name: provider for provider in builtin.kpidsl_providers()}


@dataclass(frozen=True)
class Table:
    """What came out: the schema's types by column, DuckDB's types, the rows."""

    schema: Mapping[str, str]
    types: Mapping[str, str]
    rows: Sequence[tuple[object, ...]]

    def column(self, name: str) -> list[object]:
        at = list(self.types).index(name)
        return [row[at] for row in self.rows]


def dataset(
    folder: Path, provider: str, *positional: object, frames: Mapping[str, object] | None = None, **named: Any
) -> Dataset:
    """An opened dataset; relative paths start at the folder."""
    found = PROVIDERS[provider]
    options = build_options(found, positional, named)
    return found.open(options, Context(folder, folder, frames=frames or {}))


def ask(**columns: DataType | tuple[DataType, str] | None) -> tuple[ColumnRequest, ...]:
    """Column requests: `ask(amount=DataType.DECIMAL, at=(DataType.TIMESTAMP, "%d.%m.%Y"), name=None)`."""
    found = []
    for name, wanted in columns.items():
        kind, form = wanted if isinstance(wanted, tuple) else (wanted, None)
        found.append(ColumnRequest(name, kind, form))
    return tuple(found)


def read(opened: Dataset, columns: Sequence[ColumnRequest] | None = None) -> Table:
    """The rows of a dataset; without `columns`, every column that can be used, as it is given."""
    schema = opened.schema()
    if columns is None:
        columns = [ColumnRequest(column.name) for column in schema.columns if column.type is not DataType.OTHER]
    with closing(duck.connect(threads=2)) as connection:
        name = into_duckdb(connection, "a source", opened, ScanRequest(tuple(columns)))
        types = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {duck.identifier(name)}").fetchall()}
        # Instants are shown in UTC as text, because DuckDB's own conversion needs pytz.
        picked = ", ".join(
            f"CAST({duck.identifier(column)} AS VARCHAR)" if "ZONE" in kind else duck.identifier(column)
            for column, kind in types.items()
        )
        rows = connection.execute(f"SELECT {picked} FROM {duck.identifier(name)}").fetchall()
    return Table({column.name: column.type.value for column in schema.columns}, types, rows)


def csv(
    folder: Path,
    text: str | bytes,
    wanted: Sequence[ColumnRequest] | None = None,
    *,
    name: str = "data.csv",
    **named: Any,
) -> Table:
    """A CSV file with this text, read."""
    write(folder / name, text)
    return read(dataset(folder, "csv", name, **named), wanted)


def write(path: Path, text: str | bytes) -> Path:
    """A file with this text, in UTF-8 and with the line ends it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def civil(*parts: int) -> dt.datetime:
    """A civil time: in no zone, which is its point."""
    hour, minute, second, micro = (*parts[3:], 0, 0, 0, 0)[:4]
    return dt.datetime(parts[0], parts[1], parts[2], hour, minute, second, micro)  # noqa: DTZ001 - see above


def told(error: KpidslError) -> str:
    """All that an error says."""
    return f"{error.code} {error.message} | {error.hint}"
