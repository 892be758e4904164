"""Tables in a real MariaDB, and the text of a kpidsl.toml that reaches them."""

from __future__ import annotations

import secrets
import tempfile
from contextlib import closing
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pymysql

from servers.running import Server

TYPES = {
    pa.int64(): "bigint", pa.int8(): "tinyint", pa.int16(): "smallint", pa.int32(): "int", pa.float32(): "float", pa.float64(): "double", pa.bool_(): "boolean",
    pa.date32(): "date", pa.timestamp("us"): "datetime(6)", pa.timestamp("us", "UTC"): "timestamp(6) null",
}  # fmt: skip
ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\0": "\\0"}  # what escapes is escaped first
LONGEST = 500
"""Characters of a text that is a VARCHAR."""


def connection(server: Server, **changed: Any) -> str:
    """A connection `shop`; its password is that of the variable SHOP_PASSWORD. What is changed to None is left out."""
    settings = {
        "provider": "sqlalchemy", "url": f"mariadb://127.0.0.1:{server.port}/{server.details['database']}",
        "user": server.details["user"], "password": {"env": "SHOP_PASSWORD"}, "retries": 0, **changed,
    }  # fmt: skip
    told = [f"{name} = {_toml(value)}" for name, value in settings.items() if value is not None]
    return "\n".join(["[connections.shop]", *told, ""])


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + "}"
    return str(value) if isinstance(value, int) else f'"{value}"'


def fill(server: Server, rows: pa.Table) -> str:
    """A new table with some rows; its name."""
    name = f"t{secrets.token_hex(6)}"
    types = {field.name: _type(rows.column(field.name)) for field in rows.schema}
    columns = ", ".join(f"`{column}` {kind}" for column, kind in types.items())
    with (
        tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as file,
        closing(
            pymysql.connect(
                host="127.0.0.1",
                port=server.port,
                user=server.details["user"],
                password=server.details["password"],
                database=server.details["database"],
                init_command="set time_zone = '+00:00'",
                local_infile=True,
            )
        ) as session,
    ):
        lines = pc.binary_join_element_wise(*map(_plain, rows.columns), "\t").to_pylist()
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        with session.cursor() as cursor:
            cursor.execute(f"create table {name} ({columns})")
            loaded = f"load data local infile '{file.name}' into table {name} character set utf8mb4"
            assert cursor.execute(loaded) == rows.num_rows
            assert cursor.execute("show warnings") == 0, cursor.fetchall()
        session.commit()
    return name


def _type(column: pa.ChunkedArray) -> str:
    if pa.types.is_decimal(column.type):
        return f"decimal({column.type.precision}, {column.type.scale})"
    if pa.types.is_string(column.type):
        longest = pc.max(pc.utf8_length(column)).as_py() or 1
        return f"varchar({longest})" if longest <= LONGEST else "longtext"
    return TYPES[column.type]


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Values as a file has them: a float with all its digits, a moment in UTC without its zone, NULL as \\N."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us"))
    elif pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    elif pa.types.is_float32(column.type):
        column = column.cast(pa.float64())
    found = column.cast(pa.string())
    for raw, escaped in ESCAPED.items():
        found = pc.replace_substring(found, raw, escaped)
    return found.fill_null("\\N")
