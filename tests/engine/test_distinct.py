"""Distinct counts that share a scan: of many windows, filters of one shape, members; and those that are estimated."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

import kpidsl
from engine.evaluating import evaluate, metric
from kpidsl.semantic.rows import Both, Comparison, Constant
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import NUMBER
from kpidsl.sql.classes import shape_of

FIRST = date(2026, 1, 1)
Row = Mapping[str, object]


def made(rows: int = 600) -> list[dict[str, object]]:
    chance = random.Random(4)
    return [
        {
            "at": FIRST + timedelta(days=chance.randrange(240)),
            "who": chance.choice([None, *range(40)]),
            "f": chance.choice([None, math.nan, 0.0, -0.0, 1.5, 2.5]),
            "land": chance.choice([None, "de", "fr", "it's"]),
            "kind": chance.choice(["a", "b", "c"]),
            "paid": chance.choice([None, True, False]),
        }
        for _ in range(rows)
    ]


ROWS = made()
FILTERS: Mapping[str, Callable[[Row], bool]] = {
    "": lambda _: True,
    'where land == "de"': lambda row: row["land"] == "de",
    'where land == "it\'s"': lambda row: row["land"] == "it's",
    'where land == "nowhere"': lambda _: False,
    'where land == "de" and kind == "a"': lambda row: (row["land"], row["kind"]) == ("de", "a"),
    'where land == "de" and kind == "b"': lambda row: (row["land"], row["kind"]) == ("de", "b"),
    'where kind == "b" and land == "fr"': lambda row: (row["land"], row["kind"]) == ("fr", "b"),
    'where kind == "a" and kind == "b"': lambda _: False,
    'where kind == "c" and paid': lambda row: row["kind"] == "c" and row["paid"] is True,
    'where kind == "a" and paid': lambda row: row["kind"] == "a" and row["paid"] is True,
    'where land != "de"': lambda row: row["land"] not in (None, "de"),
    'where land in ["de", "fr"]': lambda row: row["land"] in ("de", "fr"),
}
WINDOWS = [
    (FIRST, FIRST + timedelta(days=10)),
    (FIRST + timedelta(days=5), FIRST + timedelta(days=30)),
    (FIRST, FIRST + timedelta(days=239)),
    (FIRST + timedelta(days=200), FIRST + timedelta(days=201)),
    (FIRST + timedelta(days=201), FIRST + timedelta(days=239)),
]


def spec(expressions: list[str], more: str = "") -> str:
    lines = [f"metric m{number} = {expression}" for number, expression in enumerate(expressions)]
    return "\n".join(['source o { from arrow("o"); time at }', *lines, more])


def columns(rows: list[dict[str, object]]) -> dict[str, list[object]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.mark.parametrize("column", ["who", "f"])
def test_every_window_of_every_filter_counts_what_it_holds(column: str) -> None:
    asked = [(where, window) for where in FILTERS for window in WINDOWS]
    expressions = [f"(count_distinct({column}) from o {where}) over {start}..{end}" for where, (start, end) in asked]
    results = evaluate(spec(expressions), "2026-12-31", o=columns(ROWS))
    expected = []
    for where, (start, end) in asked:
        values = [
            row[column]
            for row in ROWS
            if start <= row["at"] <= end and FILTERS[where](row) and row[column] is not None  # type: ignore[operator]
        ]
        values = [value for value in values if value == value]  # noqa: PLR0124  NaN is no value
        expected.append((len(set(values)), len(values)))
    assert [(found.value, found.n) for found in results.metrics] == expected


def test_more_windows_than_a_word_has_bits() -> None:
    results = evaluate(
        spec(["avg((count_distinct(who) from o over trailing 7 days) each day) over 2026-01-07..2026-08-28"]),
        "2026-12-31",
        o=columns(ROWS),
    )
    counts = []
    day = date(2026, 1, 7)
    while day <= date(2026, 8, 28):
        seen = {row["who"] for row in ROWS if day - timedelta(days=6) <= row["at"] <= day}  # type: ignore[operator]
        counts.append(len(seen - {None}))
        day += timedelta(days=1)
    assert results.metrics[0].value == pytest.approx(Decimal(sum(counts)) / len(counts), abs=Decimal("1e-9"))


def test_members_are_counted_apart_and_one_without_values_is_there() -> None:
    rows = [*ROWS, {**ROWS[0], "at": FIRST, "who": None, "land": "xx", "kind": "a"}]
    body = 'value count_distinct(who) from o where kind == "a" over 2026-01-01..2026-08-28; compare previous; by land'
    (kpi,) = evaluate(spec([], f"kpi k {{ {body} }}"), "2026-08-28", o=columns(rows)).kpis
    found = {segment.by[0][1]: (segment.assessment.value, segment.assessment.n) for segment in kpi.segments}
    for land in ("de", "fr", "it's", None, "xx"):
        values = [row["who"] for row in rows if row["land"] == land and row["kind"] == "a" and row["who"] is not None]
        assert found[land] == (len(set(values)), len(values))


def test_filters_that_differ_in_texts_alone_are_one_query() -> None:
    expressions = [
        f'(count_distinct(who) from o where land == "{land}" and paid) over last {months} months'
        for land in ("de", "fr", "it's")
        for months in (1, 2, 3)
    ]
    table = pa.table(columns(ROWS))
    loaded = kpidsl.load("-", stdin_text=spec(expressions))
    assert loaded.show("sql", as_of="2026-08-28", sources={"o": table}).count(";\n\n") == 0


def test_a_shape_looks_into_conjunctions_and_leaves_alternatives_whole() -> None:
    text, truth = DataType.TEXT, DataType.BOOLEAN
    one, two = Constant(text, NUMBER, "x"), Constant(text, NUMBER, "y")
    equal = Comparison(truth, NUMBER, "==", Both(text, NUMBER, "or", one, two), one)
    other = Comparison(truth, NUMBER, "!=", Both(text, NUMBER, "or", one, two), two)
    shape, texts = shape_of((Both(truth, NUMBER, "and", equal, other),))
    assert (shape.compared, shape.beside, texts) == ((equal.left,), (other,), ("x",))
    either = Both(truth, NUMBER, "or", equal, other)
    assert shape_of((either,))[0].beside == (either,)


def test_an_estimate_is_near_says_so_and_is_the_same_again() -> None:
    table = {"at": [FIRST] * 20_000, "x": [number * 7919 % 15_000 for number in range(20_000)]}
    text = spec(["count_distinct~(x) from o over 2026-01"])
    found = metric(text, "2026-01-31", o=table)
    assert isinstance(found.value, Decimal)
    assert abs(found.value - 15_000) / 15_000 < 4 * Decimal("0.0325")
    assert found.n == 20_000
    assert found.approximate is not None
    assert (found.approximate.method, found.approximate.error) == ("hyperloglog", Decimal("0.0325"))
    backwards = {name: values[::-1] for name, values in table.items()}
    assert metric(text, "2026-01-31", o=backwards).value == found.value
    assert metric(text.replace("~", ""), "2026-01-31", o=table).approximate is None


def test_the_error_that_is_stated_is_the_error_there_is() -> None:
    """Over 100 sets of 5,000 values the root of the mean squared error is what a standard error says."""
    table = {
        "at": [FIRST] * 500_000,
        "x": [f"v{number}" for number in range(500_000)],
        "g": [f"{number % 100}" for number in range(500_000)],
    }
    body = "value count_distinct~(x) from o over 2026-01; by g"
    (kpi,) = evaluate(spec([], f"kpi k {{ {body} }}"), "2026-01-31", o=table).kpis
    errors = [float(segment.assessment.value) / 5_000 - 1 for segment in kpi.segments]  # type: ignore[arg-type]
    assert len(errors) == 100
    assert 0.02 < math.sqrt(sum(error * error for error in errors) / 100) < 0.045
