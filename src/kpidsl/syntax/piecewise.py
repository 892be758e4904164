"""A text that breaks the grammar, read declaration by declaration: Lark says where, and the rest is read."""

from __future__ import annotations

from lark import Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken

from kpidsl.diagnostics import NAMELESS, Problems
from kpidsl.source_text import Source, Span
from kpidsl.syntax.branches import Branch
from kpidsl.syntax.build_goal import SpecBuilder
from kpidsl.syntax.grammar import parser
from kpidsl.syntax.hidden import as_meant
from kpidsl.syntax.mend import Mended, branch_of, mend, offset_of, tree_of
from kpidsl.syntax.no_spec import is_no_spec
from kpidsl.syntax.nodes import Declaration, HalfRead, Spec
from kpidsl.syntax.parsing import build_declarations
from kpidsl.syntax.recovery import chunks

PROBLEMS_PER_FILE = 200


def read_piecewise(source: Source, problems: Problems, builder: SpecBuilder) -> Spec:
    """The declarations of a file that can be read; a problem says of each statement that cannot be why."""
    whole = Span(source, 0, len(source.text))
    if is_no_spec(source, problems):
        return Spec(source, (), frozenset({NAMELESS}), span=whole)
    text = as_meant(source, problems)
    try:
        tree = tree_of(text, 0, len(text)) if text != source.text else branch_of(parser().parse(text), 0)
    except UnexpectedInput as error:
        return _piecewise(source, text, problems, builder, error)
    built = build_declarations(builder, tree)
    return Spec(source, built.declarations, built.broken, built.half_read, span=whole)


def _piecewise(
    source: Source,
    text: str,
    problems: Problems,
    builder: SpecBuilder,
    first: UnexpectedInput,
) -> Spec:
    whole = Span(source, 0, len(text))
    declarations: list[Declaration] = []
    broken: set[str] = set()
    half_read: list[HalfRead] = []
    reported = 0
    before = _read_before(first)
    stopped = offset_of(first, len(text))
    for number, chunk in enumerate(chunks(text)):
        # What stopped the parser in the first declaration would stop it there again.
        again = first if number == 0 and stopped < chunk.end else None
        read: list[Branch] = []
        while before and before[-1].start_pos < chunk.end:
            read.append(before.pop())
        if read and before:
            mended = Mended(Branch("start", list(read), chunk.start, chunk.end), 0, True, frozenset())
        else:
            mended = mend(source, text, problems, chunk, again)
        reported += mended.found
        broken.update(mended.lost)
        if mended.tree is not None:
            built = build_declarations(builder, mended.tree, mended.cuts, whole=mended.whole)
            declarations.extend(built.declarations)
            half_read.extend(built.half_read)
            broken.update(built.broken)
        if not mended.whole and chunk.name:
            broken.add(chunk.name)
        if reported >= PROBLEMS_PER_FILE:
            problems.error(
                "K0111",
                f"{source.path} has more syntax errors than are shown",
                Span(source, chunk.end, chunk.end),
                hint="mend the first ones and check again",
            )
            break
    return Spec(source, tuple(declarations), frozenset(broken), tuple(half_read), span=whole)


def _read_before(error: UnexpectedInput) -> list[Branch]:
    """The declarations that the parser had read when it stopped, the last one first: they need not be read again."""
    if not isinstance(error, UnexpectedToken):
        return []
    for value in error.interactive_parser.parser_state.value_stack:
        if isinstance(value, Tree) and value.data.startswith("__start_star"):
            return [branch_of(branch, 0) for branch in reversed(value.children) if isinstance(branch, Tree)]
    return []
