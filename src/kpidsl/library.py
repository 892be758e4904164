"""The standard library: units and currencies, written in the language itself."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source

if TYPE_CHECKING:
    from kpidsl.syntax.setting_nodes import UnitDecl


@cache
def library_units() -> tuple[UnitDecl, ...]:
    """The units and currencies of the standard library, which is written in the language."""
    from kpidsl.syntax import parse
    from kpidsl.syntax.setting_nodes import UnitDecl

    found: list[UnitDecl] = []
    for file in sorted((Path(__file__).parent / "std").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".kpi"):
            problems = Problems()
            spec = parse(Source(f"std/{file.name}", file.read_text(encoding="utf-8")), problems)
            assert not problems.has_errors, [one.message for one in problems]
            found.extend(node for node in spec.declarations if isinstance(node, UnitDecl))
    return tuple(found)
