"""Derived columns that hide something of the data."""

from __future__ import annotations

from kpidsl.diagnostics import Problems
from kpidsl.semantic.model import Model
from kpidsl.semantic.scope import Names
from kpidsl.syntax.decl_nodes import LetProp


def lint_columns(names: Names, model: Model, problems: Problems) -> None:
    """Warn of a `let` with the name of a column of the data or of a joined source: what it hides cannot be reached."""
    for name, source in model.sources.items():
        for prop in names.sources[name].node.properties:
            if not isinstance(prop, LetProp):
                continue
            let = prop.name.text
            if let in source.joins:
                hidden = "the joined source of that name"
            elif let in source.columns or (source.schema is not None and source.schema.get(let) is not None):
                hidden = "the column of that name in the data"
            else:
                continue
            problems.warning(
                "K0370",
                f"`{let}` hides {hidden}",
                prop.name.span,
                "from here on, the name means this",
                hint=f"choose another name: `let {_other(let, name)} = {' '.join(prop.value.span.text.split())}`",
            )


def _other(name: str, source: str) -> str:
    return f"{source.rpartition('.')[2]}_{name}"
