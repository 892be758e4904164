"""Tables in a real PostgreSQL, and the text of a kpidsl.toml that reaches them."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote

import adbc_driver_postgresql.dbapi as driver
import pyarrow as pa

from servers import postgres
from servers.running import Server

TYPES = {
    pa.int64(): "bigint", pa.float64(): "double precision", pa.string(): "text", pa.bool_(): "boolean",
    pa.date32(): "date", pa.timestamp("us"): "timestamp", pa.timestamp("us", "UTC"): "timestamptz",
}  # fmt: skip


def connection(server: Server, **changed: Any) -> str:
    """A connection `shop`; its password is that of the variable SHOP_PASSWORD."""
    settings = {
        "provider": "postgres", "host": "127.0.0.1", "port": server.port, "database": server.details["database"],
        "user": server.details["user"], "password": {"env": "SHOP_PASSWORD"}, "retries": 0, **changed,
    }  # fmt: skip
    return "\n".join(["[connections.shop]", *(f"{name} = {_toml(value)}" for name, value in settings.items()), ""])


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + "}"
    return str(value) if isinstance(value, int) else f'"{value}"'


def fill(server: Server, rows: pa.Table) -> str:
    """A new table with some rows; its name."""
    name = f"t{secrets.token_hex(6)}"
    types = {
        field.name: TYPES.get(field.type) or f"numeric({field.type.precision}, {field.type.scale})"
        for field in rows.schema
    }
    columns = ", ".join(f'"{column}" {kind}' for column, kind in types.items())
    postgres.execute(server, f"create table {name} ({columns})")
    if rows.num_rows:
        # The driver writes decimals of its own making: through a text they are what they are.
        raw = pa.table({field.name: _plain(rows.column(field.name)) for field in rows.schema})
        user, password = server.details["user"], quote(server.details["password"])
        address = f"postgresql://{user}:{password}@127.0.0.1:{server.port}/{server.details['database']}"
        with driver.connect(address) as session:
            with session.cursor() as cursor:
                cursor.adbc_ingest(f"{name}_raw", raw, mode="create")
            session.commit()
        picked = ", ".join(f'"{column}"::{kind}' for column, kind in types.items())
        postgres.execute(server, f"insert into {name} select {picked} from {name}_raw; drop table {name}_raw")
    return name


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_decimal(column.type) else column
