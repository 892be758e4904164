"""What stands in the expressions of a test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import test_nodes as t
from kpidsl.syntax.node import Name, Node


def comparisons_in(node: x.Expr) -> Iterator[x.Compare]:
    """The comparisons a condition is made of."""
    match node:
        case x.Compare():
            yield node
        case x.Logic(left=left, right=right):
            yield from comparisons_in(left)
            yield from comparisons_in(right)
        case x.Not(operand=operand):
            yield from comparisons_in(operand)
        case _:
            return


def names_in(node: object) -> Iterator[str]:
    """Every name that is written in the expressions of a node; tables of given rows aside."""
    if isinstance(node, x.NameRef):
        yield node.name
    if isinstance(node, Name):
        yield node.text
    if isinstance(node, Node) and not isinstance(node, t.GivenProp):
        for part in fields(node):
            yield from names_in(getattr(node, part.name))
    elif isinstance(node, tuple):
        for item in node:
            yield from names_in(item)
