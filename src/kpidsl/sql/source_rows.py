"""The rows of one source as a subquery, with the sources it joins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from kpidsl.calendar import Calendar
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.model import JoinModel, SourceModel
from kpidsl.semantic.row_scope import type_of
from kpidsl.semantic.rows import ColumnValue, Row
from kpidsl.semantic.types import DataType
from kpidsl.sql import exp
from kpidsl.sql.aggregates import Operands, Scale
from kpidsl.sql.halves import halves
from kpidsl.sql.row_sql import RowSql
from kpidsl.sql.times import as_instant, cast, finite, function, infinite

_TIMES: Mapping[DataType | None, str] = {
    DataType.DATE: "DATE",
    DataType.TIMESTAMP: "TIMESTAMP",
    DataType.INSTANT: "TIMESTAMPTZ",
}


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Two columns that a join takes for equal: their types, and the clocks of their times."""

    types: tuple[DataType | None, DataType | None]
    zones: tuple[str, str]

    @classmethod
    def of(cls, source: SourceModel, left: str, other: SourceModel, right: str) -> KeyPair:
        return cls((type_of(source, left), type_of(other, right)), (source.zone, other.zone))

    def left(self, column: exp.Expr, calendar: Calendar) -> exp.Expr:
        return self._as_compared(column, 0, calendar)

    def right(self, column: exp.Expr, calendar: Calendar) -> exp.Expr:
        return self._as_compared(column, 1, calendar)

    def _as_compared(self, column: exp.Expr, side: int, calendar: Calendar) -> exp.Expr:
        """A key as it is equal to the other: times of different clocks are moments, an exact number that is compared
        with a floating-point one is one.
        """
        own, other = self.types[side], self.types[1 - side]
        if own is None or other is None:
            return column
        if own.is_time and other.is_time:
            same_clock = own is other and (own is not DataType.TIMESTAMP or self.zones[0] == self.zones[1])
            return column if same_clock else as_instant(column, own, self.zones[side], calendar)
        is_rounded = other is DataType.FLOAT and own in (DataType.INTEGER, DataType.DECIMAL)
        return cast(column, "DOUBLE") if is_rounded else column


@dataclass(slots=True)
class RowsOf:
    """The rows of one source with the sources it joins, as a subquery whose columns are added as they are needed.
    `is_here` tells that DuckDB is asked, with all its functions.
    """

    source: SourceModel
    sources: Mapping[str, SourceModel]
    calendar: Calendar
    tables: Mapping[str, str]
    columns: dict[exp.Expr, str] = field(default_factory=dict)
    joined: dict[tuple[str, ...], str] = field(default_factory=dict)
    conditions: list[exp.Expr] = field(default_factory=list)
    is_here: bool = False
    sql: RowSql = field(init=False)

    def __post_init__(self) -> None:
        self.sql = RowSql(self.calendar, {name: one.zone for name, one in self.sources.items()}, self.alias)

    def alias(self, path: tuple[str, ...]) -> str:
        if not path:
            return "t"
        for length in range(1, len(path) + 1):
            self.joined.setdefault(path[:length], f"j{len(self.joined)}")
        return self.joined[path]

    def column(self, expression: exp.Expr) -> exp.Expr:
        """A column of the subquery; the same expression is computed once."""
        name = self.columns.setdefault(expression, f"c{len(self.columns)}")
        return exp.column(name)

    def under(self, column: exp.Expr) -> exp.Expr:
        """What a column of the subquery is computed by."""
        return next(expression for expression, name in self.columns.items() if exp.column(name) == column)

    def row(self, row: Row) -> exp.Expr:
        return self.column(self.sql.sql(row))

    def select(
        self, conditions: Sequence[exp.Expr] | None = None, instead: Mapping[exp.Expr, exp.Expr] | None = None
    ) -> exp.Select:  # fmt: skip
        """The rows, under its conditions or other ones; some expressions may be known without being computed."""
        conditions = self.conditions if conditions is None else conditions
        known = instead or {}
        columns = [exp.alias_(known.get(one, one).copy(), name) for one, name in self.columns.items()]
        query = exp.select(*(columns or [exp.alias_(exp.Literal.number(1), "one")]), copy=False)
        query = query.from_(table(self.tables[self.source.name], "t"), copy=False)
        for path, alias in sorted(self.joined.items(), key=lambda item: len(item[0])):
            left, model = "t", self.source
            for step, name in enumerate(path):
                join = model.joins[name]
                if step == len(path) - 1:
                    left = self.alias(path[:-1])
                    on = [self._equal(model, join, left, mine, alias, theirs) for mine, theirs in join.keys]
                    query = query.join(
                        table(self.tables[join.source], alias), on=exp.and_(*on), join_type="left", copy=False
                    )
                model = self.sources[join.source]
        return query.where(*conditions, copy=False) if conditions else query

    def _equal(
        self, model: SourceModel, join: JoinModel, left: str, mine: str, alias: str, theirs: str
    ) -> exp.Expr:  # fmt: skip
        pair = KeyPair.of(model, mine, self.sources[join.source], theirs)
        return exp.EQ(
            this=pair.left(column_of(left, mine), self.calendar),
            expression=pair.right(column_of(alias, theirs), self.calendar),
        )

    def keep(self, where: tuple[Row, ...]) -> exp.Expr | None:
        """A filter as a column; None keeps all rows."""
        return self.column(exp.and_(*(self.sql.sql(one) for one in where))) if where else None

    def argument(self, row: Row) -> exp.Expr:
        """What is aggregated. A floating-point column that is NaN is NULL already, a computed value is made so."""
        found = self.sql.sql(row)
        if row.type is DataType.FLOAT and not isinstance(row, ColumnValue):
            found = exp.Case().when(exp.or_(function("isfinite", found), function("isinf", found)), found, copy=False)
        return self.column(found)

    def _aggregated(self, cell: Cell, argument: Row) -> exp.Expr:
        kind = self._infinite_kind(argument)
        if kind is None or cell.function not in ("min", "max", "first", "last"):
            return self.argument(argument)
        return self.column(finite(self.sql.sql(argument), kind))

    def operands(self, cell: Cell, scales: Mapping[Row, Scale]) -> Operands:
        keep = self.keep(cell.where)
        argument = self._aggregated(cell, cell.argument) if cell.argument is not None else None
        time = self.row(cell.time) if cell.time is not None and cell.function in ("first", "last") else None
        key: tuple[exp.Expr, ...] = ()
        if cell.function in ("first", "last"):
            key = tuple(self.column(column_of("t", name)) for name in self.source.key)
            if time is None:
                assert self.source.holds is not None
                time = self.row(self.source.holds.start)
        unit = self.row(cell.per[0]) if cell.function == "prevalence" else None
        scale = scales.get(cell.argument) if cell.argument is not None else None
        parts: tuple[exp.Expr, ...] = ()
        if scale is not None and scale.cut is not None and cell.function in ("stddev", "variance"):
            assert cell.argument is not None and scale.origin is not None
            cut = halves(self.sql.sql(cell.argument), cell.argument, scale.origin, scale.cut)
            parts = tuple(map(self.column, cut))
        return Operands(keep, argument, time, key, scale, unit, parts)

    def member(self, row: Row) -> exp.Expr:
        """A dimension's member; instants as civil times, which can be fetched and read."""
        found = self.sql.sql(row)
        if row.type is DataType.INSTANT:
            found = function("timezone", exp.Literal.string(self.calendar.timezone), found)
        kind = self._infinite_kind(row)
        if kind is not None:
            found = finite(found, kind if row.type is DataType.DATE else "TIMESTAMP")
        return self.column(found)

    def of_member(self, row: Row, member: exp.Expr) -> exp.Expr | None:
        """The dimension that a member is of; None where that is not to be had."""
        if row.type is DataType.INSTANT:
            return None
        kind = self._infinite_kind(row)
        return member if kind is None else infinite(member, kind)

    def _infinite_kind(self, row: Row) -> str | None:
        """The type of a column of times that may be infinite, which DuckDB hands over as the years 1 and 9999, or not
        at all.
        """
        return _TIMES.get(row.type) if self.is_here and isinstance(row, ColumnValue) else None


def table(name: str, alias: str) -> exp.Expr:
    return exp.alias_(exp.Table(this=exp.to_identifier(name, quoted=True)), alias, table=True)


def column_of(table: str, name: str) -> exp.Expr:
    return exp.column(exp.to_identifier(name, quoted=True), table=table, quoted=True)
