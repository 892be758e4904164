"""The text of expressions in DuckDB's SQL: that which sqlglot writes of the same tree (tests/sql/test_written.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from kpidsl.sql import exp

TYPES: Final = {"INTEGER": "INT", "HUGEINT": "INT128", "VARCHAR": "TEXT"}
"""The names that sqlglot has for DuckDB's types where they are not DuckDB's own."""


def written(node: exp.Expr) -> str:
    """The text of an expression or query."""
    return _WRITERS[type(node)](node)


def _list(nodes: Iterable[exp.Expr]) -> str:
    return ", ".join([_WRITERS[type(node)](node) for node in nodes])


def _identifier(node: exp.Expr) -> str:
    name: str = node.args["this"]
    return '"' + name.replace('"', '""') + '"' if node.args["quoted"] else name


def _column(node: exp.Expr) -> str:
    table = node.args.get("table")
    name = _identifier(node.args["this"])
    return name if table is None else f"{_identifier(table)}.{name}"


def _literal(node: exp.Expr) -> str:
    text: str = node.args["this"]
    return "'" + text.replace("'", "''") + "'" if node.args["is_string"] else text


def _type(name: str) -> str:
    whole = name.removesuffix("[]")
    return TYPES.get(whole, whole) + name[len(whole) :]


def _cast(node: exp.Expr) -> str:
    return f"CAST({written(node.args['this'])} AS {_type(node.args['to'])})"


def _unary(node: exp.Expr) -> str:
    assert isinstance(node, exp.Unary)
    return node.sign + written(node.args["this"])


def _binary(node: exp.Expr) -> str:
    assert isinstance(node, exp.Binary)
    return f"{written(node.args['this'])} {node.sign} {written(node.args['expression'])}"


def _chain(node: exp.Expr) -> str:
    """`a AND b AND c`, however long it is."""
    kind, parts = type(node), []
    while type(node) is kind:
        parts.append(written(node.args["expression"]))
        node = node.args["this"]
    parts.append(written(node))
    assert issubclass(kind, exp.Connector)
    return f" {kind.sign} ".join(reversed(parts))


def _case(node: exp.Expr) -> str:
    whens = "".join([f" WHEN {written(one.args['this'])} THEN {written(one.args['true'])}" for one in node.args["ifs"]])
    otherwise = node.args.get("default")
    return f"CASE{whens}{'' if otherwise is None else f' ELSE {written(otherwise)}'} END"


def _call(node: exp.Expr) -> str:
    return f"{node.args['this'].upper()}({_list(node.expressions)})"


def _given(node: exp.Expr) -> str:
    from kpidsl.sql.glot import as_sqlglot, text_of

    return text_of(as_sqlglot(node))


def _distinct(node: exp.Expr) -> str:
    return f"DISTINCT {_list(node.expressions)}"


def _window(node: exp.Expr) -> str:
    by, order = node.args.get("partition_by"), node.args.get("order")
    over = [f"PARTITION BY {_list(by)}"] if by else []
    if order is not None:
        over.append(f"ORDER BY {_list(order.expressions)}")
    return f"{written(node.args['this'])} OVER ({' '.join(over)})"


def _named(node: exp.Expr, text: str) -> str:
    alias = node.args.get("alias")
    return text if alias is None else f"{text} AS {_identifier(alias.args['this'])}"


def _subquery(node: exp.Expr) -> str:
    sample = node.args.get("sample")
    text = _named(node, f"({written(node.args['this'])})")
    if sample is None:
        return text
    percent, seed = written(sample.args["percent"]), written(sample.args["seed"])
    return f"{text} TABLESAMPLE {sample.args['method'].name} ({percent} PERCENT) REPEATABLE ({seed})"


def _join(node: exp.Expr) -> str:
    given: Mapping[str, Any] = node.args
    how = [given[key].upper() for key in ("method", "side") if given.get(key)]
    return " ".join([*how, "JOIN", written(given["this"]), "ON", written(given["on"])])


def _part(node: exp.Expr) -> str:
    how = "" if node.args.get("materialized") is None else "MATERIALIZED "
    return f"{_identifier(node.args['alias'].args['this'])} AS {how}({written(node.args['this'])})"


def _select(node: exp.Expr) -> str:
    given: Mapping[str, Any] = node.args
    parts = [f"WITH {', '.join([_part(one) for one in given['with_'].expressions])}"] if "with_" in given else []
    parts.append(f"SELECT {'DISTINCT ' if 'distinct' in given else ''}{_list(given['expressions'])}".rstrip())
    if "from_" in given:
        parts.append(f"FROM {written(given['from_'].args['this'])}")
    parts += [_join(join) for join in given.get("joins", ())]
    if "where" in given:
        parts.append(f"WHERE {written(given['where'].args['this'])}")
    if "group" in given:
        parts.append(f"GROUP BY {_list(given['group'].expressions)}")
    if "having" in given:
        parts.append(f"HAVING {written(given['having'].args['this'])}")
    if "order" in given:
        parts.append(f"ORDER BY {_list(given['order'].expressions)}")
    if "limit" in given:
        parts.append(f"LIMIT {written(given['limit'].args['expression'])}")
    return " ".join(parts)


_WRITERS: Final[Mapping[type[exp.Expr], Callable[[exp.Expr], str]]] = {
    exp.Identifier: _identifier,
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Star: lambda _: "*",
    exp.Null: lambda _: "NULL",
    exp.Boolean: lambda node: "TRUE" if node.args["this"] else "FALSE",
    exp.Array: lambda node: f"[{_list(node.expressions)}]",
    exp.Cast: _cast,
    exp.Not: _unary,
    exp.Neg: _unary,
    exp.Paren: lambda node: f"({written(node.args['this'])})",
    exp.And: _chain,
    exp.Or: _chain,
    **dict.fromkeys(
        (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Is, exp.NullSafeEQ, exp.Add, exp.Sub, exp.Mul, exp.Div),
        _binary,
    ),
    **dict.fromkeys(
        (exp.IntDiv, exp.Mod, exp.BitwiseAnd, exp.BitwiseLeftShift, exp.BitwiseRightShift),
        _binary,
    ),
    exp.In: lambda node: f"{written(node.args['this'])} IN ({_list(node.expressions)})",
    exp.Case: _case,
    exp.Anonymous: _call,
    exp.Given: _given,
    exp.Count: lambda node: f"COUNT({written(node.args['this'])})",
    exp.Distinct: _distinct,
    exp.Grouping: lambda node: f"GROUPING({_list(node.expressions)})",
    exp.GroupingSets: lambda node: f"GROUPING SETS ({_list(node.expressions)})",
    exp.Tuple: lambda node: f"({_list(node.expressions)})",
    exp.Filter: lambda node: (
        f"{written(node.args['this'])} FILTER(WHERE {written(node.args['expression'].args['this'])})"
    ),
    exp.RowNumber: lambda _: "ROW_NUMBER()",
    exp.Window: _window,
    exp.Ordered: lambda node: written(node.args["this"]),
    exp.Order: lambda node: f"{written(node.args['this'])} ORDER BY {_list(node.expressions)}",
    exp.Alias: lambda node: f"{written(node.args['this'])} AS {_identifier(node.args['alias'])}",
    exp.Table: lambda node: _named(node, _identifier(node.args["this"])),
    exp.Subquery: _subquery,
    exp.Select: _select,
    exp.Union: lambda node: f"{written(node.args['this'])} UNION ALL {written(node.args['expression'])}",
}
