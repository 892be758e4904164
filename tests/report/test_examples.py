"""Every document shown in the documentation is one the schema knows."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kpidsl.report import schema_text

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(json|toml|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def shown(text: str) -> Iterator[Any]:
    """The documents in the blocks of a page, those that commands printed included."""
    for kind, body in BLOCK.findall(text):
        parts = re.split(r"^\$ .*\n", body, flags=re.MULTILINE) if kind == "console" else [body]
        for part in parts:
            if '"kpidsl/results/' not in part:
                continue
            yield json.loads(part) if part.lstrip().startswith("{") else tomllib.loads(part)


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = [
    pytest.param(document, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, document in enumerate(shown(page.read_text("utf-8")))
]


def test_there_are_examples_in_both_formats() -> None:
    text = (ROOT / "docs" / "results.md").read_text("utf-8")
    assert len(list(shown(text))) >= 2
    assert "\n{\n" in text
    assert '\nschema = "kpidsl/results/1"\n' in text


@pytest.mark.parametrize("document", EXAMPLES)
def test_an_example_validates(document: Any) -> None:
    jsonschema.validate(document, json.loads(schema_text()))


def test_documents_are_found_in_every_kind_of_block() -> None:
    page = (
        '```json\n{"schema": "kpidsl/results/1"}\n```\n```console\n$ a\nschema = "kpidsl/results/2"\n$ b\ntext\n```\n'
    )
    assert list(shown(page)) == [{"schema": "kpidsl/results/1"}, {"schema": "kpidsl/results/2"}]
