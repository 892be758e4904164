"""The engine's expressions as sqlglot's, for other dialects, for people, and for what plugins write."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from sqlglot import exp as g
from sqlglot import parse_one
from sqlglot.errors import ParseError, TokenError

from kpidsl.sql import exp

DIALECT = "duckdb"
_DUCKDBS_OWN = frozenset({"UBIGINT"})  # types that sqlglot has no name of its own for


def as_sqlglot(node: exp.Expr) -> g.Expr:
    """The same tree of sqlglot's nodes. Nothing of it stands in two places."""
    match node:
        case exp.Cast():
            # Not by `g.cast`, which takes DECIMAL(9, 2) for DECIMAL(20, 0) and leaves the cast out.
            cast = g.Cast(this=as_sqlglot(node.this), to=_type(node.args["to"]).copy())
            cast.type = cast.to
            return cast
        case exp.Given():
            return _filled(node.this, [as_sqlglot(one) for one in node.expressions])
        case _:
            kind: type[g.Expr] = getattr(g, type(node).__name__)
            return kind(**{key: _part(part) for key, part in node.args.items()})


def _part(part: Any) -> Any:
    if isinstance(part, exp.Expr):
        return as_sqlglot(part)
    return [_part(one) for one in part] if isinstance(part, list) else part


@cache
def _type(name: str) -> g.DataType:
    return g.DataType.build(name, dialect=DIALECT if name in _DUCKDBS_OWN else None)


def text_of(query: g.Expr, *, pretty: bool = False) -> str:
    """The SQL of one of sqlglot's trees in DuckDB's dialect."""
    return query.sql(dialect=DIALECT, pretty=pretty)


# ---------------------------------------------------------------- what plugins write
_OF_MANY_ROWS: Final = (g.Query, g.Column, g.Table, g.Command, g.AggFunc, g.Window, g.UDTF)
_AGGREGATES: Final = frozenset(
    [
        "arbitrary",
        "arg_max_null",
        "arg_max_nulls_last",
        "arg_min_null",
        "arg_min_nulls_last",
        "bitstring_agg",
        "combine_aggr",
        "corr",
        "count_star",
        "covar_pop",
        "covar_samp",
        "decimal_average",
        "entropy",
        "favg",
        "fsum",
        "histogram",
        "histogram_exact",
        "kahan_sum",
        "kurtosis_pop",
        "lttb",
        "mad",
        "mean",
        "product",
        "regr_avgx",
        "regr_avgy",
        "regr_sxx",
        "regr_sxy",
        "regr_syy",
        "reservoir_quantile",
        "sem",
        "sum_no_overflow",
        "sumkahan",
        "variant_group_object",
    ]
)
"""Aggregates of DuckDB that sqlglot does not know as such. One would make one row of all that others are asked of."""


_TOKEN: Final = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\d+""")
"""A text, a quoted name, or the place of an argument."""


def given(text: str, arguments: int) -> g.Expr | None:
    """A plugin's expression; None where it is none over `$1`, `$2`, … of so many arguments alone."""
    # sqlglot takes `$2-$` of `$2-$1` for the beginning of a dollar-quoted text.
    apart = _TOKEN.sub(lambda found: f"{found[0]} " if found[0].startswith("$") else found[0], text)
    try:
        found = parse_one(apart, dialect=DIALECT)
    except (ParseError, TokenError):
        return None
    if found.find(*_OF_MANY_ROWS) is not None or any(_name(one) in _AGGREGATES for one in found.find_all(g.Func)):
        return None
    places = [_place(node) for node in found.find_all(g.Parameter, g.Placeholder)]
    return found if all(place.isdecimal() and 1 <= int(place) <= arguments for place in places) else None


def _name(node: g.Func) -> str:
    return (node.name if isinstance(node, g.Anonymous) else node.sql_name()).lower()


def _place(node: g.Expr) -> str:
    return node.name or str(node.this)


def _filled(found: g.Expr, arguments: list[g.Expr]) -> g.Expr:
    def put(node: g.Expr) -> g.Expr:
        if isinstance(node, g.Parameter | g.Placeholder):
            return g.paren(arguments[int(_place(node)) - 1].copy())
        return node

    return found.transform(put)
