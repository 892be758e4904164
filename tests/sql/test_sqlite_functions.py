"""What Python adds to SQLite."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from kpidsl.sql.dialects import sqlite_functions


def answer(sql: str) -> Any:
    with closing(sqlite3.connect(":memory:")) as connection:
        sqlite_functions.register(connection)
        return connection.execute(sql).fetchone()[0]


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("kpidsl_real('0.1')", 0.1),
        ("floor(null)", None),
        ("floor(-1.5)", -2.0),
        ("floor(7)", 7),
        ("floor(9e999)", float("inf")),
        ("kpidsl_micros('2026-03-29 02:30:00.25+02:00')", 1_774_744_200_250_000),
        ("kpidsl_micros('1969-12-31T23:59:59Z')", -1_000_000),
        ("kpidsl_micros('2026-03-29 02:30:00')", None),
        ("kpidsl_micros('soon')", None),
        ("kpidsl_micros(7)", None),
        ("kpidsl_offset(1774746000000000 - 1, 'Europe/Berlin', 0)", 3_600_000_000),
        ("kpidsl_offset(1774746000000000, 'Europe/Berlin', 0)", 7_200_000_000),
        ("kpidsl_offset(1774753199000000, 'Europe/Berlin', 1)", 3_600_000_000),
        ("kpidsl_offset(null, 'Europe/Berlin', 0)", None),
        ("kpidsl_bit_count(11)", 3),
        ("kpidsl_written(1774744200250000, '+00')", "2026-03-29 00:30:00.250000+00"),
        ("kpidsl_written(null, '')", None),
    ],
)
def test_of_one_row(sql: str, found: object) -> None:
    assert answer(f"select {sql}") == found


def test_years_whose_offsets_are_not_known_are_refused() -> None:
    with pytest.raises(sqlite3.OperationalError, match="user-defined function"):
        answer("select kpidsl_offset(9000000000000000, 'Europe/Berlin', 0)")


ROWS = "(values (3, 1, 'a'), (null, 9, 'b'), (1, null, 'c'), (2, 1, 'd'))"


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("kpidsl_at(kpidsl_sorted(column1), 1)", 1),
        ("kpidsl_at(kpidsl_sorted(column1), 3)", 3),
        ("kpidsl_at(kpidsl_sorted(column1), 4)", None),
        ("kpidsl_at(kpidsl_sorted(column1 * 0.5), 2)", 1.0),
        ("kpidsl_at(kpidsl_sorted(null), 1)", None),
        ("kpidsl_edge(column1, 1, column2)", 1),  # NULL is the greatest
        ("kpidsl_edge(column1, 0, column2, column3)", 3),
        ("kpidsl_edge(column3, 1, column2 is null, column3)", "c"),
        ("kpidsl_edge(null, 1, column2)", None),
        ("kpidsl_bit_or(column1)", 3),
    ],
)
def test_of_many_rows(sql: str, found: object) -> None:
    assert answer(f"select {sql} from {ROWS}") == found
