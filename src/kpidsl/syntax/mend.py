"""Reads a declaration with syntax errors: reports each, blanks out what it spoils, and reads the rest again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lark import TextSlice, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from kpidsl.diagnostics import NAMELESS, Problems
from kpidsl.source_text import Source
from kpidsl.syntax import complaint
from kpidsl.syntax.grammar import TooManyBrackets, parser
from kpidsl.syntax.recovery import Chunk, head_names, is_property, open_marks, statements, without

PROBLEMS_PER_DECLARATION = 10
MOST_READ_AGAIN = 250_000  # characters of one declaration, over all attempts: noise must not cost minutes
_NEXT_AT_EDGE = re.compile(r"\n(?=[A-Za-z_])")


@dataclass(frozen=True, slots=True)
class Mended:
    """What could be read of a chunk: `tree` None for nothing, `found` the number of problems reported.

    `whole`: nothing is missing from the declarations in the tree. `lost` are the names of those that are not in it.
    """

    tree: Tree[Token] | None
    found: int
    whole: bool
    lost: frozenset[str]


def mend(source: Source, problems: Problems, chunk: Chunk, first: UnexpectedInput | None) -> Mended:
    """The tree of a chunk without what could not be read. `first` is its first error, where that is known."""
    text = source.text
    whole = True
    lost: set[str] = set()
    gap = _gap(text, chunk)
    most = min(PROBLEMS_PER_DECLARATION, max(1, MOST_READ_AGAIN // max(1, chunk.end - chunk.start)))
    for count in range(most + 1):
        try:
            if first is not None and count == 0:
                raise first
            return Mended(parser().parse(TextSlice(text, chunk.start, chunk.end)), count, whole, frozenset(lost))
        except UnexpectedInput as error:
            if count == most:
                break
            offset = offset_of(error, chunk.end)
            accepted = complaint.accepted(error)
            if gap is not None and offset >= gap[1]:
                complaint.report_open(source, gap[0], gap[1], problems)
                return Mended(None, count + 1, False, frozenset(lost))
            if "KPI" in accepted and offset < chunk.end:
                # Between declarations: what stands here up to the next line that may begin one belongs together.
                complaint.report(error, offset, source, chunk, problems)
                found = _NEXT_AT_EDGE.search(text, offset, chunk.end)
                end = found.start() if found else chunk.end
                lost.update(head_names(text, offset, end) or {NAMELESS})
                text = without(text, offset, end)
                continue
            whole = False
            bracket = _left_open(text, chunk, offset, accepted)
            if bracket is not None:
                complaint.report_open(source, bracket, offset, problems)
                stretch = _to_blank(text, chunk, bracket, accepted)
            else:
                complaint.report(error, offset, source, chunk, problems)
                stretch = _to_blank(text, chunk, offset, accepted)
            if stretch is None:
                lost.update(head_names(text, chunk.start, chunk.end) or {NAMELESS})
                return Mended(None, count + 1, False, frozenset(lost))
            text = without(text, *stretch)
    return Mended(None, most, False, frozenset(lost))


def offset_of(error: UnexpectedInput, end: int) -> int:
    """Where the parser stopped."""
    match error:
        case UnexpectedToken(token=token):
            return end if token.type == "$END" or token.start_pos is None else token.start_pos
        case UnexpectedCharacters() | TooManyBrackets():
            return int(str(error.pos_in_stream))
        case _:
            return end


def _gap(text: str, chunk: Chunk) -> tuple[int, int] | None:
    """The `{` of an inner block that is never closed, as the indentation tells, and where the text outside it begins.

    None where every block is closed, or where only the outermost is not.
    """
    opened = open_marks(text, chunk.start, chunk.end)
    if not any(text[at] == "{" for at in opened):
        return None
    blocks: list[tuple[int, int]] = []
    offset = chunk.start
    for line in text[chunk.start : chunk.end].split("\n"):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            indent = len(line) - len(line.lstrip())
            while blocks and not stripped.startswith("}") and indent <= blocks[-1][1]:
                if len(blocks) > 1 and is_property(text, offset):
                    return blocks[-1][0], offset + indent
                blocks.pop()
            marks = open_marks(text, offset, offset + len(line))
            closed = _surplus(line)
            del blocks[max(0, len(blocks) - closed) :]
            blocks.extend((at, indent) for at in marks if text[at] == "{")
        offset += len(line) + 1
    return None


def _surplus(line: str) -> int:
    """How many `}` of a line close what an earlier line has opened."""
    depth = surplus = 0
    for mark in re.findall(r'"(?:\\.|[^"\\\n])*+"?|#.*|[{}]', line):
        if mark == "{":
            depth += 1
        elif mark == "}":
            if depth:
                depth -= 1
            else:
                surplus += 1
    return surplus


def _left_open(text: str, chunk: Chunk, offset: int, accepted: set[str]) -> int | None:
    """The bracket that is open where the next property begins: it is what is wrong, not the property."""
    if not accepted & {"RPAR", "RSQB"} or offset >= chunk.end:
        return None
    line = text.rfind("\n", chunk.start, offset) + 1
    if line <= chunk.start or text[line:offset].strip() or not is_property(text, offset):
        return None
    opened = [at for at in open_marks(text, chunk.start, offset) if text[at] in "(["]
    return opened[-1] if opened and opened[-1] < line else None


def _to_blank(text: str, chunk: Chunk, offset: int, accepted: set[str]) -> tuple[int, int] | None:
    """The statement at an offset, or None where it is the head of the declaration itself."""
    parts = statements(text, chunk)
    for part in parts:
        # The rows of a table are not statements of their own.
        if part.block_end and part.start <= offset < part.block_end and text.startswith("given", part.start):
            return part.start, part.block_end
    for index, part in enumerate(parts):
        if part.start <= offset <= part.end and text[part.start : part.end].strip():
            if index == 0:
                return None
            end = part.block_end or part.end
            # A statement that breaks off at the end of its line was meant to go on in the next one.
            after = parts[index + 1] if index + 1 < len(parts) else None
            broken_off = offset >= part.end and text.startswith("\n", part.end)
            if "LBRACE" in accepted and part.block_end is None:
                end = max(end, _indented_under(text, part.start, chunk.end))
            elif broken_off and after is not None and not is_property(text, after.start):
                end = max(end, after.block_end or after.end)
            return part.start, end
    return None


def _indented_under(text: str, start: int, end: int) -> int:
    """The end of the block that a header without `{` was meant to open: its `}`, or the lines indented below it."""
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start, end)
    line_end = end if line_end < 0 else line_end
    if _surplus(text[start:line_end]):
        return text.rindex("}", start, line_end) + 1
    header = text[line_start:line_end]
    indent = len(header) - len(header.lstrip())
    stop = line_end
    while stop < end:
        following = text.find("\n", stop + 1, end)
        following = end if following < 0 else following
        line = text[stop + 1 : following]
        inside = not line.strip() or len(line) - len(line.lstrip()) > indent
        if not inside:
            closes = line.strip() == "}" and len(line) - len(line.lstrip()) == indent and stop > line_end
            return following if closes else stop
        stop = following
    return stop
