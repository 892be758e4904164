"""Texts as values: what is written back as it stands is taken without patterns, and means what it means with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from kpidsl.engine import duck
from kpidsl.hookspecs import ColumnRequest
from kpidsl.semantic.types import DataType
from kpidsl.sources import convert
from kpidsl.sources.convert import Digits
from kpidsl.sources.numerals import NumberStyle

WANTED = (
    (DataType.INTEGER, Digits(18, 0)),
    (DataType.INTEGER, Digits(30, 0)),
    (DataType.DECIMAL, Digits(5, 0)),
    (DataType.DECIMAL, Digits(5, 2)),
    (DataType.DECIMAL, Digits(30, 6)),
    (DataType.FLOAT, Digits(18, 0)),
    (DataType.BOOLEAN, Digits(18, 0)),
    (DataType.DATE, Digits(18, 0)),
    (DataType.TIMESTAMP, Digits(18, 0)),
    (DataType.INSTANT, Digits(18, 0)),
)
TEXTS = (
    "", " ", "0", "-0", "+0", "00", "007", "1", "-1", "+1", " 1", "1 ", "1_000", "1e3", "1E-2", "0x10", "1,000", "NaN", "nan",
    "inf", "-Infinity", "infinity", "abc", "1.", "12.", "-1.", "-", "+", ".", "-.", ".5", "-.5", "0.5", "0.50", "0.500", "1.005", "1.239", "12.30", "100", "100.00",
    "-0.00", "999999999999999999", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1" * 38, "1" * 39,
    "true", "TRUE", "t", "no", "2026-02-28", "2026-02-30", "2026-2-28", "20260228", "0000-01-01", "0001-01-01", "9999-12-31",
    "10000-01-01", "0044-03-15 (BC)", "2026-02-28 (BC)", "epoch", "-infinity", "today", "2026-02-28T00:00", "2026-02-28 00:00",
    "2026-02-28 12:34:56", "2026-02-28T12:34:56", "2026-02-28t12:34:56", "2026-02-28  12:34:56", "2026-02-28 12:34:56.5",
    "2026-02-28 12:34:56,5", "2026-02-28 12:34:56.500", "2026-02-28 12:34:56.123456", "2026-02-28 12:34:56.1234567",
    "2026-02-28 12:34:10.", "2026-02-28 12:34:10.0", "2026-02-28 12:34:10.000", "2026-02-28 12:34:10.120", "2026-02-28 12:34:1000",
    "2026-02-28T12:34:10.000000000", "2026-02-28 12:34:10.0000000000", "2026-02-28 12:34:10..00", "2026-02-28 12:34:1", "2026-02-28 12:34.0",
    "2026-02-28 12:34:10.00T", "2026-02-28T12:34:10T00", "2026-02-28 12:34:56.123456000", "2026-02-28 12:34:10.0.0", "2026-02-28 12:34:10 00",
    "2026-02-28 24:00:00", "2026-02-28 23:59:60", "2026-02-28 12:34:56Z", "2026-02-28T12:34:56+02:00", "2026-02-28 12:34:56+00",
    "0044-03-15 (BC) 00:00:00", "0044-03-15 (BC) 00:00:00.5", "10000-01-01 00:00:00.5", "10000-01-01 00:00:0", "0044-03-15 (BC) 0:0", "10000-01-01 00:00:00", "9999-12-31 23:59:59.999999", "0001-01-01 00:00:00", "T", "2026T02",
    "٣", "１", "\u00a01", "1\x00", "1\n", "2026-02-28\n",
)  # fmt: skip


@pytest.fixture(scope="module")
def connection() -> Iterator[DuckDBPyConnection]:
    with closing(duck.connect(threads=1)) as opened:
        yield opened


def read(
    connection: DuckDBPyConnection, texts: list[str], wanted: DataType, digits: Digits, *, strict: bool
) -> list[tuple[object, ...]]:
    """Each text as a value, and whether it is bad."""
    request = ColumnRequest("x", wanted)
    found = convert.from_text("x", wanted, request, digits, NumberStyle(), strict)
    return connection.execute(
        f"SELECT CAST({found.value} AS VARCHAR), {found.bad} FROM (SELECT unnest($1) AS x) WHERE x IS NOT NULL", [texts]
    ).fetchall()


def agree(connection: DuckDBPyConnection, texts: list[str], wanted: DataType, digits: Digits, *, strict: bool) -> None:
    texts = [text for text in texts if "\x00" not in text]
    quickly = read(connection, texts, wanted, digits, strict=strict)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convert, "_quickly", lambda x, wanted, digits, value: value)
        slowly = read(connection, texts, wanted, digits, strict=strict)
    for text, one, other in zip(texts, quickly, slowly, strict=True):
        assert one == other, (text, wanted, digits, strict)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(("wanted", "digits"), WANTED)
def test_what_is_written_back_as_it_stands_means_the_same(
    connection: DuckDBPyConnection, wanted: DataType, digits: Digits, strict: bool
) -> None:
    agree(connection, list(TEXTS), wanted, digits, strict=strict)


@settings(deadline=None)
@given(
    st.lists(
        st.text("0123456789.,+-eETZ: _nif", max_size=24) | st.datetimes().map(str) | st.decimals().map(str), max_size=20
    ),
    st.sampled_from(WANTED),
    st.booleans(),
)
def test_any_text_means_the_same(
    connection: DuckDBPyConnection, texts: list[str], how: tuple[DataType, Digits], strict: bool
) -> None:
    agree(connection, texts, *how, strict=strict)


def test_the_quick_way_is_taken(connection: DuckDBPyConnection) -> None:
    """Where it is, no pattern is asked: one that would fail is never reached."""
    for wanted, digits, text in (
        (DataType.INTEGER, Digits(18, 0), "12"),
        (DataType.DECIMAL, Digits(5, 2), "12.5"),
        (DataType.DATE, Digits(18, 0), "2026-02-28"),
        (DataType.TIMESTAMP, Digits(18, 0), "2026-02-28T12:34:56"),
        (DataType.TIMESTAMP, Digits(18, 0), "2026-02-28 12:34:56"),
        (DataType.DECIMAL, Digits(5, 2), "12"),
        (DataType.BOOLEAN, Digits(18, 0), "true"),
    ):
        asked = convert._quickly("x", wanted, digits, "error('a pattern')")
        assert connection.execute(f"SELECT {asked} IS NOT NULL FROM (SELECT $1 AS x)", [text]).fetchall() == [(True,)]


NUMERALS = st.from_regex(r"[ +-]{0,2}[0-9]{0,25}(?:\.[0-9]{0,20})?(?:e-?[0-9])?", fullmatch=True)


def digits_of(connection: DuckDBPyConnection, texts: list[str], style: NumberStyle) -> list[tuple[int, int, bool]]:
    """How many digits each text alone is said to need."""
    picked = ", ".join(f"coalesce({one}, {nothing})" for one, nothing in zip(
        convert.measures("x", style), ("0", "0", "false"), strict=True
    ))  # fmt: skip
    numbered = "SELECT unnest(range(len($1))) AS place, unnest($1) AS x"
    asked = f"SELECT {picked} FROM ({numbered}) GROUP BY place ORDER BY place"
    return [
        (int(whole), int(scale), exponent) for whole, scale, exponent in connection.execute(asked, [texts]).fetchall()
    ]


@settings(deadline=None)
@given(st.lists(NUMERALS | st.decimals().map(str) | st.sampled_from(TEXTS), min_size=1, max_size=20), st.booleans())
@pytest.mark.slow
def test_a_plain_numeral_needs_as_many_digits_as_patterns_tell(
    connection: DuckDBPyConnection, texts: list[str], is_plain: bool
) -> None:
    texts = [text for text in texts if "\x00" not in text] or ["1"]
    style = NumberStyle() if is_plain else NumberStyle(decimal=",", thousands=".")
    if not is_plain:
        texts = [text.translate({ord("."): ",", ord(","): "."}) for text in texts]
    quickly = digits_of(connection, texts, style)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convert, "_PLAINLY", "nothing is plain")
        slowly = digits_of(connection, texts, style)
    for text, one, other in zip(texts, quickly, slowly, strict=True):
        assert one == other, text


@pytest.mark.parametrize(
    ("text", "digits"),
    [("120.50", (3, 1)), ("-0.050", (0, 2)), ("-12", (2, 0)), ("0", (0, 0)), ("0.00", (0, 0)), ("100", (3, 0)), ("7.", (1, 0))],
)  # fmt: skip
def test_the_digits_of_a_numeral(connection: DuckDBPyConnection, text: str, digits: tuple[int, int]) -> None:
    assert digits_of(connection, [text], NumberStyle()) == [(*digits, False)]
