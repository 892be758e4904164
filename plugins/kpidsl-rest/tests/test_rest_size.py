"""How much of one answer is read, packed or not; and what is known of fields without a value."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ColumnRequest, Context, Limits, ScanRequest
from kpidsl_rest import open_rest
from kpidsl_rest.options import RestConnection, RestOptions
from servers.answering import Answer, serving


def read(url: str) -> dict[str, list[object]]:
    import pyarrow as pa

    context = Context(Path(), Path(), connection=RestConnection(url), connection_name="shop", limits=Limits(timeout=20))
    dataset = open_rest(RestOptions("rows"), context)
    return pa.table(dataset.scan(ScanRequest((ColumnRequest("id"),)))).to_pydict()


def test_an_answer_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpidsl_rest.client.MOST_BYTES", 1024 * 1024)
    rows = '[{"id": 1}' + " " * 2_000_000 + "]"
    packed = gzip.compress(rows.encode())
    for answer in (Answer(rows), Answer(packed, headers={"Content-Encoding": "gzip"})):
        with serving(lambda _, answer=answer: answer) as service:
            with pytest.raises(SourceError, match="gave more than 1 MB in one answer to /rows") as caught:
                read(service.url)
            assert caught.value.code == "K0602"
            assert len(service.asked) == 1  # it will not be smaller the next time


def test_packed_answers_are_unpacked() -> None:
    answer = Answer(gzip.compress(b'[{"id": 1}]'), headers={"Content-Encoding": "gzip"})
    with serving(lambda _: answer) as service:
        assert read(service.url) == {"id": [1]}


def test_a_field_without_a_value_is_whatever_it_is_used_as() -> None:
    with serving(lambda _: Answer('[{"id": 1, "paid": null, "note": "x"}, {"id": 2, "note": null}]')) as service:
        context = Context(Path(), Path(), connection=RestConnection(service.url), limits=Limits(timeout=20))
        columns = open_rest(RestOptions("rows"), context).schema().columns
    assert [(one.name, one.type.value, one.is_blank) for one in columns] == [
        ("id", "integer", False),
        ("paid", "text", True),
        ("note", "text", False),
    ]
