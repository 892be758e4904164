"""What a declaration refers to, as it is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.node import Name, Node
from kpidsl.syntax.shared_nodes import SupportsProp


def referenced_names(node: Node) -> tuple[Name, ...]:
    """Every name that may be a declaration's, in the order written: metrics, KPIs, sources, params, goals, parents,
    policies. A column that is called like one counts as well: what is meant, only the checker knows.
    """
    return tuple(_names(node))


def _names(node: Node) -> Iterator[Name]:
    match node:
        case x.NameRef(name=text):
            yield Name(text, span=node.span)
            return
        case x.Aggregation(source=source) | x.ConversionStep(source=source):
            yield source
        case SupportsProp(names=names):
            yield from names
        case g.ParentProp(parent=name) | g.PolicyProp(policy=name):
            yield name
        case _:
            pass
    for part in fields(node):
        inner = getattr(node, part.name)
        for item in inner if isinstance(inner, tuple) else (inner,):
            if isinstance(item, Node):
                yield from _names(item)
