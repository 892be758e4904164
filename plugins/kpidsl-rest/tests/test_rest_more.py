"""Answers that tell of more than they give, and what stands in their headers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ColumnRequest, Context, Limits, ScanRequest
from kpidsl_rest import open_rest
from kpidsl_rest.options import RestConnection, RestOptions
from servers.answering import Answer, serving


def read(url: str, **options: str) -> dict[str, list[object]]:
    import pyarrow as pa

    context = Context(Path(), Path(), connection=RestConnection(url), connection_name="shop", limits=Limits(timeout=20))
    dataset = open_rest(RestOptions("rows", **options), context)  # type: ignore[arg-type]
    found: dict[str, list[object]] = pa.table(dataset.scan(ScanRequest((ColumnRequest("id"),)))).to_pydict()
    return found


MORE = [
    (Answer('[{"id": 1}]', headers={"Link": '</rows?page=2>; rel="next"'}), "", "its header `Link` names a next page"),
    (Answer('[{"id": 1}]', status=206), "", "it answers 206, Partial Content"),
    (Answer('{"rows": [{"id": 1}], "has_more": true}'), "rows", "`has_more` in its answer is true"),
    (Answer('{"rows": [{"id": 1}], "next_page": 2}'), "rows", "`next_page` in its answer is 2"),
    (Answer('{"rows": [{"id": 1}], "meta": {"next": "/rows?page=2"}}'), "rows", '`meta.next` in its answer is "/rows'),
    (Answer('{"rows": [{"id": 1}], "@odata.nextLink": "/rows?$skip=1"}'), "rows", "`@odata.nextLink` in its answer"),
]


@pytest.mark.parametrize(("answer", "records", "says"), MORE)
def test_a_part_of_the_records_is_not_taken_for_all(answer: Answer, records: str, says: str) -> None:
    """A sum over the first page was given, without a word."""
    with serving(lambda _: answer) as service:
        with pytest.raises(SourceError, match=f"gave a part of its records for /rows: {re.escape(says)}") as caught:
            read(service.url, records=records)
        assert 'paging: "none"' in (caught.value.hint or "")
        assert read(service.url, records=records, paging="none") == {"id": [1]}


@pytest.mark.parametrize("more", ['"next": null', '"has_more": false', '"next_page": 0', '"links": {"next": ""}'])
def test_the_last_page_is_all(more: str) -> None:
    with serving(lambda _: Answer(f'{{"rows": [{{"id": 1}}], {more}}}')) as service:
        assert read(service.url, records="rows") == {"id": [1]}


def test_a_header_may_hold_any_letters() -> None:
    """As the name of a file does that an export is to be saved as."""
    answer = Answer('[{"id": 1}]', headers={"Content-Disposition": 'attachment; filename="Ums\xe4tze.json"'})
    with serving(lambda _: answer) as service:
        assert read(service.url) == {"id": [1]}


def test_a_time_to_wait_that_is_none_is_no_fault() -> None:
    answer = Answer(status=503, headers={"Retry-After": "\xb2"})
    with serving(lambda _: answer) as service, pytest.raises(SourceError, match="answered 503"):
        read(service.url)
