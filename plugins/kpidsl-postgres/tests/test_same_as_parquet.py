"""The same rows in Parquet and in PostgreSQL give the same values."""

from __future__ import annotations

from pathlib import Path

import pytest

from servers import same_rows
from servers.postgres_tables import connection, fill
from servers.running import Server

pytestmark = pytest.mark.server


@pytest.mark.parametrize("time", ["z", "t", "d"])
def test_the_same(tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch, time: str) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", postgres_server.details["password"])
    (tmp_path / "kpidsl.toml").write_text(connection(postgres_server), "utf-8")
    same_rows.hold(tmp_path, time, lambda table: f'postgres(shop, table: "{fill(postgres_server, table)}")')
