"""Segments that are columns are what they are as records, one by one and in each document."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kpidsl
from kpidsl.assess import build
from kpidsl.assess.alike import Alike, ManyAlike
from kpidsl.report import kpis, to_arrow, to_json, to_text, to_toml
from kpidsl.report.document import document
from kpidsl.report.json import TOGETHER, pieces, written
from kpidsl.report.results import Results

SPEC = """
source orders { from parquet("orders.parquet"); time at; column amount: EUR; column paid: boolean }
metric per_order = sum(amount) from orders / count() from orders where paid
kpi sold { value sum(amount) from orders over 2026-03; target >= 30 EUR whole; by place }
kpi mean { value avg(amount) from orders over 2026-03; target >= 15 EUR; amber >= 10 EUR; by place, paid }
kpi share { value share(paid) from orders over 2026-03; target 40% .. 60%; by place }
kpi worth { value per_order over 2026-03; target <= 20 EUR; by place }
kpi first { value min(amount) from orders over month to date; by place }
kpi none { value avg(amount) from orders over 2020-01; target >= 1 EUR; by place }
kpi strict { value count() from orders over 2026-03; target >= 1; require n >= 2; by place }
kpi lowest { value count() from orders over 2026-03; target >= 2; by place; status worst of segments }
"""
ROWS = {
    "at": ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-09", "2026-03-31", "2026-03-31"],
    "amount": [10.25, 20.5, None, 0.1, 7.0, 30.0],
    "place": ['ä "b"', "north", None, "north", None, "south"],
    "paid": [True, None, False, True, False, None],
}  # fmt: skip


def evaluated(folder: Path) -> Results:
    rows = pa.table({**ROWS, "at": pa.array(ROWS["at"]).cast(pa.date32())})
    pq.write_table(rows, folder / "orders.parquet")
    (folder / "shop.kpi").write_text(SPEC, "utf-8")
    found = kpidsl.load(folder).evaluate(as_of="2026-03-31")
    assert not found.errors
    return found


def test_segments_as_columns_are_the_records_that_the_judge_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = evaluated(tmp_path)
    monkeypatch.setattr(build, "is_plain", lambda _plan: False)
    records = evaluated(tmp_path)
    kinds = {kpi.name: type(kpi.segments) for kpi in columns.kpis}
    assert {name for name, kind in kinds.items() if kind is Alike} == {"sold", "mean", "share", "worth", "first"}
    assert not any(isinstance(kpi.segments, Alike) for kpi in records.kpis)
    for one, other in zip(columns.kpis, records.kpis, strict=True):
        assert (one.name, *one.segments) == (other.name, *other.segments)
    assert columns == records
    assert to_json(columns) == to_json(records)
    assert to_toml(columns) == to_toml(records)
    assert to_text(columns) == to_text(records)


def test_a_table_of_segments_is_written_as_its_records_are(tmp_path: Path) -> None:
    found = evaluated(tmp_path)
    assert to_json(found) == written(document(found), 0, 0) + "\n"
    assert '"place": null' in to_json(found)


@pytest.mark.parametrize("count", [0, 1, TOGETHER, TOGETHER + 1, 3 * TOGETHER])
def test_kpis_are_written_some_at_a_time_as_they_are_at_once(tmp_path: Path, count: int) -> None:
    found = evaluated(tmp_path)
    many = replace(found, kpis=tuple(islice(cycle(found.kpis), count)))
    assert to_json(many) == written(document(many), 0, 0) + "\n"
    assert sum(text.count('"kind"') > 0 for text in pieces(many)) == -(-count // TOGETHER)


def test_segments_as_columns_are_a_sequence(tmp_path: Path) -> None:
    segments = next(kpi.segments for kpi in evaluated(tmp_path).kpis if kpi.name == "mean")
    records = tuple(segments)
    assert isinstance(segments, Alike)
    assert len(segments) == len(records) > 3
    assert (segments[0], segments[-1], segments[1:3]) == (records[0], records[-1], records[1:3])
    assert segments == records
    assert segments != records[1:]
    assert segments != list(records)
    assert hash(segments) == hash(records)
    assert repr(segments) == repr(records)
    assert pickle.loads(pickle.dumps(segments)) == segments
    with pytest.raises(IndexError):
        segments[len(records)]


def test_many_segments_are_the_same_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = evaluated(tmp_path)
    monkeypatch.setattr(build, "FEW", 2)
    monkeypatch.setattr(build, "TOGETHER", 2)
    monkeypatch.setattr(kpis, "MANY", 2)
    many = evaluated(tmp_path)
    found = {kpi.name: kpi.segments for kpi in many.kpis if isinstance(kpi.segments, ManyAlike)}
    assert set(found) == {"sold", "mean", "share", "worth", "first"}
    assert many == few
    for write in (to_json, to_toml, to_text):
        assert write(many) == write(few)
    assert to_json(many).count('"by"') == written(document(few), 0, 0).count('"by"')
    assert to_arrow(many).equals(to_arrow(few))
    segments, records = found["mean"], tuple(found["mean"])
    assert [len(part) for part in segments.parts()] == [2] * (len(records) // 2) + [1] * (len(records) % 2)
    assert (segments[0], segments[-1], segments[3], segments[1:4]) == (
        records[0], records[-1], records[3], records[1:4],
    )  # fmt: skip
    assert segments == records
    assert hash(segments) == hash(records)
    with pytest.raises(IndexError):
        segments[len(records)]
