"""Tables and views in a real Spark, and the text of a kpidsl.toml that reaches it."""

from __future__ import annotations

import atexit
import secrets
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from servers.running import Server
from servers.spark import HOST, QUICK

OWN = (
    f"spark.driver.host={HOST}", f"spark.driver.bindAddress={HOST}", "spark.driver.memory=512m",
    "spark.executor.memory=512m", "spark.executor.cores=1", "spark.cores.max=1", "spark.sql.shuffle.partitions=2",
    f"spark.driver.extraJavaOptions={QUICK}", f"spark.executor.extraJavaOptions={QUICK}",
)  # fmt: skip
"""Settings of a session of its own that is small and starts quickly."""


def connection(server: Server, *, name: str = "lake", **changed: Any) -> str:
    """A connection to Spark Connect; its token is that of the variable LAKE_TOKEN."""
    return _toml(name, {"remote": server.details["connect"], "token": {"env": "LAKE_TOKEN"}, **changed})


def own_session(server: Server, **changed: Any) -> str:
    """A connection `lake` to the master, with a session of its own."""
    return _toml("lake", {"master": server.details["master"], "conf": list(OWN), **changed})


def _toml(connection: str, settings: dict[str, Any]) -> str:
    lines = [f"{name} = {_value(value)}" for name, value in {"provider": "spark", "retries": 0, **settings}.items()]
    return "\n".join([f"[connections.{connection}]", *lines, ""])


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_value(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return str(value).lower() if isinstance(value, int | float) else f'"{value}"'


@cache
def _session(address: str, token: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyspark.sql.connect.client.core import DefaultChannelBuilder
        from pyspark.sql.connect.session import SparkSession

        made = SparkSession.builder.channelBuilder(DefaultChannelBuilder(f"{address}/;token={token}")).create()
    atexit.unregister(made.client._on_exit)  # the server may be gone by then
    made.conf.set("spark.sql.session.timeZone", "UTC")
    return made


def execute(server: Server, sql: str) -> Any:
    """What a statement gives, as a table of Arrow."""
    return _session(server.details["connect"], server.details["password"]).sql(sql).toArrow()


def written(server: Server, rows: pa.Table) -> Path:
    """A new folder with some rows as Parquet."""
    folder = Path(server.folder, f"t{secrets.token_hex(6)}")
    folder.mkdir()
    pq.write_table(rows, folder / "rows.parquet")
    return folder


def fill(server: Server, rows: pa.Table) -> str:
    """A new table with some rows; its name."""
    folder = written(server, rows)
    execute(server, f"create table {folder.name} using parquet location '{folder.as_uri()}'")
    return folder.name


def sleeping(server: Server, seconds: int, tasks: int = 1) -> str:
    """A new view of one row for each task, which takes some seconds to read; its name."""
    name = f"v{secrets.token_hex(6)}"
    execute(
        server,
        f"create view {name} as select date '2026-03-01' as at from range(0, {tasks}, 1, {tasks})"
        f" where reflect('java.lang.Thread', 'sleep', {seconds * 1000}L) is not null",
    )
    return name
