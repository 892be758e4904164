"""Formats, bad lines, packed files, the order of files, sessions and bots: on lines written here."""

from __future__ import annotations

import bz2
import gzip
import logging
import resource
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import kpidsl
from kpidsl import leftovers
from kpidsl.diagnostics import OptionError, SourceError
from kpidsl.hookspecs import ColumnRequest, Context, ScanRequest
from kpidsl.sources.options import build_options
from kpidsl_weblog import dataset as datasets
from kpidsl_weblog import kpidsl_providers, open_weblog
from kpidsl_weblog.formats import parsed
from kpidsl_weblog.options import WeblogOptions

(PROVIDER,) = kpidsl_providers()
START = datetime(2026, 3, 1, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 Firefox/140.0"


def line(
    seconds: float = 0,
    path: str = "/",
    *,
    ip: str = "192.0.2.1",
    agent: str = FIREFOX,
    status: int = 200,
    size: str = "10",
) -> str:
    moment = START + timedelta(seconds=seconds)
    return f'{ip} - - [{moment:%d/%b/%Y:%H:%M:%S} +0000] "GET {path} HTTP/1.1" {status} {size} "-" "{agent}"'


def log(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("".join(f"{each}\n" for each in lines), "utf-8")
    return path


def opened(folder: Path, path: str | tuple[str, ...] = "a.log", **options: Any) -> Any:
    patterns = (path,) if isinstance(path, str) else path
    return open_weblog(WeblogOptions(path=patterns, **options), Context(folder, folder))


def read(folder: Path, *names: str, path: str | tuple[str, ...] = "a.log", **options: Any) -> dict[str, list[Any]]:
    request = ScanRequest(tuple(ColumnRequest(name) for name in names))
    return pa.table(opened(folder, path, **options).scan(request)).to_pydict()


def refused(folder: Path, *names: str, path: str = "a.log", **options: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(folder, *names, path=path, **options)
    assert caught.value.hint
    return caught.value


# ---------------------------------------------------------------- formats
@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("common", '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326'),
        ('%h %l %u %t "%r" %>s %b', '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326'),
        ('%v:%p %h %l %u %t \\"%r\\" %>s %O', 'site:80 127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326'),
        ('$remote_addr $remote_user $time_iso8601 "$request" $status', '127.0.0.1 frank 2000-10-10T22:55:36+02:00 "GET /apache_pb.gif HTTP/1.0" 200'),
        ("$msec|${remote_addr}|$remote_user|$request_method|$uri|$server_protocol|$status", "971211336.000|127.0.0.1|frank|GET|/apache_pb.gif|HTTP/1.0|200"),
    ],
)  # fmt: skip
def test_the_same_line_in_many_formats(tmp_path: Path, form: str, text: str) -> None:
    log(tmp_path, "a.log", text)
    assert read(tmp_path, "time", "ip", "user", "method", "path", "protocol", "status", format=form) == {
        "time": [datetime(2000, 10, 10, 20, 55, 36, tzinfo=UTC)], "ip": ["127.0.0.1"], "user": ["frank"], "method": ["GET"],
        "path": ["/apache_pb.gif"], "protocol": ["HTTP/1.0"], "status": [200],
    }  # fmt: skip


def test_fields_of_all_kinds(tmp_path: Path) -> None:
    form = '%a %u %t "%r" %>s %b %D "%{Referer}i" "%{User-Agent}i" "%{uid}C" %{X-Request-Id}o %%'
    log(
        tmp_path,
        "a.log",
        '2001:db8::1 John Smith [01/Mar/2026:00:30:00 +0530] "POST /a?b=%20 HTTP/2.0" 201 - 1500 "https://a.b/c" "x" "-" r1 %',
    )
    names = opened(tmp_path, format=form).schema().names
    assert names[-2:] == ("visitor", "session")
    assert read(tmp_path, *names[:-2], format=form) == {
        "ip": ["2001:db8::1"], "user": ["John Smith"], "time": [datetime(2026, 2, 28, 19, tzinfo=UTC)],
        "request": ["POST /a?b=%20 HTTP/2.0"], "method": ["POST"], "path": ["/a"], "query": ["b=%20"], "protocol": ["HTTP/2.0"],
        "status": [201], "bytes": [0], "microseconds": [1500], "referrer": ["https://a.b/c"], "referrer_host": ["a.b"],
        "user_agent": ["x"], "cookie_uid": [None], "sent_http_x_request_id": ["r1"], "bot": [False], "page": [False],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"format": "nonsense"}, "combined"),
        ({"format": "$remote_addr$status"}, "nothing separates"),
        ({"format": "%h %{%Y}t"}, "write %t"),
        ({"format": "%h %Z"}, "%Z, which is not known"),
        ({"format": '"$request" $request_method'}, "two fields that are the column `method`"),
        ({"visitor": "cookie_uid"}, "`visitor` is a field of the format"),
        ({"rows": "sessions", "format": "$remote_addr $status"}, "sessions need"),
        ({"goal": "/thanks"}, 'write `rows: "sessions"`'),
        ({"idle_minutes": 0}, "more than 0"),
        ({"max_bad": 2}, "share"),
        ({"rows": "hits"}, "requests or sessions"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], says: str) -> None:
    with pytest.raises(OptionError) as caught:
        build_options(PROVIDER, ["a.log"], options)
    assert says in caught.value.message


def test_escapes_of_servers(tmp_path: Path) -> None:
    log(tmp_path, "a.log", line(path="/\\x22\\xC3\\xBC\\xff", agent='so \\"quoted\\" \\\\ and \\x22'))
    assert read(tmp_path, "path", "user_agent") == {"path": ['/"ü\ufffd'], "user_agent": ['so "quoted" \\ and "']}
    (tmp_path / "a.log").write_bytes(line(agent="raw ").encode()[:-1] + b'\xfc"\r\n')
    assert read(tmp_path, "user_agent") == {"user_agent": ["raw \ufffd"]}


def test_requests_that_are_none(tmp_path: Path) -> None:
    lines = [
        line().replace("GET / HTTP/1.1", request)
        for request in ("-", "", "\\x16\\x03\\x01", "GET /only", "get / HTTP/1.1")
    ]
    log(tmp_path, "a.log", *lines)
    assert read(tmp_path, "method", "path", "request") == {
        "method": [None, None, None, "GET", None], "path": [None, None, None, "/only", None],
        "request": [None, None, "\x16\x03\x01", "GET /only", "get / HTTP/1.1"],
    }  # fmt: skip


# ---------------------------------------------------------------- lines that are none
def test_bad_lines_are_left_out_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lines = [line(number) for number in range(500)]
    lines[6], lines[400] = "kernel: out of \x07memory", line().replace("Mar", "Mrz")
    log(tmp_path, "a.log", *lines[:300], "", *lines[300:])
    with caplog.at_level(logging.WARNING):
        assert len(read(tmp_path, "status")["status"]) == 498
    (told,) = caplog.messages
    assert told.startswith(
        '2 of 500 lines are not of the format: a.log:7: "kernel: out of \\x07memory"; a.log:402: "192.0.2.1'
    )


def test_too_many_are_an_error(tmp_path: Path) -> None:
    log(tmp_path, "a.log", *(line() for _ in range(98)), "x", "y")
    error = refused(tmp_path, "status")
    assert error.code == "K0603" and error.message.startswith(
        '2 of 100 lines are not of the format: a.log:99: "x"; a.log:100: "y"'
    )
    assert len(read(tmp_path, "status", max_bad=0.02)["status"]) == 98
    log(tmp_path, "a.log", *(line().rsplit(' "-"', 1)[0] for _ in range(3)))
    assert refused(tmp_path, "status").hint == 'such lines are `format: "common"`'


def test_a_file_of_something_else_is_given_up_early(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"noise\n" * 5_000_000)
    error = refused(tmp_path, "status")
    assert "of 174,762 lines" in error.message  # one megabyte of thirty
    (tmp_path / "a.log").write_bytes(b"x" * (3 << 20))
    assert "longer than 1 MiB" in refused(tmp_path, "status").message


def test_a_line_that_is_being_written(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(f"{line()}\n{line(1)}", "ascii")
    assert len(read(tmp_path, "status")["status"]) == 2


def test_lines_over_the_edges_of_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpidsl_weblog.lines.CHUNK", 1000)
    log(tmp_path, "a.log", *(line(number, f"/{number}") for number in range(500)))
    assert read(tmp_path, "path")["path"] == [f"/{number}" for number in range(500)]


# ---------------------------------------------------------------- files
def test_packed_logs(tmp_path: Path) -> None:
    whole = log(tmp_path, "a.log", line(), line(1)).read_bytes()
    (tmp_path / "b.log.gz").write_bytes(gzip.compress(whole) + gzip.compress(whole))  # as `cat a.gz b.gz` makes them
    (tmp_path / "c.log.bz2").write_bytes(bz2.compress(whole))
    with pa.CompressedOutputStream(str(tmp_path / "d.log.zst"), "zstd") as out:
        out.write(whole)
    assert len(read(tmp_path, "status", path="?.log*")["status"]) == 10
    for name, packed in (
        ("b.log.gz", gzip.compress(whole)),
        ("c.log.bz2", bz2.compress(whole)),
        ("d.log.zst", (tmp_path / "d.log.zst").read_bytes()),
    ):
        (tmp_path / name).write_bytes(packed[:-6])
        error = refused(tmp_path, "status", path=name)
        assert error.code == "K0602" and name in error.message and "cannot be" in error.message
    (tmp_path / "b.log.gz").write_bytes(whole)
    assert "cannot be unpacked" in refused(tmp_path, "status", path="b.log.gz").message


def test_rotated_logs_are_read_by_time_not_by_name(tmp_path: Path) -> None:
    """`access.log.10` comes before `access.log.2` in the alphabet, and both before the time of `access.log`."""
    for name, hour in (("access.log", 3), ("access.log.1", 2), ("access.log.2", 1), ("access.log.10", 0)):
        log(tmp_path, name, line(hour * 3600), line(hour * 3600 + 1500))
    found = read(tmp_path, "session", path="access.log*", idle_minutes=36)
    assert len(set(found["session"])) == 1
    found = read(tmp_path, "time", "session", path="access.log*", idle_minutes=34)
    assert found["time"] == sorted(found["time"]) and len(set(found["session"])) == 4


def test_logs_of_several_servers_are_merged(tmp_path: Path) -> None:
    log(tmp_path, "one.log", *(line(120 * number, ip=f"192.0.2.{number % 3}") for number in range(0, 3000, 2)))
    log(tmp_path, "two.log", *(line(120 * number, ip=f"192.0.2.{number % 3}") for number in range(1, 3000, 2)))
    log(tmp_path, "late.log", line(120 * 1000, ip="192.0.2.77"), line(120 * 4000))
    found = read(tmp_path, "time", "session", path="*.log", idle_minutes=7)
    assert found["time"] == sorted(found["time"]) and len(found["time"]) == 3002
    assert len(set(found["session"])) == 3 + 2
    sessions = read(tmp_path, "requests", "seconds", path="*.log", rows="sessions", idle_minutes=7)
    assert sorted(sessions["requests"]) == [1, 1, 1000, 1000, 1000]


def test_only_what_is_asked_for_by_several_at_once(tmp_path: Path) -> None:
    log(tmp_path, "a.log", *(line(number, f"/{number}") for number in range(300)))
    dataset = opened(tmp_path)
    found: list[Any] = []

    def one() -> None:
        found.append(pa.table(dataset.scan(ScanRequest((ColumnRequest("path"), ColumnRequest("session"))))).to_pydict())

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and all(each == found[0] for each in found) and list(found[0]) == ["path", "session"]
    assert pa.table(dataset.scan(ScanRequest(()))).num_rows == 300
    assert refused(tmp_path, "pathh").hint == "did you mean `path`?"


def test_many_rows_go_through_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "IN_MEMORY", 10_000)
    monkeypatch.setattr("kpidsl_weblog.lines.CHUNK", 10_000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    log(tmp_path, "a.log", *(line(number, f"/{number}") for number in range(5000)))
    assert read(tmp_path, "path")["path"] == [f"/{number}" for number in range(5000)]
    assert [path.name for path in tmp_path.iterdir()] == ["a.log"]


def test_a_process_that_ends_at_once_leaves_no_rows_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Ctrl-C, for which `kpidsl` waits no longer than a moment."""
    monkeypatch.setattr(leftovers, "_there", set())  # what other tests of this process still need is theirs
    monkeypatch.setattr(datasets, "IN_MEMORY", 10_000)
    monkeypatch.setattr("kpidsl_weblog.lines.CHUNK", 10_000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    log(tmp_path, "a.log", *(line(number, f"/{number}") for number in range(5000)))
    there: list[list[str]] = []

    def names() -> list[str]:
        return sorted(path.suffix for path in tmp_path.iterdir())

    def ended(*arguments: object, **options: object) -> object:
        there.append(names())
        leftovers.remove_all()
        there.append(names())
        raise OSError("ended")

    monkeypatch.setattr(pa.ipc, "new_stream", ended)
    refused(tmp_path, "path")
    assert there == [[".arrow", ".log"], [".log"]]


def test_no_room_for_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "IN_MEMORY", 10_000)
    monkeypatch.setattr("kpidsl_weblog.lines.CHUNK", 10_000)
    log(tmp_path, "a.log", *(line(number, f"/{number}") for number in range(5000)))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        error = refused(tmp_path, "path")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.code == "K0602" and "cannot be kept in" in error.message and "TMPDIR" in str(error.hint)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    assert "cannot be kept in" in refused(tmp_path, "path").message


def test_a_spec_that_is_not_trusted_stays_below_its_root(tmp_path: Path) -> None:
    root = tmp_path / "specs"
    root.mkdir()
    secret = log(tmp_path, "secret.log", line())
    (root / "link.log").symlink_to(secret)
    for path in ("../secret.log", "link.log", "*.log", str(secret)):
        with pytest.raises(SourceError) as caught:
            open_weblog(WeblogOptions(path=(path,)), Context(root, root, untrusted=True))
        assert caught.value.code == "K0607", path


# ---------------------------------------------------------------- sessions, bots, pages
def test_a_session_ends_after_the_idle_time(tmp_path: Path) -> None:
    log(tmp_path, "a.log", *(line(minutes * 60, path, size="5") for minutes, path in ((0, "/a"), (30, "/b"), (61, "/c"), (61, "/c.css"), (62, "/thanks"))),
        line(62 * 60, "/x.png", ip="192.0.2.9"), line(63 * 60, "/boom", status=500))  # fmt: skip
    found = read(tmp_path, "time", "ended", "seconds", "requests", "pages", "bytes", "errors", "entry", "exit", "bounced", "converted",
                 rows="sessions", goal=("/thank*",))  # fmt: skip
    at = [START, START + timedelta(minutes=61), START + timedelta(minutes=62)]
    assert found == {
        "time": at, "ended": [START + timedelta(minutes=30), START + timedelta(minutes=63), at[2]], "seconds": [1800, 120, 0],
        "requests": [2, 4, 1], "pages": [2, 2, 0], "bytes": [10, 25, 10], "errors": [0, 1, 0], "entry": ["/a", "/c", None],
        "exit": ["/b", "/thanks", None], "bounced": [False, False, None], "converted": [False, True, False],
    }  # fmt: skip


def test_sessions_that_are_over_are_let_go(tmp_path: Path) -> None:
    from kpidsl_weblog.sessions import Marks

    marks = Marks(30)
    for hour in range(100):
        marks.of([f"v{hour}-{number}" for number in range(50)], [hour * 3_600_000_001] * 50)
    assert len(marks._open) <= 100


def test_a_visitor_is_not_told_by_address(tmp_path: Path) -> None:
    log(tmp_path, "a.log", line(), line(ip="192.0.2.2"), line(agent="other"), line(1))
    visitors = read(tmp_path, "visitor")["visitor"]
    assert len(set(visitors)) == 3 and visitors[0] == visitors[3] and not any("192.0" in each for each in visitors)


@pytest.mark.parametrize("agent", ["Googlebot/2.1", "Mozilla/5.0 (compatible; bingbot/2.0)", "curl/8.5.0", "python-requests/2.32", "Go-http-client/2.0",
                                   "Mozilla/5.0 HeadlessChrome/120.0", "-", "AhrefsBot", "Pingdom.com_bot", "my-own-checker"])  # fmt: skip
def test_who_says_to_be_a_program(tmp_path: Path, agent: str) -> None:
    log(tmp_path, "a.log", line(agent=agent))
    assert read(tmp_path, "bot", bots=("my-own",)) == {"bot": [True]}


@pytest.mark.parametrize(
    "agent", [FIREFOX, "Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 50) Chrome/120.0 Mobile Safari/537.36"]
)
def test_who_does_not(tmp_path: Path, agent: str) -> None:
    log(tmp_path, "a.log", line(agent=agent))
    assert read(tmp_path, "bot") == {"bot": [False]}


def test_what_a_page_is(tmp_path: Path) -> None:
    pages = ["/", "/a/b", "/index.html", "/shop.php", "/v1.2/docs"]
    others = ["/a.css", "/A.PNG", "/robots.txt", "/favicon.ico", "/.well-known/x", "/app.js.map"]
    log(
        tmp_path,
        "a.log",
        *(line(path=path) for path in pages + others),
        line(status=404),
        line(status=302),
        line(status=304),
    )
    assert read(tmp_path, "page")["page"] == [True] * 5 + [False] * 6 + [False, False, True]
    assert sum(read(tmp_path, "page", pages=("/a*", "/index.html"))["page"]) == 4


def test_numbers_and_durations(tmp_path: Path) -> None:
    form = '$remote_addr [$time_local] "$request" $status $body_bytes_sent $request_time $upstream_response_time'
    log(tmp_path, "a.log", '1.2.3.4 [01/Mar/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 99999999999 0.003 0.001, 0.002',
        '1.2.3.4 [01/Mar/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 - 12.5 -')  # fmt: skip
    found = read(tmp_path, "bytes", "request_time", "upstream_response_time", format=form)
    assert found == {
        "bytes": [99999999999, 0],
        "request_time": [Decimal("0.003"), Decimal("12.5")],
        "upstream_response_time": ["0.001, 0.002", None],
    }


def test_a_costly_line_costs_little() -> None:
    """Formats have no two ways to match the same text: time grows with the line, not with its square."""
    import time

    pattern = parsed("combined").pattern({"time", "path"})
    start = time.process_time()
    for text in (
        b'1 - - [01/Jan/2026:00:00:00 +0000] "GET ' + b"\\x" * 300_000,
        b"a " * 300_000,
        b'"' * 500_000,
        b"[" * 500_000,
    ):
        pattern.match(text)
    assert time.process_time() - start < 2


def test_the_example_gives_what_is_counted_by_hand() -> None:
    results = kpidsl.load([Path(__file__).parents[1] / "example"]).evaluate(as_of="2026-03-31")
    assert not results.errors
    assert {one.name: round(Decimal(str(one.assessment.value)), 4) for one in results.kpis} == {
        "visitors_of_month": 3, "sessions_of_month": 4, "pages_of_session": Decimal("1.5"), "bounces": Decimal("0.75"),
        "orders": Decimal("0.25"), "errors": Decimal("0.0909"), "bytes_sent": 42_049, "views": 6,
    }  # fmt: skip
