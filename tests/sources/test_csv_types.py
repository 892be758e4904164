"""What a column of a CSV file is, when nobody declared it and when somebody did."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpidsl.diagnostics import SourceError
from kpidsl.engine import duck
from kpidsl.semantic.types import DataType as T
from kpidsl.sources import alike, decide
from kpidsl.sources.decide import SAMPLE, sample_rows
from kpidsl.sources.numerals import NumberStyle
from sources.reading import ask, civil, csv, told


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["1", "-2", "+3"], "integer", [1, -2, 3]),
        (["1", "2.5"], "decimal", [Decimal(1), Decimal("2.5")]),
        (["1.10", "0.1", ".5", "7."], "decimal", [Decimal("1.10"), Decimal("0.1"), Decimal("0.5"), Decimal(7)]),
        (["1.5", "2e3"], "float", [1.5, 2000.0]),
        (["1.5", "inf"], "float", [1.5, float("inf")]),
        (["1.5", "NaN", ""], "decimal", [Decimal("1.5"), None, None]),
        (["NaN", ""], "float", [None, None]),
        (["00123", "00007"], "text", ["00123", "00007"]),
        (["0123", "4"], "text", ["0123", "4"]),
        (["true", "FALSE"], "boolean", [True, False]),
        (["1", "true"], "text", ["1", "true"]),
        (["2026-01-31", ""], "date", [dt.date(2026, 1, 31), None]),
        (["2026-02-30"], "text", ["2026-02-30"]),
        (["2026-01-31", "2026-01-31T10:00"], "timestamp", [civil(2026, 1, 31), civil(2026, 1, 31, 10)]),
        (["2026-01-31 10:00:00.25"], "timestamp", [civil(2026, 1, 31, 10, 0, 0, 250000)]),
        (["2026-01-31T10:00:00,5"], "timestamp", [civil(2026, 1, 31, 10, 0, 0, 500000)]),
        (
            ["2026-01-31T10:00Z", "2026-01-31 10:00:00+0230"],
            "instant",
            ["2026-01-31 10:00:00+00", "2026-01-31 07:30:00+00"],
        ),
        (
            ["2026-01-31 10:00:00 -05", "2026-01-31T10:00:00.5z"],
            "instant",
            ["2026-01-31 15:00:00+00", "2026-01-31 10:00:00.5+00"],
        ),
        (
            ["2026-01-31 10:00:00 UTC", "2026-01-31 10:00:00.25UTC", "2026-01-31 10:00 GMT"],
            "instant",
            ["2026-01-31 10:00:00+00", "2026-01-31 10:00:00.25+00", "2026-01-31 10:00:00+00"],
        ),
        (["2026-01-31 10:00 CET"], "text", ["2026-01-31 10:00 CET"]),
        (["2026-01-31T10:00Z", "2026-01-31T10:00"], "text", ["2026-01-31T10:00Z", "2026-01-31T10:00"]),
        (["-", "x"], "text", ["-", "x"]),
        (["-", "NA"], "text", ["-", "NA"]),
        (["unknown", "true"], "text", ["unknown", "true"]),
        (["1_000"], "text", ["1_000"]),
        (["", ""], "text", [None, None]),
        (["9223372036854775807", "9223372036854775808"], "integer", [9223372036854775807, 9223372036854775808]),
        (["9" * 38], "integer", [int("9" * 38)]),
        (["9" * 39], "text", ["9" * 39]),
        ([f"{'9' * 20}.{'9' * 18}"], "decimal", [Decimal(f"{'9' * 20}.{'9' * 18}")]),
        (["0." + "0" * 37 + "1"], "decimal", [Decimal("1E-38")]),
        (["9" * 30, "0." + "1" * 20], "float", [1e30, 0.1111111111111111]),
    ],
)
def test_type_from_the_data(tmp_path: Path, values: list[str], kind: str, expected: list[object]) -> None:
    table = csv(
        tmp_path, "id;v\n" + "".join(f"{number};{value}\n" for number, value in enumerate(values)), delimiter=";"
    )
    assert table.schema["v"] == kind
    assert table.column("v") == expected


@pytest.mark.parametrize("word", ["NA", "n/a", "-", "null", "..", ":", "[x]"])
@pytest.mark.parametrize("other", ["1", "2.5", "2026-01-31", "2026-01-31T10:00"])
@pytest.mark.parametrize("first", [True, False])
def test_a_word_for_nothing_makes_no_text_of_numbers_and_times(
    tmp_path: Path, word: str, other: str, first: bool
) -> None:
    """It is told wherever it stands. As a text, `v is null` was never true and `count(v)` counted it."""
    rows = [word, other] if first else [other, word]
    text = "id;v\n" + "".join(f"{number};{value}\n" for number, value in enumerate(rows))
    with pytest.raises(SourceError, match=rf'data.csv:{2 if first else 3}: "{re.escape(word)}" in column `v`') as told:
        csv(tmp_path, text, delimiter=";")
    assert (
        told.value.hint
        == f'if that means no value, write `csv("…", null: "{word}")`; `column v: text` takes it as it is'
    )
    told_so = csv(tmp_path, text, delimiter=";", null=[word])
    assert told_so.column("v").count(None) == 1
    assert told_so.schema["v"] != "text"


def test_decimals_never_pass_through_a_float(tmp_path: Path) -> None:
    texts = ["0.1", "0.2", "0.3", "1234567890123456.78", "0.12345678901234567890"]
    table = csv(tmp_path, "v\n" + "\n".join(texts))
    assert table.column("v") == [Decimal(text) for text in texts]
    assert table.types["v"].startswith("DECIMAL")


def test_quoted_empty_text_is_not_null(tmp_path: Path) -> None:
    table = csv(tmp_path, 'a,b,n\nx,"",""\n,"y",1\n')
    assert table.rows == [("x", "", None), (None, "y", 1)]


def test_blanks_around_numbers_and_times_do_not_matter(tmp_path: Path) -> None:
    table = csv(tmp_path, "a,b,c\n 1 , 2026-01-01 , x \n")
    assert table.rows == [(1, dt.date(2026, 1, 1), " x ")]


def test_a_column_widens_behind_the_head(tmp_path: Path) -> None:
    text = "i,d,t\n" + "1,1.5,2026-01-01\n" * SAMPLE + "2.25,1.123456,2026-01-02T03:04\n"
    table = csv(tmp_path, text)
    assert table.schema == {"i": "decimal", "d": "decimal", "t": "timestamp"}
    assert table.rows[-1] == (Decimal("2.25"), Decimal("1.123456"), civil(2026, 1, 2, 3, 4))


def test_a_column_that_is_empty_at_first(tmp_path: Path) -> None:
    table = csv(tmp_path, "a,b\n" + "1,\n" * SAMPLE + "1,2.5\n")
    assert table.schema["b"] == "decimal"
    assert table.column("b")[-1] == Decimal("2.5")


@pytest.mark.parametrize("late", ["abc", "00123", "1 000", "2026-01-01"])
def test_a_late_value_that_breaks_the_type_is_an_error_with_its_line(tmp_path: Path, late: str) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, "id,amount\n" + "1,2\n" * (SAMPLE + 5) + f"1,{late}\n")
    assert caught.value.code == "K0604"
    assert f'data.csv:{SAMPLE + 7}: "{late}" in column `amount`' in caught.value.message
    assert "column amount: text" in str(caught.value.hint)


def test_one_bad_value_at_the_end_of_a_million_rows(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, "id,amount\n" + "1,2.5\n" * 1_000_000 + "2,oops\n", ask(amount=None))
    assert "data.csv:1000002" in caught.value.message
    assert "oops" in caught.value.message


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("1.10", T.DECIMAL, Decimal("1.10")),
        ("00012.50", T.DECIMAL, Decimal("12.50")),
        ("1.5e3", T.DECIMAL, Decimal(1500)),
        ("12E-4", T.DECIMAL, Decimal("0.0012")),
        ("NaN", T.DECIMAL, None),
        (" ", T.DECIMAL, None),
        ("-" + "1" * 38, T.DECIMAL, Decimal("-" + "1" * 38)),
        ("007", T.INTEGER, 7),
        ("12.00", T.INTEGER, 12),
        ("1.2e3", T.INTEGER, 1200),
        ("1.10", T.TEXT, "1.10"),
        ("00123", T.TEXT, "00123"),
        ("1.5", T.FLOAT, 1.5),
        ("-Infinity", T.FLOAT, float("-inf")),
        ("Yes", T.BOOLEAN, True),
        ("0", T.BOOLEAN, False),
        ("2026-03-01", T.TIMESTAMP, civil(2026, 3, 1)),
        ("2026-03-01T00:00", T.DATE, dt.date(2026, 3, 1)),
        ("2026-03-01T01:00+01:00", T.INSTANT, "2026-03-01 00:00:00+00"),
    ],
)
def test_declared_types(tmp_path: Path, text: str, kind: T, expected: object) -> None:
    table = csv(tmp_path, f"id,v\n1,{text}\n", ask(v=kind))
    assert table.column("v") == [expected]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("abc", T.DECIMAL),
        ("1,5", T.DECIMAL),
        ("inf", T.DECIMAL),
        ("1.5", T.INTEGER),
        ("1.5e0", T.INTEGER),
        ("1e999", T.FLOAT),
        ("maybe", T.BOOLEAN),
        ("31.03.2026", T.TIMESTAMP),
        ("2026-02-29", T.DATE),
        ("2026-03-01T01:00", T.DATE),
        ("2026-03-01T24:00", T.TIMESTAMP),
        ("2026-03-01T01:00Z", T.TIMESTAMP),
        ("2026-03-01T01:00", T.INSTANT),
        ("1700000000", T.TIMESTAMP),
    ],
)
def test_a_declared_type_that_does_not_fit_names_file_line_text_and_remedy(tmp_path: Path, text: str, kind: T) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, f'id,v\n1,\n2,"{text}"\n3,also bad\n', ask(v=kind))
    assert caught.value.code == "K0604"
    assert f'data.csv:3: "{text}" in column `v` is not' in caught.value.message
    assert caught.value.hint


def test_more_digits_than_an_exact_number_holds(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, f"v\n{'9' * 30}\n0.{'1' * 20}\n", ask(v=T.DECIMAL))
    assert "30 digits before the point and 20 after it" in told(caught.value)


@pytest.mark.parametrize(
    ("form", "text", "kind", "expected"),
    [
        ("%d.%m.%Y", "01.02.2026", T.TIMESTAMP, civil(2026, 2, 1)),
        ("%d.%m.%Y", "1.2.2026", T.DATE, dt.date(2026, 2, 1)),
        ("%d.%m.%Y %H:%M", "01.02.2026 17:05", T.TIMESTAMP, civil(2026, 2, 1, 17, 5)),
        ("%m/%d/%y", "02/01/26", T.TIMESTAMP, civil(2026, 2, 1)),
        ("%I:%M %p %Y-%m-%d", "03:05 PM 2026-02-01", T.TIMESTAMP, civil(2026, 2, 1, 15, 5)),
        ("%d.%m.%Y %H:%M %z", "01.02.2026 17:05 +02:00", T.INSTANT, "2026-02-01 15:05:00+00"),
        ("%Y-%m-%dT%H:%M%z", "2026-02-01T17:05Z", T.INSTANT, "2026-02-01 17:05:00+00"),
        ("%d.%m.%Y %H:%M %z", "01.02.2026 17:05 UTC", T.INSTANT, "2026-02-01 17:05:00+00"),
        ("%Y%m%d", "20260201", T.DATE, dt.date(2026, 2, 1)),
    ],
)
def test_times_by_format(tmp_path: Path, form: str, text: str, kind: T, expected: object) -> None:
    table = csv(tmp_path, f"id,v\n1,{text}\n2,\n", ask(v=(kind, form)))
    assert table.column("v") == [expected, None]


@pytest.mark.parametrize(
    ("form", "text"), [("%d.%m.%Y", "1.2.26"), ("%d.%m.%Y", "2026-02-01"), ("%d.%m.%Y", "31.02.2026")]
)
def test_a_time_that_is_not_as_the_format_says(tmp_path: Path, form: str, text: str) -> None:
    with pytest.raises(SourceError, match=r"data\.csv:2: .* is not a time as") as caught:
        csv(tmp_path, f"v,w\n{text},1\n", ask(v=(T.TIMESTAMP, form)))
    assert caught.value.code == "K0604"


def test_the_remedy_names_the_format_that_fits(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, "at,n\n31.12.2026 23:59,1\n", ask(at=T.TIMESTAMP))
    assert 'column at: timestamp "%d.%m.%Y %H:%M"' in str(caught.value.hint)


def test_the_remedy_for_a_word_that_means_nothing(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, "v,w\nn/a,1\n", ask(v=T.DECIMAL))
    assert 'null: "n/a"' in str(caught.value.hint)


def test_a_format_with_an_offset_needs_an_instant(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="which the format"):
        csv(tmp_path, "v\n2026\n", ask(v=(T.TIMESTAMP, "%Y %z")))


@pytest.mark.parametrize("form", ["%Q", "%d.%", "dd.mm.yyyy", "", "%-Y"])
def test_a_format_that_is_none(tmp_path: Path, form: str) -> None:
    with pytest.raises(SourceError, match="cannot be used") as caught:
        csv(tmp_path, "v,w\n2026,1\n", ask(v=(T.TIMESTAMP, form)))
    assert caught.value.code == "K0604"


@pytest.mark.parametrize("letter", sorted("aAwudbBmyYHIpMSfgnzZjUWGVcxX%"))
def test_every_directive_is_one_of_duckdb(letter: str) -> None:
    with duck.connect() as connection:
        connection.execute("SELECT try_strptime('x', ?)", [f"%{letter}"]).fetchall()


def test_decimal_comma_and_groups(tmp_path: Path) -> None:
    text = "a;b;at\n1.234,50;-12;2026-01-01 10:00:00.5\n0,1;1.000.000;2026-01-01\n"
    table = csv(tmp_path, text, delimiter=";", decimal=",", thousands=".")
    assert table.schema == {"a": "decimal", "b": "integer", "at": "timestamp"}
    assert table.column("a") == [Decimal("1234.50"), Decimal("0.1")]
    assert table.column("b") == [-12, 1_000_000]


@pytest.mark.parametrize("text", ["1.5", "12.34", "1.2345"])
def test_a_point_is_no_decimal_mark_where_the_comma_is(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match=f'"{text}" in column `a`'):
        csv(tmp_path, f"a;b\n{text};1\n", ask(a=T.DECIMAL), delimiter=";", decimal=",")


def test_spaces_between_groups_of_any_width(tmp_path: Path) -> None:
    table = csv(tmp_path, "a;b\n1 234,5;1\n1\u00a0234,5;1\n1\u202f234,5;1\n", delimiter=";", decimal=",", thousands=" ")
    assert table.column("a") == [Decimal("1234.5")] * 3


def test_byte_order_mark_before_data(tmp_path: Path) -> None:
    assert csv(tmp_path, b"\xef\xbb\xbf1,x\n2,y\n", header=False).rows == [(1, "x"), (2, "y")]


def test_texts_that_mean_null(tmp_path: Path) -> None:
    table = csv(tmp_path, 'a,b\nNA,-\n1.5,"NA"\n,x\n', null=["NA", "-"])
    assert table.rows == [(None, None), (Decimal("1.5"), None), (None, "x")]


EXACT = st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**28), max_value=10**28)


@settings(max_examples=25)
@given(numbers=st.lists(EXACT, min_size=1, max_size=20), declared=st.booleans())
def test_every_decimal_comes_back(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[Decimal], declared: bool
) -> None:
    text = "v,w\n" + "".join(f"{number:f},1\n" for number in numbers)
    table = csv(tmp_path_factory.mktemp("csv"), text, ask(v=T.DECIMAL if declared else None))
    assert table.column("v") == numbers


def test_very_wide_rows_have_a_shorter_head() -> None:
    assert sample_rows(3) == SAMPLE
    assert sample_rows(100) == 5_000
    assert sample_rows(100_000) == 1_000


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("45.2%", "take the `%` out of the data, and write `column x: % as 0..100`"),
        ("45 %", "take the `%` out of the data, and write `column x: % as 0..100`"),
        ("$12.50", "take `$` out of the data: the unit stands in the spec, `column x: USD`"),
        ('"12,50 €"', 'take `€` out of the data, and say `decimal: ","` in its source: the unit stands in the spec, `column x: EUR`'),
        ('"$1,234.50"', 'take `$` out of the data, and say `thousands: ","` in its source: the unit stands in the spec, `column x: USD`'),
        ("12 kg", "take `kg` out of the data: the unit stands in the spec, `column x: kg`"),
        ("(12.50)", "write a minus for what stands in brackets: -12.50"),
        ("abc", "mend the value, or take the column as text: `column x: text`"),
    ],
)  # fmt: skip
def test_numbers_dressed_as_spreadsheets_show_them(tmp_path: Path, text: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, f"x\n1\n{text}\n", ask(x=T.DECIMAL))
    assert caught.value.hint == hint


def test_a_wide_file_is_asked_about_few_columns_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query about all of two thousand columns takes minutes to be planned. The last of them widens as the first."""
    monkeypatch.setattr(alike, "pays", lambda *_: False)  # as of a large file
    asked: list[int] = []
    widening = decide.widening

    def counting(types: Mapping[str, T], style: NumberStyle, column: Callable[[str], str]) -> tuple[str, ...]:
        asked.append(len(types))
        return widening(types, style, column)

    monkeypatch.setattr(decide, "widening", counting)
    columns = 2 * decide.AT_ONCE + 1
    rows = [["1"] * columns for _ in range(sample_rows(columns))] + [["1.5", *["1"] * (columns - 2), "2.5"]]
    header = ",".join(f"c{number}" for number in range(columns))
    table = csv(tmp_path, "\n".join([header, *(",".join(row) for row in rows)]) + "\n")
    assert asked == [decide.AT_ONCE, decide.AT_ONCE, 1]
    assert [name for name, kind in table.schema.items() if kind == "decimal"] == ["c0", f"c{columns - 1}"]
