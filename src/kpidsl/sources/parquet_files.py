"""The provider `parquet`: read where it lies, so that unused columns and row groups are never touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kpidsl.diagnostics import SourceError
from kpidsl.engine import duck
from kpidsl.engine.duck import identifier, literal, number_of_file, path_pattern, texts
from kpidsl.hookspecs import Context, ScanRequest
from kpidsl.records import dataclass
from kpidsl.semantic.types import DataType, Schema
from kpidsl.sources import files, messages, project
from kpidsl.sources.kinds_of_file import no_table
from kpidsl.sources.numerals import DIGITS
from kpidsl.sources.project import Origin
from kpidsl.sources.provider_options import ParquetOptions

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from kpidsl.engine.located import Located, RowGroup


LARGE = 16 << 20  # bytes: of less, all is read as soon as statistics are
MOST_CHUNKS = 20_000  # columns of row groups: more take longer to be told of than their times to be read
_FLOATS = "('DOUBLE', 'FLOAT')"
_TIMES = frozenset({"TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "DATE"})


@dataclass(frozen=True, slots=True)
class _Columns:
    """Whether all footers describe the same columns in the same order; the digits of numbers too wide to be exact; and
    what is floating-point in some files alone.
    """

    are_same: bool
    wide: Mapping[str, int]
    mixed: frozenset[str] = frozenset()


class ParquetDataset:
    """One or many Parquet files as a view."""

    def __init__(self, options: ParquetOptions, context: Context) -> None:
        self._options = options
        self._context = context
        self._paths = files.expand(options.path, context, "parquet")
        self._whole: Origin | None = None
        self._alike: tuple[object, _Columns] | None = None

    def fingerprint(self) -> tuple[tuple[str, int, int], ...] | None:
        """(path, size, modified) of the files."""
        return files.fingerprint(self._paths)

    def schema(self) -> Schema:
        """The columns, from the files' footers. Raises SourceError."""
        with duck.looking() as connection:
            return self._origin(connection).schema()

    def relation(self, connection: DuckDBPyConnection, request: ScanRequest) -> str:
        """A view with the requested columns. Raises SourceError."""
        origin = self._origin(connection)
        self._require_room(connection, origin, request)
        if not self._options.union and self._differ(connection):
            self._require(connection, origin, request)
        return project.relation(connection, origin, request)

    def files(self) -> tuple[Path, ...]:
        """The files, each once."""
        return self._paths

    def part(self, connection: DuckDBPyConnection, request: ScanRequest, files: Sequence[Path], column: str) -> str:
        """A view of some of the files, which are numbered beside their names unless the data have a column that DuckDB
        would take for the number. Raises SourceError, also where a type depends on what is in the others.
        """
        self._whole = self._origin(connection)
        whole = replace(self._whole, place=partial(self._place, connection, files))
        self._require_room(connection, whole, request)
        if not self._options.union and self._differ(connection):
            self._require(connection, whole, request)
        source = self._read(connection, files, column)
        if any(name.lower() == "file_index" for name in whole.fields):
            return project.part(connection, whole, source, request, (column,))
        number = number_of_file(column)
        source = f"(SELECT *, file_index AS {identifier(number)} FROM {source})"
        return project.part(connection, whole, source, request, (column, number))

    def located(self, connection: DuckDBPyConnection, request: ScanRequest, time: str) -> Located | None:
        """The rows with where they stand, and what the file's statistics say of a time column; None where it is hardly
        worth asking, not to be had, or there are several files.
        """
        from kpidsl.engine.located import Located

        path = self._paths[0]
        if len(self._paths) > 1 or path.stat().st_size < LARGE:
            return None
        origin = self._origin(connection)
        if time not in origin.fields or origin.fields[time].sql_type not in _TIMES:
            return None
        if f"/{time.lower()}=" in str(path).lower():
            return None  # the folder's name may tell it, and the file something else
        file = literal(path_pattern(str(path)))
        ((chunks, rows),) = connection.execute(
            f"SELECT num_row_groups, num_rows FROM parquet_file_metadata({file})"
        ).fetchall()
        if chunks * len(origin.fields) > MOST_CHUNKS:
            return None
        groups = _row_groups(connection, file, time, origin.fields[time].sql_type)
        if not groups or groups[-1].end != rows:
            return None
        table = project.located(connection, origin, request, time)
        return None if table is None else Located(table, groups)

    def times(
        self, connection: DuckDBPyConnection, request: ScanRequest, files: Sequence[Path], time: str
    ) -> tuple[int, int] | None:  # fmt: skip
        """Between which times the rows of a `part` are, in microseconds since 1970 on the column's own clock, as the
        footers have it; None where they do not tell. Raises DuckDB's errors and SourceError.
        """
        origin = self._whole if self._whole is not None else self._origin(connection)
        if not project.is_as_it_stands(origin, request, time) or origin.fields[time].sql_type not in _TIMES:
            return None
        if any(f"/{time.lower()}=" in str(path).lower() for path in files):
            return None  # the folder's name may tell it, and the file something else
        listed = texts(path_pattern(str(path)) for path in files)
        ((chunks,),) = connection.execute(f"SELECT sum(num_row_groups) FROM parquet_file_metadata({listed})").fetchall()
        if chunks * len(origin.fields) > MOST_CHUNKS:
            return None
        low, high = _bounds(origin.fields[time].sql_type)
        ((first, last, unknown),) = connection.execute(
            f"SELECT min({low}), max({high}), count(*) FILTER (WHERE ({low} IS NULL OR {high} IS NULL) "
            "AND row_group_num_rows > 0 AND stats_null_count IS DISTINCT FROM row_group_num_rows) "
            f"FROM parquet_metadata({listed}) WHERE path_in_schema = ?",
            [time],
        ).fetchall()
        return None if unknown or first is None else (first, last)

    def share(self, connection: DuckDBPyConnection, request: ScanRequest) -> float:
        """How much of the bytes is of the requested columns, as the first footer has it. Raises DuckDB's errors."""
        roots = sorted({column.name.split(".")[0].lower() for column in request.columns})
        ((some, every),) = connection.execute(
            "SELECT sum(total_compressed_size) FILTER (list_contains(?, lower(split_part(path_in_schema, ', ', 1)))), "
            "sum(total_compressed_size) FROM parquet_metadata(?)",
            [roots, path_pattern(str(self._paths[0]))],
        ).fetchall()
        return float(some / every) if some and every else 1.0

    @property
    def _label(self) -> str:
        first = files.shown(self._paths[0], self._context)
        return first if len(self._paths) == 1 else f"{first} and {len(self._paths) - 1} more"

    def _origin(self, connection: DuckDBPyConnection) -> Origin:
        for path in self._paths:
            try:
                size = path.stat().st_size
            except OSError as error:
                raise files.cannot_read(files.shown(path, self._context), error) from error
            if size == 0:
                raise SourceError(
                    f"{files.shown(path, self._context)} is empty",
                    code="K0606",
                    hint="a Parquet file without rows still has a footer; is the file complete?",
                )
        source = self._read(connection, self._paths)
        try:
            fields = project.fields_of(connection, source)
        except duck.failures() as error:
            raise self._broken(connection, error) from error
        return Origin(source, fields, self._label, "parquet", partial(self._place, connection, self._paths))

    def _place(self, connection: DuckDBPyConnection, paths: Sequence[Path], number: int) -> str:
        """The file and row there of a row of some files, counted through all of them."""
        for path in paths:
            counted = "SELECT num_rows FROM parquet_file_metadata(?)"
            ((rows,),) = connection.execute(counted, [path_pattern(str(path))]).fetchall()
            if number <= rows:
                return f"{files.shown(path, self._context)}, row {number}"
            number -= rows
        return self._label

    def _differ(self, connection: DuckDBPyConnection) -> bool:
        """Whether the columns of the files are not surely the same. To match them takes a look at each file, as often
        as rows are asked for.
        """
        if len(self._paths) == 1:
            return False
        found = self._columns(connection)
        return found is None or not found.are_same

    def _columns(self, connection: DuckDBPyConnection) -> _Columns | None:
        """What a look at all footers told; None where files are gone."""
        seen = self.fingerprint()
        if seen is None:
            return None
        if self._alike is None or self._alike[0] != seen:
            self._alike = seen, _columns_of(connection, self._paths)
        return self._alike[1]

    def _read(self, connection: DuckDBPyConnection, paths: Sequence[Path], column: str | None = None) -> str:
        listed = texts(path_pattern(str(path)) for path in paths)
        hive = "true" if self._options.hive_partitioning else "false"
        # Folders tell columns, too, whose types depend on all of them.
        is_matched = len(paths) > 1 and (self._options.hive_partitioning or self._differ(connection))
        union = "true" if is_matched else "false"
        name = f", filename = {literal(column)}" if column is not None else ""
        return f"read_parquet({listed}, hive_partitioning = {hive}, union_by_name = {union}{name})"

    def _broken(self, connection: DuckDBPyConnection, error: Exception) -> SourceError:
        for path in self._paths:
            name = files.shown(path, self._context)
            other = no_table(path, name)
            if other is not None:
                return other
            with project.reading(name, "is it a Parquet file, and complete? Fetch or write it again"):
                connection.execute("SELECT count(*) FROM parquet_schema(?)", [path_pattern(str(path))]).fetchall()
        return SourceError(
            f"{self._label} cannot be read together: {duck.words(error)}",
            code="K0602",
            hint="do their columns have the same types?",
        )

    def _require(self, connection: DuckDBPyConnection, origin: Origin, request: ScanRequest) -> None:
        """Raise K0605 for a column that one of the files lacks."""
        roots = {name.split(".")[0] for name in (column.name for column in request.columns) if name in origin.fields}
        listed = [path_pattern(str(path)) for path in self._paths]
        rows = connection.execute("SELECT DISTINCT file_name, name FROM parquet_schema(?)", [listed]).fetchall()
        having: dict[str, set[str]] = {}
        for file, name in rows:
            having.setdefault(file, set()).add(name)
        for name in sorted(roots):
            has_it = [name in having.get(str(path), set()) for path in self._paths]
            if any(has_it) and not all(has_it):
                raise self._lacks(self._paths[has_it.index(False)], name, self._paths[has_it.index(True)])

    def _require_room(self, connection: DuckDBPyConnection, origin: Origin, request: ScanRequest) -> None:
        """Raise K0604 for exact numbers of more than 38 digits, which DuckDB turns into floats without a word, unless
        the spec says that they may be floats.
        """
        doubtful = [
            column.name
            for column in request.columns
            if column.as_type is not DataType.FLOAT
            and column.name in origin.fields
            and origin.fields[column.name].sql_type == "DOUBLE"
        ]
        if not doubtful:
            return
        found = self._columns(connection)
        wide = found.wide if found is not None else {}
        for name in doubtful:
            leaf = name if name in wide else name.rpartition(".")[2]
            if leaf in wide:
                raise messages.too_wide(self._label, name, wide[leaf])
            if found is not None and leaf.rpartition(".")[2] in found.mixed:
                self._require_exact(connection, name, origin.fields[name].sql)

    def _require_exact(self, connection: DuckDBPyConnection, name: str, column: str) -> None:
        """Raise K0604 for exact numbers that become others beside the floats of other files."""
        listed = texts(path_pattern(str(path)) for path in self._paths)
        kinds = connection.execute(
            f"SELECT list(DISTINCT file_name) FROM parquet_schema({listed}) WHERE name = ? AND type NOT IN {_FLOATS} "
            "GROUP BY type, converted_type, precision, scale",
            [name.rpartition(".")[2]],
        ).fetchall()
        for (paths,) in kinds:
            read = self._read(connection, [Path(path) for path in paths])
            with project.reading(self._label):
                field = project.fields_of(connection, read).get(name)
                if field is None or not _is_exact(field.sql_type):
                    continue
                double = f"CAST({column} AS DOUBLE)"
                found = connection.execute(
                    f"SELECT CAST({column} AS VARCHAR), CAST({double} AS VARCHAR) FROM {read} "
                    f"WHERE TRY_CAST({double} AS {field.sql_type}) IS DISTINCT FROM {column} LIMIT 1"
                ).fetchone()
            if found is not None:
                raise messages.becomes_a_float(self._label, name, *found)

    def _lacks(self, lacking: Path, name: str, having: Path) -> SourceError:
        file, other = files.shown(lacking, self._context), files.shown(having, self._context)
        return SourceError(
            f"{file} has no column `{name}`, which {other} has",
            code="K0605",
            hint="write `union: true` behind the path if it is NULL there",
        )


def _columns_of(connection: DuckDBPyConnection, paths: Sequence[Path]) -> _Columns:
    listed = texts(path_pattern(str(path)) for path in paths)
    alike = f"SELECT * EXCLUDE (file_name), count(*) AS files FROM parquet_schema({listed}) GROUP BY ALL"
    try:
        if len(paths) == 1:  # nearly always, and three times as fast
            found = connection.execute(
                f"SELECT name, precision FROM parquet_schema({listed}) WHERE precision > {DIGITS} ORDER BY precision"
            )
            return _Columns(True, dict(found.fetchall()))
        ((others, wide, floats, exact),) = connection.execute(
            f"SELECT count(*) FILTER (files <> {len(paths)}), "
            f"list((name, precision) ORDER BY precision) FILTER (precision > {DIGITS}), "
            f"list(name) FILTER (type IN {_FLOATS}), list(name) FILTER (type NOT IN {_FLOATS}) FROM ({alike})"
        ).fetchall()
    except duck.failures():  # to read them will tell
        return _Columns(False, {})
    return _Columns(others == 0, dict(wide or ()), frozenset(floats or ()) & frozenset(exact or ()))


def _is_exact(sql_type: str) -> bool:
    return sql_type in ("BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT") or sql_type.startswith("DECIMAL")


def _bounds(sql_type: str) -> tuple[str, str]:
    """The bounds of a chunk's times, in microseconds since 1970; NULL where they are not known."""
    low, high = (
        f"epoch_us(TRY_CAST(TRY_CAST({end} AS {sql_type}) AS TIMESTAMP))"
        for end in ("stats_min_value", "stats_max_value")
    )
    return low, high


def _row_groups(connection: DuckDBPyConnection, file: str, time: str, sql_type: str) -> tuple[RowGroup, ...]:
    from kpidsl.engine.located import RowGroup

    low, high = _bounds(sql_type)
    found: list[RowGroup] = []
    start = 0
    for rows, first, last, nulls in connection.execute(
        f"SELECT row_group_num_rows, {low}, {high}, stats_null_count "
        f"FROM parquet_metadata({file}) WHERE path_in_schema = ? ORDER BY row_group_id",
        [time],
    ).fetchall():
        is_known = first is not None and last is not None and nulls == 0
        found.append(RowGroup(start, start + rows, first if is_known else None, last if is_known else None))
        start += rows
    return tuple(found)
