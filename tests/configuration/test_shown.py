"""What messages show of kpidsl.toml: the names, and no value that may be a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

import kpidsl
from configuration.remote import installed
from kpidsl.checked import SpecError
from kpidsl.diagnostics.text import render_text

SPEC = """
source a { from remote(books, table: "a"); time day }
kpi ka { value sum(amount) from a over last month; target >= 3 }
"""
BOOKS = '[connections.books]\nprovider = "remote"\nhost = "books.example"\n'
SECRET = "hunter2-7f"


def said(tmp_path: Path, toml: str, profile: str | None = None) -> str:
    """All messages with their pictures."""
    (tmp_path / "spec.kpi").write_text(SPEC, "utf-8")
    (tmp_path / "kpidsl.toml").write_text(toml, "utf-8")
    with installed(), pytest.raises(SpecError) as caught:
        kpidsl.load([tmp_path], profile=profile).evaluate(as_of="2026-03-31")
    return render_text(caught.value.diagnostics, colour=False, width=120)


@pytest.mark.parametrize(
    "line",
    [
        f'password = "{SECRET}"',
        f'pasword = "{SECRET}"',
        f"password = {SECRET}",
        f'password = "{SECRET}',
        f'password = """\n{SECRET}"""',
        f'password "{SECRET}"',
        f'password = {{envv = "{SECRET}"}}',
        f'books.password = "{SECRET}"',
        f'# password = "{SECRET}"\nprot = 1',
    ],
)
def test_no_value_is_shown_that_may_be_a_secret(tmp_path: Path, line: str) -> None:
    found = said(tmp_path, f"{BOOKS}{line}\n")
    assert "kpidsl.toml:4" in found or "kpidsl.toml:5" in found
    assert SECRET not in found
    assert "***" in found


@pytest.mark.parametrize(
    ("toml", "profile"),
    [
        (f'connections = {{books = {{provider = "remote", pasword = "{SECRET}"}}}}\n', None),
        (f'{BOOKS}[profiles.p.connections.books]\npassword = "{SECRET}"\n', "p"),
        (f"{BOOKS}[conections.more]\npassword = {SECRET}\n", None),
        (f"{BOOKS}[connections.sources]\npassword = {SECRET}\n", None),
    ],
)
def test_nor_where_it_stands_otherwise(tmp_path: Path, toml: str, profile: str | None) -> None:
    assert SECRET not in said(tmp_path, toml, profile)


def test_what_every_connection_and_every_source_says_is_shown(tmp_path: Path) -> None:
    assert '4 | timeout = "soon"' in said(tmp_path, f'{BOOKS}timeout = "soon"\n')
    sources = '[profiles.p.sources.a]\nprovider = "csv"\npath = 7\n'
    assert "6 | path = 7" in said(tmp_path, BOOKS + sources, "p")
    (tmp_path / "kpidsl.toml").unlink()
    assert "6 | path = 7 7" in said(tmp_path, BOOKS + sources.replace("7", "7 7"), "p")
