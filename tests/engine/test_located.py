"""Times that the statistics of Parquet files tell are not read, and no answer depends on that."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from math import nan
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kpidsl
from engine.test_scale import spoil
from kpidsl.engine import located, scales, shared_scan
from kpidsl.engine.located import Located, RowGroup
from kpidsl.sources import parquet_files
from kpidsl.sql import spans as written

ROWS = 3_000
SPEC = """
calendar { timezone "Europe/Berlin" }
source o { from parquet("PATTERN"OPTIONS); time at CLOCK }
kpi a { value sum(x) from o over last month; target >= 1; by land }
kpi b { value count() from o where land != "l3" over last 3 months; target >= 1; by kind }
kpi c { value avg(w) from o over all time; target >= 1 whole; by land, kind }
kpi d { value count(w) from o where kind == "k1" over trailing 10 days; target >= 1 }
kpi e { value share(x > 50) from o over 2026-03-28..2026-03-30; target >= 1%; by land }
kpi f { value count() from o over last month 1 month earlier; target >= 1; by kind }
"""


def moments(kind: str) -> list[Any]:
    """Three months of times in order, among them the hours in which clocks go on, and some that windows leave out."""
    start = datetime(2025, 12, 29)  # noqa: DTZ001 -- a civil time
    times = [start + timedelta(minutes=46 * place) for place in range(ROWS)]
    match kind:
        case "day":
            return [at.date() for at in times]
        case "instant":
            return [at.replace(tzinfo=UTC) for at in times]
        case "some without":
            return [None if 900 < place < 1_000 and place % 7 == 0 else at for place, at in enumerate(times)]
        case "shuffled":
            return random.Random(3).sample(times, ROWS)
        case "two times the same months":
            return [*times[::2], *times[1::2]]
        case _:
            return times


def table(kind: str) -> pa.Table:
    chance = random.Random(7)
    return pa.table(
        {
            "at": moments(kind),
            "x": [chance.randrange(100) for _ in range(ROWS)],
            "w": [chance.choice([None, nan, chance.uniform(-5, 5)]) for _ in range(ROWS)],
            "land": [chance.choice(["l1", "l2", "l3", None]) for _ in range(ROWS)],
            "kind": [chance.choice(["k1", "k2"]) for _ in range(ROWS)],
        }
    )


def document(folder: Path, pattern: str = "*.parquet", clock: str = "", options: str = "", **how: Any) -> str:
    text = SPEC.replace("PATTERN", str(folder / pattern)).replace("OPTIONS", options).replace("CLOCK", clock)
    results = kpidsl.load("-", stdin_text=text).evaluate(as_of="2026-03-31", **how)
    assert not results.errors, results.errors
    return results.to_json()


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[list[written.Span]]:
    """The spans that rows were asked in."""
    asked: list[list[written.Span]] = []
    in_spans = written.in_spans

    def noted(rows: Any, time: Any, edges: Any, spans: Any) -> Any:
        asked.append(list(spans))
        return in_spans(rows, time, edges, spans)

    monkeypatch.setattr(written, "in_spans", noted)
    monkeypatch.setattr(parquet_files, "LARGE", 0)
    monkeypatch.setattr(located, "FEWEST_ROWS", 10)
    monkeypatch.setattr(located, "ROWS_OF_A_SPOT", 50)
    monkeypatch.setattr(shared_scan, "FIRST_ROWS", 100)
    return asked


def plainly(monkeypatch: pytest.MonkeyPatch, *given: Any, **how: Any) -> str:
    with monkeypatch.context() as patched:
        patched.setattr(parquet_files, "LARGE", 1 << 40)
        return document(*given, **how)


KINDS = {"civil": "", "day": "", "instant": "", "civil elsewhere": 'in "America/New_York"', "some without": ""}
LAID = {"one file": (ROWS, 40), "files": (100, 100)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("laid", LAID)
def test_the_document_is_the_same(
    monkeypatch: pytest.MonkeyPatch, used: list[Any], tmp_path: Path, kind: str, laid: str
) -> None:
    rows, (of_file, of_group) = table(kind), LAID[laid]
    for place, start in enumerate(range(0, ROWS, of_file)):
        # Names in another order than times: where a row stands does not depend on which file comes first.
        pq.write_table(rows.slice(start, of_file), tmp_path / f"[{place * 7 % 31:02}].parquet", row_group_size=of_group)
    clock = KINDS[kind]
    found = document(tmp_path, clock=clock, threads=3, memory="200MB")
    assert found == plainly(monkeypatch, tmp_path, clock=clock, threads=1)
    assert len(used) == (laid == "one file")
    for spans in used:
        assert len({span.pane for span in spans}) > 4


@pytest.mark.parametrize("kind", ["shuffled", "two times the same months"])
def test_rows_in_another_order(monkeypatch: pytest.MonkeyPatch, used: list[Any], tmp_path: Path, kind: str) -> None:
    pq.write_table(table(kind), tmp_path / "o.parquet", row_group_size=50)
    assert document(tmp_path, threads=3) == plainly(monkeypatch, tmp_path)
    assert len(used) == (kind != "shuffled")


def test_files_without_statistics(monkeypatch: pytest.MonkeyPatch, used: list[Any], tmp_path: Path) -> None:
    pq.write_table(table("civil"), tmp_path / "o.parquet", row_group_size=50, write_statistics=False)
    assert document(tmp_path) == plainly(monkeypatch, tmp_path)
    assert not used


def test_a_time_that_the_folders_name_is_not_the_one_in_the_files(
    monkeypatch: pytest.MonkeyPatch, used: list[Any], tmp_path: Path
) -> None:
    for place in range(0, ROWS, 500):
        file = tmp_path / f"at={date(2026, 1, 1) + timedelta(days=place // 50)}" / "o.parquet"
        file.parent.mkdir()
        pq.write_table(table("day").slice(place, 500), file, row_group_size=50)
    given = {"pattern": "*/o.parquet", "options": ", hive_partitioning: true"}
    assert document(tmp_path, **given) == plainly(monkeypatch, tmp_path, **given)
    assert not used


@pytest.mark.parametrize("other", [written.ROW, "file_row_number"])
def test_a_column_of_that_name(monkeypatch: pytest.MonkeyPatch, used: list[Any], tmp_path: Path, other: str) -> None:
    """It is the file's own, and none that a spec can ask for."""
    pq.write_table(table("civil").append_column(other, [[5] * ROWS]), tmp_path / "o.parquet", row_group_size=50)
    assert document(tmp_path) == plainly(monkeypatch, tmp_path)
    assert len(used) == (other == written.ROW)


def test_times_in_a_text_are_converted_and_read(
    monkeypatch: pytest.MonkeyPatch, used: list[Any], tmp_path: Path
) -> None:
    rows = table("civil")
    texts = pa.array([str(at) for at in rows["at"].to_pylist()])
    pq.write_table(rows.set_column(0, "at", texts), tmp_path / "o.parquet", row_group_size=50)
    typed = "; column at: timestamp"
    assert document(tmp_path, clock=typed) == plainly(monkeypatch, tmp_path, clock=typed)
    assert not used


def test_times_that_the_statistics_tell_are_not_read(used: list[Any], tmp_path: Path) -> None:
    pq.write_table(table("civil"), tmp_path / "o.parquet", row_group_size=50)
    spec = f'source o {{ from parquet("{tmp_path}/*.parquet"); time at }}\n'
    spec += "kpi a { value sum(x) from o over all time; target >= 1; by land }\n"
    spec += "kpi b { value sum(x) from o over all time; target >= 1; by kind }\n"
    before = kpidsl.load("-", stdin_text=spec).evaluate(as_of="2026-12-31").to_json()
    assert [[span.pane for span in spans] for spans in used] == [[0]]
    spoil(tmp_path / "o.parquet", "at", range(1, 59))
    after = kpidsl.load("-", stdin_text=spec).evaluate(as_of="2026-12-31")
    assert len(used) == 2
    assert not after.errors
    assert after.to_json() == before


def test_joined_rows(monkeypatch: pytest.MonkeyPatch, used: list[Any], tmp_path: Path) -> None:
    """NaN meets no row, and is no place."""
    rows = table("civil")
    keys = pa.array([[1.5, 2.5, nan, None][place % 4] for place in range(ROWS)])
    pq.write_table(rows.append_column("place", keys), tmp_path / "o.parquet", row_group_size=50)
    pq.write_table(pa.table({"place": [1.5, 2.5, nan], "name": ["a", "b", "c"]}), tmp_path / "places.pq")
    text = f'source places {{ from parquet("{tmp_path}/places.pq") }}\n'
    text += f'source o {{ from parquet("{tmp_path}/o.parquet"); time at; join places on place }}\n'
    text += "kpi a { value sum(w) from o over last 2 months; target >= 1; by land }\n"
    text += "kpi b { value sum(x) from o over last 2 months; target >= 1; by places.name }\n"
    text += "kpi c { value count() from o over last month; target >= 1; by place }"

    def asked() -> str:
        results = kpidsl.load("-", stdin_text=text).evaluate(as_of="2026-03-31")
        assert not results.errors
        assert all(kpi.assessment.value is not None for kpi in results.kpis)
        return results.to_json()

    found = asked()
    with monkeypatch.context() as patched:
        patched.setattr(parquet_files, "LARGE", 1 << 40)
        assert asked() == found


def test_what_strangers_ask_is_the_same(monkeypatch: pytest.MonkeyPatch, used: list[Any], tmp_path: Path) -> None:
    pq.write_table(table("civil"), tmp_path / "o.parquet", row_group_size=50)
    text = SPEC.replace("PATTERN", "o.parquet").replace("OPTIONS", "").replace("CLOCK", "")
    (tmp_path / "o.kpi").write_text(text, "utf-8")
    found = kpidsl.load(tmp_path / "o.kpi").evaluate(as_of="2026-03-31", untrusted=True)
    assert not found.errors
    assert len(used) == 1


def of_days(*groups: tuple[int, int | None, int | None]) -> Located:
    """Row groups of so many rows, with the days of their bounds."""
    found: list[RowGroup] = []
    start = 0
    for rows, first, last in groups:
        found.append(RowGroup(start, start + rows, first, last))
        start += rows
    return Located("t", tuple(found))


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (((100, 0, 5), (100, 5, 9)), [(0, 200, 0)]),
        (((100, 0, 5), (100, 5, 12), (100, 12, 19)), [(0, 100, 0), (100, 200, None), (200, 300, 1)]),
        (((100, -9, -1), (100, 0, 9), (100, 20, 29)), [(100, 200, 0)]),
        (((100, -9, -1), (100, -1, 0), (100, 0, 9), (100, 0, 9)), [(100, 200, None), (200, 400, 0)]),
        (((100, None, None), (200, 0, 9)), [(0, 100, None), (100, 300, 0)]),
        (((100, None, None), (90, 0, 9)), []),
        (((100, 0, 19),), []),
        (((100, 0, 9), (5, 10, 11), (100, 0, 9)), [(0, 100, 0), (100, 105, None), (105, 205, 0)]),
        (((100, 0, 9), (5, 10, 11), (5, 20, 29), (5, 9, 10)), [(0, 100, 0), (100, 115, None)]),
        (((100, 10, 20),), []),
        (((100, 10, 19),), [(0, 100, 1)]),
        ((), []),
    ],
)
def test_spans(
    monkeypatch: pytest.MonkeyPatch, groups: tuple[Any, ...], expected: list[tuple[int, int, int | None]]
) -> None:
    monkeypatch.setattr(located, "FEWEST_ROWS", 10)
    found = of_days(*groups).spans_between([0, 10, 20])
    assert [(span.start, span.end, span.pane) for span in found] == expected


def test_no_more_spans_than_pay() -> None:
    groups = [(300_000 + place, 10 * (place % 2), 10 * (place % 2) + 9) for place in range(30)]
    found = of_days(*groups).spans_between([0, 10, 20])
    assert not found  # twelve of thirty are less than half
    found = of_days((10**7, 0, 9), *groups).spans_between([0, 10, 20])
    assert len(found) <= 2 * located.MOST_SPANS + 1
    assert [span.end for span in found[:-1]] == [span.start for span in found[1:]]
    assert (found[0].start, found[-1].end) == (0, 10**7 + sum(rows for rows, *_ in groups))


@pytest.mark.parametrize("order", ["civil", "shuffled"])
def test_no_number_among_those_that_are_stored(
    monkeypatch: pytest.MonkeyPatch, used: list[Any], tmp_path: Path, order: str
) -> None:
    """NaN is no value, though the statistics of a file know nothing of it and the first rows have none."""
    rows = table(order)
    kept = pa.array([0.5 if place < 60 else one for place, one in enumerate(rows["w"].to_pylist())], pa.float64())
    pq.write_table(
        rows.set_column(rows.schema.get_field_index("w"), "w", kept), tmp_path / "o.parquet", row_group_size=50
    )
    monkeypatch.setattr(scales, "FIRST_ROWS", 50)
    assert document(tmp_path) == plainly(monkeypatch, tmp_path)
    assert bool(used) is (order == "civil")
