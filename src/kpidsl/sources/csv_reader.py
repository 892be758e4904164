"""CSV files as a relation of texts inside DuckDB: headers read, columns of many files lined up, what DuckDB reads
otherwise than meant rewritten first.
"""

from __future__ import annotations

import codecs
import itertools
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from kpidsl import leftovers
from kpidsl.diagnostics import SourceError, unsplit
from kpidsl.engine.duck import identifier, literal, path_pattern, texts
from kpidsl.hookspecs import Context
from kpidsl.records import dataclass
from kpidsl.sources import csv_text, files
from kpidsl.sources.csv_text import Dialect, Record
from kpidsl.sources.kinds_of_file import no_table
from kpidsl.sources.names import distinct, missing_column
from kpidsl.sources.provider_options import CsvOptions

_ONE_SCAN: Final = 8_000_000
"""Bytes up to which DuckDB reads a file in one piece anyway."""
_TABS: Final = (".tsv", ".tab")
_NEVER: Final = "\x01kpidsl"
"""A text no field holds, for reading without NULLs."""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """One file: `columns` in its order, `head_line` the line where its header ends (0: no header), `plain` whether
    DuckDB can read it as it lies there.
    """

    path: Path
    name: str
    dialect: Dialect
    columns: tuple[str, ...]
    head_line: int
    plain: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """Some of the files alone; each row's is named in a column beside."""

    paths: frozenset[Path]
    column: str


class CsvReader:
    """The files of one source. Rewritten copies live in a temporary folder as long as it does."""

    def __init__(self, options: CsvOptions, context: Context) -> None:
        self.options = options
        self.context = context
        self.paths = files.expand(options.path, context, "csv")
        self.rewrite_all = False
        self._files: tuple[CsvFile, ...] | None = None
        self._places: dict[str, int] | None = None
        self._copies: dict[Path, Path] = {}
        self._folder: Path | None = None

    @property
    def files(self) -> tuple[CsvFile, ...]:
        """The files with their headers.

        Raises SourceError K0606 for one that is empty, K0603 for a header with a name twice.
        """
        if self._files is None:
            self._files = tuple(self._open(path) for path in self.paths)
        return self._files

    @property
    def places(self) -> dict[str, int]:
        """Every column of any file with its place, in the order in which they are first met."""
        if self._places is None:
            names = dict.fromkeys(name for file in self.files for name in file.columns)
            self._places = {name: place for place, name in enumerate(names)}
        return self._places

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of any file, in the order in which they are first met."""
        return tuple(self.places)

    def require(self, wanted: Sequence[str]) -> None:
        """Raise SourceError K0605 for a column that no file has, or (without `union`) that one file lacks."""
        distinct(wanted, self.label)
        for name in wanted:
            if name not in self.places:
                raise missing_column(name, self.columns, self.label, unsplit(self.columns, name))
            for file in self.files:
                if name not in file.columns and not self.options.union:
                    having = next(other.name for other in self.files if name in other.columns)
                    raise SourceError(
                        f"{file.name} has no column `{name}`, which {having} has",
                        code="K0605",
                        hint="write `union: true` behind the path if it is NULL there",
                    )

    @property
    def size(self) -> int:
        """The bytes of the files."""
        return sum(path.stat().st_size for path in self.paths)

    @property
    def label(self) -> str:
        """The files in a message's words."""
        first = self.files[0].name
        return first if len(self.files) == 1 else f"{first} and {len(self.files) - 1} more"

    def column(self, name: str) -> str:
        """A column as `relation` names it: by its place, because names may differ in nothing but capitals."""
        return f"k{self.places[name]}"

    def relation(
        self, columns: Sequence[str], *, nulls: bool = True, limit: int | None = None, chosen: Chosen | None = None
    ) -> str:
        """A SELECT of columns as texts, rows in the order of the files.

        `nulls` False: every field is a text, which DuckDB checks most strictly.
        """
        named = [name for name in columns if self.files and name in self.places]
        groups = []
        wanted = [file for file in self.files if chosen is None or file.path in chosen.paths]

        def alike(file: CsvFile) -> tuple[object, ...]:
            copied = chosen is not None and not (file.plain and not self.rewrite_all)
            return file.columns, self._layout(file), file.path if copied else None

        for _, group in itertools.groupby(wanted, key=alike):
            groups.append(self._select(tuple(group), named, nulls, chosen))
        body = " UNION ALL ".join(groups)
        return f"SELECT * FROM ({body})" + (f" LIMIT {limit}" if limit is not None else "")

    def records(self, passing: Callable[[CsvFile], Callable[[str], bool]]) -> Iterator[tuple[CsvFile, Record]]:
        """The data rows of all files read in plain Python, for the row that is to be shown; a line without quotes that
        `passing` says is none such is not taken apart, which takes ten times as long.
        """
        for file in self.files:
            for record in csv_text.records(file.path, file.dialect, file.name, passing=passing(file)):
                if record.line > file.head_line:
                    yield file, record

    def _open(self, path: Path) -> CsvFile:
        name = files.shown(path, self.context)
        dialect = _dialect(self.options, path)
        try:
            empty = path.stat().st_size == 0
            if not empty:
                csv_text.check_pack(path, name)
        except OSError as error:
            raise files.cannot_read(name, error) from error
        first = None if empty else next(csv_text.records(path, dialect, name), None)
        if first is None:
            raise SourceError(
                f"{name} is empty",
                code="K0606",
                hint="a table without rows still has a header line; is the file complete?",
            )
        if first.fields[0].lstrip().lower().startswith(("version https:", "<")):
            other = no_table(path, name)
            if other is not None:
                raise other
        if self.options.header:
            columns = _header(first, name)
        else:
            columns = self.options.columns or tuple(f"column{number}" for number in range(1, len(first.fields) + 1))
            if len(columns) != len(first.fields):
                words = f"{name}:{first.line} has {len(first.fields)} fields, and `columns` names {len(columns)}"
                raise SourceError(words, code="K0603", hint="name every column of the file")
        head_line = first.last_line if self.options.header else 0
        return CsvFile(path, name, dialect, columns, head_line, self._is_plain(path, dialect, first))

    def _is_plain(self, path: Path, dialect: Dialect, first: Record) -> bool:
        """DuckDB cuts comments out of the middle of lines and counts records, not lines, when it skips."""
        if not dialect.is_utf8 or dialect.comment is not None:
            return False
        if first.line == first.last_line == 1:
            return True
        if first.line != first.last_line:
            return False
        with csv_text.open_text(path, dialect) as text:
            preamble = itertools.islice(text, first.line - 1)
            return not (dialect.quote and any(dialect.quote in line for line in preamble))

    def _layout(self, file: CsvFile) -> tuple[bool, int, Dialect, str]:
        plain = file.plain and not self.rewrite_all
        return plain, self._skipped(file), file.dialect, file.path.suffix if plain else ""

    def _skipped(self, file: CsvFile) -> int:
        return max(file.head_line, file.dialect.skip) if file.plain and not self.rewrite_all else 0

    def _select(self, group: Sequence[CsvFile], columns: Sequence[str], nulls: bool, chosen: Chosen | None) -> str:
        first = group[0]
        paths = [self._readable(file) for file in group]
        position = {name: index for index, name in enumerate(first.columns)}
        options = {
            "header": "false",
            "auto_detect": "false",
            "delim": literal(first.dialect.delimiter),
            "quote": literal(first.dialect.quote),
            "escape": literal(first.dialect.escape if first.dialect.quote else ""),
            "skip": str(self._skipped(first)),
            "nullstr": literal("" if nulls else _NEVER),
            "allow_quoted_nulls": "false",
            "null_padding": "false",
            "strict_mode": "true",
            "hive_partitioning": "false",
            "parallel": "true" if self._may_split(first.dialect, paths) else "false",
            "compression": literal({".gz": "gzip", ".zst": "zstd"}.get(paths[0].suffix, "none")),
            "columns": "{" + ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(first.columns))) + "}",
        }
        if chosen is not None:
            options["filename"] = literal(chosen.column)
        listed = ", ".join(f"{key} = {value}" for key, value in options.items())
        source = f"read_csv({texts(path_pattern(str(path)) for path in paths)}, {listed})"
        picked = [
            f"{self._null_texts(f'c{position[name]}', nulls) if name in position else 'CAST(NULL AS VARCHAR)'} "
            f"AS {self.column(name)}"
            for name in columns
        ]
        if chosen is not None:
            # A file that was rewritten is read elsewhere, and is the only one of its group.
            is_copy = paths[0] != first.path
            name = identifier(chosen.column)
            picked.append(f"{literal(str(first.path))} AS {name}" if is_copy else name)
        return f"SELECT {', '.join(picked) or 'true'} FROM {source}"

    def _null_texts(self, x: str, nulls: bool) -> str:
        if not nulls or not self.options.null:
            return x
        listed = ", ".join(literal(text) for text in self.options.null)
        return f"CASE WHEN {x} IN ({listed}) THEN NULL ELSE {x} END"

    def _may_split(self, dialect: Dialect, paths: Sequence[Path]) -> bool:
        """Whether several threads may read one file: they look for line ends, and one inside quotes would mislead
        them.
        """
        if not dialect.quote or dialect.quote.encode() == b"":
            return True
        mark = dialect.quote.encode()
        for path in paths:
            if path.suffix in (".gz", ".zst") or path.stat().st_size <= _ONE_SCAN:
                continue
            with path.open("rb") as file:
                while chunk := file.read(1 << 22):
                    if mark in chunk:
                        return False
        return True

    def _readable(self, file: CsvFile) -> Path:
        """The file itself, or a copy in UTF-8 without what stands before the data."""
        if file.plain and not self.rewrite_all:
            return file.path
        copy = self._copies.get(file.path)
        if copy is None:
            copy = self._copies[file.path] = self._copy(file)
        return copy

    def _copy(self, file: CsvFile) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="kpidsl-csv-"))
            leftovers.add(self._folder)
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        copy = self._folder / f"{len(self._copies)}.csv"
        try:
            with copy.open("w", encoding="utf-8", newline="\n") as out:
                if file.dialect.comment is None:
                    with csv_text.open_text(
                        file.path, file.dialect, newline=None if self.rewrite_all else "", errors="strict"
                    ) as text:
                        for _ in range(max(file.head_line, file.dialect.skip)):
                            text.readline()
                        shutil.copyfileobj(text, out, 1 << 20)
                else:
                    rows = csv_text.records(file.path, file.dialect, file.name, kept=out)
                    if file.head_line:
                        next(rows)
                        out.seek(0)
                        out.truncate()
                    for _ in rows:
                        pass
        except UnicodeError:
            for _ in csv_text.records(file.path, file.dialect, file.name):
                pass  # raises with the line
            raise
        except OSError as error:
            raise files.cannot_read(file.name, error) from error
        return copy


def _dialect(options: CsvOptions, path: Path) -> Dialect:
    """How a file is written, by the options and its suffix."""
    delimiter = options.delimiter or ("\t" if any(suffix in _TABS for suffix in path.suffixes) else ",")
    encoding = codecs.lookup(options.encoding).name
    escape = options.quote if options.escape is None else options.escape
    encoding = "utf-8" if encoding in ("utf-8", "utf-8-sig", "ascii") else encoding
    return Dialect(delimiter, options.quote, escape, encoding, options.skip, options.comment)


def _header(first: Record, name: str) -> tuple[str, ...]:
    columns = [text.strip() or f"column{number}" for number, text in enumerate(first.fields, start=1)]
    twice = next((text for text in columns if columns.count(text) > 1), None)
    if twice is not None:
        places = [str(number) for number, text in enumerate(columns, start=1) if text == twice]
        raise SourceError(
            f"{name}:{first.line}: the header names `{twice}` twice (columns {' and '.join(places)})",
            code="K0603",
            hint="rename one of them, or write `header: false` with `columns: […]` and `skip: 1`",
        )
    return tuple(columns)
