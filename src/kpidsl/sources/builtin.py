"""The providers that come with kpidsl, given through the same hook as anyone's.

What opens a source is imported when one is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kpidsl.hookspecs import Context, Dataset, Provider, hookimpl
from kpidsl.sources.provider_options import (
    ArrowOptions,
    CsvOptions,
    DatabaseOptions,
    JsonOptions,
    NdjsonOptions,
    ParquetOptions,
)


def _csv(options: CsvOptions, context: Context) -> Dataset:
    from kpidsl.sources.csv_files import CsvDataset

    return CsvDataset(options, context)


def _parquet(options: ParquetOptions, context: Context) -> Dataset:
    from kpidsl.sources.parquet_files import ParquetDataset

    return ParquetDataset(options, context)


def _json(options: JsonOptions, context: Context) -> Dataset:
    from kpidsl.sources.json_files import JsonDataset

    return JsonDataset(options.path, options.records, context, "json")


def _ndjson(options: NdjsonOptions, context: Context) -> Dataset:
    from kpidsl.sources.json_files import JsonDataset

    return JsonDataset(options.path, None, context, "ndjson")


def _duckdb(options: DatabaseOptions, context: Context) -> Dataset:
    from kpidsl.sources.duckdb_files import DuckdbDataset

    return DuckdbDataset(options, context)


def _sqlite(options: DatabaseOptions, context: Context) -> Dataset:
    from kpidsl.sources.sqlite_files import SqliteDataset

    return SqliteDataset(options, context)


def _arrow(options: ArrowOptions, context: Context) -> Dataset:
    from kpidsl.sources.arrow_tables import open_frame

    return open_frame(options.name, context.frames)


CSV: Final = Provider("csv", CsvOptions, _csv, "text files with separated values, packed with gzip or zstd or not")
PARQUET: Final = Provider("parquet", ParquetOptions, _parquet, "Parquet files, read where they lie")
JSON: Final = Provider("json", JsonOptions, _json, "JSON files: an array of objects, or one object after the other")
NDJSON: Final = Provider("ndjson", NdjsonOptions, _ndjson, "newline-delimited JSON: one object a line")
DUCKDB: Final = Provider("duckdb", DatabaseOptions, _duckdb, "a table or view of a DuckDB database file")
SQLITE: Final = Provider("sqlite", DatabaseOptions, _sqlite, "a table or view of an SQLite database file")
ARROW: Final = Provider("arrow", ArrowOptions, _arrow, "a table of the Python process that evaluates")


@hookimpl
def kpidsl_providers() -> Sequence[Provider]:
    """csv, parquet, json, ndjson, duckdb, sqlite, arrow."""
    return (CSV, PARQUET, JSON, NDJSON, DUCKDB, SQLITE, ARROW)
