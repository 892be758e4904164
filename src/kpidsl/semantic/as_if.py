"""Values as they would be if their filters and windows were sound: by them, what stands beside is checked all the same.

Nothing is evaluated by such a value.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, replace

from kpidsl import calendar as c
from kpidsl.diagnostics import Problems
from kpidsl.semantic import values as v
from kpidsl.semantic.scope import Names
from kpidsl.semantic.uses import uses
from kpidsl.semantic.value_check import Around, ValueChecker
from kpidsl.semantic.windowing import periods_outside, unwindowed
from kpidsl.semantic.windows import Invalid, window_spec
from kpidsl.source_text import Span
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.decl_nodes import KpiDecl, MetricDecl
from kpidsl.syntax.node import Node
from kpidsl.syntax.shared_nodes import ValueProp

MOST_LOOKED_INTO = 40
_ANY = c.Last(1, c.Unit(c.Grain.MONTH))


class AsIf(ValueChecker):
    """Reports to nobody."""

    def meaning(self, node: x.Expr, around: Around) -> v.Value:
        match node:
            case x.Over(operand=operand, window=window):
                value = self.value(operand, around)
                spec: c.WindowSpec = _ANY
                with suppress(Invalid):
                    spec = window_spec(window, self.calendar, self.problems, around.period)
                return v.Windowed(value.info, value, spec)
            case x.Filtered(operand=operand):
                return self.value(operand, around)
            case x.Aggregation():
                return super().meaning(replace(node, where=None), replace(around, filters=()))
            case _:
                return super().meaning(node, around)


def as_if(values: ValueChecker, name: str, span: Span) -> v.Value | None:
    """The value of a metric or KPI whose filters and windows are taken for sound; None where more is wrong."""
    if values.outline is None:
        values.outline = AsIf(values.names, values.sources, Problems())
    with suppress(Invalid):
        value = values.outline.measure(name, span)
        return v.Windowed(value.info, value, _ANY) if unwindowed(value) or periods_outside(value) else value
    return None


def sources_read(node: MetricDecl | KpiDecl, names: Names, namespace: str) -> list[str]:
    """The sources that a value reads, whatever is wrong with it; of what is built on many others, some."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    left: list[tuple[Node, str]] = [(node, namespace)]
    while left and len(seen) <= MOST_LOOKED_INTO:
        declared, space = left.pop()
        properties = declared.properties if isinstance(declared, MetricDecl | KpiDecl) else ()
        values = tuple(prop.value for prop in properties if isinstance(prop, ValueProp))
        for used in uses(values, space, names):
            if used.key.sort == "source":
                found[used.key.name] = None
            elif used.key.sort == "name" and used.key.name not in seen:
                seen.add(used.key.name)
                meant = names.named[used.key.name]
                left.append((meant.node, meant.namespace))
    return list(found)


def mentions(node: object, names: tuple[str, ...]) -> bool:
    """Whether an expression holds one of these names."""
    if isinstance(node, tuple):
        return any(mentions(one, names) for one in node)
    if isinstance(node, x.NameRef):
        return node.name in names
    return isinstance(node, Node) and any(
        mentions(getattr(node, f.name), names) for f in fields(node) if f.name != "span"
    )
