"""From text to `Spec`."""

from __future__ import annotations

from lark import TextSlice, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source, Span
from kpidsl.syntax import complaint
from kpidsl.syntax.build_expr import CannotBuild
from kpidsl.syntax.build_goal import SpecBuilder
from kpidsl.syntax.grammar import parser
from kpidsl.syntax.nodes import Declaration, Spec
from kpidsl.syntax.recovery import Chunk, chunks, is_property, statements, without

PROBLEMS_PER_DECLARATION = 10
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
    except UnexpectedInput:
        return _piecewise(source, problems, builder, whole)
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


def _piecewise(source: Source, problems: Problems, builder: SpecBuilder, whole: Span) -> Spec:
    declarations: list[Declaration] = []
    broken: set[str] = set()
    reported = 0
    for chunk in chunks(source.text):
        tree, found = _mend(source, problems, chunk)
        reported += found
        built, unreadable = _build(builder, tree) if tree is not None else ((), frozenset())
        broken.update(unreadable)
        if found:
            broken.update([chunk.name] if chunk.name else [])
        else:
            declarations.extend(built)
        if reported >= PROBLEMS_PER_FILE:
            problems.error(
                "K0111",
                f"{source.path} has more syntax errors than are shown",
                Span(source, chunk.end, chunk.end),
                hint="mend the first ones and check again",
            )
            break
    return Spec(source, tuple(declarations), frozenset(broken), span=whole)


def _mend(source: Source, problems: Problems, chunk: Chunk) -> tuple[Tree[Token] | None, int]:
    """The tree of a declaration without the statements that could not be read, and how many those were."""
    text = source.text
    for count in range(PROBLEMS_PER_DECLARATION):
        try:
            return parser().parse(TextSlice(text, chunk.start, chunk.end)), count
        except UnexpectedInput as error:
            offset = offset_of(error, chunk.end)
            complaint.report(error, offset, source, chunk, problems)
            stretch = _to_blank(text, chunk, offset)
            if stretch is None:
                return None, count + 1
            text = without(text, *stretch)
    return None, PROBLEMS_PER_DECLARATION


def offset_of(error: UnexpectedInput, end: int) -> int:
    """Where the parser stopped."""
    match error:
        case UnexpectedToken(token=token):
            return end if token.type == "$END" or token.start_pos is None else token.start_pos
        case UnexpectedCharacters():
            return int(str(error.pos_in_stream))
        case _:
            return end


def _to_blank(text: str, chunk: Chunk, offset: int) -> tuple[int, int] | None:
    """The statement at an offset, or None where it is the head of the declaration itself."""
    parts = statements(text, chunk)
    for index, part in enumerate(parts):
        if part.start <= offset <= part.end and text[part.start : part.end].strip():
            if index == 0:
                return None
            end = part.block_end or part.end
            # A statement that breaks off at the end of its line was meant to go on in the next one.
            after = parts[index + 1] if index + 1 < len(parts) else None
            broken_off = offset >= part.end and text.startswith("\n", part.end)
            if broken_off and after is not None and not is_property(text, after.start):
                end = max(end, after.block_end or after.end)
            return part.start, end
    return None
