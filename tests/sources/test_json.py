"""JSON and newline-delimited JSON: exact numbers, flattened structures, faults with their line."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpidsl.diagnostics import SourceError
from kpidsl.semantic.types import DataType as T
from kpidsl.sources import json_text
from sources.reading import ask, civil, dataset, read, told, write

SHOP = """[
  {"id": 1, "amount": 1.10, "big": 12345678901234567890.123456789, "at": "2026-01-01T10:00:00Z", "code": "00123",
   "customer": {"country": "DE", "tier": {"name": "gold"}}, "lines": [1, 2], "ok": true, "f": 1e3},
  {"id": 2, "amount": null, "code": "", "customer": {"country": "Österreich"}, "extra": NaN}
]
"""


def test_an_array_of_objects(tmp_path: Path) -> None:
    write(tmp_path / "shop.json", SHOP)
    table = read(dataset(tmp_path, "json", "shop.json"))
    assert table.schema == {
        "id": "integer",
        "amount": "decimal",
        "big": "decimal",
        "at": "instant",
        "code": "text",
        "customer.country": "text",
        "customer.tier.name": "text",
        "lines": "other",
        "ok": "boolean",
        "f": "float",
        "extra": "text",
    }
    assert table.column("amount") == [Decimal("1.10"), None]
    assert table.column("big") == [Decimal("12345678901234567890.123456789"), None]
    assert table.column("code") == ["00123", ""]
    assert table.column("customer.country") == ["DE", "Österreich"]
    assert table.column("customer.tier.name") == ["gold", None]
    assert table.column("at") == ["2026-01-01 10:00:00+00", None]


@pytest.mark.parametrize("provider", ["json", "ndjson"])
def test_half_a_character_is_no_text(tmp_path: Path, provider: str) -> None:
    """JavaScript writes what is left of a text that was cut in the midst of an emoji as `\\ud83d`."""
    write(tmp_path / "x.json", r'{"a": "cut \ud83d", "b": 1}{"a": "\ud83d\ude00 \udfff", "b": 2}')
    assert read(dataset(tmp_path, provider, "x.json")).rows == [("cut \ufffd", 1), ("\U0001f600 \ufffd", 2)]


@pytest.mark.parametrize("provider", ["json", "ndjson"])
@pytest.mark.parametrize("pack", [False, True])
def test_one_object_a_line(tmp_path: Path, provider: str, pack: bool) -> None:
    raw = b'{"a": 1}\r\n\r\n{"a": 2, "b": "x"}'
    name = "x.ndjson.gz" if pack else "x.ndjson"
    write(tmp_path / name, gzip.compress(raw) if pack else raw)
    assert read(dataset(tmp_path, provider, name)).rows == [(1, None), (2, "x")]


def test_records_inside_a_document(tmp_path: Path) -> None:
    write(tmp_path / "d.json", '{"data": {"items": [{"a": 1.50}, {"a": 2}], "n": 2}}')
    assert read(dataset(tmp_path, "json", "d.json", records="data.items")).column("a") == [Decimal("1.50"), Decimal(2)]
    with pytest.raises(SourceError) as caught:
        read(dataset(tmp_path, "json", "d.json"), ask(a=None))
    assert 'records: "data.items"' in told(caught.value)
    for path, words in (
        ("data.rows", "`data` has items, n"),
        ("rows", "the document has data"),
        ("data.n", "no array"),
    ):
        with pytest.raises(SourceError, match=words):
            dataset(tmp_path, "json", "d.json", records=path).schema()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2"], "integer"),
        (["1", "2.50"], "decimal"),
        (["1", "2e0"], "float"),
        (["1", "null"], "integer"),
        (['"1"', '"2"'], "text"),
        (["1", '"x"'], "text"),
        (["true", "false"], "boolean"),
        (["true", "1"], "text"),
        (['"2026-01-01"', '"2026-01-02T03:04"'], "timestamp"),
        (['"2026-01-01"', '"x"'], "text"),
        (["null"], "text"),
        (["[1]"], "other"),
        (["9" * 40], "text"),
        (["Infinity", "1.5"], "float"),
    ],
)
def test_types_from_the_data(tmp_path: Path, values: list[str], kind: str) -> None:
    write(tmp_path / "v.ndjson", "".join(f'{{"v": {value}}}\n' for value in values))
    assert read(dataset(tmp_path, "ndjson", "v.ndjson")).schema["v"] == kind


def test_declared_types(tmp_path: Path) -> None:
    write(tmp_path / "v.json", '[{"v": "1.10", "t": "01.02.2026", "i": 3.0, "b": 1}]')
    wanted = ask(v=T.DECIMAL, t=(T.TIMESTAMP, "%d.%m.%Y"), i=T.INTEGER, b=T.BOOLEAN)
    assert read(dataset(tmp_path, "json", "v.json"), wanted).rows == [(Decimal("1.10"), civil(2026, 2, 1), 3, True)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[{"a": 1},\n {"a": oops}]', "x.json:2"),
        ('[{"a": 1},\n {"a": 2\n', "x.json:3"),
        ('[{"a": 1}\n {"a": 2}]', "x.json:2"),
        ('[{"a": 1},\n,{"a": 2}]', "x.json:2"),
        ('[{"a": 1},\n 5]', "x.json:2"),
        ('[{"a": 1}\n', "x.json:2"),
        ('[{"a": 1}]\n{"a": 2}', "x.json:1"),
        ('{"a": 1}\n\nnonsense', "x.json:3"),
        ('"text"', "x.json:1"),
    ],
)
def test_what_is_no_json(tmp_path: Path, text: str, place: str) -> None:
    write(tmp_path / "x.json", text)
    with pytest.raises(SourceError) as caught:
        dataset(tmp_path, "json", "x.json").schema()
    assert caught.value.code == "K0603"
    assert caught.value.message.startswith(f"{place}: ")


def test_a_bad_value_has_its_line(tmp_path: Path) -> None:
    write(tmp_path / "a.json", '[{"v": 1}]')
    write(tmp_path / "b.json", '[\n  {"v": 2},\n  {"w": 1,\n   "v": "x"}\n]')
    with pytest.raises(SourceError) as caught:
        read(dataset(tmp_path, "json", "*.json"), ask(v=T.DECIMAL))
    assert caught.value.message.startswith('b.json:3: "x" in column `v` is not a number')


def test_empty(tmp_path: Path) -> None:
    for text in ("", " \n"):
        write(tmp_path / "x.json", text)
        with pytest.raises(SourceError, match="is empty") as caught:
            dataset(tmp_path, "json", "x.json").schema()
        assert caught.value.code == "K0606"
    write(tmp_path / "x.json", "[]")
    assert read(dataset(tmp_path, "json", "x.json")).rows == []


def test_not_utf8_and_damaged(tmp_path: Path) -> None:
    write(tmp_path / "x.json", b'[{"a": "\xff"}]')
    write(tmp_path / "x.json.gz", gzip.compress(b'[{"a": 1}]')[:-6])
    for name in ("x.json", "x.json.gz"):
        with pytest.raises(SourceError) as caught:
            dataset(tmp_path, "json", name).schema()
        assert caught.value.code == "K0602"


def test_unknown_column(tmp_path: Path) -> None:
    write(tmp_path / "x.json", '[{"amount": 1}]')
    with pytest.raises(SourceError) as caught:
        read(dataset(tmp_path, "json", "x.json"), ask(amuont=None))
    assert told(caught.value) == "K0605 x.json has no column `amuont` | did you mean `amount`? It has amount"


RECORDS = st.lists(st.dictionaries(st.text(max_size=3), st.none() | st.integers() | st.text(max_size=9)), max_size=6)


@settings(max_examples=60)
@given(found=RECORDS, layout=st.sampled_from(["array", "lines", "pretty"]), chunk=st.integers(1, 40))
def test_records_are_found_wherever_the_text_is_cut(
    tmp_path_factory: pytest.TempPathFactory, found: list[dict[str, object]], layout: str, chunk: int
) -> None:
    path = tmp_path_factory.mktemp("json") / "x.json"
    if layout == "lines":
        text = "".join(json.dumps(record) + "\n" for record in found)
    else:
        text = json.dumps(found, indent=2 if layout == "pretty" else None)
    write(path, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "_CHUNK", chunk)
        if not text.strip():
            with pytest.raises(SourceError, match="is empty"):
                list(json_text.records(path, "x.json"))
            return
        records = list(json_text.records(path, "x.json"))
    read_back = [json.loads(json.dumps(record.value)) for record in records]
    assert read_back == [{name: str(v) if isinstance(v, int) else v for name, v in record.items()} for record in found]
    lines = text.split("\n")
    assert all(lines[(record.line or 0) - 1].lstrip(" [").startswith("{") for record in records)


def test_many_columns_are_converted_as_a_few_are(tmp_path: Path) -> None:
    """As lists (ADR 0060), a hundred at a time: they have the types, the values and the mistakes that each has alone."""
    kinds = ("{n}", "{n}.50", '"2026-03-{n:02}"', '"text {n}"', "true", "1e{n}", "null")
    names = [f"c{place}" for place in range(210)]
    lines = []
    for n in range(1, 6):
        values = (kinds[place % len(kinds)].format(n=n) for place in range(len(names)))
        lines.append("{" + ", ".join(f'"{name}": {value}' for name, value in zip(names, values, strict=True)) + "}")
    (tmp_path / "wide.ndjson").write_text("\n".join(lines), "utf-8")
    opened = dataset(tmp_path, "ndjson", "wide.ndjson")
    wide = read(opened, ask(**dict.fromkeys(names)))
    few = read(opened, ask(**dict.fromkeys(names[:7])))
    for place, name in enumerate(names):
        alone = f"c{place % len(kinds)}"
        assert (wide.types[name], wide.column(name)) == (few.types[alone], few.column(alone)), name
    with pytest.raises(SourceError, match=r'wide.ndjson:1: "text 1" in column `c206` is not a number'):
        read(opened, ask(**{**dict.fromkeys(names), "c206": T.DECIMAL}))
