"""Paging, who asks, faults, and that no credential leaves its host: against a small real HTTP server."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

import kpidsl
from kpidsl.diagnostics import Severity, SourceError
from kpidsl.hookspecs import ColumnRequest, Context, Limits, ScanRequest, Secret
from kpidsl.semantic.types import DataType
from kpidsl_rest import open_rest
from kpidsl_rest.options import RestConnection, RestOptions
from servers import Server, datasette
from servers.answering import Answer, Asked, serving

PLUGIN = Path(__file__).resolve().parents[1]
ROWS = [{"id": number} for number in range(7)]


def read(url: str, path: str = "rows", *, columns: tuple[str, ...] = ("id",), end: datetime | None = None,
         connection: dict[str, object] | None = None, limits: Limits | None = None, **options: object):  # fmt: skip
    """The rows of a source, as lists of columns."""
    import pyarrow as pa

    made = RestConnection(url, **(connection or {}))  # type: ignore[arg-type]
    context = Context(Path(), Path(), connection=made, connection_name="shop", limits=limits or Limits(timeout=20))
    dataset = open_rest(RestOptions(path, **options), context)  # type: ignore[arg-type]
    request = ScanRequest(tuple(ColumnRequest(name) for name in columns), "id", None, end)
    return pa.table(dataset.scan(request)).to_pydict()


def query(asked: Asked) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(asked.path).query).items()}


def by_page(asked: Asked) -> Answer:
    page = int(query(asked).get("page", 1))
    return Answer(json.dumps(ROWS[3 * (page - 1) : 3 * page]))


def by_offset(asked: Asked) -> Answer:
    first, size = int(query(asked)["offset"]), min(int(query(asked)["limit"]), 3)  # three at most, whatever is asked
    return Answer(json.dumps({"data": {"items": ROWS[first : first + size]}}))


def by_cursor(asked: Asked) -> Answer:
    first = int(query(asked).get("after", 0))
    paging = {"next": {"after": str(first + 3)}} if first + 3 < len(ROWS) else {}
    return Answer(json.dumps({"results": ROWS[first : first + 3], "paging": paging}))


def by_next(asked: Asked) -> Answer:
    first = int(query(asked).get("from", 0))
    following = f"/rows?from={first + 3}" if first + 3 < len(ROWS) else None
    return Answer(json.dumps({"rows": ROWS[first : first + 3], "next": following}))


def by_link(asked: Asked) -> Answer:
    first = int(query(asked).get("from", 0))
    link = {"Link": f'</rows?from={first + 3}>; rel="next", </rows>; rel="first"'} if first + 3 < len(ROWS) else {}
    return Answer(json.dumps(ROWS[first : first + 3]), headers=link)


@pytest.mark.parametrize(
    ("answer", "options"),
    [
        (by_page, {"paging": "page"}),
        (by_page, {"paging": "page", "size_param": "limit", "size": 100}),
        (by_offset, {"paging": "offset", "size_param": "limit", "size": 3, "records": "data.items"}),
        (by_offset, {"paging": "offset", "size_param": "limit", "size": 100, "records": "data.items"}),
        (by_cursor, {"paging": "cursor", "cursor_param": "after", "next": "paging.next.after", "records": "results"}),
        (by_next, {"paging": "next", "records": "rows"}),
        (by_link, {"paging": "link"}),
    ],
)
def test_every_page_is_read_once(answer: Callable[[Asked], Answer], options: dict[str, object]) -> None:
    with serving(answer) as service:
        assert read(service.url, **options) == {"id": list(range(7))}


def test_pages_that_go_round_and_pages_without_end_are_told() -> None:
    with serving(lambda _: Answer('{"rows": [{"id": 1}], "next": "/rows?from=1"}')) as service:
        with pytest.raises(SourceError, match="leads back to a page that was read"):
            read(service.url, paging="next", records="rows")
        with pytest.raises(SourceError, match="the same records on page 2") as caught:
            read(service.url, paging="offset", records="rows", offset_param="ofset")
        assert "`ofset`" in (caught.value.hint or "")
    with (
        serving(lambda asked: Answer(json.dumps([{"id": int(query(asked)["page"])}]))) as service,
        pytest.raises(SourceError, match="more than 3 pages"),
    ):
        read(service.url, paging="page", max_pages=3)


@pytest.mark.parametrize("place", ["redirect", "next", "link"])
def test_a_credential_goes_to_no_other_host(place: str) -> None:
    with serving(lambda _: Answer('[{"id": 1}]')) as other:
        given = {
            "redirect": Answer(status=302, headers={"Location": f"{other.url}/rows"}),
            "next": Answer(json.dumps({"rows": ROWS, "next": f"{other.url}/rows"})),
            "link": Answer(json.dumps(ROWS), headers={"Link": f'<{other.url}/rows>; rel="next"'}),
        }
        with serving(lambda _: given[place]) as service:
            options = {"records": "rows" if place == "next" else "", "paging": "none" if place == "redirect" else place}
            with pytest.raises(SourceError, match="another host") as caught:
                read(service.url, connection={"token": Secret("t0p-s3cret")}, **options)
        assert other.asked == []
        assert "url" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://127.0.0.1/", "http://[::1", "http://a:b/", "file:///etc/passwd"]
)
def test_a_next_page_that_is_no_address_of_the_service_is_refused(target: str) -> None:
    body = json.dumps({"rows": ROWS, "next": target})
    with serving(lambda _: Answer(body)) as service, pytest.raises(SourceError, match="another host"):
        read(service.url, paging="next", records="rows")


def test_a_redirect_within_the_host_is_followed() -> None:
    def answer(asked: Asked) -> Answer:
        return (
            Answer('[{"id": 1}]') if asked.path == "/v2/rows" else Answer(status=301, headers={"Location": "/v2/rows"})
        )

    with serving(answer) as service:
        assert read(service.url, connection={"token": Secret("abcdef")}) == {"id": [1]}
        assert {one.headers["authorization"] for one in service.asked} == {"Bearer abcdef"}


@pytest.mark.parametrize(
    "path", ["https://evil.example/rows", "//evil.example/rows", "../admin", "a/%2e%2e/admin", "\\\\evil"]
)
def test_a_spec_names_no_host_and_leaves_no_folder(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        RestOptions(path)


def test_a_path_that_looks_like_a_user_stays_a_path() -> None:
    with serving(lambda _: Answer('[{"id": 1}]')) as service:
        read(service.url, "@evil.example/rows")
        assert {one.path for one in service.asked} == {"/@evil.example/rows"}


def test_a_token_that_no_header_may_hold_is_not_shown() -> None:
    with serving(lambda _: Answer('[{"id": 1}]')) as service:
        assert read(service.url, connection={"token": Secret("s€cret-token")}) == {"id": [1]}
        with pytest.raises(SourceError) as caught:
            read(service.url, connection={"token": Secret("two\nlines-token")}, limits=Limits(timeout=5, retries=0))
        assert "lines-token" not in caught.value.message


def test_keys_and_passwords() -> None:
    with serving(lambda _: Answer('[{"id": 1}]')) as service:
        read(service.url, connection={"api_key": Secret("k-123456"), "key_header": "X-Key"})
        assert service.asked[-1].headers["x-key"] == "k-123456"
        read(
            service.url,
            "rows?a=1",
            connection={"api_key": Secret("k-123456"), "key_param": "key"},
            params=("b=ü&c", "b=2"),
        )
        assert parse_qs(urlsplit(service.asked[-1].path).query) == {"a": ["1"], "b": ["ü&c", "2"], "key": ["k-123456"]}
        read(service.url, connection={"user": "me", "password": Secret("p-123456")})
        assert service.asked[-1].headers["authorization"] == "Basic " + base64.b64encode(b"me:p-123456").decode()


@pytest.mark.parametrize("way", ["basic", "body"])
def test_oauth_client_credentials(way: str) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.path == "/token":
            basic = asked.headers.get("authorization") == "Basic " + base64.b64encode(b"me:s%2F123456").decode()
            body = parse_qs(asked.body).get("client_secret") == ["s/123456"]
            right = basic if way == "basic" else body
            return Answer('{"access_token": "token-1"}') if asked.method == "POST" and right else Answer(status=401)
        return Answer('[{"id": 1}]', 200 if asked.headers.get("authorization") == "Bearer token-1" else 401)

    with serving(answer) as service:
        who = {"client_id": "me", "token_url": f"{service.url}/token", "scope": "read", "client_auth": way}
        assert read(service.url, connection={**who, "client_secret": Secret("s/123456")}) == {"id": [1]}
        assert parse_qs(service.asked[0].body)["grant_type"] == ["client_credentials"]
        with pytest.raises(SourceError, match="answered 401 Unauthorized to /token") as caught:
            read(service.url, connection={**who, "client_secret": Secret("wrong-secret")})
        assert "credentials of `shop`" in (caught.value.hint or "")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_asked_again_as_the_server_says(status: int) -> None:
    tries: list[str] = []

    def answer(asked: Asked) -> Answer:
        tries.append(asked.path)
        return Answer(status=status, headers={"Retry-After": "0"}) if len(tries) % 3 else Answer('[{"id": 1}]')

    with serving(answer) as service:
        assert read(service.url) == {"id": [1]}
        assert len(tries) == 6  # the columns, then the rows


@pytest.mark.parametrize(
    ("answer", "says", "code"),
    [
        (Answer(status=500), "answered 500", "K0602"),
        (Answer(status=429, headers={"Retry-After": "3600"}), "answered 429", "K0602"),
        (Answer(status=404), "answered 404", "K0601"),
        (Answer(status=403), "answered 403", "K0602"),
        (Answer('[{"id": 1}, {"i'), "is not JSON, or half of it", "K0602"),
        (Answer('[{"id": NaN}]'), "is not JSON: NaN", "K0602"),
        (Answer('[{"id": {"a": 1}}, {"id": 2}]'), 'record 1: `id` is {"a": 1}, and a plain value in others', "K0604"),
        (Answer('[{"id": 1}', cut=500), "broke off its answer", "K0602"),
        (Answer("<html>"), "is not JSON", "K0602"),
        (
            Answer('{"data": [{"id": 1}]}'),
            "gave no records for /rows: its answer is no list of objects; the answer has data",
            "K0602",
        ),
        (Answer("[" * 100_000), "is not JSON", "K0602"),
    ],
)
def test_an_answer_that_cannot_be_used_is_told(answer: Answer, says: str, code: str) -> None:
    with serving(lambda _: answer) as service:
        with pytest.raises(SourceError, match=says) as caught:
            read(
                service.url,
                connection={"api_key": Secret("k-987654"), "key_param": "key"},
                limits=Limits(timeout=5, retries=0),
            )
        assert caught.value.code == code
        assert caught.value.hint
        assert "`shop`" in caught.value.message
        assert "k-987654" not in caught.value.message + caught.value.hint


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    with serving(
        lambda _: Answer('[{"t": "2026-03-01", "x": 0.1}, {"t": "2026-03-01", "x": 12345678901234567890.25}]')
    ) as service:
        (tmp_path / "kpidsl.toml").write_text(
            f'[connections.shop]\nprovider = "rest"\nurl = "{service.url}"\n', "utf-8"
        )
        spec = 'source s { from rest(shop, "rows"); column x: decimal; column t: date; time t }\nmetric m = sum(x) from s over all time\n'
        (tmp_path / "spec.kpi").write_text(spec, "utf-8")
        found = kpidsl.load([tmp_path / "spec.kpi"]).evaluate(as_of="2026-03-31")
    assert not found.errors, found.errors
    assert found.metrics[0].value == Decimal("12345678901234567890.35")


def test_a_value_of_another_type_is_told_with_its_record() -> None:
    with serving(lambda asked: Answer('[{"id": 1}]' if "page=1" in asked.path else '[{"id": "x"}]')) as service:
        with pytest.raises(SourceError, match="record 2: `id` is x, and was integer before") as caught:
            read(service.url, paging="page")
        assert caught.value.code == "K0604"


def test_nested_records_become_columns() -> None:
    record = {"id": 1, "customer": {"country": "DE", "address": {"city": "Köln"}}, "tags": ["a"], "a.b": 2}
    with serving(lambda _: Answer(json.dumps([record]))) as service:
        assert read(service.url, columns=("customer_country", "customer_address_city", "tags")) == {
            "customer_country": ["DE"], "customer_address_city": ["Köln"], "tags": ['["a"]'],
        }  # fmt: skip


def test_half_a_character_is_no_text() -> None:
    with serving(lambda _: Answer(r'[{"g": "cut \ud83d"}, {"g": "\ud83d\ude00"}]')) as service:
        assert read(service.url, columns=("g",)) == {"g": ["cut \ufffd", "\U0001f600"]}


def test_csv_answers_and_a_row_that_is_cut_off() -> None:
    with serving(lambda _: Answer('id,x\n1,"a\nb"\n2,\n')) as service:
        assert read(service.url, columns=("id", "x"), format="csv") == {"id": ["1", "2"], "x": ["a\nb", None]}
    with serving(lambda _: Answer("id,x\n1,a\n2")) as service, pytest.raises(SourceError, match=r"1 fields.*line 3"):
        read(service.url, format="csv")


@pytest.mark.server
def test_a_real_service_by_cursor_by_link_and_as_csv(datasette_server: Server) -> None:
    table = f"t{uuid.uuid4().hex}"
    with closing(sqlite3.connect(datasette_server.details["file"])) as database:
        database.execute(f"create table {table} (id integer primary key, name text)")
        database.executemany(
            f"insert into {table} values (?, ?)", [(number, f"Zoë, {number}") for number in range(2500)]
        )
        database.commit()
    url, ids = datasette_server.details["url"], {"id": list(range(2500))}
    shape = ("_shape=objects", "_size=1000")
    path = f"shop/{table}.json"
    assert read(url, path, records="rows", params=shape, paging="cursor", cursor_param="_next", next="next") == ids
    assert read(url, path, records="rows", params=shape, paging="link") == ids
    found = read(url, f"shop/{table}.csv", columns=("id", "name"), format="csv", params=("_stream=on",))
    assert found == {"id": [str(one) for one in ids["id"]], "name": [f"Zoë, {one}" for one in ids["id"]]}
    with pytest.raises(SourceError, match="answered 404"):
        read(url, "shop/nothing.json")


@pytest.mark.server
def test_a_service_that_is_killed_cannot_be_reached() -> None:
    with datasette.running() as one:
        url = one.details["url"]
        one.kill()
        with pytest.raises(SourceError, match=r"cannot be reached|broke off"):
            read(url, "shop/empty.json", limits=Limits(timeout=5, retries=1))


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ("iso", "2026-04-01T00:00:00+00:00"),
        ("date", "2026-04-02"),
        ("unix", "1775001601"),
        ("unix_ms", "1775001601000"),
    ],
)
def test_the_end_is_told_to_the_service(form: str, says: str) -> None:
    with serving(lambda _: Answer('[{"id": 1}]')) as service:
        read(service.url, end=datetime(2026, 4, 1, tzinfo=UTC), end_param="until", time_format=form)
        assert query(service.asked[-1])["until"] == says


def test_the_example_runs(tmp_path: Path) -> None:
    answer = (PLUGIN / "example" / "data" / "deals.json").read_text("utf-8")
    with serving(lambda _: Answer(answer)) as service:
        settings = (PLUGIN / "example" / "kpidsl.toml").read_text("utf-8")
        (tmp_path / "kpidsl.toml").write_text(settings.replace("http://127.0.0.1:8000", service.url), "utf-8")
        (tmp_path / "deals.kpi").write_text((PLUGIN / "example" / "deals.kpi").read_text("utf-8"), "utf-8")
        found = kpidsl.load([tmp_path]).evaluate(as_of="2026-03-31")
    assert not found.errors, found.errors
    assert found.kpis[0].assessment.value == Decimal("320.1")


def test_a_failing_service_costs_the_others_nothing_and_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "here.csv").write_text("day\n2026-03-02\n", "utf-8")
    (tmp_path / "spec.kpi").write_text(
        """
        source s { from rest(shop, "rows"); time at; column at: date }
        source here { from csv("here.csv"); time day }
        kpi elsewhere { value count() from s over last month; target >= 1 }
        kpi sound { value count() from here over last month; target >= 1 }
        """,
        "utf-8",
    )
    with serving(lambda _: Answer("[{", status=500)) as service:
        (tmp_path / "kpidsl.toml").write_text(
            f'[connections.shop]\nprovider = "rest"\nurl = "{service.url}"\nkey_param = "key"\n'
            'api_key = {env = "SHOP_KEY"}\nretries = 0\n', "utf-8",
        )  # fmt: skip
        command = [sys.executable, "-m", "kpidsl", "eval", "spec.kpi", "--debug", "--as-of", "2026-03-31", "-f", "json"]
        environment = {**os.environ, "SHOP_KEY": "k-555777", "KPIDSL_PLUGINS": "rest"}
        ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ran.returncode == 3, ran.stderr
    assert [(one["name"], one["status"]) for one in json.loads(ran.stdout)["kpis"]] == [
        ("elsewhere", "error"),
        ("sound", "green"),
    ]
    assert "the service `shop` answered 500" in ran.stdout
    assert "k-555777" not in ran.stdout + ran.stderr


@pytest.mark.parametrize("page", ["README.md", "SERVICES.md"])
def test_kpidsl_accepts_what_the_pages_show(page: str, tmp_path: Path) -> None:
    text = (PLUGIN / page).read_text("utf-8")
    blocks = [part.partition("\n") for part in text.split("```")[1::2]]
    settings = "\n".join(body for kind, _, body in blocks if kind == "toml")
    specs = "\n".join(body for kind, _, body in blocks if kind == "kpi")
    sources = text.count("\n## ") if page == "SERVICES.md" else 1
    assert settings.count("[connections.") == specs.count("source ") == sources
    (tmp_path / "kpidsl.toml").write_text(settings, "utf-8")
    (tmp_path / "spec.kpi").write_text(specs, "utf-8")
    report = kpidsl.load([tmp_path / "spec.kpi"]).check()
    assert [one.message for one in report.diagnostics if one.severity is Severity.ERROR] == []


def test_types_of_columns() -> None:
    rows = [{"a": True, "b": 1, "c": 1, "d": "x", "e": None, "f": [1], "g": 2**60}, {"c": 1.5}, {"g": 0.5}]
    with serving(lambda _: Answer(json.dumps(rows))) as service:
        context = Context(Path(), Path(), connection=RestConnection(service.url), connection_name="shop")
        found = {one.name: one.type for one in open_rest(RestOptions("rows"), context).schema().columns}
    kinds = (
        DataType.BOOLEAN,
        DataType.INTEGER,
        DataType.FLOAT,
        DataType.TEXT,
        DataType.TEXT,
        DataType.TEXT,
        DataType.TEXT,
    )
    assert found == dict(zip("abcdefg", kinds, strict=True))
