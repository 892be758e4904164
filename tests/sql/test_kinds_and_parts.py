"""What dialects are told of a query's parts, and how they take a query apart."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlglot import exp, parse_one

from kpidsl.semantic.types import DataType
from kpidsl.sql.dialects import zones
from kpidsl.sql.dialects.kinds import kind_of, marked
from kpidsl.sql.dialects.nested import aggregated_first, numbered_alike
from kpidsl.sql.dialects.patterns import anchored
from kpidsl.sql.dialects.shapes import call as function
from kpidsl.sql.dialects.statement import Statement, Untranslatable

COLUMNS = {
    "n": DataType.INTEGER, "d": DataType.DECIMAL, "f": DataType.FLOAT, "s": DataType.TEXT, "b": DataType.BOOLEAN,
    "day": DataType.DATE, "at": DataType.TIMESTAMP, "z": DataType.INSTANT,
}  # fmt: skip


def kinds(sql: str) -> list[DataType | None]:
    query = parse_one(sql, dialect="duckdb").transform(_called)
    marked(query, {"t": COLUMNS})
    assert isinstance(query, exp.Query)
    return [kind_of(one) for one in query.selects]


def _called(node: exp.Expr) -> exp.Expr:
    """Functions as the engine writes them: calls by their DuckDB names."""
    if isinstance(node, exp.Max | exp.Min | exp.Sum | exp.Coalesce):
        return function(type(node).__name__.lower(), node.this, *node.expressions)
    return node


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("t.n + 1", DataType.INTEGER),
        ("t.n * 0.5", DataType.DECIMAL),
        ("t.d * t.f", DataType.FLOAT),
        ("CAST(t.n AS DOUBLE) / 2", DataType.FLOAT),
        ("t.s = 'a' AND NOT t.b", DataType.BOOLEAN),
        ("CASE WHEN t.b THEN t.n ELSE t.d END", DataType.DECIMAL),
        ("CASE WHEN t.b THEN NULL ELSE t.day END", DataType.DATE),
        ("max(t.z)", DataType.INSTANT),
        ("count(*)", DataType.INTEGER),
        ("t.day + 1", DataType.DATE),
        ("CAST(t.day AS TIMESTAMP)", DataType.TIMESTAMP),
        ("coalesce(t.s, 'x')", DataType.TEXT),
    ],
)
def test_the_kind_of_a_part(sql: str, kind: DataType) -> None:
    assert kinds(f"SELECT {sql} FROM t AS t") == [kind]


def test_kinds_go_through_parts_of_queries() -> None:
    assert kinds("SELECT r.a, c FROM (SELECT t.b AS a, t.f AS c FROM t AS t) AS r") == [
        DataType.BOOLEAN,
        DataType.FLOAT,
    ]
    assert kinds("WITH w AS (SELECT t.z AS x FROM t AS t) SELECT w.x FROM w AS w") == [DataType.INSTANT]
    assert kinds("SELECT u.x FROM (SELECT NULL AS x UNION ALL SELECT t.n AS x FROM t AS t) AS u") == [DataType.INTEGER]


@pytest.mark.parametrize(("column", "kind"), [("z", DataType.TIMESTAMP), ("at", DataType.INSTANT)])
def test_a_zone_turns_moments_into_civil_times_and_back(column: str, kind: DataType) -> None:
    query = exp.select(function("timezone", exp.Literal.string("Europe/Berlin"), exp.column(column, table="t")))
    query = query.from_(exp.alias_(exp.to_table("t"), "t", table=True))
    marked(query, {"t": COLUMNS})
    assert kind_of(query.selects[0]) is kind


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"])
def test_changes_of_zones_are_those_of_the_calendar(zone: str) -> None:
    times, offsets = zones.changes(zone, civil=False)
    for at, offset in list(zip(times, offsets, strict=True))[1:]:
        local = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone))
        assert local.utcoffset() is not None and local.utcoffset().total_seconds() == offset  # type: ignore[union-attr]
    civil, same = zones.changes(zone, civil=True)
    assert same == offsets
    assert [at + offset for at, offset in zip(times, offsets, strict=True)] == list(civil)


def test_the_end_of_a_pattern_is_that_of_the_text() -> None:
    assert anchored("^a$|[$]|\\$") == "^a\\z|[$]|\\$"


def test_a_costly_aggregate_is_computed_once() -> None:
    query = parse_one("SELECT k, GROUP_CONCAT(x) || 'a', GROUP_CONCAT(x), COUNT(*) FROM t GROUP BY k", dialect="mysql")
    found = aggregated_first(query, exp.GroupConcat).sql(dialect="mysql")
    assert found.count("GROUP_CONCAT") == 1
    assert "GROUP BY k" in found
    untouched = parse_one("SELECT COUNT(*) FROM t", dialect="mysql")
    assert aggregated_first(untouched, exp.GroupConcat).sql() == "SELECT COUNT(*) FROM t"


def test_rows_are_numbered_in_the_order_of_all_their_columns() -> None:
    number = exp.alias_(exp.Window(this=exp.RowNumber()), "id")
    tie = exp.alias_(function("row", exp.column("b"), exp.column("c")), "tie")
    firsts = exp.select(exp.column("a"), tie, number).from_("t")
    query = exp.select("id").from_("firsts").with_("firsts", firsts, materialized=True)
    numbered_alike(query)
    found = query.sql(dialect="mysql")
    assert "MATERIALIZED" not in found
    assert "ROW_NUMBER() OVER (ORDER BY" in found and found.count("DENSE_RANK") + found.count("dense_rank") == 1


def test_an_answer_is_as_duckdb_would_give_it() -> None:
    told = (DataType.BOOLEAN, DataType.DATE, DataType.TIMESTAMP, DataType.INTEGER, None)
    found = Statement("", (0, 0, 0, 0, 2), told).folded((1, "2024-02-29", 1_500_000, 7, 1.0, 2.0))
    assert found[0] is True
    assert str(found[1]) == "2024-02-29"
    assert str(found[2]) == "1970-01-01 00:00:01.500000"
    assert found[3:] == (7, [1.0, 2.0])
    with pytest.raises(Untranslatable):
        Statement("", (0,), (DataType.INTEGER,)).folded((1e19,))
