"""A real MariaDB and SQLite pass the suite that every source must pass."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest

from kpidsl.testing.contract import NEVER_SHOWN, SourceContract
from servers import mariadb
from servers.mariadb_tables import connection, fill
from servers.running import Server, free_port

TYPES = {
    pa.int64(): "integer", pa.float64(): "real", pa.string(): "text", pa.bool_(): "boolean", pa.date32(): "date",
    pa.timestamp("us"): "timestamp", pa.timestamp("us", "UTC"): "timestamptz",
}  # fmt: skip


@pytest.mark.server
class TestMariaDb(SourceContract):
    is_remote = True
    server: Server

    @pytest.fixture(autouse=True)
    def a_server(self, mariadb_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = mariadb_server
        monkeypatch.setenv("SHOP_PASSWORD", mariadb_server.details["password"])
        monkeypatch.setenv("SHOP_WRONG", NEVER_SHOWN)

    def configuration(self) -> str:
        return connection(self.server)

    def load(self, rows: pa.Table, folder: Path) -> str:
        return f'sqlalchemy(shop, table: "{fill(self.server, rows)}")'

    def wrong_credentials(self) -> tuple[str, str]:
        return 'sqlalchemy(shop, table: "t")', connection(self.server, password={"env": "SHOP_WRONG"})

    def unreachable(self) -> tuple[str, str]:
        return 'sqlalchemy(shop, table: "t")', connection(self.server, url=f"mariadb://127.0.0.1:{free_port()}/shop")

    def slow(self) -> tuple[str, str]:
        return f'sqlalchemy(shop, table: "{slow_view(self.server, 30)}")', connection(self.server, timeout=1)

    def lost(self) -> tuple[str, str]:
        name = f"v{secrets.token_hex(6)}"
        mariadb.execute(
            self.server,
            "delimiter //\n"
            f"create function f_{name}() returns int reads sql data begin kill connection_id(); return 1; end//\n"
            "delimiter ;\n"
            f"create view {name} as select date '2026-03-01' as at from dual where f_{name}()",
        )
        return f'sqlalchemy(shop, table: "{name}")', connection(self.server)


def slow_view(server: Server, seconds: int) -> str:
    """A view whose rows take so long."""
    name = f"v{secrets.token_hex(6)}"
    mariadb.execute(
        server, f"create view {name} as select date '2026-03-01' as at from dual where sleep({seconds}) = 0"
    )
    return name


class TestSqlite(SourceContract):
    """`is_remote` is false: there is no server that could turn anybody away, or be lost."""

    lacks: ClassVar = {"an_untrusted_spec_reads_no_file_outside_its_folder": "an untrusted spec has no connections"}
    folder: Path

    @pytest.fixture(autouse=True)
    def a_folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def configuration(self) -> str:
        return '[connections.shop]\nprovider = "sqlalchemy"\nurl = "sqlite:///shop.db"\n'

    def load(self, rows: pa.Table, folder: Path) -> str:
        name = f"t{secrets.token_hex(6)}"
        columns = ", ".join(f'"{one.name}" {TYPES.get(one.type, "numeric")}' for one in rows.schema)
        with closing(sqlite3.connect(folder / "shop.db")) as database:
            database.execute(f"create table {name} ({columns})")
            marks = ", ".join("?" * rows.num_columns)
            values = zip(*(self.plain(column) for column in rows.columns), strict=True)
            database.executemany(f"insert into {name} values ({marks})", values)
            database.commit()
        return f'sqlalchemy(shop, table: "{name}")'

    @staticmethod
    def plain(column: pa.ChunkedArray) -> list[object]:
        if pa.types.is_decimal(column.type) or pa.types.is_temporal(column.type):
            return [None if one is None else str(one) for one in column.to_pylist()]
        found: list[object] = column.to_pylist()
        return found
