"""What is written of an expression is what sqlglot writes of it, and means what it says.

That the queries of runs are written so is asserted for all of them, in `conftest.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

import pytest
from sqlglot import parse_one

from kpidsl.engine.duck import connect
from kpidsl.sql import exp
from kpidsl.sql.glot import as_sqlglot, given, text_of
from kpidsl.sql.row_sql import constant
from kpidsl.sql.times import function
from kpidsl.sql.written import written

TEXTS = ("", "a", "it's", 'say "so"', "back\\slash", "line\nbreak", "%", "日本", "select", "1")
BINARY = (
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.Add, exp.Sub, exp.Mul, exp.IntDiv, exp.Mod,
    exp.BitwiseAnd, exp.BitwiseLeftShift, exp.BitwiseRightShift,
)  # fmt: skip
TYPES = ("INTEGER", "BIGINT", "HUGEINT", "DOUBLE", "VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMPTZ")
LISTS = ("INTEGER[]", "BIGINT[]", "TIMESTAMPTZ[]", "DATE[]")


def leaf(chance: random.Random) -> exp.Expr:
    made: list[Callable[[], exp.Expr]] = [
        lambda: exp.column(chance.choice(("a", "k0", "edge")), table=chance.choice((None, "r", "t"))),
        lambda: exp.column(chance.choice(TEXTS[1:]), table="t", quoted=True),
        lambda: exp.Literal.string(chance.choice(TEXTS)),
        lambda: exp.Literal.number(chance.randrange(-3, 10**9)),
        lambda: constant(chance.choice((None, True, False, Fraction(1, 3), Fraction(-5, 4), Fraction(10**20)))),
    ]
    return chance.choice(made)()


def tree(chance: random.Random, depth: int) -> exp.Expr:
    """A random expression: as the queries' own, an operand that is not a leaf stands in parentheses."""
    if depth == 0:
        return leaf(chance)

    def below() -> exp.Expr:
        return tree(chance, depth - 1)

    def inner() -> exp.Expr:
        found = below()
        return exp.paren(found) if isinstance(found, exp.Binary | exp.Unary | exp.In) else found

    made: list[Callable[[], exp.Expr]] = [
        lambda: chance.choice(BINARY)(this=inner(), expression=inner()),
        lambda: exp.Div(this=inner(), expression=inner(), typed=False, safe=False),
        lambda: exp.Is(this=inner(), expression=exp.null()),
        lambda: exp.and_(*(inner() for _ in range(chance.randrange(1, 4)))),
        lambda: exp.or_(*(inner() for _ in range(chance.randrange(1, 4)))),
        lambda: exp.not_(inner()),
        lambda: exp.Neg(this=exp.paren(inner())),
        lambda: exp.In(this=inner(), expressions=[inner() for _ in range(chance.randrange(1, 4))]),
        lambda: exp.Case().when(below(), below(), copy=False),
        lambda: exp.Case().when(below(), below()).when(below(), below()).else_(below()),
        lambda: exp.cast(inner(), chance.choice((*TYPES, *LISTS, "DECIMAL(20, 0)", "DECIMAL(38, 38)"))),
        lambda: function(chance.choice(("isfinite", "list_value", "row")), *(below() for _ in range(2))),
        lambda: exp.Count(this=exp.Distinct(expressions=[below()])),
        lambda: exp.Filter(this=function("list", below()), expression=exp.Where(this=below())),
        lambda: exp.Array(expressions=[below(), below()]),
    ]
    return chance.choice(made)()


@pytest.mark.parametrize("seed", range(20))
def test_random_expressions_are_written_as_sqlglot_writes_them(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(20):
        one = tree(chance, 4)
        assert written(one) == text_of(as_sqlglot(one))


def test_a_query_with_all_its_parts() -> None:
    inner = exp.select("a", exp.alias_(exp.column("b"), "x")).from_("firsts").subquery("r").sampled(5, seed=1)
    query = (
        exp.select(exp.column("x", table="r"), exp.Count(this=exp.Star()))
        .with_("firsts", exp.select(exp.Star()).from_("t"), materialized=True)
        .with_("seconds", exp.select("a").from_("t"))
        .from_(inner)
        .join(exp.alias_(exp.to_table("seconds"), "s", table=True), on=exp.true(), join_type="left")
        .join(exp.select("a").from_("t").subquery("f"), on=exp.false(), join_type="asof")
        .where(exp.true())
        .where(exp.or_(exp.true(), exp.false()), exp.and_(exp.true(), exp.false()))
        .group_by("x")
        .having(exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1)))
        .order_by("x")
        .limit(3)
        .distinct()
    )
    assert written(query) == text_of(as_sqlglot(query))


def test_a_text_comes_back_as_it_was() -> None:
    query = exp.select(*map(exp.Literal.string, TEXTS))
    assert connect().execute(written(query)).fetchall() == [TEXTS]


def test_a_copy_of_a_query_changes_alone() -> None:
    query = exp.select("a").from_("t")
    more = query.select("b").where(exp.true()).group_by("a")
    assert written(query) == "SELECT a FROM t"
    assert written(more) == "SELECT a, b FROM t WHERE TRUE GROUP BY a"


def test_nodes_are_equal_by_what_they_say() -> None:
    assert exp.Literal.string("1") != exp.Literal.number(1)
    assert exp.column("a", table="t") == exp.column("a", table="t") != exp.column("a", table="r")
    assert len({exp.column("a"), exp.column("a"), exp.paren(exp.column("a"))}) == 2


def test_a_node_in_two_places_is_two_of_sqlglots() -> None:
    one = exp.column("a")
    found = as_sqlglot(exp.Add(this=one, expression=one))
    assert found.this is not found.expression
    assert found == parse_one("a + a")


def test_what_a_plugin_gives_is_filled_in_and_asked_to_be_an_expression() -> None:
    found = given("sqrt($1 * $2 + $1)", 2)
    filled = exp.Given(this=found, expressions=[exp.column("a"), exp.Literal.number(3)])
    assert written(filled) == "SQRT((a) * (3) + (a))"
    assert given("$1 + $3", 2) is None
    apart = given("$2-$1-coalesce($1,$2)||'$1,$2'", 2)
    assert apart is not None
    assert apart.sql(dialect="duckdb") == "$2 - $1 - COALESCE($1, $2) || '$1,$2'"
    assert given("(select 1)", 0) is None
    assert given("a + 1", 0) is None
    assert given("1 +", 0) is None


def test_a_plugin_gives_no_aggregate_of_duckdb() -> None:
    """One would make a single row of all rows that others are asked of, too."""
    listed = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type LIKE 'aggregate%'"
    with connect() as connection:
        names = [name for (name,) in connection.execute(listed).fetchall() if name.isidentifier()]
    assert {"sum", "favg", "histogram"} <= set(names)
    for name in names:
        assert given(f"{name}($1)", 1) is None, name
    for text in ("sum($1) over ()", "1 + max($1)", "unnest($1)"):
        assert given(text, 1) is None
    assert given("list_sum($1)", 1) is not None
