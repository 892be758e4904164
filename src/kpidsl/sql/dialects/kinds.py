"""What the parts of a query are – texts, moments, floating-point numbers –, for dialects whose SQL does not tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlglot import exp

from kpidsl.semantic.types import DataType

Columns = Mapping[str, DataType | None]
Kinds = Mapping[str, Mapping[str, DataType]]
"""The columns of relations, by name."""
_META: Final = "kind"
_TYPES: Final = {
    exp.DType.INT: DataType.INTEGER, exp.DType.BIGINT: DataType.INTEGER, exp.DType.INT128: DataType.INTEGER,
    exp.DType.DECIMAL: DataType.DECIMAL, exp.DType.DOUBLE: DataType.FLOAT, exp.DType.VARCHAR: DataType.TEXT,
    exp.DType.TEXT: DataType.TEXT, exp.DType.BOOLEAN: DataType.BOOLEAN, exp.DType.DATE: DataType.DATE,
    exp.DType.TIMESTAMP: DataType.TIMESTAMP, exp.DType.TIMESTAMPNTZ: DataType.TIMESTAMP,
    exp.DType.TIMESTAMPTZ: DataType.INSTANT,
}  # fmt: skip
_TRUTHS: Final = (exp.Predicate, exp.Connector, exp.Not, exp.Boolean)
_OF_FIRST: Final = frozenset({
    "min", "max", "sum", "coalesce", "nullif", "greatest", "least", "abs", "floor", "ceiling", "trunc", "round", "lag",
    "lead", "arg_min", "arg_max", "list", "list_sort", "list_extract", "unnest",
})  # fmt: skip
_BY_NAME: Final = {
    "epoch_us": DataType.INTEGER, "date_diff": DataType.INTEGER, "date_part": DataType.INTEGER,
    "bit_count": DataType.INTEGER, "bit_or": DataType.INTEGER, "approx_count_distinct": DataType.INTEGER,
    "regexp_matches": DataType.BOOLEAN, "isfinite": DataType.BOOLEAN, "isinf": DataType.BOOLEAN,
    "lower": DataType.TEXT, "upper": DataType.TEXT, "trim": DataType.TEXT, "sqrt": DataType.FLOAT,
    "to_microseconds": DataType.DURATION,
}  # fmt: skip


def kind_of(node: exp.Expr | None) -> DataType | None:
    """What `marked` found out about a part of a query; None where it is not known."""
    found = node.meta.get(_META) if node is not None else None
    return found if isinstance(found, DataType) else None


def mark(node: exp.Expr, kind: DataType | None) -> exp.Expr:
    """A part of a query, of a kind."""
    if kind is not None:
        node.meta[_META] = kind
    return node


def marked(query: exp.Expr, relations: Kinds) -> None:
    """Tell of every part of a query what it is: copies remember."""
    _query(query, {name: dict(columns) for name, columns in relations.items()})


def _query(query: exp.Expr, known: Mapping[str, Columns]) -> dict[str, DataType | None]:
    """The columns of a query, in order."""
    known = dict(known)
    with_ = query.args.get("with_")
    for cte in with_.expressions if with_ is not None else ():
        known[cte.alias] = _query(cte.this, known)
    if isinstance(query, exp.SetOperation):
        left, right = _query(query.this, known), _query(query.expression, known)
        both = zip(left.items(), right.values(), strict=True)
        return {name: mine or theirs for (name, mine), theirs in both}
    if not isinstance(query, exp.Select):
        return {}
    beside: dict[str, Columns] = {}
    sources = [query.args["from_"].this] if query.args.get("from_") is not None else []
    joins = query.args.get("joins") or []
    for source in (*sources, *(join.this for join in joins)):
        inside = known.get(source.name, {}) if isinstance(source, exp.Table) else _query(source.this, known)
        beside[source.alias_or_name] = inside
    for part in (*query.expressions, *joins, *(query.args.get(name) for name in ("where", "group", "having", "order"))):
        if part is not None:
            _walked(part, beside)
    return {one.alias_or_name: kind_of(one) for one in query.expressions}


def _walked(root: exp.Expr, beside: Mapping[str, Columns]) -> None:
    nodes = list(root.walk(bfs=False, prune=lambda node: isinstance(node, exp.Subquery | exp.Query)))
    for node in nodes[::-1]:
        mark(node, _kind(node, beside))


def _kind(node: exp.Expr, beside: Mapping[str, Columns]) -> DataType | None:
    match node:
        case exp.Column():
            if node.table:
                return beside.get(node.table, {}).get(node.name)
            return next((columns[node.name] for columns in beside.values() if node.name in columns), None)
        case exp.Literal():
            if node.is_string:
                return DataType.TEXT
            return DataType.DECIMAL if "." in node.name else DataType.INTEGER
        case exp.Cast() if node.to.is_type(exp.DType.ARRAY):
            return _TYPES.get(node.to.expressions[0].this)
        case exp.Cast():
            return _TYPES.get(node.to.this)
        case exp.Count() | exp.IntDiv() | exp.RowNumber() | exp.BitwiseAnd() | exp.BitwiseOr():
            return DataType.INTEGER
        case exp.BitwiseLeftShift() | exp.BitwiseRightShift():
            return DataType.INTEGER
        case exp.Div():
            return DataType.FLOAT
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Mod():
            return _computed(kind_of(node.this), kind_of(node.expression))
        case exp.Case():
            results = [one.args["true"] for one in node.args["ifs"]] + [node.args.get("default")]
            return _common(map(kind_of, results))
        case exp.Anonymous():
            return _call(node)
        case exp.Ordered() | exp.Alias() | exp.Paren() | exp.Neg() | exp.Filter() | exp.Window():
            return kind_of(node.this)
        case _ if isinstance(node, _TRUTHS):
            return DataType.BOOLEAN
        case _:
            return None


def _call(node: exp.Anonymous) -> DataType | None:
    name, given = node.name.lower(), node.expressions
    if name == "timezone":
        is_moment = kind_of(given[1]) is DataType.INSTANT
        return DataType.TIMESTAMP if is_moment else DataType.INSTANT
    if name in _BY_NAME:
        return _BY_NAME[name]
    return _common(map(kind_of, given if name != "list_extract" else given[:1])) if name in _OF_FIRST else None


def _computed(left: DataType | None, right: DataType | None) -> DataType | None:
    if left is not None and left.is_time:
        return left if right is None or not right.is_time else DataType.DURATION
    if DataType.FLOAT in (left, right):
        return DataType.FLOAT
    if left is None or right is None:
        return None
    return DataType.DECIMAL if DataType.DECIMAL in (left, right) else left


def _common(kinds: Iterable[DataType | None]) -> DataType | None:
    """The kind of what may be one of several; NULL is of none."""
    found = {kind for kind in kinds if kind is not None}
    for wide in (DataType.FLOAT, DataType.DECIMAL):
        if wide in found:
            return wide
    return next(iter(found), None) if len(found) == 1 else None
