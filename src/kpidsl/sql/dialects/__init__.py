"""The SQL of engines that sources live in: what is asked of DuckDB, written so that they answer the same."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from kpidsl.sql.dialects.statement import TOO_WIDE, Statement, Untranslatable

if TYPE_CHECKING:
    from kpidsl.sql.dialects.base import Dialect

__all__ = ["HOMES", "TOO_WIDE", "Statement", "Untranslatable", "dialect"]

HOMES = {"mysql": "MySql", "postgres": "Postgres", "spark": "Spark", "sqlite": "Sqlite"}
"""The dialects by sqlglot's name: the class in the module of that name."""


def dialect(name: str) -> Dialect | None:
    """The dialect of a name; None where kpidsl does not write it."""
    if name not in HOMES:
        return None
    found: Dialect = getattr(import_module(f"kpidsl.sql.dialects.{name}"), HOMES[name])()
    return found
