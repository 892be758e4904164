"""Reads a declaration with syntax errors: reports each, blanks out what it spoils, and reads the rest again."""

from __future__ import annotations

import re
from typing import Any

from lark import TextSlice, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from kpidsl.diagnostics import Problems, closest
from kpidsl.diagnostics.suggest import is_slip
from kpidsl.records import dataclass
from kpidsl.source_text import Source
from kpidsl.syntax import complaint
from kpidsl.syntax.branches import Branch, Leaf
from kpidsl.syntax.drive import drive
from kpidsl.syntax.grammar import TooMuch, parser
from kpidsl.syntax.nodes import Cut
from kpidsl.syntax.recovery import PROPERTIES, Chunk, head_names, is_property, open_marks, statements, without

PROBLEMS_PER_DECLARATION = 10
MOST_READ_AGAIN = 250_000  # characters of one declaration, over all attempts: noise must not cost minutes
_WORD = re.compile(r"[A-Za-z_]+")
_NEXT_AT_EDGE = re.compile(r"\n(?=[A-Za-z_])")


@dataclass(frozen=True, slots=True)
class Mended:
    """What could be read of a chunk: `tree` None for nothing, `found` the number of problems reported.

    `whole`: nothing is missing from the declarations in the tree; else `cuts` are the statements that are. `lost` are
    the names of declarations that are not in it.
    """

    tree: Branch | None
    found: int
    whole: bool
    lost: frozenset[str]
    cuts: tuple[Cut, ...] = ()


def mend(source: Source, text: str, problems: Problems, chunk: Chunk, first: UnexpectedInput | None) -> Mended:
    """The tree of a chunk of a source, read as `text`, without what could not be read. `first` is its first error,
    where that is known.
    """
    whole = True
    lost: set[str] = set()
    cuts: list[Cut] = []
    gap = _gap(text, chunk)
    end = chunk.end
    most = min(PROBLEMS_PER_DECLARATION, max(1, MOST_READ_AGAIN // max(1, chunk.end - chunk.start)))
    for count in range(most + 1):
        try:
            if first is not None and count == 0:
                raise first
            return Mended(tree_of(text, chunk.start, end), count, whole, frozenset(lost), tuple(cuts))
        except UnexpectedInput as error:
            if count == most:
                break
            offset = offset_of(error, chunk.end)
            accepted = complaint.accepted(error)
            if gap is not None and offset >= gap[1]:
                complaint.report_open(source, gap[0], gap[1], problems)
                filled = _filled(text, gap[1])
                if filled is None:
                    return Mended(None, count + 1, False, frozenset(lost))
                text, gap = filled, _gap(filled, chunk)
                continue
            if "KPI" in accepted and offset < chunk.end:
                # Between declarations: what stands here up to the next line that may begin one belongs together.
                closing = _closed_before(text, chunk, offset)
                if closing is not None:
                    complaint.report_closed(source, closing, offset, problems)
                    whole = False  # what stands here belongs into the block above
                elif text.startswith("}", offset):
                    complaint.report_stray(source, offset, problems)
                    text = without(text, offset, offset + 1)
                    continue
                else:
                    complaint.report(error, offset, source, chunk, problems)
                found = _NEXT_AT_EDGE.search(text, offset, chunk.end)
                stop = found.start() if found else chunk.end
                lost.update(head_names(text, offset, stop))
                whole = whole and not text.startswith("from", offset)  # it belongs to what stands above
                cuts.append(_cut(text, offset, stop))
                text = without(text, offset, stop)
                continue
            whole = False
            bracket = _left_open(text, chunk, offset)
            comma = _comma_before(text, chunk, offset)
            if comma is not None:
                complaint.report_comma(source, comma, problems)
                stretch = _to_blank(text, chunk, comma, accepted)
            elif bracket is not None:
                complaint.report_open(source, *bracket, problems)
                stretch = _to_blank(text, chunk, bracket[0], accepted)
            else:
                complaint.report(error, offset, source, chunk, problems)
                closed = _closed(text, chunk) if offset >= chunk.end else None
                if closed is not None:
                    # Where the block begins on its last line, that line may have lost more than the `}`.
                    last = text.rfind("\n", 0, chunk.start + len(text[chunk.start : chunk.end].rstrip()))
                    cuts.append(Cut(chunk.end, chunk.end, "}" if text.find("{", chunk.start) < last else None))
                    text, end = closed, max(end, len(closed) if end == len(text) else 0)
                    continue
                # What a lexer takes says nothing of the statement: only a parser knows that a block may open here.
                known = set() if isinstance(error, UnexpectedCharacters) else accepted
                stretch = _to_blank(text, chunk, offset, known)
            if stretch is None:
                lost.update(head_names(text, chunk.start, chunk.end))
                return Mended(None, count + 1, False, frozenset(lost))
            cuts.append(_cut(text, *stretch))
            if text.startswith("\n", cuts[-1].start - 1):  # at the left edge it may have declared something
                lost.update(head_names(text, *stretch))
            text = without(text, *stretch)
    return Mended(None, most, False, frozenset(lost))


def _cut(text: str, start: int, end: int) -> Cut:
    """The stretch that is blanked out, and the property that it begins with."""
    begin = start + len(text[start:end]) - len(text[start:end].lstrip())
    found = _WORD.match(text, begin, end)
    word = found[0] if found is not None else ""
    near = word if word in PROPERTIES else closest(word, PROPERTIES)
    return Cut(begin, end, near if near is not None and (near == word or is_slip(word, near)) else None)


def _closed(text: str, chunk: Chunk) -> str | None:
    """The text with a `}` in the blanks behind a declaration whose block is open at its end; None where it is not that,
    or where there is no room.
    """
    opened = open_marks(text, chunk.start, chunk.end)
    place = chunk.start + len(text[chunk.start : chunk.end].rstrip())
    if "#" in text[text.rfind("\n", 0, place) + 1 : place]:  # not within a comment
        place = text.find("\n", place, chunk.end) + 1 or chunk.end
    if len(opened) != 1 or text[opened[0]] != "{" or chunk.end <= place < len(text):
        return None
    return f"{text[:place]}}}{text[place + 1 :]}"


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


def offset_of(error: UnexpectedInput, end: int) -> int:
    """Where the parser stopped."""
    match error:
        case UnexpectedToken(token=token):
            return end if token.type == "$END" or token.start_pos is None else token.start_pos
        case TooMuch(offset=offset):
            return offset
        case UnexpectedCharacters():
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
                if not is_property(text, offset):
                    break
                if len(blocks) > 1:
                    return blocks[-1][0], offset + indent
                blocks.pop()
            marks = open_marks(text, offset, offset + len(line))
            closed = _surplus(line)
            del blocks[max(0, len(blocks) - closed) :]
            blocks.extend((at, indent) for at in marks if text[at] == "{")
        offset += len(line) + 1
    return None


def _filled(text: str, outside: int) -> str | None:
    """The text with a `}` on a line of its own before what stands outside of a block; None where there is no room."""
    indent = text[text.rfind("\n", 0, outside) + 1 : outside]
    return f"{text[: outside - 2]}}}\n{text[outside:]}" if len(indent) > 1 and indent.isspace() else None


def _surplus(line: str) -> int:
    """How many `}` of a text close what was opened before it."""
    depth = surplus = 0
    for mark in re.findall(r'"""(?s:.)*?"""|"(?:\\.|[^"\\\n])*+"?|#.*|[{}]', line):
        if mark == "{":
            depth += 1
        elif mark == "}":
            if depth:
                depth -= 1
            else:
                surplus += 1
    return surplus


def _left_open(text: str, chunk: Chunk, offset: int) -> tuple[int, int] | None:
    """The bracket that is open where a line begins the next property, and that line: it is wrong, not the property."""
    line = text.rfind("\n", chunk.start, min(offset, chunk.end)) + 1
    if line <= chunk.start or not is_property(text, line):
        return None
    opened = open_marks(text, chunk.start, line)
    if not opened or text[opened[-1]] not in "([":
        return None
    return opened[-1], line + len(text[line:offset]) - len(text[line:offset].lstrip())


def _comma_before(text: str, chunk: Chunk, offset: int) -> int | None:
    """The comma at a line's end that draws the next property into its list."""
    line = text.rfind("\n", chunk.start, min(offset, chunk.end)) + 1
    if line <= chunk.start or not is_property(text, line):
        return None
    above = text[chunk.start : line].rstrip()
    start = above.rfind("\n") + 1
    comment = re.search(r'^(?:"(?:\\.|[^"\\])*+"|[^"#])*+(#.*)', above[start:])
    before = above[: start + comment.start(1)].rstrip() if comment else above
    return chunk.start + len(before) - 1 if before.endswith(",") else None


def _closed_before(text: str, chunk: Chunk, offset: int) -> int | None:
    """The `}` that ends a block right above a line that begins a property and stands in no block."""
    line = text.rfind("\n", chunk.start, offset) + 1
    above = text[chunk.start : line].rstrip()
    if line <= chunk.start or text.startswith("}", offset) or text[line:offset].strip() or not above.endswith("}"):
        return None
    return chunk.start + len(above) - 1 if is_property(text, offset) else None


def _closes_too_many(text: str, chunk: Chunk) -> bool:
    """Whether more blocks are closed than are opened."""
    return _surplus(text[chunk.start : chunk.end]) > 0


def _to_blank(text: str, chunk: Chunk, offset: int, accepted: set[str]) -> tuple[int, int] | None:
    """The statement at an offset, or None where it is the head of the declaration itself."""
    parts = statements(text, chunk)
    for part in parts:
        # The rows of a table are not statements of their own.
        begin = part.start + len(text[part.start : part.end]) - len(text[part.start : part.end].lstrip())
        if text.startswith("given ", begin):
            end = part.block_end or _indented_under(text, begin, chunk.end)
            if begin <= offset < end:
                return begin, end
    for index, part in enumerate(parts):
        if part.start <= offset <= part.end and text[part.start : part.end].strip():
            if index == 0:
                return None
            end = part.block_end or part.end
            # A statement that breaks off at the end of its line was meant to go on in the next one.
            after = parts[index + 1] if index + 1 < len(parts) else None
            if text.startswith("}", offset) and part.end == offset and _closes_too_many(text, chunk):
                # A `}` in the midst of a statement closes nothing.
                line_end = text.find("\n", offset, chunk.end)
                return part.start, line_end if line_end >= 0 else chunk.end
            broken_off = offset >= part.end and text.startswith("\n", part.end)
            if "LBRACE" in accepted and part.block_end is None and not text.startswith(";", part.end):
                end = max(end, _indented_under(text, part.start, chunk.end))
            elif broken_off and after is not None and not is_property(text, after.start):
                end = max(end, after.block_end or after.end)
            return part.start, end
    return None


def _indented_under(text: str, start: int, end: int) -> int:
    """The end of the block that a header without `{` was meant to open: its `}`, or the lines indented below it."""
    start += len(text[start:end]) - len(text[start:end].lstrip())
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
