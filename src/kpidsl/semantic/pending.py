"""What this version reads but does not evaluate: said by name, never passed over."""

from __future__ import annotations

from kpidsl.semantic.model import Pending
from kpidsl.semantic.scope import Names
from kpidsl.syntax import decl_nodes as d


def pending_declarations(names: Names) -> tuple[Pending, ...]:
    """Intervals and signals."""
    found: list[Pending] = []
    for name, declared in names.named.items():
        node = declared.node
        if isinstance(node, d.KpiDecl):
            for prop in node.properties:
                if isinstance(prop, d.IntervalProp):
                    found.append(Pending("interval of KPI", name, prop.span))
                elif isinstance(prop, d.SignalProp):
                    found.append(Pending("signal of KPI", name, prop.span))
    return tuple(found)
