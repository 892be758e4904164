"""The patterns of `matches`, asked of the engine that will use them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields

from kpidsl.diagnostics import Problems
from kpidsl.spec_files import SpecFiles
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.node import Node, Text

_WORD = re.compile(r"\bmatches\b")
_ELSEWHERE = re.compile(r"\(\?<?[=!]|\\[1-9]")


def check_patterns(files: SpecFiles, problems: Problems) -> None:
    """Report every pattern that is no regular expression. A set without patterns costs nothing."""
    written = [
        pattern
        for source in files.sources
        if _WORD.search(source.text)
        for pattern in _patterns(files.spec(source).declarations)
    ]
    if not written:
        return
    from kpidsl.engine.patterns import wrong_patterns

    wrong = wrong_patterns(pattern.value for pattern in written)
    for pattern in written:
        if pattern.value in wrong:
            hint = "RE2 has neither look-around nor back-references" if _ELSEWHERE.search(pattern.value) else None
            problems.error(
                "K0353", f"this is no regular expression: {wrong[pattern.value]}", pattern.span,
                hint=hint or r'to find a special character itself, put `\\` before it: `matches "a\\.b"`',
            )  # fmt: skip


def _patterns(node: object) -> Iterator[Text]:
    """Every pattern of a `matches` in a node, or in several."""
    if isinstance(node, x.Matches):
        yield node.pattern
    if isinstance(node, tuple):
        for item in node:
            yield from _patterns(item)
    elif isinstance(node, Node):
        for part in fields(node):
            yield from _patterns(getattr(node, part.name))
