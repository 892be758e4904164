"""The engines that answer for themselves: how rows get into each, and what a kpidsl.toml says to read them there.

An engine adds itself by an entry in ENGINES. `lacks` names what it does not do as the others do, each with the reason.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import adbc_driver_postgresql.dbapi as postgres_driver
import pyarrow as pa

from servers import mariadb_tables, spark_tables
from servers.postgres_tables import connection
from servers.running import Server


@dataclass(frozen=True)
class Engine:
    """`fixture` starts its server; `put` makes a table of some rows and gives the settings of a source that reads it,
    without its connection `shop`; `connection` is the text that kpidsl.toml has of that.
    """

    fixture: str
    put: Callable[[Server, pa.Table], Mapping[str, str]]
    connection: Callable[[Server], str]
    lacks: Mapping[str, str] = field(default_factory=dict)

    def configuration(self, server: Server, tables: Mapping[str, pa.Table]) -> str:
        """A kpidsl.toml in which these tables of the engine stand for the sources of their names."""
        lines = [self.connection(server)]
        for name, rows in tables.items():
            settings = {**self.put(server, rows), "connection": "shop"}
            lines += [f"[sources.{name}]", *(f'{key} = "{value}"' for key, value in settings.items())]
        return "\n".join([*lines, ""])


# ---------------------------------------------------------------- PostgreSQL
def into_postgres(server: Server, rows: pa.Table) -> Mapping[str, str]:
    """A table with the rows, of the types that fit them."""
    name = f"t{secrets.token_hex(6)}"
    types = {column.name: _postgres_type(column.type) for column in rows.schema}
    user, password = server.details["user"], quote(server.details["password"])
    address = f"postgresql://{user}:{password}@127.0.0.1:{server.port}/{server.details['database']}"
    with postgres_driver.connect(address) as session:
        with session.cursor() as cursor:
            columns = ", ".join(f'"{column}" {kind}' for column, kind in types.items())
            cursor.execute(f"create table {name} ({columns})")
            if rows.num_rows:
                # The driver writes decimals of its own making: through a text they are what they are.
                raw = pa.table({one.name: _raw(rows.column(one.name)) for one in rows.schema})
                cursor.adbc_ingest(f"{name}_raw", raw, mode="create")
                picked = ", ".join(f'"{column}"::{kind}' for column, kind in types.items())
                cursor.execute(f"insert into {name} select {picked} from {name}_raw")
                cursor.execute(f"drop table {name}_raw")
        session.commit()
    return {"provider": "postgres", "table": name}


def _postgres_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamptz" if kind.tz is not None else "timestamp"
    named = {
        "int8": "smallint", "int16": "smallint", "int32": "integer", "int64": "bigint", "float": "real",
        "double": "double precision", "string": "text", "bool": "boolean", "date32[day]": "date",
    }  # fmt: skip
    return named[str(kind)]


def _raw(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_decimal(column.type) else column


# ---------------------------------------------------------------- SQLite
def into_sqlite(server: Server, rows: pa.Table) -> Mapping[str, str]:
    """A table of the file with the rows. Days and times are texts there, and decimals too, lest they lose digits."""
    name = f"t{secrets.token_hex(6)}"
    columns = ", ".join(f'"{one.name}" {_sqlite_type(one.type)}' for one in rows.schema)
    plain = [[_in_sqlite(one) for one in column.to_pylist()] for column in rows.columns]
    with closing(sqlite3.connect(Path(server.folder) / "shop.db", timeout=60)) as database:
        database.execute(f"create table {name} ({columns})")
        marks = ", ".join("?" * rows.num_columns)
        database.executemany(f"insert into {name} values ({marks})", zip(*plain, strict=True))
        database.commit()
    return {"provider": "sqlalchemy", "table": name}


def _sqlite_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return "numeric"
    if pa.types.is_timestamp(kind):
        return "timestamptz" if kind.tz is not None else "timestamp"
    if pa.types.is_integer(kind):
        return "integer"
    named = {"float": "real", "double": "real", "string": "text", "bool": "boolean", "date32[day]": "date"}
    return named[str(kind)]


def _in_sqlite(value: object) -> object:
    return str(value) if isinstance(value, date | Decimal) else value


# ---------------------------------------------------------------- Spark
_SLOW = "a query takes Spark a second, whatever it counts: every part is asked once, with times of one kind"
_OFTEN = ("aggregations z", "aggregations d", "groupings", "segments t", "stocks t", "conversions d", "random")


def into_spark(server: Server, rows: pa.Table) -> Mapping[str, str]:
    """A folder of Parquet with the rows."""
    return {"provider": "spark", "path": str(spark_tables.written(server, rows))}


def _spark_connection(server: Server) -> str:
    return spark_tables.connection(server, name="shop", token={"env": "SHOP_PASSWORD"})


ENGINES: Mapping[str, Engine] = {
    "mariadb": Engine(
        "mariadb_server",
        lambda server, rows: {"provider": "sqlalchemy", "table": mariadb_tables.fill(server, rows)},
        mariadb_tables.connection,
    ),
    "postgres": Engine("postgres_server", into_postgres, connection),
    "spark": Engine("spark_server", into_spark, _spark_connection, dict.fromkeys(_OFTEN, _SLOW)),
    "sqlite": Engine(
        "sqlite_file",
        into_sqlite,
        lambda server: f'[connections.shop]\nprovider = "sqlalchemy"\nurl = "sqlite:///{server.folder}/shop.db"\n',
        {"flights": "SQLite has no decimals: its rows are read as soon as one is asked for, which is at once"},
    ),
}
