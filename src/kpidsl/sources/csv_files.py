"""The provider `csv`: text files with separated values, their types decided by what they hold, every number exact."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kpidsl.diagnostics import SourceError, unsplit
from kpidsl.engine import duck
from kpidsl.engine.duck import identifier
from kpidsl.hookspecs import ColumnRequest, Context, ScanRequest
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl.sources import alike, csv_text, decide, files
from kpidsl.sources.convert import BAD_VALUE, Conversion, Digits, convert, measures, needs_digits
from kpidsl.sources.csv_quotes import Quotes, check_each_quote, check_quotes
from kpidsl.sources.csv_reader import Chosen, CsvFile, CsvReader
from kpidsl.sources.messages import bad_value, too_many_digits
from kpidsl.sources.numerals import NumberStyle
from kpidsl.sources.provider_options import CsvOptions

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TEXT: Final = "VARCHAR"
_NOT_THE_FILE: Final = frozenset({"OutOfMemoryException", "InterruptException", "InternalException"})


class CsvDataset:
    """One or many CSV files as a table. Read once a run, the used columns only, into a temporary table."""

    def __init__(self, options: CsvOptions, context: Context) -> None:
        self._style = NumberStyle(options.decimal, options.thousands)
        self._reader = CsvReader(options, context)
        self._schema: Schema | None = None
        self._digits: dict[str, Digits] = {}

    def fingerprint(self) -> tuple[tuple[str, int, int], ...] | None:
        """(path, size, modified) of the files."""
        return files.fingerprint(self._reader.paths)

    def recall(self, schema: Schema) -> None:
        """Take a schema that was found when the files had the fingerprint they have now: they need not be read for it
        again.
        """
        self._schema = schema

    def schema(self) -> Schema:
        """The columns and what their values are.

        Reads all rows once: a row that cannot be read is found here. Raises SourceError.
        """
        if self._schema is None:
            with duck.looking() as connection:
                self._schema = self._decide(connection)
        return self._schema

    def relation(self, connection: DuckDBPyConnection, request: ScanRequest) -> str:
        """A temporary table with the requested columns. Raises SourceError."""
        names = [column.name for column in request.columns]
        self._reader.require(names)
        types = {column.name: column.type for column in self.schema().columns}
        digits = self._digits_of_head(connection, [c.name for c in request.columns if self._wants_digits(c, types)])
        table = duck.fresh_name("csv")
        try:
            self._fill(connection, table, request, types, digits)
        except duck.failures() as error:
            if BAD_VALUE not in str(error):
                return self._again(connection, request, error)
            measured = self._measure(connection, list(digits))
            conversions = self._conversions(request, types, measured)
            if conversions == self._conversions(request, types, digits):  # it is not for want of room
                raise self._locate(connection, request, types, conversions) or self._unknown(error) from error
            try:
                self._fill(connection, table, request, types, measured)
            except duck.failures() as second:
                raise self._locate(connection, request, types, conversions) or self._unknown(second) from second
        return table

    def files(self) -> tuple[Path, ...]:
        """The files, each once."""
        return self._reader.paths

    def part(self, connection: DuckDBPyConnection, request: ScanRequest, files: Sequence[Path], column: str) -> str:
        """A temporary table of some of the files. Raises SourceError, also where the head of the whole does not tell
        how wide its numbers are.
        """
        names = [column.name for column in request.columns]
        self._reader.require(names)
        types = {column.name: column.type for column in self.schema().columns}
        digits = self._digits_of_head(connection, [c.name for c in request.columns if self._wants_digits(c, types)])
        table = duck.fresh_name("csv")
        try:
            self._fill(connection, table, request, types, digits, Chosen(frozenset(files), column))
        except duck.failures() as error:
            raise self._unknown(error) from error
        return table

    def _fill(
        self,
        connection: DuckDBPyConnection,
        table: str,
        request: ScanRequest,
        types: Mapping[str, DataType],
        digits: Mapping[str, Digits],
        chosen: Chosen | None = None,
    ) -> None:
        names = [column.name for column in request.columns]
        source = self._reader.relation(names, chosen=chosen)
        kept = [] if chosen is None else [identifier(chosen.column)]
        if alike.pays(len(names), self._reader.size):
            conversions = self._conversions(request, types, digits, lambda _: alike.VALUE)
            asked = {name: (self._reader.column(name), one.strict) for name, one in conversions.items()}
            together = alike.together(source, asked, *kept)
            source, values = together.relation, together.found
        else:
            values = {name: one.strict for name, one in self._conversions(request, types, digits).items()}
        picked = [*(f"{value} AS {identifier(name)}" for name, value in values.items()), *kept]
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {identifier(table)} AS "
            f"SELECT {', '.join(picked) or 'true AS present'} FROM ({source})"
        )

    def _conversions(
        self,
        request: ScanRequest,
        types: Mapping[str, DataType],
        digits: Mapping[str, Digits],
        named: Callable[[str], str] | None = None,
    ) -> dict[str, Conversion]:
        named = named or self._reader.column
        found = {}
        for column in request.columns:
            declared = column.as_type is not None
            wanted = column if declared else ColumnRequest(column.name, types[column.name])
            bounds = digits.get(column.name, Digits(18, 0))
            if (wanted.as_type is DataType.DECIMAL and bounds.whole + bounds.scale > 38) or (
                wanted.as_type is DataType.INTEGER and bounds.whole > 38
            ):
                raise too_many_digits(self._reader.label, column.name, bounds)
            found[column.name] = convert(
                named(column.name), _TEXT, wanted, digits=bounds, style=self._style, strict=not declared
            )
        return found

    def _wants_digits(self, column: ColumnRequest, types: dict[str, DataType]) -> bool:
        return needs_digits(DataType.TEXT, ColumnRequest(column.name, column.as_type or types[column.name]))

    def _head(self, connection: DuckDBPyConnection, names: Sequence[str]) -> decide.Head:
        if not names:
            return decide.head((), ())
        return decide.head(
            self._rows(connection, lambda: self._reader.relation(names, limit=decide.sample_rows(len(names)))), names
        )

    def _digits_of_head(self, connection: DuckDBPyConnection, names: Sequence[str]) -> dict[str, Digits]:
        """The digits that numerals need, as far as the head tells; where the types were found, as it told then."""
        head = self._head(connection, [name for name in names if name not in self._digits])
        return {name: self._digits.get(name) or head.digits(name, self._style) for name in names}

    def _measure(self, connection: DuckDBPyConnection, names: Sequence[str]) -> dict[str, Digits]:
        if not names:
            return {}
        wanted = [part for name in names for part in measures(self._reader.column(name), self._style)]
        row = self._rows(connection, lambda: f"SELECT {', '.join(wanted)} FROM ({self._reader.relation(names)})")[0]
        return {
            name: Digits(int(str(row[3 * i] or 0)), int(str(row[3 * i + 1] or 0)), bool(row[3 * i + 2]))
            for i, name in enumerate(names)
        }

    def _decide(self, connection: DuckDBPyConnection) -> Schema:
        reader, style = self._reader, self._style
        quotes: list[Quotes] = []
        for file in reader.files:
            csv_text.verify_pack(file.path, file.name)
            quotes.append(check_quotes(file.path, file.dialect, file.name))
        names = reader.columns
        head = self._head(connection, names)
        types: dict[str, DataType] = {}
        blank: set[str] = set()
        for name in names:
            seen = head.seen(name, style)
            if seen.type is None:  # nothing but NULLs so far: look for the first rows that say something
                seen = self._late_head(connection, name).seen(name, style)
            if seen.type is None:
                blank.add(name)
            types[name] = seen.type or DataType.TEXT
            if seen.type in (DataType.INTEGER, DataType.DECIMAL):
                self._digits[name] = Digits(seen.whole, seen.scale)
        numeric = {name: kind for name, kind in types.items() if kind.is_number or kind is DataType.DATE}
        is_wide = alike.pays(len(numeric), reader.size)
        for number, some in enumerate(decide.at_once(numeric, decide.ALIKE_AT_ONCE if is_wide else decide.AT_ONCE)):
            row = self._widening(connection, some, is_wide)
            if not number:
                self._check_rows(quotes, int(str(row[-1])))
            types |= decide.widened(some, row, self._counted(connection, decide.too_long(some, row)))
        return Schema(tuple(Column(name, types[name], name in blank) for name in names))

    def _check_rows(self, quotes: Sequence[Quotes], rows: int) -> None:
        """Raise SourceError for a row that was left out without a word: there are fewer than lines."""
        heads = sum(file.head_line for file in self._reader.files)
        if sum(one.lines for one in quotes) - heads == rows:
            return
        for file, one in zip(self._reader.files, quotes, strict=True):
            if one.number:
                check_each_quote(file.path, file.dialect, file.name)

    def _widening(
        self, connection: DuckDBPyConnection, types: Mapping[str, DataType], is_wide: bool
    ) -> Sequence[object]:
        """What all rows say of some columns. The aggregates read strictly, so that this pass also proves that every row
        has as many fields as the header.
        """

        def sql() -> str:
            source, column = self._reader.relation(list(types), nulls=False), self._reader.column
            if not is_wide:
                values = decide.widening(types, self._style, column)
            else:
                both = decide.widening(types, self._style, lambda _: alike.VALUE)
                columns = [column(name) for name in types for _ in range(2)]
                pairs = zip(columns, both, strict=True)
                asked = {f"{number}": pair for number, pair in enumerate(pairs) if pair[1] != decide.NOTHING}
                together = alike.together(source, asked)
                source = together.relation
                values = tuple(together.found.get(f"{number}", decide.NOTHING) for number in range(len(both)))
            return f"SELECT {', '.join([*(f'max({value})' for value in values), 'count(*)'])} FROM ({source})"

        return self._rows(connection, sql)[0]

    def _counted(self, connection: DuckDBPyConnection, names: Sequence[str]) -> dict[str, tuple[int, int]]:
        """The digits of the long numerals of some columns."""
        if not names:
            return {}
        wanted = ", ".join(decide.counting(names, self._style, self._reader.column))
        row = self._rows(connection, lambda: f"SELECT {wanted} FROM ({self._reader.relation(names)})")[0]
        return {name: (int(str(row[2 * i] or 0)), int(str(row[2 * i + 1] or 0))) for i, name in enumerate(names)}

    def _late_head(self, connection: DuckDBPyConnection, name: str) -> decide.Head:
        """The first rows of a column that are not blank."""
        limit = f"WHERE trim({self._reader.column(name)}) <> '' LIMIT {decide.SAMPLE}"
        return decide.head(
            self._rows(connection, lambda: f"SELECT * FROM ({self._reader.relation([name])}) {limit}"), [name]
        )

    def _rows(self, connection: DuckDBPyConnection, sql: Callable[[], str]) -> list[tuple[object, ...]]:
        """The rows of a query, which is written anew where the files had to be rewritten for it."""
        try:
            return connection.execute(sql()).fetchall()
        except duck.failures() as error:
            self._fault(error)
            return self._rows(connection, sql)

    def _again(self, connection: DuckDBPyConnection, request: ScanRequest, error: Exception) -> str:
        self._fault(error)
        return self.relation(connection, request)

    def _fault(self, error: Exception) -> None:
        """Say which row it is.

        Where Python finds none, the files are rewritten with one kind of line end, to be read again.
        """
        if type(error).__name__ in _NOT_THE_FILE:
            raise self._unknown(error) from error
        counts = {file.path: len(file.columns) for file in self._reader.files}

        def whole(file: CsvFile) -> Callable[[str], bool]:
            delimiter, number = file.dialect.delimiter, len(file.columns) - 1
            return lambda line: line.count(delimiter) == number

        for file, record in self._reader.records(whole):
            fields = len(record.fields)
            if fields != counts[file.path]:
                few = "fewer" if fields < counts[file.path] else "more"
                hint = unsplit(file.columns) or _remedy(record, counts[file.path])
                has = f"{fields} field{'s' if fields != 1 else ''}, {few} than the {counts[file.path]} of the header"
                raise SourceError(
                    f"{file.name}:{record.line}: the row has {has}",
                    code="K0603",
                    hint=hint,
                ) from error
        if self._reader.rewrite_all:
            raise self._unknown(error) from error
        self._reader.rewrite_all = True

    def _unknown(self, error: Exception) -> SourceError:
        return SourceError(f"{self._reader.label} cannot be read: {duck.words(error)}", code="K0602")

    def _locate(
        self,
        connection: DuckDBPyConnection,
        request: ScanRequest,
        types: dict[str, DataType],
        conversions: dict[str, Conversion],
    ) -> SourceError | None:
        """The first value, in the order of the files, that is not what its column is."""
        texts: dict[str, str] = {}
        for name, conversion in conversions.items():
            if conversion.bad is None:
                continue
            x = self._reader.column(name)
            found = connection.execute(
                f"SELECT {x} FROM ({self._reader.relation([name])}) WHERE {conversion.bad} LIMIT 1"
            )
            if row := found.fetchone():
                texts[name] = str(row[0])
        if not texts:
            return None
        wanted = {column.name: column for column in request.columns}

        def said(place: str, name: str) -> SourceError:
            column = wanted[name]
            kind, declared = column.as_type or types[name], column.as_type is not None
            return bad_value(place, name, texts[name], kind, column.format, declared, "csv")

        stripped = {name: text.strip() for name, text in texts.items()}
        having = re.compile("|".join(re.escape(text) for text in set(stripped.values()))).search
        for file, record in self._reader.records(lambda _: lambda line: having(line) is None):
            for name, text in stripped.items():
                if name in file.columns and record.fields[file.columns.index(name)].strip() == text:
                    return said(f"{file.name}:{record.line}", name)
        return said(self._reader.label, next(iter(texts)))


def _remedy(record: csv_text.Record, columns: int) -> str:
    """What may be wrong with a row that has another number of fields than the header."""
    if columns == 1 < len(record.fields) and record.line > 1:
        return f"if the lines before it are a title, leave them out: `skip: {record.line - 1}`"
    if not any(text.strip() for text in record.fields[columns:]) and len(record.fields) > columns:
        return "if every row ends with a delimiter, the header needs one, too"
    return "mend the row; a text with the delimiter in it stands in quotes"
