"""A dialect says what it knows, and refuses the rest."""

from __future__ import annotations

import re

import pytest
from sqlglot import exp, parse_one

from kpidsl.sql.dialects import HOMES, Untranslatable, dialect
from kpidsl.sql.dialects.patterns import common
from kpidsl.sql.row_sql import PLACES, ROOM

TABLES = {"source s": '(SELECT "x", "y" FROM "orders")'}
TEXTS = (
    "",
    "a",
    "b7",
    "ab",
    "aab",
    "A7",
    "a.b",
    "a-b",
    "a]b",
    "7",
    "  a",
    "a\nb",
    "é7",
    "{2}",
    "x{2}",
    "a|b",
    "tab\t",
    "12-3",
    "^a$",
)


def called(name: str, *arguments: exp.Expr) -> exp.Expr:
    function = exp.Anonymous(this=name, expressions=list(arguments) or [exp.column("x", table="t")])
    return exp.select(function).from_(
        exp.alias_(exp.Table(this=exp.to_identifier("source s", quoted=True)), "t", table=True)
    )


@pytest.mark.parametrize("name", sorted(HOMES))
@pytest.mark.parametrize(
    "function", ["hash", "current_setting", "read_csv", "nextval", "pg_sleep", "system", "md5", "random"]
)
def test_a_function_that_is_not_known_is_refused(name: str, function: str) -> None:
    written = dialect(name)
    assert written is not None
    with pytest.raises(Untranslatable):
        written.text(called(function), TABLES)


@pytest.mark.parametrize("name", sorted(HOMES))
@pytest.mark.parametrize(
    "sql",
    [
        'SELECT x // 0.5 ^ 2 FROM "source s" AS t',
        'SELECT x / y FROM "source s" AS t',
        'SELECT levenshtein(x, y) FROM "source s" AS t',
        "SELECT x FROM \"source s\" AS t WHERE x LIKE 'a%'",
        'SELECT * FROM "source s" AS t USING SAMPLE 10%',
        'SELECT x FROM "source s" AS t QUALIFY row_number() OVER () = 1',
        "SELECT CAST('[1, 2]' AS INTEGER[])",
    ],
)  # fmt: skip
def test_what_the_engine_does_not_write_is_refused(name: str, sql: str) -> None:
    written = dialect(name)
    assert written is not None
    with pytest.raises(Untranslatable):
        written.text(parse_one(sql, dialect="duckdb"), TABLES)


def test_the_table_is_what_the_plugin_says() -> None:
    written = dialect("postgres")
    assert written is not None
    assert written.text(called("max"), TABLES).sql == 'SELECT MAX(t.x) FROM (SELECT "x", "y" FROM "orders") AS t'


@pytest.mark.parametrize(
    "pattern",
    [
        "^a", "a$", "a|b", "^(a|b)+7?$", "a{2}b", "[ab]7", "[^a-c]", r"\d+-\d", r"a\.b", r"\{2\}", "x{1,2}", r"^\s+a", r"\w\W\w",
        "a+?b", "(?:a)b", "[a-]b", r"[\d-]+", "a.b", r"\^a\$", r"tab\t", r"a\|b", "é", "[é7]",
    ],
)  # fmt: skip
def test_a_pattern_that_is_written_anew_finds_the_same(pattern: str) -> None:
    anew = common(pattern)
    for text in TEXTS:
        # Python's `$` also stands before a line end at the end, which none of the texts has.
        assert bool(re.search(pattern, text, re.ASCII)) == bool(re.search(anew, text)), (pattern, anew, text)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?i)a", r"\bword", r"\pL", "[[:alpha:]]", "(?P<n>a)", "a**", r"\Qa.b\E", "[a&&b]", r"\x41", "a{300}", "*a", r"\A", "[a", "x{",
        r"\1",
    ],
)  # fmt: skip
def test_a_pattern_that_engines_read_differently_is_refused(pattern: str) -> None:
    with pytest.raises(Untranslatable, match="pattern"):
        common(pattern)


@pytest.mark.parametrize("name", sorted(HOMES))
def test_room_that_only_duckdb_needs_is_taken_away(name: str) -> None:
    written = dialect(name)
    assert written is not None
    x = exp.column("x", table="t")
    nothing = exp.Anonymous(this="coalesce", expressions=[x - x, parse_one(f"CAST('0' AS {PLACES})", dialect="duckdb")])
    room = parse_one(f"CAST('1' AS {ROOM})", dialect="duckdb")
    roomy = called("abs", exp.Add(this=exp.paren(exp.Mul(this=x.copy(), expression=room)), expression=nothing))
    assert written.text(roomy, TABLES).sql == written.text(called("abs", exp.paren(x.copy())), TABLES).sql
