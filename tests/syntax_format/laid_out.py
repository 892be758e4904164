"""Texts through the formatter, for the tests of this folder."""

from __future__ import annotations

import re
from pathlib import Path

from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source
from kpidsl.syntax import Spec, parse
from kpidsl.syntax.format import format_spec

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = re.compile(r'"""(?s:.)*?"""|"(?:\\.|[^"\\\n])*"|`[^`\n]+`|#[^\n]*|[^"`#]|["`]')
BLOCKS = re.compile(r"^```kpi[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def tree(text: str) -> Spec:
    """The tree of a text, which must have no errors."""
    problems = Problems()
    spec = parse(Source("test.kpi", text), problems)
    assert not problems.has_errors, [f"{found.place}: {found.message}" for found in problems] + [text]
    return spec


def laid_out(text: str) -> str:
    """The text in the one layout, which must mean the same, have the same comments, and stay as it is next time."""
    spec = tree(text)
    after = format_spec(spec)
    assert comments(after) == comments(text)
    assert strings(after) == strings(text)
    assert squeezed(after) == squeezed(text)
    assert format_spec(tree(after)) == after
    return after


def comments(text: str) -> list[str]:
    """The comments of a text in their order, found without the parser."""
    return [part.rstrip() for part in PARTS.findall(text) if part.startswith("#")]


def strings(text: str) -> list[str]:
    """The texts and quoted names, letter by letter."""
    return [part for part in PARTS.findall(text) if len(part) > 1 and part[0] in '"`']


def squeezed(text: str) -> str:
    """All that is no comment, without blanks, line ends and the `;` that stands for one."""
    code = "".join(part for part in PARTS.findall(text) if not part.startswith("#"))
    return re.sub(r"[\s;]", "", code)


def examples() -> dict[str, str]:
    """Every spec of the project, and every block of the language's documentation that is one."""
    files = [*sorted((ROOT / "specs").rglob("*.kpi")), *sorted((ROOT / "src/kpidsl/std").glob("*.kpi"))]
    found = {str(file.relative_to(ROOT)): file.read_text("utf-8") for file in files}
    for page in sorted((ROOT / "docs/language").glob("*.md")):
        for number, block in enumerate(BLOCKS.findall(page.read_text("utf-8")), 1):
            found[f"{page.name}-{number}"] = block
    return found
