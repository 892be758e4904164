"""The syntax of `.kpi` files: grammar, tree, parser. The only home of lark."""

from kpidsl.syntax.nodes import Declaration, Spec
from kpidsl.syntax.parse import parse

__all__ = ["Declaration", "Spec", "parse"]
