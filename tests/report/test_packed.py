"""Many segments: packed and unpacked they are what they were, and the document is the same text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import tomli_w

from kpidsl.assess.packed import FEW, TOGETHER, Packed, Packing
from kpidsl.assess.results import Results, Segment
from kpidsl.cli.output import write_file
from kpidsl.report import FORMATS, to_arrow, to_json, to_text, to_toml, toml
from kpidsl.report.document import document
from kpidsl.report.json import pieces, written
from kpidsl.report.toml import _without_null
from report.sample import assessment, kpi, results, shop

COUNTS = (0, 1, FEW, FEW + 1, FEW + TOGETHER, FEW + TOGETHER + 1)


def packed(records: Sequence[Segment]) -> Sequence[Segment]:
    packing: Packing[Segment] = Packing()
    for record in records:
        packing.append(record)
    return packing.done()


def segments(count: int) -> tuple[Segment, ...]:
    """All that a segment can hold, and members that differ."""
    judged = [found.assessment for found in shop().kpis]
    judged.extend(segment.assessment for found in shop().kpis for segment in found.segments)
    judged.append(assessment("1e-30"))
    return tuple(
        Segment((("who", None if number == 3 else f"ä {number}"), ("n", Decimal(number)), ("b", number % 2 == 0)),
                judged[number % len(judged)])
        for number in range(count)
    )  # fmt: skip


@pytest.mark.parametrize("count", COUNTS)
def test_what_was_packed_is_what_it_was(count: int) -> None:
    given = segments(count)
    found = packed(given)
    assert isinstance(found, Packed) is (count > FEW)
    assert len(found) == count
    assert tuple(found) == given
    assert found == given
    assert hash(found) == hash(given)
    if count:
        assert (found[0], found[-1], found[count // 2]) == (given[0], given[-1], given[count // 2])
    assert found[1:7:2] == given[1:7:2]
    with pytest.raises(IndexError):
        found[count]


def test_packed_records_that_differ_are_not_equal() -> None:
    given = segments(FEW + 5)
    found = packed(given)
    assert found != given[:-1]
    assert found != (*given[:-1], given[0])
    assert found != list(given)
    assert found[:3] == given[:3]


def both(count: int) -> tuple[Results, Results]:
    """Results whose segments are a tuple, and the same packed, beside a KPI that has few."""
    plain = results(kpi("a", segments=segments(count)), kpi("b", segments=segments(2)), kpi("c"))
    few = replace(plain.kpis[0], segments=packed(plain.kpis[0].segments))
    return plain, replace(plain, kpis=(few, *plain.kpis[1:]))


@pytest.mark.parametrize("count", [2, FEW, FEW + TOGETHER + 1])
def test_documents_are_the_same_text(count: int) -> None:
    plain, few = both(count)
    whole = written(document(plain), 0, 0) + "\n"
    assert to_json(few) == whole == to_json(plain)
    assert json.loads(whole)["kpis"][0].get("segments", []) == json.loads(json.dumps(document(few), default=float))[
        "kpis"
    ][0].get("segments", [])
    assert to_toml(few) == tomli_w.dumps(_without_null(document(plain)), indent=2) == to_toml(plain)
    assert to_text(few) == to_text(plain)
    assert to_arrow(few) == to_arrow(plain)
    for one in FORMATS:
        assert "".join(one.pieces(few)) == one.render(few)


def test_toml_has_short_segments_on_a_line_each_only_where_all_are_short() -> None:
    short = replace(assessment("1"), reason="", target=None, amber=None, gap=None, comparisons=(), trend=())
    for last in (short, replace(short, reason="long " * 20)):
        found = [Segment((("who", str(number)),), short) for number in range(FEW + 300)]
        found.append(Segment((("who", "last"),), last))
        one = results(kpi("a", segments=packed(found)), kpi("b", segments=packed(found)))
        assert to_toml(one) == tomli_w.dumps(_without_null(document(one)), indent=2)
        assert ("[[kpis.segments]]" in to_toml(one)) is (last is not short)


def test_a_document_of_many_segments_comes_in_small_pieces(tmp_path: Path) -> None:
    _, few = both(3 * FEW)
    assert max(map(len, pieces(few))) < 20_000 < len(to_json(few)) // 50
    assert max(map(len, toml.pieces(few))) < len(to_toml(few)) // 6
    write_file(tmp_path / "a.json", pieces(few))
    assert (tmp_path / "a.json").read_text("utf-8") == to_json(few)
