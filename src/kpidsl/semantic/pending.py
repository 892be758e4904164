"""What this version reads but does not evaluate: said by name, never passed over."""

from __future__ import annotations

from kpidsl.semantic.model import Pending
from kpidsl.semantic.scope import Names
from kpidsl.syntax import decl_nodes as d


def pending_declarations(names: Names) -> tuple[Pending, ...]:
    """Intervals."""
    found: list[Pending] = []
    for name, declared in names.named.items():
        node = declared.node
        if isinstance(node, d.KpiDecl):
            intervals = [prop for prop in node.properties if isinstance(prop, d.IntervalProp)]
            found.extend(Pending("interval of KPI", name, prop.span) for prop in intervals)
    return tuple(found)
