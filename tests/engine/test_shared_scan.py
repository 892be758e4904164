"""What many filters and groupings share a scan for is what each says alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

import kpidsl
from engine.many_filters import column, spec, tables
from kpidsl.engine import marks, shared_scan
from kpidsl.engine.faults import CellError
from kpidsl.engine.leaves import groups_of, leaves_of, together
from kpidsl.report.explained import queries
from kpidsl.semantic.rows import Comparison, Constant, Row
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import NUMBER
from kpidsl.sql import exp
from kpidsl.sql import shared_scan as sql


class Asked:
    """What is asked while a document is made: scans that are shared, with the cells of each, and how many queries make
    them.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.scans: list[shared_scan.Scan] = []
        self.queries = 0
        answer = shared_scan.answer

        def answered(run: Any, rows: Any, several: Sequence[shared_scan.Scan], scales: Any) -> Any:
            found = answer(run, rows, several, scales)
            self.scans.extend(several)  # only what was answered: what fails is asked one by one
            self.queries += 1
            return found

        monkeypatch.setattr(shared_scan, "answer", answered)


def document(monkeypatch: pytest.MonkeyPatch, *, most: int | None = None, text: str | None = None) -> str:
    monkeypatch.setattr(shared_scan, "SAMPLE", 100)
    if most is not None:
        monkeypatch.setattr(shared_scan, "FEW_GROUPS", most)
        monkeypatch.setattr(shared_scan, "MOST_GROUPS", most)
    return kpidsl.load("-", stdin_text=text or spec()).evaluate(as_of="2026-03-31", sources=tables()).to_json()


@pytest.fixture(scope="module")
def alone() -> str:
    """The document of cells of which each grouping is asked by itself, and each filter as a condition."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("KPIDSL_CACHE", "")
        patched.setattr(shared_scan, "pays", lambda _: False)
        return document(patched)


def test_a_shared_scan_answers_as_conditions_do(monkeypatch: pytest.MonkeyPatch, alone: str) -> None:
    asked = Asked(monkeypatch)
    assert document(monkeypatch) == alone
    assert sum(len(one.cells) for one in asked.scans) > 100
    assert len({id(cell.members) for one in asked.scans for cell in one.cells}) == 3  # by country, by region, neither
    assert len(asked.scans) < 4


@pytest.mark.parametrize("most", [3, 60, 600])
def test_fewer_groups_in_a_scan_make_more_scans(monkeypatch: pytest.MonkeyPatch, alone: str, most: int) -> None:
    asked = Asked(monkeypatch)
    assert document(monkeypatch) == alone
    whole = len(asked.scans[0].leaves)
    asked.scans.clear()
    assert document(monkeypatch, most=most) == alone
    assert all(len(one.leaves) < whole for one in asked.scans)


@pytest.mark.parametrize("most", [60, 600])
def test_scans_are_made_at_once_where_reading_rows_costs_more(
    monkeypatch: pytest.MonkeyPatch, alone: str, most: int
) -> None:
    asked = Asked(monkeypatch)
    assert document(monkeypatch, most=most) == alone
    scans, queries = len(asked.scans), asked.queries
    assert queries < scans
    monkeypatch.setattr(shared_scan, "READING", -1)
    asked = Asked(monkeypatch)
    assert document(monkeypatch, most=most) == alone
    assert asked.queries == len(asked.scans) == scans


def test_what_fails_is_asked_once_more_only_where_it_was_one_of_several(
    monkeypatch: pytest.MonkeyPatch, alone: str
) -> None:
    asked: list[int] = []

    def fails(_run: Any, _rows: Any, several: Sequence[shared_scan.Scan], _scales: Any) -> Any:
        asked.append(len(several))
        raise CellError("no")

    monkeypatch.setattr(shared_scan, "answer", fails)
    assert document(monkeypatch) == alone
    assert asked == [1]
    asked.clear()
    assert document(monkeypatch, most=600) == alone
    assert asked[0] > 1
    assert asked[1:] == [1] * asked[0]


def test_each_scan_of_several_is_told_from_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member that is NULL, and a member that rows are not grouped by, are two things."""
    rows = {"at": [datetime(2026, 3, 1 + day, tzinfo=UTC) for day in range(24)], "n": list(range(24))}
    rows["a"] = [None if day % 3 == 0 else f"a{day % 3}" for day in range(24)]
    rows["b"] = [None if day % 4 == 0 else f"b{day % 4}" for day in range(24)]
    text = "".join(f"kpi {by} {{ value sum(n) from o over last month; target >= 1; by {by} }}\n" for by in ("a", "b"))
    monkeypatch.setattr(shared_scan, "FEW_GROUPS", 8)
    monkeypatch.setattr(shared_scan, "MOST_GROUPS", 8)
    asked = Asked(monkeypatch)
    found = kpidsl.load("-", stdin_text='source o { from arrow("o"); time at }\n' + text).evaluate(
        as_of="2026-03-31", sources={"o": pa.table(rows)}
    )
    assert (len(asked.scans), asked.queries) == (2, 1)
    for kpi in found.kpis:
        sums: dict[str | None, int] = {}
        for member, n in zip(rows[kpi.name], rows["n"], strict=True):
            sums[member] = sums.get(member, 0) + n
        assert {one.by[0][1]: one.assessment.value for one in kpi.segments} == sums


def test_columns_of_many_members_are_asked_by_condition(monkeypatch: pytest.MonkeyPatch, alone: str) -> None:
    monkeypatch.setattr("kpidsl.engine.leaves.MOST_MEMBERS", 3)
    asked = Asked(monkeypatch)
    assert document(monkeypatch) == alone
    assert any(isinstance(leaf, Comparison) for one in asked.scans for leaf in one.leaves)


NESTED = """
source sales { from arrow("sales"); time at in "UTC" }
kpi a { value count() from sales where country == "DE" and amount > 20 over last month; target >= 1 }
kpi b { value sum(amount) from sales where paid and (country == "FR" and amount > 20) over last month; target >= 1 }
kpi c { value count() from sales where amount > 20 and (size > 3 or paid) over last month; target >= 1; by country }
kpi d { value count_distinct(size) from sales where country == "DE" and amount > 20 over last month; target >= 1 }
kpi e { value count_distinct(size) from sales where paid and (size > 3 or weight > 0) over last month; target >= 1 }
"""


def test_each_condition_of_a_filter_is_looked_at_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(shared_scan, "pays", lambda _: False)
        alone = document(patched, text=NESTED)
    monkeypatch.setattr(marks, "pays", lambda *_: True)
    asked, marked = Asked(monkeypatch), []
    inner = marks._counted

    def counted(*given: Any) -> Any:
        found = inner(*given)
        marked.extend(found)
        return found

    monkeypatch.setattr(marks, "_counted", counted)
    assert document(monkeypatch, text=NESTED) == alone
    assert len(marked) == 2
    (scan,) = asked.scans
    comparisons = [leaf for leaf in scan.leaves if isinstance(leaf, Comparison)]
    assert len(comparisons) == 1  # amount > 20, which all have in common: rows are not grouped by amounts
    assert len(scan.cells) == 4


GROUPED = """
source sales { from arrow("sales"); time at in "UTC" }
metric sold = sum(weight) from sales
kpi all_ { value sold over last month; target >= 1 }
kpi of_countries { value sold over last month; target >= 1; by country }
kpi of_sizes { value sold over last 3 months; target >= 1; by size }
kpi of_both { value sold where paid over last month; target >= 1; by country, size }
"""


def test_columns_of_a_hundred_tables_are_not_guessed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A query that joins them all takes seconds to be planned."""
    asked: list[int] = []
    first = sql.first_cardinalities

    def counting(rows: Any, wanted: Sequence[Row], most: int) -> Any:
        asked.append(len(wanted))
        return first(rows, wanted, most)

    monkeypatch.setattr(sql, "first_cardinalities", counting)
    tables = 2 * shared_scan.MOST_GUESSED + 1
    lines = [f'source t{number} {{ from arrow("t"); key id }}' for number in range(tables)]
    lines.append('source rows { from arrow("rows"); time at')
    lines += [f"join t{number} on size == id" for number in range(tables)]
    lines.append("}")
    lines += [
        f'kpi k{number} {{ value (count() from rows where t{number}.name == "a") over last month }}'
        for number in range(tables)
    ]
    data = {
        "t": pa.table({"id": [1, 2], "name": ["a", "b"]}),
        "rows": pa.table({"at": [datetime(2026, 2, 3)] * 3, "size": [1, 1, 2]}),  # noqa: DTZ001 -- a civil time
    }
    found = kpidsl.load("-", stdin_text="\n".join(lines)).evaluate(as_of="2026-03-01", sources=data)
    assert [one.assessment.value for one in found.kpis] == [2] * tables
    assert asked == [shared_scan.MOST_GUESSED, shared_scan.MOST_GUESSED, 1]


def test_four_groupings_are_one_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(shared_scan, "pays", lambda _: False)
        alone = document(patched, text=GROUPED)
    asked = Asked(monkeypatch)
    assert document(monkeypatch, text=GROUPED) == alone
    assert len(asked.scans) == 1
    assert len({id(cell.members) for cell in asked.scans[0].cells}) == 4


OF_LEAVES = """
source sales { from arrow("sales"); time at in "UTC" }
kpi paid_share { value share(paid) from sales over last month; target >= 1%; by country }
kpi paid_known { value count(paid) from sales where country != "DE" over last month; target >= 1; by size }
kpi paid_sizes { value count(size) from sales where paid over last month; target >= 1; by size, country }
kpi promoted { value nps(size) from sales where not paid over last 3 months; target >= 1 }
kpi large { value share(size > 3) from sales where size > 2 over last month; target >= 1%; by country }
"""


def test_what_is_counted_of_leaves_alone_is_told_by_how_many_rows_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(shared_scan, "pays", lambda _: False)
        alone = document(patched, text=OF_LEAVES)
    asked, made = Asked(monkeypatch), []
    inner = sql.scans

    def scans(*given: Any) -> list[sql.Scan]:
        made.extend(inner(*given))
        return made[-1:]

    monkeypatch.setattr(shared_scan.sql, "scans", scans)
    assert document(monkeypatch, text=OF_LEAVES) == alone
    assert len(asked.scans) == len(made) == 1
    assert set(made[0].query.find_all(exp.Count)) == {exp.Count(this=exp.Star())}


def test_the_sql_of_a_shared_scan_is_one_statement_that_gives_its_numbers() -> None:
    """Anybody may run what `--explain` shows."""
    import duckdb

    found = kpidsl.load("-", stdin_text=GROUPED).evaluate(as_of="2026-03-31", sources=tables(), explain=True)
    statements = queries(found)
    assert statements
    connection = duckdb.connect()
    connection.register("source sales", tables()["sales"])
    for statement in statements:
        assert connection.execute(statement).fetchall()


def condition(of: Row) -> Row:
    return Comparison(DataType.BOOLEAN, NUMBER, "==", of, Constant(DataType.TEXT, NUMBER, "x"))


def test_a_filter_is_told_by_its_columns_or_by_its_conditions() -> None:
    few, many = column("few"), column("many")
    where = (condition(few), condition(many))
    assert leaves_of(where, {few: 10, many: 10_000}, {}) == (few, where[1])
    assert leaves_of(where, {few: 10, many: 10}, {}) == (few, many)


def test_what_grows_a_scan_least_joins_it() -> None:
    a, b, c = (column(name) for name in "abc")
    sizes: dict[Row, int] = {a: 9, b: 9, c: 1}
    found, rest = together({"ab": (a, b), "c": (c,), "a": (a,)}, sizes, 200)
    assert [(set(leaves), sorted(there)) for leaves, there in found] == [({a, b, c}, ["a", "ab", "c"])]
    assert rest == []
    found, rest = together({"ab": (a, b), "c": (c,), "a": (a,)}, sizes, 50)
    assert [(set(leaves), sorted(there)) for leaves, there in found] == [({a, c}, ["a", "c"])]
    assert rest == ["ab"]
    assert groups_of((a, b), sizes) == 100


@pytest.mark.parametrize("most", [8, 100, 100_000])
def test_conditions_that_are_written_alike_are_one_leaf_of_each_scan(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """`a / b >= p` and `p <= a / b` have the same SQL. Scans at once are told apart by what they are not grouped by."""
    monkeypatch.setattr(shared_scan, "FEW_GROUPS", most)
    monkeypatch.setattr(shared_scan, "MOST_GROUPS", most)
    asked = Asked(monkeypatch)
    decimals = pa.decimal128(18, 2)
    columns = {"a": [30, 7, 8, None], "b": [3, -2, 4, 1], "p": [10, -4, 3, 5]}
    table = pa.table({"at": ["2026-03-02"] * 4, **{name: pa.array(one, decimals) for name, one in columns.items()}})
    turned = {">=": "<=", ">": "<", "<=": ">=", "<": ">", "==": "==", "!=": "!="}
    conditions = [text for op, other in turned.items() for text in (f"a / b {op} p", f"p {other} a / b")]
    kpis = "".join(f"metric m{n} = count() from o where {one} over 2026-03\n" for n, one in enumerate(conditions))
    text = f'source o {{ from arrow("o"); time at; column at: date }}\nmetric m = sum(a) from o over 2026-03\n{kpis}'
    found = kpidsl.load("-", stdin_text=text).evaluate(as_of="2026-03-31", sources={"o": table})
    assert [one.value for one in found.metrics] == [45, 2, 2, 1, 1, 2, 2, 1, 1, 1, 1, 2, 2]
    assert len(asked.scans) > 1 or most > 8


@pytest.mark.parametrize(
    ("value", "condition", "few"),
    [
        ("count()", 'kind == "k{}"', 12),
        ("sum(weight)", 'kind == "k{}"', 4),  # floats are added up exactly
        ("stddev(size)", 'kind == "k{}"', 4),
        ("stddev(weight)", 'kind == "k{}"', 2),
        ("count()", 'kind matches "k{}.*"', 2),
    ],
)
def test_what_is_dear_to_ask_of_each_row_is_asked_of_groups_sooner(
    monkeypatch: pytest.MonkeyPatch, value: str, condition: str, few: int
) -> None:
    columns = {"at": [datetime(2026, 3, 2, tzinfo=UTC)] * 9, "kind": [f"k{row}" for row in range(9)]}
    table = pa.table({**columns, "size": list(range(9)), "weight": [row / 4 for row in range(9)]})
    for number in (few - 1, few):
        kpis = "".join(
            f"kpi k{one} {{ value {value} from o where {condition.format(one)} over 2026-03; target >= 0 }}\n"
            for one in range(number)
        )
        asked = Asked(monkeypatch)
        kpidsl.load("-", stdin_text=f'source o {{ from arrow("o"); time at }}\n{kpis}').evaluate(
            as_of="2026-03-31", sources={"o": table}
        )
        assert bool(asked.scans) == (number == few)


def test_deviations_that_are_brought_as_lists_take_nothing_from_the_scan_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = 60
    huge = pa.array([Decimal(10**33 + row * 10**31) for row in range(rows)], pa.decimal128(38, 0))
    columns = {"at": [datetime(2026, 3, 2, tzinfo=UTC)] * rows, "kind": [f"k{row % 15}" for row in range(rows)]}
    table = pa.table({**columns, "huge": huge, "size": list(range(rows))})
    kpis = "".join(
        f'kpi {name}{one} {{ value {value} from o where kind == "k{one}" over 2026-03; target >= 0 }}\n'
        for one in range(15)
        for name, value in (("sum", "sum(size)"), ("deviation", "stddev(huge)"))
    )
    asked = Asked(monkeypatch)
    found = kpidsl.load("-", stdin_text=f'source o {{ from arrow("o"); time at }}\n{kpis}').evaluate(
        as_of="2026-03-31", sources={"o": table}
    )
    assert {cell.function for scan in asked.scans for cell in scan.cells} == {"sum"}
    assert {one.assessment.status for one in found.kpis} == {"green"}
