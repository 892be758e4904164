"""The example specs and the blocks of the language guide are right."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kpidsl import load
from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source
from kpidsl.syntax import parse

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "language"
BLOCK = re.compile(r"^```kpi(?P<fragment> fragment)?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kpidsl", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def blocks(*, fragments: bool) -> list[object]:
    """The `kpi` blocks of the guide: complete files, or fragments."""
    found: list[object] = []
    for page in sorted(GUIDE.glob("*.md")):
        text = page.read_text("utf-8")
        for block in BLOCK.finditer(text):
            if bool(block["fragment"]) is fragments:
                line = text.count("\n", 0, block.start()) + 1
                found.append(pytest.param(block["body"], id=f"{page.stem}:{line}"))
    return found


@pytest.mark.parametrize("example", ["flights", "storefront", "okr", "housing"])
def test_an_example_is_checked_without_a_word(example: str) -> None:
    done = run("check", f"specs/{example}")
    assert (done.returncode, done.stderr) == (0, "no problems found\n")


def test_an_example_is_evaluated_whole() -> None:
    done = run("eval", "specs/storefront", "--as-of", "2026-05-16", "-f", "json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert found["errors"] == []
    assert [(one["name"], one["state"], one["level"]) for one in found["outcomes"]] == [
        ("customers_trust_us", "achieved", "good")
    ]


@pytest.mark.parametrize(("example", "tests"), [("flights", 11), ("storefront", 13), ("okr", 5), ("housing", 3)])
def test_the_tests_in_the_language_pass(example: str, tests: int) -> None:
    done = run("test", f"specs/{example}")
    assert (done.returncode, done.stdout) == (0, f"{tests} passed\n")


def test_the_examples_are_laid_out_as_the_formatter_does() -> None:
    done = run("fmt", "--check", "specs")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", blocks(fragments=False))
def test_a_block_of_the_guide_is_a_whole_spec(block: str, tmp_path: Path) -> None:
    """Without a word, but for KPIs that have no target yet."""
    (tmp_path / "data").symlink_to(GUIDE / "data")
    (tmp_path / "spec.kpi").write_text(block, "utf-8")
    report = load([tmp_path / "spec.kpi"]).check()
    assert (report.exit_code, {found.code for found in report.diagnostics} - {"K0371"}) == (0, set())


@pytest.mark.parametrize("block", blocks(fragments=True))
def test_a_fragment_of_the_guide_has_the_right_form(block: str) -> None:
    problems = Problems()
    parse(Source("block.kpi", block), problems)
    assert [found.message for found in problems] == []
