"""A real PostgreSQL passes the suite that every source must pass."""

from __future__ import annotations

import secrets
from pathlib import Path

import pyarrow as pa
import pytest

from kpidsl.testing.contract import NEVER_SHOWN, SourceContract
from servers import postgres
from servers.postgres_tables import connection, fill
from servers.running import Server, free_port

pytestmark = pytest.mark.server


class TestPostgres(SourceContract):
    is_remote = True
    server: Server

    @pytest.fixture(autouse=True)
    def a_server(self, postgres_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = postgres_server
        monkeypatch.setenv("SHOP_PASSWORD", postgres_server.details["password"])
        monkeypatch.setenv("SHOP_WRONG", NEVER_SHOWN)

    def configuration(self) -> str:
        return connection(self.server)

    def load(self, rows: pa.Table, folder: Path) -> str:
        return f'postgres(shop, table: "{fill(self.server, rows)}")'

    def wrong_credentials(self) -> tuple[str, str]:
        return 'postgres(shop, table: "t")', connection(self.server, password={"env": "SHOP_WRONG"})

    def unreachable(self) -> tuple[str, str]:
        return 'postgres(shop, table: "t")', connection(self.server, port=free_port())

    def slow(self) -> tuple[str, str]:
        name = f"v{secrets.token_hex(6)}"
        postgres.execute(self.server, f"create view {name} as select date '2026-03-01' as at from pg_sleep(30)")
        return f'postgres(shop, table: "{name}")', connection(self.server, timeout=1)

    def lost(self) -> tuple[str, str]:
        name = f"v{secrets.token_hex(6)}"
        ended = "select pg_terminate_backend(pg_backend_pid()) as gone, generate_series(1, 3) as n"
        postgres.execute(
            self.server,
            f"create view {name} as select date '2026-03-01' + n as at from ({ended} offset 0) as e where gone",
        )
        return f'postgres(shop, table: "{name}")', connection(self.server)
