"""What the built-in providers take. Kept apart from what opens them, so that a check loads no more than this."""

from __future__ import annotations

import codecs
from dataclasses import field

from kpidsl.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """How CSV files are written. Raises ValueError for settings that contradict each other."""

    path: tuple[str, ...] = field(
        metadata={"positional": True, "help": "file, pattern (`data/*.csv`) or list of them; .gz and .zst are unpacked"}
    )
    delimiter: str | None = field(
        default=None, metadata={"help": "one character; a comma, and a tab for .tsv files, unless said"}
    )
    header: bool = field(
        default=True, metadata={"help": "false: the first row is data, and columns are named column1, column2, …"}
    )
    columns: tuple[str, ...] = field(default=(), metadata={"help": "names of the columns of a file without a header"})
    quote: str = field(default='"', metadata={"help": "one character, or nothing where texts are never quoted"})
    escape: str | None = field(
        default=None, metadata={"help": "the character before a quote inside quotes; doubled quotes unless said"}
    )
    encoding: str = field(default="utf-8", metadata={"help": "utf-8, latin-1, utf-16, cp1252, …"})
    null: tuple[str, ...] = field(
        default=(), metadata={"help": "texts that mean NULL, besides an empty field without quotes"}
    )
    decimal: str = field(default=".", metadata={"help": "the decimal mark"})
    thousands: str | None = field(default=None, metadata={"help": "the mark between groups of three digits"})
    skip: int = field(default=0, metadata={"help": "lines before the header"})
    comment: str | None = field(default=None, metadata={"help": "lines that begin with it are left out"})
    union: bool = field(default=False, metadata={"help": "true: a column that some of the files lack is NULL there"})

    def __post_init__(self) -> None:
        for name in ("delimiter", "escape", "decimal", "thousands", "comment"):
            text = getattr(self, name)
            if text is not None and (len(text) != 1 or text in "\r\n\0"):
                raise ValueError(f"`{name}` is one character")
        if len(self.quote) > 1 or self.quote in ("\r", "\n", "\0"):
            raise ValueError("`quote` is one character, or an empty text")
        if self.quote and self.quote == self.delimiter:
            raise ValueError("`quote` and `delimiter` are the same character")
        if self.decimal not in (".", ","):
            raise ValueError('`decimal` is "." or ","')
        if self.thousands == self.decimal:
            other = "," if self.decimal == "." else "."
            raise ValueError(
                f"`thousands` and `decimal` are the same mark: where `{self.thousands}` separates thousands, write "
                f'`decimal: "{other}"` too'
            )
        if self.thousands is not None and (self.thousands.isalnum() or self.thousands in "+-"):
            raise ValueError("`thousands` is a mark such as a comma, a point, a space or an apostrophe")
        if self.skip < 0:
            raise ValueError("`skip` is a number of lines, 0 or more")
        if self.header and self.columns:
            raise ValueError("`columns` names the columns of a file without a header: write `header: false` too")
        if len(set(self.columns)) != len(self.columns):
            raise ValueError("`columns` names a column twice")
        if not self.path:
            raise ValueError("`path` names no file")
        try:
            codecs.lookup(self.encoding)
        except LookupError:
            raise ValueError(f'there is no encoding "{self.encoding}"') from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetOptions:
    """Which Parquet files, and what their folders' names mean."""

    path: tuple[str, ...] = field(
        metadata={"positional": True, "help": "file, pattern (`data/*.parquet`) or list of them"}
    )
    hive_partitioning: bool = field(default=False, metadata={"help": "true: folders named `year=2026` are a column"})
    union: bool = field(default=False, metadata={"help": "true: a column that some of the files lack is NULL there"})

    def __post_init__(self) -> None:
        if not self.path:
            raise ValueError("`path` names no file")


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonOptions:
    """Which files, and where in them the records are."""

    path: tuple[str, ...] = field(
        metadata={
            "positional": True,
            "help": "file, pattern (`data/*.json`) or list of them; .gz and .zst are unpacked",
        }
    )
    records: str | None = field(
        default=None, metadata={"help": "path to the array of records inside the document (`data.items`)"}
    )

    def __post_init__(self) -> None:
        if not self.path:
            raise ValueError("`path` names no file")


@dataclass(frozen=True, slots=True, kw_only=True)
class NdjsonOptions:
    """Which files; each line is a record."""

    path: tuple[str, ...] = field(
        metadata={
            "positional": True,
            "help": "file, pattern (`data/*.ndjson`) or list of them; .gz and .zst are unpacked",
        }
    )

    def __post_init__(self) -> None:
        if not self.path:
            raise ValueError("`path` names no file")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseOptions:
    """A database file and the table or view in it."""

    path: str = field(metadata={"positional": True, "help": "the database file"})
    table: str = field(metadata={"help": "a table or view, with its schema where that is needed (`sales.orders`)"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrowOptions:
    """The name under which the Python API was given the table."""

    name: str = field(metadata={"positional": True, "help": "its key in `sources={…}`"})
