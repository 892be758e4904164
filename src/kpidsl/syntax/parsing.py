"""From text to `Spec`."""

from __future__ import annotations

from typing import NamedTuple

from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source, Span
from kpidsl.syntax.branches import Branch
from kpidsl.syntax.build_expr import CannotBuild
from kpidsl.syntax.build_goal import SpecBuilder
from kpidsl.syntax.drive import drive
from kpidsl.syntax.hidden import hides_lines
from kpidsl.syntax.nodes import Cut, Declaration, HalfRead, Spec
from kpidsl.syntax.recovery import PROPERTIES

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
    built = build_declarations(builder, tree)
    return Spec(source, built.declarations, built.broken, built.half_read, span=whole)


class Built(NamedTuple):
    """What became of a tree: `broken` are the names of what could not be built whole, `half_read` is what there is of
    it.
    """

    declarations: tuple[Declaration, ...]
    broken: frozenset[str]
    half_read: tuple[HalfRead, ...]


def build_declarations(builder: SpecBuilder, tree: Branch, cuts: tuple[Cut, ...] = (), *, whole: bool = True) -> Built:
    """The declarations of a tree. Why one cannot be built is reported. `cuts` are the statements that are missing from
    it; `whole`: nothing is.
    """
    declarations: list[Declaration] = []
    broken: set[str] = set()
    half_read: list[HalfRead] = []
    for branch in tree.children:
        builder.depth = 0
        builder.unbuilt.clear()
        try:
            node = builder.build(branch)
        except CannotBuild:
            broken.update(_name(branch))
            continue
        if whole and not builder.unbuilt:
            declarations.append(node)
            continue
        half_read.append(HalfRead(node, (*cuts, *map(_cut, builder.unbuilt))))
        broken.update(_name(branch) if builder.unbuilt else ())
    return Built(tuple(declarations), frozenset(broken), tuple(half_read))


def _name(branch: Branch) -> list[str]:
    head = branch.children[0] if branch.children else None
    return [part.value for part in head.children] if isinstance(head, Branch) and head.data == "name" else []


def _cut(span: Span) -> Cut:
    word = span.text.split(maxsplit=1)[0]
    return Cut(span.start, span.end, word if word in PROPERTIES else None)
