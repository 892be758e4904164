"""The suite that every source must pass, over a real Prometheus: what a row holds is in the labels of a series."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest

from kpidsl.testing import SourceContract
from kpidsl.testing.contract import NEVER_SHOWN
from servers import Server, prometheus
from servers.answering import Answer, Asked, serving
from servers.running import free_port

pytestmark = pytest.mark.server
MOMENT = int(datetime(2026, 3, 31, tzinfo=UTC).timestamp() * 1000)
LABELS_ARE_TEXTS = "labels are texts: see test_prometheus.py, where numbers are the values of samples"


class TestPrometheus(SourceContract):
    is_remote = True
    lacks: ClassVar = {
        "texts_are_unchanged": "a label that is empty is one that is not there",
        "instants_are_instants": "a label is a text, and one with an offset needs a format in the spec",
        "only_what_is_asked_for_is_handed_out": LABELS_ARE_TEXTS,
        "it_can_be_read_by_several_at_once": LABELS_ARE_TEXTS,
    }

    @pytest.fixture(autouse=True)
    def _servers(self, prometheus_server: Server, tmp_path: Path) -> Iterator[None]:
        self.server, self.folder = prometheus_server, tmp_path
        with ExitStack() as stack:
            self.stack = stack
            yield

    def load(self, rows: pa.Table, folder: Path) -> str:
        name = f"t{uuid.uuid4().hex}"
        series = []
        for number, row in enumerate(rows.to_pylist()):
            labels = {key: _text(value) for key, value in row.items() if value is not None}
            series.append(({"__name__": name, "row": str(number), **labels}, [(MOMENT, 1.0)]))
        prometheus.write(self.server, series)
        labels = ", ".join(f'"{each}"' for each in rows.column_names)
        return f'prometheus(shop, "{name}", step: "1d", since: "2026-03-31", labels: [{labels}])'

    def configuration(self) -> str:
        return self.toml(self.server.details["url"], prometheus.PASSWORD)

    def toml(self, url: str, password: str, more: str = "") -> str:
        secret = self.folder / "secret"
        secret.write_text(password, "utf-8")
        return (
            f'[connections.shop]\nprovider = "prometheus"\nurl = "{url}"\nuser = "{prometheus.USER}"\n'
            f'password = {{file = "{secret}"}}\n{more}\n'
        )

    def wrong_credentials(self) -> tuple[str, str]:
        return self.written(), self.toml(self.server.details["url"], NEVER_SHOWN)

    def unreachable(self) -> tuple[str, str]:
        return self.written(), self.toml(f"http://127.0.0.1:{free_port()}", NEVER_SHOWN, "retries = 0")

    def slow(self) -> tuple[str, str]:
        def answer(asked: Asked) -> Answer:
            time.sleep(2)
            return Answer()

        service = self.stack.enter_context(serving(answer))
        return self.written(), self.toml(service.url, NEVER_SHOWN, "timeout = 0.5")

    def lost(self) -> tuple[str, str]:
        service = self.stack.enter_context(serving(lambda _: Answer('{"status": "success", "data": {"res', cut=1000)))
        return self.written(), self.toml(service.url, NEVER_SHOWN, "retries = 0")

    def written(self) -> str:
        return 'prometheus(shop, "up", step: "1d", since: "2026-03-31", labels: ["at = day"])'


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(sep=" ")
        case _:
            return str(value)
