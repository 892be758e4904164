"""What every test gets, of kpidsl and of its plugins: a clean environment, and a cache folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

import lark.lexer
import pytest
from hypothesis import HealthCheck, settings

from kpidsl.syntax.tables import tables
from servers import stop_shared


def load_profile() -> None:
    """The same random examples on every machine, and no deadline: a shared machine may stall at any moment."""
    settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("quick", settings.get_profile("here"), max_examples=20)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "here"))


# Where interegular is installed, which few have, Lark looks for terminals that collide whenever it builds a parser: that
# takes four times as long, and tests/syntax/test_grammar.py does it once.
lark.lexer.has_interegular = False


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's cache folder as tests see it: never the real one, one a worker so that parsers are built once, and that
    here: a process that a test starts would look for terminals that collide.
    """
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KPIDSL_CACHE", raising=False)
        patch.setenv("XDG_CACHE_HOME", str(folder))
        tables()
    return folder


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, cache_folder: Path) -> None:
    """Nothing of the caller's shell decides a test: no KPIDSL_… settings, no colour, a cache of its own."""
    for name in [name for name in os.environ if name.startswith("KPIDSL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_folder))
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the servers the tests shared: once all workers are done, so not in a worker."""
    if not hasattr(session.config, "workerinput"):
        factory: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]
        stop_shared(factory.getbasetemp())
