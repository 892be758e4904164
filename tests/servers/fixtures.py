"""The shared servers as fixtures, one line each; tests/conftest.py and plugins/conftest.py import them."""

from __future__ import annotations

import pytest

from servers import datasette, mariadb, postgres, prometheus, spark
from servers.running import Server, shared


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A PostgreSQL server that all tests share: make tables under names of your own, hurt nothing."""
    return shared("postgres", postgres.started, tmp_path_factory)


@pytest.fixture(scope="session")
def mariadb_server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A MariaDB server that all tests share: make tables under names of your own, hurt nothing."""
    return shared("mariadb", mariadb.started, tmp_path_factory)


@pytest.fixture(scope="session")
def spark_server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A Spark cluster that all tests share: make tables under names of your own, hurt nothing."""
    return shared("spark", spark.started, tmp_path_factory)


@pytest.fixture(scope="session")
def datasette_server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A Datasette that all tests share: make tables under names of your own, hurt nothing."""
    return shared("datasette", datasette.started, tmp_path_factory)


@pytest.fixture(scope="session")
def prometheus_server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A Prometheus that all tests share: write series under names of your own, hurt nothing."""
    return shared("prometheus", prometheus.started, tmp_path_factory)


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A folder for a file of SQLite, `shop.db`, in the place of a server: make tables under names of your own."""
    return Server("sqlite", 0, str(tmp_path_factory.mktemp("sqlite")), (), ())
