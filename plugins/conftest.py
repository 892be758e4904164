"""What tests of plugins get: the same surroundings as kpidsl's own, and the shared servers. All plugins are loaded."""

from __future__ import annotations

from servers.fixtures import (
    datasette_server,
    mariadb_server,
    postgres_server,
    prometheus_server,
    spark_server,
    sqlite_file,
)
from surroundings import cache_folder, clean_environment, load_profile, pytest_sessionfinish

__all__ = [
    "cache_folder",
    "clean_environment",
    "datasette_server",
    "mariadb_server",
    "postgres_server",
    "prometheus_server",
    "pytest_sessionfinish",
    "spark_server",
    "sqlite_file",
]

load_profile()
