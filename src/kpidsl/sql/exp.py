"""Expressions of the engine's SQL: the few that queries are made of, under sqlglot's names.

Nodes never change once they are made, but for a `Select` while it is being built, so one may stand in many places.
`written` gives their text in DuckDB's SQL, `as_sqlglot` the same tree for other dialects. Why not sqlglot itself stands
in docs/adr/0040-what-a-small-run-pays.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.sql.nodes import (
    EQ,
    GT,
    GTE,
    LT,
    LTE,
    NEQ,
    Add,
    And,
    Anonymous,
    Array,
    Binary,
    BitwiseAnd,
    BitwiseLeftShift,
    BitwiseRightShift,
    Boolean,
    Case,
    Cast,
    Column,
    Connector,
    Count,
    Distinct,
    Div,
    Expr,
    Filter,
    Given,
    Identifier,
    If,
    In,
    IntDiv,
    Is,
    Literal,
    Mod,
    Mul,
    Neg,
    Not,
    Null,
    NullSafeEQ,
    Or,
    Order,
    Ordered,
    Paren,
    RowNumber,
    Said,
    Star,
    Sub,
    Unary,
    Var,
    Window,
    and_,
    cast,
    column,
    false,
    named,
    not_,
    null,
    or_,
    paren,
    to_identifier,
    true,
)

__all__ = [
    "CTE",
    "EQ",
    "GT",
    "GTE",
    "LT",
    "LTE",
    "NEQ",
    "Add",
    "Alias",
    "And",
    "Anonymous",
    "Array",
    "Binary",
    "BitwiseAnd",
    "BitwiseLeftShift",
    "BitwiseRightShift",
    "Boolean",
    "Case",
    "Cast",
    "Column",
    "Connector",
    "Count",
    "Distinct",
    "Div",
    "Expr",
    "Filter",
    "From",
    "Given",
    "Group",
    "Having",
    "Identifier",
    "If",
    "In",
    "IntDiv",
    "Is",
    "Join",
    "Limit",
    "Literal",
    "Mod",
    "Mul",
    "Neg",
    "Not",
    "Null",
    "NullSafeEQ",
    "Or",
    "Order",
    "Ordered",
    "Paren",
    "RowNumber",
    "Select",
    "Star",
    "Sub",
    "Subquery",
    "Table",
    "TableAlias",
    "TableSample",
    "Unary",
    "Union",
    "Var",
    "Where",
    "Window",
    "With",
    "alias_",
    "and_",
    "cast",
    "column",
    "false",
    "not_",
    "null",
    "or_",
    "paren",
    "select",
    "to_identifier",
    "to_table",
    "true",
    "union_all",
]


class Where(Expr):
    __slots__ = ()


class Having(Expr):
    __slots__ = ()


class Group(Expr):
    __slots__ = ()


class GroupingSets(Expr):
    """`GROUPING SETS`: rows are grouped by each `Tuple` of keys among the `expressions`."""

    __slots__ = ()


class Tuple(Expr):
    __slots__ = ()


class Grouping(Expr):
    """`GROUPING(…)`: a bit for each key that a group is not by, the first one's the highest."""

    __slots__ = ()


class Limit(Expr):
    __slots__ = ()


class From(Expr):
    __slots__ = ()


class Join(Expr):
    """`this`, `method` (ASOF), `side` (LEFT), `on`."""

    __slots__ = ()


class TableAlias(Expr):
    __slots__ = ()


class Alias(Expr):
    __slots__ = ()


class Table(Expr):
    __slots__ = ()


class TableSample(Expr):
    __slots__ = ()


class With(Expr):
    __slots__ = ()


class CTE(Expr):
    __slots__ = ()


class Subquery(Expr):
    """A query in parentheses, with an `alias`; `sample` is a `TableSample`."""

    __slots__ = ()

    def sampled(self, percent: int, seed: int) -> Subquery:
        """About so many of its rows in a hundred, the same ones each time."""
        sample = TableSample(method=Var(this="SYSTEM"), percent=Literal.number(percent), seed=Literal.number(seed))
        return Subquery(**self.args, sample=sample)


class Select(Expr):
    """A SELECT. Its methods change it, or a copy of it, and return that."""

    __slots__ = ()

    def copy(self) -> Select:
        return Select(**{key: list(part) if isinstance(part, list) else part for key, part in self.args.items()})

    @property
    def named_selects(self) -> list[str]:
        """The names of the columns that have one."""
        return [one.args["alias"].name if isinstance(one, Alias) else one.name for one in self.expressions]

    def _changed(self, copy: bool, key: str, part: object) -> Select:
        found = self.copy() if copy else self
        found.args[key] = part
        return found

    def select(self, *columns: Said, copy: bool = True) -> Select:
        return self._changed(copy, "expressions", [*self.expressions, *map(named, columns)])

    def from_(self, source: Said, copy: bool = True) -> Select:
        return self._changed(copy, "from_", From(this=to_table(source) if isinstance(source, str) else source))

    def join(
        self, source: Expr, on: Expr | None = None, join_type: str | None = None, copy: bool = True
    ) -> Select:  # fmt: skip
        join = source
        if not isinstance(source, Join):
            kind = {"asof": {"method": "ASOF"}, "left": {"side": "LEFT"}, None: {}}[join_type]
            join = Join(this=source, **kind, on=on)
        return self._changed(copy, "joins", [*self.args.get("joins", ()), join])

    def where(self, *conditions: Expr, copy: bool = True) -> Select:
        before = [self.args["where"].this] if "where" in self.args else []
        return self._changed(copy, "where", Where(this=and_(*before, *conditions)))

    def group_by(self, *keys: Said, copy: bool = True) -> Select:
        if not keys:
            return self
        before = self.args["group"].expressions if "group" in self.args else []
        return self._changed(copy, "group", Group(expressions=[*before, *map(named, keys)]))

    def having(self, condition: Expr, copy: bool = True) -> Select:
        return self._changed(copy, "having", Having(this=condition))

    def order_by(self, *keys: Said, copy: bool = True) -> Select:
        return self._changed(copy, "order", Order(expressions=[Ordered(this=named(key)) for key in keys]))

    def limit(self, most: int, copy: bool = True) -> Select:
        return self._changed(copy, "limit", Limit(expression=Literal.number(most)))

    def distinct(self, copy: bool = True) -> Select:
        return self._changed(copy, "distinct", Distinct())

    def with_(self, name: str, query: Select, materialized: bool | None = None, copy: bool = True) -> Select:
        part = CTE(this=query, alias=TableAlias(this=to_identifier(name)), materialized=materialized)
        before = self.args["with_"].expressions if "with_" in self.args else []
        return self._changed(copy, "with_", With(expressions=[*before, part]))

    def subquery(self, alias: str, copy: bool = True) -> Subquery:
        return Subquery(this=self.copy() if copy else self, alias=TableAlias(this=to_identifier(alias)))


class Union(Expr):
    """The rows of `this` and of `expression`."""

    __slots__ = ()

    def subquery(self, alias: str, copy: bool = True) -> Subquery:  # noqa: ARG002
        return Subquery(this=self, alias=TableAlias(this=to_identifier(alias)))


# ---------------------------------------------------------------- making them
def union_all(queries: Sequence[Select]) -> Select | Union:
    """The rows of all queries."""
    found: Select | Union = queries[0]
    for query in queries[1:]:
        found = Union(this=found, expression=query, distinct=False)
    return found


def to_table(name: str) -> Table:
    return Table(this=to_identifier(name))


def alias_(value: Expr, name: str, table: bool = False) -> Expr:
    """A value, or a table, by another name."""
    if table:
        return type(value)(**{**value.args, "alias": TableAlias(this=to_identifier(name))})
    return Alias(this=value, alias=to_identifier(name))


def select(*columns: Said, copy: bool = True) -> Select:  # noqa: ARG001
    return Select().select(*columns, copy=False)
