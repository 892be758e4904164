"""The one layout of `.kpi` files: the same tokens and comments with other line ends, indents and blanks."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source
from kpidsl.syntax.expr_nodes import UnitExpr
from kpidsl.syntax.format_blocks import lay_out_file
from kpidsl.syntax.format_table import read_table
from kpidsl.syntax.format_tokens import Block, read_blocks
from kpidsl.syntax.node import Node
from kpidsl.syntax.nodes import Spec
from kpidsl.syntax.parsing import parse


class LayoutFault(AssertionError):
    """The formatter would have changed what a file means or lost a comment: a fault of kpidsl's own."""


def format_spec(spec: Spec) -> str:
    """The text of a spec in the one layout; formatted again, it stays as it is.

    `spec` must have been parsed without errors. Raises `LayoutFault` where the text would not be read as the same spec
    with the same comments.
    """
    whole = read_blocks(spec.source.text)
    text = lay_out_file(whole)
    if text == spec.source.text:
        return text
    problems = Problems()
    again = parse(Source(spec.source.path, text, spec.source.file, spec.source.name), problems)
    if problems.has_errors or not _same(again.declarations, spec.declarations):
        raise LayoutFault(f"the layout of {spec.source.path} would change what it means")
    if _comments(read_blocks(text)) != _comments(whole):
        raise LayoutFault(f"the layout of {spec.source.path} would lose a comment")
    return text


def _same(one: object, other: object) -> bool:
    """Whether two trees are equal. Blanks inside of a unit (`km / h`) are layout, though the tree keeps them."""
    match one, other:
        case (UnitExpr(factors=factors), UnitExpr(factors=others)):
            return factors == others
        case (tuple(), tuple()):
            return len(one) == len(other) and all(map(_same, one, other))
        case (Node(), Node()):
            compared = [field.name for field in fields(one) if field.compare]
            return type(one) is type(other) and all(
                _same(getattr(one, each), getattr(other, each)) for each in compared
            )
        case _:
            return one == other


def _comments(whole: Block) -> Counter[str]:
    found = Counter(whole.comments())
    for table in whole.tables():
        found.update(read_table(table).comments())
    return found
