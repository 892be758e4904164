"""Spark: a standalone master, two workers, and a Spark Connect server that runs its jobs there.

The programs are those of the pyspark package; Java 17 or newer is needed.
"""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from servers.running import Server, free_port, new_folder, program, server, start, wait_until

HOST = "127.0.0.1"
PACKAGE = "openjdk-17-jre-headless"
WORKERS = 2
TOKEN = "Connect-token_7"
QUICK = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"  # what lives for seconds only need not be compiled well
CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"


def home() -> Path:
    """Where pyspark keeps Spark itself."""
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        pytest.fail("pyspark is not installed: `make .venv/.installed-dev`")
    return Path(found.origin).parent


def started() -> Server:
    """A new cluster. `details`: `master`, a URL `spark://…`; `connect`, a URL `sc://…`, and the `password` (token) it wants.
    `port` is Spark Connect's. The workers say that they have more than a machine may: an application gets one or two
    small executors.
    """
    spark, folder = home(), new_folder("spark")
    program("java", package=PACKAGE)
    port, master_port = free_port(), free_port()
    master = f"spark://{HOST}:{master_port}"
    environment = {
        "SPARK_HOME": str(spark),
        "SPARK_LOCAL_IP": HOST,
        "SPARK_NO_DAEMONIZE": "1",
        "SPARK_LOG_DIR": str(folder),
        "SPARK_WORKER_DIR": str(folder / "work"),
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "SPARK_DAEMON_MEMORY": "512m",
        "SPARK_DAEMON_JAVA_OPTS": QUICK,
        "SPARK_CONNECT_AUTHENTICATE_TOKEN": TOKEN,
    }
    started_here: list[tuple[int, int]] = []

    def run(name: str, *command: str) -> None:
        started_here.append(start(folder, name, [str(spark / "bin" / command[0]), *command[1:]], env=environment))

    def one() -> Server:
        keepers, pids = (tuple(each) for each in zip(*started_here, strict=True))
        # A token needs TLS, or the name of this very machine.
        details = {"master": master, "connect": f"sc://localhost:{port}", "password": TOKEN}
        return Server("spark", port, str(folder), keepers, pids, details)

    deploy = "org.apache.spark.deploy"
    at = ("--host", HOST, "--port")
    run("master", "spark-class", f"{deploy}.master.Master", *at, str(master_port), "--webui-port", str(free_port()))
    wait_until(lambda: answers(master_port), "Spark's master")
    for number in range(WORKERS):
        size = ("--cores", "3", "--memory", "3g", "--webui-port", str(free_port()))
        run(f"worker{number}", "spark-class", f"{deploy}.worker.Worker", *at, str(free_port()), *size, master)
    settings = {
        "spark.driver.host": HOST,
        "spark.driver.memory": "768m",
        "spark.driver.extraJavaOptions": QUICK,
        "spark.executor.memory": "512m",
        "spark.executor.cores": "1",
        "spark.executor.extraJavaOptions": QUICK,
        "spark.cores.max": str(WORKERS),
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.connect.grpc.binding.address": HOST,
        "spark.connect.grpc.binding.port": str(port),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    said = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    run("connect", "spark-submit", "--master", master, "--class", CONNECT, *said, "spark-internal")
    wait_until(lambda: answers(port), "Spark Connect")
    wait_until(lambda: one().log.count("Registering worker") >= WORKERS, "Spark's workers")
    return one()


def answers(port: int) -> bool:
    """Whether somebody listens at a port of 127.0.0.1."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((HOST, port)) == 0


@contextmanager
def running() -> Iterator[Server]:
    """A cluster of a test's own."""
    with server(started) as one:
        yield one
