"""From text to `Spec`."""

from __future__ import annotations

from lark import Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken

from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source, Span
from kpidsl.syntax.build_expr import CannotBuild
from kpidsl.syntax.build_goal import SpecBuilder
from kpidsl.syntax.grammar import parser
from kpidsl.syntax.mend import Mended, mend, offset_of
from kpidsl.syntax.nodes import Declaration, Spec
from kpidsl.syntax.recovery import chunks

PROBLEMS_PER_FILE = 200
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
    try:
        tree = parser().parse(source.text)
    except UnexpectedInput as error:
        return _piecewise(source, problems, builder, whole, error)
    declarations, broken = _build(builder, tree)
    return Spec(source, declarations, broken, span=whole)


def _build(builder: SpecBuilder, tree: Tree[Token]) -> tuple[tuple[Declaration, ...], frozenset[str]]:
    declarations: list[Declaration] = []
    broken: set[str] = set()
    for branch in tree.children:
        assert isinstance(branch, Tree)
        builder.depth = 0
        try:
            declarations.append(builder.build(branch))
        except CannotBuild:
            broken.update(_name_of(branch))
    return tuple(declarations), frozenset(broken)


def _name_of(branch: Tree[Token]) -> list[str]:
    head = branch.children[0] if branch.children else None
    if isinstance(head, Tree) and head.data == "name":
        return [str(token) for token in head.children]
    return []


def _piecewise(source: Source, problems: Problems, builder: SpecBuilder, whole: Span, first: UnexpectedInput) -> Spec:
    declarations: list[Declaration] = []
    broken: set[str] = set()
    reported = 0
    before = _read_before(first)
    stopped = offset_of(first, len(source.text))
    for number, chunk in enumerate(chunks(source.text)):
        # What stopped the parser in the first declaration would stop it there again.
        again = first if number == 0 and stopped < chunk.end else None
        read: list[Tree[Token]] = []
        while before and before[-1].meta.start_pos < chunk.end:
            read.append(before.pop())
        if read and before:
            mended = Mended(Tree("start", list(read)), 0, True, frozenset())
        else:
            mended = mend(source, problems, chunk, again)
        reported += mended.found
        built, unreadable = _build(builder, mended.tree) if mended.tree is not None else ((), frozenset())
        broken.update(unreadable, mended.lost)
        if mended.whole:
            declarations.extend(built)
        elif chunk.name:
            broken.add(chunk.name)
        if reported >= PROBLEMS_PER_FILE:
            problems.error(
                "K0111",
                f"{source.path} has more syntax errors than are shown",
                Span(source, chunk.end, chunk.end),
                hint="mend the first ones and check again",
            )
            break
    return Spec(source, tuple(declarations), frozenset(broken), span=whole)


def _read_before(error: UnexpectedInput) -> list[Tree[Token]]:
    """The declarations that the parser had read when it stopped, the last one first: they need not be read again."""
    if not isinstance(error, UnexpectedToken):
        return []
    for value in error.interactive_parser.parser_state.value_stack:
        if isinstance(value, Tree) and value.data.startswith("__start_star"):
            return [branch for branch in reversed(value.children) if isinstance(branch, Tree)]
    return []
