"""A text that breaks the grammar, read declaration by declaration: Lark says where, and the rest is read."""

from __future__ import annotations

from typing import Any

from lark import TextSlice, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source, Span
from kpidsl.syntax import complaint
from kpidsl.syntax.branches import Branch, Leaf
from kpidsl.syntax.build_goal import SpecBuilder
from kpidsl.syntax.drive import drive
from kpidsl.syntax.grammar import parser
from kpidsl.syntax.nodes import Declaration, Spec
from kpidsl.syntax.parse import build_declarations
from kpidsl.syntax.recovery import Chunk, chunks, is_property, statements, without

PROBLEMS_PER_DECLARATION = 10
PROBLEMS_PER_FILE = 200


def read_piecewise(source: Source, problems: Problems, builder: SpecBuilder) -> Spec:
    """The declarations of a file that can be read; a problem says of each statement that cannot be why."""
    whole = Span(source, 0, len(source.text))
    declarations: list[Declaration] = []
    broken: set[str] = set()
    reported = 0
    try:
        tree = tree_of(source.text, 0, len(source.text))
    except UnexpectedInput:
        pass
    else:
        return Spec(source, *build_declarations(builder, tree), span=whole)
    for chunk in chunks(source.text):
        piece, found = _mend(source, problems, chunk)
        reported += found
        built, unreadable = build_declarations(builder, piece) if piece is not None else ((), frozenset())
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


def tree_of(text: str, start: int, end: int) -> Branch:
    """The tree of a stretch of text. Raises `UnexpectedInput`, which says where and why it breaks the grammar."""
    found = drive(text, start, end)
    return found if found is not None else branch_of(parser().parse(TextSlice(text, start, end)), start)


def branch_of(tree: Tree[Any], start: int) -> Branch:
    """Lark's tree as the builders take it. `start` is the place of what is empty."""
    children = [
        branch_of(child, start)
        if isinstance(child, Tree)
        else None
        if child is None
        else Leaf(child.type, str(child), child.start_pos or 0, child.end_pos or 0)
        for child in tree.children
    ]
    first, last = (start, start) if tree.meta.empty else (tree.meta.start_pos, tree.meta.end_pos)
    return Branch(str(tree.data), children, first, last)


def _mend(source: Source, problems: Problems, chunk: Chunk) -> tuple[Branch | None, int]:
    """The tree of a declaration without the statements that could not be read, and how many those were."""
    text = source.text
    for count in range(PROBLEMS_PER_DECLARATION):
        try:
            return tree_of(text, chunk.start, chunk.end), count
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
