"""What every test gets: a clean environment, a cache folder of its own, and `--accept` for golden files."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from kpidsl.sql import exp, queries
from kpidsl.sql.glot import as_sqlglot, text_of
from kpidsl.sql.written import written as the_text
from servers.fixtures import mariadb_server, postgres_server, spark_server
from surroundings import cache_folder, clean_environment, load_profile, pytest_sessionfinish

__all__ = [
    "cache_folder",
    "clean_environment",
    "mariadb_server",
    "postgres_server",
    "pytest_sessionfinish",
    "spark_server",
]

load_profile()

# A shell that runs us in the background has interrupts ignored, and our children would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="rewrite golden files with what came out; read the diff")


# Whole files that take seconds on data or texts of real size: `make check` leaves them to `make test`.
SLOW = ("specs_examples/test_values.py", "specs_examples/test_checked.py", "syntax/test_any_text.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.as_posix().endswith(SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def accept(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be rewritten rather than compared."""
    return bool(request.config.getoption("--accept"))


@pytest.fixture(autouse=True)
def written_as_sqlglot_does(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every query that a test has written in this process is also written by sqlglot, and the texts are the same."""
    differ: list[tuple[str, str]] = []

    def written(query: exp.Expr) -> str:
        ours, theirs = the_text(query), text_of(as_sqlglot(query))
        if ours != theirs:
            differ.append((ours, theirs))
        return ours

    monkeypatch.setattr(queries, "written", written)
    yield
    assert differ == []


@pytest.fixture(autouse=True)
def no_plugins(monkeypatch: pytest.MonkeyPatch, clean_environment: None) -> None:
    """The plugins beside us are installed in the same environment; only tests of their own load them."""
    monkeypatch.setenv("KPIDSL_PLUGINS", "")
