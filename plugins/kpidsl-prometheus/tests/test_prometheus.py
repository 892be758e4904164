"""Samples, paging, staleness, histograms and faults: over a real Prometheus that scrapes a real exporter."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import kpidsl
from kpidsl.diagnostics import Severity, SourceError
from kpidsl.hookspecs import ColumnRequest, Context, Limits, ScanRequest, Secret
from kpidsl.semantic.types import DataType
from kpidsl_prometheus import open_prometheus
from kpidsl_prometheus.options import PrometheusConnection, PrometheusOptions
from kpidsl_prometheus.server import Server as Client
from servers import Server, prometheus
from servers.answering import Answer, serving
from servers.running import wait_until

PLUGIN = Path(__file__).resolve().parents[1]
server = pytest.mark.server
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def read(one: Server | str, query: str, *names: str, start: datetime | None = None, end: datetime | None = None,
         kind: DataType | None = None, limits: Limits | None = None, **options: Any) -> dict[str, list[Any]]:  # fmt: skip
    url = one if isinstance(one, str) else one.details["url"]
    connection = PrometheusConnection(url, user=prometheus.USER, password=Secret(prometheus.PASSWORD))
    context = Context(Path(), Path(), connection=connection, connection_name="shop", limits=limits or Limits())
    columns = tuple(ColumnRequest(name, kind if name == "value" else None) for name in names or ("time", "value"))
    dataset = open_prometheus(PrometheusOptions(query, **options), context)
    return pa.table(dataset.scan(ScanRequest(columns, "time", start, end))).to_pydict()


def fresh() -> str:
    return f"t{uuid.uuid4().hex}"


@server
def test_what_the_exporter_tells(prometheus_server: Server) -> None:
    found = read(
        prometheus_server,
        "node_load5",
        "value",
        "job",
        "place",
        step="1s",
        last="5s",
        labels=("job", "place = instance"),
    )
    assert set(found["job"]) == {"node"}
    assert all(place.startswith("127.0.0.1:") for place in found["place"])
    assert all(value >= 0 for value in found["value"])


@server
def test_samples_are_what_was_written_to_the_last_digit(prometheus_server: Server) -> None:
    name, values = fresh(), [0.1, 1e15 + 0.3, -2.5e-7, float("nan"), float("inf")]
    moments = [MARCH + timedelta(minutes=number) for number in range(len(values))]
    prometheus.write(
        prometheus_server, [({"__name__": name}, [(ms(at), value) for at, value in zip(moments, values, strict=True)])]
    )
    asked: dict[str, Any] = {"step": "1m", "since": "2026-03-01", "end": MARCH + timedelta(minutes=5)}
    found = read(prometheus_server, name, **asked)
    assert found["time"] == moments
    assert found["value"] == [0.1, 1e15 + 0.3, -2.5e-7, None, float("inf")]
    exact = read(prometheus_server, f"{name} < 1e300", kind=DataType.DECIMAL, **asked)["value"]
    assert [Decimal(text) for text in exact] == [Decimal("0.1"), Decimal(repr(1e15 + 0.3)), Decimal("-2.5E-7")]


@server
def test_more_moments_than_the_server_gives_at_once(prometheus_server: Server) -> None:
    name, count = fresh(), 25_000
    samples = [(ms(MARCH) + 1000 * number, float(number)) for number in range(count)]
    prometheus.write(prometheus_server, [({"__name__": name}, samples)])
    end = MARCH + timedelta(seconds=count)
    found = read(prometheus_server, name, step="1s", since="2026-03-01", end=end)
    assert found["value"] == [float(number) for number in range(count)]
    assert found["time"][-1] == end - timedelta(seconds=1)
    few = read(prometheus_server, name, step="1s", since="2026-03-01", end=MARCH + timedelta(seconds=10), points=3)
    assert few["value"] == [float(number) for number in range(10)]


@server
def test_one_more_than_11000_points_is_what_the_server_still_gives(prometheus_server: Server) -> None:
    """The limit that `points` has is the server's: it refuses 11,002 moments, and says so."""
    details = prometheus_server.details
    connection = PrometheusConnection(details["url"], user=details["user"], password=Secret(details["password"]))
    with Client(connection, "shop", Limits()) as client:
        assert client.series("vector(1)", 0, 11_000_000, 1000)
        with pytest.raises(SourceError, match="exceeded maximum resolution of 11,000 points"):
            client.series("vector(1)", 0, 11_001_000, 1000)


@server
def test_a_counter_counts_each_hour_once_in_the_day_it_belongs_to(prometheus_server: Server, tmp_path: Path) -> None:
    name = fresh()
    # One every minute, from a day before March to a day after its first; the process starts again at noon.
    first = MARCH - timedelta(days=1)
    minutes = [(first + timedelta(minutes=number), number) for number in range(3 * 1440 + 1)]
    noon = 1440 + 720
    values = [(ms(at), float(number if number < noon else number - noon)) for at, number in minutes]
    prometheus.write(prometheus_server, [({"__name__": name}, values)])
    query = f"increase({name}[1h])"
    asked: dict[str, Any] = {"step": "1h", "since": "2026-03-01", "end": MARCH + timedelta(days=1)}
    late = read(prometheus_server, query, stamp="start", **asked)
    assert late["time"] == [MARCH + timedelta(hours=hour) for hour in range(24)]
    # 60 an hour; the one that the process starts in has seen nothing of the step from its last value to 0.
    assert sum(late["value"]) == pytest.approx(24 * 60, abs=2)
    early = read(prometheus_server, query, **asked)
    assert early["time"][0] == MARCH

    (tmp_path / "kpidsl.toml").write_text(_toml(prometheus_server, tmp_path), "utf-8")
    (tmp_path / "spec.kpi").write_text(
        'calendar { timezone "UTC" }\n'
        f'source s {{ from prometheus(shop, "{query}", step: "1h", stamp: "start", last: "3d"); time time }}\n'
        "metric m = sum(value) from s over last day\n",
        "utf-8",
    )
    results = kpidsl.load([tmp_path / "spec.kpi"]).evaluate(as_of="2026-03-01")
    assert not results.errors, results.errors
    assert float(str(results.metrics[0].value)) == pytest.approx(sum(late["value"]))


@server
def test_where_a_series_has_no_sample_there_is_no_row(prometheus_server: Server) -> None:
    name = fresh()
    prometheus.write(
        prometheus_server, [({"__name__": name}, [(ms(MARCH), 1.0), (ms(MARCH + timedelta(hours=1)), 2.0)])]
    )
    found = read(prometheus_server, name, step="1m", since="2026-03-01", end=MARCH + timedelta(hours=2))
    minutes = [(at - MARCH).total_seconds() / 60 for at in found["time"]]
    assert minutes == [0, 1, 2, 3, 4, 5, 60, 61, 62, 63, 64, 65]  # the server looks back five minutes, ends included


@server
def test_moments_in_the_future_are_not_asked_for(prometheus_server: Server) -> None:
    now = datetime.now(UTC)
    found = read(prometheus_server, "vector(1)", step="1s", last="1h", end=now + timedelta(minutes=30))
    assert found["time"][-1] <= datetime.now(UTC)
    assert found["time"][0] >= now - timedelta(minutes=31)


@server
def test_buckets_of_a_classic_histogram(prometheus_server: Server) -> None:
    name = fresh()
    cumulative = {"0.1": 4.0, "0.5": 9.0, "2.5": 9.0, "+Inf": 10.0}
    series = [({"__name__": name, "le": le, "job": "web"}, [(ms(MARCH), count)]) for le, count in cumulative.items()]
    prometheus.write(prometheus_server, series)
    found = read(
        prometheus_server, name, "lower", "upper", "count", "job", step="1m", since="2026-03-01",
        end=MARCH + timedelta(minutes=1), buckets=True, labels=("job",),
    )  # fmt: skip
    assert list(zip(*found.values(), strict=True)) == [
        (None, 0.1, 4.0, "web"), (0.1, 0.5, 5.0, "web"), (0.5, 2.5, 0.0, "web"), (2.5, None, 1.0, "web"),
    ]  # fmt: skip


@server
def test_buckets_of_a_native_histogram(prometheus_server: Server) -> None:
    name, now = fresh(), int(time.time() * 1000)
    prometheus.write_histogram(prometheus_server, {"__name__": name, "job": "web"}, now, [3, 0, 2], 17.5)
    asked: dict[str, Any] = {"step": "1s", "last": "10s"}
    wait_until(lambda: prometheus.ask(prometheus_server, name), "the histogram")
    wait_until(lambda: int(time.time()) * 1000 > now, "the next second")
    found = read(prometheus_server, name, "lower", "upper", "count", "job", buckets=True, labels=("job",), **asked)
    assert set(zip(*found.values(), strict=True)) == {(1.0, 2.0, 3.0, "web"), (4.0, 8.0, 2.0, "web")}
    with pytest.raises(SourceError, match="native histograms, which are no numbers"):
        read(prometheus_server, name, **asked)
    assert set(read(prometheus_server, f"histogram_count({name})", **asked)["value"]) == {5.0}
    with pytest.raises(SourceError, match="no label `le`"):
        read(prometheus_server, "up", "count", buckets=True, **asked)


@server
def test_a_label_that_no_series_has_is_told(prometheus_server: Server) -> None:
    with pytest.raises(SourceError, match="has a label `jbo`") as caught:
        read(prometheus_server, "up", "value", step="1s", last="5s", labels=("jbo",))
    assert caught.value.code == "K0605"
    assert "they have __name__, instance, job" in (caught.value.hint or "")


@server
def test_a_mistake_in_the_expression_is_told_as_the_server_does(prometheus_server: Server) -> None:
    with pytest.raises(SourceError, match=r"400 Bad Request.*unclosed left parenthesis") as caught:
        read(prometheus_server, "sum(up", last="1h")
    assert not caught.value.transient


@server
def test_a_server_that_is_killed_can_not_be_reached() -> None:
    with prometheus.running() as one:
        assert read(one, "vector(1)", step="1s", last="2s")["value"]
        one.kill()
        wait_until(lambda: not prometheus.ask(one, "vector(1)"), "the server to be gone")
        with pytest.raises(SourceError, match="cannot be reached") as caught:
            read(one, "up", last="1h")
    assert caught.value.transient


@pytest.mark.parametrize(
    ("answer", "says", "transient"),
    [
        (Answer("oops", 500), "answered 500", True),
        (Answer(status=429, headers={"Retry-After": "7"}), "answered 429", True),
        (Answer('{"status": "error", "error": "query timed out"}', 503), "query timed out", True),
        (Answer('{"status": "error", "error": "would load too many samples"}', 422), "too many samples", False),
        (Answer(status=302, headers={"Location": "http://127.0.0.1:1/"}), "answered 302", False),
        (Answer('{"status": "success", "data": {"resu'), "not JSON, or half of it", False),
        (Answer('{"status": "success"', cut=100), "broke off its answer", True),
        (Answer("{}"), "none to a range query", False),
        (
            Answer('{"status": "success", "warnings": ["store down"], "data": {}}'),
            "may be incomplete: store down",
            False,
        ),
    ],
)
def test_an_answer_that_cannot_be_used_is_told(answer: Answer, says: str, transient: bool) -> None:
    with serving(lambda _: answer) as service:
        with pytest.raises(SourceError, match=says) as caught:
            read(service.url, "up", last="1h")
        assert len(service.asked) == 1
    assert (caught.value.transient, bool(caught.value.hint)) == (transient, True)
    assert "`shop`" in caught.value.message
    assert caught.value.retry_after == (7 if "Retry-After" in answer.headers else None)
    assert prometheus.PASSWORD not in caught.value.message


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "say how far back"),
        ({"last": "1h", "since": "2026-01-01"}, "say how far back"),
        ({"last": "1 hour"}, "`last` is a time like"),
        ({"last": "1h", "step": "0s"}, "`step` is a time like"),
        ({"since": "yesterday"}, "`since` is a day"),
        ({"last": "1h", "labels": ("value",)}, "needs another name"),
        ({"last": "1h", "labels": ("a", "a = b")}, "would be the same column"),
        ({"last": "1h", "points": 11_001}, "from 1 to 11,000"),
        ({"last": "1h", "stamp": "middle"}, "end or start"),
        ({"last": "1h", "buckets": True, "labels": ("le",)}, "`lower` and `upper`"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        PrometheusOptions("up", **options)


def test_what_is_asked_for() -> None:
    empty = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": []}})
    with serving(lambda _: Answer(empty)) as service:
        start, end = MARCH + timedelta(seconds=30), MARCH + timedelta(minutes=2, seconds=30)
        read(service.url, "up", step="1m", since="2026-01-01", start=start, end=end)
        (asked,) = service.asked
        assert (asked.method, asked.path) == ("POST", "/api/v1/query_range")
        assert f"start={ms(MARCH) // 1000 + 60}.000&end={ms(MARCH) // 1000 + 120}.000&step=60.000" in asked.body
        read(service.url, "up", step="1m", since="2026-03-01", end=MARCH)
        assert len(service.asked) == 1  # nothing is wanted, nobody is asked


@server
def test_the_example_runs(prometheus_server: Server, tmp_path: Path) -> None:
    (tmp_path / "kpidsl.toml").write_text(_toml(prometheus_server, tmp_path).replace("shop", "metrics"), "utf-8")
    text = (PLUGIN / "example" / "load.kpi").read_text("utf-8")
    assert 'step: "5m"' in text
    (tmp_path / "load.kpi").write_text(text.replace('step: "5m", last: "35d"', 'step: "1s", last: "1d"'), "utf-8")
    results = kpidsl.load([tmp_path]).evaluate(as_of=datetime.now(UTC).date().isoformat())
    assert not results.errors, results.errors
    assert results.kpis[0].assessment.value is not None
    assert len(results.kpis[0].segments) == 1


def test_kpidsl_accepts_what_the_page_shows(tmp_path: Path) -> None:
    blocks = [part.partition("\n") for part in (PLUGIN / "README.md").read_text("utf-8").split("```")[1::2]]
    for kind, name in (("toml", "kpidsl.toml"), ("kpi", "spec.kpi")):
        (tmp_path / name).write_text("\n".join(body for language, _, body in blocks if language == kind), "utf-8")
    report = kpidsl.load([tmp_path / "spec.kpi"]).check()
    assert [one.message for one in report.diagnostics if one.severity is Severity.ERROR] == []


def _toml(one: Server, folder: Path) -> str:
    (folder / "secret").write_text(prometheus.PASSWORD, "utf-8")
    return (
        f'[connections.shop]\nprovider = "prometheus"\nurl = "{one.details["url"]}"\nuser = "{prometheus.USER}"\n'
        f'password = {{file = "{folder / "secret"}"}}\n'
    )
