"""Logs that a real nginx wrote, rotated and packed, read back through `kpidsl eval`."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import kpidsl
from servers import Server, nginx
from servers.nginx import ask, rotate, send

pytestmark = pytest.mark.server
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = 'Mozilla/5.0 "quoted" \\ Zürich'
OWN = '$msec $remote_addr "$request" $status $body_bytes_sent $request_time "$cookie_uid" "$http_user_agent"'


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two visitors and a bot, a pause, a rotation, a second session; then the first log is packed."""
    with nginx.running() as server:
        for path in ("/", "/style.css", "/shop?item=1&ref=a%20b", "/order/thanks"):
            assert (
                ask(
                    server,
                    path,
                    agent=FIREFOX,
                    Cookie="uid=anna",
                    Referer="https://www.Example.com:8443/search?q=bikes",
                )
                == 200
            )
        assert [ask(server, path, agent=SAFARI) for path in ("/", "/missing", "/broken", "/old")] == [
            200,
            404,
            500,
            301,
        ]
        assert ask(server, "/", agent="Googlebot/2.1 (+http://www.google.com/bot.html)") == 200
        assert ask(server, "/", agent="curl/8.0", method="HEAD") == 200
        rotate(server, 1)
        time.sleep(2.2)
        assert ask(server, "/", agent=FIREFOX, Cookie="uid=anna") == 200
        assert ask(server, "/nothing", agent=FIREFOX, Cookie="uid=bert") == 204
        assert ask(server, '/say"hi"\\', agent=FIREFOX) == 200
        broken(server)
        folder = tmp_path_factory.mktemp("site") / "logs"
        shutil.copytree(server.details["logs"], folder)
    for name in ("access.log.1", "own.log.1", "common.log.1"):
        with gzip.open(folder / f"{name}.gz", "wb") as packed:
            packed.write((folder / name).read_bytes())
        (folder / name).unlink()
    return folder


def broken(server: Server) -> None:
    """What scanners send: no HTTP, half of it, and nothing."""
    assert send(server, b"\x16\x03\x01\x02\x00\x01\x00\xfc\r\n\r\n") == 400
    assert send(server, b"GET /no-protocol\r\n\r\n") in (0, 200)
    assert send(server, b'G"T / HTTP/1.1\r\n\r\n') == 400
    assert (
        send(
            server,
            b"GET / HTTP/1.1\r\nHost: site\r\nConnection: close\r\nUser-Agent: six\r\n\r\n",
            server.details["other"],
        )
        == 200
    )


def evaluated(logs: Path, source: str, *metrics: str) -> list[Any]:
    spec = logs.parent / f"spec{abs(hash((source, metrics)))}.kpi"
    lines = [f"source s {{ from {source}; time time }}"]
    lines += [f"metric m{number} = {text} over all time" for number, text in enumerate(metrics)]
    spec.write_text("\n".join(lines) + "\n", "utf-8")
    results = kpidsl.load([spec]).evaluate(as_of=datetime.now(UTC) + timedelta(days=1))
    assert not results.errors, results.errors
    return [one.value if one.value_undefined is None else one.value_undefined for one in results.metrics]


def test_every_request_is_a_row(logs: Path) -> None:
    metrics = ("count() from s", "count() from s where status == 404", "sum(bytes) from s", "count(method) from s",
               'count() from s where ip in ["::1", "127.0.0.2"]', "count_distinct(ip) from s")  # fmt: skip
    found = evaluated(logs, 'weblog("logs/access.log*")', *metrics)
    lines = 10 + 3 + 4
    assert found[0] == lines and found[1] == 1 and found[4] == 1 and found[5] == 2
    texts = gzip.decompress((logs / "access.log.1.gz").read_bytes()).decode("ascii") + (logs / "access.log").read_text(
        "ascii"
    )
    assert len(texts.splitlines()) == lines
    assert found[2] == sum(int(line.split('" ')[1].split()[1]) for line in texts.splitlines())
    assert found[3] == lines - 2  # two are no request lines at all


def test_parts_of_requests(logs: Path) -> None:
    texts = {
        'path == "/shop"': 1, 'query == "item=1&ref=a%20b"': 1, 'protocol == "HTTP/1.1"': 14, 'method == "HEAD"': 1,
        'path == "/say\\"hi\\"\\\\"': 1, 'referrer_host == "www.example.com"': 4, "page": 9, "bot": 5,
        'user_agent == "Mozilla/5.0 \\"quoted\\" \\\\ Zürich"': 4, 'user_agent == "six"': 1, 'path == "/no-protocol"': 1,
    }  # fmt: skip
    found = evaluated(logs, 'weblog("logs/access.log*")', *(f"count() from s where {text}" for text in texts))
    assert dict(zip(texts, found, strict=True)) == texts


def test_the_formats_agree(logs: Path) -> None:
    metrics = (
        "count() from s",
        "sum(bytes) from s",
        "count() from s where status >= 400",
        "count_distinct(path) from s",
    )
    combined = evaluated(logs, 'weblog("logs/access.log*")', *metrics)
    assert evaluated(logs, 'weblog("logs/common.log*", format: "common")', *metrics) == combined
    own = OWN.replace('"', '\\"')
    assert evaluated(logs, f'weblog("logs/own.log*", format: "{own}")', *metrics) == combined
    assert evaluated(logs, f'weblog("logs/own.log*", format: "{own}")', "max(request_time) from s")[0] < 60


def test_sessions_of_visitors(logs: Path) -> None:
    """Anna comes twice, with a pause of two seconds between: sessions by address and agent, and by her cookie."""
    own = OWN.replace('"', '\\"')
    people = f'weblog("logs/own.log*", format: "{own}", rows: "sessions", idle_minutes: 0.025, goal: "/order/*", visitor: "cookie_uid")'
    anna = (
        'count() from s where requests == 4 and pages == 3 and entry == "/" and exit == "/order/thanks" and converted'
    )
    metrics = ("count_distinct(visitor) from s where pages > 0 and not bot", "count() from s where pages > 0 and not bot",
               anna, "share(converted) from s where pages > 0 and not bot", "sum(requests) from s", "sum(errors) from s")  # fmt: skip
    visitors, count, first, converted, requests, errors = evaluated(logs, people, *metrics)
    # Anna twice; the other browser; Firefox without a cookie, for the odd path; the caller from elsewhere.
    assert (visitors, count, first, requests, errors) == (4, 5, 1, 17, 1)
    assert converted == Decimal(1) / 5
    by_agent = evaluated(logs, 'weblog("logs/access.log*", rows: "sessions", idle_minutes: 0.025)', "count() from s where pages > 0 and not bot",
                         "count() from s where bounced and not bot", 'count() from s where referrer_host == "www.example.com"')  # fmt: skip
    assert by_agent == [4, 2, 1]
    whole_day = evaluated(
        logs,
        'weblog("logs/access.log*", rows: "sessions")',
        "count() from s where pages > 0 and not bot",
        "max(seconds) from s",
    )
    assert whole_day[0] == 3 and whole_day[1] >= 2


def test_sessions_of_requests_are_those_of_sessions(logs: Path) -> None:
    source = 'weblog("logs/access.log*"{}, idle_minutes: 0.025)'
    requests = evaluated(logs, source.format(""), "count_distinct(session) from s", "count_distinct(visitor) from s")
    assert requests == evaluated(
        logs, source.format(', rows: "sessions"'), "count() from s", "count_distinct(visitor) from s"
    )


def test_the_example_spec_over_these_logs(logs: Path) -> None:
    example = Path(__file__).parents[1] / "example" / "visits.kpi"
    site = logs.parent
    shutil.copy(example, site / "visits.kpi")
    tomorrow = (datetime.now(UTC).replace(day=28) + timedelta(days=8)).strftime("%Y-%m-%d")  # in the next month
    command = [sys.executable, "-m", "kpidsl", "eval", "visits.kpi", "--as-of", tomorrow]
    ran = subprocess.run(command, cwd=site, capture_output=True, text=True, timeout=300)
    document = json.loads(ran.stdout)
    assert not document["errors"], document["errors"]
    values = {kpi["name"]: kpi["value"] for kpi in document["kpis"]}
    assert values["visitors_of_month"] == 3 and values["sessions_of_month"] == 3
    assert values["orders"] == pytest.approx(1 / 3) and values["views"] == 7
    assert values["errors"] == pytest.approx(1 / 17) and values["bytes_sent"] > 0
    assert ran.returncode == 0, ran.stderr
