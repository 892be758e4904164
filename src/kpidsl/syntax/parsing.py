"""From text to `Spec`."""

from __future__ import annotations

from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source, Span
from kpidsl.syntax.branches import Branch
from kpidsl.syntax.build_expr import CannotBuild
from kpidsl.syntax.build_goal import SpecBuilder
from kpidsl.syntax.drive import drive
from kpidsl.syntax.hidden import hides_lines
from kpidsl.syntax.nodes import Declaration, Spec

MAX_CHARACTERS = 4_000_000


def parse(source: Source, problems: Problems) -> Spec:
    """The syntax tree of a file. Never raises for what is written in it: problems are reported and the rest is read."""
    whole = Span(source, 0, len(source.text))
    if len(source.text) > MAX_CHARACTERS:
        problems.error(
            "K0110",
            f"{source.path} has more than {MAX_CHARACTERS:_} characters",
            Span(source, 0, 0),
            hint="split it: a folder of files is one spec set",
        )
        return Spec(source, (), frozenset(), span=whole)
    builder = SpecBuilder(source, problems)
    tree = drive(source.text, 0, len(source.text)) if not hides_lines(source.text) else None
    if tree is None:
        # Lark itself is only needed to say what is wrong.
        from kpidsl.syntax.piecewise import read_piecewise

        return read_piecewise(source, problems, builder)
    declarations, broken = build_declarations(builder, tree)
    return Spec(source, declarations, broken, span=whole)


def build_declarations(builder: SpecBuilder, tree: Branch) -> tuple[tuple[Declaration, ...], frozenset[str]]:
    """The declarations of a tree, and the names of those that cannot be built; why is reported."""
    declarations: list[Declaration] = []
    broken: set[str] = set()
    for branch in tree.children:
        builder.depth = 0
        try:
            declarations.append(builder.build(branch))
        except CannotBuild:
            head = branch.children[0] if branch.children else None
            if isinstance(head, Branch) and head.data == "name":
                broken.update(part.value for part in head.children)
    return tuple(declarations), frozenset(broken)
