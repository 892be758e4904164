"""A real Spark passes the suite that every source must pass, through Spark Connect."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pyarrow as pa
import pytest

from kpidsl.testing.contract import NEVER_SHOWN, SourceContract
from servers.running import Server, free_port
from servers.spark_tables import connection, fill, sleeping

pytestmark = pytest.mark.server


@contextmanager
def cut_at(port: int, word: bytes) -> Iterator[int]:
    """A port that hands on to another one, until a word was sent there; then nobody is there any more."""
    listening = socket.create_server(("127.0.0.1", 0))
    ends: list[socket.socket] = [listening]

    def hand_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
                if word in data:
                    close()

    def close() -> None:
        for one in ends:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                server = socket.create_connection(("127.0.0.1", port))
                ends.extend((client, server))
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=hand_on, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        close()


class TestSpark(SourceContract):
    is_remote = True
    server: Server

    @pytest.fixture(autouse=True)
    def a_server(self, spark_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        self.server = spark_server
        monkeypatch.setenv("LAKE_TOKEN", spark_server.details["password"])
        monkeypatch.setenv("LAKE_WRONG", NEVER_SHOWN)
        with ExitStack() as stack:
            self.stack = stack
            yield

    def configuration(self) -> str:
        return connection(self.server)

    def load(self, rows: pa.Table, folder: Path) -> str:
        return f'spark(lake, table: "{fill(self.server, rows)}")'

    def wrong_credentials(self) -> tuple[str, str]:
        return 'spark(lake, table: "t")', connection(self.server, token={"env": "LAKE_WRONG"})

    def unreachable(self) -> tuple[str, str]:
        return 'spark(lake, table: "t")', connection(self.server, remote=f"sc://localhost:{free_port()}")

    def slow(self) -> tuple[str, str]:
        return f'spark(lake, table: "{sleeping(self.server, 30)}")', connection(self.server, timeout=2)

    def lost(self) -> tuple[str, str]:
        port = self.stack.enter_context(cut_at(self.server.port, b"COUNT("))
        written = self.load(pa.table({"at": pa.array([20_500], pa.int32()).cast(pa.date32())}), Path())
        return written, connection(self.server, remote=f"sc://localhost:{port}")
