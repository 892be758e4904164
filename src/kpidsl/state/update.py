"""A source's kept state brought up to date: files that are gone are left out, those that are new are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kpidsl.diagnostics import KpidslError, SourceError
from kpidsl.engine.duck import failures, identifier, number_of_file
from kpidsl.engine.kept import FIRST, NEWEST, Panes, Span, cut, day_of, micros, state_names
from kpidsl.engine.kept_reading import Asked, Read, Reader, worth
from kpidsl.engine.kept_values import TooMuch
from kpidsl.hookspecs import Divisible, ScanRequest
from kpidsl.plan import Plan
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.rows import ColumnValue, Row
from kpidsl.sql.shared_scan import File
from kpidsl.state.book import Book, TooMany, load, panes_of
from kpidsl.state.marks import Seen, touch

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FILE = "kpidsl: file"
"""The column that tells which file a row is of."""


class Joined(Protocol):
    """Makes a joined source a table. Raises KpidslError."""

    def __call__(self, source: str, /) -> str: ...


@dataclass(frozen=True, slots=True)
class _Part:
    """Some files as a table, what tells the file of its rows, and the types of its columns."""

    table: str
    file: File
    types: str


class Update:
    """Reads files of one source, each set of them once."""

    def __init__(
        self,
        plan: Plan,
        source: SourceModel,
        dataset: Divisible,
        request: ScanRequest,
        seen: Seen,
        connection: DuckDBPyConnection,
        joined: Joined,
        unsaved: Callable[[OSError], None] | None,
    ) -> None:
        self.plan = plan
        self.source = source
        self.dataset = dataset
        self.request = request
        self.seen = seen
        self.connection = connection
        self.joined = joined
        self.unsaved = unsaved
        self._parts: dict[tuple[Path, ...], _Part] = {}
        self._most: int | None = None

    def book(self, file: Path, asked: Asked, sources: Iterable[str]) -> Book:
        """What is kept in a file, with every file of the source that there is now, and everything asked for that can
        be kept. Raises KpidslError and Unkept; then the source is to be read as a whole.
        """
        names = self.seen.names
        kept = load(file)
        book = kept if kept is not None else Book()
        if book.too_much is not None:
            if book.too_much.is_still(self.size, asked.columns):
                raise TooMuch("as before")
            book = Book()
        gone = set(book.files) - set(names.values())
        if gone:
            book = book.without(gone)
        known = set(book.files)
        fresh = [path for path, name in names.items() if name not in known]
        if fresh or gone:
            types = self.types(fresh or list(names)[:1])
            if types != book.types:
                book, fresh = Book(types), list(names)
        read: list[Path] = []
        try:
            if fresh or not _is_all(_missing(book, asked)):
                asked = replace(asked, most=self.most())
            if fresh:
                some = asked if not book.files else _but(asked, _missing(book, asked))
                if self.are_few(fresh):
                    some = replace(some, sizes=book.sizes)
                found = self.read(some, fresh, sources)
                book = book.with_files([names[path] for path in fresh], found, _unkept(some, found), asked.most)
                read = fresh
            missing = _missing(book, asked)
            if not _is_all(missing):
                found = self.read(missing, list(names), sources)
                book, read = book.with_columns(found, _unkept(missing, found), asked.most), list(names)
        except TooMuch:
            self.save(Book(too_much=TooMany(self.size, asked.columns)), file)
            raise
        if not read and not gone:
            touch(file)
        elif self.seen.is_unchanged(read):
            self.save(book, file)
        return book

    def save(self, book: Book, file: Path) -> None:
        """Keep a book. Where it cannot be written this run has it all the same."""
        try:
            book.save(file)
        except OSError as error:
            if self.unsaved is not None:
                self.unsaved(error)

    def edges(self, asked: Asked, spans: Sequence[Span], when: Book, sources: Iterable[str]) -> Panes | None:
        """The parts of days that windows begin or end with, of the files that have rows in those days; None where there
        are none. `when` tells where the rows of each file are.
        """
        if not spans:
            return None
        days = {micros(day_of(self.plan.calendar, start)) for start, _ in spans}
        holding = {name for name, start, _ in when.places if start in days}
        files = [path for path, name in self.seen.names.items() if name in holding]
        edges = tuple(sorted({edge for span in spans for edge in span}))
        inside = [(micros(start), micros(end)) for start, end in spans]
        if not files:
            return Panes([], {}, {})
        reader = self.reader(files, sources)
        read = self.by_name(reader.read(asked, edges, daily=False))
        return panes_of(read, lambda start: any(low <= start < high for low, high in inside))

    # ------------------------------------------------------------ room
    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(mark.size for mark in self.seen.marks.values())

    def are_few(self, files: Iterable[Path]) -> bool:
        """Whether files are so few beside the others that they have hardly other members."""
        return 2 * sum(self.seen.marks[path].size for path in files) < self.size

    def most(self) -> int:
        """How many values are worth keeping."""
        if self._most is None:
            from kpidsl.sources.parquet_files import ParquetDataset

            share = 1.0
            if isinstance(self.dataset, ParquetDataset):
                try:
                    share = self.dataset.share(self.connection, self.request)
                except failures() as error:
                    raise SourceError(str(error), code="K0602") from error
            self._most = worth(int(self.size * share))
        return self._most

    # ------------------------------------------------------------ reading
    def read(self, asked: Asked, files: Sequence[Path], sources: Iterable[str]) -> Read:
        """The state of some files, day by day."""
        reader = self.reader(files, sources)
        return self.by_name(reader.read(asked, reader.day_edges(asked.time), daily=True))

    def reader(self, files: Sequence[Path], sources: Iterable[str]) -> Reader:
        tables = {name: self.joined(name) for name in sources}
        part = self.part(files)
        tables[self.source.name] = part.table
        times = partial(self.times, files)
        return Reader(
            self.source, self.plan.sources, self.plan.calendar, tables, part.file, self.connection, times, len(files)
        )  # fmt: skip

    def times(self, files: Sequence[Path], time: Row) -> tuple[int, int] | None:
        """Between which times files have rows, where they tell that without being read."""
        from kpidsl.sources.parquet_files import ParquetDataset

        if not isinstance(self.dataset, ParquetDataset) or not isinstance(time, ColumnValue) or time.path:
            return None
        try:
            return self.dataset.times(self.connection, self.request, files, time.name)
        except (KpidslError, OSError, failures()):  # whatever it is, to read the rows will tell
            return None

    def part(self, files: Sequence[Path]) -> _Part:
        found = self._parts.get(tuple(files))
        if found is None:
            try:
                table = self.part_of(files)
                query = f"SELECT * FROM {identifier(table)} LIMIT 0"
                columns = {name: str(kind) for name, kind, *_ in self.connection.execute(query).description or ()}
            except failures() as error:
                raise SourceError(str(error), code="K0602") from error
            number = number_of_file(FILE)
            found = _Part(table, File(FILE, number if number in columns else None), ", ".join(columns.values()))
            self._parts[tuple(files)] = found
        return found

    def part_of(self, files: Sequence[Path]) -> str:
        from kpidsl.sources.materialize import is_ours, lent

        if is_ours(self.dataset):
            return self.dataset.part(self.connection, self.request, files, FILE)
        return lent(self.connection, lambda apart: self.dataset.part(apart, self.request, files, FILE), "part")

    def types(self, files: Sequence[Path]) -> str:
        """The types that the source's columns have: a file may change those of all."""
        return self.part(files).types

    def by_name(self, read: Read) -> Read:
        """With files named as state names them. Raises SourceError for one that is none of the source's."""
        names = {str(path): name for path, name in self.seen.names.items()}
        try:
            read.places = [(names[path], start, key) for path, start, key in read.places]
        except KeyError as error:
            raise SourceError(f"{error} is no file of `{self.source.name}`", code="K0602") from error
        return read


def _missing(book: Book, asked: Asked) -> Asked:
    """What is asked for that a book does not have, and could."""
    cells = tuple(
        cell
        for cell in asked.cells
        if asked.digests[cell][0] not in book.unkept and not book.has(columns_named(cell, asked.digests))
    )
    return replace(asked, cells=cells, extent=asked.extent and not book.has((FIRST, NEWEST)))


def _is_all(missing: Asked) -> bool:
    return not (missing.cells or missing.extent)


def _but(asked: Asked, missing: Asked) -> Asked:
    left = tuple(cell for cell in asked.cells if cell not in missing.cells)
    return replace(asked, cells=left, extent=asked.extent and not missing.extent)


def _unkept(asked: Asked, read: Read) -> list[str]:
    return [asked.digests[cell][0] for cell in read.failed]


def columns_named(cell: Cell, digests: Mapping[Cell, tuple[str, str | None]]) -> tuple[str, ...]:
    """The columns of a cell's state, and of its filter where members are counted."""
    asked, kept = digests[cell]
    return (*state_names(asked, cell), *((kept,) if kept is not None else ()))


def spans_of(plan: Plan, cells: Iterable[Cell], anchors: Iterable[datetime]) -> list[Span]:
    """The parts of days at the edges of windows and before anchors."""
    windows = {(cell.start, cell.end) for cell in cells if cell.start is None or cell.start < cell.end}
    windows.update((None, anchor) for anchor in anchors)
    return sorted({span for window in windows for span in cut(plan.calendar, *window)[1]})
