"""The suite that every source must pass, over a real Datasette."""

from __future__ import annotations

import socket
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest

from kpidsl.testing import SourceContract
from kpidsl.testing.contract import NEVER_SHOWN
from servers import Server
from servers.answering import Answer, Asked, serving

pytestmark = pytest.mark.server


def _stored(value: object) -> object:
    match value:
        case bool():
            return "true" if value else "false"
        case None | int() | float() | str():
            return value
        case _:
            return value.isoformat(sep=" ") if hasattr(value, "hour") else str(value)


class TestRest(SourceContract):
    is_remote = True
    lacks: ClassVar = {
        "instants_are_instants": "JSON has no times, and a text with an offset needs a format in the spec",
    }

    @pytest.fixture(autouse=True)
    def _servers(self, datasette_server: Server, tmp_path: Path) -> Iterator[None]:
        self.server, self.folder = datasette_server, tmp_path
        with ExitStack() as stack:
            self.stack = stack
            yield

    def load(self, rows: pa.Table, folder: Path) -> str:
        table = f"t{uuid.uuid4().hex}"
        marks = ", ".join("?" * rows.num_columns)
        with closing(sqlite3.connect(self.server.details["file"])) as database:
            database.execute(f"create table {table} ({', '.join(rows.column_names)})")
            values = ([_stored(one) for one in row.values()] for row in rows.to_pylist())
            database.executemany(f"insert into {table} values ({marks})", values)
            database.commit()
        columns = ", ".join(f'"{name}"' for name in rows.column_names)
        return (
            f'rest(shop, "shop/{table}.json?_shape=objects&_size=max", records: "rows", paging: "next", '
            f'next: "next_url", columns: [{columns}])'
        )

    def configuration(self) -> str:
        return self.toml(self.server.details["url"])

    def toml(self, url: str, more: str = "") -> str:
        return f'[connections.shop]\nprovider = "rest"\nurl = "{url}"\n{more}\n'

    def wrong_credentials(self) -> tuple[str, str]:
        secret = self.folder / "secret"
        secret.write_text(NEVER_SHOWN, "utf-8")

        def answer(asked: Asked) -> Answer:
            return Answer(f'{{"error": "{asked.path}"}}', 401)

        service = self.stack.enter_context(serving(answer))
        more = f'user = "u"\npassword = {{file = "{secret}"}}'
        return 'rest(shop, "rows")', self.toml(service.url, more)

    def unreachable(self) -> tuple[str, str]:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        return 'rest(shop, "rows")', self.toml(f"http://127.0.0.1:{port}", "retries = 0")

    def slow(self) -> tuple[str, str]:
        def answer(asked: Asked) -> Answer:
            time.sleep(3)
            return Answer()

        service = self.stack.enter_context(serving(answer))
        return 'rest(shop, "rows")', self.toml(service.url, "timeout = 0.5")

    def lost(self) -> tuple[str, str]:
        def answer(asked: Asked) -> Answer:
            if "page=2" in asked.path:
                return Answer('[{"at": "2026-03-', cut=1000)
            return Answer('[{"at": "2026-03-01"}]')

        service = self.stack.enter_context(serving(answer))
        return 'rest(shop, "rows", paging: "page")', self.toml(service.url, "retries = 0")
