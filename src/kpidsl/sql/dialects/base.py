"""What all dialects share: the engine's queries, written for DuckDB, rewritten call by call. What a dialect does not
know it refuses: nothing passes unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import ClassVar

from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.errors import SqlglotError, UnsupportedError

from kpidsl.sql.dialects import shapes
from kpidsl.sql.dialects.kinds import Kinds
from kpidsl.sql.dialects.statement import Statement, Untranslatable

__all__ = ["Dialect", "Statement", "Untranslatable"]

_PLAIN: frozenset[type[exp.Expr]] = frozenset({
    exp.Select, exp.From, exp.Join, exp.Subquery, exp.Alias, exp.TableAlias, exp.Table, exp.Identifier, exp.Column,
    exp.Literal, exp.Cast, exp.DataType, exp.DataTypeParam, exp.Case, exp.If, exp.Paren, exp.And, exp.Or, exp.Not,
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.Is, exp.Null, exp.Boolean, exp.In, exp.Add,
    exp.Sub, exp.Mul, exp.Neg, exp.Mod, exp.Count, exp.Distinct, exp.Star, exp.Group, exp.Where, exp.Having, exp.Order,
    exp.Ordered, exp.Limit, exp.With, exp.CTE, exp.Window, exp.WindowSpec, exp.RowNumber, exp.Filter, exp.Union,
    exp.BitwiseAnd, exp.Div, exp.IntDiv, exp.BitwiseLeftShift, exp.BitwiseRightShift, exp.Anonymous, exp.Var,
})  # fmt: skip
_REASONS = {
    "list": "an engine is not asked for lists of values",
    "list_sort": "an engine is not asked for lists of values",
    "lower": "letters change case by rules of the engine's own",
    "upper": "letters change case by rules of the engine's own",
    "try": "columns whose product may be too long are not multiplied there",
}
Call = Callable[[list[exp.Expr]], exp.Expr]


class Dialect:
    """One engine's SQL. A subclass says what differs: `functions` names what the engine calls as DuckDB does and means
    the same by, `calls` what becomes something else; `cast`, `bucket`, `listed` and the rest are overridden as needed.
    """

    name: ClassVar[str]
    """sqlglot's name of it."""
    limb_bits: ClassVar[int] = 60
    """Bits of a whole number that 8 bytes hold three of, and that the engine adds up exactly."""
    functions: ClassVar[frozenset[str]] = frozenset({"min", "max", "sum", "coalesce", "nullif", "abs"})
    kept: ClassVar[frozenset[type[exp.Expr]]] = frozenset()
    """Classes of nodes that only this dialect's own rewriting makes."""

    def calls(self) -> Mapping[str, Call]:
        """How DuckDB's functions are written, by name. A call gets its arguments, already rewritten."""
        return {}

    def text(
        self,
        query: exp.Expr,
        tables: Mapping[str, str],
        kinds: Kinds | None = None,  # noqa: ARG002 — for dialects whose SQL does not tell
        *,
        pretty: bool = False,
    ) -> Statement:
        """A query of the engine in this dialect; `tables` says what stands behind FROM for its relations, `kinds` what
        their columns are.

        Raises Untranslatable.
        """
        found = query.copy()
        shapes.without_samples(found)
        shapes.without_room(found)
        shapes.without_sorted_joins(found, self.bucket)
        for select in shapes.every(found, exp.Select):
            lists = shapes.rows_of_lists(select)
            if lists is not None:
                select.replace(self.listed(lists))
        found = self.rewritten(found)
        widths = shapes.in_columns(found)
        found = self.finished(found)
        self._check(found)
        for table in list(found.find_all(exp.Table)):
            if table.name in tables:
                table.replace(_source(tables[table.name], table.alias, self.name).copy())
        try:
            sql = found.sql(dialect=self.name, pretty=pretty, unsupported_level=ErrorLevel.RAISE)
        except UnsupportedError as error:
            raise Untranslatable(str(error)) from error
        return Statement(sql, widths)

    # ------------------------------------------------------------ what a dialect may say otherwise
    def bucket(self, value: exp.Expr, bounds: Sequence[exp.Expr], numbers: Sequence[int]) -> exp.Expr:
        """The number of the last of some bounds (in order; a first one of NULL is below everything) that a value is
        not below; NULL for what is below all of them.
        """
        return shapes.nested_cases(value, bounds, numbers)

    def listed(self, columns: Mapping[str, Sequence[exp.Expr]]) -> exp.Query:
        """Literals as rows."""
        rows = list(zip(*columns.values(), strict=True))
        selects: list[exp.Query] = [
            exp.select(*(exp.alias_(item.copy(), name) for name, item in zip(columns, row, strict=True)))
            for row in rows
        ]
        found = selects[0]
        for select in selects[1:]:
            found = exp.union(found, select, distinct=False, copy=False)
        return found

    def picked(self, values: Sequence[exp.Expr], index: exp.Expr) -> exp.Expr:
        """The value at a place (from 1) in a list of literals."""
        found = exp.Case(this=index)
        for place, value in enumerate(values, 1):
            found = found.when(exp.Literal.number(place), value.copy(), copy=False)
        return found

    def ordered(self, value: exp.Expr, keep: exp.Expr, places: Sequence[exp.Expr]) -> list[exp.Expr]:  # noqa: ARG002
        """The values of kept rows at some places (from 1) of their order."""
        raise Untranslatable(f"order statistics cannot be had of {self.name}")

    def at_edge(
        self,
        value: exp.Expr,  # noqa: ARG002
        keep: exp.Expr | None,  # noqa: ARG002
        by: Sequence[exp.Expr],  # noqa: ARG002
        *,
        newest: bool,  # noqa: ARG002
    ) -> exp.Expr:
        """The value of the kept row that is last (or first) by some columns, NULL being the greatest."""
        raise Untranslatable(f"first and last values cannot be had of {self.name}")

    def matches(self, value: exp.Expr, pattern: str) -> exp.Expr:  # noqa: ARG002
        """Whether a text has a part that matches a regular expression of RE2."""
        raise Untranslatable(f"patterns cannot be matched in {self.name} as they are here")

    def cast(self, node: exp.Cast) -> exp.Expr:
        """A conversion; types as DuckDB names them."""
        return node

    def float_quotient(self, top: exp.Expr, below: exp.Expr) -> exp.Expr:
        """A quotient of floating-point numbers."""
        return exp.Div(this=top, expression=below, typed=True, safe=True)

    def whole_quotient(self, top: exp.Expr, below: exp.Expr) -> exp.Expr:
        """A quotient of whole numbers that are not negative, without its fraction."""
        return exp.IntDiv(this=top, expression=below)

    def finished(self, query: exp.Expr) -> exp.Expr:
        """A last look at the whole query."""
        return query

    # ------------------------------------------------------------ call by call
    def rewritten(self, query: exp.Expr) -> exp.Expr:
        """Every node rewritten, the inner ones before those around them."""
        calls = self.calls()
        root = query
        for node in list(query.walk(bfs=True))[::-1]:
            found = self._node(node, calls)
            if found is not node:
                if node is root:
                    root = found
                else:
                    node.replace(found)
        return root

    def _node(self, node: exp.Expr, calls: Mapping[str, Call]) -> exp.Expr:
        match node:
            case exp.Cast() if not node.to.is_type(exp.DType.ARRAY):
                return self.cast(node)
            case exp.Div():
                if not _is_double(node.this) and not _is_double(node.expression):
                    raise Untranslatable("a quotient whose kind is not known")
                return self.float_quotient(node.this, node.expression)
            case exp.IntDiv():
                return self.whole_quotient(node.this, node.expression)
            case exp.Anonymous():
                return self._call(node, node.name.lower(), node.expressions, calls)
            case _:
                return node

    def _call(self, node: exp.Anonymous, name: str, given: list[exp.Expr], calls: Mapping[str, Call]) -> exp.Expr:
        match name:
            case "list_extract" if (values := shapes.items(given[0])) is not None:
                return self.picked(values, given[1])
            case "list_extract":
                value, keep = _sorted(given[0])
                return self.ordered(value, keep, [given[1]])[0]
            case "list_slice":
                value, keep = _sorted(given[0])
                most = _distance(given[1], given[2])
                places = [given[1]] + [
                    exp.Add(this=exp.paren(given[1].copy()), expression=exp.Literal.number(step))
                    for step in range(1, most + 1)
                ]
                return exp.Anonymous(this="list_value", expressions=self.ordered(value, keep, places))
            case "arg_min" | "arg_max":
                return self.at_edge(*_edge(given[0], given[1]), newest=name == "arg_max")
            case "regexp_matches":
                if not isinstance(given[1], exp.Literal):
                    raise Untranslatable("a pattern that is no text")
                return self.matches(given[0], given[1].name)
            case _:
                return calls[name](given) if name in calls else node

    def _check(self, query: exp.Expr) -> None:
        """Refuse whatever is not known to mean here what it means to DuckDB."""
        for node in query.walk():
            if isinstance(node, exp.Anonymous):
                name = node.name.lower()
                if name not in self.functions:
                    raise Untranslatable(_REASONS.get(name, f"`{name}` is not written in {self.name}"))
            elif _is_list(node) and (exp.Array not in self.kept or isinstance(node.this, exp.Literal)):
                raise Untranslatable(f"a list is not written in {self.name}")
            elif type(node) not in _PLAIN and type(node) not in self.kept:
                raise Untranslatable(f"`{type(node).__name__.lower()}` is not written in {self.name}")


@lru_cache(maxsize=256)
def _source(sql: str, alias: str, dialect: str) -> exp.Expr:
    try:
        found = parse_one(f"SELECT * FROM {sql} AS {alias}", dialect=dialect)  # noqa: S608
    except SqlglotError as error:
        raise Untranslatable("what its provider says stands behind FROM cannot be read") from error
    source = found.args["from_"].this
    assert isinstance(source, exp.Expr)
    return source


def _is_list(node: exp.Expr) -> bool:
    return isinstance(node, exp.Cast) and bool(node.to.is_type(exp.DType.ARRAY))


def _is_double(node: exp.Expr) -> bool:
    match node:
        case exp.Cast():
            return node.to.is_type(exp.DType.DOUBLE)
        case exp.Paren():
            return _is_double(node.this)
        case exp.Mul():
            return _is_double(node.this) or _is_double(node.expression)
        case exp.Anonymous():
            return bool(node.name.lower() == "nullif" and _is_double(node.expressions[0]))
        case _:
            return False


def _sorted(node: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    """`list_sort(list(x) FILTER (WHERE keep))`: x and what is kept."""
    if isinstance(node, exp.Anonymous) and node.name.lower() == "list_sort":
        inner = node.expressions[0]
        if isinstance(inner, exp.Filter) and isinstance(inner.this, exp.Anonymous):
            return inner.this.expressions[0], inner.expression.this
    raise Untranslatable("a list that is not one of ordered values")


def _distance(first: exp.Expr, last: exp.Expr) -> int:
    """How far behind the first place of a slice its last is: `first + n`."""
    if isinstance(last, exp.Add) and last.this == first and isinstance(last.expression, exp.Literal):
        return int(last.expression.name)
    raise Untranslatable("a part of a list whose length is not known")


def _edge(value: exp.Expr, order: exp.Expr) -> tuple[exp.Expr, exp.Expr | None, list[exp.Expr]]:
    """What `arg_min` and `arg_max` are given: the value, which rows are kept, and what they are ordered by."""
    keep: exp.Expr | None = None
    if isinstance(order, exp.Case) and len(order.args["ifs"]) == 1 and order.args.get("default") is None:
        keep, order = order.args["ifs"][0].this, order.args["ifs"][0].args["true"]
        if isinstance(value, exp.Case) and value.args["ifs"][0].this == keep:
            value = value.args["ifs"][0].args["true"]
    is_row = isinstance(order, exp.Anonymous) and order.name.lower() == "row"
    return value, keep, list(order.expressions) if is_row else [order]
