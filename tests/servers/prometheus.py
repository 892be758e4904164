"""A Prometheus with basic authentication that scrapes a node exporter, and takes samples by remote write."""

from __future__ import annotations

import base64
import json
import struct
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from servers.running import Server, free_port, new_folder, program, server, start, wait_until

USER = "keeper"
PASSWORD = "correct horse battery staple"
HASHED = "$2y$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG"  # bcrypt, of PASSWORD

CONFIGURATION = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: node
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
storage: {{tsdb: {{out_of_order_time_window: 36500d}}}}
"""


def started() -> Server:
    """A new server, which has scraped three times. `details`: url, user, password."""
    folder = new_folder("prometheus")
    exporter, port = free_port(), free_port()
    (folder / "prometheus.yml").write_text(CONFIGURATION.format(port=exporter), "utf-8")
    (folder / "web.yml").write_text(json.dumps({"basic_auth_users": {USER: HASHED}}), "utf-8")
    node = [program("prometheus-node-exporter", package="prometheus-node-exporter")]
    node += [
        f"--web.listen-address=127.0.0.1:{exporter}",
        "--collector.disable-defaults",
        "--collector.loadavg",
        "--collector.time",
    ]
    processes = [start(folder, "exporter", node)]
    command = [program("prometheus", package="prometheus"), f"--config.file={folder}/prometheus.yml"]
    command += [f"--web.config.file={folder}/web.yml", f"--web.listen-address=127.0.0.1:{port}"]
    command += [f"--storage.tsdb.path={folder}/data", "--storage.tsdb.retention.time=100y"]
    command += ["--web.enable-remote-write-receiver", "--enable-feature=native-histograms"]
    processes.append(start(folder, "prometheus", command))
    keepers, pids = zip(*processes, strict=True)
    details = {"url": f"http://127.0.0.1:{port}", "user": USER, "password": PASSWORD}
    one = Server("prometheus", port, str(folder), keepers, pids, details)
    wait_until(lambda: ask(one, "sum_over_time(up[1m]) >= 3"), "Prometheus to have scraped its exporter")
    return one


def ask(one: Server, query: str) -> list[Any]:
    """What an expression is now; nothing where the server does not answer yet."""
    try:
        text = _send(one, f"query?{urllib.parse.urlencode({'query': query})}")
    except (urllib.error.URLError, OSError):
        return []
    found: list[Any] = json.loads(text)["data"]["result"]
    return found


def write(one: Server, series: Iterable[tuple[Mapping[str, str], Iterable[tuple[int, float]]]]) -> None:
    """Put samples (ms since 1970, value) of series into the server, by remote write."""
    _write(
        one,
        [
            _series(labels, (_field(2, _double(1, value) + _whole(2, at)) for at, value in samples))
            for labels, samples in series
        ],
    )


def write_histogram(one: Server, labels: Mapping[str, str], at: int, counts: list[int], total: float) -> None:
    """Put a native histogram into the server: its buckets are (1, 2], (2, 4], (4, 8], …"""
    deltas = b"".join(_varint(_zigzag(new - old)) for old, new in zip([0, *counts], counts, strict=False))
    span = _whole(1, _zigzag(1)) + _whole(2, len(counts))
    body = _whole(1, sum(counts)) + _double(3, total) + _whole(4, 0) + _double(5, 1e-9) + _whole(6, 0)
    body += _field(11, span) + _field(12, deltas) + _whole(15, at)
    _write(one, [_series(labels, [_field(4, body)])])


@contextmanager
def running() -> Iterator[Server]:
    """A server of a test's own."""
    with server(started) as one:
        yield one


def _write(one: Server, series: list[bytes]) -> None:
    import pyarrow as pa

    body = b"".join(_field(1, each) for each in series)
    packed = pa.Codec("snappy").compress(body, asbytes=True)
    _send(one, "write", packed, {"Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"})


def _send(one: Server, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> str:
    pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode("ascii")
    given = {"Authorization": f"Basic {pair}", "Content-Type": "application/x-protobuf", **(headers or {})}
    request = urllib.request.Request(f"{one.details['url']}/api/v1/{path}", data=body, headers=given)
    with urllib.request.urlopen(request, timeout=30) as answer:
        text: str = answer.read().decode()
        return text


# Protocol buffers, as much of them as prometheus.WriteRequest needs.
def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _whole(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | 1) + struct.pack("<d", value)


def _series(labels: Mapping[str, str], rest: Iterable[bytes]) -> bytes:
    pairs = (_field(1, name.encode()) + _field(2, value.encode()) for name, value in sorted(labels.items()))
    return b"".join(_field(1, pair) for pair in pairs) + b"".join(rest)
