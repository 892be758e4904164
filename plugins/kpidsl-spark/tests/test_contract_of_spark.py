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
def cut_after(port: int, answers: int) -> Iterator[int]:
    """A port that hands on to another one, until so many bytes came back; then nobody is there any more."""
    listening = socket.create_server(("127.0.0.1", 0))
    ends: list[socket.socket] = [listening]
    left = [answers]

    def hand_on(source: socket.socket, target: socket.socket, *, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if counted:
                    left[0] -= len(data)
                    if left[0] < 0:
                        close()
                        return
                target.sendall(data)

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
                threading.Thread(target=hand_on, args=(client, server), kwargs={"counted": False}, daemon=True).start()
                threading.Thread(target=hand_on, args=(server, client), kwargs={"counted": True}, daemon=True).start()

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
        monkeypatch.setenv("LAKE_TOKEN", spark_server.details["token"])
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
        rows = pa.table({"at": pa.array(range(200_000), pa.int64()).cast(pa.int32()).cast(pa.date32())})
        port = self.stack.enter_context(cut_after(self.server.port, 50_000))
        written = f'spark(lake, table: "{fill(self.server, rows)}")'
        return written, connection(self.server, remote=f"sc://localhost:{port}")
