"""What a file is by its first bytes, where it is not the text that a spec takes it for."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kpidsl.diagnostics import SourceError

_KINDS: Final = (
    (
        b"PK\x03\x04",
        "a workbook or another zip archive",
        "save the sheet as CSV; the plugin kpidsl-excel reads workbooks",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "a workbook of an old Excel",
        "save the sheet as CSV, or the workbook as .xlsx for kpidsl-excel",
    ),
    (b"PAR1", "a Parquet file", 'write `from parquet("…")`'),
    (b"SQLite format 3\0", "an SQLite database", 'write `from sqlite("…", table: "…")`'),
    (b"\x1f\x8b", "packed with gzip", "call it `.gz`: the suffix tells how a file is packed"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "call it `.zst`: the suffix tells how a file is packed"),
    (b"\xff\xfe", "text in UTF-16", 'write `encoding: "utf-16"` behind the path'),
    (b"\xfe\xff", "text in UTF-16", 'write `encoding: "utf-16"` behind the path'),
    (b"%PDF", "a PDF", "export the table as CSV"),
)
_PLACES_OF_TABLES: Final = (
    (b"version https://git-lfs.", "a pointer of Git LFS, and not the file", "fetch the file: `git lfs pull`"),
    (b"<!doctype html", "a web page", "look at what was fetched: an address may need a login"),
    (b"<html", "a web page", "look at what was fetched: an address may need a login"),
    (b"<?xml", "XML", "write its rows as CSV or JSON"),
)
_DUCKDB: Final = b"DUCK"


def other_kind(path: Path, name: str) -> SourceError | None:
    """K0602 for a file that is no text; None where its bytes do not tell."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return None
    for mark, what, hint in _KINDS:
        if head.startswith(mark):
            return SourceError(f"{name} is {what}", code="K0602", hint=hint)
    if head[8:12] == _DUCKDB:
        return SourceError(f"{name} is a DuckDB database", code="K0602", hint='write `from duckdb("…", table: "…")`')
    return None


def no_table(path: Path, name: str) -> SourceError | None:
    """K0602 for a text that stands in the place of a table, such as a pointer of Git LFS; None for any other file."""
    try:
        with path.open("rb") as file:
            head = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    except OSError:
        return None
    for mark, what, hint in _PLACES_OF_TABLES:
        if head.startswith(mark):
            return SourceError(f"{name} is {what}", code="K0602", hint=hint)
    return None
