"""NAME.kpi gives the syntax tree NAME.ast. `pytest --accept` rewrites the golden files; read the difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpidsl.diagnostics import Problems
from kpidsl.report.tree import tree
from kpidsl.source_text import Source
from kpidsl.syntax import parse
from kpidsl.syntax.nodes import Declaration

HERE = Path(__file__).parent


@pytest.mark.parametrize("file", sorted(HERE.rglob("*.kpi")), ids=lambda file: file.stem)
def test_syntax_tree(file: Path, accept: bool) -> None:
    problems = Problems()
    text = tree(parse(Source(file.name, file.read_text("utf-8")), problems)) + "\n"
    assert [(problem.place, problem.message) for problem in problems] == []
    golden = file.with_suffix(".ast")
    if accept:
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


def test_there_is_an_example_of_each_declaration() -> None:
    spec = parse(Source("x.kpi", (HERE / "syntax" / "every_declaration.kpi").read_text("utf-8")), Problems())
    assert {type(node) for node in spec.declarations} == set(Declaration.__args__)
