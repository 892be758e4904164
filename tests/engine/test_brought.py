"""What an engine answered with is here as DuckDB would have it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from kpidsl.engine.brought import Brought
from kpidsl.engine.duck import connect
from kpidsl.semantic.types import DataType
from kpidsl.sources.materialize import table_of
from kpidsl.sql.dialects import Untranslatable

KINDS = [DataType.BOOLEAN, DataType.TEXT, DataType.DATE, DataType.TIMESTAMP, DataType.INTEGER, None]


def shown(columns: list[pa.Array]) -> list[tuple[object, ...]]:
    connection = connect()
    answer = pa.table(columns, names=[f"same {place}" for place in range(len(columns))])
    found = table_of(connection, answer, "an answer")
    assert found.rows == answer.num_rows
    rows = connection.execute(found.selected(["a", "b", "c", "d", "e", "f"], KINDS)).fetchall()
    kinds = connection.execute(f"DESCRIBE {found.selected(['a', 'b', 'c', 'd', 'e', 'f'], KINDS)}").fetchall()
    assert [one[:2] for one in kinds[:4]] == list(zip("abcd", ("BOOLEAN", "VARCHAR", "DATE", "TIMESTAMP"), strict=True))
    return rows


def test_values_of_an_engine_without_such_types() -> None:
    columns = [pa.array([1, None]), pa.array(["x", None]), pa.array(["2026-02-03", None]), pa.array([1_000_001, None])]
    expected = (True, "x", date(2026, 2, 3), datetime(1970, 1, 1, 0, 0, 1, 1), 5, 0.5)  # noqa: DTZ001 — a civil time
    assert shown([*columns, pa.array([5, None]), pa.array([0.5, None])]) == [expected, (None,) * 6]


def test_values_that_have_their_types() -> None:
    day, at = date(2026, 2, 3), datetime(2026, 2, 3, 4, 5, 6, 7)  # noqa: DTZ001 — a civil time
    columns = [pa.array([False]), pa.array([""]), pa.array([day]), pa.array([at], pa.timestamp("us"))]
    wide = pa.array([Decimal(2**90)], pa.decimal128(38, 0))
    assert shown([*columns, wide, pa.array([Decimal("1.50")])]) == [(False, "", day, at, 2**90, Decimal("1.50"))]


@pytest.mark.parametrize("count", [0, 2])
def test_columns_in_which_everything_is_missing(count: int) -> None:
    assert shown([pa.nulls(count)] * 6) == [(None,) * 6] * count


def test_whole_numbers_that_lost_digits_are_refused() -> None:
    with pytest.raises(Untranslatable, match="8 bytes"):
        Brought("t", 1, ("DOUBLE",)).selected(["a"], [DataType.INTEGER])
