"""The same rows in Parquet and in MariaDB give the same values."""

from __future__ import annotations

from pathlib import Path

import pytest

from servers import same_rows
from servers.mariadb_tables import connection, fill
from servers.running import Server

pytestmark = pytest.mark.server


@pytest.mark.parametrize("time", ["z", "t", "d"])
def test_the_same(tmp_path: Path, mariadb_server: Server, monkeypatch: pytest.MonkeyPatch, time: str) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", mariadb_server.details["password"])
    (tmp_path / "kpidsl.toml").write_text(connection(mariadb_server), "utf-8")
    same_rows.hold(tmp_path, time, lambda table: f'sqlalchemy(shop, table: "{fill(mariadb_server, table)}")')
