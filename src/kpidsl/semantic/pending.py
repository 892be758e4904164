"""What this version reads but does not evaluate: said by name, never passed over."""

from __future__ import annotations

from kpidsl.semantic.model import Pending
from kpidsl.semantic.scope import Names
from kpidsl.syntax import goal_nodes as g


def pending_declarations(names: Names) -> tuple[Pending, ...]:
    """Outcomes."""
    kinds: dict[type, str] = {g.OutcomeDecl: "outcome"}
    found: list[Pending] = []
    for name, declared in names.named.items():
        kind = kinds.get(type(declared.node))
        if kind is not None:
            found.append(Pending(kind, name, declared.node.name.span))
    return tuple(found)
