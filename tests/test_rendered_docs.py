"""What the documentation shows under a command is what the command prints."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kpidsl.cli import NAMES

ROOT = Path(__file__).resolve().parent.parent


def _load() -> tuple[Callable[..., str], tuple[Path, ...]]:
    found = importlib.util.spec_from_file_location("kpidsl_docs_render", ROOT / "docs" / "render.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module.render, module.documents()


render, DOCUMENTS = _load()


@pytest.mark.slow
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_shows_what_its_commands_print(document: Path) -> None:
    text = document.read_text("utf-8")
    assert render(text, document.parent) == text, "run `make docs` and read the difference"


def test_the_readme_is_among_them() -> None:
    assert ROOT / "README.md" in DOCUMENTS


def test_a_wrong_output_is_replaced() -> None:
    text = "Before\n```console\n$ echo one\nnot one\n$ printf two\n```\nAfter\n"
    assert render(text) == "Before\n```console\n$ echo one\none\n$ printf two\ntwo\n```\nAfter\n"


def test_files_are_written_and_exit_codes_kept() -> None:
    text = "<!-- file: a/b.kpi -->\n```kpi\n## words\n```\n```console\n$ cat a/b.kpi; exit 4\n$ echo $?\n```\n"
    assert render(text).endswith("$ cat a/b.kpi; exit 4\n## words\n$ echo $?\n4\n```\n")


def test_other_blocks_are_left_alone() -> None:
    text = "```sh\n$ exit 1\n```\n\n```kpi\nmetric a = 1\n```\n"
    assert render(text) == text


def test_commands_see_a_terminal_of_a_fixed_width_and_none_of_our_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPIDSL_PLUGINS", "other")
    monkeypatch.setenv("COLUMNS", "40")
    commands = {"test -t 1 && stty size < /dev/stdout": "50 100", "echo $COLUMNS": "100", "env | grep -c ^KPIDSL_": "0"}
    text = "```console\n" + "".join(f"$ {command}\n" for command in commands) + "```\n"
    shown = "".join(f"$ {command}\n{output}\n" for command, output in commands.items())
    assert render(text) == f"```console\n{shown}```\n"


LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
ANCHOR = re.compile(r"\]\(([^)#:]*)#([^)]+)\)")
PATH = re.compile(r"`((?:\.ci|bench|docs|grammar|plugins|specs|src|tests)/[^`*…\s]*)`")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    missing = [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    missing += [path for path in PATH.findall(text) if not (ROOT / path).exists()]
    assert not missing


def _anchors(page: Path) -> set[str]:
    """What a link may name of a page: its headings, as GitHub makes anchors of them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_into_a_page_name_one_of_its_headings(page: Path) -> None:
    links = ANCHOR.findall(page.read_text("utf-8"))
    assert [link for link, anchor in links if anchor not in _anchors(page.parent / link if link else page)] == []


def test_every_command_is_on_the_page_of_commands() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    headings = {line.removeprefix("## kpidsl ") for line in page.splitlines() if line.startswith("## kpidsl ")}
    assert headings == set(NAMES)
