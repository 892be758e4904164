"""The pages of an answer, one after another, each as its records."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import httpx

from kpidsl.diagnostics import SourceError
from kpidsl_rest.client import Client, Params
from kpidsl_rest.options import UNSAID, RestOptions

Record = Mapping[str, Any]
COUNTED = ("page", "offset")
_MORE = (
    *("next", "next_page", "nextPage", "next_url", "nextUrl", "next_page_url", "nextLink", "@odata.nextLink"),
    *("next_cursor", "nextCursor", "next_page_token", "nextPageToken", "nextRecordsUrl", "has_more", "hasMore"),
    *("links.next", "links.next.href", "_links.next.href", "paging.next", "paging.next.after", "pagination.next"),
    *("pagination.next_url", "pagination.next_cursor", "pagination.has_more", "meta.next", "meta.next_cursor"),
    *("meta.has_more", "pageInfo.hasNextPage", "response_metadata.next_cursor", "additional_data.next_cursor"),
)
"""Where services say in an answer that there are more pages: a URL, a cursor, a number, or that it is so."""


def pages(client: Client, options: RestOptions, times: Params = ()) -> Iterator[list[Record]]:
    """The records of each page. Pages that are counted end with an empty one: one that is shorter than was asked for
    may be as long as the service allows. A page that does not follow from the one before is a SourceError: a cursor
    that was seen, the same records again, more pages than `max_pages`.
    """
    fixed = tuple((name, value) for name, _, value in (text.partition("=") for text in options.params)) + times
    if options.size_param is not None and options.size is not None:
        fixed += ((options.size_param, str(options.size)),)
    url, params, seen = client.below(options.path), fixed + _first(options), set[str]()
    before: list[Record] = []
    count = 0
    for number in range(options.max_pages):
        answer = client.get(url, params)
        body, records = _read(client, options, answer)
        if records and records == before and options.paging in COUNTED:
            raise _failed(
                client, f"gives the same records on page {number + 1} as on the one before",
                f"does it read the parameter `{_name(options)}`? If it does, ask for records with an id",
            )  # fmt: skip
        if options.paging == UNSAID and (more := _tells_of_more(answer, body)) is not None:
            raise _failed(
                client, f"gave a part of its records for {answer.request.url.path}: {more}",
                'say how its pages follow one another: `paging: …`; or `paging: "none"` if the first is all you want',
            )  # fmt: skip
        yield records
        before, count = records, count + len(records)
        following = _following(client, options, answer, body, number, count if records else None)
        if following is None:
            return
        if following in seen:
            raise _failed(client, f"leads back to a page that was read ({following!s:.80})", "is `next` right?")
        seen.add(following)
        if options.paging in ("next", "link"):
            url, params = following, ()
        else:
            params = (*fixed, (_name(options), following))
    raise _failed(
        client, f"has more than {options.max_pages:,} pages", "ask for less, for larger pages, or raise `max_pages`"
    )


def _tells_of_more(answer: httpx.Response, body: object) -> str | None:
    """How an answer tells that there is more than it gives; None where it does not."""
    if answer.links.get("next", {}).get("url"):
        return "its header `Link` names a next page"
    if answer.status_code == httpx.codes.PARTIAL_CONTENT:
        return "it answers 206, Partial Content"
    if not isinstance(body, Mapping):
        return None
    for path in _MORE:
        found = body.get(path) if path in body else at(body, path)
        if isinstance(found, str | int) and found:
            return f"`{path}` in its answer is {json.dumps(found, ensure_ascii=False):.80}"
    return None


def at(value: object, path: str) -> object:
    """What a dotted path leads to inside nested objects and lists; None where it ends early."""
    for part in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _name(options: RestOptions) -> str:
    """The parameter that says which page is wanted."""
    names = {"page": options.page_param, "offset": options.offset_param, "cursor": options.cursor_param}
    return names[options.paging]


def _first(options: RestOptions) -> Params:
    match options.paging:
        case "page":
            return ((options.page_param, str(options.first_page)),)
        case "offset":
            return ((options.offset_param, "0"),)
        case _:
            return ()


def _following(
    client: Client, options: RestOptions, answer: httpx.Response, body: object, number: int, count: int | None
) -> str | None:
    """The page's number, offset, cursor or URL that comes next; None after the last. `count` is how many records there
    were so far, None where the page was empty.
    """
    match options.paging:
        case "page":
            return None if count is None else str(options.first_page + number + 1)
        case "offset":
            return None if count is None else str(count)
        case "cursor":
            found = at(body, options.next)
            return None if found in (None, "", False) else str(found)
        case "next":
            found = at(body, options.next)
            target = found if isinstance(found, str) and found else None
        case "link":
            target = answer.links.get("next", {}).get("url")
        case _:
            return None
    if target is None:
        return None
    return _without_key(client, client.joined(answer, target, "names as its next page one of"))


def _without_key(client: Client, url: str) -> str:
    """A next URL may repeat the key that was sent: it is added again, and belongs into no message."""
    name = client.connection.key_param
    return url if name is None else str(httpx.URL(url).copy_remove_param(name))


def _read(client: Client, options: RestOptions, answer: httpx.Response) -> tuple[object, list[Record]]:
    path = answer.request.url.path
    if options.format == "csv":
        return None, _csv(client, answer, path)
    try:
        body = json.loads(answer.content, parse_float=Decimal, parse_constant=_no_number)
    except _NoNumber as found:
        raise _failed(
            client, f"gave for {path} what is not JSON: {found}", "the service has to write null for what is no number"
        ) from None
    except (ValueError, RecursionError):
        kind = answer.headers.get("content-type", "no type")
        what = f"gave for {path} what is not JSON, or half of it ({len(answer.content):,} bytes, {kind})"
        raise _failed(client, what, "is the path right? If it is, try again later") from None
    records = at(body, options.records)
    if records is None and options.records and _has_parent(body, options.records):
        return body, []  # some services say null for nothing
    if not isinstance(records, list) or not all(isinstance(one, Mapping) for one in records):
        keys = f"; the answer has {', '.join(list(body)[:8])}" if isinstance(body, Mapping) else ""
        where = f"`{options.records}` in its answer is" if options.records else "its answer is"
        raise _failed(
            client, f"gave no records for {path}: {where} no list of objects{keys}", "name their path: `records: …`"
        )
    return body, records


def _has_parent(body: object, path: str) -> bool:
    """Whether the last step of a path is there, and null."""
    parent, _, last = path.rpartition(".")
    holder = at(body, parent)
    return isinstance(holder, Mapping) and last in holder


def _csv(client: Client, answer: httpx.Response, path: str) -> list[Record]:
    lines = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = next(lines, [])
        found: list[Record] = []
        for row in lines:
            if not row:
                continue
            if len(row) != len(header):
                what = f"gave a CSV row for {path} with {len(row)} fields, and the header has {len(header)}"
                raise SourceError(
                    f"the service `{client.name}` {what} (line {lines.line_num})", code="K0603",
                    hint="is the answer whole? Try again, or tell those who run the service",
                )  # fmt: skip
            found.append({name: value or None for name, value in zip(header, row, strict=True)})
    except csv.Error as error:
        raise _failed(client, f"gave for {path} what is not CSV: {error}", "is the path right?") from None
    return found


class _NoNumber(Exception):
    """NaN or Infinity, which JSON does not have."""


def _no_number(text: str) -> object:
    raise _NoNumber(text)


def _failed(client: Client, message: str, hint: str) -> SourceError:
    return SourceError(f"the service `{client.name}` {message}", code="K0602", hint=hint)
