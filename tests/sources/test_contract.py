"""The built-in sources pass the suite that every source must pass."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from kpidsl.testing import SourceContract


class TestCsv(SourceContract):
    lacks: ClassVar = {
        "texts_are_unchanged": "an empty field without quotes is NULL, and Arrow writes texts without quotes so"
    }

    def load(self, rows: pa.Table, folder: Path) -> str:
        pyarrow.csv.write_csv(rows, folder / "rows.csv")
        return 'csv("rows.csv")'


class TestParquet(SourceContract):
    def load(self, rows: pa.Table, folder: Path) -> str:
        pyarrow.parquet.write_table(rows, folder / "rows.parquet")
        return 'parquet("rows.parquet")'


def plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value) if value % 1 else int(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


class TestNdjson(SourceContract):
    lacks: ClassVar = {"nothing_is_no_rows_and_no_error": "a file without a record has no columns, and that is told"}

    def load(self, rows: pa.Table, folder: Path) -> str:
        def written(row: dict[str, object]) -> str:
            parts = (
                f"{json.dumps(name)}: {value if isinstance(value, Decimal) else json.dumps(plain(value))}"
                for name, value in row.items()
            )
            return f"{{{', '.join(parts)}}}"

        (folder / "rows.ndjson").write_text("\n".join(map(written, rows.to_pylist())), "utf-8")
        return 'ndjson("rows.ndjson")'


class TestDuckdb(SourceContract):
    def load(self, rows: pa.Table, folder: Path) -> str:
        file = folder / "rows.duckdb"
        file.unlink(missing_ok=True)
        with duckdb.connect(str(file)) as connection:
            connection.register("given", rows)
            connection.execute("CREATE TABLE rows AS SELECT * FROM given")
        return 'duckdb("rows.duckdb", table: "rows")'


class TestSqlite(SourceContract):
    lacks: ClassVar = {
        "instants_are_instants": "SQLite keeps times as texts, whose offset a spec's `column` line has to read"
    }

    def load(self, rows: pa.Table, folder: Path) -> str:
        file = folder / "rows.sqlite"
        file.unlink(missing_ok=True)
        kinds = {"int64": "integer", "double": "real", "bool": "boolean", "date32[day]": "date"}
        columns = ", ".join(
            f'"{field.name}" {kinds.get(str(field.type), "text" if pa.types.is_string(field.type) else "timestamp" if pa.types.is_timestamp(field.type) else "decimal")}'
            for field in rows.schema
        )
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute(f"create table rows ({columns})")
            marks = ", ".join("?" * len(rows.schema))
            connection.executemany(
                f"insert into rows values ({marks})",
                [[str(v) if isinstance(v, Decimal) else plain(v) for v in row.values()] for row in rows.to_pylist()],
            )
        return 'sqlite("rows.sqlite", table: "rows")'
