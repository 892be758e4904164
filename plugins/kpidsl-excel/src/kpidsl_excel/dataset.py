"""Workbooks as a dataset: its columns from all cells, its rows as Arrow."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kpidsl.diagnostics import SourceError, closest
from kpidsl.hookspecs import ArrowStream, Context, ScanRequest
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl.sources import files
from kpidsl_excel.books import Book, opened
from kpidsl_excel.cells import Cell, Kind, Row
from kpidsl_excel.columns import Builder, Guess
from kpidsl_excel.options import ExcelOptions
from kpidsl_excel.tables import Table, is_blank, rows, tables
from kpidsl_excel.values import Marks


class ExcelDataset:
    """The tables of one or more workbooks, one below the other."""

    def __init__(self, options: ExcelOptions, context: Context) -> None:
        self._options, self._context = options, context
        self._paths = files.expand(options.path, context, "excel")
        self._marks = Marks(options.decimal, options.thousands)
        self._lock = threading.Lock()
        self._schema: Schema | None = None

    def fingerprint(self) -> tuple[tuple[str, int, int], ...] | None:
        """(path, size, modified) of the workbooks."""
        return files.fingerprint(self._paths)

    def recall(self, schema: Schema) -> None:
        """Take the schema that an earlier run found."""
        with self._lock:
            self._schema = schema

    def schema(self) -> Schema:
        """The columns of all tables, each by what most of its cells are. Raises SourceError."""
        with self._lock:
            if self._schema is None:
                self._schema = self._look()
            return self._schema

    def scan(self, request: ScanRequest) -> ArrowStream:
        """The rows. Raises SourceError, with the addresses of cells that do not fit."""
        import pyarrow as pa

        known = self.schema()
        builders = [
            Builder(column, self._known(known, column.name), self._options.null, self._marks)
            for column in request.columns
        ]
        count = 0
        for path, name in self._named():
            for book, table in self._tables(path, name):
                wanted = [self._place(table, builder.name) for builder in builders]
                for row, cells, at in self._rows(book, table, name):
                    count += 1
                    for builder, place in zip(builders, wanted, strict=True):
                        builder.add(cells.get(place), table.label, row.number, place if isinstance(place, int) else at)
        columns = {builder.name: builder.finished() for builder in builders}
        # Without a column there are rows all the same.
        made = pa.table(columns) if columns else pa.table({"present": pa.array([True] * count, pa.bool_())})
        stream: ArrowStream = made.to_reader()
        return stream

    def _look(self) -> Schema:
        guesses: dict[str, Guess] = {}
        for path, name in self._named():
            for book, table in self._tables(path, name):
                places = {each: self._place(table, each) for each in self._names(table)}
                for each in places:
                    guesses.setdefault(each, Guess(self._options.null, self._marks))
                for _, cells, _ in self._rows(book, table, name):
                    for each, place in places.items():
                        cell = cells.get(place)
                        if cell is not None:
                            guesses[each].see(cell)
        return Schema(tuple(Column(each, guess.type, guess.is_blank) for each, guess in guesses.items()))

    def _named(self) -> Iterator[tuple[Path, str]]:
        for path in self._paths:
            yield path, files.shown(path, self._context)

    def _tables(self, path: Path, name: str) -> Iterator[tuple[Book, Table]]:
        with self._opened(path, name) as book:
            for table in tables(book, name, self._options):
                yield book, table

    @contextmanager
    def _opened(self, path: Path, name: str) -> Iterator[Book]:
        with opened(path, name) as book:
            yield book

    def _added(self) -> list[str]:
        """Columns that no sheet has."""
        options = self._options
        pivoted = [options.label_column, options.value_column] if options.unpivot else []
        return [*pivoted, *(each for each in (options.sheet_column, options.file_column) if each is not None)]

    def _names(self, table: Table) -> list[str]:
        for added in self._added():
            if added in table.columns:
                raise SourceError(
                    f"{table.label} has a column `{added}`, and the options add another", code="K0605",
                    hint="give the added one a different name",
                )  # fmt: skip
        return [*table.columns, *self._added()]

    def _place(self, table: Table, name: str) -> int | str:
        """Where a column is: its number, or its name where no sheet has it."""
        if name in self._added():
            return name
        found = table.columns.get(name)
        if found is None:
            near = closest(name, table.columns)
            hint = (
                f"did you mean `{near}`?" if near else f"there are {', '.join(f'`{each}`' for each in table.columns)}"
            )
            raise SourceError(f"{table.label} has no column `{name}`", code="K0605", hint=hint)
        return found

    def _known(self, known: Schema, name: str) -> DataType:
        column = known.get(name)
        if column is None:
            near = closest(name, known.names)
            hint = f"did you mean `{near}`?" if near else f"there are {', '.join(f'`{each}`' for each in known.names)}"
            raise SourceError(f"{', '.join(self._options.path)} has no column `{name}`", code="K0605", hint=hint)
        return column.type

    def _rows(self, book: Book, table: Table, name: str) -> Iterator[tuple[Row, Mapping[int | str, Cell], int]]:
        """The rows of a table with the cells that the options add, one for each value where they unpivot; and the
        column that the added ones come from.
        """
        options = self._options
        added: dict[int | str, Cell] = {}
        if options.sheet_column is not None:
            added[options.sheet_column] = Cell(Kind.TEXT, table.sheet.name)
        if options.file_column is not None:
            added[options.file_column] = Cell(Kind.TEXT, name)
        filled = [self._place(table, column) for column in options.fill_down]
        above: dict[int | str, Cell] = {}
        for row in rows(book, table, options):
            cells: dict[int | str, Cell] = dict(added)
            cells.update(row.cells.items())
            for column in filled:
                if column not in cells or is_blank(cells[column]):
                    cells.update({column: above[column]} if column in above else {})
                else:
                    above[column] = cells[column]
            if not table.labels:
                yield row, cells, table.data.left
                continue
            for column, label in table.labels.items():
                value = row.cells.get(column)
                if value is not None and not is_blank(value):
                    yield row, {**cells, options.label_column: label, options.value_column: value}, column
